//! Blosc 1 frames: blocks of shuffled, compressed bytes.
//!
//! # Source
//! c-blosc, README_CHUNK_FORMAT.rst (version 2 of the format) and the description of its codecs.

use std::io::Read;

use super::FORMAT;
use crate::error::{damaged, unsupported};
use crate::read::bytes::Endian;
use crate::{ImageError, Result};

/// Bytes of the header.
const HEADER: usize = 16;

/// Blocks are split into one stream a byte of the type, up to so many, if each has so many bytes.
const MOST_SPLITS: usize = 16;
const LEAST_STREAM: usize = 128;

/// How the streams of a frame are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    BloscLz,
    Lz4,
    Zlib,
    Zstd,
}

struct Header {
    codec: Codec,
    byte_shuffle: bool,
    bit_shuffle: bool,
    copied: bool,
    split: bool,
    type_size: usize,
    bytes: usize,
    block: usize,
}

fn wrong(reason: &str) -> ImageError {
    damaged(FORMAT, format!("Blosc frame: {reason}"))
}

impl Header {
    fn parse(frame: &[u8]) -> Result<Header> {
        let short = || wrong("cut off in its header");
        let &[_, _, flags, type_size] = frame.get(..4).and_then(|f| f.first_chunk::<4>()).ok_or_else(short)?;
        let number = |at| Endian::Little.u32(frame, at).map(|v| v as usize).ok_or_else(short);
        let codec = match flags >> 5 {
            0 => Codec::BloscLz,
            1 => Codec::Lz4,
            3 => Codec::Zlib,
            4 => Codec::Zstd,
            2 => {
                return Err(unsupported(
                    FORMAT,
                    "chunks compressed by Blosc with Snappy aren't read",
                    "save it with `zstd`",
                ));
            }
            n => return Err(wrong(&format!("unknown codec {n}"))),
        };
        let (bytes, block) = (number(4)?, number(8)?);
        if number(12)? != frame.len() {
            return Err(wrong("its length isn't what its header says"));
        }
        if block == 0 && bytes > 0 {
            return Err(wrong("blocks of no bytes"));
        }
        Ok(Header {
            codec,
            byte_shuffle: flags & 1 != 0,
            copied: flags & 2 != 0,
            bit_shuffle: flags & 4 != 0,
            split: flags & 16 == 0,
            type_size: usize::from(type_size).max(1),
            bytes,
            block,
        })
    }
}

/// The bytes of a frame, which must be `expected` many.
///
/// # Errors
/// When the frame is damaged, holds another number of bytes, or is compressed by Snappy.
pub fn decode(frame: &[u8], expected: usize) -> Result<Vec<u8>> {
    let header = Header::parse(frame)?;
    if header.bytes != expected {
        return Err(wrong(&format!("{} bytes where {expected} are due", header.bytes)));
    }
    if header.copied {
        let data = frame.get(HEADER..HEADER + expected).ok_or_else(|| wrong("cut off"))?;
        return Ok(data.to_vec());
    }
    let blocks = expected.div_ceil(header.block.max(1));
    // A table entry a block: no more blocks than the frame has room for.
    if blocks > frame.len() / 4 {
        return Err(wrong("more blocks than bytes"));
    }
    let mut out = Vec::new();
    let mut block = vec![];
    for i in 0..blocks {
        let size = header.block.min(expected - i * header.block);
        let start = Endian::Little.u32(frame, HEADER + 4 * i).ok_or_else(|| wrong("cut off in its table"))? as usize;
        let streams = frame.get(start..).ok_or_else(|| wrong("a block starts beyond its end"))?;
        block.clear();
        read_block(&header, streams, size, size < header.block, &mut block)?;
        unshuffle(&header, &block, &mut out);
    }
    Ok(out)
}

