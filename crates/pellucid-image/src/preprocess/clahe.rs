//! Contrast-limited adaptive histogram equalisation of one plane of 8-bit levels.
//!
//! # Source
//! Zuiderveld: Contrast limited adaptive histogram equalization (Graphics Gems IV, 1994), with the borders and rounding of OpenCV's `createCLAHE`.

const LEVELS: usize = 256;

/// Equalises a plane in place. `tiles` are the tiles along `H, W`.
pub(super) fn equalise(plane: &mut [f32], height: usize, width: usize, limit: f64, tiles: [usize; 2]) {
    let padded = |size: usize, tiles: usize, both: bool| if both { size } else { size + tiles - size % tiles };
    // OpenCV pads both axes as soon as one doesn't divide evenly.
    let even = height.is_multiple_of(tiles[0]) && width.is_multiple_of(tiles[1]);
    let tile = [padded(height, tiles[0], even) / tiles[0], padded(width, tiles[1], even) / tiles[1]];
    let level = |y: usize, x: usize| plane[mirror(y, height) * width + mirror(x, width)] as usize;
    let tables: Vec<[f32; LEVELS]> = (0..tiles[0] * tiles[1])
        .map(|t| {
            let (top, left) = (t / tiles[1] * tile[0], t % tiles[1] * tile[1]);
            let mut histogram = [0usize; LEVELS];
            for y in top..top + tile[0] {
                (left..left + tile[1]).for_each(|x| histogram[level(y, x).min(LEVELS - 1)] += 1);
            }
            table(histogram, tile[0] * tile[1], limit)
        })
        .collect();
    let look = |ty: usize, tx: usize, v: usize| tables[ty * tiles[1] + tx][v];
    for y in 0..height {
        let (y1, y2, b) = between(y, tile[0], tiles[0]);
        for x in 0..width {
            let (x1, x2, a) = between(x, tile[1], tiles[1]);
            let v = (plane[y * width + x] as usize).min(LEVELS - 1);
            let upper = look(y1, x1, v) * (1.0 - a) + look(y1, x2, v) * a;
            let lower = look(y2, x1, v) * (1.0 - a) + look(y2, x2, v) * a;
            plane[y * width + x] = (upper * (1.0 - b) + lower * b).round_ties_even().clamp(0.0, 255.0);
        }
    }
}

/// `... 2 1 0 1 2 ... n-1 n-2 ...`
fn mirror(i: usize, n: usize) -> usize {
    crate::resize::mirror_index(i as i64, n)
}

/// The two tiles around a pixel and the share of the second.
fn between(i: usize, tile: usize, tiles: usize) -> (usize, usize, f32) {
    let place = i as f32 * (1.0 / tile as f32) - 0.5;
    let low = place.floor();
    let first = low.max(0.0) as usize;
    let second = ((low + 1.0).max(0.0) as usize).min(tiles - 1);
    (first.min(tiles - 1), second, place - low)
}

/// The levels that a tile's levels become.
fn table(mut histogram: [usize; LEVELS], area: usize, limit: f64) -> [f32; LEVELS] {
    if limit > 0.0 {
        let most = ((limit * area as f64 / LEVELS as f64) as usize).max(1);
        let mut excess: usize = histogram.iter().map(|h| h.saturating_sub(most)).sum();
        let share = excess / LEVELS;
        histogram.iter_mut().for_each(|h| *h = (*h).min(most) + share);
        excess -= share * LEVELS;
        let stride = LEVELS.checked_div(excess).unwrap_or(1).max(1);
        histogram.iter_mut().step_by(stride).take(excess).for_each(|h| *h += 1);
    }
    let scale = (LEVELS - 1) as f32 / area as f32;
    let mut sum = 0;
    histogram.map(|h| {
        sum += h;
        (sum as f32 * scale).round_ties_even().clamp(0.0, 255.0)
    })
}
