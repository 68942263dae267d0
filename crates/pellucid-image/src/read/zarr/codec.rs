//! Codecs that turn bytes into bytes.

use std::io::Read;

use serde_json::Value;

use super::{FORMAT, blosc};
use crate::error::{damaged, unsupported};
use crate::read::bytes::Endian;
use crate::{ImageError, Result};

/// One compressor or checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// gzip members.
    Gzip,
    /// A zlib stream.
    Zlib,
    /// A Zstandard frame.
    Zstd,
    /// An LZ4 block after its size.
    Lz4,
    /// A Blosc 1 frame.
    Blosc,
    /// A CRC-32C of what stands before it.
    Crc32c,
}

/// Names in Zarr 2 and 3.
const NAMES: &[(&str, Codec)] = &[
    ("gzip", Codec::Gzip),
    ("zlib", Codec::Zlib),
    ("numcodecs.zlib", Codec::Zlib),
    ("zstd", Codec::Zstd),
    ("lz4", Codec::Lz4),
    ("numcodecs.lz4", Codec::Lz4),
    ("blosc", Codec::Blosc),
    ("crc32c", Codec::Crc32c),
];

/// The codec of a name.
///
/// # Errors
/// When it isn't read, naming it.
pub fn named(name: &str) -> Result<Codec> {
    let found = NAMES.iter().find(|n| n.0 == name).map(|n| n.1);
    found.ok_or_else(|| {
        unsupported(
            FORMAT,
            format!("chunks with the codec `{name}` aren't read"),
            "save it with `gzip`, `zstd` or `blosc`",
        )
    })
}

/// The compressor of a Zarr 2 array: `null` or an object with an `id`.
pub fn of_v2(compressor: Option<&Value>) -> Result<Vec<Codec>> {
    match compressor {
        None | Some(Value::Null) => Ok(vec![]),
        Some(value) => {
            let id = value.get("id").and_then(Value::as_str);
            Ok(vec![named(id.ok_or_else(|| damaged(FORMAT, "a compressor without `id`"))?)?])
        }
    }
}

impl Codec {
    /// Undoes the codec. What comes out has `expected` bytes; for [`Codec::Crc32c`] it is shorter by 4 than what goes in.
    ///
    /// # Errors
    /// When the bytes are damaged or unpack to another number.
    pub fn decode(self, bytes: Vec<u8>, expected: usize) -> Result<Vec<u8>> {
        match self {
            Codec::Gzip => collect(flate2::read::MultiGzDecoder::new(&bytes[..]), expected),
            Codec::Zlib => collect(flate2::read::ZlibDecoder::new(&bytes[..]), expected),
            Codec::Zstd => collect(zstd_reader(&bytes, expected)?, expected),
            Codec::Blosc => blosc::decode(&bytes, expected),
            Codec::Crc32c => checked(bytes),
            Codec::Lz4 => {
                let size = Endian::Little.u32(&bytes, 0).map(|n| n as usize);
                if size != Some(expected) {
                    return Err(damaged(FORMAT, format!("an LZ4 chunk of {size:?} bytes where {expected} are due")));
                }
                let mut out = vec![];
                blosc::lz4(bytes.get(4..).unwrap_or_default(), expected, &mut out)?;
                Ok(out)
            }
        }
    }
}

/// A reader of a Zstandard frame. Its window, which is memory, may be as large as what comes out.
pub(super) fn zstd_reader(bytes: &[u8], expected: usize) -> Result<impl Read> {
    let window = (expected as u64).max(LEAST_WINDOW);
    ruzstd::decoding::StreamingDecoder::new_with_max_window_size(bytes, window)
        .map_err(|e| damaged(FORMAT, format!("Zstandard frame: {e}")))
}

/// Window that is always allowed: that of the highest common levels, whatever the size of the data.
const LEAST_WINDOW: u64 = 8 << 20;

/// Reads `expected` bytes and the end after them; memory grows as they come.
fn collect(reader: impl Read, expected: usize) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let read = reader.take(expected as u64 + 1).read_to_end(&mut out);
    read.map_err(|e| damaged(FORMAT, format!("after {} bytes of a chunk: {e}", out.len())))?;
    if out.len() == expected { Ok(out) } else { Err(another_size(out.len(), expected)) }
}

fn another_size(found: usize, expected: usize) -> ImageError {
    damaged(FORMAT, format!("a chunk of {found} bytes or more where {expected} are due"))
}

fn checked(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    let cut = bytes.len().checked_sub(4).ok_or_else(|| damaged(FORMAT, "a chunk without its checksum"))?;
    let stored = Endian::Little.u32(&bytes, cut);
    bytes.truncate(cut);
    if stored != Some(crc32c(&bytes)) {
        return Err(damaged(FORMAT, "the checksum (CRC-32C) of a chunk is wrong"));
    }
    Ok(bytes)
}

/// CRC-32C (Castagnoli): reflected polynomial 0x82F63B78.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut crc = i as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
                bit += 1;
            }
            table[i] = crc;
            i += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, &b| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_standard_text() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        let mut chunk = b"abc".to_vec();
        chunk.extend(crc32c(b"abc").to_le_bytes());
        assert_eq!(Codec::Crc32c.decode(chunk.clone(), 3).unwrap(), b"abc");
        chunk[0] = b'x';
        assert!(Codec::Crc32c.decode(chunk, 3).is_err());
        assert!(Codec::Crc32c.decode(vec![1, 2], 3).is_err());
    }

    #[test]
    fn unknown_codecs_are_named() {
        let error = named("zfpy").unwrap_err().to_string();
        assert!(error.contains("`zfpy`"), "{error}");
    }
}
