//! The volumes that one series or file holds: slices told apart by size, orientation, echo, time point, b-value.

use std::collections::{BTreeMap, BTreeSet};

use crate::read::dicom::data_set::{DataSet, Tag};
use crate::read::dicom::place::Plane;
use crate::read::dicom::stack::all_apart;

/// What may tell slices in one place apart.
pub struct Key {
    /// Its name in messages.
    pub name: &'static str,
    /// The attribute of a file.
    pub tag: Tag,
    /// The attributes of a frame, as `(functional group sequence, attribute)`.
    pub of_frame: &'static [(Tag, Tag)],
}

const fn key(name: &'static str, tag: Tag, of_frame: &'static [(Tag, Tag)]) -> Key {
    Key { name, tag, of_frame }
}

/// The keys, in the order in which they are tried.
pub const KEYS: &[Key] = &[
    key(
        "image type",
        0x0008_0008,
        &[(0x0018_9329, 0x0008_9007), (0x0018_9226, 0x0008_9007), (0x0018_9751, 0x0008_9007)],
    ),
    key("segment", 0x0062_000b, &[(0x0062_000a, 0x0062_000b)]),
    key("stack", 0x0020_9056, &[(0x0020_9111, 0x0020_9056)]),
    key("temporal position", 0x0020_0100, &[(0x0020_9111, 0x0020_9128)]),
    key("echo", 0x0018_0086, &[]),
    key("echo time", 0x0018_0081, &[(0x0018_9114, 0x0018_9082)]),
    key("b-value", 0x0018_9087, &[(0x0018_9117, 0x0018_9087)]),
    key("trigger time", 0x0018_1060, &[(0x0018_9118, 0x0020_9153)]),
    key("frame reference time", 0x0054_1300, &[]),
    key("acquisition", 0x0020_0012, &[(0x0020_9111, 0x0020_9156)]),
    key("acquisition time", 0x0008_0032, &[(0x0020_9111, 0x0018_9074)]),
    key("content time", 0x0008_0033, &[]),
];

/// Most groups of different shape that are told apart.
const MOST_SHAPES: usize = 64;

/// Longest attribute that is taken as a label.
const MOST_BYTES: usize = 128;

/// The values of [`KEYS`] for one slice.
pub type Labels = [Option<String>; KEYS.len()];

/// What a slice is sorted by.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Rows and columns.
    pub size: [usize; 2],
    /// `[row spacing, column spacing]` in mm.
    pub spacing: Option<[f64; 2]>,
    /// Where it lies.
    pub plane: Option<Plane>,
    /// What else tells it apart.
    pub labels: Labels,
}

/// Slices of one volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What tells it from the others: `echo 2`. Empty when there is one part only.
    pub label: String,
    /// Indices of its slices.
    pub members: Vec<usize>,
}

/// Reads the labels of a file.
pub fn labels(set: &DataSet) -> Labels {
    std::array::from_fn(|i| label(set, KEYS[i].tag))
}

/// A value as text, whatever its representation.
pub fn label(set: &DataSet, tag: Tag) -> Option<String> {
    // Every frame keeps its labels: they must be short.
    if set.bytes(tag)?.len() > MOST_BYTES {
        return None;
    }
    match set.get(tag)?.vr.as_ref() {
        Some(b"UL") => set.long(tag).map(|v| v.to_string()),
        Some(b"US") => set.short(tag).map(|v| v.to_string()),
        Some(b"FD" | b"FL") => set.decimal(tag).map(|v| v.to_string()),
        _ => set.text(tag),
    }
}

/// Splits slices into volumes: first by size, spacing and orientation, then, where several lie in one place, by the first key (or pair of keys)
/// of [`KEYS`] that leaves one in each place.
pub fn parts(slices: &[Slice]) -> Vec<Part> {
    let all: Vec<usize> = (0..slices.len()).collect();
    let by_shape = by_shape(slices, &all);
    let single = by_shape.len() == 1;
    let parts = by_shape.into_iter().flat_map(|(label, members)| {
        let inner = by_key(slices, &members);
        let join = move |part: Part| Part {
            label: [label.as_str(), part.label.as_str()]
                .iter()
                .filter(|l| !l.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(", "),
            members: part.members,
        };
        inner.into_iter().map(join)
    });
    let mut parts: Vec<Part> = parts.collect();
    if single && parts.len() == 1 {
        parts[0].label.clear();
    }
    parts
}

/// Groups of equal size, spacing and orientation, largest first, named by what differs.
fn by_shape(slices: &[Slice], members: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<Vec<usize>> = vec![];
    for &i in members {
        match groups.iter().position(|g| alike(&slices[g[0]], &slices[i])) {
            Some(group) => groups[group].push(i),
            // So many shapes are no series; the faults of the stack will say so.
            None if groups.len() == MOST_SHAPES => return vec![(String::new(), members.to_vec())],
            None => groups.push(vec![i]),
        }
    }
    groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
    let first = &slices[groups[0][0]];
    let differs = |f: &dyn Fn(&Slice) -> bool| groups.iter().any(|g| f(&slices[g[0]]));
    let size = differs(&|s| s.size != first.size);
    let spacing = differs(&|s| !same_spacing(s.spacing, first.spacing));
    let orientation = differs(&|s| !same_orientation(s.plane.as_ref(), first.plane.as_ref()));
    let name = |s: &Slice| {
        let mut names = vec![];
        if size {
            names.push(format!("size {} x {}", s.size[0], s.size[1]));
        }
        if spacing {
            names
                .push(s.spacing.map_or("no pixel spacing".into(), |s| format!("pixel spacing {} x {} mm", s[0], s[1])));
        }
        if orientation {
            names
                .push(s.plane.as_ref().map_or("no orientation".into(), |p| format!("orientation {}", p.orientation())));
        }
        names.join(", ")
    };
    groups.into_iter().map(|g| (name(&slices[g[0]]), g)).collect()
}

fn alike(a: &Slice, b: &Slice) -> bool {
    a.size == b.size && same_spacing(a.spacing, b.spacing) && same_orientation(a.plane.as_ref(), b.plane.as_ref())
}

fn same_orientation(a: Option<&Plane>, b: Option<&Plane>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.is_parallel(b),
        (a, b) => a.is_none() == b.is_none(),
    }
}

