//! Chooses matches that don't overlap.

use super::propose::Proposals;
use super::{Match, Module};

/// Stands for "no match" and "no chunk is open".
const NONE: u32 = u32::MAX;

/// A choice for the positions of the reference up to some point.
#[derive(Clone, Copy)]
struct State {
    /// Covered words of the candidate plus those of the reference, halves lost.
    covered: u32,
    chunks: u32,
    distance: u64,
    /// The next position of the reference that isn't covered yet.
    next: u32,
    /// Where the candidate's side of the last match ended, while its chunk is open.
    open: u32,
    /// The last match, as an index into the trail.
    last: u32,
    /// Which set of used words is this state's.
    set: u32,
}

/// Matches in the order of the reference, and the number of chunks.
pub(super) struct Chosen {
    pub(super) matches: Vec<Match>,
    pub(super) chunks: usize,
}

/// States of one position with their sets of used words of the candidate, as bits.
#[derive(Default)]
struct Generation {
    states: Vec<State>,
    sets: Vec<u64>,
}

/// What the search has besides the states.
struct Search<'a> {
    proposals: &'a Proposals,
    fixed: Fixed,
    /// Matches with the one before them.
    trail: Vec<(Match, u32)>,
    /// Words of a set of bits.
    width: usize,
}

/// Searches from left to right over the reference, with at most `beam` states at a position.
pub(super) fn search(proposals: &Proposals, candidate: usize, beam: usize) -> Chosen {
    let fixed = Fixed::new(proposals, candidate);
    let start = State { covered: 0, chunks: 0, distance: 0, next: 0, open: NONE, last: NONE, set: 0 };
    let mut here = Generation { states: vec![start], sets: fixed.candidate_used.clone() };
    let mut search = Search { proposals, width: fixed.candidate_used.len(), fixed, trail: Vec::new() };
    let (mut following, mut order) = (Generation::default(), Vec::new());
    for position in 0..proposals.len() {
        following.states.clear();
        following.sets.clear();
        for state in &here.states {
            search.step(position, *state, &here.sets, &mut following);
        }
        best(&following.states, beam.max(1), &mut order);
        here.states.clear();
        here.states.extend(order.iter().map(|&(.., index)| following.states[index as usize]));
        std::mem::swap(&mut here.sets, &mut following.sets);
    }
    here.states.iter_mut().for_each(State::close);
    best(&here.states, 1, &mut order);
    order
        .first()
        .map_or(Chosen { matches: Vec::new(), chunks: 0 }, |&(.., index)| search.chosen(&here.states[index as usize]))
}

/// Ranks of the `beam` best states in order; on a tie the earlier state is better.
fn best(states: &[State], beam: usize, order: &mut Vec<(u32, u32, u64, u32)>) {
    order.clear();
    order.extend(states.iter().zip(0..).map(|(s, index)| (u32::MAX - s.covered, s.chunks, s.distance, index)));
    if order.len() > beam {
        order.select_nth_unstable(beam);
        order.truncate(beam);
    }
    order.sort_unstable();
}

impl Search<'_> {
    /// Adds what can follow a state at a position of the reference.
    fn step(&mut self, position: usize, mut state: State, sets: &[u64], following: &mut Generation) {
        let set = &sets[state.set as usize * self.width..][..self.width];
        if position < state.next as usize {
            return following.push(state, set);
        }
        if let Some(found) = self.fixed.matches[position] {
            self.take(&mut state, &found);
            return following.push(state, set);
        }
        for found in &self.proposals[position] {
            if !self.fixed.reference_free(found) || found.candidate().any(|word| set[word / 64] >> (word % 64) & 1 == 1)
            {
                continue;
            }
            let mut taken = state;
            self.take(&mut taken, found);
            let used = following.push_copy(taken, set);
            found.candidate().for_each(|word| used[word / 64] |= 1 << (word % 64));
            // As the original: the distance is added to the state that leaves the position out.
            state.distance += found.reference_start.abs_diff(found.candidate_start) as u64;
        }
        state.close();
        state.next += 1;
        following.push(state, set);
    }

    fn take(&mut self, state: &mut State, found: &Match) {
        let value = |words: usize| if found.module == Module::Exact { words } else { words / 2 } as u32;
        state.covered += value(found.candidate_length) + value(found.reference_length);
        if state.open != NONE && state.open as usize != found.candidate_start {
            state.chunks += 1;
        }
        state.open = found.candidate().end as u32;
        state.next = found.reference().end as u32;
        self.trail.push((*found, state.last));
        state.last = self.trail.len() as u32 - 1;
    }

    fn chosen(&self, state: &State) -> Chosen {
        let mut matches = Vec::new();
        let mut at = state.last;
        while let Some((found, before)) = self.trail.get(at as usize) {
            matches.push(*found);
            at = *before;
        }
        matches.reverse();
        Chosen { matches, chunks: state.chunks as usize }
    }
}

impl Generation {
    fn push(&mut self, state: State, set: &[u64]) {
        self.push_copy(state, set);
    }

    /// Adds a state with a copy of a set, and gives the copy.
    fn push_copy(&mut self, mut state: State, set: &[u64]) -> &mut [u64] {
        let start = self.sets.len();
        state.set = self.states.len() as u32;
        self.states.push(state);
        self.sets.extend_from_slice(set);
        &mut self.sets[start..]
    }
}

impl State {
    /// Ends the chunk that is open.
    fn close(&mut self) {
        if self.open != NONE {
            self.open = NONE;
            self.chunks += 1;
        }
    }
}

/// Matches that are the only one to touch each of their words; they're in every choice.
struct Fixed {
    /// By the position of the reference where they start.
    matches: Vec<Option<Match>>,
    reference_used: Vec<bool>,
    candidate_used: Vec<u64>,
}

impl Fixed {
    fn new(proposals: &Proposals, candidate: usize) -> Self {
        let (mut on_reference, mut on_candidate) = (vec![0u32; proposals.len()], vec![0u32; candidate]);
        for found in proposals.iter().flatten() {
            found.reference().for_each(|word| on_reference[word] += 1);
            found.candidate().for_each(|word| on_candidate[word] += 1);
        }
        let alone = |found: &Match| {
            found.reference().all(|word| on_reference[word] == 1)
                && found.candidate().all(|word| on_candidate[word] == 1)
        };
        let mut fixed = Self {
            matches: proposals.iter().map(|here| here.iter().copied().find(|m| here.len() == 1 && alone(m))).collect(),
            reference_used: vec![false; proposals.len()],
            candidate_used: vec![0; candidate.div_ceil(64)],
        };
        for found in fixed.matches.iter().flatten() {
            found.reference().for_each(|word| fixed.reference_used[word] = true);
            found.candidate().for_each(|word| fixed.candidate_used[word / 64] |= 1 << (word % 64));
        }
        fixed
    }

    fn reference_free(&self, found: &Match) -> bool {
        found.reference().all(|word| !self.reference_used[word])
    }
}
