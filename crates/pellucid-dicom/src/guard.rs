//! A walk over the elements of a foreign file before it is parsed: no declared length may exceed the bytes that are there.
//!
//! The parser allocates what a length declares; this walk keeps a file of a few kilobytes from asking for gigabytes, and bounds the depth of
//! sequences. It ends where pixel data begin, which nothing here needs.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_core::{Tag, VR};

use crate::data::vr_of;
use crate::{DicomError, Result};

const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);
/// The first of the tags that hold pixels: Float, Double Float and integer Pixel Data.
const PIXELS: Tag = Tag(0x7fe0, 0x0008);
const UNDEFINED: u32 = u32::MAX;
/// Deepest nesting that is followed; real files stay below 10.
const MAX_DEPTH: usize = 24;
/// Most bytes that a deflated header may grow to.
const MAX_INFLATED: u64 = 256 << 20;
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const IMPLICIT: &str = "1.2.840.10008.1.2";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Value representations whose length takes four bytes.
const LONG: &[&[u8; 2]] = &[b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

fn damaged<T>(reason: impl Into<String>) -> Result<T> {
    Err(DicomError::Damaged(reason.into()))
}

/// The header of a file, safe to parse: everything before the pixel data, inflated where the file is deflated.
///
/// # Errors
/// When it isn't a DICOM file with preamble and header, or a length exceeds the bytes that are there.
pub(crate) fn header(bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.get(128..132) != Some(b"DICM") {
        return damaged("the file has no preamble with `DICM` (`dcmconv` of dcmtk adds it to files without)");
    }
    let meta = Walk { bytes, explicit: true, big: false };
    let (start, meta) = meta.file_meta(132)?;
    let Some(syntax) = meta.syntax else { return damaged("its header names no transfer syntax") };
    if syntax == DEFLATED {
        let mut body = vec![];
        let reader = flate2::read::DeflateDecoder::new(bytes.get(start..).unwrap_or(&[]));
        reader
            .take(MAX_INFLATED)
            .read_to_end(&mut body)
            .or_else(|e| damaged(format!("its deflated part can't be read: {e}")))?;
        let walk = Walk { bytes: &body, explicit: true, big: false };
        let end = walk.data_set(0, body.len(), false, 0)?;
        return Ok(as_explicit(&body[..end]));
    }
    let walk = Walk { bytes, explicit: syntax != IMPLICIT, big: syntax == BIG_ENDIAN };
    let end = walk.data_set(start, bytes.len(), false, 0)?;
    Ok(bytes[..end].to_vec())
}

/// The SOP Instance UID that a file's header names.
///
/// # Errors
/// When it isn't a DICOM file, or names no valid identifier.
#[cfg(feature = "web")]
pub(crate) fn instance_uid(bytes: &[u8]) -> Result<String> {
    if bytes.get(128..132) != Some(b"DICM") {
        return damaged("the object has no preamble with `DICM`");
    }
    let walk = Walk { bytes, explicit: true, big: false };
    match walk.file_meta(132)?.1.instance {
        Some(uid) if crate::uid::is_uid(&uid) => Ok(uid),
        _ => damaged("the header names no valid SOP Instance UID"),
    }
}

/// A data set in explicit little-endian with a header in front.
fn as_explicit(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    // Group length, then the transfer syntax, padded to an even length.
    out.extend([2, 0, 0, 0, b'U', b'L', 4, 0, 28, 0, 0, 0]);
    out.extend([2, 0, 0x10, 0, b'U', b'I', 20, 0]);
    out.extend(b"1.2.840.10008.1.2.1\0");
    out.extend(body);
    out
}

/// Runs the foreign parser; a panic inside becomes an error.
pub(crate) fn foreign<T>(parse: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| damaged("the parser gave up on these bytes"))
}

/// One encoding of elements in the given bytes.
#[derive(Clone, Copy)]
struct Walk<'a> {
    bytes: &'a [u8],
    explicit: bool,
    big: bool,
}

/// What a file's header names.
#[derive(Default)]
struct Meta {
    syntax: Option<String>,
    instance: Option<String>,
}

/// Tag, value representation, where the value starts, and its declared length.
struct Header {
    tag: Tag,
    vr: VR,
    start: usize,
    length: u32,
}

