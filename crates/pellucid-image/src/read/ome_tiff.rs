//! OME-TIFF: pages as planes of channels, slices and time points, as the OME-XML says. Time points become channels, the slower axis.

use std::collections::HashSet;
use std::io::Cursor;

use tiff::decoder::Decoder;

use super::ome_xml::{Ome, Plane};
use super::tiff::{MAX_PAGES, Page, explain, page};
use crate::error::{damaged, unsupported};
use crate::image::{Channels, Format, Units};
use crate::{Geometry, Image, OpenOptions, Result};

const FORMAT: &str = "OME-TIFF";

/// Reads all planes, starting from the decoder's first page; `Err(note)` inside when the XML contradicts the pages, which then speak for
/// themselves.
///
/// # Errors
/// When planes are missing or lie in further files, or a page is damaged or too large.
pub fn read(decoder: &mut Decoder<Cursor<&[u8]>>, ome: &Ome, options: &OpenOptions) -> Result<Result<Image, String>> {
    if let Some(file) = ome.elsewhere() {
        let hint = "join the files into one OME-TIFF, or open one of them as plain TIFF pages with a frame number";
        return Err(unsupported(FORMAT, format!("with planes in further files such as `{file}` isn't read"), hint));
    }
    let size = decoder.dimensions().map(|(w, h)| [w as usize, h as usize]).map_err(explain)?;
    let (Some([depth, planes, times]), Some(pages)) = (ome.planes(), ome.pages()) else {
        return Ok(Err("the OME-XML contradicts itself and was ignored".into()));
    };
    if size != ome.size {
        let [x, y] = ome.size;
        return Ok(Err(format!(
            "the OME-XML speaks of {x} x {y} pixels, the page has {} x {}; it was ignored",
            size[0], size[1]
        )));
    }
    let [w, h] = ome.size;
    let (channels, due) = (planes * ome.samples * times, depth * planes * times);
    // Counted before any memory is taken, since the XML may claim planes that aren't there.
    let there = page_count(decoder)?;
    let found = pages.iter().filter(|(page, _)| **page < there).map(|(_, plane)| plane).collect::<HashSet<_>>().len();
    if found < due {
        return Err(damaged(FORMAT, format!("{due} planes are due, {found} are there")));
    }
    let count = options.admit_values("the decoded stack", &[channels, depth, h, w])?;
    let mut stack = Stack { voxels: vec![0.0; count], depth, planes, plane: w * h, filled: 0, max_level: None };
    for number in 0.. {
        if let Some(&place) = pages.get(&number) {
            let page = page(decoder, options)?;
            if page.size != (w, h) || page.channels != ome.samples {
                return Ok(Err(format!(
                    "page {number} isn't of the kind that the OME-XML speaks of, which was ignored"
                )));
            }
            stack.put(&page, place, ome.samples, number == 0)?;
        }
        if !decoder.more_images() || stack.filled >= pages.len() {
            break;
        }
        decoder.next_image().map_err(explain)?;
    }
    finish(stack, ome, [channels, depth, h, w]).map(Ok)
}

/// Number of pages; the decoder is put back to the first.
fn page_count(decoder: &mut Decoder<Cursor<&[u8]>>) -> Result<usize> {
    let mut count = 1;
    while decoder.more_images() && count < MAX_PAGES {
        decoder.next_image().map_err(explain)?;
        count += 1;
    }
    decoder.seek_to_image(0).map_err(explain)?;
    Ok(count)
}

/// The volume as it fills.
struct Stack {
    voxels: Vec<f32>,
    depth: usize,
    planes: usize,
    plane: usize,
    filled: usize,
    max_level: Option<f32>,
}

impl Stack {
    fn put(&mut self, page: &Page, [z, c, t]: Plane, samples: usize, first: bool) -> Result<()> {
        for s in 0..samples {
            let channel = (t * self.planes + c) * samples + s;
            let start = (channel * self.depth + z) * self.plane;
            let source = page.planes.get(s * self.plane..(s + 1) * self.plane);
            let target = self.voxels.get_mut(start..start + self.plane);
            let (Some(source), Some(target)) = (source, target) else {
                return Err(damaged(FORMAT, "a page is smaller than it says"));
            };
            target.copy_from_slice(source);
        }
        self.filled += 1;
        self.max_level =
            if first { page.max_level } else { self.max_level.filter(|_| page.max_level == self.max_level) };
        Ok(())
    }
}

fn finish(stack: Stack, ome: &Ome, shape: [usize; 4]) -> Result<Image> {
    let times = shape[0] / (stack.planes * ome.samples);
    let units = stack.max_level.map_or(Units::Intensity, |max| Units::Levels { max });
    let mut image = Image::new(stack.voxels, shape, units, Format::OmeTiff)?;
    let rgb = ome.samples == 3 && shape[0] == 3;
    if rgb {
        image.channels = Channels::Rgb;
    } else if shape[0] > 1 {
        let per_time = shape[0] / times;
        let name = |i: usize| {
            let given = ome.names.get(i % per_time).filter(|n| !n.is_empty() && ome.samples == 1);
            let name = given.cloned().unwrap_or_else(|| format!("channel {}", i % per_time));
            if times > 1 { format!("{name}, time {}", i / per_time) } else { name }
        };
        image.channels = Channels::Named((0..shape[0]).map(name).collect());
    }
    match ome.spacing {
        [Some(x), Some(y), Some(z)] => image.geometry = Geometry::spacing([x, y, z]),
        // One slice has no distance to the next; its voxels are taken for cubes.
        [Some(x), Some(y), None] if shape[1] == 1 => image.geometry = Geometry::spacing([x, y, x]),
        [None, None, None] => {}
        _ => image.notes.push("voxel sizes are given along some axes only and were left out".into()),
    }
    if ome.images > 1 {
        image.notes.push(format!("the first of {} images was read", ome.images));
    }
    Ok(image)
}
