//! Frames decoded in parallel into the values of one image.

use rayon::prelude::*;

use crate::display::DisplayWindow;
use crate::error::unsupported;
use crate::image::Units;
use crate::read::dicom::colour;
use crate::read::dicom::data_set::DataSet;
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::modality::Modality;
use crate::read::dicom::options::Values;
use crate::read::dicom::palette::Palette;
use crate::read::dicom::pixels;
use crate::read::dicom::syntax::Syntax;
use crate::read::dicom::{meaning, suv};
use crate::{OpenOptions, Result};

/// A file whose frames are decoded.
pub struct File<'s, 'a> {
    /// Its elements.
    pub set: &'s DataSet<'a>,
    /// How its pixels are stored.
    pub info: &'s PixelInfo,
    /// How it is written.
    pub syntax: &'s Syntax,
    /// Its colours, for a palette image.
    pub palette: Option<Palette>,
}

impl<'s, 'a> File<'s, 'a> {
    /// A file and its palette.
    ///
    /// # Errors
    /// When the palette is damaged.
    pub fn new(set: &'s DataSet<'a>, info: &'s PixelInfo, syntax: &'s Syntax) -> Result<File<'s, 'a>> {
        let palette = (info.photometric == "PALETTE COLOR").then(|| Palette::read(set, info.signed)).transpose()?;
        Ok(File { set, info, syntax, palette })
    }

    /// What the values of the file measure.
    pub fn units(&self, modality: &Modality) -> Units {
        meaning::units(self.set, self.info, modality, self.palette.as_ref().map(|p| p.max))
    }
}

/// How measured values become those of the image, the same for all its frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendering {
    /// What they measure in the end.
    pub units: Units,
    /// What they measure in the files.
    pub measured: Units,
    /// Sum of a value and its mirror image, where the grey scale is turned over.
    pub pivot: Option<f64>,
    /// Whether large values are to be shown dark.
    pub dark: bool,
    factor: f64,
}

impl Rendering {
    /// Of a file with the given modality transform; `suv` is the data set that SUV are computed from.
    ///
    /// # Errors
    /// When values can't be turned into what is asked for.
    pub fn new(
        file: &File,
        modality: &Modality,
        values: Values,
        suv: &DataSet,
        notes: &mut Vec<String>,
    ) -> Result<Rendering> {
        let measured = file.units(modality);
        let monochrome1 = file.info.channels() == 1 && file.info.photometric == "MONOCHROME1";
        // What has a unit keeps its sign; mere brightness is turned so that larger is brighter.
        let physical = matches!(measured, Units::Hounsfield | Units::Named(_));
        let pivot = (monochrome1 && !physical).then(|| {
            let (low, high) = modality.range(file.info);
            low + high
        });
        notes.extend(pivot.map(|pivot| {
            format!("MONOCHROME1 was inverted: `v` is `{pivot} - v` of the file, so that larger is brighter")
        }));
        let mut rendering =
            Rendering { units: measured.clone(), measured, pivot, dark: monochrome1 && physical, factor: 1.0 };
        if let Values::SuvBodyWeight { seconds_after_injection } = values {
            let suv = suv::factor(suv, seconds_after_injection)?;
            rendering.factor = suv.factor;
            rendering.units = Units::Named("SUVbw".into());
            notes.push(suv.note);
        }
        Ok(rendering)
    }

    /// The window of the image, from that of the file.
    pub fn window(&self, window: Option<DisplayWindow>) -> Option<DisplayWindow> {
        let window = window?;
        let window = if self.factor == 1.0 { window } else { window.scaled(self.factor)? };
        Some(match self.pivot {
            Some(pivot) => DisplayWindow::Mirrored { pivot, window: Box::new(window) },
            None if self.dark => DisplayWindow::Inverted { window: Box::new(window) },
            None => window,
        })
    }

    /// Decodes one frame to `out`, planes of `channels x rows x columns`.
    ///
    /// # Errors
    /// When its bytes are missing or damaged.
    pub fn decode(&self, file: &File, number: usize, modality: &Modality, out: &mut [f32]) -> Result<()> {
        let info = file.info;
        let samples = pixels::frame(file.set, info, file.syntax, number)?;
        if let Some(palette) = &file.palette {
            let mut stored = vec![0.0; info.area()];
            samples.write(info, &mut stored, |v| v)?;
            palette.apply(&stored, out);
            return Ok(());
        }
        if info.samples == 3 {
            samples.write(info, out, |v| v)?;
            return if samples.rgb { Ok(()) } else { to_rgb(out, info) };
        }
        let factor = self.factor;
        match (modality, self.pivot) {
            (&Modality::Rescale { slope, intercept }, None) if factor == 1.0 => {
                samples.write(info, out, |v| slope * v + intercept)
            }
            (modality, None) => samples.write(info, out, |v| factor * modality.apply(v)),
            (modality, Some(pivot)) => samples.write(info, out, |v| factor * (pivot - modality.apply(v))),
        }
    }
}

fn to_rgb(planes: &mut [f32], info: &PixelInfo) -> Result<()> {
    match info.photometric.as_str() {
        "YBR_FULL" | "YBR_FULL_422" if info.bits_stored <= 8 => colour::rgb_from_ybr(planes),
        "RGB" => (),
        other => {
            let reason = format!("photometric interpretation `{other}` isn't read");
            return Err(unsupported("DICOM", reason, "convert it to RGB, for example with `dcmconv` of dcmtk"));
        }
    }
    Ok(())
}

/// `C x D x H x W` values of `depth` frames, each decoded by `decode` to `C x H x W`, in parallel and each to its place: beside the result only
/// colour frames in work take memory.
///
/// # Errors
/// The first error of `decode`, or when the image is too large.
pub fn fill(
    channels: usize,
    depth: usize,
    info: &PixelInfo,
    memory: &OpenOptions,
    decode: impl Fn(usize, &mut [f32]) -> Result<()> + Sync,
) -> Result<Vec<f32>> {
    let area = info.area();
    let count = memory.admit_values("the decoded image", &[channels, depth, info.rows, info.columns])?;
    let mut voxels = vec![0f32; count];
    if channels == 1 {
        voxels.par_chunks_mut(area).enumerate().try_for_each(|(z, out)| decode(z, out))?;
        return Ok(voxels);
    }
    let (red, rest) = voxels.split_at_mut(depth * area);
    let (green, blue) = rest.split_at_mut(depth * area);
    let planes = red.par_chunks_mut(area).zip(green.par_chunks_mut(area)).zip(blue.par_chunks_mut(area));
    planes.enumerate().try_for_each(|(z, ((red, green), blue))| {
        let mut frame = vec![0f32; 3 * area];
        decode(z, &mut frame)?;
        for (out, plane) in [red, green, blue].into_iter().zip(frame.chunks_exact(area)) {
            out.copy_from_slice(plane);
        }
        Ok(())
    })?;
    Ok(voxels)
}
