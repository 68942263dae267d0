//! Transfer syntaxes: how a file's elements and pixels are written.

use crate::Result;
use crate::error::unsupported;
use crate::read::bytes::Endian;
use crate::read::dicom::data_set::{EXPLICIT_LITTLE, Encoding, IMPLICIT_LITTLE};

/// How pixels are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    Native,
    /// As they are, but in fragments.
    Encapsulated,
    /// Run lengths.
    Rle,
    /// JPEG, baseline or lossless.
    Jpeg,
    /// JPEG 2000.
    Jpeg2000,
}

/// A transfer syntax that is read.
#[derive(Clone, Copy, Debug)]
pub struct Syntax {
    /// The standard's name for it.
    pub name: &'static str,
    /// How the elements are written.
    pub encoding: Encoding,
    /// Whether everything after the file header is deflated.
    pub deflated: bool,
    /// How pixels are packed.
    pub packing: Packing,
}

const BIG: Encoding = Encoding { endian: Endian::Big, explicit: true };

const fn native(name: &'static str, encoding: Encoding, deflated: bool) -> Syntax {
    Syntax { name, encoding, deflated, packing: Packing::Native }
}

const fn packed(name: &'static str, packing: Packing) -> Syntax {
    Syntax { name, encoding: EXPLICIT_LITTLE, deflated: false, packing }
}

/// The syntaxes that are read, by UID.
const READ: &[(&str, Syntax)] = &[
    ("1.2.840.10008.1.2", native("Implicit VR Little Endian", IMPLICIT_LITTLE, false)),
    ("1.2.840.10008.1.2.1", native("Explicit VR Little Endian", EXPLICIT_LITTLE, false)),
    ("1.2.840.10008.1.2.1.99", native("Deflated Explicit VR Little Endian", EXPLICIT_LITTLE, true)),
    ("1.2.840.10008.1.2.2", native("Explicit VR Big Endian", BIG, false)),
    ("1.2.840.10008.1.2.1.98", packed("Encapsulated Uncompressed", Packing::Encapsulated)),
    ("1.2.840.10008.1.2.4.50", packed("JPEG Baseline", Packing::Jpeg)),
    ("1.2.840.10008.1.2.4.51", packed("JPEG Extended", Packing::Jpeg)),
    ("1.2.840.10008.1.2.4.57", packed("JPEG Lossless", Packing::Jpeg)),
    ("1.2.840.10008.1.2.4.70", packed("JPEG Lossless SV1", Packing::Jpeg)),
    ("1.2.840.10008.1.2.4.90", packed("JPEG 2000 Lossless", Packing::Jpeg2000)),
    ("1.2.840.10008.1.2.4.91", packed("JPEG 2000", Packing::Jpeg2000)),
    ("1.2.840.10008.1.2.4.201", packed("HTJ2K Lossless", Packing::Jpeg2000)),
    ("1.2.840.10008.1.2.4.202", packed("HTJ2K Lossless RPCL", Packing::Jpeg2000)),
    ("1.2.840.10008.1.2.4.203", packed("HTJ2K", Packing::Jpeg2000)),
    ("1.2.840.10008.1.2.5", packed("RLE Lossless", Packing::Rle)),
];

/// `(start of UID, name, what to do)` of syntaxes that are known and not read.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "1.2.840.10008.1.2.4.80",
        "JPEG-LS",
        "transcode the file, for example with `dcmdjpls` of dcmtk or `gdcmconv --raw`",
    ),
    (
        "1.2.840.10008.1.2.4.81",
        "JPEG-LS",
        "transcode the file, for example with `dcmdjpls` of dcmtk or `gdcmconv --raw`",
    ),
    ("1.2.840.10008.1.2.4.92", "JPEG 2000 multi-component", "transcode the file, for example with `gdcmconv --raw`"),
    ("1.2.840.10008.1.2.4.93", "JPEG 2000 multi-component", "transcode the file, for example with `gdcmconv --raw`"),
    ("1.2.840.10008.1.2.4.11", "JPEG XL", "transcode the file to an uncompressed transfer syntax"),
    ("1.2.840.10008.1.2.4.10", "MPEG video", "extract frames, for example with `ffmpeg`, and save them as PNG"),
    ("1.2.840.10008.1.2.4", "a JPEG process", "transcode the file, for example with `gdcmconv --raw`"),
];

/// The syntax of a UID.
///
/// # Errors
/// When it isn't read.
pub fn syntax(uid: &str) -> Result<Syntax> {
    if let Some((_, syntax)) = READ.iter().find(|s| s.0 == uid) {
        return Ok(*syntax);
    }
    let (name, hint) = REFUSED
        .iter()
        .find(|s| uid.starts_with(s.0))
        .map_or(("unknown", "transcode the file to an uncompressed transfer syntax"), |s| (s.1, s.2));
    Err(unsupported("DICOM", format!("transfer syntax `{uid}` ({name}) isn't read"), hint))
}
