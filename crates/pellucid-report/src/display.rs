//! From raw maps to what is shown: channels reduced, sign treated, brought to the grid of the model input, scaled. Every choice is said in words.
//!
//! The raw map stays what it is (it is written to the archive of arrays); this is the only place where a value is changed for the eye.

use pellucid_explain::{Grid, Map};
use pellucid_image::preprocess::Layout;

use crate::field::{Field, Reading, sizes};
use crate::number::{percent, short};
use crate::recipe::{Limit, Part, Recipe, Reduce};
use crate::scale::Scale;
use crate::{ReportError, Result};

/// The grid that maps are brought to for showing: that of a prepared input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputGrid {
    layout: Layout,
    /// `[C, D, H, W]`.
    shape: [usize; 4],
    /// The spatial letters of the layout, in its order.
    axes: Vec<char>,
}

impl InputGrid {
    /// The grid of an input of a layout, made from an image of shape `[C, D, H, W]`.
    pub fn new(layout: &Layout, shape: [usize; 4]) -> InputGrid {
        let axes = layout.as_str().chars().filter(|c| "DHW".contains(*c)).collect();
        InputGrid { layout: layout.clone(), shape, axes }
    }

    /// `[D, H, W]`.
    pub fn grid(&self) -> [usize; 3] {
        [self.shape[1], self.shape[2], self.shape[3]]
    }

    /// Number of spatial axes of the input, 2 or 3.
    pub fn rank(&self) -> usize {
        self.axes.len()
    }

    /// The spatial sizes in words, `224 x 224`.
    pub(crate) fn words(&self) -> String {
        sizes(&self.grid()[3 - self.rank()..])
    }

    /// The spatial grid of a map of a layer, `[D, H, W]`, and its values in that order; `None` when its axes aren't those of the input.
    fn of_layer(&self, shape: &[usize], values: &[f32]) -> Option<([usize; 3], Vec<f32>)> {
        if shape.len() != self.axes.len() {
            return None;
        }
        let axis = |letter: char| self.axes.iter().position(|c| *c == letter);
        let size = |letter: char| axis(letter).map_or(1, |a| shape[a]);
        let stride = |letter: char| axis(letter).map_or(0, |a| shape[a + 1..].iter().product::<usize>());
        let (grid, strides) = (['D', 'H', 'W'].map(size), ['D', 'H', 'W'].map(stride));
        let mut out = Vec::with_capacity(values.len());
        for z in 0..grid[0] {
            for y in 0..grid[1] {
                out.extend((0..grid[2]).map(|x| values[z * strides[0] + y * strides[1] + x * strides[2]]));
            }
        }
        Some((grid, out))
    }
}

/// Why a map shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// Every value is zero.
    Zero,
    /// Every value is the same.
    Constant,
    /// The part that is shown, the positive one, is empty.
    NothingPositive,
}

/// A map made ready for showing.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What is shown, on the grid of the model input.
    pub field: Field,
    /// Channels reduced by a signed sum, otherwise raw, on the grid of the model input.
    pub signed: Field,
    /// Colours.
    pub scale: Scale,
    /// Whether there is nothing to show, and why.
    pub empty: Option<Empty>,
    /// How values between grid points are read for pictures.
    pub reading: Reading,
    /// Share of the limit around which a line is drawn.
    pub contour: Option<f64>,
    /// The unit of the values.
    pub unit: &'static str,
    /// How it came about, one choice each.
    pub words: Vec<String>,
}

impl Shown {
    /// The place of the strongest value, `(x, y, z)` in cells of the input grid; `None` for an empty map.
    pub fn peak(&self) -> Option<[f64; 3]> {
        if self.empty.is_some() {
            return None;
        }
        let ([z, y, x], _) = self.field.map(f32::abs).peak();
        Some([x as f64, y as f64, z as f64])
    }
}

