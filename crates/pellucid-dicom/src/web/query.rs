//! Looking up studies, series and instances (QIDO-RS; PS3.18, 10.6).

use dicom_core::Tag;

use super::address::escaped;
use super::{Attributes, DicomWeb, MAX_JSON, is_empty, refused};
use crate::error::value_error;
use crate::uid::is_uid;
use crate::{DicomError, Result};

const ACTION: &str = "looking up";
const JSON: &str = "application/dicom+json";

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Attributes and the values they must match; `*` and `?` stand for any characters where the server allows it.
    pub matching: Vec<(Tag, String)>,
    /// Attributes to be told besides those that every server tells.
    pub include: Vec<Tag>,
    /// Most results.
    pub limit: Option<u32>,
    /// Results to pass over first.
    pub offset: Option<u32>,
}

impl Query {
    /// The query as part of an address, with its question mark.
    fn text(&self) -> String {
        let key = |tag: &Tag| format!("{:04X}{:04X}", tag.group(), tag.element());
        let matching = self.matching.iter().map(|(tag, value)| format!("{}={}", key(tag), escaped(value)));
        let include = self.include.iter().map(|tag| format!("includefield={}", key(tag)));
        let pages = [("limit", self.limit), ("offset", self.offset)];
        let pages = pages.into_iter().filter_map(|(name, n)| Some(format!("{name}={}", n?)));
        let parts: Vec<String> = matching.chain(include).chain(pages).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

impl DicomWeb {
    /// Studies that match.
    ///
    /// # Errors
    /// When the server can't be reached, refuses, or answers in another form.
    pub fn studies(&self, query: &Query) -> Result<Vec<Attributes>> {
        self.look_up(&format!("/studies{}", query.text()))
    }

    /// Series of a study that match.
    ///
    /// # Errors
    /// As [`DicomWeb::studies`], and when `study` is no identifier.
    pub fn series(&self, study: &str, query: &Query) -> Result<Vec<Attributes>> {
        self.look_up(&format!("/studies/{}/series{}", identifier("study", study)?, query.text()))
    }

    /// Instances of a series that match.
    ///
    /// # Errors
    /// As [`DicomWeb::series`].
    pub fn instances(&self, study: &str, series: &str, query: &Query) -> Result<Vec<Attributes>> {
        let (study, series) = (identifier("study", study)?, identifier("series", series)?);
        self.look_up(&format!("/studies/{study}/series/{series}/instances{}", query.text()))
    }

    fn look_up(&self, path: &str) -> Result<Vec<Attributes>> {
        let mut answer = self.get(ACTION, path, JSON)?;
        let url = self.address.join(path);
        if is_empty(answer.status()) {
            return Ok(vec![]);
        }
        if !answer.status().is_success() {
            return Err(refused(ACTION, url, &mut answer));
        }
        let read = answer.body_mut().with_config().limit(MAX_JSON).read_to_string();
        let text =
            read.map_err(|e| DicomError::Connection { action: ACTION, url: url.clone(), reason: e.to_string() })?;
        Attributes::parse(ACTION, &url, &text)
    }
}

/// A unique identifier, which may stand in an address as it is.
pub(super) fn identifier<'a>(what: &str, uid: &'a str) -> Result<&'a str> {
    if is_uid(uid) {
        Ok(uid)
    } else {
        Err(value_error(format!("the {what}"), uid, "it must be a unique identifier such as `1.2.840.1`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn queries_as_text() {
        assert_eq!(Query::default().text(), "");
        let query = Query {
            matching: vec![(tags::PATIENT_NAME, "Doe^*".into())],
            include: vec![tags::STUDY_DESCRIPTION],
            limit: Some(5),
            offset: None,
        };
        assert_eq!(query.text(), "?00100010=Doe%5E*&includefield=00081030&limit=5");
        assert!(identifier("study", "1.2/../3").is_err());
    }
}
