//! Finds few segments that, kept, hold the decision whatever becomes of the others.
//!
//! # Formula
//! ```text
//! precision(A) = P(decision(z) = decision(x)  |  z keeps A; every other segment is kept with probability 1/2)
//! coverage(A)  = 2^-|A|
//! the anchor: the smallest A with precision(A) >= threshold, of those the most precise
//! ```
//!
//! # Symbols
//! - `A`: set of segments; `z`: the input with some segments shown and the others filled
//! - `decision`: the class with the largest value; for a label, whether its logit is positive; for a segmentation, its region to an overlap of 0.8
//!
//! # Axioms
//! With probability `1 - delta` the precision is within `tau` of the threshold or above it. An anchor says what suffices, not how much each
//! part adds: completeness has no meaning here.
//!
//! # Cost
//! Hundreds to thousands of F; coalitions drawn twice are run once, and a larger anchor uses what was drawn for the smaller. `search = exact` runs
//! all `2^M` coalitions instead (16 segments at most).
//!
//! # In images
//! An empty anchor says that the decision stands however much is covered: the model decides by prior, or the fill looks like its class. Try another
//! fill before trusting it. Values of the map are 1 inside the anchor and 0 outside.
//!
//! # Departures
//! Coverage is computed, not sampled: coalitions keep each segment with probability 1/2, so it depends on the size alone. Beams of one candidate by
//! default.
//!
//! # Source
//! ribeiro2018anchors; kaufmann2013klucb (bounds).

use std::collections::BTreeMap;

use super::lucb::{Tosses, contest, level};
use crate::Result;
use crate::baseline::{SIGMA, VALUE};
use crate::context::Context;
use crate::decision::Decision;
use crate::method::{Extras, Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, Preset, SEED, Values, choice, float, int};
use crate::perturbation::coalition::{Coalition, FILL, Game, wrong};
use crate::perturbation::segments::{CELLS, COUNT, SEGMENTER};
use crate::perturbation::site::INPUT;
use crate::probability::Scorer;
use crate::random::Stream;

static PARAMS: &[ParamSpec] = &[
    float("threshold", 0.95, 0.0, 1.0, "precision that an anchor must have"),
    float("delta", 0.1, 1e-9, 0.5, "probability that the search errs"),
    float("tau", 0.15, 1e-3, 1.0, "how far two candidates may be apart and still count as equal"),
    int("batch", 100, 1, 100_000, "coalitions drawn at a time"),
    int("beam", 1, 1, 64, "candidates that are carried on to the next size"),
    int("max_size", 0, 0, 2048, "the most segments of an anchor; 0 for no limit"),
    int("samples", 20_000, 1, 100_000_000, "the most coalitions that are drawn"),
    choice("search", "kl-lucb", &["kl-lucb", "exact"], "search by sampling, or run every coalition"),
    SEGMENTER,
    CELLS,
    COUNT,
    ParamSpec { default: Preset::Word("segment-mean"), ..FILL },
    VALUE,
    SIGMA,
    INPUT,
    SEED,
];

/// Anchors.
pub static INFO: MethodInfo = MethodInfo {
    id: "anchors",
    name: "Anchors",
    family: Family::Perturbation,
    summary: "Finds few segments that, kept, hold the decision whatever becomes of the others",
    sources: &["ribeiro2018anchors", "kaufmann2013klucb"],
    needs: &[],
    cost: "1 F per distinct coalition, hundreds to thousands",
    keeps: &[("precision", "with probability 1 - delta, within tau of the threshold or above it")],
    breaks: &[("completeness", "an anchor says what suffices, not how much each part adds")],
    params: PARAMS,
    cautions: &["what suffices depends on the fill: an anchor of one fill needn't be one of another"],
    revision: 1,
    file: include_str!("anchors.rs"),
    kind: Kind::Driven(drive),
};

/// The most segments that are enumerated.
const MOST: usize = 16;

/// Overlap above which a segmentation counts as the same.
const OVERLAP: f64 = 0.8;

/// How far above the threshold's lower side certainty must reach before a candidate is taken or dropped.
const SLACK: f64 = 0.05;