fn same_spacing(a: Option<[f64; 2]>, b: Option<[f64; 2]>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (0..2).all(|i| (a[i] - b[i]).abs() <= 1e-4 * a[i]),
        (a, b) => a.is_none() == b.is_none(),
    }
}

/// Splits slices of one shape by the first key or pair of keys that leaves one slice in each place.
fn by_key(slices: &[Slice], members: &[usize]) -> Vec<Part> {
    let whole = || vec![Part { label: String::new(), members: members.to_vec() }];
    let apart = |group: &[usize]| {
        let planes: Option<Vec<Plane>> = group.iter().map(|&i| slices[i].plane).collect();
        planes.is_some_and(|planes| all_apart(&planes))
    };
    if slices.iter().any(|s| s.plane.is_none()) || apart(members) {
        return whole();
    }
    let ranks: Vec<(usize, Vec<u32>)> = (0..KEYS.len()).filter_map(|k| Some((k, ranks(slices, members, k)?))).collect();
    let singles = (0..ranks.len()).map(|a| (a, a));
    let pairs = (0..ranks.len()).flat_map(|a| (a + 1..ranks.len()).map(move |b| (a, b)));
    for (a, b) in singles.chain(pairs) {
        let mut groups: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (m, &i) in members.iter().enumerate() {
            groups.entry((ranks[a].1[m], ranks[b].1[m])).or_default().push(i);
        }
        if groups.values().all(|g| apart(g)) {
            let keys = if a == b { vec![ranks[a].0] } else { vec![ranks[a].0, ranks[b].0] };
            let part = |members: Vec<usize>| Part { label: names(slices, &keys, members[0]), members };
            return groups.into_values().map(part).collect();
        }
    }
    whole()
}

/// The place of each member's label among the different ones, `None` when all have the same.
fn ranks(slices: &[Slice], members: &[usize], key: usize) -> Option<Vec<u32>> {
    let label = |i: &usize| slices[*i].labels[key].as_deref();
    let different: BTreeSet<Rank> = members.iter().map(|i| Rank::of(label(i))).collect();
    let places: BTreeMap<&Rank, u32> = different.iter().zip(0..).collect();
    let place = |i: &usize| places.get(&Rank::of(label(i))).copied().unwrap_or(0);
    (different.len() > 1).then(|| members.iter().map(place).collect())
}

fn names(slices: &[Slice], keys: &[usize], member: usize) -> String {
    let one = |&k: &usize| format!("{} {}", KEYS[k].name, slices[member].labels[k].as_deref().unwrap_or("unknown"));
    keys.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Order of labels: numbers by value, before texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Nothing,
    Number(i64, String),
    Text(String),
}

impl Rank {
    fn of(label: Option<&str>) -> Rank {
        let Some(label) = label else { return Rank::Nothing };
        match label.parse::<f64>() {
            Ok(v) if v.is_finite() => Rank::Number((v * 1e3) as i64, label.to_string()),
            _ => Rank::Text(label.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(z: f64, echo: Option<&str>, rows: usize) -> Slice {
        let mut labels: Labels = Default::default();
        labels[4] = echo.map(String::from);
        let plane = Plane { along_row: [1.0, 0.0, 0.0], along_column: [0.0, 1.0, 0.0], position: [0.0, 0.0, z] };
        Slice { size: [rows, 8], spacing: Some([1.0, 1.0]), plane: Some(plane), labels }
    }

    #[test]
    fn echoes_are_told_apart_in_the_order_of_their_numbers() {
        let slices = [(0.0, "10"), (0.0, "9"), (1.0, "9"), (1.0, "10")].map(|(z, echo)| slice(z, Some(echo), 8));
        let found = parts(&slices);
        assert_eq!(found[0], Part { label: "echo 9".into(), members: vec![1, 2] });
        assert_eq!(found[1], Part { label: "echo 10".into(), members: vec![0, 3] });
    }

    #[test]
    fn sizes_come_first_and_a_single_volume_has_no_name() {
        let found = parts(&[slice(0.0, None, 8), slice(1.0, None, 4), slice(2.0, None, 8)]);
        assert_eq!(found[0], Part { label: "size 8 x 8".into(), members: vec![0, 2] });
        assert_eq!(found[1].label, "size 4 x 8");
        let found = parts(&[slice(0.0, None, 8), slice(1.0, None, 8)]);
        assert_eq!(found, [Part { label: String::new(), members: vec![0, 1] }]);
    }

    #[test]
    fn what_nothing_tells_apart_stays_together() {
        assert_eq!(parts(&[slice(0.0, None, 8), slice(0.0, None, 8)]).len(), 1);
    }
}
