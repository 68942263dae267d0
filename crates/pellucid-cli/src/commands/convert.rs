//! `pellucid convert`: an image in another format, orientation or voxel size.

use std::path::Path;

use anyhow::{Context, Result, bail};
use pellucid::engine::{Choice, EngineOptions, open};
use pellucid::image::volume::{Interpolation, Resampling, reorient, resample_to_spacing};
use pellucid::image::{
    Channels, Image, Orientation, ZarrOptions, write_metaimage, write_nifti, write_npy, write_nrrd, write_ome_tiff,
    write_ome_zarr,
};
use std::sync::Arc;

use crate::args::ConvertArgs;
use crate::progress::Bars;
use crate::source;

/// A format that is written.
struct Target {
    /// Ends of names, longest first.
    suffixes: &'static [&'static str],
    /// Whether it says where the patient lies.
    oriented: bool,
    write: fn(&Path, &Image) -> pellucid::image::Result<()>,
}

const TARGETS: &[Target] = &[
    Target {
        suffixes: &[".nii.gz", ".nii"],
        oriented: true,
        write: |path, i| write_nifti(path, i.voxels(), &i.shape(), &i.geometry),
    },
    Target {
        suffixes: &[".nrrd"],
        oriented: true,
        write: |path, i| write_nrrd(path, i.voxels(), &i.shape(), &i.geometry),
    },
    Target {
        suffixes: &[".mha"],
        oriented: true,
        write: |path, i| write_metaimage(path, i.voxels(), &i.shape(), &i.geometry),
    },
    Target {
        suffixes: &[".ome.tiff", ".ome.tif"],
        oriented: false,
        write: |path, i| write_ome_tiff(path, i.voxels(), &i.shape(), &i.geometry, &names(i)),
    },
    Target {
        suffixes: &[".zarr"],
        oriented: false,
        write: |path, i| write_ome_zarr(path, i.voxels(), &i.shape(), &i.geometry, &names(i), &ZarrOptions::default()),
    },
    Target { suffixes: &[".npy"], oriented: false, write: |path, i| write_npy(path, i.voxels(), &i.shape()) },
];

/// Converts.
pub fn run(args: &ConvertArgs) -> Result<bool> {
    let target = target(&args.out)?;
    if args.out.exists() {
        match (args.force, args.out.is_dir()) {
            (false, _) => bail!("`{}` is there already; `--force` replaces a file", args.out.display()),
            (true, true) => bail!("`{}` is a folder that is there already: remove it first", args.out.display()),
            (true, false) => {}
        }
    }
    let orient: Option<Orientation> = args.orient.as_ref().map(|t| t.to_uppercase().parse()).transpose()?;
    let spacing = args.spacing.as_deref().map(spacing).transpose()?;
    let session = open(&EngineOptions::of(Choice::Reference))?;
    let session = if args.quiet { session } else { session.with_progress(Arc::new(Bars::default())) };
    let mut image = source::only(&args.image, &args.series)?.read(&session)?;
    if let Some(to) = orient {
        let here = || format!("`{}` can't be turned to {to}", args.image.display());
        image = reorient(&image, to).with_context(here)?.0;
    }
    if let Some(mm) = spacing {
        let interpolation = if args.nearest { Interpolation::Nearest } else { Interpolation::Linear };
        let how = Resampling { interpolation, ..Resampling::default() };
        let here = || format!("`{}` can't be resampled", args.image.display());
        image = resample_to_spacing(&image, mm, &how).with_context(here)?.0;
    }
    (target.write)(&args.out, &image)?;
    image.notes.iter().for_each(|note| eprintln!("{note}"));
    if image.geometry.orientation_known() && !target.oriented {
        eprintln!("this format can't say where the patient lies, so only the voxel size, at most, was kept");
    }
    let [c, d, h, w] = image.shape();
    eprintln!("{c} x {d} x {h} x {w} (channels, slices, rows, columns)");
    println!("{}", args.out.display());
    Ok(true)
}

/// The format of a name.
fn target(path: &Path) -> Result<&'static Target> {
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().to_lowercase());
    let found = TARGETS.iter().find(|t| t.suffixes.iter().any(|s| name.ends_with(s) && name.len() > s.len()));
    found.with_context(|| {
        let known: Vec<&str> = TARGETS.iter().flat_map(|t| t.suffixes).copied().collect();
        format!("`{}` has no ending of a format that is written: {} are expected", path.display(), known.join(", "))
    })
}

/// Three lengths in mm.
fn spacing(text: &str) -> Result<[f64; 3]> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|n| n.trim().parse::<f64>())
        .collect::<std::result::Result<_, _>>()
        .with_context(|| format!("`--spacing {text}`: numbers in mm are expected, such as `1,1,2.5`"))?;
    match <[f64; 3]>::try_from(numbers) {
        Ok(mm) if mm.iter().all(|v| v.is_finite() && *v > 0.0) => Ok(mm),
        Ok(_) => bail!("`--spacing {text}`: voxel sizes are positive numbers of mm"),
        Err(n) => bail!("`--spacing {text}` has {} numbers; three are expected: columns, rows, slices", n.len()),
    }
}

/// Names of the channels, none for a single one.
fn names(image: &Image) -> Vec<String> {
    match &image.channels {
        Channels::Grey => vec![],
        Channels::Rgb => ["red", "green", "blue"].map(String::from).to_vec(),
        Channels::Named(names) => names.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_the_name() {
        for (name, oriented) in [("a.nii.gz", true), ("a.NII", true), ("a.ome.tif", false), ("b/a.ome.zarr", false)] {
            assert_eq!(target(Path::new(name)).unwrap().oriented, oriented, "{name}");
        }
        for name in ["a.tif", "a", ".nii", "a.dcm"] {
            assert!(target(Path::new(name)).is_err_and(|e| e.to_string().contains(".nrrd")), "{name}");
        }
    }

    #[test]
    fn spacings_are_three_lengths() {
        assert_eq!(spacing("1, 1,2.5").unwrap(), [1.0, 1.0, 2.5]);
        for text in ["1", "1,1", "1,1,0", "1,1,x", "1,1,nan", "1,1,1,1"] {
            assert!(spacing(text).is_err_and(|e| e.to_string().contains(text)), "{text}");
        }
    }
}
