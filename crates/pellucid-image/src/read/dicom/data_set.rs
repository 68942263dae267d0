//! DICOM data sets as elements that point into the bytes.
//!
//! Every declared length is compared with the bytes that remain before anything is made of it, so a file of a few kilobytes can't ask for
//! gigabytes. Nothing is copied; sequences are parsed when they are asked for, by the same walk that checked them.

use std::collections::BTreeMap;

use crate::Result;
use crate::read::bytes::Endian;
use crate::read::dicom::walk::Walk;

/// A tag: group in the upper 16 bits, element in the lower.
pub type Tag = u32;

/// How the elements of a data set are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Byte order.
    pub endian: Endian,
    /// Whether each element names its value representation.
    pub explicit: bool,
}

/// Explicit value representation, little-endian: the encoding of file headers.
pub const EXPLICIT_LITTLE: Encoding = Encoding { endian: Endian::Little, explicit: true };
/// Implicit value representation, little-endian.
pub const IMPLICIT_LITTLE: Encoding = Encoding { endian: Endian::Little, explicit: false };

/// Pixel data as integers.
pub const PIXEL_DATA: Tag = 0x7fe0_0010;
/// Pixel data as 32-bit floats.
pub const FLOAT_PIXELS: Tag = 0x7fe0_0008;
/// Pixel data as 64-bit floats.
pub const DOUBLE_PIXELS: Tag = 0x7fe0_0009;

/// Longest value that is looked at for each frame anew.
const MOST_BYTES: usize = 4096;

/// The value of an element.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// The bytes of a value, or of all items of a sequence, with the encoding inside.
    Bytes(&'a [u8], Encoding),
    /// The fragments of encapsulated pixel data; the first is the offset table.
    Fragments(Vec<&'a [u8]>),
}

/// An element.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// Value representation, `None` in implicit encodings.
    pub vr: Option<[u8; 2]>,
    /// The value.
    pub value: Value<'a>,
}

/// A data set: a file's, or a sequence item's.
#[derive(Clone, Debug)]
pub struct DataSet<'a> {
    pub(super) elements: BTreeMap<Tag, Element<'a>>,
    pub(super) endian: Endian,
}

/// An item of a sequence that isn't parsed yet: a file may have many thousands, of which few are looked at.
#[derive(Clone, Copy, Debug)]
pub struct RawItem<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
}

/// `(gggg,eeee)`
pub fn name(tag: Tag) -> String {
    format!("({:04x},{:04x})", tag >> 16, tag & 0xffff)
}

impl<'a> DataSet<'a> {
    /// Parses all of `bytes`.
    ///
    /// # Errors
    /// When an element is cut off or declares more bytes than remain.
    pub fn parse(bytes: &'a [u8], encoding: Encoding) -> Result<DataSet<'a>> {
        let mut walk = Walk::new(bytes, encoding, 0);
        walk.data_set(|_| false)
    }

    /// Parses the elements at the start whose tags are accepted; gives them and the position after them.
    ///
    /// # Errors
    /// As [`DataSet::parse`].
    pub fn parse_while(bytes: &'a [u8], encoding: Encoding, accept: fn(Tag) -> bool) -> Result<(DataSet<'a>, usize)> {
        let mut walk = Walk::new(bytes, encoding, 0);
        let set = walk.data_set(|tag| !accept(tag))?;
        Ok((set, walk.at))
    }

    /// Parses the elements before the pixels of a file, of which `bytes` may be the start; gives them and the tag of the pixels, `None` when
    /// there are none.
    ///
    /// # Errors
    /// As [`DataSet::parse`]; also when `bytes` end before the pixels.
    pub fn parse_header(bytes: &'a [u8], encoding: Encoding) -> Result<(DataSet<'a>, Option<Tag>)> {
        let pixels = |tag| matches!(tag, PIXEL_DATA | FLOAT_PIXELS | DOUBLE_PIXELS);
        let mut walk = Walk::new(bytes, encoding, 0);
        let set = walk.data_set(pixels)?;
        Ok((set, walk.tag().ok().filter(|&tag| pixels(tag))))
    }

    /// The strings of a text value with several, without padding.
    pub fn texts(&self, tag: Tag) -> Vec<String> {
        let split = |text: String| text.split('\\').map(|part| part.trim().to_string()).collect();
        self.text(tag).map(split).unwrap_or_default()
    }

    /// An element.
    pub fn get(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.get(&tag)
    }

    /// The bytes of a value, `None` when the element is missing, empty or encapsulated.
    pub fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        match &self.get(tag)?.value {
            Value::Bytes(bytes, _) if !bytes.is_empty() => Some(bytes),
            _ => None,
        }
    }

