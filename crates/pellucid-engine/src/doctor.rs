//! What engines and devices this machine has, for `pellucid doctor`.

use crate::engine::Engine;
use crate::memory;
use crate::onnxruntime::OnnxRuntime;
use crate::onnxruntime::locate::{Candidate, Depth, search};
use crate::open::{automatic, cores};
use crate::options::{Device, show_size};
use crate::tract::Tract;

/// How a finding is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// There and usable.
    Good,
    /// Not there; nothing is wrong.
    Absent,
    /// There but not usable.
    Bad,
    /// Told for completeness.
    Info,
}

/// One thing that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: `tract`, `onnxruntime`, `cuda`, `threads`, `memory`, `choice`.
    pub subject: &'static str,
    /// How to read it.
    pub status: Status,
    /// One sentence.
    pub detail: String,
    /// What to do, where something can be done.
    pub hints: Vec<String>,
}

impl Finding {
    fn new(subject: &'static str, status: Status, detail: impl Into<String>) -> Finding {
        Finding { subject, status, detail: detail.into(), hints: vec![] }
    }
}

/// Everything about engines that can be found out on this machine. Loads ONNX Runtime when there is one.
pub fn doctor() -> Vec<Finding> {
    let mut findings = vec![machine_threads(), machine_memory()];
    findings.push(Finding::new(
        "tract",
        Status::Good,
        format!("built in, version {}, on the processor", Tract.version()),
    ));
    let found = search(Depth::Full);
    findings.extend(
        found.tried.iter().map(|place| Finding::new("onnxruntime", Status::Info, format!("looked at {place}"))),
    );
    let runtime =
        found.candidates.iter().fold(None, |usable, candidate| usable.or_else(|| examine(candidate, &mut findings)));
    match &runtime {
        Some(engine) => findings.push(gpu(engine)),
        None if found.candidates.is_empty() => findings.push(no_library()),
        None => {}
    }
    findings.push(choice());
    findings
}

fn machine_threads() -> Finding {
    Finding::new("threads", Status::Info, format!("{} processor cores", cores()))
}

fn machine_memory() -> Finding {
    match memory::free() {
        Some(bytes) => {
            let (free, half) = (show_size(bytes), show_size(bytes / 2));
            Finding::new(
                "memory",
                Status::Info,
                format!("{free} free; {half} are used at most unless `--memory` says otherwise"),
            )
        }
        None => Finding::new("memory", Status::Info, "the free memory can't be read; `--memory` sets the limit"),
    }
}

fn no_library() -> Finding {
    let mut finding = Finding::new("onnxruntime", Status::Absent, "no library was found");
    finding.hints = crate::EngineError::LibraryMissing { tried: vec![] }.hints();
    finding
}

fn examine(candidate: &Candidate, findings: &mut Vec<Finding>) -> Option<OnnxRuntime> {
    match OnnxRuntime::new(&candidate.path, Device::Auto, cores()) {
        Ok(engine) => {
            let detail =
                format!("version {} in `{}`, found by {}", engine.version(), engine.path().display(), candidate.origin);
            findings.push(Finding::new("onnxruntime", Status::Good, detail));
            Some(engine)
        }
        Err(error) => {
            let mut finding = Finding::new("onnxruntime", Status::Bad, error.to_string());
            finding.hints = error.hints();
            findings.push(finding);
            None
        }
    }
}

fn gpu(engine: &OnnxRuntime) -> Finding {
    match &engine.gpu_missing {
        None => Finding::new("cuda", Status::Good, format!("usable as `{}`", engine.device())),
        Some(reason) => Finding::new("cuda", Status::Absent, reason.clone()),
    }
}

/// What `--engine auto` takes here.
fn choice() -> Finding {
    match automatic(&search(Depth::Quick), Device::Auto, cores()) {
        Ok(chosen) => {
            let detail = format!("`--engine auto` takes `{}`: {}", chosen.engine.id(), chosen.because);
            Finding::new("choice", Status::Info, detail)
        }
        Err(error) => {
            let mut finding = Finding::new("choice", Status::Bad, format!("`--engine auto` fails: {error}"));
            finding.hints = error.hints();
            finding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_engine_and_a_choice_are_always_told() {
        let findings = doctor();
        assert!(findings.iter().any(|f| f.subject == "tract" && f.status == Status::Good));
        assert_eq!(findings.iter().filter(|f| f.subject == "choice").count(), 1);
        assert!(findings.iter().filter(|f| f.subject == "onnxruntime").count() >= 1);
        assert!(findings.iter().all(|f| !f.detail.is_empty()));
    }
}
