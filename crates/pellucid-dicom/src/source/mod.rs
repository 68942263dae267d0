//! The images that were explained: who, which study, where each slice lies.

mod carried;
mod file;
mod stack;

use std::path::{Path, PathBuf};

use pellucid_image::Geometry;

pub(crate) use carried::{Carried, Group};
use file::SourceFile;
#[cfg(feature = "web")]
pub(crate) use file::chain;
pub(crate) use stack::Measures;

use crate::error::source_error;
use crate::{DicomError, Result};

/// A source image: one slice of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFrame {
    /// SOP Class UID.
    pub class: String,
    /// SOP Instance UID.
    pub instance: String,
    /// Number of the frame in a multi-frame instance, from 1; `None` for a single image.
    pub frame: Option<u32>,
    /// Image Position (Patient), mm in LPS, with the very digits of the file.
    pub(crate) position: Option<[String; 3]>,
}

/// A study's images on one grid of `D x H x W`, as results need them: references, geometry, patient and study.
///
/// Slices are in the order of [`pellucid_image`]: along the normal of the planes (row direction x column direction), least first; images without
/// positions stay in the order they were given.
#[derive(Clone, Debug)]
pub struct SourceStudy {
    pub(crate) carried: Carried,
    pub(crate) study: String,
    pub(crate) series: String,
    pub(crate) frame_of_reference: Option<String>,
    pub(crate) measures: Measures,
    frames: Vec<SourceFrame>,
    rows: u16,
    columns: u16,
}

