//! Coded concepts (PS3.3, 8): a value in a coding scheme, with its meaning in words.

/// A coded concept, such as `(39607008, SCT, "Lung")` or `(RID1301, RADLEX, "Lung")`.
///
/// Codes of the user are carried through as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Code value: unique in its scheme. Up to 16 characters go into Code Value, longer ones into Long Code Value, addresses into URN Code Value.
    pub value: String,
    /// Coding scheme designator: `SCT` (SNOMED CT), `RADLEX`, `DCM`, `UCUM`, or a private one that starts with `99`.
    pub scheme: String,
    /// Meaning in words, up to 64 characters.
    pub meaning: String,
}

/// The coding scheme of concepts that no public scheme has: methods and their scores.
pub const PRIVATE_SCHEME: &str = "99PELLUCID";

impl Code {
    /// A coded concept.
    pub fn new(value: impl Into<String>, scheme: impl Into<String>, meaning: impl Into<String>) -> Code {
        Code { value: value.into(), scheme: scheme.into(), meaning: meaning.into() }
    }

    /// A concept of the private scheme [`PRIVATE_SCHEME`], for instance a method's id and name.
    pub fn private(value: impl Into<String>, meaning: impl Into<String>) -> Code {
        Code::new(value, PRIVATE_SCHEME, meaning)
    }

    /// The UCUM unit `1`: a number without unit.
    pub fn no_units() -> Code {
        Code::new("1", "UCUM", "no units")
    }

    /// A unit of the Unified Code for Units of Measure.
    pub fn ucum(unit: &str, meaning: &str) -> Code {
        Code::new(unit, "UCUM", meaning)
    }
}

/// A concept of the standard, as a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term(pub &'static str, pub &'static str, pub &'static str);

impl From<Term> for Code {
    fn from(t: Term) -> Code {
        Code::new(t.0, t.1, t.2)
    }
}

/// Concepts of PS3.16 that the objects use.
pub(crate) mod terms {
    use super::Term;

    macro_rules! terms {
        ($($name:ident = $value:literal $scheme:literal $meaning:literal;)*) => {
            $(pub const $name: Term = Term($value, $scheme, $meaning);)*
        };
    }

    terms! {
        ALGORITHM_FAMILY = "111000" "DCM" "Algorithm Family";
        ALGORITHM_NAME = "111001" "DCM" "Algorithm Name";
        ALGORITHM_PARAMETERS = "111002" "DCM" "Algorithm Parameters";
        ALGORITHM_VERSION = "111003" "DCM" "Algorithm Version";
        AREA = "42798000" "SCT" "Area";
        ARTIFICIAL_INTELLIGENCE = "123110" "DCM" "Artificial Intelligence";
        COMMENT = "121106" "DCM" "Comment";
        DEVICE = "121007" "DCM" "Device";
        DEVICE_MANUFACTURER = "121014" "DCM" "Device Observer Manufacturer";
        DEVICE_MODEL = "121015" "DCM" "Device Observer Model Name";
        DEVICE_NAME = "121013" "DCM" "Device Observer Name";
        DEVICE_SERIAL = "121016" "DCM" "Device Observer Serial Number";
        DEVICE_UID = "121012" "DCM" "Device Observer UID";
        ENGLISH = "en" "RFC5646" "English";
        FINDING = "121071" "DCM" "Finding";
        FINDING_SITE = "363698007" "SCT" "Finding Site";
        IMAGE_LIBRARY = "111028" "DCM" "Image Library";
        IMAGE_LIBRARY_GROUP = "126200" "DCM" "Image Library Group";
        IMAGING_MEASUREMENTS = "126010" "DCM" "Imaging Measurements";
        IMAGING_PROCEDURE = "363679005" "SCT" "Imaging procedure";
        IMAGING_REPORT = "126000" "DCM" "Imaging Measurement Report";
        LANGUAGE = "121049" "DCM" "Language of Content Item and Descendants";
        MEASUREMENT_GROUP = "125007" "DCM" "Measurement Group";
        OBSERVER_TYPE = "121005" "DCM" "Observer Type";
        PROCEDURE_REPORTED = "121058" "DCM" "Procedure reported";
        PROCESSING_EQUIPMENT = "109102" "DCM" "Processing Equipment";
        QUANTITY = "246205007" "SCT" "Quantity";
        REFERENCED_SEGMENT = "121191" "DCM" "Referenced Segment";
        REFERENCED_SEGMENTATION_FRAME = "121214" "DCM" "Referenced Segmentation Frame";
        SEGMENTATION = "113076" "DCM" "Segmentation";
        SOURCE_IMAGE = "121322" "DCM" "Source image for image processing operation";
        SOURCE_IMAGE_FOR_SEGMENTATION = "121233" "DCM" "Source image for segmentation";
        SOURCE_OF_MEASUREMENT = "121112" "DCM" "Source of Measurement";
        SOURCE_SERIES_FOR_SEGMENTATION = "121232" "DCM" "Source series for segmentation";
        TRACKING_IDENTIFIER = "112039" "DCM" "Tracking Identifier";
        TRACKING_UID = "112040" "DCM" "Tracking Unique Identifier";
        UNSPECIFIED_CALCULATION = "112187" "DCM" "Unspecified method of calculation";
        VOLUME = "118565006" "SCT" "Volume";
    }
}
