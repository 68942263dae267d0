//! Fetching a study or series to a folder (WADO-RS; PS3.18, 10.4).

use std::path::{Path, PathBuf};

use super::multipart::{Parts, boundary};
use super::query::identifier;
use super::{DicomWeb, is_empty, refused};
use crate::guard;
use crate::{DicomError, Result};

const ACTION: &str = "fetching";
/// Objects as the server has them, so that nothing is decoded and encoded again.
const ACCEPT: &str = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

impl DicomWeb {
    /// Fetches all objects of a study into a folder, one file each, named after the SOP Instance UID; returns the files, sorted. The folder is
    /// made if it isn't there; files that appear are whole.
    ///
    /// # Errors
    /// When the server can't be reached, refuses or has no such study, an object is larger than allowed or no DICOM file, or the folder can't be
    /// written. Files that were complete before the error stay.
    pub fn fetch_study(&self, study: &str, folder: &Path) -> Result<Vec<PathBuf>> {
        self.fetch(&format!("/studies/{}", identifier("study", study)?), folder)
    }

    /// Fetches all objects of a series, as [`DicomWeb::fetch_study`] does those of a study.
    ///
    /// # Errors
    /// As [`DicomWeb::fetch_study`].
    pub fn fetch_series(&self, study: &str, series: &str, folder: &Path) -> Result<Vec<PathBuf>> {
        let (study, series) = (identifier("study", study)?, identifier("series", series)?);
        self.fetch(&format!("/studies/{study}/series/{series}"), folder)
    }

    fn fetch(&self, path: &str, folder: &Path) -> Result<Vec<PathBuf>> {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|source| pellucid_image::ImageError::Write { path: folder.display().to_string(), source })?;
        let mut answer = self.get(ACTION, path, ACCEPT)?;
        let url = self.address.join(path);
        let wrong = |reason: String| DicomError::Answer { action: ACTION, url: url.clone(), reason };
        if is_empty(answer.status()) {
            return Err(wrong("is empty: there is no such study or series".into()));
        }
        if !answer.status().is_success() {
            return Err(refused(ACTION, url, &mut answer));
        }
        let kind = answer.headers().get("Content-Type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_string();
        let Some(boundary) = boundary(&kind) else {
            return Err(wrong(format!("is `{kind}`, not a multipart message")));
        };
        // The limit is on each object; the body as a whole may be as long as the study.
        let reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let mut parts = Parts::new(reader, &boundary, self.options.max_object);
        let mut files = vec![];
        while let Some(part) = parts.next().map_err(|e| wrong(e.to_string()))? {
            let name = guard::instance_uid(&part).map_err(|e| wrong(format!("holds what is no DICOM file: {e}")))?;
            let path = folder.join(format!("{name}.dcm"));
            pellucid_image::write_atomically(&path, |w| w.write_all(&part))?;
            files.push(path);
        }
        files.sort();
        Ok(files)
    }
}
