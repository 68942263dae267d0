//! Covers one window of the input after another and notes how much the target drops.
//!
//! # Formula
//! ```text
//! d_w = t(x) - t(x with window w set to b)        L(p) = mean of d_w over the windows that cover p
//! ```
//!
//! # Symbols
//! - `x`: input, `C x S..`, model units; `b`: fill of the same shape
//! - `w`: window, a box of `window` px whose corner is at a multiple of `stride`; the last ones are cut off at the border
//! - `t`: target
//!
//! # Axioms
//! On a linear target `d_w = sum_{p in w} (x - b) dt/dx`. A position that the target doesn't depend on gets what its windows' other positions do.
//! Completeness fails.
//!
//! # Cost
//! 1 F and 1 F per window that changes anything.
//!
//! # In images
//! All channels, and all inputs of the same spatial size (registered modalities), are covered together. What the fill means depends on the modality: 0 is
//! the mean of the data for normalised inputs; black is air in CT. An edge of the fill is an artefact that the model may answer to. Windows smaller than
//! a lesion leave most of it visible. With a segmentation region, `score = probability` takes the mean probability over the frozen mask.
//!
//! # Departures
//! Overlapping windows are averaged, as in captum, not added. The default window is an eighth of each side and the stride half of it. Windows whose
//! covering changes nothing (background equal to the fill) aren't run: their difference is 0.
//!
//! # Source
//! zeiler2014visualizing, section 4.1.

use std::ops::Range;

use pellucid_graph::Tensor;

use crate::baseline::{KIND, SIGMA, VALUE};
use crate::context::Context;
use crate::evidence::{Evidence, Grid, Map};
use crate::method::{Family, Found, Kind, MethodInfo};
use crate::params::{ParamSpec, Values, choice, text};
use crate::perturbation::site::{INPUT, Site, sites};
use crate::probability::{Scorer, scores};
use crate::{ExplainError, Result};

static PARAMS: &[ParamSpec] = &[
    ParamSpec {
        unit: "px",
        ..text("window", "", "size of the window, one number or one per axis; an eighth of each side when empty")
    },
    ParamSpec {
        unit: "px",
        ..text("stride", "", "step between windows, one number or one per axis; half the window when empty")
    },
    KIND,
    VALUE,
    SIGMA,
    choice(
        "score",
        "target",
        &["target", "probability"],
        "what is compared: the target as asked for, or its probability",
    ),
    INPUT,
];

/// Occlusion.
pub static INFO: MethodInfo = MethodInfo {
    id: "occlusion",
    name: "Occlusion",
    family: Family::Perturbation,
    summary: "Covers one window of the input after another and notes how much the target drops",
    sources: &["zeiler2014visualizing"],
    needs: &[],
    cost: "1 F per window that changes anything",
    keeps: &[("linear-windows", "on a linear target a window's difference is the sum of its contributions")],
    breaks: &[("completeness", "windows overlap, and what they do together is lost")],
    params: PARAMS,
    cautions: &["the fill and its edges are a new image content that the model may answer to"],
    revision: 1,
    file: include_str!("occlusion.rs"),
    kind: Kind::Driven(drive),
};

/// The most windows that are run.
const MOST_WINDOWS: usize = 10_000_000;

/// Boxes over a spatial grid: corners at multiples of the stride, cut off at the border.
#[derive(Clone, Debug, PartialEq)]
struct Windows {
    grid: Vec<usize>,
    window: Vec<usize>,
    stride: Vec<usize>,
    /// Number along each axis.
    counts: Vec<usize>,
}

impl Windows {
    fn new(grid: &[usize], window: &str, stride: &str) -> Result<Windows> {
        let window = sizes("window", window, grid, |a| (grid[a] / 8).max(1))?;
        let stride = sizes("stride", stride, grid, |a| (window[a] / 2).max(1))?;
        if let Some(a) = (0..grid.len()).find(|&a| window[a] > grid[a]) {
            return Err(wrong(format!("`window` is {window:?}, larger than the input, {grid:?}, along axis {a}")));
        }
        let along = |a: usize| (grid[a] - window[a]).div_ceil(stride[a]) + 1;
        let counts: Vec<usize> = (0..grid.len()).map(along).collect();
        let total = counts.iter().try_fold(1usize, |n, c| n.checked_mul(*c));
        if total.is_none_or(|n| n > MOST_WINDOWS) {
            return Err(wrong(format!(
                "{counts:?} windows are more than {MOST_WINDOWS}; a larger `stride` makes fewer"
            )));
        }
        Ok(Windows { grid: grid.to_vec(), window, stride, counts })
    }

