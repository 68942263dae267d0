//! From the bytes of a chunk to its values: transposition, byte order, shards, compressors.

use serde_json::Value;

use super::codec::{Codec, named};
use super::copy::{copy_box, strides};
use super::{FORMAT, array::extents, text_of};
use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::bytes::{Endian, Stored};

/// How chunks of an array are encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Axis `i` of the encoded chunk is axis `order[i]` of the chunk; `None` for the same order.
    pub order: Option<Vec<usize>>,
    /// How values become bytes.
    pub inner: Inner,
    /// What is done to the bytes, in the order of encoding.
    pub after: Vec<Codec>,
}

/// How values become bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Inner {
    /// One after the other.
    Bytes(Endian),
    /// As smaller chunks with a table.
    Shard(Box<Shard>),
}

/// Chunks inside a chunk (ZEP 2).
#[derive(Clone, Debug, PartialEq)]
pub struct Shard {
    chunk: Vec<usize>,
    chain: Chain,
    index_endian: Endian,
    index_checked: bool,
    index_at_end: bool,
}

/// The codecs of a Zarr 3 array of `rank` axes.
pub fn of_v3(codecs: &Value, rank: usize) -> Result<Chain> {
    let list = codecs.as_array().ok_or_else(|| damaged(FORMAT, "`codecs` isn't a list"))?;
    let mut chain = Chain { order: None, inner: Inner::Bytes(Endian::Little), after: vec![] };
    let mut bytes_seen = false;
    for codec in list {
        let name = codec
            .as_str()
            .or_else(|| text_of(codec, "name"))
            .ok_or_else(|| damaged(FORMAT, "a codec without a name"))?;
        let settings = codec.get("configuration").unwrap_or(&Value::Null);
        match (name, bytes_seen) {
            ("transpose", false) if chain.order.is_none() => chain.order = Some(order(settings, rank)?),
            ("bytes", false) => {
                let big = text_of(settings, "endian") == Some("big");
                chain.inner = Inner::Bytes(if big { Endian::Big } else { Endian::Little });
                bytes_seen = true;
            }
            ("sharding_indexed", false) => {
                chain.inner = Inner::Shard(Box::new(shard(settings, rank)?));
                bytes_seen = true;
            }
            (_, true) => chain.after.push(named(name)?),
            _ => {
                return Err(unsupported(
                    FORMAT,
                    format!("chunks with the codec `{name}` at this place aren't read"),
                    "",
                ));
            }
        }
    }
    if bytes_seen { Ok(chain) } else { Err(damaged(FORMAT, "`codecs` never turns values into bytes")) }
}

fn order(settings: &Value, rank: usize) -> Result<Vec<usize>> {
    let order = match settings.get("order") {
        Some(Value::String(s)) if s == "C" => (0..rank).collect(),
        Some(Value::String(s)) if s == "F" => (0..rank).rev().collect(),
        other => extents(other, "order")?,
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..rank) {
        Ok(order)
    } else {
        Err(damaged(FORMAT, format!("axes in the order {order:?}")))
    }
}

fn shard(settings: &Value, rank: usize) -> Result<Shard> {
    let chunk = extents(settings.get("chunk_shape"), "chunk_shape")?;
    if chunk.len() != rank || chunk.contains(&0) {
        return Err(damaged(FORMAT, format!("shards of chunks of {chunk:?}")));
    }
    let chain = of_v3(settings.get("codecs").unwrap_or(&Value::Null), rank)?;
    let index = of_v3(settings.get("index_codecs").unwrap_or(&Value::Null), rank + 1)?;
    let (Inner::Bytes(index_endian), None, [] | [Codec::Crc32c]) = (&index.inner, &index.order, &index.after[..])
    else {
        return Err(unsupported(FORMAT, "shards with a compressed table aren't read", ""));
    };
    Ok(Shard {
        chunk,
        chain,
        index_endian: *index_endian,
        index_checked: !index.after.is_empty(),
        index_at_end: text_of(settings, "index_location") != Some("start"),
    })
}

