//! Brings a volume into RAS order and to a voxel size: `resample INPUT OUTPUT.nii.gz X Y Z [nearest|linear|cubic]` (mm). Prints what was done as JSON.

use pellucid_image::volume::{Interpolation, Resampling, reorient, resample_to_spacing};
use pellucid_image::{Orientation, open, write_nifti};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, x, y, z, rest @ ..] = arguments.as_slice() else {
        return Err("usage: resample INPUT OUTPUT X Y Z [nearest|linear|cubic]".into());
    };
    let interpolation: Interpolation = match rest.first() {
        Some(name) => serde_json::from_value(name.as_str().into())?,
        None => Interpolation::Linear,
    };
    let image = open(input)?;
    let (turned, first) = reorient(&image, Orientation::RAS)?;
    let how = Resampling { interpolation, ..Resampling::default() };
    let started = std::time::Instant::now();
    let (resampled, second) = resample_to_spacing(&turned, [x.parse()?, y.parse()?, z.parse()?], &how)?;
    eprintln!("{:?} to {:?} in {:.2} s", turned.grid(), resampled.grid(), started.elapsed().as_secs_f64());
    write_nifti(output, resampled.voxels(), &resampled.shape(), &resampled.geometry)?;
    println!("{}", serde_json::to_string_pretty(&first.then(&second)?)?);
    Ok(())
}