    fn count(&self) -> usize {
        self.counts.iter().product()
    }

    /// The box of a window, windows counted with the last axis first.
    fn place(&self, mut index: usize) -> Vec<Range<usize>> {
        let mut out = vec![0..0; self.grid.len()];
        for a in (0..self.grid.len()).rev() {
            let start = index % self.counts[a] * self.stride[a];
            index /= self.counts[a];
            out[a] = start..(start + self.window[a]).min(self.grid[a]);
        }
        out
    }

    /// Calls `each` with the range of flat positions of every row of a window.
    fn rows(&self, index: usize, mut each: impl FnMut(Range<usize>)) {
        let place = self.place(index);
        let Some((last, outer)) = place.split_last() else { return };
        let rows: usize = outer.iter().map(Range::len).product();
        for row in 0..rows {
            let (mut rest, mut start, mut step) = (row, 0, self.grid[outer.len()]);
            for (a, range) in outer.iter().enumerate().rev() {
                start += (range.start + rest % range.len()) * step;
                rest /= range.len();
                step *= self.grid[a];
            }
            each(start + last.start..start + last.end);
        }
    }
}

/// One number per axis from text: `8`, `8,6` or nothing.
fn sizes(name: &str, given: &str, grid: &[usize], default: impl Fn(usize) -> usize) -> Result<Vec<usize>> {
    if given.trim().is_empty() {
        return Ok((0..grid.len()).map(default).collect());
    }
    let parse = |s: &str| s.trim().parse::<usize>().ok().filter(|n| *n > 0);
    let parsed: Option<Vec<usize>> = given.split([',', 'x']).map(parse).collect();
    match parsed {
        Some(n) if n.len() == grid.len() => Ok(n),
        Some(n) if n.len() == 1 => Ok(vec![n[0]; grid.len()]),
        _ => Err(wrong(format!(
            "`{name}` is `{given}`, expected a whole number above 0, or {} of them separated by commas",
            grid.len()
        ))),
    }
}

fn wrong(reason: String) -> ExplainError {
    ExplainError::Parameter { method: INFO.id.into(), reason }
}

/// The input with a window covered.
fn without(site: &Site, windows: &Windows, index: usize) -> Tensor {
    let mut values = site.values.clone();
    each_row(site, windows, index, |at| values[at.clone()].copy_from_slice(&site.fill[at]));
    site.with(values)
}

/// Whether covering a window changes anything.
fn changes(site: &Site, windows: &Windows, index: usize) -> bool {
    let mut changes = false;
    each_row(site, windows, index, |at| changes |= site.values[at.clone()] != site.fill[at]);
    changes
}

/// Calls `each` with the range of values of every row of a window in every channel.
fn each_row(site: &Site, windows: &Windows, index: usize, mut each: impl FnMut(Range<usize>)) {
    for start in (0..site.values.len()).step_by(site.planes.positions().max(1)) {
        windows.rows(index, |row| each(start + row.start..start + row.end));
    }
}

/// Mean difference over the windows that cover each position, 0 where none does; and whether one does everywhere.
fn averaged(windows: &Windows, differences: &[f64]) -> (Vec<f64>, bool) {
    let size = windows.grid.iter().product();
    let (mut sum, mut count) = (vec![0.0; size], vec![0u32; size]);
    for (w, d) in differences.iter().enumerate() {
        windows.rows(w, |row| {
            sum[row.clone()].iter_mut().for_each(|s| *s += d);
            count[row].iter_mut().for_each(|c| *c += 1);
        });
    }
    let everywhere = count.iter().all(|c| *c > 0);
    sum.iter_mut().zip(&count).filter(|(_, c)| **c > 0).for_each(|(s, c)| *s /= f64::from(*c));
    (sum, everywhere)
}

