//! OME-Zarr images (OME-NGFF to 0.5) in folders of Zarr 2 and 3, and plain Zarr arrays.
//!
//! A group is opened at its finest resolution; another one is opened by the path of its array, and finds its axes in the group above. Axes in
//! space become columns, rows and slices; channels and time points become channels, the slower axis major.
//!
//! # Source
//! Zarr specifications 2 and 3.0 (zarr-specs.readthedocs.io), OME-NGFF.

mod array;
mod blosc;
mod chain;
mod codec;
mod copy;
mod multiscales;
mod store;

use std::path::Path;

use serde_json::Value;

use crate::error::{damaged, unsupported};
use crate::image::{Channels, Format, Units};
use crate::read::axes::{Role, arrange};
use crate::read::bytes::Stored;
use crate::{Affine, Geometry, Image, Known, OpenOptions, Result};
use array::Description;
use multiscales::{Axis, Multiscale, default_axes};
use store::{Node, Store};

pub(super) const FORMAT: &str = "OME-Zarr";

/// A text in an object.
fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Files that say that a folder is an array or a group.
const MARKS: [&str; 4] = ["zarr.json", ".zarray", ".zgroup", ".zattrs"];

/// Whether a folder says of itself that it is an array or a group.
pub fn is_one(folder: &Path) -> bool {
    MARKS.iter().any(|mark| folder.join(mark).is_file())
}

/// Reads the image in a folder.
///
/// # Errors
/// When the folder holds no image, or one that is damaged, too large or compressed in a way that isn't read.
pub fn read(folder: &Path, options: &OpenOptions) -> Result<Image> {
    let store = Store::new(folder)?;
    match store.node("", options)? {
        Node::Array(array) => {
            let (image, level) = image_above(folder, options).unwrap_or((None, 0));
            load(&store, "", &array, image.as_ref(), level, options)
        }
        Node::Group(attributes) => {
            let image = multiscales::parse(&attributes)?.ok_or_else(|| no_image(&attributes))?;
            let path = image.levels[0].path.clone();
            let Node::Array(array) = store.node(&path, options)? else {
                return Err(damaged(FORMAT, format!("the resolution `{path}` isn't an array")));
            };
            load(&store, &path, &array, Some(&image), 0, options)
        }
        Node::None => Err(unsupported(FORMAT, "isn't what this folder holds", "open one file of it")),
    }
}

/// Why a group has no image to show.
fn no_image(attributes: &Value) -> crate::ImageError {
    let root = attributes.get("ome").unwrap_or(attributes);
    let (what, hint) = if root.get("plate").is_some() {
        ("plates of wells aren't opened whole", "open one field of a well by its path, such as `plate.zarr/A/1/0`")
    } else if root.get("well").is_some() || root.get("bioformats2raw.layout").is_some() {
        ("groups of several images aren't opened whole", "open one image by its path, such as `name.zarr/0`")
    } else {
        ("groups without `multiscales` hold no image", "open an array in it by its path")
    };
    unsupported(FORMAT, what, hint)
}

/// The image in the group above an array that is one of its resolutions.
fn image_above(folder: &Path, options: &OpenOptions) -> Option<(Option<Multiscale>, usize)> {
    let real = folder.canonicalize().ok()?;
    let Ok(Node::Group(attributes)) = Store::new(real.parent()?).ok()?.node("", options) else { return None };
    let image = multiscales::parse(&attributes).ok()??;
    let name = real.file_name()?.to_str()?;
    let level = image.levels.iter().position(|l| l.path == name)?;
    Some((Some(image), level))
}

