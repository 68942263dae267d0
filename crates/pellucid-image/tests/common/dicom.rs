//! A small writer of DICOM files, element by element, for kinds of files that the real ones don't have.

#![allow(dead_code)]

use std::path::{Path, PathBuf};

use pellucid_image::{Image, ImageError, OpenOptions, from_bytes};

/// The element that holds pixels.
pub const PIXELS: u32 = 0x7fe0_0010;

/// A file in the making, explicit little-endian.
#[derive(Clone)]
pub struct File {
    pub syntax: &'static str,
    pub elements: Vec<(u32, [u8; 2], Vec<u8>)>,
}

/// The bytes of an element.
pub fn element(tag: u32, vr: &[u8; 2], value: &[u8], big: bool) -> Vec<u8> {
    let short = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let long = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let mut out = [short((tag >> 16) as u16), short(tag as u16)].concat();
    out.extend(vr);
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if matches!(vr, b"OB" | b"UI") { 0 } else { b' ' });
    }
    if matches!(vr, b"OB" | b"OW" | b"OF" | b"OD" | b"SQ" | b"UN") {
        out.extend([0, 0]);
        out.extend(long(value.len() as u32));
    } else {
        out.extend(short(value.len() as u16));
    }
    out.extend(value);
    out
}

impl File {
    /// A file of one frame without pixels.
    pub fn new(rows: u16, columns: u16, bits: u16, stored: u16, photometric: &str) -> File {
        let mut file = File { syntax: "1.2.840.10008.1.2.1", elements: vec![] };
        let samples: u16 = if matches!(photometric, "RGB" | "YBR_FULL" | "YBR_FULL_422") { 3 } else { 1 };
        for (tag, v) in [
            (0x0028_0002, samples),
            (0x0028_0010, rows),
            (0x0028_0011, columns),
            (0x0028_0100, bits),
            (0x0028_0101, stored),
            (0x0028_0102, stored - 1),
            (0x0028_0103, 0),
        ] {
            file = file.with(tag, b"US", &v.to_le_bytes());
        }
        file.with(0x0028_0004, b"CS", photometric.as_bytes())
    }

    /// With an element set.
    pub fn with(mut self, tag: u32, vr: &[u8; 2], value: &[u8]) -> File {
        self.elements.retain(|e| e.0 != tag);
        self.elements.push((tag, *vr, value.to_vec()));
        self.elements.sort_by_key(|e| e.0);
        self
    }

    /// With a text element set; the representation only says how the length is written.
    pub fn text(self, tag: u32, value: &str) -> File {
        self.with(tag, b"LO", value.as_bytes())
    }

    /// Without an element.
    pub fn without(mut self, tag: u32) -> File {
        self.elements.retain(|e| e.0 != tag);
        self
    }

    /// The elements without preamble and header.
    pub fn body(&self, big: bool) -> Vec<u8> {
        self.elements.iter().flat_map(|(tag, vr, value)| element(*tag, vr, value, big)).collect()
    }

    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        out.extend(element(0x0002_0010, b"UI", self.syntax.as_bytes(), false));
        out.extend(self.body(false));
        out
    }

    /// The file read back.
    pub fn read(&self) -> Result<Image, ImageError> {
        from_bytes(&self.bytes(), &OpenOptions::default())
    }

    /// Writes the file into a folder.
    pub fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }
}

/// An item of the given elements.
pub fn item(elements: &[(u32, &[u8; 2], &[u8])]) -> Vec<u8> {
    wrap(&elements.iter().flat_map(|(tag, vr, value)| element(*tag, vr, value, false)).collect::<Vec<_>>())
}

/// An item of elements that are bytes already.
pub fn wrap(inner: &[u8]) -> Vec<u8> {
    let mut out = vec![0xfe, 0xff, 0x00, 0xe0];
    out.extend((inner.len() as u32).to_le_bytes());
    out.extend(inner);
    out
}

/// 16-bit numbers as bytes.
pub fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Series Instance UID of [`ct`].
pub const SERIES: &str = "1.2.3.100";

/// An axial CT slice of 2 x 3 pixels, 0.5 mm between rows and 0.75 mm between columns, of the series [`SERIES`]; stored numbers are 10 times
/// `level` plus the index of the pixel.
pub fn ct(z: f64, level: u16) -> File {
    let stored: Vec<u16> = (0..6).map(|i| 10 * level + i).collect();
    File::new(2, 3, 16, 16, "MONOCHROME2")
        .text(0x0008_0008, "ORIGINAL\\PRIMARY\\AXIAL")
        .text(0x0008_0018, &format!("1.2.3.4.{}.{level}", (z * 1000.0) as i64))
        .text(0x0008_0060, "CT")
        .text(0x0020_000e, SERIES)
        .text(0x0020_0011, "2")
        .text(0x0020_0013, &format!("{}", 500 - level))
        .text(0x0018_0050, "2")
        .text(0x0028_0030, "0.5\\0.75")
        .text(0x0020_0037, "1\\0\\0\\0\\1\\0")
        .text(0x0020_0032, &format!("-100\\-80\\{z}"))
        .text(0x0028_1052, "-1024")
        .text(0x0028_1053, "1")
        .with(PIXELS, b"OW", &words(&stored))
}
