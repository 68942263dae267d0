//! A file as a stream of bytes for the decoder, hashed on the way, so that a large model is never in memory as a whole file as well as
//! as tensors.

use std::fs::File;
use std::io::{self, Read};

use bytes::{Buf, Bytes};
use sha2::{Digest, Sha256};

/// Bytes read at once.
const BLOCK: usize = 1 << 18;

/// A file that is read as the decoder goes.
pub(super) struct Stream {
    file: File,
    block: Vec<u8>,
    /// Place in the block.
    at: usize,
    /// Bytes after the block.
    after: u64,
    hash: Sha256,
    error: Option<io::Error>,
}

impl Stream {
    /// The file from where it stands, `size` bytes.
    pub fn new(file: File, size: u64) -> Stream {
        let mut stream = Stream { file, block: vec![], at: 0, after: size, hash: Sha256::new(), error: None };
        stream.fill();
        stream
    }

    /// The hash of what was read, or what went wrong. A decoder can't be told of errors: it was given zeros from there on.
    pub fn finish(self) -> io::Result<[u8; 32]> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.hash.finalize().into()),
        }
    }

    /// Reads the next block, when the last one is used up.
    fn fill(&mut self) {
        if self.at < self.block.len() || self.after == 0 {
            return;
        }
        let size = self.after.min(BLOCK as u64) as usize;
        let mut block = std::mem::take(&mut self.block);
        block.resize(size, 0);
        self.read(&mut block);
        self.block = block;
        self.at = 0;
    }

    fn read(&mut self, out: &mut [u8]) {
        self.after -= out.len() as u64;
        match self.file.read_exact(out) {
            Ok(()) => self.hash.update(&*out),
            Err(error) => {
                out.fill(0);
                self.error.get_or_insert(error);
            }
        }
    }
}

impl Buf for Stream {
    fn remaining(&self) -> usize {
        usize::try_from(self.after).unwrap_or(usize::MAX).saturating_add(self.block.len() - self.at)
    }

    fn chunk(&self) -> &[u8] {
        &self.block[self.at..]
    }

    fn advance(&mut self, count: usize) {
        let mut left = count.min(self.remaining());
        while left > 0 {
            let step = left.min(self.block.len() - self.at);
            self.at += step;
            left -= step;
            self.fill();
        }
    }

    /// Large fields are read straight into place.
    fn copy_to_bytes(&mut self, count: usize) -> Bytes {
        let count = count.min(self.remaining());
        let mut out = vec![0; count];
        let here = count.min(self.block.len() - self.at);
        out[..here].copy_from_slice(&self.block[self.at..self.at + here]);
        self.at += here;
        self.read(&mut out[here..]);
        self.fill();
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_stream_gives_the_bytes_of_the_file_and_their_hash() {
        let content: Vec<u8> = (0..3 * BLOCK + 17).map(|i| (i * 31 % 251) as u8).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&content).unwrap();
        let mut stream = Stream::new(file.reopen().unwrap(), content.len() as u64);
        let mut found = vec![];
        let mut steps = [1, BLOCK - 3, 5, BLOCK + 1].into_iter().cycle();
        while stream.has_remaining() {
            found.push(stream.chunk()[0]);
            stream.advance(1);
            let step = steps.next().unwrap().min(stream.remaining());
            found.extend_from_slice(&stream.copy_to_bytes(step));
        }
        assert_eq!(found, content);
        assert_eq!(stream.finish().unwrap()[..], Sha256::digest(&content)[..]);
    }

    #[test]
    fn a_file_that_ends_early_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut stream = Stream::new(file.reopen().unwrap(), 10);
        assert_eq!(stream.copy_to_bytes(10).len(), 10);
        assert_eq!(stream.finish().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