/// Makes a map ready for showing.
///
/// # Errors
/// When its values don't fill its shape, or its axes don't fit those of the input.
pub fn display(map: &Map, input: &InputGrid, recipe: &Recipe) -> Result<Shown> {
    let fail = |reason: String| ReportError::Map { map: name(&map.grid).to_string(), reason };
    if map.shape.iter().product::<usize>() != map.values.len() || map.values.is_empty() {
        return Err(fail(format!("{} values of shape {}", map.values.len(), sizes(&map.shape))));
    }
    let mut words = vec![];
    let cleaned = clean(&map.values, &mut words);
    let on_input = matches!(map.grid, Grid::Input { .. });
    let (grid, count, values) = if on_input {
        // some methods cover all channels together: one value per position
        let [channels, grid @ ..] = input.shape;
        let together = cleaned.len() == grid.iter().product::<usize>();
        let channels = if together { 1 } else { channels };
        let values = input.layout.unpack(cleaned, [channels, grid[0], grid[1], grid[2]]).map_err(|_| {
            let expected = sizes(&input.shape);
            fail(format!(
                "shape {} isn't that of the input, {expected} (channels, slices, rows, columns)",
                sizes(&map.shape)
            ))
        })?;
        (input.grid(), channels, values)
    } else {
        let (grid, values) = input.of_layer(&map.shape, &cleaned).ok_or_else(|| {
            fail(format!(
                "shape {} has {} spatial axes, the input {}",
                sizes(&map.shape),
                map.shape.len(),
                input.rank()
            ))
        })?;
        (grid, 1, values)
    };
    let reduced = Field::new(grid, reduce(&values, count, recipe.reduce))?;
    let signed = Field::new(grid, reduce(&values, count, Reduce::Sum))?;
    if count > 1 {
        words.push(format!("{count} channels: {}", recipe.reduce.words()));
    }
    let part = match recipe.part {
        Part::Positive => reduced.map(|v| v.max(0.0)),
        Part::AboveSmallest => {
            let low = reduced.range().map_or(0.0, |r| r.0);
            reduced.map(|v| v - low)
        }
        Part::Signed | Part::Magnitude => reduced.clone(),
    };
    words.extend(part_words(&reduced, recipe));
    let (scale, empty) = scale_of(&part, &reduced, recipe, &mut words);
    if grid != input.grid() {
        words.push(format!(
            "resized from {} to the input's {} by linear interpolation between cell centres",
            sizes(&grid[3 - input.rank()..]),
            input.words()
        ));
    }
    Ok(Shown {
        field: part.resize(input.grid()),
        signed: signed.resize(input.grid()),
        scale,
        empty,
        reading: if on_input && input.rank() < 3 { Reading::Nearest } else { Reading::Linear },
        contour: recipe.contour.filter(|_| empty.is_none()),
        unit: recipe.unit,
        words,
    })
}

/// Name of the input or layer.
pub(crate) fn name(grid: &Grid) -> &str {
    match grid {
        Grid::Input { name } | Grid::Layer { name } => name,
    }
}

/// The values with zeros for what isn't a number.
fn clean(values: &[f32], words: &mut Vec<String>) -> Vec<f32> {
    let bad = values.iter().filter(|v| !v.is_finite()).count();
    if bad > 0 {
        words.push(format!("{bad} of {} values aren't finite and are shown as zero", values.len()));
    }
    values.iter().map(|v| if v.is_finite() { *v } else { 0.0 }).collect()
}

/// One value per position of `count` channels, which come first.
fn reduce(values: &[f32], count: usize, how: Reduce) -> Vec<f32> {
    let positions = values.len() / count;
    let channels = |p: usize| (0..count).map(move |c| values[c * positions + p]);
    let one = |p: usize| match how {
        Reduce::Sum => channels(p).map(f64::from).sum::<f64>() as f32,
        Reduce::LargestMagnitude => channels(p).map(f32::abs).fold(0.0, f32::max),
    };
    (0..positions).map(one).collect()
}

/// What happens to the sign, in words.
fn part_words(reduced: &Field, recipe: &Recipe) -> Option<String> {
    let values = reduced.values();
    let below = values.iter().filter(|v| **v < 0.0).count();
    let (low, _) = reduced.range()?;
    match recipe.part {
        Part::Positive if below > 0 => Some(format!(
            "only positive evidence is shown: {} of the positions are negative, down to {}",
            percent(below as f64 / values.len() as f64),
            short(f64::from(low))
        )),
        Part::Positive => None,
        Part::AboveSmallest => Some(format!(
            "shown is what is above the smallest value, {}: only differences mean something",
            short(f64::from(low))
        )),
        Part::Magnitude => Some("the sign is dropped: a slope says how much, not for or against".into()),
        Part::Signed => Some("signed: red raises the target, blue lowers it".into()),
    }
}

