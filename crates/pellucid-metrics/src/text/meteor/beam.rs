//! Chooses matches that don't overlap.

use super::propose::Proposals;
use super::{Match, Module};

/// Stands for "no match" and "no chunk is open".
const NONE: u32 = u32::MAX;
/// Stands for the fixed match of a position.
const FIXED: u32 = u32::MAX - 1;

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
    /// Which set of used words is this state's; of a state that isn't kept yet, the one that it came from.
    set: u32,
    /// Which match of the position a state that isn't kept yet takes; [`FIXED`] for the fixed one.
    taken: u32,
}

/// Matches in the order of the reference, and the number of chunks.
pub(super) struct Chosen {
    pub(super) matches: Vec<Match>,
    pub(super) chunks: usize,
}

/// What the search has besides the states.
struct Search<'a> {
    proposals: &'a Proposals,
    fixed: Fixed,
    /// Matches of states that were kept, with the one before them.
    trail: Vec<(Match, u32)>,
    /// Sets of used words of the candidate, as bits, `width` numbers each: of the kept states, and room for the next ones.
    sets: [Vec<u64>; 2],
    width: usize,
}

/// Searches from left to right over the reference, with at most `beam` states at a position.
pub(super) fn search(proposals: &Proposals, candidate: usize, beam: usize) -> Chosen {
    let mut search = Search::new(proposals, candidate);
    let mut states =
        vec![State { covered: 0, chunks: 0, distance: 0, next: 0, open: NONE, last: NONE, set: 0, taken: NONE }];
    let (mut following, mut order) = (Vec::new(), Vec::new());
    for position in 0..proposals.len() {
        following.clear();
        for state in &states {
            search.step(position, *state, &mut following);
        }
        best(&following, beam.max(1), &mut order);
        states.clear();
        search.sets[1].clear();
        for &(.., index) in &order {
            states.push(search.keep(position, following[index as usize]));
        }
        search.sets.swap(0, 1);
    }
    states.iter_mut().for_each(State::close);
    best(&states, 1, &mut order);
    order
        .first()
        .map_or(Chosen { matches: Vec::new(), chunks: 0 }, |&(.., index)| search.chosen(&states[index as usize]))
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

impl<'a> Search<'a> {
    fn new(proposals: &'a Proposals, candidate: usize) -> Self {
        let fixed = Fixed::new(proposals, candidate);
        let used = fixed.candidate_used.clone();
        Self { proposals, width: used.len(), fixed, trail: Vec::new(), sets: [used, Vec::new()] }
    }

    /// Adds what can follow a state at a position of the reference.
    fn step(&self, position: usize, mut state: State, following: &mut Vec<State>) {
        if position < state.next as usize {
            return following.push(state);
        }
        if let Some(found) = self.fixed.matches[position] {
            return following.push(state.with(&found, FIXED));
        }
        let set = &self.sets[0][state.set as usize * self.width..][..self.width];
        for (found, index) in self.proposals.at(position).zip(0..) {
            if !self.fixed.reference_free(&found)
                || found.candidate().any(|word| set[word / 64] >> (word % 64) & 1 == 1)
            {
                continue;
            }
            following.push(state.with(&found, index));
            // As the original: the distance is added to the state that leaves the position out.
            state.distance += found.reference_start.abs_diff(found.candidate_start) as u64;
        }
        state.close();
        state.next += 1;
        following.push(state);
    }

    /// Gives a state that stays in the beam its own set and writes down its match.
    fn keep(&mut self, position: usize, mut state: State) -> State {
        let from = state.set as usize * self.width;
        let [old, new] = &mut self.sets;
        state.set = new.len().checked_div(self.width).unwrap_or(0) as u32;
        let start = new.len();
        new.extend_from_slice(&old[from..from + self.width]);
        let taken = match std::mem::replace(&mut state.taken, NONE) {
            NONE => None,
            FIXED => self.fixed.matches[position],
            index => self.proposals.at(position).nth(index as usize),
        };
        if let Some(found) = taken {
            found.candidate().for_each(|word| new[start + word / 64] |= 1 << (word % 64));
            self.trail.push((found, state.last));
            state.last = self.trail.len() as u32 - 1;
        }
        state
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

impl State {
    /// The state after a match; `taken` says which one of the position.
    fn with(mut self, found: &Match, taken: u32) -> Self {
        let value = |words: usize| if found.module == Module::Exact { words } else { words / 2 } as u32;
        self.covered += value(found.candidate_length) + value(found.reference_length);
        if self.open != NONE && self.open as usize != found.candidate_start {
            self.chunks += 1;
        }
        self.open = found.candidate().end as u32;
        self.next = found.reference().end as u32;
        self.taken = taken;
        self
    }

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
        for found in (0..proposals.len()).flat_map(|position| proposals.at(position)) {
            found.reference().for_each(|word| on_reference[word] += 1);
            found.candidate().for_each(|word| on_candidate[word] += 1);
        }
        let alone = |found: &Match| {
            found.reference().all(|word| on_reference[word] == 1)
                && found.candidate().all(|word| on_candidate[word] == 1)
        };
        let mut fixed = Self {
            matches: (0..proposals.len()).map(|position| proposals.at(position).next().filter(alone)).collect(),
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
