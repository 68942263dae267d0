//! Storing results (STOW-RS; PS3.18, 10.5).

use std::path::Path;

use dicom_dictionary_std::tags;

use super::multipart::encode;
use super::{Attributes, DicomWeb, MAX_JSON, refused};
use crate::{DicomError, DicomResult, Result};

const ACTION: &str = "storing";
const PATH: &str = "/studies";

impl DicomWeb {
    /// Stores result objects; returns how many.
    ///
    /// # Errors
    /// When the server can't be reached, or refuses an object: the error names each with the reason that the server gives.
    pub fn store(&self, results: &[&DicomResult]) -> Result<usize> {
        let objects = results.iter().map(|r| r.bytes()).collect::<Result<Vec<_>>>()?;
        self.store_bytes(&objects)
    }

    /// Stores files; returns how many.
    ///
    /// # Errors
    /// As [`DicomWeb::store`], and when a file can't be read.
    pub fn store_files<P: AsRef<Path>>(&self, paths: &[P]) -> Result<usize> {
        let mut stored = 0;
        for path in paths {
            let path = path.as_ref();
            let read = std::fs::read(path);
            let bytes = read.map_err(|source| DicomError::Read { path: path.display().to_string(), source })?;
            stored += self.store_bytes(&[bytes]).map_err(|e| e.in_file(path))?;
        }
        Ok(stored)
    }

    fn store_bytes(&self, objects: &[Vec<u8>]) -> Result<usize> {
        let mut batch: Vec<&[u8]> = vec![];
        let mut size = 0;
        for object in objects {
            if !batch.is_empty() && size + object.len() > self.options.batch {
                self.send(&batch)?;
                batch.clear();
                size = 0;
            }
            size += object.len();
            batch.push(object);
        }
        if !batch.is_empty() {
            self.send(&batch)?;
        }
        Ok(objects.len())
    }

    fn send(&self, objects: &[&[u8]]) -> Result<()> {
        let (kind, body) = encode(objects);
        let mut answer = self.post(ACTION, PATH, &kind, &body)?;
        let (url, status) = (self.address.join(PATH), answer.status());
        // 202 and 409 come with a list of what was refused.
        if !status.is_success() && status.as_u16() != 409 {
            return Err(refused(ACTION, url, &mut answer));
        }
        let read = answer.body_mut().with_config().limit(MAX_JSON).lossy_utf8(true).read_to_string();
        let text =
            read.map_err(|e| DicomError::Connection { action: ACTION, url: url.clone(), reason: e.to_string() })?;
        let said = Attributes::parse(ACTION, &url, &text);
        match outcome(&said?) {
            (_, refused) if !refused.is_empty() => Err(DicomError::Refused { url, sent: objects.len(), refused }),
            (stored, _) if stored == objects.len() => Ok(()),
            (stored, _) => {
                let reason = format!("confirms {stored} of {} objects (status {status})", objects.len());
                Err(DicomError::Answer { action: ACTION, url, reason })
            }
        }
    }
}

/// How many objects were stored, and which were refused why.
fn outcome(said: &[Attributes]) -> (usize, Vec<String>) {
    let stored = said.iter().map(|a| a.items(tags::REFERENCED_SOP_SEQUENCE).len()).sum();
    let one = |item: &Attributes| {
        let uid = item.text(tags::REFERENCED_SOP_INSTANCE_UID).unwrap_or_else(|| "an object".into());
        let reason = item.text(tags::FAILURE_REASON).and_then(|r| r.parse().ok());
        format!("`{uid}`: {}", reason.map_or("no reason given".into(), failure))
    };
    let refused = said.iter().flat_map(|a| a.items(tags::FAILED_SOP_SEQUENCE)).map(|item| one(&item)).collect();
    (stored, refused)
}

/// A failure reason in words (PS3.18, table I.2-2).
fn failure(code: u16) -> String {
    let words = match code {
        0x0110 => "the server failed to process it",
        0x0111 => "the server has it already",
        0x0117 => "its identifier isn't valid",
        0x0122 => "the server doesn't store this SOP class",
        0x0124 => "not authorised",
        0xa700..=0xa7ff => "the server is out of resources",
        0xa900..=0xa9ff => "it doesn't match its SOP class",
        0xc000..=0xcfff => "the server can't understand it",
        _ => "refused",
    };
    format!("{words} (reason {code:04X})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_one_by_one() {
        let text = r#"{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2.3"]},"00081197":{"vr":"US","Value":[290]}}]},
            "00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2.4"]}}]}}"#;
        let (stored, refused) = outcome(&Attributes::parse("a", "u", text).unwrap());
        assert_eq!(stored, 1);
        assert_eq!(refused, ["`1.2.3`: the server doesn't store this SOP class (reason 0122)"]);
    }
}