/// Decompresses the streams of one block of `size` bytes.
fn read_block(header: &Header, mut streams: &[u8], size: usize, last: bool, out: &mut Vec<u8>) -> Result<()> {
    let t = header.type_size;
    let splits = header.split && t <= MOST_SPLITS && header.block / t >= LEAST_STREAM && !last;
    let count = if splits { t } else { 1 };
    let each = size / count;
    for _ in 0..count {
        let length = Endian::Little.u32(streams, 0).ok_or_else(|| wrong("cut off between streams"))? as usize;
        let stream = streams.get(4..).and_then(|s| s.get(..length)).ok_or_else(|| wrong("cut off in a stream"))?;
        streams = &streams[4 + length..];
        let before = out.len();
        match header.codec {
            _ if length == each => out.extend_from_slice(stream),
            Codec::BloscLz => blosclz(stream, each, out)?,
            Codec::Lz4 => lz4(stream, each, out)?,
            Codec::Zlib => inflate(flate2::read::ZlibDecoder::new(stream), each, out)?,
            Codec::Zstd => inflate(super::codec::zstd_reader(stream, each)?, each, out)?,
        }
        if out.len() - before != each {
            return Err(wrong(&format!("a stream of {} bytes where {each} are due", out.len() - before)));
        }
    }
    Ok(())
}

/// Appends an LZ4 block of known size.
pub(super) fn lz4(stream: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    // LZ4 packs at most 255 bytes into one.
    if size / 255 > stream.len() {
        return Err(damaged(FORMAT, format!("an LZ4 block of {} bytes can't hold {size}", stream.len())));
    }
    let start = out.len();
    out.resize(start + size, 0);
    let written = lz4_flex::block::decompress_into(stream, &mut out[start..]);
    let written = written.map_err(|e| damaged(FORMAT, format!("LZ4 block: {e}")))?;
    out.truncate(start + written);
    Ok(())
}

fn inflate(reader: impl Read, size: usize, out: &mut Vec<u8>) -> Result<()> {
    reader.take(size as u64).read_to_end(out).map_err(|e| wrong(&e.to_string()))?;
    Ok(())
}

/// Distances from here on are written in 16 further bits.
const FAR: usize = 8191;

/// Appends a BloscLZ stream: runs of literals and references back, as FastLZ of level 2.
fn blosclz(stream: &[u8], size: usize, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    let mut at = 0;
    let next = |at: &mut usize| {
        let byte = stream.get(*at).copied().ok_or_else(|| wrong("cut off in BloscLZ data"));
        *at += 1;
        byte.map(usize::from)
    };
    // The upper bits of the first byte are a version.
    let mut control = next(&mut at)? & 31;
    loop {
        if control < 32 {
            let literals = stream.get(at..at + control + 1).ok_or_else(|| wrong("cut off in BloscLZ literals"))?;
            out.extend_from_slice(literals);
            at += control + 1;
        } else {
            let mut length = (control >> 5) - 1;
            let high = (control & 31) << 8;
            if length == 6 {
                loop {
                    let more = next(&mut at)?;
                    length += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let low = next(&mut at)?;
            let distance =
                if low == 255 && high == 31 << 8 { (next(&mut at)? << 8) + next(&mut at)? + FAR } else { high + low };
            let from = out.len().checked_sub(distance + 1).filter(|&f| f >= start);
            let from = from.ok_or_else(|| wrong("a BloscLZ reference before its start"))?;
            if out.len() - start + length + 3 > size {
                return Err(wrong("BloscLZ data longer than its block"));
            }
            // A reference may run into what it writes.
            for k in from..from + length + 3 {
                out.push(out[k]);
            }
        }
        if out.len() - start > size {
            return Err(wrong("BloscLZ data longer than its block"));
        }
        if at >= stream.len() {
            return Ok(());
        }
        control = next(&mut at)?;
    }
}

/// Appends a block with its bytes, or bits, put back beside one another.
fn unshuffle(header: &Header, block: &[u8], out: &mut Vec<u8>) {
    let t = header.type_size;
    let n = block.len() / t;
    let start = out.len();
    if header.byte_shuffle && t > 1 {
        out.extend((0..n).flat_map(|i| (0..t).map(move |j| block[j * n + i])));
    } else if header.bit_shuffle && n.is_multiple_of(8) && n > 0 {
        out.resize(start + n * t, 0);
        for j in 0..t {
            for k in 0..8 {
                let row = &block[(j * 8 + k) * (n / 8)..][..n / 8];
                for (i, &byte) in row.iter().enumerate() {
                    for m in 0..8 {
                        out[start + (8 * i + m) * t + j] |= (byte >> m & 1) << k;
                    }
                }
            }
        }
    }
    // What doesn't fill an element, and all of a block that isn't shuffled, stands as it is.
    out.extend_from_slice(&block[out.len() - start..]);
}
