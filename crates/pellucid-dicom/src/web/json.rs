//! Attributes in the DICOM JSON model (PS3.18, F).

use dicom_core::Tag;
use serde_json::{Map, Value};

use crate::{DicomError, Result};

/// The attributes of a study, series or instance as a server lists them.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes(Map<String, Value>);

impl Attributes {
    /// The first value of an attribute as text: strings, numbers and the alphabetic group of names.
    pub fn text(&self, tag: Tag) -> Option<String> {
        match self.values(tag)?.first()? {
            Value::String(s) => Some(s.clone()),
            Value::Number(n) => Some(n.to_string()),
            Value::Object(name) => Some(name.get("Alphabetic")?.as_str()?.to_string()),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn items(&self, tag: Tag) -> Vec<Attributes> {
        let items = self.values(tag).map(Vec::as_slice).unwrap_or(&[]);
        items.iter().filter_map(|v| v.as_object().cloned().map(Attributes)).collect()
    }

    /// The object as it came.
    pub fn raw(&self) -> &Map<String, Value> {
        &self.0
    }

    fn values(&self, tag: Tag) -> Option<&Vec<Value>> {
        let key = format!("{:04X}{:04X}", tag.group(), tag.element());
        self.0.get(&key)?.get("Value")?.as_array()
    }

    /// The objects of an answer: a list, or a single one.
    pub(super) fn parse(action: &'static str, url: &str, text: &str) -> Result<Vec<Attributes>> {
        let bad = |reason: String| DicomError::Answer { action, url: url.into(), reason };
        let value: Value = serde_json::from_str(text).map_err(|e| bad(format!("is no JSON ({e})")))?;
        let list = match value {
            Value::Array(list) => list,
            one @ Value::Object(_) => vec![one],
            _ => return Err(bad("is neither a list nor an object".into())),
        };
        let object = |v| match v {
            Value::Object(map) => Ok(Attributes(map)),
            _ => Err(bad("lists something that is no object".into())),
        };
        list.into_iter().map(object).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn values_of_each_kind() {
        let text = r#"[{"00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^J"}]},"00201208":{"vr":"IS","Value":[3]},
            "00080061":{"vr":"CS","Value":["CT","SEG"]},"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]},
            "00080050":{"vr":"SH"}}]"#;
        let found = &Attributes::parse("look", "u", text).unwrap()[0];
        assert_eq!(found.text(tags::PATIENT_NAME).unwrap(), "Doe^J");
        assert_eq!(found.text(tags::NUMBER_OF_STUDY_RELATED_INSTANCES).unwrap(), "3");
        assert_eq!(found.text(tags::MODALITIES_IN_STUDY).unwrap(), "CT");
        assert_eq!(found.text(tags::ACCESSION_NUMBER), None);
        let items = found.items(tags::REFERENCED_SOP_SEQUENCE);
        assert_eq!(items[0].text(tags::REFERENCED_SOP_INSTANCE_UID).unwrap(), "1.2");
        for bad in ["", "3", "[3]", "<html>"] {
            assert!(Attributes::parse("look", "u", bad).is_err(), "{bad}");
        }
    }
}