/// The outcome of a search.
struct Anchor {
    members: Vec<usize>,
    precision: f64,
    found: bool,
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let game = Game::new(context, INFO.id, values, [4, 2])?;
    let wire = context.objective.wire.clone();
    let clean = context.taps(&[&wire])?;
    let decision = Decision::of(context.objective, &clean[0], OVERLAP);
    context.notes.push(format!("the decision that is held: {}", decision.describe(&context.model.notes.labels)));
    let kept = decision.clean();
    let game = game.scored_by(Scorer::decision(context.objective, decision));
    let (anchor, mut extras) = match values.word("search") {
        "exact" => exact(context, &game, kept, values.float("threshold"))?,
        _ => (Search::new(&game, kept, values).run(context)?, vec![]),
    };
    let m = game.players();
    let inside: Vec<f64> = (0..m).map(|s| f64::from(u8::from(anchor.members.contains(&s)))).collect();
    let coverage = 0.5f64.powi(anchor.members.len() as i32);
    context.notes.push(words(&anchor, m, coverage));
    extras.extend([
        ("anchor".to_string(), inside.clone()),
        ("best_precision".to_string(), vec![anchor.precision]),
        ("coverage".to_string(), vec![coverage]),
    ]);
    Ok(Found { evidence: game.evidence(&inside), extras, ..Found::default() })
}

fn words(anchor: &Anchor, m: usize, coverage: f64) -> String {
    let size = anchor.members.len();
    let held =
        format!("the decision is kept in {:.1} % of the coalitions (coverage {coverage:.3})", 100.0 * anchor.precision);
    match (anchor.found, size) {
        (true, 0) => format!("an empty anchor: whatever is covered, {held}"),
        (true, _) => format!("an anchor of {size} of {m} segments: {held}"),
        (false, _) => format!(
            "not found: no set reached the threshold within the budget; of the best, {size} of {m} segments, {held}"
        ),
    }
}

/// Every coalition and every anchor: bit `j` of an index is segment `j`.
fn exact(context: &mut Context, game: &Game, clean: f64, threshold: f64) -> Result<(Anchor, Extras)> {
    let m = game.players();
    if m > MOST {
        let reason = format!(
            "{m} segments are more than {MOST}, the most that are enumerated; fewer `cells`, or `search = kl-lucb`"
        );
        return Err(wrong(INFO.id, reason));
    }
    let rows: Vec<Coalition> = (0..1usize << m).map(|s| (0..m).map(|j| s >> j & 1 == 1).collect()).collect();
    let decisions = game.scores(context, &rows)?;
    // sums over supersets, one segment at a time
    let mut kept: Vec<f64> = decisions.iter().map(|d| f64::from(u8::from(*d == clean))).collect();
    for j in 0..m {
        for s in (0..kept.len()).filter(|s| s >> j & 1 == 0) {
            kept[s] += kept[s | 1 << j];
        }
    }
    let precision: Vec<f64> =
        kept.iter().enumerate().map(|(a, k)| k / (1u64 << (m as u32 - a.count_ones())) as f64).collect();
    let better = |a: usize, b: usize| {
        let size = |s: usize| s.count_ones();
        size(a).cmp(&size(b)).then(precision[b].total_cmp(&precision[a])).then(a.cmp(&b))
    };
    let valid = (0..precision.len()).filter(|&a| precision[a] >= threshold).min_by(|&a, &b| better(a, b));
    let best = valid.unwrap_or(precision.len() - 1);
    let anchor = Anchor {
        members: (0..m).filter(|j| best >> j & 1 == 1).collect(),
        precision: precision[best],
        found: valid.is_some(),
    };
    let size = f64::from(best.count_ones());
    let extras = vec![
        ("decisions".to_string(), decisions),
        ("precision".to_string(), precision),
        ("smallest_valid_size".to_string(), vec![size]),
        ("best_anchor_bits".to_string(), vec![best as f64]),
    ];
    Ok((anchor, extras))
}

/// A candidate with the coalitions drawn for it.
#[derive(Clone, Default)]
struct Arm {
    members: Vec<usize>,
    drawn: Vec<(Coalition, bool)>,
}

impl Arm {
    fn tosses(&self) -> Tosses {
        Tosses { count: self.drawn.len(), heads: self.drawn.iter().filter(|d| d.1).count() }
    }

