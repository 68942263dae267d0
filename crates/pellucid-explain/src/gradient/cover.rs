//! Covering an image with regions, those of the largest mean attribution first.

use crate::gradient::regions::Masks;

/// A covered image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cover {
    /// Gain of the region that each position came with.
    pub map: Vec<f64>,
    /// Gain of each region taken, in order.
    pub gains: Vec<f64>,
    /// Positions that each covered anew.
    pub areas: Vec<usize>,
}

/// A cover under way.
struct Growing<'a> {
    attribution: &'a [f64],
    covered: Vec<bool>,
    cover: Cover,
}

impl<'a> Growing<'a> {
    fn new(attribution: &'a [f64]) -> Growing<'a> {
        let n = attribution.len();
        Growing { attribution, covered: vec![false; n], cover: Cover { map: vec![0.0; n], ..Cover::default() } }
    }

    /// The positions that a mask would cover anew.
    fn fresh(&self, mask: &[u32]) -> Vec<u32> {
        mask.iter().copied().filter(|&p| !self.covered[p as usize]).collect()
    }

    /// Covers positions with their mean attribution.
    fn take(&mut self, fresh: &[u32]) {
        let gain = mean(self.attribution, fresh);
        for &p in fresh {
            self.covered[p as usize] = true;
            self.cover.map[p as usize] = gain;
        }
        self.cover.gains.push(gain);
        self.cover.areas.push(fresh.len());
    }

    /// Gives what is left its mean.
    fn finish(mut self) -> Cover {
        let rest: Vec<u32> = (0..self.covered.len() as u32).filter(|&p| !self.covered[p as usize]).collect();
        if !rest.is_empty() {
            let gain = mean(self.attribution, &rest);
            rest.iter().for_each(|&p| self.cover.map[p as usize] = gain);
        }
        self.cover
    }
}

fn mean(attribution: &[f64], positions: &[u32]) -> f64 {
    positions.iter().map(|&p| attribution[p as usize]).sum::<f64>() / positions.len() as f64
}

/// Takes the best mask again after each, until the covered share of the image exceeds `area`. Sums over uncovered positions are kept for each mask and
/// lowered through the list of masks at each position, so the whole costs as much as the masks have positions.
pub(crate) fn cover_full(masks: &Masks, attribution: &[f64], min_area: usize, area: f64) -> Cover {
    let mut growing = Growing::new(attribution);
    let at = masks_at(masks);
    let mut sums: Vec<f64> = masks.members.iter().map(|m| m.iter().map(|&p| attribution[p as usize]).sum()).collect();
    let mut counts: Vec<usize> = masks.members.iter().map(Vec::len).collect();
    let mut open: Vec<usize> = (0..masks.count()).collect();
    let mut covered = 0;
    while covered as f64 <= area * attribution.len() as f64 {
        open.retain(|&j| counts[j] >= min_area.max(1));
        let gain = |j: usize| sums[j] / counts[j] as f64;
        // of equal gains the first in the list
        let better = |best: Option<usize>, &j: &usize| match best {
            Some(b) if gain(b) >= gain(j) => Some(b),
            _ => Some(j),
        };
        let Some(best) = open.iter().fold(None, better) else { break };
        let fresh = growing.fresh(&masks.members[best]);
        growing.take(&fresh);
        covered += fresh.len();
        for p in fresh {
            for &l in &at[p as usize] {
                sums[l as usize] -= attribution[p as usize];
                counts[l as usize] -= 1;
            }
        }
        open.retain(|&j| j != best);
    }
    growing.finish()
}

/// Takes the masks once, in the order of the mean over the whole of each.
pub(crate) fn cover_fast(masks: &Masks, attribution: &[f64], min_area: usize) -> Cover {
    let mut growing = Growing::new(attribution);
    let mut order: Vec<(f64, &Vec<u32>)> =
        masks.members.iter().filter(|m| !m.is_empty()).map(|m| (mean(attribution, m), m)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, mask) in order {
        let fresh = growing.fresh(mask);
        if fresh.len() >= min_area.max(1) {
            growing.take(&fresh);
        }
    }
    growing.finish()
}

/// The masks at each position.
fn masks_at(masks: &Masks) -> Vec<Vec<u32>> {
    let mut at = vec![vec![]; masks.positions];
    for (j, members) in masks.members.iter().enumerate() {
        members.iter().for_each(|&p| at[p as usize].push(j as u32));
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn masks(members: &[&[u32]], positions: usize) -> Masks {
        Masks { members: members.iter().map(|m| m.to_vec()).collect(), positions }
    }

    #[test]
    fn the_densest_uncovered_part_comes_first() {
        let a = [9.0, 1.0, 1.0, 4.0, 4.0, -2.0];
        // the second mask is denser than the third until its first position is covered
        let m = masks(&[&[0], &[0, 1, 2], &[3, 4]], 6);
        let cover = cover_full(&m, &a, 1, 1.0);
        assert_eq!(cover.gains, [9.0, 4.0, 1.0]);
        assert_eq!((cover.map, cover.areas), (vec![9.0, 1.0, 1.0, 4.0, 4.0, -2.0], vec![1, 2, 2]));
        // `fast` keeps the order of whole masks: 9, 4, 11/3
        assert_eq!(cover_fast(&m, &a, 1).gains, [9.0, 4.0, 1.0]);
        let m = masks(&[&[0, 1, 2, 3], &[3, 4], &[0]], 6);
        // whole means 15/4, 4, 9; then 4 and the rest
        assert_eq!(cover_fast(&m, &a, 1).gains, [9.0, 4.0, 1.0]);
        assert_eq!(cover_fast(&m, &a, 3).gains, [15.0 / 4.0]);
    }

    #[test]
    fn it_stops_at_the_area_and_drops_small_gains() {
        let a = [5.0, 4.0, 3.0, 2.0];
        let m = masks(&[&[0], &[1], &[2], &[3]], 4);
        // the share is looked at before a mask is taken
        assert_eq!(cover_full(&m, &a, 1, 0.25).gains, [5.0, 4.0]);
        assert_eq!(cover_full(&m, &a, 1, 0.25).map, [5.0, 4.0, 2.5, 2.5]);
        assert_eq!(cover_full(&m, &a, 2, 1.0).map, [3.5; 4]);
        assert_eq!(cover_full(&masks(&[], 4), &a, 1, 1.0).map, [3.5; 4]);
    }

    /// Every sum taken anew, as the definition says.
    fn by_definition(masks: &Masks, a: &[f64], min_area: usize) -> Vec<f64> {
        let mut growing = Growing::new(a);
        let mut open: Vec<&Vec<u32>> = masks.members.iter().collect();
        loop {
            open.retain(|m| growing.fresh(m).len() >= min_area);
            let mut best: Option<(f64, usize)> = None;
            for (i, m) in open.iter().enumerate() {
                let gain = mean(a, &growing.fresh(m));
                if best.is_none_or(|b| gain > b.0) {
                    best = Some((gain, i));
                }
            }
            let Some((_, i)) = best else { return growing.finish().map };
            let fresh = growing.fresh(open.remove(i));
            growing.take(&fresh);
        }
    }

    #[test]
    fn kept_sums_give_what_sums_taken_anew_give() {
        for seed in 0..20 {
            let mut stream = Stream::new(seed, 0, 0);
            let a = stream.normals(60);
            let members = (0..25).map(|_| {
                let density = stream.uniform();
                (0..60).filter(|_| stream.uniform() < density).collect::<Vec<u32>>()
            });
            let m = Masks { members: members.collect(), positions: 60 };
            let (found, expected) = (cover_full(&m, &a, 3, 1.0), by_definition(&m, &a, 3));
            assert!(found.map.iter().zip(&expected).all(|(f, e)| (f - e).abs() < 1e-12), "{seed}");
            let total: f64 = found.map.iter().sum();
            assert!((total - a.iter().sum::<f64>()).abs() < 1e-12);
        }
    }
}
