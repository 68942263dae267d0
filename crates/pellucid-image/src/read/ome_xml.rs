//! What the OME-XML in a TIFF says of its planes.
//!
//! # Source
//! OME data model 2016-06 and OME-TIFF specification, docs.openmicroscopy.org/ome-model

use std::collections::HashMap;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::length::millimetres;

/// Most samples in a plane.
const MOST_SAMPLES: usize = 64;

/// The first image of an OME-XML.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ome {
    /// The three axes of planes, fastest first, of `Z`, `C`, `T`.
    pub order: [char; 3],
    /// Sizes along X, Y.
    pub size: [usize; 2],
    /// Number of slices, channels (of one sample), time points.
    pub counts: HashMap<char, usize>,
    /// Samples that are stored together in a plane: 3 for RGB.
    pub samples: usize,
    /// Voxel size in mm along X, Y, Z.
    pub spacing: [Option<f64>; 3],
    /// Names of the channels.
    pub names: Vec<String>,
    /// Where planes lie.
    pub blocks: Vec<Block>,
    /// Identifier of this file.
    uuid: Option<String>,
    /// Number of images in the XML.
    pub images: usize,
}

/// A run of planes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// First page, from 0.
    pub ifd: Option<usize>,
    /// First slice, channel, time point.
    pub first: [usize; 3],
    /// Number of planes.
    pub count: Option<usize>,
    /// Name and identifier of the file that holds them, where it is given.
    file: Option<(String, String)>,
}

/// Reads the XML; `None` when it has no image whose sizes make sense.
pub fn parse(xml: &str) -> Option<Ome> {
    let mut reader = Reader::from_str(xml);
    let mut ome = Ome { samples: 1, ..Ome::default() };
    let mut in_uuid = false;
    loop {
        match reader.read_event().ok()? {
            Event::Start(e) => in_uuid = element(&mut ome, &e)?,
            Event::Empty(e) => {
                element(&mut ome, &e)?;
            }
            Event::Text(text) if in_uuid && ome.images == 1 => {
                if let Some((_, id)) = ome.blocks.last_mut().and_then(|b| b.file.as_mut()) {
                    *id = text.as_ref().trim().to_string();
                }
            }
            Event::End(_) => in_uuid = false,
            Event::Eof => break,
            _ => {}
        }
    }
    (ome.images > 0 && ome.counts.len() == 3 && ome.size[0] > 0 && ome.size[1] > 0).then_some(ome)
}

/// Takes what an element says; whether it is the `UUID` of a block.
fn element(ome: &mut Ome, e: &BytesStart) -> Option<bool> {
    let mut attributes = HashMap::new();
    for a in e.attributes().with_checks(false) {
        let a = a.ok()?;
        let key = a.key.local_name().as_ref().to_string();
        attributes.insert(key, a.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned());
    }
    let text = |key: &str| attributes.get(key).map(String::as_str);
    let whole = |key: &str| text(key).and_then(|v| v.trim().parse::<usize>().ok());
    let name = e.local_name();
    match name.as_ref() {
        "OME" => ome.uuid = text("UUID").map(str::to_string),
        "Image" => ome.images += 1,
        _ if ome.images > 1 => {}
        "Pixels" => {
            let order: Vec<char> = text("DimensionOrder")?.chars().skip(2).collect();
            ome.order = order.try_into().ok()?;
            ome.size = [whole("SizeX")?, whole("SizeY")?];
            for axis in ome.order {
                let count = whole(&format!("Size{axis}")).filter(|&n| n > 0)?;
                ome.counts.insert(axis, count);
            }
            let size = |axis: char| {
                let value: f64 = text(&format!("PhysicalSize{axis}"))?.trim().parse().ok()?;
                let unit = text(&format!("PhysicalSize{axis}Unit")).unwrap_or("µm");
                Some(value * millimetres(unit)?).filter(|v| v.is_finite() && *v > 0.0)
            };
            ome.spacing = ['X', 'Y', 'Z'].map(size);
        }
        "Channel" => {
            ome.samples = ome.samples.max(whole("SamplesPerPixel").unwrap_or(1));
            ome.names.push(text("Name").unwrap_or_default().to_string());
        }
        "TiffData" => ome.blocks.push(Block {
            ifd: whole("IFD"),
            first: ["FirstZ", "FirstC", "FirstT"].map(|k| whole(k).unwrap_or(0)),
            count: whole("PlaneCount"),
            file: None,
        }),
        "UUID" => {
            let file = text("FileName").unwrap_or_default().to_string();
            if let Some(block) = ome.blocks.last_mut() {
                block.file = Some((file, String::new()));
                return Some(true);
            }
        }
        _ => {}
    }
    Some(false)
}

/// A plane: `[z, c, t]`, where `c` counts planes and not samples.
pub type Plane = [usize; 3];

