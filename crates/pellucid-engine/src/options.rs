//! What the user may choose: engine, device, threads, memory.

use std::fmt;
use std::str::FromStr;

use crate::{EngineError, Result};

/// Which engine to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// ONNX Runtime when it is found and has a GPU that was asked for; otherwise tract.
    #[default]
    Auto,
    /// The built-in engine.
    Tract,
    /// ONNX Runtime, loaded when the program runs.
    OnnxRuntime,
    /// The plain evaluator.
    Reference,
}

/// `(choice, name)`, the one table of engine names.
pub const CHOICES: &[(Choice, &str)] = &[
    (Choice::Auto, "auto"),
    (Choice::Tract, "tract"),
    (Choice::OnnxRuntime, "onnxruntime"),
    (Choice::Reference, "reference"),
];

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CHOICES.iter().find(|c| c.0 == *self).map_or("auto", |c| c.1))
    }
}

impl FromStr for Choice {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Choice> {
        CHOICES.iter().find(|c| c.1 == text).map(|c| c.0).ok_or_else(|| EngineError::Setting {
            what: "engine",
            value: text.to_string(),
            expected: CHOICES.iter().map(|c| format!("`{}`", c.1)).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Where to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// A GPU when the chosen engine has one, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// A CUDA GPU, by number.
    Cuda(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

impl FromStr for Device {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Device> {
        let number = text.strip_prefix("cuda:").and_then(|n| n.parse().ok());
        match (text, number) {
            ("auto", _) => Ok(Device::Auto),
            ("cpu", _) => Ok(Device::Cpu),
            ("cuda", _) => Ok(Device::Cuda(0)),
            (_, Some(n)) => Ok(Device::Cuda(n)),
            _ => Err(EngineError::Setting {
                what: "device",
                value: text.to_string(),
                expected: "`auto`, `cpu`, `cuda` or `cuda:N`".into(),
            }),
        }
    }
}

/// How graphs are run.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// The engine.
    pub engine: Choice,
    /// The device.
    pub device: Device,
    /// Number of threads; all cores when left out.
    pub threads: Option<usize>,
    /// Memory budget in bytes; half of the free memory when left out.
    pub memory: Option<u64>,
}

impl EngineOptions {
    /// The options of one engine, all else by default.
    pub fn of(engine: Choice) -> EngineOptions {
        EngineOptions { engine, ..EngineOptions::default() }
    }
}

/// Reads a size such as `4G`, `512M`, `1.5GB`, `64MiB` or a number of bytes. Units are powers of 1024.
///
/// # Errors
/// When the text isn't a size.
pub fn parse_size(text: &str) -> Result<u64> {
    let wrong = || EngineError::Setting {
        what: "size",
        value: text.to_string(),
        expected: "a number with `K`, `M`, `G` or `T`, such as `4G` or `512M`".into(),
    };
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let power = ["", "k", "m", "g", "t"].iter().position(|u| *u == unit).ok_or_else(wrong)?;
    let bytes = number * 1024f64.powi(power as i32);
    if bytes < 1.0 || bytes > u64::MAX as f64 {
        return Err(wrong());
    }
    Ok(bytes as u64)
}

/// A size for people: `1.5 GB`.
pub fn show_size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let power = (0..UNITS.len() - 1).find(|p| bytes < 1024u64.pow(*p as u32 + 1)).unwrap_or(UNITS.len() - 1);
    let value = bytes as f64 / 1024f64.powi(power as i32);
    if power == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[power]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("512M", 512 << 20),
            ("4G", 4 << 30),
            ("1.5gb", 3 << 29),
            ("64MiB", 64 << 20),
            ("100", 100),
            (" 2 k ", 2048),
        ] {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "G", "4X", "-1G", "0", "1e9", "4GG"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(show_size(3 << 29), "1.5 GB");
        assert_eq!(show_size(12), "12 B");
    }

    #[test]
    fn names_read_back() {
        for (choice, name) in CHOICES {
            assert_eq!(name.parse::<Choice>().unwrap(), *choice);
            assert_eq!(choice.to_string(), *name);
        }
        assert!("ort".parse::<Choice>().unwrap_err().to_string().contains("`onnxruntime`"));
        for device in [Device::Auto, Device::Cpu, Device::Cuda(0), Device::Cuda(3)] {
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        assert!("gpu".parse::<Device>().is_err());
        assert!("cuda:x".parse::<Device>().is_err());
    }
}
