//! From slices, of one file or of many, to their order and geometry.

use crate::error::unsupported;
use crate::read::dicom::options::{Frames, SeriesOptions};
use crate::read::dicom::parts::{Part, Slice, parts};
use crate::read::dicom::place::Plane;
use crate::read::dicom::stack::{self, Fault};
use crate::{Geometry, ImageError, Result};

/// Slices that are read, in order, and where they lie.
#[derive(Debug)]
pub struct Arrangement {
    /// Indices of the slices given.
    pub order: Vec<usize>,
    /// Position of the voxels.
    pub geometry: Geometry,
}

/// The slices of a file or series, and what they are called in messages.
pub struct Slices<'a> {
    /// In stored order, at least one.
    pub slices: &'a [Slice],
    /// Stated distance between slices in mm.
    pub step: Option<f64>,
    /// `frames` or `slices`.
    pub name: &'static str,
}

/// Orders slices and places them.
///
/// # Errors
/// When they form no volume: the first fault found, by name.
pub fn arrange(all: &Slices, options: &SeriesOptions, notes: &mut Vec<String>) -> Result<Arrangement> {
    if options.frames == Frames::Sequence && all.slices.len() > 1 {
        return sequence(all, notes);
    }
    let (part, others) = choose(all, options)?;
    if !part.label.is_empty() {
        notes.push(format!("one of {others} volumes was read: {}", part.label));
    }
    let of: Vec<&Slice> = part.members.iter().map(|&i| &all.slices[i]).collect();
    if let [only] = of[..] {
        return Ok(Arrangement { order: part.members, geometry: single(only, all.step, notes) });
    }
    let planes: Option<Vec<Plane>> = of.iter().map(|s| s.plane).collect();
    let no_volume = |reason: &str, hint: &str| refuse(all, reason, hint);
    let moving = "choose one frame with the `frame` option, or read them as a sequence";
    let Some(planes) = planes else {
        return no_volume(&format!("{} have no positions (a moving image?)", all.name), moving);
    };
    let Some(spacing) = of[0].spacing else { return no_volume("there is no pixel spacing", moving) };
    let (chosen, stack) = match stack::stack(&planes, options.accept_tilt) {
        Ok(stack) => ((0..planes.len()).collect::<Vec<_>>(), stack),
        Err(fault) if options.longest_run && runs(&fault) => {
            let run = stack::longest_run(&planes);
            let kept: Vec<Plane> = run.iter().map(|&i| planes[i]).collect();
            let stack = stack::stack(&kept, options.accept_tilt).map_err(|f| no_volume_error(all, &f))?;
            notes.push(format!("{} of {} {} were left out: {fault}", planes.len() - run.len(), planes.len(), all.name));
            (run, stack)
        }
        Err(fault) => return Err(no_volume_error(all, &fault)),
    };
    let order: Vec<usize> = stack.order.iter().map(|&i| part.members[chosen[i]]).collect();
    remark(all, &order, &stack, notes);
    let first = &planes[chosen[stack.order[0]]];
    Ok(Arrangement { order, geometry: first.geometry(spacing, stack.step) })
}

fn remark(all: &Slices, order: &[usize], stack: &stack::Stack, notes: &mut Vec<String>) {
    if order.windows(2).any(|w| w[1] < w[0]) {
        notes.push(format!("{} were sorted by position", all.name));
    }
    if stack.tilt > 0.0 {
        notes.push(format!("slices are sheared by {:.2} degrees (gantry tilt), and so is the geometry", stack.tilt));
    }
    let step = crate::affine::norm(stack.step);
    if let Some(stated) = all.step.filter(|s| (s - step).abs() > 0.05 * step) {
        notes.push(format!("slices are {step:.3} mm apart by their positions; the file states {stated:.3} mm"));
    }
}

/// Faults that a shorter run may be free of.
fn runs(fault: &Fault) -> bool {
    matches!(fault, Fault::Missing { .. } | Fault::Gap { .. } | Fault::Uneven { .. })
}

fn refuse<T>(all: &Slices, reason: &str, hint: &str) -> Result<T> {
    Err(unsupported("DICOM", format!("with {} {} is no volume: {reason}", all.slices.len(), all.name), hint))
}

fn no_volume_error(all: &Slices, fault: &Fault) -> ImageError {
    unsupported("DICOM", format!("with {} {} is no volume: {fault}", all.slices.len(), all.name), fault.hint())
}

/// The volume asked for, and how many there are.
fn choose(all: &Slices, options: &SeriesOptions) -> Result<(Part, usize)> {
    let mut found = parts(all.slices);
    let count = found.len();
    let list = || {
        let line = |(i, p): (usize, &Part)| format!("{i}: {} ({} {})", p.label, p.members.len(), all.name);
        parts(all.slices).iter().enumerate().take(20).map(line).collect::<Vec<_>>().join("; ")
    };
    match options.part {
        Some(part) if part < count => Ok((found.swap_remove(part), count)),
        Some(part) => refuse(all, &format!("there is no part {part}, only {count}"), "parts are counted from 0"),
        None if count == 1 => Ok((found.swap_remove(0), 1)),
        None => refuse(all, &format!("it holds {count} volumes ({})", list()), "choose one with the `part` option"),
    }
}

/// Frames in stored order: what lies between them isn't a distance.
fn sequence(all: &Slices, notes: &mut Vec<String>) -> Result<Arrangement> {
    let first = &all.slices[0];
    if all.slices.iter().any(|s| s.size != first.size) {
        return refuse(all, "they have different sizes", "give only those of one size");
    }
    notes.push(format!("{} are a sequence in stored order: the slice axis has no length", all.name));
    let geometry = first.spacing.map_or(Geometry::unknown(), |[row, column]| Geometry::spacing([column, row, 1.0]));
    Ok(Arrangement { order: (0..all.slices.len()).collect(), geometry })
}

/// Geometry of one slice.
fn single(slice: &Slice, step: Option<f64>, notes: &mut Vec<String>) -> Geometry {
    match (slice.plane, slice.spacing) {
        (Some(plane), Some(spacing)) => {
            if step.is_none() {
                notes.push("the file states no slice thickness; 1 mm stands for it".into());
            }
            plane.geometry(spacing, plane.normal().map(|n| n * step.unwrap_or(1.0)))
        }
        (None, Some([row, column])) => Geometry::spacing([column, row, step.unwrap_or(1.0)]),
        (_, None) => Geometry::unknown(),
    }
}
