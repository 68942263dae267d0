//! DICOM files made here, element by element, for kinds of pixels that the real files don't have.

#[path = "common/dicom.rs"]
mod dicom;

use dicom::{File, PIXELS, element, item, words};
use pellucid_image::{Channels, DisplayWindow, ImageError, OpenOptions, Units, from_bytes};

#[test]
fn signed_samples_of_twelve_bits_are_extended_and_rescaled() {
    // Bits above the 12 stored ones hold rubbish (old overlays).
    let file = File::new(1, 4, 16, 12, "MONOCHROME2")
        .with(0x0028_0103, b"US", &[1, 0])
        .with(0x0008_0060, b"CS", b"CT")
        .with(0x0028_1052, b"DS", b"-1024")
        .with(0x0028_1053, b"DS", b"0.5")
        .with(PIXELS, b"OW", &words(&[0x0fff, 0x07ff, 0xf800, 0x1001]));
    let image = file.read().unwrap();
    assert_eq!(image.voxels(), [-1024.5, -0.5, -2048.0, -1023.5]);
    assert_eq!(image.units, Units::Hounsfield);
}

#[test]
fn high_bit_moves_the_sample() {
    let file = File::new(1, 2, 16, 12, "MONOCHROME2").with(0x0028_0102, b"US", &[15, 0]).with(
        PIXELS,
        b"OW",
        &words(&[0xfff0, 0x0120]),
    );
    assert_eq!(file.read().unwrap().voxels(), [4095.0, 18.0]);
}

#[test]
fn monochrome1_is_mirrored_with_its_window() {
    let file = File::new(1, 3, 8, 8, "MONOCHROME1")
        .with(0x0028_1050, b"DS", b"100\\7")
        .with(0x0028_1051, b"DS", b"51\\3")
        .with(PIXELS, b"OB", &[0, 100, 255]);
    let image = file.read().unwrap();
    assert_eq!(image.voxels(), [255.0, 155.0, 0.0]);
    assert_eq!(image.display.unwrap().bounds(), Some((255.0 - 124.5, 255.0 - 74.5)));
    assert!(image.notes.iter().any(|n| n.contains("MONOCHROME1")));
}

#[test]
fn modality_and_voi_tables() {
    let table = |first: u16, bits: u16, values: &[u16]| {
        let descriptor = words(&[values.len() as u16, first, bits]);
        item(&[(0x0028_3002, b"US", &descriptor), (0x0028_3004, b"LO", b"OD"), (0x0028_3006, b"OW", &words(values))])
    };
    let file = File::new(1, 4, 8, 8, "MONOCHROME2")
        .with(0x0028_3000, b"SQ", &table(2, 16, &[100, 300, 1000]))
        .with(0x0028_3010, b"SQ", &table(0, 8, &[0, 51, 255]))
        .with(PIXELS, b"OB", &[0, 3, 4, 200]);
    let image = file.read().unwrap();
    assert_eq!(image.voxels(), [100.0, 300.0, 1000.0, 1000.0]);
    assert_eq!(image.units, Units::Named("OD".into()));
    assert_eq!(image.display, Some(DisplayWindow::Table { first: 0.0, levels: vec![0.0, 0.2, 1.0] }));
}

#[test]
fn colours_planar_and_palette_and_ybr() {
    let planar =
        File::new(1, 2, 8, 8, "RGB").with(0x0028_0006, b"US", &[1, 0]).with(PIXELS, b"OB", &[1, 2, 3, 4, 5, 6]);
    let image = planar.read().unwrap();
    assert_eq!((image.voxels(), &image.channels), (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..], &Channels::Rgb));
    let interleaved = File::new(1, 2, 8, 8, "RGB").with(PIXELS, b"OB", &[1, 3, 5, 2, 4, 6]);
    assert_eq!(interleaved.read().unwrap().voxels(), image.voxels());
    // Two grey pixels that share their chroma.
    let halved = File::new(1, 2, 8, 8, "YBR_FULL_422").with(PIXELS, b"OB", &[10, 200, 128, 128]);
    assert_eq!(halved.read().unwrap().voxels(), [10.0, 200.0, 10.0, 200.0, 10.0, 200.0]);
    let mut palette = File::new(1, 3, 8, 8, "PALETTE COLOR").with(PIXELS, b"OB", &[4, 5, 9]);
    for (c, entries) in [[10u16, 20], [30, 40], [50, 60]].iter().enumerate() {
        palette = palette.with(0x0028_1101 + c as u32, b"US", &words(&[2, 4, 16])).with(
            0x0028_1201 + c as u32,
            b"OW",
            &words(entries),
        );
    }
    let image = palette.read().unwrap();
    assert_eq!(image.voxels(), [10.0, 20.0, 20.0, 30.0, 40.0, 40.0, 50.0, 60.0, 60.0]);
    assert_eq!(image.units, Units::Levels { max: 65535.0 });
}

