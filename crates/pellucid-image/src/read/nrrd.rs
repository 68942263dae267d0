//! NRRD volumes: raw, gzip or text, with the data attached or in files beside the header.
//!
//! The first axis in space is `W`, the second `H`, the third `D`; axes outside space are channels, wherever they stand.

use crate::image::{Channels, Format, Units};
use crate::read::axes::{Role, arrange};
use crate::read::bytes::Stored;
use crate::read::companion::Beside;
use crate::read::nrrd_header::Header;
use crate::read::numbers::{Numbers, Packing, Start};
use crate::{Image, OpenOptions, Result, error::damaged};

const FORMAT: &str = "NRRD";

/// Reads a volume; `beside` is where the data of a detached header lie.
///
/// # Errors
/// When the file is damaged, too large, of a kind that isn't read, or its data aren't in its folder.
pub fn read(bytes: &[u8], beside: Beside, options: &OpenOptions) -> Result<Image> {
    let header = Header::parse(bytes)?;
    let count = options.admit_values("the volume", &header.sizes)?;
    let values = match &header.files {
        None => section(&header, bytes.get(header.length..).unwrap_or_default(), count, options)?,
        Some(names) => {
            // Slabs of equal size along the slowest axis.
            if !count.is_multiple_of(names.len()) {
                return Err(damaged(
                    FORMAT,
                    format!("{count} numbers can't be spread evenly over {} files", names.len()),
                ));
            }
            let mut values = vec![];
            for name in names {
                let file = beside.read(FORMAT, name, options)?;
                values.extend(section(&header, &file, count / names.len(), options)?);
            }
            values
        }
    };
    finish(header, values, options)
}

/// The numbers of one data file, or of what follows the header.
fn section(header: &Header, bytes: &[u8], count: usize, options: &OpenOptions) -> Result<Vec<f32>> {
    let mut data = bytes;
    for _ in 0..header.line_skip {
        let end = data.iter().position(|&b| b == b'\n');
        let end = end.ok_or_else(|| damaged(FORMAT, format!("the data have fewer than {} lines", header.line_skip)))?;
        data = &data[end + 1..];
    }
    let start = match (header.byte_skip, header.packing) {
        (-1, Packing::Raw) => Start::FromEnd,
        (n @ 0.., _) => Start::After(usize::try_from(n).unwrap_or(usize::MAX)),
        (n, _) => return Err(damaged(FORMAT, format!("`byte skip: {n}` with this encoding"))),
    };
    let Header { stored, endian, packing, .. } = *header;
    Numbers { format: FORMAT, stored, endian, count, packing, start }.read(data, options)
}

fn finish(header: Header, values: Vec<f32>, options: &OpenOptions) -> Result<Image> {
    let sizes: Vec<usize> = header.sizes.iter().rev().copied().collect();
    let roles: Vec<Role> = header.roles.iter().rev().copied().collect();
    let (mut voxels, mut shape) = arrange(values, &sizes, &roles);
    let mut notes = header.notes;
    if header.colours == Some(4) && shape[0] == 4 {
        voxels.truncate(voxels.len() / 4 * 3);
        shape[0] = 3;
        notes.push("the alpha channel was dropped".into());
    }
    let colours = header.colours.is_some() && shape[0] == 3;
    if let Some(frame) = options.frame.filter(|_| !colours) {
        let n = voxels.len() / shape[0];
        let part = frame.checked_mul(n).and_then(|start| voxels.get(start..start + n));
        voxels =
            part.ok_or_else(|| damaged(FORMAT, format!("there is no volume {frame}, only {}", shape[0])))?.to_vec();
        shape[0] = 1;
    }
    let units = match (colours, header.stored) {
        (true, Stored::U8) => Units::Levels { max: 255.0 },
        (true, Stored::U16) => Units::Levels { max: 65535.0 },
        _ => Units::Intensity,
    };
    let mut image = Image::new(voxels, shape, units, Format::Nrrd)?;
    if colours {
        image.channels = Channels::Rgb;
    } else if shape[0] > 1 {
        image.channels = Channels::Named((0..shape[0]).map(|i| format!("volume {i}")).collect());
    }
    image.geometry = header.geometry;
    if header.stored.rounds() {
        notes.push("values were rounded to 32-bit floats".into());
    }
    image.notes = notes;
    Ok(image)
}
