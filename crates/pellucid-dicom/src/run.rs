//! The run that made the results: method, device, moment, identity, identifiers.

use crate::code::{Code, terms};
use crate::{Moment, UidRoot};

/// Whether results carry the identity of the patient.
///
/// Results always carry Study Instance UID, Frame of Reference UID and the SOP Instance UIDs of the images they explain, because a result that
/// can't be laid over its source is worth nothing. Who holds the source can therefore always join the two: replaced identity is a pseudonym,
/// not anonymity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Patient and study are replaced: name and patient id are a pseudonym made from the Study Instance UID; birth date, sex, study date and
    /// time, study id, accession number and referring physician are empty; age, size, weight and study description are left out; Patient
    /// Identity Removed is `YES`. An archive files such results apart from the study, under the pseudonym.
    #[default]
    Replace,
    /// Patient and study are those of the source, so that an archive files the results with the study. To be asked for explicitly, and only for
    /// an archive that may hold the patient's data.
    Keep,
}

/// The method that made a map: what TID 4019 and the equipment modules say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// Name or id of the method, such as `integrated-gradients`.
    pub name: String,
    /// Version or revision of the method.
    pub version: String,
    /// Family, by default (123110, DCM, "Artificial Intelligence").
    pub family: Code,
    /// Parameters with their values, defaults filled in.
    pub parameters: Vec<(String, String)>,
}

impl Algorithm {
    /// A method by name and version, without parameters.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Algorithm {
        Algorithm {
            name: name.into(),
            version: version.into(),
            family: terms::ARTIFICIAL_INTELLIGENCE.into(),
            parameters: vec![],
        }
    }

    /// The parameters as one text: `steps = 50, baseline = zero`.
    pub fn parameter_text(&self) -> String {
        pairs(&self.parameters)
    }
}

/// `name = value, name = value`.
pub(crate) fn pairs(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(k, v)| format!("{k} = {v}")).collect::<Vec<_>>().join(", ")
}

/// The equipment that results are attributed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Manufacturer.
    pub manufacturer: String,
    /// Model name.
    pub model: String,
    /// Serial number; software has none, but the modules want one.
    pub serial: String,
    /// Versions of the software.
    pub software: Vec<String>,
}

impl Default for Device {
    fn default() -> Device {
        Device {
            manufacturer: "Pellucid".into(),
            model: "Pellucid".into(),
            serial: "software".into(),
            software: vec![concat!("pellucid ", env!("CARGO_PKG_VERSION")).into()],
        }
    }
}

/// What all results of one run have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Digest or name of the run's provenance. Identifiers are made from it and from the content: the same key and content give the same
    /// identifiers, whatever the moment.
    pub key: String,
    /// The method.
    pub algorithm: Algorithm,
    /// Provenance in words: model digest, engine, seed, target. No patient identifiers.
    pub provenance: Vec<(String, String)>,
    /// Moment of creation. With [`Identity::Keep`] better in the zone of the archive: the object's offset from UTC is then written only where
    /// the source states the same one, because it would change the meaning of the study's time.
    pub created: Moment,
    /// The equipment.
    pub device: Device,
    /// Whether the patient's identity is kept.
    pub identity: Identity,
    /// Root of new identifiers.
    pub uid_root: UidRoot,
    /// Series Number of the Parametric Maps; Segmentations, Secondary Captures and reports have the three that follow.
    pub first_series_number: u32,
}

impl Run {
    /// A run of the given provenance digest and method: now, identity replaced, identifiers below `2.25`, series from 9001.
    pub fn new(key: impl Into<String>, algorithm: Algorithm) -> Run {
        Run {
            key: key.into(),
            algorithm,
            provenance: vec![],
            created: Moment::now(),
            device: Device::default(),
            identity: Identity::Replace,
            uid_root: UidRoot::default(),
            first_series_number: 9001,
        }
    }
}