impl Ome {
    /// Slices, planes of channels, time points; `None` when samples are too many or don't divide the channels.
    pub fn planes(&self) -> Option<Plane> {
        let [z, c, t] = ['Z', 'C', 'T'].map(|axis| self.counts.get(&axis).copied().unwrap_or(1));
        (self.samples <= MOST_SAMPLES && c.is_multiple_of(self.samples)).then_some([z, c / self.samples, t])
    }

    /// The name of a further file that holds planes, if one does.
    pub fn elsewhere(&self) -> Option<&str> {
        let here = |id: &str| self.uuid.as_deref().is_none_or(|own| id.is_empty() || own == id);
        self.blocks.iter().filter_map(|b| b.file.as_ref()).find(|(_, id)| !here(id)).map(|f| f.0.as_str())
    }

    /// The plane that each page holds, by number of the page; `None` when blocks reach outside the image.
    pub fn pages(&self) -> Option<HashMap<usize, Plane>> {
        let planes = self.planes()?;
        let total =
            planes.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).filter(|&n| n <= super::tiff::MAX_PAGES)?;
        let all = [Block::default()];
        let blocks = if self.blocks.is_empty() { &all[..] } else { &self.blocks[..] };
        let axis = |name: char| ['Z', 'C', 'T'].iter().position(|&a| a == name);
        let order = [axis(self.order[0])?, axis(self.order[1])?, axis(self.order[2])?];
        let mut pages = HashMap::new();
        for block in blocks {
            // Without a page and a number, the block is the whole file; with a page alone, it is one plane.
            let count = block.count.unwrap_or(if block.ifd.is_some() { 1 } else { total });
            let mut at = [block.first[0], block.first[1] / self.samples, block.first[2]];
            for k in 0..count.min(total) {
                if (0..3).any(|i| at[i] >= planes[i]) {
                    return None;
                }
                pages.insert(block.ifd.unwrap_or(0).checked_add(k)?, at);
                for &i in &order {
                    at[i] += 1;
                    if at[i] < planes[i] || i == order[2] {
                        break;
                    }
                    at[i] = 0;
                }
            }
        }
        Some(pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(pixels: &str, inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><OME UUID=\"urn:1\"><Image ID=\"0\"><Pixels {pixels}>{inner}</Pixels></Image></OME>"
        )
    }

    #[test]
    fn planes_are_numbered_in_the_order_of_the_file() {
        let pixels = r#"DimensionOrder="XYCZT" SizeX="4" SizeY="3" SizeZ="2" SizeC="2" SizeT="2" PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.5""#;
        let ome = parse(&xml(pixels, r#"<Channel Name="a &amp; b"/><Channel/>"#)).unwrap();
        assert_eq!((ome.spacing, ome.names[0].as_str()), ([Some(250.0 * 1e-6), Some(0.5e-3), None], "a & b"));
        let pages = ome.pages().unwrap();
        let expected = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]];
        assert_eq!((0..8).map(|i| pages[&i]).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn blocks_say_where_planes_are() {
        let pixels = r#"DimensionOrder="XYZCT" SizeX="4" SizeY="3" SizeZ="2" SizeC="1" SizeT="1""#;
        let swapped = r#"<TiffData IFD="1" FirstZ="0"/><TiffData IFD="0" FirstZ="1"/>"#;
        let pages = parse(&xml(pixels, swapped)).unwrap().pages().unwrap();
        assert_eq!((pages[&0], pages[&1]), ([1, 0, 0], [0, 0, 0]));
        let far = r#"<TiffData IFD="0"><UUID FileName="b.ome.tif">urn:2</UUID></TiffData>"#;
        assert_eq!(parse(&xml(pixels, far)).unwrap().elsewhere(), Some("b.ome.tif"));
        let near = r#"<TiffData IFD="0"><UUID FileName="a.ome.tif">urn:1</UUID></TiffData>"#;
        assert_eq!(parse(&xml(pixels, near)).unwrap().elsewhere(), None);
        let outside = r#"<TiffData IFD="0" FirstZ="5"/>"#;
        assert_eq!(parse(&xml(pixels, outside)).unwrap().pages(), None);
    }

    #[test]
    fn what_makes_no_sense_is_left() {
        let none = xml(r#"DimensionOrder="XYZCT" SizeX="4" SizeY="3" SizeZ="0" SizeC="1" SizeT="1""#, "");
        let huge = xml(
            r#"DimensionOrder="XYZCT" SizeX="4" SizeY="3" SizeZ="99999999999" SizeC="9999999999" SizeT="9999999999""#,
            "",
        );
        assert_eq!(parse(&none), None);
        assert_eq!(parse(&huge).unwrap().pages(), None);
        for broken in ["<OME><Image", "<OME/>", "", "<OME><Image><Pixels DimensionOrder=\"µµµ\"/></Image></OME>"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }
}