#[test]
fn single_bits_long_integers_and_floats() {
    let bits = File::new(1, 10, 1, 1, "MONOCHROME2").with(PIXELS, b"OB", &[0b0000_0101, 0b10]);
    assert_eq!(bits.read().unwrap().voxels(), [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let long = File::new(1, 2, 32, 32, "MONOCHROME2").with(0x0028_0103, b"US", &[1, 0]).with(
        PIXELS,
        b"OW",
        &[(-70_000i32).to_le_bytes(), 123_456i32.to_le_bytes()].concat(),
    );
    assert_eq!(long.read().unwrap().voxels(), [-70_000.0, 123_456.0]);
    let float = File::new(1, 2, 32, 32, "MONOCHROME2").with(
        0x7fe0_0008,
        b"OF",
        &[1.5f32.to_le_bytes(), (-0.25f32).to_le_bytes()].concat(),
    );
    assert_eq!(float.read().unwrap().voxels(), [1.5, -0.25]);
}

#[test]
fn deflated_big_endian_headerless() {
    let file = File::new(1, 3, 16, 16, "MONOCHROME2").with(PIXELS, b"OW", &words(&[1, 256, 65535]));
    let expected = [1.0, 256.0, 65535.0];
    assert_eq!(file.read().unwrap().voxels(), expected);
    // No preamble and no header: explicit, and implicit with the same bytes.
    assert_eq!(from_bytes(&file.body(false), &OpenOptions::default()).unwrap_err().to_string(), {
        "not an image in a known format (first bytes `28 00 02 00 55 53 02 00`)"
    });
    let named = file.clone().with(0x0008_0060, b"CS", b"OT").with(0x0008_0005, b"CS", b"ISO_IR 100");
    assert_eq!(from_bytes(&named.body(false), &OpenOptions::default()).unwrap().voxels(), expected);
    let wrap = |uid: &str, body: Vec<u8>| {
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        out.extend(element(0x0002_0010, b"UI", uid.as_bytes(), false));
        out.extend(body);
        from_bytes(&out, &OpenOptions::default())
    };
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packer, &file.body(false)).unwrap();
    assert_eq!(wrap("1.2.840.10008.1.2.1.99", packer.finish().unwrap()).unwrap().voxels(), expected);
    let mut big = file.clone();
    for (_, vr, value) in &mut big.elements {
        if matches!(&*vr, b"US" | b"OW") {
            value.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.swap(0, 1));
        }
    }
    assert_eq!(wrap("1.2.840.10008.1.2.2", big.body(true)).unwrap().voxels(), expected);
    assert!(wrap("1.2.840.10008.1.2.4.80", file.body(false)).unwrap_err().to_string().contains("JPEG-LS"));
    assert!(
        wrap("1.2.840.10008.1.2.4.50", file.body(false)).unwrap_err().to_string().contains("should be in fragments")
    );
}

#[test]
fn run_lengths() {
    let file = File { syntax: "1.2.840.10008.1.2.5", ..File::new(2, 3, 16, 16, "MONOCHROME2") };
    // High bytes: three of 1, then 2, 3, 4. Low bytes: six of 9. A no-op in between.
    let high = [0xfeu8, 1, 0x80, 2, 2, 3, 4];
    let low = [0xfbu8, 9];
    let mut frame = words(&[2, 0, 64, 0, (64 + high.len()) as u16, 0]);
    frame.resize(64, 0);
    frame.extend(high);
    frame.extend(low);
    frame.push(0);
    let mut body = file.body(false);
    body.extend([0xe0, 0x7f, 0x10, 0x00, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff]);
    body.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    body.extend([0xfe, 0xff, 0x00, 0xe0]);
    body.extend((frame.len() as u32).to_le_bytes());
    body.extend(&frame);
    body.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    let mut bytes = File { elements: vec![], ..file.clone() }.bytes();
    bytes.extend(&body);
    let image = from_bytes(&bytes, &OpenOptions::default()).unwrap();
    assert_eq!(image.voxels(), [265.0, 265.0, 265.0, 521.0, 777.0, 1033.0]);
}

