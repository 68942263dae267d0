//! From the evidence of a method to one value per site of the model's input.

use pellucid_explain::{Evidence, Explanation, Grid, Map};
use pellucid_image::resize::{Resample, resample};
use pellucid_metrics::{Image, MetricError, Pooling};

use crate::subject::Subject;

/// Methods whose values are slopes: their sign says in which direction an element would have to change, not what it speaks for.
const SLOPES: &[&str] =
    &["saliency", "smooth-grad", "smooth-grad-squared", "var-grad", "guided-backprop", "deconvnet", "guided-grad-cam"];

/// A method's map in the forms that metrics read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribution {
    /// `C x sites`, of the input's shape; a map of one channel is shared out evenly over channels.
    pub values: Vec<f64>,
    /// For comparing with a mask: positive evidence (of slopes, magnitudes).
    pub positive: Vec<f64>,
    /// For ordering sites: signed evidence (of slopes, magnitudes).
    pub ordering: Vec<f64>,
    /// Passes through the model that it took.
    pub passes: u64,
}

impl Attribution {
    /// Of one value per site.
    pub fn of_sites(sites: Vec<f64>, channels: usize) -> Attribution {
        let share = 1.0 / channels.max(1) as f64;
        let values = (0..channels).flat_map(|_| sites.iter().map(move |v| v * share)).collect();
        Attribution { values, positive: sites.iter().map(|v| v.max(0.0)).collect(), ordering: sites, passes: 0 }
    }

    /// Of an explanation's map on the subject's input.
    pub fn of(subject: &Subject, explanation: &Explanation) -> Result<Attribution, MetricError> {
        let c = explanation.counts;
        let passes = c.forwards + c.backwards + c.suffixes;
        Ok(Attribution { passes, ..Attribution::of_map(subject, explanation)? })
    }

    fn of_map(subject: &Subject, explanation: &Explanation) -> Result<Attribution, MetricError> {
        let Evidence::Maps(maps) = &explanation.evidence;
        let wanted = |m: &&Map| match &m.grid {
            Grid::Input { name } => *name == subject.input_name(),
            Grid::Layer { .. } => true,
        };
        let map = maps.iter().find(wanted).ok_or_else(|| fault("the method gave no map of the image input"))?;
        let grid = subject.grid();
        let sites: usize = grid.iter().product();
        let values: Vec<f64> = map.values.iter().map(|v| f64::from(*v)).collect();
        match &map.grid {
            Grid::Layer { .. } => Ok(Attribution::of_sites(enlarged(map, grid)?, subject.channels())),
            Grid::Input { .. } if values.len() == sites => Ok(Attribution::of_sites(values, subject.channels())),
            Grid::Input { .. } => {
                let values = subject.channels_first(&values)?;
                let image = Image::new(subject.channels(), grid, &values)?;
                let slope = SLOPES.contains(&explanation.method.as_str());
                let pool = |p: Pooling| p.pool(&image).map_err(MetricError::from);
                let (positive, ordering) = if slope {
                    let magnitude = pool(Pooling::L1Norm)?;
                    (magnitude.clone(), magnitude)
                } else {
                    (pool(Pooling::PosSum)?, pool(Pooling::Sum)?)
                };
                Ok(Attribution { values, positive, ordering, passes: 0 })
            }
        }
    }
}

/// A layer's map on the input's grid.
fn enlarged(map: &Map, grid: &[usize]) -> Result<Vec<f64>, MetricError> {
    if map.shape.len() != grid.len() {
        return Err(fault("the map has another number of axes than the image input"));
    }
    let large = resample(&map.values, &map.shape, grid, Resample::LinearHalfPixel);
    let large = large.map_err(|e| MetricError::Model(Box::new(e)))?;
    Ok(large.into_iter().map(f64::from).collect())
}

pub(crate) fn fault(words: &'static str) -> MetricError {
    MetricError::Model(words.into())
}
