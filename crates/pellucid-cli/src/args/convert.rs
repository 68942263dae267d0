//! What can be typed to convert images.

use std::path::PathBuf;

use clap::Args;

use super::SeriesArgs;

/// Options of `convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pellucid convert study/ brain.nii.gz --series 2
  pellucid convert scan.mha scan.nrrd --orient RAS
  pellucid convert ct.nii.gz ct-1mm.ome.zarr --spacing 1,1,1
  pellucid convert labels.nii.gz labels-2mm.nii.gz --spacing 2,2,2 --nearest
Formats by the name of OUT: .nii, .nii.gz, .nrrd, .mha, .ome.tif(f), .zarr, .npy. Values are written as measured (HU, Bq/mL), as 32-bit floats.
A format that can't say where the patient lies (OME-TIFF, OME-Zarr, npy) loses it, and that is said.")]
pub struct ConvertArgs {
    /// The image: a file of any format that is read, a folder with a DICOM series, or an OME-Zarr folder
    #[arg(value_name = "IN")]
    pub image: PathBuf,
    /// The file (or .zarr folder) to write
    pub out: PathBuf,
    /// Patient directions in which columns, rows and slices grow, such as RAS or LPS: axes are permuted and reversed, no value changes
    #[arg(long, value_name = "CODES")]
    pub orient: Option<String>,
    /// Voxel size to resample to, mm, along columns, rows, slices (after `--orient`), such as `1,1,2.5`
    #[arg(long, value_name = "X,Y,Z")]
    pub spacing: Option<String>,
    /// Take the nearest voxel when resampling, for masks and labels; linear with smoothing against aliasing otherwise
    #[arg(long, requires = "spacing")]
    pub nearest: bool,
    /// Replace a file that is there already
    #[arg(long)]
    pub force: bool,
    /// No progress bars
    #[arg(long, short)]
    pub quiet: bool,
    /// Which volume of a folder
    #[command(flatten)]
    pub series: SeriesArgs,
}
