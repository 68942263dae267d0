//! The window of occlusion on the model's grid.

use crate::rules::Situation;
use crate::situation::Depth;

/// More windows than this aren't asked for.
const MOST: f64 = 5_000.0;

/// A window is never narrower than this in the plane: single pixels are noise to a model.
const LEAST: f64 = 3.0;

/// With more windows than this they don't overlap.
const OVERLAP: f64 = 1_500.0;

/// Windows over a grid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Windows {
    /// Size along the spatial axes of the model's input.
    pub window: Vec<usize>,
    /// Step.
    pub stride: Vec<usize>,
    /// How many there are.
    pub count: f64,
    /// What differs from the wanted size, for the reader.
    pub note: Option<String>,
}

/// Windows of about the size that the preset asks for: halfway overlapping, side by side where there would be many, wider where there would be
/// too many.
pub(super) fn windows(s: &Situation) -> Windows {
    let ([x, y, z], known) = s.preset.occlusion.samples(&s.image.model_geometry, s.image.model_grid);
    let [d, h, w] = s.image.model_grid;
    let (grid, wanted) = if d > 1 { (vec![d, h, w], vec![z, y, x]) } else { (vec![h, w], vec![y, x]) };
    let most = if s.depth == Depth::Triage { 225.0 } else { MOST };
    let fine = wanted.iter().rev().take(2).any(|&v| v < LEAST);
    let wanted: Vec<f64> =
        wanted.iter().enumerate().map(|(a, &v)| if a + 2 >= grid.len() { v.max(LEAST) } else { v }).collect();
    let at = |scale: f64| -> Vec<usize> {
        grid.iter().zip(&wanted).map(|(&n, v)| ((v * scale).round().max(1.0) as usize).min(n.max(1))).collect()
    };
    let mut scale = 1.0;
    let mut window = at(scale);
    while count(&grid, &window, &window) > most && window.iter().zip(&grid).any(|(a, n)| a < n) {
        scale *= 1.1;
        window = at(scale);
    }
    let half: Vec<usize> = window.iter().map(|n| (n / 2).max(1)).collect();
    let stride = if count(&grid, &window, &half) <= OVERLAP.min(most) { half } else { window.clone() };
    let mut notes = vec![];
    if scale > 1.0 {
        notes.push(format!(
            "the window is {scale:.1} times as wide as the {} asked for, to keep to {most} windows",
            s.preset.occlusion.size
        ));
    }
    if fine {
        notes.push(format!("that is finer than the model's grid resolves: at least {LEAST} pixels in the plane"));
    }
    if !known {
        notes.push("the image has no scale: a share of the width stands for the length".into());
    }
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Windows { count: count(&grid, &window, &stride), window, stride, note }
}

fn count(grid: &[usize], window: &[usize], stride: &[usize]) -> f64 {
    let along = |a: usize| (grid[a].saturating_sub(window[a])).div_ceil(stride[a].max(1)) + 1;
    (0..grid.len()).map(|a| along(a) as f64).product()
}