fn drive(context: &mut Context, values: &Values) -> Result<Found> {
    let (name, sites) = sites(context, values, INFO.id)?;
    let planes = &sites[0].planes;
    let windows = Windows::new(planes.spatial(), values.word("window"), values.word("stride"))?;
    let (scorer, note) = match values.word("score") {
        "probability" => Scorer::probability(context.objective),
        _ => (Scorer::target(context.objective), None),
    };
    context.notes.extend(note);
    let live: Vec<usize> = (0..windows.count()).filter(|&w| sites.iter().any(|s| changes(s, &windows, w))).collect();
    if live.len() < windows.count() {
        let same = windows.count() - live.len();
        context.notes.push(format!("{same} of {} windows equal the fill already: not run", windows.count()));
    }
    let inputs = context.inputs;
    let make = |i: usize| -> Result<Vec<Tensor>> {
        let mut made = inputs.to_vec();
        if i > 0 {
            sites.iter().for_each(|s| made[s.input] = without(s, &windows, live[i - 1]));
        }
        Ok(made)
    };
    let all = scores(context, &scorer, live.len() + 1, INFO.id, &make)?;
    let mut differences = vec![0.0; windows.count()];
    live.iter().zip(&all[1..]).for_each(|(&w, s)| differences[w] = all[0] - s);
    let (values, everywhere) = averaged(&windows, &differences);
    if !everywhere {
        context.notes.push("some positions aren't covered by any window: they are 0".into());
    }
    let shape = planes.one_channel();
    let map = Map { grid: Grid::Input { name }, shape, values: values.into_iter().map(|v| v as f32).collect() };
    Ok(Found {
        evidence: Evidence::Maps(vec![map]),
        checks: vec![],
        extras: vec![("window_differences".into(), differences)],
        ..Found::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::testing::{Bench, assert_close, bench, deep_net, extra, linear_net, maps, one_map, random};

    #[test]
    fn windows_start_at_multiples_of_the_stride_and_are_cut_off() {
        let w = Windows::new(&[10, 7], "4,3", "3,2").unwrap();
        assert_eq!(w.counts, [3, 3]);
        assert_eq!(w.place(0), [0..4, 0..3]);
        assert_eq!(w.place(5), [3..7, 4..7]);
        let clipped = Windows::new(&[9], "4", "3").unwrap();
        assert_eq!(clipped.counts, [3]);
        assert_eq!(clipped.place(2).first(), Some(&(6..9)));
        let whole = Windows::new(&[5, 5], "5", "").unwrap();
        assert_eq!((whole.count(), whole.stride), (1, vec![2, 2]));
        let default = Windows::new(&[64, 20, 3], "", "").unwrap();
        assert_eq!((default.window, default.stride), (vec![8, 2, 1], vec![4, 1, 1]));
    }

    #[test]
    fn rows_list_every_position_of_a_window_once() {
        let w = Windows::new(&[4, 5, 6], "2,3,4", "2,2,2").unwrap();
        for index in 0..w.count() {
            let mut found = Vec::new();
            w.rows(index, |row| found.extend(row));
            let place = w.place(index);
            let inside = |p: usize| {
                place[0].contains(&(p / 30)) && place[1].contains(&(p / 6 % 5)) && place[2].contains(&(p % 6))
            };
            assert_eq!(found, (0..120).filter(|&p| inside(p)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn on_a_linear_target_a_window_is_the_sum_of_its_contributions() {
        for (shape, window, stride) in
            [(&[1, 2, 6, 5][..], "3,2", "2,2"), (&[1, 1, 4, 3, 5], "2,2,3", "2,1,2"), (&[1, 3, 9], "4", "3")]
        {
            let (g, w) = linear_net(shape, 4);
            let b = bench(g, vec![random(shape, 5)], 2);
            let x = b.inputs[0].to_f64();
            let windows = Windows::new(&shape[2..], window, stride).unwrap();
            let size: usize = shape[2..].iter().product();
            let part = |p: usize| (0..shape[1]).map(|c| w[c * size + p] * (x[c * size + p] - 0.3)).sum::<f64>();
            let mut expected = Vec::new();
            let (mut sum, mut count) = (vec![0.0; size], vec![0.0; size]);
            for i in 0..windows.count() {
                let mut d = 0.0;
                windows.rows(i, |row| d += row.map(part).sum::<f64>());
                windows.rows(i, |row| row.for_each(|p| (sum[p], count[p]) = (sum[p] + d, count[p] + 1.0)));
                expected.push(d);
            }
            let params = [("window", window.into()), ("stride", stride.into()), ("value", 0.3.into())];
            let found = b.run("occlusion", &params).unwrap();
            assert_close(extra(&found, "window_differences"), &expected, 1e-5);
            let mean: Vec<f64> = sum.iter().zip(&count).map(|(s, c)| if *c > 0.0 { s / c } else { 0.0 }).collect();
            assert_close(&one_map(&found), &mean, 1e-5);
            assert_eq!(maps(&found)[0].shape, [&[1], &shape[2..]].concat());
            assert_eq!(found.counts.forwards, 1 + windows.count() as u64);
        }
    }

    fn net(threads: usize) -> Bench {
        bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], threads)
    }

    #[test]
    fn windows_that_equal_the_fill_are_not_run() {
        let mut b = net(1);
        let mut x = b.inputs[0].to_f64();
        // left half of both channels is background
        x.iter_mut().enumerate().filter(|(i, _)| i % 8 < 4).for_each(|(_, v)| *v = 0.0);
        b.inputs = vec![pellucid_graph::Tensor::from_f64(b.inputs[0].dtype(), vec![1, 2, 8, 8], x)];
        let found = b.run("occlusion", &[("window", "2".into()), ("stride", "2".into())]).unwrap();
        assert_eq!(found.counts.forwards, 1 + 8);
        assert_eq!(extra(&found, "window_differences").iter().filter(|d| **d == 0.0).count(), 8);
        assert!(found.notes.iter().any(|n| n.contains("8 of 16 windows")));
    }

    #[test]
    fn mistakes_are_named() {
        let b = net(1);
        for (name, value, words) in [
            ("window", "9", "larger than the input"),
            ("window", "3,x", "expected a whole number"),
            ("window", "3,3,3", "2 of them"),
            ("stride", "0", "above 0"),
            ("input", "z", "isn't an input"),
        ] {
            let error = b.error("occlusion", &[(name, value.into())]).to_string();
            assert!(error.contains(words), "{error}");
        }
        let gaps = b.run("occlusion", &[("window", "2".into()), ("stride", "3".into())]).unwrap();
        assert!(gaps.notes.iter().any(|n| n.contains("aren't covered")), "{:?}", gaps.notes);
    }

    #[test]
    fn threads_change_no_bit_and_fills_can_be_taken_from_the_image() {
        for fill in ["constant", "channel-mean", "blurred", "min", "max"] {
            let run = |threads| net(threads).map("occlusion", &[("baseline", Value::from(fill))]);
            assert!(run(1) == run(4), "{fill}");
        }
    }

    #[test]
    fn inputs_of_one_size_are_covered_together() {
        let mut g = pellucid_graph::Graph::new("two");
        let fact = pellucid_graph::Fact::new(pellucid_graph::DType::F32, &[1, 1, 3, 4]);
        let (a, c) = (g.add_input("t1", fact.clone()), g.add_input("t2", fact));
        let mut build = pellucid_graph::Build::new(&mut g, "net");
        let sum = build.add(a, c).unwrap();
        let sum = build.sum(sum, &[1, 2], false).unwrap();
        let y = build.sum(sum, &[1], true).unwrap();
        g.set_outputs(&[y]);
        let inputs = vec![random(&[1, 1, 3, 4], 1), random(&[1, 1, 3, 4], 2)];
        let (x1, x2) = (inputs[0].to_f64(), inputs[1].to_f64());
        let b = bench(g, inputs, 1);
        let params = [("window", "1".into()), ("stride", "1".into())];
        let both: Vec<f64> = x1.iter().zip(&x2).map(|(a, b)| a + b).collect();
        assert_close(&b.map("occlusion", &params), &both, 1e-5);
        let one = [params[0].clone(), params[1].clone(), ("input", "t2".into())];
        assert_close(&b.map("occlusion", &one), &x2, 1e-5);
    }
}
