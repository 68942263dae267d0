//! What to read of a folder, a series or a file of several frames, and how.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{ImageError, OpenOptions, Result};

/// What frames or files of one series become along the slice axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frames {
    /// Slices of a volume, sorted by position; anything that isn't evenly spaced and parallel is refused.
    #[default]
    Volume,
    /// Pictures of a sequence (cine, time points) in stored order; series of single files in the order of their Instance Number.
    Sequence,
}

/// What the values of the image are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Values {
    /// Those after the modality transform: HU, Bq/mL, levels.
    #[default]
    Measured,
    /// Standardised uptake values by body weight (g/mL) of a PET image.
    SuvBodyWeight {
        /// Seconds from injection to the time that the activity refers to. Only needed (and only used) when the file says that its values
        /// weren't corrected for decay.
        seconds_after_injection: Option<f64>,
    },
}

/// A step of a long read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Headers read, of all files.
    Scanned {
        /// Files so far.
        done: usize,
        /// Files in all.
        total: usize,
    },
    /// Slices or frames decoded.
    Decoded {
        /// Slices so far.
        done: usize,
        /// Slices in all.
        total: usize,
    },
}

/// Called after every file and slice, from several threads; `Break` cancels the read.
pub type Watch<'a> = &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync);

/// How a DICOM series is read.
#[derive(Clone)]
pub struct SeriesOptions<'a> {
    /// Largest number of bytes that a file, its inflated bytes, or the decoded image may each take.
    pub memory_bytes: u64,
    /// Which series, where there are several: its Series Instance UID, or its place in the list that [`series`](super::series::series) gives,
    /// from 1.
    pub series: Option<String>,
    /// Which of the volumes that a series holds (echoes, time points, b-values, orientations), from 0.
    pub part: Option<usize>,
    /// Which frame of a single file, from 0.
    pub frame: Option<usize>,
    /// What frames become.
    pub frames: Frames,
    /// What values become.
    pub values: Values,
    /// Takes slices of a tilted gantry as they lie: the slice axis of the geometry is then not at a right angle to the others.
    pub accept_tilt: bool,
    /// Where slices are missing or unevenly spaced, reads the longest evenly spaced run instead of refusing.
    pub longest_run: bool,
    /// Called with the progress.
    pub watch: Option<Watch<'a>>,
}

impl Default for SeriesOptions<'_> {
    fn default() -> Self {
        SeriesOptions::of(&OpenOptions::default())
    }
}

impl std::fmt::Debug for SeriesOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeriesOptions")
            .field("memory_bytes", &self.memory_bytes)
            .field("series", &self.series)
            .field("part", &self.part)
            .field("frame", &self.frame)
            .field("frames", &self.frames)
            .field("values", &self.values)
            .field("accept_tilt", &self.accept_tilt)
            .field("longest_run", &self.longest_run)
            .field("watched", &self.watch.is_some())
            .finish()
    }
}

impl SeriesOptions<'_> {
    /// The options of opening any file.
    pub(crate) fn of(open: &OpenOptions) -> SeriesOptions<'static> {
        SeriesOptions {
            memory_bytes: open.memory_bytes,
            series: None,
            part: None,
            frame: open.frame,
            frames: Frames::Volume,
            values: Values::Measured,
            accept_tilt: false,
            longest_run: false,
            watch: None,
        }
    }

    /// The memory limit alone.
    pub(crate) fn memory(&self) -> OpenOptions {
        OpenOptions { memory_bytes: self.memory_bytes, frame: self.frame }
    }
}

/// Counts what is done and asks whether to go on.
pub(crate) struct Counter<'a> {
    watch: Option<Watch<'a>>,
    done: AtomicUsize,
    total: usize,
    step: fn(usize, usize) -> Progress,
}

impl<'a> Counter<'a> {
    /// Counts files whose headers are read.
    pub fn scanned(watch: Option<Watch<'a>>, total: usize) -> Counter<'a> {
        Counter { watch, done: AtomicUsize::new(0), total, step: |done, total| Progress::Scanned { done, total } }
    }

    /// Counts slices that are decoded.
    pub fn decoded(watch: Option<Watch<'a>>, total: usize) -> Counter<'a> {
        Counter { watch, done: AtomicUsize::new(0), total, step: |done, total| Progress::Decoded { done, total } }
    }

    /// One more is done.
    ///
    /// # Errors
    /// When the caller cancels.
    pub fn step(&self) -> Result<()> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match self.watch.map(|watch| watch((self.step)(done, self.total))) {
            Some(ControlFlow::Break(())) => Err(ImageError::Cancelled { done, total: self.total }),
            _ => Ok(()),
        }
    }
}
