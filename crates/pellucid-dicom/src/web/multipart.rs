//! Several objects in one message (RFC 2046, 5.1; RFC 2387).

use std::io::{BufRead, BufReader, Read};

use sha2::{Digest, Sha256};

/// Most bytes of a line outside objects.
const MAX_LINE: u64 = 16 << 10;
/// Most lines before the first part.
const MAX_PREAMBLE: usize = 100;

/// A message of objects: its content type and its bytes.
pub(super) fn encode(objects: &[&[u8]]) -> (String, Vec<u8>) {
    let mut digest = Sha256::new();
    objects.iter().for_each(|o| digest.update(o));
    // No object can hold a digest of itself, so the delimiter doesn't occur inside.
    let hex: String = digest.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let boundary = format!("pellucid-{hex}");
    let mut body = Vec::with_capacity(objects.iter().map(|o| o.len() + 128).sum());
    for object in objects {
        body.extend(format!("--{boundary}\r\nContent-Type: application/dicom\r\n\r\n").into_bytes());
        body.extend_from_slice(object);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    (format!("multipart/related; type=\"application/dicom\"; boundary={boundary}"), body)
}

/// The delimiter that a content type names.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = parameters.split(';').find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_string())
    })?;
    (!value.is_empty() && value.len() <= 200).then_some(value)
}

/// The parts of a message, one after the other; only one is in memory at a time.
pub(super) struct Parts<R: Read> {
    reader: BufReader<R>,
    delimiter: Vec<u8>,
    max_part: u64,
    started: bool,
    finished: bool,
}

impl<R: Read> Parts<R> {
    pub fn new(reader: R, boundary: &str, max_part: u64) -> Parts<R> {
        let reader = BufReader::with_capacity(1 << 18, reader);
        Parts { reader, delimiter: format!("\r\n--{boundary}").into_bytes(), max_part, started: false, finished: false }
    }

    /// The body of the next part; `None` after the last.
    pub fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        if !self.started {
            self.started = true;
            self.preamble()?;
        }
        if self.finished {
            return Ok(None);
        }
        while !matches!(self.line("the header of a part")?.as_slice(), b"\r\n" | b"\n") {}
        let body = self.until_delimiter()?;
        self.delimiter_end()?;
        Ok(Some(body))
    }

    /// The next line with its end.
    fn line(&mut self, place: &str) -> std::io::Result<Vec<u8>> {
        let mut line = vec![];
        (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.ends_with(b"\n") { Ok(line) } else { Err(bad(&format!("ends inside {place}"))) }
    }

    /// Passes over what stands before the first delimiter, which may be at the very start without a line break.
    fn preamble(&mut self) -> std::io::Result<()> {
        let start = self.delimiter.get(2..).unwrap_or(&[]).to_vec();
        for _ in 0..MAX_PREAMBLE {
            if let Some(rest) = self.line("what stands before the first part")?.strip_prefix(start.as_slice()) {
                self.finished = rest.starts_with(b"--");
                return Ok(());
            }
        }
        Err(bad("has no part"))
    }

    /// What follows a delimiter: two dashes after the last part, else the end of its line.
    fn delimiter_end(&mut self) -> std::io::Result<()> {
        let mut rest = vec![];
        (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut rest)?;
        self.finished = rest.starts_with(b"--");
        if self.finished || rest.ends_with(b"\n") {
            Ok(())
        } else {
            Err(bad("ends after a part: the connection broke"))
        }
    }

    /// The bytes up to the next delimiter, which is passed over.
    fn until_delimiter(&mut self) -> std::io::Result<Vec<u8>> {
        let mut body: Vec<u8> = vec![];
        loop {
            // Every delimiter ends in its last byte: reading up to that byte can't step over one.
            let last = *self.delimiter.last().ok_or_else(|| bad("has no delimiter"))?;
            let left = self.max_part.saturating_add(self.delimiter.len() as u64).saturating_sub(body.len() as u64);
            if left == 0 {
                return Err(bad(&format!("holds an object of more than {} bytes", self.max_part)));
            }
            let n = (&mut self.reader).take(left).read_until(last, &mut body)?;
            if n == 0 {
                return Err(bad("ends inside a part: the connection broke"));
            }
            if body.ends_with(&self.delimiter) {
                body.truncate(body.len() - self.delimiter.len());
                return Ok(body);
            }
        }
    }
}

fn bad(reason: &str) -> std::io::Error {
    std::io::Error::other(reason.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], boundary: &str, max: u64) -> std::io::Result<Vec<Vec<u8>>> {
        let mut parts = Parts::new(bytes, boundary, max);
        let mut all = vec![];
        while let Some(part) = parts.next()? {
            all.push(part);
        }
        Ok(all)
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let objects: [&[u8]; 4] = [b"one", b"", b"\r\n--pellucid-", &[0, 13, 10, 45, 45, 255]];
        let (kind, body) = encode(&objects);
        let boundary = boundary(&kind).unwrap();
        assert_eq!(decode(&body, &boundary, 100).unwrap(), objects);
        assert!(decode(&body, &boundary, 4).unwrap_err().to_string().contains("more than 4 bytes"));
        for cut in 0..body.len() - 4 {
            assert!(decode(&body[..cut], &boundary, 100).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn preamble_and_lone_line_breaks() {
        let text = b"ignored\r\n--b\r\nContent-Type: application/dicom\r\nContent-Length: 3\r\n\r\nabc\r\n--b\r\n\r\ndef\r\n--b--\r\nepilogue";
        assert_eq!(decode(text, "b", 9).unwrap(), [b"abc", b"def"]);
        assert!(decode(b"--b--\r\n", "b", 9).unwrap().is_empty());
    }

    #[test]
    fn content_types() {
        assert_eq!(boundary("multipart/related; type=\"application/dicom\"; boundary=\"x y\"").unwrap(), "x y");
        assert_eq!(boundary("Multipart/Related;BOUNDARY=z").unwrap(), "z");
        assert_eq!(boundary("application/json; boundary=z"), None);
        assert_eq!(boundary("multipart/related"), None);
    }
}
