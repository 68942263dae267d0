//! A folder of phantoms with masks and labels.

use std::fmt::Write as _;
use std::path::Path;

use crate::phantom::{Phantom, Spec};
use crate::write::nifti::write_nifti;
use crate::{Geometry, ImageError, Result, write_atomically, write_png};

/// Writes `count` phantoms: `0000.png` (or `.nii.gz`), `0000_mask.*`, and `labels.csv` with label and attributes of each. `told` is called after each.
///
/// # Errors
/// When the folder can't be written.
pub fn write_dataset(folder: &Path, spec: &Spec, seed: u64, count: u64, mut told: impl FnMut(u64)) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|source| ImageError::Write { path: folder.display().to_string(), source })?;
    let mut table = String::from("file,mask,label,lesion,large,spiculated,calcified,right,brightness,marker\n");
    let end = if spec.size.len() == 2 { "png" } else { "nii.gz" };
    for index in 0..count {
        let phantom = spec.make(seed, index)?;
        let (file, mask) = (format!("{index:04}.{end}"), format!("{index:04}_mask.{end}"));
        let inside: Vec<f32> = phantom.mask.iter().map(|m| if *m { 255.0 } else { 0.0 }).collect();
        write(&folder.join(&file), phantom.image.voxels(), spec)?;
        write(&folder.join(&mask), &inside, spec)?;
        let _ = writeln!(table, "{file},{mask},{}", row(&phantom));
        told(index + 1);
    }
    write_atomically(&folder.join("labels.csv"), |out| out.write_all(table.as_bytes()))
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
