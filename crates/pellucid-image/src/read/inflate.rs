//! Inflating within a memory limit.

use std::io::Read;

use crate::error::damaged;
use crate::{ImageError, OpenOptions, Result};

/// Inflates gzip (all members).
///
/// # Errors
/// When the stream is damaged or ends early, or grows beyond the limit.
pub fn gzip(bytes: &[u8], options: &OpenOptions) -> Result<Vec<u8>> {
    collect(flate2::read::MultiGzDecoder::new(bytes), bytes.len(), "gzip", options)
}

/// Reads all of a decompressing reader, growing as data come so that a lying header costs nothing.
pub(crate) fn collect(
    reader: impl Read,
    packed: usize,
    format: &'static str,
    options: &OpenOptions,
) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(packed.min(options.memory_bytes as usize));
    let limit = options.memory_bytes;
    let read = reader.take(limit.saturating_add(1)).read_to_end(&mut out);
    if out.len() as u64 > limit {
        let what = format!("the inflated {format} stream");
        return Err(ImageError::TooLarge { what, needed: out.len() as u64, limit });
    }
    read.map_err(|e| damaged(format, format!("after {} inflated bytes: {e}", out.len())))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0u8; 1 << 20]).unwrap();
        let bomb = packer.finish().unwrap();
        assert!(bomb.len() < 2000);
        let options = OpenOptions { memory_bytes: 1 << 16, frame: None };
        assert!(matches!(gzip(&bomb, &options), Err(ImageError::TooLarge { .. })));
        assert_eq!(gzip(&bomb, &OpenOptions::default()).unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_cut_stream_is_an_error() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&(0..5000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>()).unwrap();
        let packed = packer.finish().unwrap();
        assert!(gzip(&packed[..packed.len() / 2], &OpenOptions::default()).is_err());
    }
}