fn load(
    store: &Store,
    path: &str,
    array: &Description,
    image: Option<&Multiscale>,
    level: usize,
    options: &OpenOptions,
) -> Result<Image> {
    let rank = array.shape.len();
    let given = image.and_then(|i| i.axes.clone());
    let named = given.is_some() || array.names.is_some();
    let axes = given.or_else(|| default_axes(rank, array.names.as_deref())).filter(|a| a.len() == rank);
    let axes =
        axes.ok_or_else(|| damaged(FORMAT, format!("axes that don't fit an array of shape {:?}", array.shape)))?;
    let count = |role| axes.iter().filter(|a| a.role == role).count();
    if count(Role::X) != 1 || count(Role::Y) != 1 || count(Role::Z) > 1 {
        let names: Vec<&str> = axes.iter().map(|a| a.name.as_str()).collect();
        return Err(unsupported(
            FORMAT,
            format!("arrays with axes {names:?} aren't images"),
            "axes `y` and `x` are due",
        ));
    }
    let (origin, size) = region(array, &axes, options)?;
    let values = store.region(path, array, &origin, &size, options)?;
    let roles: Vec<Role> = axes.iter().map(|a| a.role).collect();
    let (voxels, shape) = arrange(values, &size, &roles);
    let units = match array.stored {
        Stored::U8 => Units::Levels { max: 255.0 },
        Stored::U16 => Units::Levels { max: 65535.0 },
        _ => Units::Intensity,
    };
    let mut out = Image::new(voxels, shape, units, Format::OmeZarr)?;
    let names = image.map(|i| i.channels.as_slice()).unwrap_or_default();
    out.channels = channels(&axes, &origin, &size, names);
    place(&mut out, &axes, image.and_then(|i| i.levels.get(level)?.placed.as_deref()));
    if !named {
        let names: Vec<&str> = axes.iter().map(|a| a.name.as_str()).collect();
        out.notes.push(format!("axes {:?} were read as {}", array.shape, names.join(" ")));
    }
    if let Some(image) = image.filter(|i| i.images > 1) {
        out.notes.push(format!("the first of {} images was read", image.images));
    }
    if array.stored.rounds() {
        out.notes.push("values were rounded to 32-bit floats".into());
    }
    Ok(out)
}

/// First index and number of entries along each axis: all, or the one channel or time point asked for.
fn region(array: &Description, axes: &[Axis], options: &OpenOptions) -> Result<(Vec<usize>, Vec<usize>)> {
    let (mut origin, mut size) = (vec![0; axes.len()], array.shape.clone());
    let Some(mut frame) = options.frame else { return Ok((origin, size)) };
    for i in (0..axes.len()).rev().filter(|&i| axes[i].role == Role::Channel) {
        origin[i] = frame % array.shape[i];
        size[i] = 1;
        frame /= array.shape[i];
    }
    if frame > 0 {
        return Err(damaged(
            FORMAT,
            format!("there is no volume {} in an array of shape {:?}", options.frame.unwrap_or(0), array.shape),
        ));
    }
    Ok((origin, size))
}

/// Names of the channels: of each axis that isn't in space its entry, where it has several.
fn channels(axes: &[Axis], origin: &[usize], size: &[usize], names: &[String]) -> Channels {
    let outside: Vec<usize> = (0..axes.len()).filter(|&i| axes[i].role == Role::Channel).collect();
    let sizes: Vec<usize> = outside.iter().map(|&i| size[i]).collect();
    if sizes.iter().product::<usize>() == 1 {
        return Channels::Grey;
    }
    let entry = |i: usize, k: usize| match axes[i].name.as_str() {
        "c" | "channel" => names.get(k).filter(|n| !n.is_empty()).cloned().unwrap_or(format!("channel {k}")),
        "t" => format!("time {k}"),
        other => format!("{other} {k}"),
    };
    let mut at = vec![0; sizes.len()];
    let mut out = vec![];
    loop {
        let parts: Vec<String> =
            (0..at.len()).filter(|&j| sizes[j] > 1).map(|j| entry(outside[j], origin[outside[j]] + at[j])).collect();
        out.push(parts.join(", "));
        if !copy::advance(&mut at, &sizes) {
            return Channels::Named(out);
        }
    }
}

/// Voxel size and offset, where the axes in space have units of length.
fn place(image: &mut Image, axes: &[Axis], placed: Option<&[(f64, f64)]>) {
    let Some(placed) = placed else { return };
    let of = |role: Role| {
        let i = axes.iter().position(|a| a.role == role)?;
        let (&(scale, shift), mm) = (placed.get(i)?, axes[i].unit_mm?);
        Some((scale * mm, shift * mm)).filter(|(s, _)| *s > 0.0)
    };
    let z = if axes.iter().any(|a| a.role == Role::Z) { of(Role::Z) } else { of(Role::X).map(|x| (x.0, 0.0)) };
    let (Some(x), Some(y), Some(z)) = (of(Role::X), of(Role::Y), z) else {
        image.notes.push("voxel sizes have no unit of length along some axes and were left out".into());
        return;
    };
    let affine = Affine::scale_offset([x.0, y.0, z.0], [x.1, y.1, z.1]);
    image.geometry = Geometry { world_from_voxel: affine, known: Known::Spacing };
}
