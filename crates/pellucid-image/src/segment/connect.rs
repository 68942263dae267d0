//! Makes regions connected and of a least size.

use std::collections::BTreeMap;

use super::Labels;
use super::field::Field;

/// Neighbours over the faces.
pub(super) const FACES: [[isize; 3]; 6] = [[0, 0, 1], [0, 0, -1], [0, 1, 0], [0, -1, 0], [1, 0, 0], [-1, 0, 0]];

/// Splits regions into connected parts of at most `max` places; parts under `min` join a neighbour. Parts that touch nothing stay.
pub(super) fn connect(field: &Field, labels: &[u32], min: usize, max: usize) -> Vec<u32> {
    let mut parts = vec![Labels::OUTSIDE; labels.len()];
    let mut next = 0;
    // Small parts with no finished neighbour keep the next name open: the part that follows shares it when it lies beside them.
    let mut open = false;
    let mut lonely = BTreeMap::new();
    for start in field.wanted() {
        if parts[start] != Labels::OUTSIDE {
            continue;
        }
        if open && !around(field, start).any(|p| parts[p] == next) {
            lonely.insert(next, Vec::new());
            (next, open) = (next + 1, false);
        }
        let (members, touched) = grow(field, labels, &mut parts, start, next, max);
        match touched {
            Some(other) if members.len() < min => members.iter().for_each(|&p| parts[p] = other),
            None if members.len() < min => open = true,
            _ => (next, open) = (next + 1, false),
        }
    }
    if open {
        lonely.insert(next, Vec::new());
    }
    adopt(field, &mut parts, lonely, min);
    parts
}

/// Parts that had no finished neighbour when they were grown may have one now.
fn adopt(field: &Field, parts: &mut [u32], mut lonely: BTreeMap<u32, Vec<usize>>, min: usize) {
    for place in field.wanted() {
        if let Some(members) = lonely.get_mut(&parts[place]) {
            members.push(place);
        }
    }
    for (name, members) in lonely.into_iter().filter(|(_, members)| members.len() < min) {
        let other = members.iter().flat_map(|&p| around(field, p)).map(|p| parts[p]).find(|&l| l != name);
        if let Some(other) = other {
            members.iter().for_each(|&p| parts[p] = other);
        }
    }
}

fn around<'f>(field: &'f Field, place: usize) -> impl Iterator<Item = usize> + use<'f> {
    FACES.iter().filter_map(move |&offset| field.step(place, offset))
}

/// The part around a place, breadth first, and the finished part it touched last.
fn grow(
    field: &Field,
    labels: &[u32],
    parts: &mut [u32],
    start: usize,
    name: u32,
    max: usize,
) -> (Vec<usize>, Option<u32>) {
    let mut members = vec![start];
    let mut touched = None;
    parts[start] = name;
    let mut visited = 0;
    while visited < members.len() && members.len() < max {
        let here = members[visited];
        for place in around(field, here) {
            if parts[place] == Labels::OUTSIDE && labels[place] == labels[start] {
                parts[place] = name;
                members.push(place);
                if members.len() >= max {
                    break;
                }
            } else if parts[place] != Labels::OUTSIDE && parts[place] != name {
                touched = Some(parts[place]);
            }
        }
        visited += 1;
    }
    (members, touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_split_and_specks_join() {
        let field = Field::new(&[0.0; 10], &[1, 1, 10], &[1.0, 1.0], None).unwrap();
        let labels = [5, 1, 1, 1, 0, 1, 1, 1, 1, 1];
        // the speck at the left joins the part on its right, that in the middle the part on its left, and the long part is cut at 4
        assert_eq!(connect(&field, &labels, 2, 4), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn specks_of_a_mask_join_only_what_they_touch() {
        let mask = [true, false, true, true, false, true, true, true, true, true];
        let field = Field::new(&[0.0; 10], &[1, 2, 5], &[1.0, 1.0], Some(&mask)).unwrap();
        let out = Labels::OUTSIDE;
        let labels = [3, out, 4, 4, out, 5, 5, 5, 5, 5];
        assert_eq!(connect(&field, &labels, 3, 9), [2, out, 2, 2, out, 2, 2, 2, 2, 2]);
        let apart = [true, false, true, true, true];
        let field = Field::new(&[0.0; 5], &[1, 1, 5], &[1.0, 1.0], Some(&apart)).unwrap();
        assert_eq!(connect(&field, &[0, out, 1, 1, 1], 3, 9), [0, out, 1, 1, 1]);
    }
}