#[test]
fn lies_about_size_cost_nothing() {
    let huge = File::new(65535, 65535, 16, 16, "MONOCHROME2").with(PIXELS, b"OW", &[0; 16]);
    assert!(matches!(huge.read(), Err(ImageError::TooLarge { .. })));
    let large = File::new(20_000, 20_000, 16, 16, "MONOCHROME2").with(PIXELS, b"OW", &[0; 16]);
    assert!(
        large
            .read()
            .unwrap_err()
            .to_string()
            .contains("1 frames of 800000000 bytes are declared, 16 bytes of pixel data hold 0")
    );
    let frames =
        File::new(1, 1, 8, 8, "MONOCHROME2").with(0x0028_0008, b"IS", b"60000000").with(PIXELS, b"OB", &[0; 16]);
    assert!(frames.read().unwrap_err().to_string().contains("60000000 frames isn't read as a whole"));
    let empty = File::new(0, 4, 8, 8, "MONOCHROME2").with(PIXELS, b"OB", &[0; 16]);
    assert!(empty.read().is_err());
    let report = File::new(1, 1, 8, 8, "MONOCHROME2");
    assert!(report.read().unwrap_err().to_string().contains("without pixel data"));
}

#[test]
fn windows_of_every_kind_are_kept_and_not_applied() {
    let file = |function: &str| {
        File::new(1, 2, 8, 8, "MONOCHROME2")
            .with(0x0028_1050, b"DS", b"100\\40")
            .with(0x0028_1051, b"DS", b"50\\80")
            .with(0x0028_1056, b"CS", function.as_bytes())
            .with(PIXELS, b"OB", &[0, 200])
    };
    let (center, width) = (100.0, 50.0);
    for (function, window) in [
        ("LINEAR", DisplayWindow::Linear { center, width }),
        ("LINEAR_EXACT", DisplayWindow::LinearExact { center, width }),
        ("SIGMOID", DisplayWindow::Sigmoid { center, width }),
    ] {
        let image = file(function).read().unwrap();
        assert_eq!((image.voxels(), image.display.as_ref()), (&[0.0, 200.0][..], Some(&window)));
        assert!(image.source.facts.contains(&("other windows (centre/width)".into(), "40/80".into())));
    }
}

#[test]
fn monochrome1_with_a_unit_keeps_its_sign() {
    let file = File::new(1, 2, 16, 16, "MONOCHROME1")
        .with(0x0008_0060, b"CS", b"PT")
        .with(0x0054_1001, b"CS", b"BQML")
        .with(0x0028_1050, b"DS", b"100")
        .with(0x0028_1051, b"DS", b"50")
        .with(PIXELS, b"OW", &words(&[7, 9]));
    let image = file.read().unwrap();
    assert_eq!((image.voxels(), &image.units), (&[7.0, 9.0][..], &Units::Named("BQML".into())));
    let window = image.display.unwrap();
    assert_eq!((window.apply(0.0), window.apply(1000.0)), (1.0, 0.0));
}

#[test]
fn segmented_palettes_and_double_floats() {
    let mut palette = File::new(1, 4, 8, 8, "PALETTE COLOR").with(PIXELS, b"OB", &[0, 1, 3, 5]);
    for c in 0..3 {
        // 2 entries, a line of 2, and both segments again.
        let table = words(&[0, 2, 100 * c, 100 * c + 10, 1, 2, 100 * c + 30, 2, 1, 0, 0]);
        palette = palette.with(0x0028_1101 + u32::from(c), b"US", &words(&[6, 0, 16])).with(
            0x0028_1221 + u32::from(c),
            b"OW",
            &table,
        );
    }
    let image = palette.read().unwrap();
    assert_eq!(image.voxels()[..4], [0.0, 10.0, 30.0, 10.0]);
    assert_eq!(image.voxels()[8..], [200.0, 210.0, 230.0, 210.0]);
    let double = File::new(1, 2, 64, 64, "MONOCHROME2").with(
        0x7fe0_0009,
        b"OD",
        &[0.1f64.to_le_bytes(), (-3e9f64).to_le_bytes()].concat(),
    );
    let image = double.read().unwrap();
    assert_eq!(image.voxels(), [0.1, -3e9]);
    assert!(image.notes.iter().any(|n| n.contains("rounded")));
}

#[test]
fn what_is_kept_names_no_patient() {
    let file = File::new(1, 1, 8, 8, "MONOCHROME2")
        .with(0x0010_0010, b"PN", b"Doe^Jane")
        .with(0x0010_0020, b"LO", b"ID-4711")
        .with(0x0010_0030, b"DA", b"19700101")
        .with(0x0008_0020, b"DA", b"20240102")
        .with(0x0008_0050, b"SH", b"ACC-12")
        .with(0x0008_0080, b"LO", b"Saint Elsewhere")
        .with(0x0008_103e, b"LO", b"of Jane Doe")
        .with(0x0020_000d, b"UI", b"1.2.3.99")
        .with(0x0008_0060, b"CS", b"OT")
        .with(PIXELS, b"OB", &[0]);
    let kept = format!("{:?}", file.read().unwrap());
    for secret in ["Doe", "4711", "1970", "2024", "ACC", "Elsewhere", "1.2.3.99"] {
        assert!(!kept.contains(secret), "{secret}: {kept}");
    }
}