    /// A text value without padding; only the characters of ASCII survive.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let text: String = self.bytes(tag)?.iter().filter(|b| b.is_ascii()).map(|&b| char::from(b)).collect();
        let text = text.trim_matches([' ', '\0']).to_string();
        (!text.is_empty()).then_some(text)
    }

    /// The numbers of a text value (`DS`, `IS`) or of a float value (`FL`, `FD`); `None` when one can't be read, or when there are more than any
    /// attribute but a [long list](DataSet::long_decimals) has.
    pub fn decimals(&self, tag: Tag) -> Option<Vec<f64>> {
        (self.bytes(tag)?.len() <= MOST_BYTES).then(|| self.long_decimals(tag))?
    }

    /// As [`DataSet::decimals`], of any length.
    pub fn long_decimals(&self, tag: Tag) -> Option<Vec<f64>> {
        let (vr, bytes) = (self.get(tag)?.vr, self.bytes(tag)?);
        match vr.as_ref() {
            Some(b"FD") => Some((0..bytes.len() / 8).filter_map(|i| self.endian.f64(bytes, 8 * i)).collect()),
            Some(b"FL") => {
                Some((0..bytes.len() / 4).filter_map(|i| self.endian.f32(bytes, 4 * i)).map(f64::from).collect())
            }
            _ => {
                let text = self.text(tag)?;
                let numbers = text.split('\\').map(|n| n.trim().parse().ok().filter(|v: &f64| v.is_finite()));
                numbers.collect()
            }
        }
    }

    /// The first number of [`DataSet::decimals`].
    pub fn decimal(&self, tag: Tag) -> Option<f64> {
        self.decimals(tag)?.first().copied()
    }

    /// The 16-bit numbers of a binary value (`US`, `SS`, `OW`).
    pub fn shorts(&self, tag: Tag) -> Option<Vec<u16>> {
        let bytes = self.bytes(tag)?;
        Some((0..bytes.len() / 2).filter_map(|i| self.endian.u16(bytes, 2 * i)).collect())
    }

    /// The first 16-bit number of a binary value.
    pub fn short(&self, tag: Tag) -> Option<u16> {
        self.endian.u16(self.bytes(tag)?, 0)
    }

    /// The first 32-bit number of a binary value (`UL`).
    pub fn long(&self, tag: Tag) -> Option<u32> {
        self.endian.u32(self.bytes(tag)?, 0)
    }

    /// The items of a sequence; empty when the element is missing.
    ///
    /// # Errors
    /// When an item is damaged.
    pub fn items(&self, tag: Tag) -> Result<Vec<DataSet<'a>>> {
        self.raw_items(tag)?.iter().map(RawItem::parse).collect()
    }

    /// The items of a sequence, not yet parsed.
    ///
    /// # Errors
    /// When an item is damaged.
    pub fn raw_items(&self, tag: Tag) -> Result<Vec<RawItem<'a>>> {
        let Some(Element { value: Value::Bytes(bytes, encoding), .. }) = self.get(tag) else { return Ok(vec![]) };
        let mut walk = Walk::new(bytes, *encoding, 1);
        let mut items = vec![];
        while walk.at < bytes.len() {
            let Some(item) = walk.next_item()? else { break };
            items.push(RawItem { bytes: item.bytes, encoding: item.encoding });
        }
        Ok(items)
    }

    /// The only or first item of a sequence.
    ///
    /// # Errors
    /// As [`DataSet::items`].
    pub fn item(&self, tag: Tag) -> Result<Option<DataSet<'a>>> {
        let Some(Element { value: Value::Bytes(bytes, encoding), .. }) = self.get(tag) else { return Ok(None) };
        let mut walk = Walk::new(bytes, *encoding, 1);
        let first = if bytes.is_empty() { None } else { walk.next_item()? };
        first.map(|mut item| item.data_set(|_| false)).transpose()
    }
}

impl<'a> RawItem<'a> {
    /// The item as a data set.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn parse(&self) -> Result<DataSet<'a>> {
        Walk::new(self.bytes, self.encoding, 2).data_set(|_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::dicom::walk::LONG;

    fn explicit(tag: Tag, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
        let mut out = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
        out.extend(vr);
        if LONG.contains(&vr) {
            out.extend([0, 0]);
            out.extend((value.len() as u32).to_le_bytes());
        } else {
            out.extend((value.len() as u16).to_le_bytes());
        }
        out.extend(value);
        out
    }

    #[test]
    fn nested_sequences_of_defined_and_undefined_length() {
        let inner = explicit(0x0028_0030, b"DS", b"0.5\\0.25");
        let mut item = vec![0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff];
        item.extend(&inner);
        item.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
        let mut undefined = vec![0x28, 0x00, 0x10, 0x91, b'S', b'Q', 0, 0, 0xff, 0xff, 0xff, 0xff];
        undefined.extend(&item);
        undefined.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        let defined = explicit(0x0028_9132, b"SQ", &item);
        let bytes = [undefined, defined, explicit(0x0028_0010, b"US", &[7, 0])].concat();
        let set = DataSet::parse(&bytes, EXPLICIT_LITTLE).unwrap();
        for tag in [0x0028_9110, 0x0028_9132] {
            let item = set.item(tag).unwrap().unwrap();
            assert_eq!(item.decimals(0x0028_0030), Some(vec![0.5, 0.25]));
            assert_eq!(set.items(tag).unwrap().len(), 1);
        }
        assert_eq!(set.short(0x0028_0010), Some(7));
        assert!(set.items(0x0040_0001).unwrap().is_empty());
    }

    #[test]
    fn a_length_beyond_the_bytes_is_named() {
        let mut bytes = explicit(0x7fe0_0010, b"OW", &[0; 8]);
        bytes[8..12].copy_from_slice(&700_000_000u32.to_le_bytes());
        let error = DataSet::parse(&bytes, EXPLICIT_LITTLE).unwrap_err().to_string();
        assert_eq!(error, "damaged DICOM: element (7fe0,0010) declares 700000000 bytes, 8 remain");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let mut bytes = vec![];
        for _ in 0..10_000 {
            bytes.extend([0x08, 0x00, 0x40, 0x11, b'S', b'Q', 0, 0, 0xff, 0xff, 0xff, 0xff]);
            bytes.extend([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]);
        }
        assert!(DataSet::parse(&bytes, EXPLICIT_LITTLE).is_err());
    }
}
