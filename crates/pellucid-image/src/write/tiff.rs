//! Writing OME-TIFF: one `float32` page a slice and channel, deflated; BigTIFF where 4 GiB wouldn't do.

use std::fmt::Write as _;
use std::io::{Seek, Write};
use std::path::Path;

use tiff::encoder::colortype::Gray32Float;
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, TiffKind};
use tiff::tags::Tag;

use crate::write::atomic::write_seekable;
use crate::write::float_file::four_axes;
use crate::{Geometry, ImageError, Result};

/// Bytes of values from which on BigTIFF is written; pages and tables need some room below 4 GiB.
const BIG: u64 = 4_000_000_000;

/// Writes a volume of shape `[D, H, W]` or `[C, D, H, W]` with the names of its channels (or none) and its voxel sizes in mm, where they are
/// known. A TIFF can't say where the patient lies.
///
/// # Errors
/// When the values don't fill the shape, there are names for another number of channels, or the file can't be written.
pub fn write_ome_tiff(
    path: impl AsRef<Path>,
    values: &[f32],
    shape: &[usize],
    geometry: &Geometry,
    names: &[String],
) -> Result<()> {
    let path = path.as_ref();
    let four = four_axes(values.len(), shape)?;
    if !names.is_empty() && names.len() != four[0] {
        return Err(ImageError::Invalid(format!("{} names for {} channels", names.len(), four[0])));
    }
    if [four[2], four[3]].iter().any(|&n| u32::try_from(n).is_err()) {
        return Err(ImageError::Invalid(format!("a page of {} x {} pixels is too large for TIFF", four[3], four[2])));
    }
    let xml = ome_xml(four, geometry, names);
    let big = values.len() as u64 * 4 > BIG;
    write_seekable(path, |file| {
        let written = if big {
            TiffEncoder::new_big(file).and_then(|encoder| pages(encoder, values, four, &xml))
        } else {
            TiffEncoder::new(file).and_then(|encoder| pages(encoder, values, four, &xml))
        };
        written.map_err(std::io::Error::other)
    })
}

fn pages<W: Write + Seek, K: TiffKind>(
    encoder: TiffEncoder<W, K>,
    values: &[f32],
    [_, _, h, w]: [usize; 4],
    xml: &str,
) -> tiff::TiffResult<()> {
    let mut encoder = encoder.with_compression(Compression::Deflate(DeflateLevel::Balanced));
    for (i, plane) in values.chunks_exact(h * w).enumerate() {
        let mut page = encoder.new_image::<Gray32Float>(w as u32, h as u32)?;
        if i == 0 {
            page.encoder().write_tag(Tag::ImageDescription, xml)?;
        }
        page.write_data(plane)?;
    }
    Ok(())
}

/// The OME-XML of pages in the order slices, then channels; ASCII, as TIFF wants it.
fn ome_xml([c, d, h, w]: [usize; 4], geometry: &Geometry, names: &[String]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd\">\
         <Image ID=\"Image:0\"><Pixels ID=\"Pixels:0\" DimensionOrder=\"XYZCT\" Type=\"float\" ",
    );
    // Writing to a string never fails.
    let _ = write!(xml, "SizeX=\"{w}\" SizeY=\"{h}\" SizeZ=\"{d}\" SizeC=\"{c}\" SizeT=\"1\"");
    if geometry.spacing_known() {
        for (axis, mm) in ['X', 'Y', 'Z'].into_iter().zip(geometry.spacing_mm()) {
            let _ = write!(xml, " PhysicalSize{axis}=\"{mm}\" PhysicalSize{axis}Unit=\"mm\"");
        }
    }
    xml.push('>');
    for i in 0..c {
        let _ = write!(xml, "<Channel ID=\"Channel:0:{i}\" SamplesPerPixel=\"1\"");
        if let Some(name) = names.get(i) {
            let _ = write!(xml, " Name=\"{}\"", escaped(name));
        }
        xml.push_str("/>");
    }
    let _ = write!(xml, "<TiffData IFD=\"0\" PlaneCount=\"{}\"/></Pixels></Image></OME>", c * d);
    xml
}

/// Text for an attribute: everything but plain letters as numbers of characters; what XML can't hold becomes a blank.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' => out.push_str(&format!("&#{};", character as u32)),
            ' '..='~' => out.push(character),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push_str(&format!("&#{};", c as u32)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, Format, open};

    #[test]
    fn volumes_come_back_with_their_channels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ome.tif");
        let values: Vec<f32> = (0..120).map(|v| v as f32 * 0.25 - 3.0).collect();
        let names = vec!["lesion <\"µ\">".to_string(), "b & c\n".to_string()];
        let geometry = Geometry::spacing([0.5, 0.75, 2.0]);
        write_ome_tiff(&path, &values, &[2, 3, 4, 5], &geometry, &names).unwrap();
        let image = open(&path).unwrap();
        assert_eq!((image.shape(), image.voxels(), image.source.format), ([2, 3, 4, 5], &values[..], Format::OmeTiff));
        assert_eq!(image.channels, Channels::Named(vec![names[0].clone(), "b & c ".into()]));
        assert_eq!(image.geometry, geometry);
        write_ome_tiff(&path, &values, &[1, 1, 24, 5], &Geometry::unknown(), &[]).unwrap();
        let image = open(&path).unwrap();
        assert_eq!((image.shape(), image.geometry), ([1, 1, 24, 5], Geometry::unknown()));
        assert!(write_ome_tiff(&path, &values, &[2, 3, 4, 5], &geometry, &names[..1]).is_err());
        assert!(write_ome_tiff(&path, &values, &[2, 3, 4, 4], &geometry, &[]).is_err());
    }

    #[test]
    fn a_big_tiff_says_the_same() {
        let values: Vec<f32> = (0..60).map(|v| v as f32).collect();
        let mut file = std::io::Cursor::new(vec![]);
        let xml = ome_xml([1, 3, 4, 5], &Geometry::unknown(), &[]);
        pages(TiffEncoder::new_big(&mut file).unwrap(), &values, [1, 3, 4, 5], &xml).unwrap();
        let image = crate::from_bytes(file.get_ref(), &Default::default()).unwrap();
        assert_eq!((image.shape(), image.voxels(), file.get_ref()[2]), ([1, 3, 4, 5], &values[..], 43));
    }
}
