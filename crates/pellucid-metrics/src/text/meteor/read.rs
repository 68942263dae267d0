//! Errors and lines of the files that the user brings.

use std::io::BufRead;

/// A file of words can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file can't be read.
    #[error("{file}, line {line}: can't be read: {source}; expected UTF-8 text")]
    Io {
        /// What the file is.
        file: &'static str,
        /// Number of the line, from 1.
        line: usize,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line has another form than the format asks for.
    #[error("{file}, line {line}: expected {expected}, found `{found}`")]
    Format {
        /// What the file is.
        file: &'static str,
        /// Number of the line, from 1.
        line: usize,
        /// What the format has here.
        expected: &'static str,
        /// What stands here, at most 60 characters.
        found: String,
    },
    /// The file ends inside an entry.
    #[error("{file}: ends after line {line}, expected {expected}")]
    Truncated {
        /// What the file is.
        file: &'static str,
        /// Number of the last line.
        line: usize,
        /// What is missing.
        expected: &'static str,
    },
}

/// Numbered lines of a file.
pub(super) struct Lines<R> {
    reader: R,
    pub(super) file: &'static str,
    pub(super) line: usize,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R, file: &'static str) -> Self {
        Self { reader, file, line: 0 }
    }

    /// The next line without its end; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<String>, ReadError> {
        let mut text = String::new();
        match self.reader.read_line(&mut text) {
            Ok(0) => Ok(None),
            Ok(_) => {
                self.line += 1;
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
                Ok(Some(text))
            }
            Err(source) => Err(ReadError::Io { file: self.file, line: self.line + 1, source }),
        }
    }

    /// The next line, which the format says is there.
    pub(super) fn must(&mut self, expected: &'static str) -> Result<String, ReadError> {
        self.next()?.ok_or(ReadError::Truncated { file: self.file, line: self.line, expected })
    }

    /// An error at the line that was read last.
    pub(super) fn wrong(&self, expected: &'static str, found: &str) -> ReadError {
        ReadError::Format { file: self.file, line: self.line, expected, found: found.chars().take(60).collect() }
    }
}
