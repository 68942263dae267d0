//! How a file asks for its values to be shown: windows and tables, kept beside the values and never burnt in.

use serde::{Deserialize, Serialize};

/// A map from values (after the modality transform) to brightness between 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisplayWindow {
    /// DICOM `LINEAR`: from `center - 0.5 - (width-1)/2` to `center - 0.5 + (width-1)/2`.
    Linear {
        /// Window centre, in units of the image.
        center: f64,
        /// Window width, at least 1.
        width: f64,
    },
    /// DICOM `LINEAR_EXACT`: from `center - width/2` to `center + width/2`.
    LinearExact {
        /// Window centre, in units of the image.
        center: f64,
        /// Window width, above 0.
        width: f64,
    },
    /// DICOM `SIGMOID`: `1 / (1 + exp(-4 (v - center) / width))`.
    Sigmoid {
        /// Window centre, in units of the image.
        center: f64,
        /// Window width, above 0.
        width: f64,
    },
    /// A table of brightness between 0 and 1; values below `first` take the first entry, above the last.
    Table {
        /// The value of the first entry; each next entry is 1 higher.
        first: f64,
        /// Brightness, at least one entry.
        levels: Vec<f32>,
    },
    /// Another window read at `pivot - v`: that of a grey scale that was inverted at reading.
    Mirrored {
        /// Sum of a value and its mirror image.
        pivot: f64,
        /// The window of the values as stored.
        window: Box<DisplayWindow>,
    },
    /// Another window shown bright for dark: that of values which keep their sign though large ones are to be dark.
    Inverted {
        /// The window, before it is inverted.
        window: Box<DisplayWindow>,
    },
}

impl DisplayWindow {
    /// Brightness of a value, between 0 and 1; NaN stays NaN.
    pub fn apply(&self, v: f64) -> f64 {
        match self {
            DisplayWindow::Linear { center, width } => {
                let (c, w) = (center - 0.5, width - 1.0);
                if w <= 0.0 { step(v, c) } else { ((v - c) / w + 0.5).clamp(0.0, 1.0) }
            }
            DisplayWindow::LinearExact { center, width } => {
                if *width <= 0.0 {
                    step(v, *center)
                } else {
                    ((v - center) / width + 0.5).clamp(0.0, 1.0)
                }
            }
            DisplayWindow::Sigmoid { center, width } => 1.0 / (1.0 + (-4.0 * (v - center) / width).exp()),
            DisplayWindow::Table { .. } if v.is_nan() => v,
            DisplayWindow::Table { first, levels } => {
                let last = levels.len().saturating_sub(1);
                let index = (v - first).floor().clamp(0.0, last as f64) as usize;
                levels.get(index).map_or(0.0, |&l| f64::from(l))
            }
            // An inverted grey scale shows the mirrored value dark for bright.
            DisplayWindow::Mirrored { pivot, window } => 1.0 - window.apply(pivot - v),
            DisplayWindow::Inverted { window } => 1.0 - window.apply(v),
        }
    }

    /// The interval of values that isn't clipped, `None` for a table or a sigmoid (which has no ends).
    pub fn bounds(&self) -> Option<(f64, f64)> {
        match self {
            DisplayWindow::Linear { center, width } => {
                Some((center - 0.5 - (width - 1.0) / 2.0, center - 0.5 + (width - 1.0) / 2.0))
            }
            DisplayWindow::LinearExact { center, width } => Some((center - width / 2.0, center + width / 2.0)),
            DisplayWindow::Mirrored { pivot, window } => window.bounds().map(|(lo, hi)| (pivot - hi, pivot - lo)),
            DisplayWindow::Inverted { window } => window.bounds(),
            DisplayWindow::Sigmoid { .. } | DisplayWindow::Table { .. } => None,
        }
    }

    /// The window of values that were multiplied by `factor` (above 0), `None` for a table, whose entries are for whole numbers.
    pub fn scaled(&self, factor: f64) -> Option<DisplayWindow> {
        Some(match self {
            // `LINEAR` counts in whole numbers, so its window is scaled as the interval it stands for.
            DisplayWindow::Linear { .. } => {
                let (low, high) = self.bounds()?;
                let width = (high - low).max(f64::MIN_POSITIVE) * factor;
                DisplayWindow::LinearExact { center: (low + high) / 2.0 * factor, width }
            }
            DisplayWindow::LinearExact { center, width } => {
                DisplayWindow::LinearExact { center: center * factor, width: width * factor }
            }
            DisplayWindow::Sigmoid { center, width } => {
                DisplayWindow::Sigmoid { center: center * factor, width: width * factor }
            }
            DisplayWindow::Table { .. } => return None,
            DisplayWindow::Mirrored { pivot, window } => {
                DisplayWindow::Mirrored { pivot: pivot * factor, window: Box::new(window.scaled(factor)?) }
            }
            DisplayWindow::Inverted { window } => DisplayWindow::Inverted { window: Box::new(window.scaled(factor)?) },
        })
    }
}

/// A window of no width: everything above `at` is white.
fn step(v: f64, at: f64) -> f64 {
    if v > at { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_window_as_in_the_standard() {
        // DICOM PS3.3 C.11.2.1.2.1, example: center 2048, width 4096 shows 0 as black and 4095 as white.
        let w = DisplayWindow::Linear { center: 2048.0, width: 4096.0 };
        assert_eq!((w.apply(0.0), w.apply(4095.0)), (0.0, 1.0));
        // Centre 0, width 1: a step.
        let w = DisplayWindow::Linear { center: 0.0, width: 1.0 };
        assert_eq!((w.apply(-1.0), w.apply(0.0)), (0.0, 1.0));
        let w = DisplayWindow::LinearExact { center: 0.0, width: 100.0 };
        assert_eq!((w.apply(-50.0), w.apply(0.0), w.apply(60.0)), (0.0, 0.5, 1.0));
    }

    #[test]
    fn table_takes_its_ends_outside() {
        let w = DisplayWindow::Table { first: 10.0, levels: vec![0.0, 0.25, 1.0] };
        assert_eq!([9.0, 11.0, 40.0].map(|v| w.apply(v)), [0.0, 0.25, 1.0]);
    }

    #[test]
    fn mirrored_window_shows_the_inverted_value_inverted() {
        let inner = DisplayWindow::LinearExact { center: 50.0, width: 100.0 };
        let w = DisplayWindow::Mirrored { pivot: 200.0, window: Box::new(inner) };
        assert_eq!(w.bounds(), Some((100.0, 200.0)));
        assert_eq!(w.apply(125.0), 0.25);
    }

    #[test]
    fn scaled_windows_show_scaled_values_alike() {
        let linear = DisplayWindow::Linear { center: 50.0, width: 100.0 };
        let mirrored = DisplayWindow::Mirrored { pivot: 10.0, window: Box::new(linear.clone()) };
        let inverted = DisplayWindow::Inverted { window: Box::new(linear.clone()) };
        assert_eq!(inverted.apply(49.5) + linear.apply(49.5), 1.0);
        for window in [linear, mirrored, inverted, DisplayWindow::Sigmoid { center: 20.0, width: 30.0 }] {
            let scaled = window.scaled(0.25).unwrap();
            assert!((window.apply(30.0) - scaled.apply(7.5)).abs() < 1e-12);
        }
        assert!(DisplayWindow::Table { first: 0.0, levels: vec![0.0] }.scaled(2.0).is_none());
    }
}
