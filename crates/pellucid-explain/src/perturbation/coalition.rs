//! What an input scores when only some of its segments are kept: `v(S)` of methods that treat segments as players.

use std::collections::BTreeMap;

use pellucid_graph::Tensor;

use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::params::{ParamSpec, Values, choice};
use crate::perturbation::segments::Segments;
use crate::perturbation::site::{Site, sites, vector};
use crate::planes::Planes;
use crate::probability::{Scorer, scores};
use crate::random::Stream;
use crate::{Check, ExplainError, Result};

/// The fill of segments that are off.
pub(crate) const FILL: ParamSpec = choice(
    "baseline",
    "constant",
    &["constant", "channel-mean", "segment-mean", "blurred", "min", "max"],
    "what a segment that is off shows: one value (`value`), the mean, smallest or largest value of each channel, its own mean, or the input blurred",
);

/// What is scored.
pub(crate) const SCORE: ParamSpec = choice(
    "score",
    "target",
    &["target", "probability"],
    "what a coalition is worth: the target as asked for, or its probability",
);

/// The most segments: least squares are of their number squared in memory and cubed in time.
const MOST_SEGMENTS: usize = 2048;

/// Which segments are kept.
pub(crate) type Coalition = Vec<bool>;

/// A sample, its segments and the score.
pub(crate) struct Game {
    /// The segments.
    pub segments: Segments,
    method: &'static str,
    name: String,
    planes: Planes,
    sites: Vec<Site>,
    scorer: Scorer,
}

/// The input inside the coalition, the fill outside it.
fn masked(site: &Site, segments: &Segments, coalition: &[bool]) -> Tensor {
    let pairs = site.values.iter().zip(&site.fill).zip(segments.labels.iter().cycle());
    site.with(pairs.map(|((x, b), &l)| if coalition[l] { *x } else { *b }).collect())
}

impl Game {
    /// The game of a sample; `cells` per axis by default, for inputs of two and of three axes.
    pub fn new(context: &mut Context, method: &'static str, values: &Values, cells: [usize; 2]) -> Result<Game> {
        if let Some((name, site)) = vector(context, values, method)? {
            let segments = Segments::elements(site.values.len());
            let planes = site.planes.clone();
            return Game {
                segments,
                method,
                name,
                planes,
                sites: vec![site],
                scorer: Scorer::target(context.objective),
            }
            .ready(context, values);
        }
        let (name, mut sites) = sites(context, values, method)?;
        let planes = sites[0].planes.clone();
        let segments =
            Segments::new(context, method, values, &sites[0], cells[usize::from(planes.spatial().len() > 2)])?;
        if values.word("baseline") == "segment-mean" {
            let names = context.model.inputs()?;
            // a baseline handed in goes before the kind
            let own = |s: &&mut Site| !context.injected.contains_key(&format!("baseline_{}", names[s.input].0));
            sites.iter_mut().filter(own).for_each(|s| s.fill = segments.means(&s.values));
        }
        let scorer = Scorer::target(context.objective);
        Game { segments, method, name, planes, sites, scorer }.ready(context, values)
    }

    /// The game with the score that was asked for.
    fn ready(mut self, context: &mut Context, values: &Values) -> Result<Game> {
        let players = self.players();
        if players > MOST_SEGMENTS {
            return Err(wrong(self.method, format!("{players} segments are more than {MOST_SEGMENTS}")));
        }
        if values.word("score") == "probability" {
            let (scorer, note) = Scorer::probability(context.objective);
            self.scorer = scorer;
            context.notes.extend(note);
        }
        Ok(self)
    }

    /// Number of segments.
    pub fn players(&self) -> usize {
        self.segments.count
    }

    /// Whether switching each segment changes anything.
    fn live(&self) -> Coalition {
        let mut live = vec![false; self.players()];
        for s in &self.sites {
            let pairs = s.values.iter().zip(&s.fill).zip(self.segments.labels.iter().cycle());
            pairs.filter(|((x, b), _)| x != b).for_each(|(_, &l)| live[l] = true);
        }
        live
    }

    /// Scores of coalitions, in order. Those that give the same input are run once, and a note says how many.
    pub fn worth(&self, context: &mut Context, rows: &[Coalition]) -> Result<Vec<f64>> {
        let before = context.counts.forwards;
        let found = self.scores(context, rows)?;
        let run = (context.counts.forwards - before) as usize;
        if run < rows.len() {
            let same = rows.len() - run;
            context.notes.push(format!("{same} of {} coalitions give an input that is run already", rows.len()));
        }
        Ok(found)
    }

    /// Scores of coalitions, in order. Those that give the same input are run once.
    pub fn scores(&self, context: &mut Context, rows: &[Coalition]) -> Result<Vec<f64>> {
        let live = self.live();
        let mut index: BTreeMap<Coalition, usize> = BTreeMap::new();
        let (mut distinct, mut which) = (Vec::new(), Vec::with_capacity(rows.len()));
        for (i, row) in rows.iter().enumerate() {
            let key = row.iter().zip(&live).map(|(on, live)| *on || !live).collect();
            which.push(*index.entry(key).or_insert_with(|| {
                distinct.push(i);
                distinct.len() - 1
            }));
        }
        let inputs = context.inputs;
        let make = |i: usize| -> Result<Vec<Tensor>> {
            let mut made = inputs.to_vec();
            self.sites.iter().for_each(|s| made[s.input] = masked(s, &self.segments, &rows[distinct[i]]));
            Ok(made)
        };
        let found = scores(context, &self.scorer, distinct.len(), self.method, &make)?;
        Ok(which.into_iter().map(|i| found[i]).collect())
    }

