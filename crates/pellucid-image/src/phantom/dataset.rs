//! A folder of phantoms with masks and labels.

use std::fmt::Write as _;
use std::path::Path;

use crate::phantom::{Phantom, Spec};
use crate::write::nifti::write_nifti;
use crate::{Geometry, ImageError, Result, write_atomically, write_png};

/// Writes `count` phantoms: `0000.png` (or `.nii.gz`), `0000_mask.*` (the lesion), `0000_marker.*` (the nuisance token), and `labels.csv` with
/// label, attributes and a sentence on each. `told` is called after each.
///
/// # Errors
/// When the folder can't be written.
pub fn write_dataset(folder: &Path, spec: &Spec, seed: u64, count: u64, mut told: impl FnMut(u64)) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|source| ImageError::Write { path: folder.display().to_string(), source })?;
    let mut table =
        String::from("file,mask,marker_mask,label,lesion,large,spiculated,calcified,right,brightness,marker,report\n");
    let end = if spec.size.len() == 2 { "png" } else { "nii.gz" };
    for index in 0..count {
        let phantom = spec.make(seed, index)?;
        let [file, mask, marker] = ["", "_mask", "_marker"].map(|part| format!("{index:04}{part}.{end}"));
        write(&folder.join(&file), phantom.image.voxels(), spec)?;
        write(&folder.join(&mask), &levels(&phantom.mask), spec)?;
        write(&folder.join(&marker), &levels(&phantom.marker), spec)?;
        let _ = writeln!(table, "{file},{mask},{marker},{},\"{}\"", row(&phantom), phantom.attributes.report());
        told(index + 1);
    }
    write_atomically(&folder.join("labels.csv"), |out| out.write_all(table.as_bytes()))
}

fn levels(mask: &[bool]) -> Vec<f32> {
    mask.iter().map(|&m| if m { 255.0 } else { 0.0 }).collect()
}

fn row(p: &Phantom) -> String {
    let a = &p.attributes;
    let flags = [a.lesion, a.large, a.spiculated, a.calcified, a.right].map(|f| u8::from(f).to_string());
    format!("{},{},{:.2},{}", p.label, flags.join(","), a.brightness, u8::from(a.marker))
}

fn write(path: &Path, values: &[f32], spec: &Spec) -> Result<()> {
    match spec.size.as_slice() {
        [h, w] => {
            let pixels: Vec<u8> = values.iter().map(|v| *v as u8).collect();
            write_png(path, &pixels, *h, *w)
        }
        size => write_nifti(path, values, size, &Geometry::spacing([1.0; 3])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;

    #[test]
    fn what_is_written_is_what_was_made() {
        for (spec, end) in [(Spec::image(), "png"), (Spec { size: vec![16, 18, 20], ..Spec::volume() }, "nii.gz")] {
            let folder = tempfile::tempdir().unwrap();
            let mut told = vec![];
            write_dataset(folder.path(), &spec, 3, 4, |n| told.push(n)).unwrap();
            assert_eq!(told, [1, 2, 3, 4]);
            let table = std::fs::read_to_string(folder.path().join("labels.csv")).unwrap();
            assert_eq!(table.lines().count(), 5);
            for index in 0..4 {
                let phantom = spec.make(3, index).unwrap();
                let image = open(folder.path().join(format!("{index:04}.{end}"))).unwrap();
                assert_eq!((image.shape(), image.voxels()), (phantom.image.shape(), phantom.image.voxels()));
                for (part, mask) in [("mask", &phantom.mask), ("marker", &phantom.marker)] {
                    let read = open(folder.path().join(format!("{index:04}_{part}.{end}"))).unwrap();
                    assert!(read.voxels().iter().zip(mask).all(|(v, &m)| (*v == 255.0) == m), "{part} {index}");
                }
                let row = table.lines().nth(index as usize + 1).unwrap();
                assert!(row.contains(&format!(",{},", phantom.label)) && row.contains(&phantom.attributes.report()));
            }
        }
    }
}