    /// The arm with one more segment; coalitions that keep it anyway are draws for it too.
    fn with(&self, segment: usize) -> Arm {
        let mut members = self.members.clone();
        members.push(segment);
        members.sort_unstable();
        Arm { members, drawn: self.drawn.iter().filter(|d| d.0[segment]).cloned().collect() }
    }
}

/// The search by sampling.
struct Search<'g> {
    game: &'g Game,
    clean: f64,
    known: BTreeMap<Coalition, bool>,
    threshold: f64,
    delta: f64,
    tau: f64,
    batch: usize,
    beam: usize,
    max_size: usize,
    samples: usize,
    seed: u64,
    draws: usize,
}

impl<'g> Search<'g> {
    fn new(game: &'g Game, clean: f64, values: &Values) -> Search<'g> {
        let most = game.players();
        Search {
            game,
            clean,
            known: BTreeMap::new(),
            threshold: values.float("threshold"),
            delta: values.float("delta"),
            tau: values.float("tau"),
            batch: values.count("batch"),
            beam: values.count("beam"),
            max_size: if values.count("max_size") == 0 { most } else { values.count("max_size").min(most) },
            samples: values.count("samples"),
            seed: values.int("seed") as u64,
            draws: 0,
        }
    }

    /// A batch of coalitions for each of some arms.
    fn draw(&mut self, context: &mut Context, arms: &mut [Arm], which: &[usize]) -> Result<()> {
        let m = self.game.players();
        let mut rows: Vec<(usize, Coalition)> = Vec::new();
        for &arm in which {
            for _ in 0..self.batch {
                let mut stream = Stream::new(self.seed, self.draws, 0);
                let mut row: Coalition = (0..m).map(|_| stream.uniform() > 0.5).collect();
                arms[arm].members.iter().for_each(|&s| row[s] = true);
                rows.push((arm, row));
                self.draws += 1;
            }
        }
        let mut fresh: Vec<Coalition> =
            rows.iter().map(|r| &r.1).filter(|r| !self.known.contains_key(*r)).cloned().collect();
        fresh.sort_unstable();
        fresh.dedup();
        let found = self.game.scores(context, &fresh)?;
        let clean = self.clean;
        self.known.extend(fresh.into_iter().zip(found.into_iter().map(|v| v == clean)));
        for (arm, row) in rows {
            let same = self.known[&row];
            arms[arm].drawn.push((row, same));
        }
        Ok(())
    }

    fn spent(&self) -> bool {
        self.draws >= self.samples
    }

    fn run(&mut self, context: &mut Context) -> Result<Anchor> {
        let mut arms = vec![Arm::default()];
        self.draw(context, &mut arms, &[0])?;
        if self.is_anchor(context, &mut arms, 0, 1)? {
            return Ok(outcome(&arms[0], true));
        }
        let mut best = arms[0].clone();
        let mut beam = arms;
        for _ in 0..self.max_size {
            let mut candidates = self.grown(&beam);
            if candidates.is_empty() {
                break;
            }
            let top = self.best_of(context, &mut candidates)?;
            let mut accepted: Option<usize> = None;
            for &arm in &top {
                let better = accepted.is_none_or(|a| candidates[arm].tosses().mean() > candidates[a].tosses().mean());
                if better && self.is_anchor(context, &mut candidates, arm, self.game.players())? {
                    accepted = Some(arm);
                }
            }
            if let Some(arm) = accepted {
                return Ok(outcome(&candidates[arm], true));
            }
            beam = top.into_iter().map(|arm| candidates[arm].clone()).collect();
            if let Some(first) = beam.first().filter(|a| a.tosses().mean() > best.tosses().mean()) {
                best = first.clone();
            }
            if self.spent() {
                break;
            }
        }
        Ok(outcome(&best, false))
    }

    /// Every arm of the beam with one more segment, each set once.
    fn grown(&self, beam: &[Arm]) -> Vec<Arm> {
        let mut out: BTreeMap<Vec<usize>, Arm> = BTreeMap::new();
        for arm in beam {
            for segment in (0..self.game.players()).filter(|s| !arm.members.contains(s)) {
                let grown = arm.with(segment);
                let kept = out.entry(grown.members.clone()).or_default();
                if kept.members.is_empty() || grown.drawn.len() > kept.drawn.len() {
                    *kept = grown;
                }
            }
        }
        out.into_values().collect()
    }

    /// The best candidates, told from the rest to within `tau`.
    fn best_of(&mut self, context: &mut Context, arms: &mut [Arm]) -> Result<Vec<usize>> {
        let untouched: Vec<usize> = (0..arms.len()).filter(|&a| arms[a].drawn.is_empty()).collect();
        if !untouched.is_empty() {
            self.draw(context, arms, &untouched)?;
        }
        let mut round = 1;
        loop {
            let coins: Vec<Tosses> = arms.iter().map(Arm::tosses).collect();
            let (best, pair) = contest(&coins, self.beam, level(coins.len(), round, self.delta));
            match pair {
                Some((rival, weakest, gap)) if gap > self.tau && !self.spent() => {
                    self.draw(context, arms, &[rival, weakest])?;
                }
                _ => return Ok(best),
            }
            round += 1;
        }
    }

    /// Draws until it is certain enough whether an arm reaches the threshold.
    fn is_anchor(&mut self, context: &mut Context, arms: &mut [Arm], arm: usize, candidates: usize) -> Result<bool> {
        let level = ((1 + (self.beam - 1) * candidates) as f64 / self.delta).ln();
        loop {
            let coin = arms[arm].tosses();
            let (mean, low, high) = (coin.mean(), coin.lower(level), coin.upper(level));
            let reached = mean >= self.threshold;
            let open = if reached { low < self.threshold - SLACK } else { high >= self.threshold + SLACK };
            if !open || self.spent() {
                return Ok(reached && low > self.threshold - SLACK);
            }
            self.draw(context, arms, &[arm])?;
        }
    }
}

fn outcome(arm: &Arm, found: bool) -> Anchor {
    Anchor { members: arm.members.clone(), precision: arm.tosses().mean(), found }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, bench, deep_net, extra, one_map, random};

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn what_the_search_finds_is_precise_by_enumeration() {
        for seed in 0..4u64 {
            let b = bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5 + seed)], 1);
            let cells = ("cells", "3".into());
            let all = b.run("anchors", &[cells.clone(), ("search", "exact".into())]).unwrap();
            let found = b.run("anchors", &[cells, ("seed", seed.into())]).unwrap();
            let bits = extra(&found, "anchor").iter().enumerate().fold(0, |s, (j, v)| s | usize::from(*v > 0.0) << j);
            let precision = extra(&all, "precision")[bits];
            assert!(precision >= 0.95 - 0.15, "seed {seed}: {precision}");
            let least = extra(&all, "smallest_valid_size")[0];
            assert!(f64::from(bits.count_ones()) >= least - 1.0);
        }
    }

    #[test]
    fn enumeration_counts_every_coalition() {
        let found = net(1).run("anchors", &[("cells", "2".into()), ("search", "exact".into())]).unwrap();
        let (decisions, precision) = (extra(&found, "decisions"), extra(&found, "precision"));
        assert_eq!(decisions.len(), 16);
        for (a, p) in precision.iter().enumerate() {
            let kept = |s: usize| f64::from(u8::from(decisions[s] == decisions[15]));
            let of: Vec<f64> = (0..16).filter(|s| s & a == a).map(kept).collect();
            assert!((p - of.iter().sum::<f64>() / of.len() as f64).abs() < 1e-12);
        }
        assert_eq!(precision[15], 1.0, "the whole input keeps its own decision");
    }

    #[test]
    fn threads_change_no_bit_and_budgets_end_the_search() {
        let run = |threads| net(threads).map("anchors", &[("cells", "3".into())]);
        assert!(run(1) == run(4));
        let found =
            net(1).run("anchors", &[("cells", "3".into()), ("samples", 1.into()), ("threshold", 1.0.into())]).unwrap();
        assert!(found.notes.iter().any(|n| n.contains("not found") || n.contains("anchor")), "{:?}", found.notes);
        assert!(one_map(&found).iter().all(|v| *v == 0.0 || *v == 1.0));
    }
}
