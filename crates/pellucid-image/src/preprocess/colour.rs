//! Steps that change channels.

use super::step::{Colour, Step};
use super::work::Work;
use crate::image::Channels;

/// Weights of red, green and blue in PIL's and OpenCV's grey.
pub const REC_601: [f64; 3] = [0.299, 0.587, 0.114];
/// Weights of red, green and blue in scikit-image's grey.
pub const REC_709: [f64; 3] = [0.2125, 0.7154, 0.0721];

/// Applies a channel step; `None` for a step of another kind, else the reason why it can't be done.
pub(super) fn apply(work: &mut Work, step: &Step) -> Option<Result<(), String>> {
    Some(match step {
        Step::Channels { colour, weights } => channels(work, *colour, *weights),
        Step::Select { channels } => select(work, channels),
        _ => return None,
    })
}

fn channels(work: &mut Work, colour: Colour, weights: [f64; 3]) -> Result<(), String> {
    match (colour, work.shape[0]) {
        (Colour::Grey, 1) => return Ok(()),
        (Colour::Grey, 3) => grey(work, weights),
        (_, 1) => {
            let plane = std::mem::take(&mut work.voxels);
            work.voxels = [&plane[..], &plane[..], &plane[..]].concat();
            work.shape[0] = 3;
        }
        (Colour::Rgb, 3) => (),
        (Colour::Bgr, 3) => return select(work, &[2, 1, 0]),
        (_, n) => return Err(format!("an image of {n} channels is neither grey nor RGB; `select` some first")),
    }
    work.channels = if colour == Colour::Grey { Channels::Grey } else { Channels::Rgb };
    Ok(())
}

fn grey(work: &mut Work, weights: [f64; 3]) {
    let n = work.voxels.len() / 3;
    let (red, rest) = work.voxels.split_at(n);
    let (green, blue) = rest.split_at(n);
    // PIL takes the weights to 16 bits and rounds.
    let pil = work.whole_levels() && weights == REC_601;
    let mix = |((&r, &g), &b): ((&f32, &f32), &f32)| {
        if pil {
            ((r as u32 * 19595 + g as u32 * 38470 + b as u32 * 7471 + 0x8000) >> 16) as f32
        } else {
            (weights[0] * f64::from(r) + weights[1] * f64::from(g) + weights[2] * f64::from(b)) as f32
        }
    };
    work.voxels = red.iter().zip(green).zip(blue).map(mix).collect();
    work.shape[0] = 1;
    if !pil && work.whole_levels() {
        // The mean of whole levels is no whole level; later steps mustn't round as if it were.
        work.units = crate::image::Units::Intensity;
    }
}

fn select(work: &mut Work, wanted: &[usize]) -> Result<(), String> {
    let count = work.shape[0];
    if let Some(missing) = wanted.iter().find(|&&c| c >= count) {
        return Err(format!("there is no channel {missing}; the image has {count}"));
    }
    if wanted.is_empty() {
        return Err("no channel is selected".into());
    }
    let n = work.voxels.len() / count;
    work.voxels = wanted.iter().flat_map(|&c| work.voxels[c * n..(c + 1) * n].iter().copied()).collect();
    work.channels = match &work.channels {
        Channels::Named(names) => Channels::Named(wanted.iter().filter_map(|&c| names.get(c).cloned()).collect()),
        other if wanted.len() == count => other.clone(),
        _ if wanted.len() == 1 => Channels::Grey,
        _ => Channels::Named(wanted.iter().map(|c| format!("channel {c}")).collect()),
    };
    work.shape[0] = wanted.len();
    Ok(())
}
