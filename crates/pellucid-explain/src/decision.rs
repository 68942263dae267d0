//! Whether a changed input leads to the same decision as the clean one.

use pellucid_graph::Tensor;

use crate::region::wins;
use crate::target::Objective;

/// The decision on the clean input.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    kind: Kind,
    class_axis: usize,
    /// Overlap (Dice) of the region above which a segmentation is the same.
    overlap: f64,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The class with the largest value.
    Class(usize),
    /// Whether one label's logit is positive.
    Label(usize, bool),
    /// Where a class wins.
    Region(usize, Vec<bool>),
}

impl Decision {
    /// The decision that a target is about, from the clean value of the wire before the last activation.
    pub fn of(objective: &Objective, clean: &Tensor, overlap: f64) -> Decision {
        let class_axis = objective.class_axis;
        let k = clean.shape().get(class_axis).copied().unwrap_or(1);
        let class = objective.target.class().unwrap_or(0);
        let y = clean.to_f64();
        let kind = if y.len() > k {
            let region = wins(clean, class_axis, class);
            Kind::Region(class, region)
        } else if k == 1 || objective.stepped_over.as_deref() == Some("Sigmoid") {
            let class = class.min(k.saturating_sub(1));
            Kind::Label(class, y.get(class).is_some_and(|v| *v > 0.0))
        } else {
            Kind::Class(largest(&y))
        };
        Decision { kind, class_axis, overlap }
    }

    /// In words.
    pub fn describe(&self, labels: &[String]) -> String {
        let name = |c: usize| labels.get(c).map_or_else(|| format!("class {c}"), |l| format!("{l} (class {c})"));
        match &self.kind {
            Kind::Class(c) => name(*c),
            Kind::Label(c, true) => format!("{} is present", name(*c)),
            Kind::Label(c, false) => format!("{} is absent", name(*c)),
            Kind::Region(c, _) => format!("{} where it is, to an overlap of {}", name(*c), self.overlap),
        }
    }

    /// The decision that a value means, as a number: the class, 1 for a label that is present, 1 for a region that overlaps the clean one.
    pub fn label(&self, value: &Tensor) -> f64 {
        let yes = |yes: bool| f64::from(u8::from(yes));
        match &self.kind {
            Kind::Class(_) => largest(&value.to_f64()) as f64,
            Kind::Label(c, _) => yes(value.to_f64().get(*c).is_some_and(|v| *v > 0.0)),
            Kind::Region(c, clean) => yes(dice(&wins(value, self.class_axis, *c), clean) >= self.overlap),
        }
    }

    /// The number of the clean decision.
    pub fn clean(&self) -> f64 {
        match &self.kind {
            Kind::Class(c) => *c as f64,
            Kind::Label(_, present) => f64::from(u8::from(*present)),
            Kind::Region(..) => 1.0,
        }
    }
}

/// The first of the largest.
fn largest(y: &[f64]) -> usize {
    y.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (i, v)| if *v > best.1 { (i, *v) } else { best }).0
}

/// `2 |A and B| / (|A| + |B|)`; 1 when both are empty.
fn dice(a: &[bool], b: &[bool]) -> f64 {
    let both = a.iter().zip(b).filter(|(x, y)| **x && **y).count();
    let total = a.iter().chain(b).filter(|v| **v).count();
    if total == 0 { 1.0 } else { 2.0 * both as f64 / total as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Reference, Region, RegionReduce, Target};

    fn decision(target: &Target, value: &Tensor, stepped_over: Option<&str>) -> Decision {
        let reference = Reference { wire: "y", value, class_axis: 1, stepped_over, labels: &[] };
        Decision::of(&target.resolve(&reference).unwrap(), value, 0.8)
    }

    impl Decision {
        fn same(&self, value: &Tensor) -> bool {
            self.label(value) == self.clean()
        }
    }

    fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
        Tensor::f32(shape, values.to_vec()).unwrap()
    }

    #[test]
    fn a_class_is_kept_while_it_is_the_largest() {
        let d = decision(&Target::Logit { index: 0 }, &tensor(&[1, 3], &[0.0, 2.0, 1.0]), None);
        assert!(d.same(&tensor(&[1, 3], &[5.0, 6.0, 1.0])) && !d.same(&tensor(&[1, 3], &[7.0, 6.0, 1.0])));
    }

    #[test]
    fn a_label_is_kept_while_its_sign_is() {
        let d = decision(&Target::Logit { index: 1 }, &tensor(&[1, 2], &[9.0, -1.0]), Some("Sigmoid"));
        assert!(d.same(&tensor(&[1, 2], &[-9.0, -0.1])) && !d.same(&tensor(&[1, 2], &[9.0, 0.1])));
        assert_eq!(d.describe(&[]), "class 1 is absent");
    }

    #[test]
    fn a_region_is_kept_while_it_overlaps() {
        let target = Target::Region { index: 1, mask: Region::Predicted, reduce: RegionReduce::LogitSum };
        let d = decision(&target, &tensor(&[1, 2, 4], &[0.0, 0.0, 0.0, 9.0, 1.0, 1.0, 1.0, 1.0]), None);
        // three places of class 1: losing one leaves 2 * 2 / 5, gaining one 2 * 3 / 7
        assert!(d.same(&tensor(&[1, 2, 4], &[9.0, 0.0, 0.0, 9.0, 1.0, 1.0, 1.0, 1.0])));
        assert!(d.same(&tensor(&[1, 2, 4], &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])));
        assert!(!d.same(&tensor(&[1, 2, 4], &[9.0, 9.0, 0.0, 9.0, 1.0, 1.0, 1.0, 1.0])));
    }
}
