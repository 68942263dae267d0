//! Telling how far long work has come.

/// Receives progress. Called from the thread that asked for the work.
pub trait Progress: Send + Sync {
    /// Work of `total` steps begins.
    fn start(&self, total: usize, label: &str);

    /// `steps` more are done.
    fn advance(&self, steps: usize);

    /// The work has ended, done or not.
    fn finish(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _total: usize, _label: &str) {}

    fn advance(&self, _steps: usize) {}

    fn finish(&self) {}
}

/// Work that is told of: ends it when dropped, also after an error.
pub struct Task<'a>(&'a dyn Progress);

impl<'a> Task<'a> {
    /// Begins work of `total` steps.
    pub fn start(progress: &'a dyn Progress, total: usize, label: &str) -> Task<'a> {
        progress.start(total, label);
        Task(progress)
    }

    /// `steps` more are done.
    pub fn advance(&self, steps: usize) {
        self.0.advance(steps);
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        self.0.finish();
    }
}
