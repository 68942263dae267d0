//! Writes a CT of 512 x 512 x 400 voxels as 400 DICOM files, reads it as a series and windows it, and prints how long that took.
//!
//! `cargo run --release --example time_series`

use std::time::Instant;

use pellucid_image::dicom::{SeriesOptions, open_series};

fn element(tag: u32, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut out = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    out.extend(vr);
    let padding = vec![b' '; value.len() % 2];
    let length = value.len() + padding.len();
    if vr == b"OW" {
        out.extend([0, 0]);
        out.extend((length as u32).to_le_bytes());
    } else {
        out.extend((length as u16).to_le_bytes());
    }
    [out, value.to_vec(), padding].concat()
}

fn slice(k: u32) -> Vec<u8> {
    let position = format!("-200\\-200\\{}", k);
    let mut texts: Vec<(u32, &[u8; 2], &[u8])> = vec![
        (0x0008_0060, b"CS", b"CT"),
        (0x0020_000e, b"UI", b"1.2.3"),
        (0x0020_0032, b"DS", position.as_bytes()),
        (0x0020_0037, b"DS", b"1\\0\\0\\0\\1\\0"),
        (0x0028_0002, b"US", &[1, 0]),
        (0x0028_0004, b"CS", b"MONOCHROME2"),
        (0x0028_0010, b"US", &[0, 2]),
        (0x0028_0011, b"US", &[0, 2]),
        (0x0028_0030, b"DS", b"0.78125\\0.78125"),
        (0x0028_0100, b"US", &[16, 0]),
        (0x0028_0101, b"US", &[12, 0]),
        (0x0028_0102, b"US", &[11, 0]),
        (0x0028_0103, b"US", &[0, 0]),
        (0x0028_1050, b"DS", b"40"),
        (0x0028_1051, b"DS", b"400"),
        (0x0028_1052, b"DS", b"-1024"),
        (0x0028_1053, b"DS", b"1"),
    ];
    texts.sort_by_key(|t| t.0);
    let pixels: Vec<u8> = (0..512 * 512u32)
        .flat_map(|i| ((i.wrapping_mul(2_654_435_761).wrapping_add(k) >> 20) as u16).to_le_bytes())
        .collect();
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    out.extend(element(0x0002_0010, b"UI", b"1.2.840.10008.1.2.1\0"));
    texts.iter().for_each(|(tag, vr, value)| out.extend(element(*tag, vr, value)));
    out.extend(element(0x7fe0_0010, b"OW", &pixels));
    out
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    for k in 0..400 {
        std::fs::write(folder.path().join(format!("{}.dcm", k * 7 % 400)), slice(k))?;
    }
    let start = Instant::now();
    let image = open_series(&[folder.path()], &SeriesOptions::default())?;
    let read = start.elapsed();
    let window = image.display.clone().ok_or("no window")?;
    let (shape, start) = (image.shape(), Instant::now());
    let shown = image.map(|v| window.apply(f64::from(v)) as f32);
    println!("{shape:?}: read in {:.2} s, windowed in {:.2} s", read.as_secs_f64(), start.elapsed().as_secs_f64());
    println!(
        "mean brightness {:.4}",
        shown.voxels().iter().map(|&v| f64::from(v)).sum::<f64>() / shown.voxels().len() as f64
    );
    Ok(())
}
