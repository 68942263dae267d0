//! What OME-NGFF metadata say of an image: its axes, its resolutions, its channels.
//!
//! # Source
//! OME-NGFF 0.4 and 0.5, ngff.openmicroscopy.org; axes and transformations of older versions are read where they are there.

use serde_json::Value;

use super::{FORMAT, text_of};
use crate::Result;
use crate::error::damaged;
use crate::read::axes::Role;
use crate::read::length::millimetres;

/// One axis of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// `x`, `y`, `z`, `c`, `t`, or what the file calls it.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Millimetres per unit, where the unit is a length.
    pub unit_mm: Option<f64>,
}

/// One image at several resolutions.
#[derive(Clone, Debug, PartialEq)]
pub struct Multiscale {
    /// Axes, slowest first; `None` where the file doesn't say.
    pub axes: Option<Vec<Axis>>,
    /// Resolutions, finest first.
    pub levels: Vec<Level>,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// Number of images in the group.
    pub images: usize,
}

/// One resolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Path of its array in the group.
    pub path: String,
    /// Per axis `(scale, translation)` in the units of the axes; `None` where the file doesn't say.
    pub placed: Option<Vec<(f64, f64)>>,
}

/// The first image of a group's attributes, `None` when they speak of none.
///
/// # Errors
/// When they contradict themselves.
pub fn parse(attributes: &Value) -> Result<Option<Multiscale>> {
    // Version 0.5 keeps its metadata under `ome`.
    let root = attributes.get("ome").unwrap_or(attributes);
    let Some(images) = root.get("multiscales").and_then(Value::as_array) else { return Ok(None) };
    let first = images.first().ok_or_else(|| damaged(FORMAT, "`multiscales` is empty"))?;
    let axes = first.get("axes").and_then(Value::as_array).map(|list| list.iter().map(axis).collect::<Vec<Axis>>());
    let datasets = first.get("datasets").and_then(Value::as_array).filter(|d| !d.is_empty());
    let datasets = datasets.ok_or_else(|| damaged(FORMAT, "an image without `datasets`"))?;
    let rank = axes.as_ref().map(Vec::len);
    let levels = datasets.iter().map(|d| level(d, first, rank)).collect::<Result<Vec<Level>>>()?;
    let omero = root.get("omero").and_then(|o| o.get("channels")).and_then(Value::as_array);
    let label = |c: &Value| text_of(c, "label").unwrap_or_default().to_string();
    let channels = omero.map(|list| list.iter().map(label).collect()).unwrap_or_default();
    Ok(Some(Multiscale { axes, levels, channels, images: images.len() }))
}

/// An axis from an object, or of older versions from its name.
fn axis(value: &Value) -> Axis {
    let name = value.as_str().or_else(|| text_of(value, "name")).unwrap_or_default().to_lowercase();
    let role = match (text_of(value, "type"), name.as_str()) {
        (Some("channel" | "time"), _) => Role::Channel,
        (_, "x") => Role::X,
        (_, "y") => Role::Y,
        (_, "z") => Role::Z,
        _ => Role::Channel,
    };
    let unit_mm = text_of(value, "unit").and_then(millimetres).filter(|_| role != Role::Channel);
    Axis { name, role, unit_mm }
}

/// Axes by name, or by their number where there are no names; `None` for too many.
pub fn default_axes(rank: usize, names: Option<&[String]>) -> Option<Vec<Axis>> {
    let usual = ["t", "c", "z", "y", "x"];
    let by_name = names.filter(|n| n.iter().any(|n| n == "x") && n.iter().any(|n| n == "y"));
    let list: Vec<&str> = match by_name {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => usual.get(usual.len().checked_sub(rank)?..)?.to_vec(),
    };
    Some(list.into_iter().map(|name| axis(&Value::from(name))).collect())
}

fn level(dataset: &Value, image: &Value, rank: Option<usize>) -> Result<Level> {
    let path = text_of(dataset, "path").ok_or_else(|| damaged(FORMAT, "a resolution without `path`"))?;
    let of = |v: &Value| v.get("coordinateTransformations").and_then(Value::as_array).cloned().unwrap_or_default();
    let own = of(dataset);
    let mut placed = None;
    // Those of the resolution first, then those of all resolutions.
    for transformation in own.iter().chain(&of(image)) {
        let numbers = |key: &str| -> Option<Vec<f64>> {
            transformation.get(key)?.as_array()?.iter().map(Value::as_f64).collect()
        };
        let (key, list) = match text_of(transformation, "type") {
            Some("identity") => continue,
            Some("scale") => ("scale", numbers("scale")),
            Some("translation") => ("translation", numbers("translation")),
            other => return Err(damaged(FORMAT, format!("a transformation of type {other:?}"))),
        };
        // Numbers may stand in an array of their own, which isn't followed.
        let list = list.filter(|l| rank.is_none_or(|r| r == l.len()) && l.iter().all(|v| v.is_finite()));
        let list = list.ok_or_else(|| damaged(FORMAT, format!("`{key}` of a resolution isn't one number an axis")))?;
        let all = placed.get_or_insert_with(|| vec![(1.0, 0.0); list.len()]);
        if all.len() != list.len() {
            return Err(damaged(FORMAT, "transformations for different numbers of axes"));
        }
        for ((scale, shift), v) in all.iter_mut().zip(list) {
            if key == "scale" {
                *scale *= v;
                *shift *= v;
            } else {
                *shift += v;
            }
        }
    }
    Ok(Level { path: path.to_string(), placed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn transformations_follow_one_another() {
        let attributes = json!({"multiscales": [{
            "axes": [{"name": "c", "type": "channel"}, {"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x", "type": "space"}],
            "datasets": [{"path": "0", "coordinateTransformations": [
                {"type": "scale", "scale": [1, 0.5, 0.25]}, {"type": "translation", "translation": [0, 3, 4]}]}],
            "coordinateTransformations": [{"type": "scale", "scale": [1, 2, 2]}]
        }], "omero": {"channels": [{"label": "DAPI"}]}});
        let image = parse(&attributes).unwrap().unwrap();
        assert_eq!(image.levels[0].placed, Some(vec![(1.0, 0.0), (1.0, 6.0), (0.5, 8.0)]));
        assert_eq!(image.channels, ["DAPI"]);
        let axes = image.axes.unwrap();
        assert_eq!((axes[0].role, axes[1].unit_mm, axes[2].unit_mm), (Role::Channel, Some(1e-3), None));
        assert_eq!(parse(&json!({"ome": attributes})).unwrap().unwrap().levels.len(), 1);
    }

    #[test]
    fn contradictions_are_refused() {
        assert_eq!(parse(&json!({})).unwrap(), None);
        for multiscales in [
            json!([]),
            json!([{}]),
            json!([{"datasets": [{}]}]),
            json!([{"axes": ["y", "x"], "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1]}]}]}]),
            json!([{"datasets": [{"path": "0", "coordinateTransformations": [{"type": "warp"}]}]}]),
        ] {
            assert!(parse(&json!({"multiscales": multiscales})).is_err(), "{multiscales}");
        }
    }
}