    /// Scores what `scorer` says instead.
    pub fn scored_by(mut self, scorer: Scorer) -> Game {
        self.scorer = scorer;
        self
    }

    /// Centre of each segment along every spatial axis, in positions; the order of elements for a vector.
    pub fn centres(&self) -> Vec<Vec<f64>> {
        let grid = match self.planes.spatial() {
            [] => vec![self.segments.labels.len()],
            spatial => spatial.to_vec(),
        };
        let mut sums = vec![vec![0.0; grid.len()]; self.players()];
        let mut counts = vec![0.0; self.players()];
        for (p, &l) in self.segments.labels.iter().enumerate() {
            let mut rest = p;
            for axis in (0..grid.len()).rev() {
                sums[l][axis] += (rest % grid[axis]) as f64;
                rest /= grid[axis];
            }
            counts[l] += 1.0;
        }
        sums.into_iter().zip(counts).map(|(s, n)| s.into_iter().map(|v| v / f64::max(n, 1.0)).collect()).collect()
    }

    /// Each segment painted with its attribution, on the input's grid.
    pub fn evidence(&self, attribution: &[f64]) -> Evidence {
        let values = self.segments.paint(attribution);
        let shape = match self.planes.spatial() {
            [] => vec![values.len()],
            _ => self.planes.one_channel(),
        };
        Evidence::Maps(vec![Map { grid: Grid::Input { name: self.name.clone() }, shape, values }])
    }

    /// An array of the user's with one row per sample and one column per segment, as rows.
    pub fn injected_rows(&self, context: &Context, name: &str) -> Result<Option<Vec<Vec<f64>>>> {
        let Some(given) = context.injected.get(name) else { return Ok(None) };
        match given.shape() {
            [n, m] if *n > 0 && *m == self.players() => {
                Ok(Some(given.to_f64().chunks(*m).map(<[f64]>::to_vec).collect()))
            }
            shape => Err(refused(name, format!("has shape {shape:?}, expected rows x {} segments", self.players()))),
        }
    }

    /// The coalitions handed in as `coalitions`, 1 for a segment that is kept and 0 for one that isn't.
    pub fn injected_coalitions(&self, context: &Context) -> Result<Option<Vec<Coalition>>> {
        let Some(rows) = self.injected_rows(context, "coalitions")? else { return Ok(None) };
        if let Some(odd) = rows.iter().flatten().find(|v| **v != 0.0 && **v != 1.0) {
            return Err(refused("coalitions", format!("has the value {odd}, expected 0 and 1")));
        }
        Ok(Some(rows.into_iter().map(|row| row.into_iter().map(|v| v == 1.0).collect()).collect()))
    }
}

/// The check that attributions add up to what the whole input scores above the fill.
pub(crate) fn completeness(attribution: &[f64], none: f64, all: f64) -> Check {
    let statement = "sum of the attributions = score of the input less that of the fill";
    let scale = attribution.iter().map(|v| v.abs()).sum();
    Check::equal("completeness", statement, attribution.iter().sum(), all - none, scale, 1e-9)
}

/// Uniform among `0..n`.
pub(crate) fn below(stream: &mut Stream, n: usize) -> usize {
    // the draw is in (0, 1]
    ((stream.uniform() * n as f64).ceil() as usize).clamp(1, n.max(1)) - 1
}

/// The first `take` of `0..n` in random order.
pub(crate) fn shuffled(stream: &mut Stream, n: usize, take: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in 0..take.min(n) {
        order.swap(i, i + below(stream, n - i));
    }
    order.truncate(take);
    order
}

/// An error about a parameter.
pub(crate) fn wrong(method: &str, reason: String) -> ExplainError {
    ExplainError::Parameter { method: method.into(), reason }
}

/// An error about an array handed in.
pub(crate) fn refused(name: &str, reason: String) -> ExplainError {
    ExplainError::Input { input: name.into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_drawn_equally_often() {
        let mut counts = [[0.0f64; 4]; 4];
        for i in 0..4000 {
            let order = shuffled(&mut Stream::new(3, i, 0), 4, 4);
            order.iter().enumerate().for_each(|(place, who)| counts[place][*who] += 1.0);
        }
        // four standard errors of a count of 4000 draws at one in four
        let most = 4.0 * f64::sqrt(4000.0 * 0.25 * 0.75);
        assert!(counts.iter().flatten().all(|c| (c - 1000.0).abs() < most), "{counts:?}");
        let one = shuffled(&mut Stream::new(3, 1, 0), 4, 4);
        assert_eq!(shuffled(&mut Stream::new(3, 1, 0), 4, 2), one[..2]);
    }
}
