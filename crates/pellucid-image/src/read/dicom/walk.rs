//! The walk over the bytes of a data set: elements, sequences and fragments, each declared length compared with the bytes that remain.

use std::collections::BTreeMap;

use crate::Result;
use crate::error::damaged;
use crate::read::dicom::data_set::{DataSet, Element, Encoding, IMPLICIT_LITTLE, PIXEL_DATA, Tag, Value, name};

const ITEM: Tag = 0xfffe_e000;
const ITEM_END: Tag = 0xfffe_e00d;
const SEQUENCE_END: Tag = 0xfffe_e0dd;
const UNDEFINED: u32 = u32::MAX;

/// Deepest nesting that is followed; real files stay below 10.
const MAX_DEPTH: usize = 24;

/// Value representations whose length takes four bytes.
pub const LONG: &[&[u8; 2]] =
    &[b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

/// Reading position in the bytes of a data set.
pub struct Walk<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Position of the next element.
    pub at: usize,
    /// How elements are written.
    pub encoding: Encoding,
    /// How many sequences and items this is inside of.
    pub depth: usize,
}

impl<'a> Walk<'a> {
    /// At the start of some bytes.
    pub fn new(bytes: &'a [u8], encoding: Encoding, depth: usize) -> Walk<'a> {
        Walk { bytes, at: 0, encoding, depth }
    }

    fn cut(&self) -> crate::ImageError {
        damaged("DICOM", format!("it ends inside an element at byte {}", self.at))
    }

    fn short(&mut self) -> Result<u16> {
        let v = self.encoding.endian.u16(self.bytes, self.at).ok_or_else(|| self.cut())?;
        self.at += 2;
        Ok(v)
    }

    fn long(&mut self) -> Result<u32> {
        let v = self.encoding.endian.u32(self.bytes, self.at).ok_or_else(|| self.cut())?;
        self.at += 4;
        Ok(v)
    }

    /// The next tag.
    pub fn tag(&mut self) -> Result<Tag> {
        let group = self.short()?;
        Ok((Tag::from(group) << 16) | Tag::from(self.short()?))
    }

    /// The next `length` bytes, if so many remain.
    fn take(&mut self, tag: Tag, length: u32) -> Result<&'a [u8]> {
        let remain = self.bytes.len() - self.at;
        let end = self.at.checked_add(length as usize).filter(|&e| e <= self.bytes.len()).ok_or_else(|| {
            damaged("DICOM", format!("element {} declares {length} bytes, {remain} remain", name(tag)))
        })?;
        let value = &self.bytes[self.at..end];
        self.at = end;
        Ok(value)
    }

    /// Elements up to the end of the bytes, the end of the item, or the first tag at which to stop.
    pub fn data_set(&mut self, stop: impl Fn(Tag) -> bool) -> Result<DataSet<'a>> {
        let mut elements = BTreeMap::new();
        while self.at < self.bytes.len() {
            let start = self.at;
            let tag = self.tag()?;
            if tag == ITEM_END {
                self.long()?;
                break;
            }
            // Some writers pad a file with zeros after the last element.
            if tag == 0 && self.bytes[start..].iter().all(|&b| b == 0) {
                self.at = self.bytes.len();
                break;
            }
            if stop(tag) {
                self.at = start;
                break;
            }
            let element = self.element(tag)?;
            elements.insert(tag, element);
        }
        Ok(DataSet { elements, endian: self.encoding.endian })
    }

    fn element(&mut self, tag: Tag) -> Result<Element<'a>> {
        let (vr, length) = self.vr_and_length(tag)?;
        if length != UNDEFINED {
            let inner = if vr == Some(*b"UN") { IMPLICIT_LITTLE } else { self.encoding };
            return Ok(Element { vr, value: Value::Bytes(self.take(tag, length)?, inner) });
        }
        if tag == PIXEL_DATA {
            return Ok(Element { vr, value: Value::Fragments(self.fragments()?) });
        }
        // A sequence of undefined length; inside `UN` it is always written as implicit little-endian (PS3.5, 6.2.2).
        let inner = if vr == Some(*b"UN") { IMPLICIT_LITTLE } else { self.encoding };
        let start = self.at;
        let mut sequence = Walk { bytes: self.bytes, at: start, encoding: inner, depth: self.depth + 1 };
        let end = sequence.skip_items(tag)?;
        self.at = sequence.at;
        Ok(Element { vr, value: Value::Bytes(&self.bytes[start..end], inner) })
    }

    fn vr_and_length(&mut self, tag: Tag) -> Result<(Option<[u8; 2]>, u32)> {
        if !self.encoding.explicit || tag >> 16 == 0xfffe {
            return Ok((None, self.long()?));
        }
        let vr: [u8; 2] = match self.bytes.get(self.at..self.at + 2) {
            Some(&[a, b]) if a.is_ascii_uppercase() && b.is_ascii_uppercase() => [a, b],
            Some(other) => {
                let reason = format!("element {} has no value representation (bytes {other:02x?})", name(tag));
                return Err(damaged("DICOM", reason));
            }
            None => return Err(self.cut()),
        };
        self.at += 2;
        if LONG.contains(&&vr) {
            self.short()?;
            return Ok((Some(vr), self.long()?));
        }
        Ok((Some(vr), u32::from(self.short()?)))
    }

    /// Passes over the items of a sequence of undefined length; gives the end of the last item.
    fn skip_items(&mut self, tag: Tag) -> Result<usize> {
        if self.depth > MAX_DEPTH {
            return Err(damaged("DICOM", format!("sequence {} is nested deeper than {MAX_DEPTH}", name(tag))));
        }
        loop {
            let end = self.at;
            if self.at >= self.bytes.len() {
                return Err(self.cut());
            }
            if self.next_item()?.is_none() {
                return Ok(end);
            }
        }
    }

    /// The next item as a walk over its bytes, `None` at the end of the sequence. Leaves the position after the item.
    pub fn next_item(&mut self) -> Result<Option<Walk<'a>>> {
        let tag = self.tag()?;
        let length = self.long()?;
        match tag {
            SEQUENCE_END => return Ok(None),
            ITEM => (),
            other => return Err(damaged("DICOM", format!("element {} where an item is due", name(other)))),
        }
        let depth = self.depth + 1;
        if depth > 2 * MAX_DEPTH {
            return Err(damaged("DICOM", "sequences are nested too deep"));
        }
        if length != UNDEFINED {
            let bytes = self.take(tag, length)?;
            return Ok(Some(Walk { bytes, at: 0, encoding: self.encoding, depth }));
        }
        let start = self.at;
        let mut inner = Walk { bytes: self.bytes, at: start, encoding: self.encoding, depth };
        inner.data_set(|_| false)?;
        self.at = inner.at;
        Ok(Some(Walk { bytes: &self.bytes[start..inner.at], at: 0, encoding: self.encoding, depth }))
    }

    /// The fragments of encapsulated pixel data.
    fn fragments(&mut self) -> Result<Vec<&'a [u8]>> {
        let mut fragments = vec![];
        loop {
            let tag = self.tag()?;
            let length = self.long()?;
            match tag {
                ITEM => fragments.push(self.take(tag, length)?),
                SEQUENCE_END => return Ok(fragments),
                other => {
                    return Err(damaged("DICOM", format!("element {} where a fragment is due", name(other))));
                }
            }
        }
    }
}
