//! Chooses matches that don't overlap.

use super::Match;
use super::propose::Proposals;
use crate::text::meteor::Module;

/// A choice for the positions of the reference up to some point.
#[derive(Clone)]
struct State {
    /// Covered words of the candidate and of the reference, halves lost.
    covered: [u32; 2],
    chunks: u32,
    distance: u64,
    /// The next position of the reference that isn't covered yet.
    next: usize,
    /// Where the candidate's side of the last match ended, while the chunk is open.
    open: Option<usize>,
    /// The last match and the one before it, as an index into the trail.
    last: Option<usize>,
    /// Words of the candidate in use, as bits.
    used: Vec<u64>,
}

/// Matches in the order of the reference, and the number of chunks.
pub(super) struct Chosen {
    pub(super) matches: Vec<Match>,
    pub(super) chunks: u32,
}

/// Searches from left to right over the reference.
pub(super) fn search(proposals: &Proposals, candidate: usize, beam: usize) -> Chosen {
    let fixed = Fixed::new(proposals, candidate);
    let mut trail: Vec<(Match, Option<usize>)> = Vec::new();
    let mut states = vec![State {
        covered: [0; 2],
        chunks: 0,
        distance: 0,
        next: 0,
        open: None,
        last: None,
        used: fixed.candidate_used.clone(),
    }];
    let mut following = Vec::new();
    for (position, here) in proposals.iter().enumerate() {
        states.truncate(beam.max(1));
        for mut state in states.drain(..) {
            if position < state.next {
                following.push(state);
            } else if let Some(found) = fixed.matches[position] {
                state.take(found, &mut trail);
                following.push(state);
            } else {
                branch(state, here, &fixed, &mut trail, &mut following);
            }
        }
        following.sort_by_key(State::rank);
        std::mem::swap(&mut states, &mut following);
    }
    states.truncate(beam.max(1));
    for state in &mut states {
        state.close();
    }
    states.sort_by_key(State::rank);
    states.first().map_or(Chosen { matches: Vec::new(), chunks: 0 }, |best| best.chosen(&trail))
}

/// One state for each match that may start here, then the one that leaves the position out.
fn branch(
    mut state: State,
    here: &[Match],
    fixed: &Fixed,
    trail: &mut Vec<(Match, Option<usize>)>,
    following: &mut Vec<State>,
) {
    for found in here {
        if !fixed.reference_free(found) || !state.candidate_free(found) {
            continue;
        }
        let mut taken = state.clone();
        taken.take(*found, trail);
        following.push(taken);
        // As the original: the distance is added to the state that leaves the position out.
        state.distance += distance(found);
    }
    state.close();
    state.next += 1;
    following.push(state);
}

fn distance(found: &Match) -> u64 {
    found.reference_start.abs_diff(found.candidate_start) as u64
}

impl State {
    /// Better states are smaller.
    fn rank(&self) -> (std::cmp::Reverse<u32>, u32, u64) {
        (std::cmp::Reverse(self.covered[0] + self.covered[1]), self.chunks, self.distance)
    }

    fn take(&mut self, found: Match, trail: &mut Vec<(Match, Option<usize>)>) {
        let value = |words: usize| if found.module == Module::Exact { words } else { words / 2 } as u32;
        self.covered[0] += value(found.candidate_length);
        self.covered[1] += value(found.reference_length);
        if self.open.is_some_and(|end| end != found.candidate_start) {
            self.chunks += 1;
        }
        self.open = Some(found.candidate_start + found.candidate_length);
        self.next = found.reference_start + found.reference_length;
        for word in found.candidate_start..found.candidate_start + found.candidate_length {
            self.used[word / 64] |= 1 << (word % 64);
        }
        trail.push((found, self.last));
        self.last = Some(trail.len() - 1);
    }

    fn candidate_free(&self, found: &Match) -> bool {
        (found.candidate_start..found.candidate_start + found.candidate_length)
            .all(|word| self.used[word / 64] >> (word % 64) & 1 == 0)
    }

    /// Ends the chunk that is open.
    fn close(&mut self) {
        if self.open.take().is_some() {
            self.chunks += 1;
        }
    }

    fn chosen(&self, trail: &[(Match, Option<usize>)]) -> Chosen {
        let mut matches = Vec::new();
        let mut at = self.last;
        while let Some((found, before)) = at.and_then(|at| trail.get(at)) {
            matches.push(*found);
            at = *before;
        }
        matches.reverse();
        Chosen { matches, chunks: self.chunks }
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
