//! NIfTI-1 and NIfTI-2 volumes. The first axis of the file is `W`, the second `H`, the third `D`; all further axes together are channels.

use crate::display::DisplayWindow;
use crate::error::damaged;
use crate::image::{Channels, Format, Units};
use crate::read::bytes::Stored;
use crate::read::nifti_header::{Header, Voxel};
use crate::read::planes::deinterleave;
use crate::{Image, OpenOptions, Result};

/// Reads a volume (already inflated). Values are `slope * stored + intercept`; NaN are kept and noted.
///
/// # Errors
/// When the file is damaged, too large, or of a kind that isn't read.
pub fn read(bytes: &[u8], options: &OpenOptions) -> Result<Image> {
    let header = Header::parse(bytes)?;
    let axis = |i: usize| header.dims.get(i).copied().unwrap_or(1);
    let further = header.dims.iter().skip(3).try_fold(1usize, |n, &d| n.checked_mul(d));
    let further = further.ok_or_else(|| damaged("NIfTI", format!("dimensions {:?}", header.dims)))?;
    let (per_voxel, size) = match header.voxel {
        Voxel::Number(stored) => (1, stored.size()),
        Voxel::Colour(samples) => (samples, samples),
    };
    let (channels, frame) = frame_of(further, options)?;
    let volume = [axis(2), axis(1), axis(0)];
    let count = options.admit_values("the volume", &[channels, per_voxel, volume[0], volume[1], volume[2]])?;
    let bytes_needed = (count / per_voxel).saturating_mul(size);
    let start = header.offset.saturating_add(frame.saturating_mul(bytes_needed));
    let data = bytes.get(start..).and_then(|d| d.get(..bytes_needed)).ok_or_else(|| {
        let there = bytes.len().saturating_sub(start);
        damaged("NIfTI", format!("dimensions {:?} need {bytes_needed} bytes of data, {there} are there", header.dims))
    })?;
    let mut image = match header.voxel {
        Voxel::Number(stored) => numbers(data, stored, &header, [channels, volume[0], volume[1], volume[2]])?,
        Voxel::Colour(samples) => colours(data, samples, channels, volume)?,
    };
    image.geometry = header.geometry;
    image.display = header.shown.map(|(lo, hi)| DisplayWindow::LinearExact { center: (lo + hi) / 2.0, width: hi - lo });
    image.notes.extend(header.notes);
    Ok(image)
}

/// `(channels, first)` to read: all of them, or the one asked for.
fn frame_of(further: usize, options: &OpenOptions) -> Result<(usize, usize)> {
    match options.frame {
        None => Ok((further, 0)),
        Some(f) if f < further => Ok((1, f)),
        Some(f) => Err(damaged("NIfTI", format!("there is no volume {f}, only {further}"))),
    }
}

fn numbers(data: &[u8], stored: Stored, header: &Header, shape: [usize; 4]) -> Result<Image> {
    let (slope, intercept) = header.scale;
    let voxels = stored.read(data, header.endian, |v| v * slope + intercept);
    let mut image = Image::new(voxels, shape, Units::Intensity, Format::Nifti)?;
    if shape[0] > 1 {
        image.channels = Channels::Named((0..shape[0]).map(|i| format!("volume {i}")).collect());
    }
    if stored.rounds() {
        image.notes.push("values were rounded to 32-bit floats".into());
    }
    Ok(image)
}

fn colours(data: &[u8], samples: usize, volumes: usize, volume: [usize; 3]) -> Result<Image> {
    if volumes > 1 {
        return Err(damaged("NIfTI", format!("{volumes} colour volumes in one file")));
    }
    let levels: Vec<f32> = data.iter().map(|&v| f32::from(v)).collect();
    let planes = deinterleave(&levels, samples, 3);
    let shape = [3, volume[0], volume[1], volume[2]];
    let mut image = Image::new(planes, shape, Units::Levels { max: 255.0 }, Format::Nifti)?;
    if samples == 4 {
        image.notes.push("the alpha channel was dropped".into());
    }
    Ok(image)
}