/// The end of the colours, or why there are none.
fn scale_of(part: &Field, reduced: &Field, recipe: &Recipe, words: &mut Vec<String>) -> (Scale, Option<Empty>) {
    let signed = recipe.part == Part::Signed;
    let (low, high) = reduced.range().unwrap_or((0.0, 0.0));
    let magnitude = part.map(f32::abs);
    let most = magnitude.range().map_or(0.0, |r| r.1);
    let same = high - low <= 1e-6 * high.abs().max(low.abs());
    let empty = match () {
        () if low == 0.0 && high == 0.0 => {
            Some((Empty::Zero, "every value is zero: there is nothing to show".to_string()))
        }
        () if same && part.values().len() > 1 => {
            Some((Empty::Constant, format!("every value is {}: the map prefers no place", short(f64::from(high)))))
        }
        () if most <= 0.0 => Some((Empty::NothingPositive, "no value is positive: there is nothing to show".into())),
        () => None,
    };
    if let Some((empty, why)) = empty {
        words.push(why);
        return (Scale { limit: 0.0, signed }, Some(empty));
    }
    let largest = short(f64::from(most));
    let of = if signed { "|value|" } else { "value" };
    let limit = match recipe.limit {
        Limit::Largest => most,
        // a map with few places other than zero has no percentile to speak of
        Limit::Percentile(share) => Some(percentile(magnitude.values(), share)).filter(|v| *v > 0.0).unwrap_or(most),
    };
    words.push(match recipe.limit {
        Limit::Percentile(share) if limit < most => format!(
            "colours end at {}, the {}th percentile of {of}; the largest is {largest}",
            short(f64::from(limit)),
            short(100.0 * share)
        ),
        _ => format!("colours end at the largest {of}, {largest}"),
    });
    (Scale { limit, signed }, None)
}