impl Walk<'_> {
    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        let found = self.bytes.get(at..at.saturating_add(N)).and_then(|b| b.try_into().ok());
        found.map_or_else(|| damaged(format!("it ends inside an element at byte {at}")), Ok)
    }

    fn short(&self, at: usize) -> Result<u16> {
        let b = self.array::<2>(at)?;
        Ok(if self.big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
    }

    fn long(&self, at: usize) -> Result<u32> {
        let b = self.array::<4>(at)?;
        Ok(if self.big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
    }

    fn tag(&self, at: usize) -> Result<Tag> {
        Ok(Tag(self.short(at)?, self.short(at + 2)?))
    }

    fn element(&self, at: usize) -> Result<Header> {
        let tag = self.tag(at)?;
        if tag.group() == 0xfffe || !self.explicit {
            return Ok(Header { tag, vr: vr_of(tag), start: at + 8, length: self.long(at + 4)? });
        }
        let letters = self.array::<2>(at + 4)?;
        let Some(vr) = VR::from_binary(letters) else {
            return damaged(format!("element {tag} at byte {at} has no value representation"));
        };
        if LONG.contains(&&letters) {
            return Ok(Header { tag, vr, start: at + 12, length: self.long(at + 8)? });
        }
        Ok(Header { tag, vr, start: at + 8, length: u32::from(self.short(at + 6)?) })
    }

    /// Where a value of stated length ends.
    fn end(&self, header: &Header, limit: usize) -> Result<usize> {
        let end = header.start.saturating_add(header.length as usize);
        if end > limit {
            let (there, tag) = (limit.saturating_sub(header.start), header.tag);
            return damaged(format!("element {tag} claims {} bytes where {there} remain", header.length));
        }
        Ok(end)
    }

    /// The end of the file's header group, and what it names.
    fn file_meta(&self, mut at: usize) -> Result<(usize, Meta)> {
        let mut meta = Meta::default();
        while at < self.bytes.len() && self.tag(at)?.group() == 2 {
            let header = self.element(at)?;
            let end = self.end(&header, self.bytes.len())?;
            let slot = match header.tag {
                Tag(2, 0x0003) => Some(&mut meta.instance),
                Tag(2, 0x0010) => Some(&mut meta.syntax),
                _ => None,
            };
            if let Some(slot) = slot {
                let text = String::from_utf8_lossy(&self.bytes[header.start..end]);
                *slot = Some(text.trim_end_matches(['\0', ' ']).to_string());
            }
            at = end;
        }
        Ok((at, meta))
    }

    /// Walks the elements from `at`; returns where they end: at `limit`, after the item delimiter, or where pixels begin.
    fn data_set(&self, mut at: usize, limit: usize, delimited: bool, depth: usize) -> Result<usize> {
        if depth > MAX_DEPTH {
            return damaged(format!("sequences are nested more than {MAX_DEPTH} deep"));
        }
        while at < limit {
            let header = self.element(at)?;
            if delimited && header.tag == ITEM_END {
                return Ok(at + 8);
            }
            if depth == 0 && header.tag >= PIXELS {
                return Ok(at);
            }
            at = if header.length == UNDEFINED && matches!(header.vr, VR::OB | VR::OW) {
                self.fragments(header.start, limit)?
            } else if header.length == UNDEFINED {
                let implicit = header.vr == VR::UN && self.explicit;
                let inside = if implicit { Walk { explicit: false, big: false, ..*self } } else { *self };
                inside.sequence(header.start, limit, true, depth + 1)?
            } else {
                let end = self.end(&header, limit)?;
                if header.vr == VR::SQ {
                    self.sequence(header.start, end, false, depth + 1)?;
                }
                end
            };
        }
        if delimited { damaged("it ends inside an item") } else { Ok(at) }
    }

    /// Walks the fragments of compressed pixels inside a sequence, such as those of an icon; returns where they end.
    fn fragments(&self, mut at: usize, limit: usize) -> Result<usize> {
        while at < limit {
            let header = self.element(at)?;
            match header.tag {
                SEQUENCE_END => return Ok(at + 8),
                ITEM if header.length != UNDEFINED => at = self.end(&header, limit)?,
                other => return damaged(format!("{other} at byte {at} where a fragment of pixels is due")),
            }
        }
        damaged("it ends inside compressed pixels")
    }

    /// Walks the items from `at`; returns where they end.
    fn sequence(&self, mut at: usize, limit: usize, delimited: bool, depth: usize) -> Result<usize> {
        while at < limit {
            let header = self.element(at)?;
            match header.tag {
                SEQUENCE_END if delimited => return Ok(at + 8),
                ITEM if header.length == UNDEFINED => at = self.data_set(header.start, limit, true, depth)?,
                ITEM => {
                    let end = self.end(&header, limit)?;
                    self.data_set(header.start, end, false, depth)?;
                    at = end;
                }
                other => return damaged(format!("a sequence holds {other} at byte {at} where an item is due")),
            }
        }
        if delimited { damaged("it ends inside a sequence") } else { Ok(at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(body: &[u8]) -> Vec<u8> {
        as_explicit(body)
    }

    #[test]
    fn lengths_beyond_the_file_are_refused() {
        let honest = file(&[8, 0, 0x60, 0, b'C', b'S', 2, 0, b'C', b'T']);
        assert_eq!(header(&honest).unwrap(), honest);
        let mut liar = honest.clone();
        let n = liar.len();
        liar[n - 4] = 200;
        assert!(header(&liar).unwrap_err().to_string().contains("claims 200 bytes where 2 remain"));
        assert!(header(b"too short").is_err());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let mut body = vec![];
        for _ in 0..100 {
            body.extend([8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255]);
            body.extend([0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255]);
        }
        assert!(header(&file(&body)).unwrap_err().to_string().contains("nested"));
    }

    #[test]
    fn compressed_icons_are_passed_over() {
        let mut body =
            vec![0x88, 0, 0, 2, b'S', b'Q', 0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255];
        body.extend([0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 255, 255, 255, 255]);
        body.extend([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0, 0xe0, 4, 0, 0, 0, 0xff, 0xd8, 0xff, 0xd9]);
        body.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
        let cut = file(&body);
        body.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        assert_eq!(header(&file(&body)).unwrap(), file(&body));
        assert!(header(&cut).is_err());
    }

    #[test]
    fn pixels_are_left_out() {
        let mut bytes = file(&[8, 0, 0x60, 0, b'C', b'S', 2, 0, b'C', b'T']);
        let end = bytes.len();
        bytes.extend([0xe0, 0x7f, 0x10, 0, b'O', b'W', 0, 0, 255, 255, 255, 255]);
        assert_eq!(header(&bytes).unwrap().len(), end);
    }
}