impl Chain {
    /// The values of a chunk of shape `chunk`, row-major.
    ///
    /// # Errors
    /// When the bytes are damaged or of another number.
    pub fn decode(&self, bytes: Vec<u8>, chunk: &[usize], stored: Stored, fill: f64) -> Result<Vec<f32>> {
        let count: usize = chunk.iter().product();
        let encoded: Vec<usize> = self.order.as_ref().map_or(chunk.to_vec(), |o| o.iter().map(|&i| chunk[i]).collect());
        let values = match &self.inner {
            Inner::Bytes(endian) => {
                let size = count * stored.size();
                let bytes = self.unpacked(bytes, Some(size))?;
                if bytes.len() != size {
                    return Err(damaged(FORMAT, format!("a chunk of {} bytes where {size} are due", bytes.len())));
                }
                stored.read(&bytes, *endian, |v| v)
            }
            Inner::Shard(shard) => shard.decode(&self.unpacked(bytes, None)?, &encoded, stored, fill)?,
        };
        let Some(order) = &self.order else { return Ok(values) };
        let mut out = vec![0.0; count];
        // A step along axis i of the encoded chunk is one along axis order[i] of the chunk.
        let steps = strides(chunk);
        let to: Vec<usize> = order.iter().map(|&i| steps[i]).collect();
        copy_box(&values, 0, &strides(&encoded), &mut out, 0, &to, &encoded);
        Ok(out)
    }

    fn unpacked(&self, mut bytes: Vec<u8>, size: Option<usize>) -> Result<Vec<u8>> {
        let checksums = |codecs: &[Codec]| codecs.iter().filter(|&&c| c == Codec::Crc32c).count();
        for (i, &codec) in self.after.iter().enumerate().rev() {
            let before = &self.after[..i];
            let compressed = before.len() > checksums(before);
            // Only the innermost compressor has a known size to come out with.
            let expected = match (codec, size) {
                (Codec::Crc32c, _) => 0,
                (_, Some(size)) if !compressed => size + 4 * before.len(),
                _ => {
                    return Err(unsupported(
                        FORMAT,
                        "chunks that are compressed twice, or compressed shards, aren't read",
                        "",
                    ));
                }
            };
            bytes = codec.decode(bytes, expected)?;
        }
        Ok(bytes)
    }
}

impl Shard {
    fn decode(&self, bytes: &[u8], shape: &[usize], stored: Stored, fill: f64) -> Result<Vec<f32>> {
        if shape.iter().zip(&self.chunk).any(|(n, c)| !n.is_multiple_of(*c)) {
            return Err(damaged(FORMAT, format!("shards of {shape:?} can't hold chunks of {:?}", self.chunk)));
        }
        let grid: Vec<usize> = shape.iter().zip(&self.chunk).map(|(n, c)| n / c).collect();
        let chunks: usize = grid.iter().product();
        let table = self.table(bytes, chunks)?;
        let mut out = vec![fill as f32; shape.iter().product()];
        let steps = strides(shape);
        let mut at = vec![0usize; grid.len()];
        for entry in table.as_chunks::<16>().0 {
            let number = |at| match self.index_endian {
                Endian::Little => u64::from_le_bytes(*entry[at..].first_chunk().unwrap_or(&[0; 8])),
                Endian::Big => u64::from_be_bytes(*entry[at..].first_chunk().unwrap_or(&[0; 8])),
            };
            let (offset, length) = (number(0), number(8));
            // All ones: nothing is stored.
            if (offset, length) != (u64::MAX, u64::MAX) {
                let end = offset.checked_add(length).and_then(|e| usize::try_from(e).ok());
                let part = end.and_then(|end| bytes.get(offset as usize..end));
                let part = part.ok_or_else(|| damaged(FORMAT, "a chunk outside its shard"))?;
                let values = self.chain.decode(part.to_vec(), &self.chunk, stored, fill)?;
                let start = at.iter().zip(&self.chunk).zip(&steps).map(|((&i, &c), &s)| i * c * s).sum();
                copy_box(&values, 0, &strides(&self.chunk), &mut out, start, &steps, &self.chunk);
            }
            super::copy::advance(&mut at, &grid);
        }
        Ok(out)
    }

    /// The bytes of the table, checked.
    fn table<'a>(&self, bytes: &'a [u8], chunks: usize) -> Result<&'a [u8]> {
        let size = chunks.saturating_mul(16);
        let whole = size.saturating_add(if self.index_checked { 4 } else { 0 });
        let start = if self.index_at_end { bytes.len().checked_sub(whole) } else { Some(0) };
        let table = start.and_then(|s| bytes.get(s..)).and_then(|b| b.get(..whole));
        let table = table.ok_or_else(|| {
            damaged(FORMAT, format!("a shard of {} bytes without a table of {chunks} chunks", bytes.len()))
        })?;
        if self.index_checked {
            Codec::Crc32c.decode(table.to_vec(), size)?;
        }
        Ok(&table[..size])
    }
}