impl SourceStudy {
    /// Reads the files of one series (single images, or one multi-frame file).
    ///
    /// # Errors
    /// When there is no file, one can't be read or is no image, or they aren't of one series, size and orientation.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<SourceStudy> {
        let mut files = vec![];
        for path in paths {
            let path = path.as_ref();
            let bytes =
                std::fs::read(path).map_err(|source| DicomError::Read { path: path.display().to_string(), source })?;
            files.push((path.to_path_buf(), SourceFile::parse(&bytes).map_err(|e| e.in_file(path))?));
        }
        SourceStudy::assemble(files)
    }

    /// Reads every file of a folder that has the suffix `.dcm` or none.
    ///
    /// # Errors
    /// As [`SourceStudy::read`], and when the folder holds no such file.
    pub fn read_folder(folder: &Path) -> Result<SourceStudy> {
        let failed = |source| DicomError::Read { path: folder.display().to_string(), source };
        let mut paths = vec![];
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let wanted = path.extension().is_none_or(|e| e.eq_ignore_ascii_case("dcm"));
            let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            if path.is_file() && wanted && !hidden {
                paths.push(path);
            }
        }
        paths.sort();
        SourceStudy::read(&paths)
    }

    fn assemble(files: Vec<(PathBuf, SourceFile)>) -> Result<SourceStudy> {
        let Some((first_path, first)) = files.first() else {
            return Err(source_error(
                "there is no DICOM file",
                "name the files, or a folder with files that end in `.dcm`",
            ));
        };
        for (path, file) in &files {
            for ((what, found), (_, expected)) in file.common().into_iter().zip(first.common()) {
                if found != expected {
                    // Errors end up in logs, which are no place for patients.
                    let shown = |value: String| if what == file::PATIENT_ID { "hidden".into() } else { value };
                    let (found, expected) = (shown(found), shown(expected));
                    let (path, first) = (path.display().to_string(), first_path.display().to_string());
                    return Err(DicomError::Mixed { path, first, what, found, expected });
                }
            }
        }
        let planes: Vec<_> = files.iter().flat_map(|(_, f)| &f.planes).collect();
        let (order, measures) = stack::arrange(&planes)?;
        let all: Vec<SourceFrame> = files.iter().flat_map(|(_, f)| f.frames()).collect();
        let frames = order.iter().filter_map(|&i| all.get(i).cloned()).collect();
        Ok(SourceStudy {
            carried: first.carried.clone(),
            study: first.study.clone(),
            series: first.series.clone(),
            frame_of_reference: first.frame_of_reference.clone(),
            measures,
            frames,
            rows: first.rows,
            columns: first.columns,
        })
    }

    /// The slices of the given indices only, for a map that covers part of the study.
    ///
    /// # Errors
    /// When there are no indices, or they don't grow or exceed the number of slices.
    pub fn select(&self, slices: &[usize]) -> Result<SourceStudy> {
        let grow = slices.windows(2).all(|w| w[0] < w[1]);
        let frames: Option<Vec<SourceFrame>> = slices.iter().map(|&i| self.frames.get(i).cloned()).collect();
        match frames {
            Some(frames) if grow && !frames.is_empty() => {
                Ok(SourceStudy { measures: self.measures.select(slices), frames, ..self.clone() })
            }
            _ => {
                let n = self.frames.len();
                Err(DicomError::Invalid(format!("slices {slices:?} must be growing indices below {n}")))
            }
        }
    }

    /// `[D, H, W]`: slices, rows, columns.
    pub fn grid(&self) -> [usize; 3] {
        [self.frames.len(), usize::from(self.rows), usize::from(self.columns)]
    }

    /// `(rows, columns)` of every slice.
    pub(crate) fn size(&self) -> (u16, u16) {
        (self.rows, self.columns)
    }

    /// The images in the order of the grid.
    pub fn frames(&self) -> &[SourceFrame] {
        &self.frames
    }

    /// Study Instance UID.
    pub fn study_uid(&self) -> &str {
        &self.study
    }

    /// Series Instance UID of the source.
    pub fn series_uid(&self) -> &str {
        &self.series
    }

    /// Frame of Reference UID, if the source states one.
    pub fn frame_of_reference(&self) -> Option<&str> {
        self.frame_of_reference.as_deref()
    }

    /// Whether every image has a position and an orientation in the patient, and a pixel size.
    pub fn has_planes(&self) -> bool {
        self.measures.planes()
    }

    /// The geometry of the grid in RAS+, `None` when there are no positions or the slices form no regular stack.
    pub fn geometry(&self) -> Option<Geometry> {
        self.measures.geometry
    }

    /// Why there is no volume geometry: no positions, unequal distances, slices shifted sideways.
    pub fn irregular(&self) -> Option<&str> {
        self.measures.irregular.as_deref()
    }

    /// Volume of one voxel in mm3: pixel area times the distance of slices, or the slice thickness of a single slice. `None` when unknown.
    pub fn voxel_volume_mm3(&self) -> Option<f64> {
        Some(self.pixel_area_mm2()? * self.measures.step?)
    }

    /// Area of one pixel in mm2, `None` when the pixel size in the patient is unknown.
    pub fn pixel_area_mm2(&self) -> Option<f64> {
        let [row, column] = self.measures.spacing_mm?;
        self.has_planes().then_some(row * column)
    }

    /// Checks that an array lies on this grid; `geometry` is that of the array, where it is known.
    ///
    /// # Errors
    /// When shape or position differ, with what to do.
    pub fn check_grid(&self, what: &str, grid: [usize; 3], geometry: Option<&Geometry>) -> Result<()> {
        let text = |[d, h, w]: [usize; 3]| format!("{d} x {h} x {w}");
        let expected = self.grid();
        if grid != expected {
            let [d, h, w] = expected;
            return Err(DicomError::Grid {
                what: what.into(),
                found: text(grid),
                expected: text(expected),
                hint: format!(
                    "resample it to {d} slices of {h} x {w} pixels first (undo cropping and resizing of the model's input), \
                     or select the slices it covers"
                ),
            });
        }
        let (Some(mine), Some(theirs)) = (self.geometry(), geometry.filter(|g| g.orientation_known())) else {
            return Ok(());
        };
        let apart = stack::farthest_corner(&mine, theirs, expected);
        let least = mine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
        if apart > 0.01 * least {
            return Err(DicomError::Grid {
                what: what.into(),
                found: format!("{} of other places, up to {apart:.3} mm away", text(grid)),
                expected: text(expected),
                hint: "resample it to the geometry of the source; check the order of slices and flipped axes".into(),
            });
        }
        Ok(())
    }
}