/// The value that a share of the values doesn't exceed (nearest rank).
fn percentile(values: &[f32], share: f64) -> f32 {
    let mut sorted = values.to_vec();
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    let index = rank.clamp(1, sorted.len()) - 1;
    *sorted.select_nth_unstable_by(index, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(shape: &[usize], values: &[f32]) -> Map {
        Map { grid: Grid::Layer { name: "conv5".into() }, shape: shape.to_vec(), values: values.to_vec() }
    }

    fn on_input(shape: &[usize], values: &[f32]) -> Map {
        Map { grid: Grid::Input { name: "x".into() }, shape: shape.to_vec(), values: values.to_vec() }
    }

    fn plane(h: usize, w: usize) -> InputGrid {
        InputGrid::new(&Layout::usual(false), [1, 1, h, w])
    }

    fn laid_out(layout: &str, shape: [usize; 4]) -> InputGrid {
        InputGrid::new(&layout.parse().unwrap(), shape)
    }

    const SIGNED: Recipe = Recipe::signed();
    const POSITIVE: Recipe = Recipe::positive();
    const SLOPE: Recipe = Recipe::slope();

    #[test]
    fn positive_part_comes_before_resizing() {
        let shown = display(&layer(&[1, 2], &[-4.0, 4.0]), &plane(1, 4), &POSITIVE).unwrap();
        assert_eq!(shown.field.values(), [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(shown.signed.values(), [-4.0, -2.0, 2.0, 4.0]);
        assert_eq!(shown.scale, Scale { limit: 4.0, signed: false });
        assert_eq!(shown.peak(), Some([3.0, 0.0, 0.0]));
        assert_eq!(shown.words[0], "only positive evidence is shown: 50 % of the positions are negative, down to -4");
        assert_eq!(
            shown.words[2],
            "resized from 1 x 2 to the input's 1 x 4 by linear interpolation between cell centres"
        );
    }

    #[test]
    fn channels_are_summed_or_their_largest_magnitude_taken() {
        let values = [1.0, -2.0, -3.0, 0.5];
        let shown = |layout: &str, recipe: &Recipe| {
            let grid = laid_out(layout, [2, 1, 1, 2]);
            display(&on_input(&[2, 1, 2], &values), &grid, recipe).unwrap().field.values().to_vec()
        };
        assert_eq!(shown("NCHW", &SIGNED), [-2.0, -1.5]);
        assert_eq!(shown("NCHW", &SLOPE), [3.0, 2.0]);
        assert_eq!(shown("NHWC", &SIGNED), [-1.0, -2.5]);
    }

    #[test]
    fn one_value_per_position_stands_for_all_channels() {
        for layout in ["NCHW", "NHWC"] {
            let shown = display(&on_input(&[1, 1, 2], &[1.0, -2.0]), &laid_out(layout, [3, 1, 1, 2]), &SIGNED).unwrap();
            assert_eq!(shown.field.values(), [1.0, -2.0], "{layout}");
        }
        let odd = display(&on_input(&[2, 1, 2], &[1.0; 4]), &laid_out("NCHW", [3, 1, 1, 2]), &SIGNED);
        assert!(odd.unwrap_err().to_string().contains("isn't that of the input"));
    }

    #[test]
    fn averages_are_shown_above_their_smallest_value() {
        let recipe = Recipe { part: Part::AboveSmallest, limit: Limit::Largest, ..SIGNED };
        let shown = display(&on_input(&[1, 1, 3], &[0.5, 0.75, 1.0]), &plane(1, 3), &recipe).unwrap();
        assert_eq!(shown.field.values(), [0.0, 0.25, 0.5]);
        assert_eq!((shown.signed.values(), shown.scale), (&[0.5, 0.75, 1.0][..], Scale { limit: 0.5, signed: false }));
        assert!(shown.words[0].starts_with("shown is what is above the smallest value, 0.5"), "{:?}", shown.words);
    }

    #[test]
    fn axes_of_a_layer_follow_the_layout() {
        let map = layer(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let shown = display(&map, &laid_out("NWHC", [1, 1, 3, 2]), &SIGNED).unwrap();
        assert_eq!((shown.field.grid(), shown.field.values()), ([1, 3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0][..]));
        let deep = display(&layer(&[1, 1, 2], &[1.0, 3.0]), &laid_out("NCDHW", [1, 2, 2, 4]), &SIGNED).unwrap();
        assert_eq!(deep.field.values()[..4], [1.0, 1.5, 2.5, 3.0]);
    }

    #[test]
    fn signed_colours_end_at_the_percentile() {
        let mut values: Vec<f32> = (0..200).map(|i| if i % 2 == 0 { -1.0 } else { 0.5 }).collect();
        values[7] = 50.0;
        let shown = display(&on_input(&[1, 10, 20], &values), &plane(10, 20), &SIGNED).unwrap();
        assert_eq!(shown.scale, Scale { limit: 1.0, signed: true });
        assert!(shown.words.iter().any(|w| w == "colours end at 1, the 99th percentile of |value|; the largest is 50"));
        // a single place other than zero: the percentile would be zero
        let mut sparse = vec![0.0; 200];
        sparse[3] = -2.0;
        let shown = display(&on_input(&[1, 10, 20], &sparse), &plane(10, 20), &SIGNED).unwrap();
        assert_eq!((shown.scale.limit, shown.peak()), (2.0, Some([3.0, 0.0, 0.0])));
    }

    #[test]
    fn maps_without_contrast_say_so_and_show_nothing() {
        let empty = |values: &[f32], recipe: &Recipe| {
            let shown = display(&layer(&[1, 2], values), &plane(2, 2), recipe).unwrap();
            let visible = shown.field.values().iter().any(|v| shown.scale.opacity(*v) > 0.0);
            assert_eq!(visible, shown.empty.is_none());
            assert_eq!(shown.peak().is_none(), shown.empty.is_some());
            shown.empty
        };
        assert_eq!(empty(&[0.0, 0.0], &POSITIVE), Some(Empty::Zero));
        assert_eq!(empty(&[3.0, 3.0], &POSITIVE), Some(Empty::Constant));
        assert_eq!(empty(&[-3.0, -3.0], &SIGNED), Some(Empty::Constant));
        assert_eq!(empty(&[-3.0, -1.0], &POSITIVE), Some(Empty::NothingPositive));
        assert_eq!(empty(&[-3.0, -1.0], &SIGNED), None);
        assert_eq!(empty(&[f32::NAN, 1.0], &POSITIVE), None);
    }

    #[test]
    fn maps_that_fit_nowhere_are_refused() {
        let reason = |map: &Map| display(map, &plane(4, 4), &SIGNED).unwrap_err().to_string();
        assert!(reason(&layer(&[3], &[0.0; 3])).contains("1 spatial axes, the input 2"));
        assert!(reason(&layer(&[2, 2], &[0.0; 3])).contains("3 values of shape 2 x 2"));
        assert!(reason(&on_input(&[4], &[0.0; 4])).contains("shape 4 isn't that of the input, 1 x 1 x 4 x 4"));
    }
}
