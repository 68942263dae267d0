//! Phantoms: images and volumes with a planted lesion of known shape, a nuisance marker, and a label that follows a stated rule.
//!
//! Every phantom can be drawn again with one attribute changed and all noise as it was, so the effect of an attribute on a model is known
//! exactly. Phantom `i` of a seed is the same whatever was made before it.

mod dataset;
mod render;

pub use dataset::write_dataset;

use serde::{Deserialize, Serialize};

use crate::random::Stream;
use crate::{Image, Result};

/// What is in a phantom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attributes {
    /// Whether there is a lesion.
    pub lesion: bool,
    /// Large or small.
    pub large: bool,
    /// Spikes around the edge, or a smooth edge.
    pub spiculated: bool,
    /// Bright dots inside.
    pub calcified: bool,
    /// On the right half (larger index of the last axis), or the left.
    pub right: bool,
    /// Brightness above the background, levels of 255.
    pub brightness: f64,
    /// A bright token in a corner that has nothing to do with the lesion.
    pub marker: bool,
}

impl Attributes {
    /// A sentence that says what a reader would.
    pub fn report(&self) -> String {
        if !self.lesion {
            return "There is no lesion.".into();
        }
        let size = if self.large { "large" } else { "small" };
        let edge = if self.spiculated { "spiculated" } else { "smooth" };
        let side = if self.right { "right" } else { "left" };
        let dots = if self.calcified { " with calcifications" } else { "" };
        format!("There is a {size} {edge} lesion{dots} in the {side} half.")
    }
}

/// Which label follows from the attributes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// 0 no lesion, 1 smooth lesion, 2 spiculated lesion.
    Kind,
    /// 1 where size + 1.5 spikes + 0.8 dots exceeds 1.2.
    Linear,
    /// 1 where spiculated and calcified.
    And,
    /// 1 where either spiculated or calcified, not both.
    Xor,
    /// As `Kind`, but the marker goes with a spiculated lesion in the stated share of images: a shortcut.
    Shortcut {
        /// Probability that the marker is there exactly where the lesion is spiculated.
        agreement: f64,
    },
}

/// What kind of phantom to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// `H x W`, or `D x H x W`.
    pub size: Vec<usize>,
    /// The label.
    pub rule: Rule,
    /// Share of images with a marker, where the rule doesn't decide.
    pub marker_share: f64,
    /// Standard deviation of the noise, levels of 255.
    pub noise: f64,
}

/// A phantom with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Phantom {
    /// The image: one grey channel, levels 0 to 255.
    pub image: Image,
    /// The lesion, over `D x H x W`.
    pub mask: Vec<bool>,
    /// The marker, over `D x H x W`.
    pub marker: Vec<bool>,
    /// What is in it.
    pub attributes: Attributes,
    /// The label.
    pub label: usize,
}

/// Names of the labels of [`Rule::Kind`].
pub const KINDS: [&str; 3] = ["no lesion", "smooth lesion", "spiculated lesion"];

impl Spec {
    /// Images of 64 x 64.
    pub fn image() -> Spec {
        Spec { size: vec![64, 64], rule: Rule::Kind, marker_share: 0.5, noise: 6.0 }
    }

    /// Volumes of 32 x 32 x 32.
    pub fn volume() -> Spec {
        Spec { size: vec![32, 32, 32], ..Spec::image() }
    }

    /// The attributes of phantom `index`.
    pub fn attributes(&self, seed: u64, index: u64) -> Attributes {
        let mut s = Stream::new(seed, index).part(0);
        let kind = s.below(3);
        let spiculated = kind == 2;
        let mut attributes = Attributes {
            lesion: kind > 0,
            large: s.chance(0.5),
            spiculated,
            calcified: s.chance(0.5),
            right: s.chance(0.5),
            brightness: s.between(60.0, 110.0),
            marker: s.chance(self.marker_share),
        };
        if let Rule::Shortcut { agreement } = self.rule {
            attributes.marker = spiculated == s.chance(agreement);
        }
        attributes
    }

    /// Phantom `index` of a seed.
    ///
    /// # Errors
    /// When the size isn't two or three axes of at least 16.
    pub fn make(&self, seed: u64, index: u64) -> Result<Phantom> {
        self.render(self.attributes(seed, index), seed, index)
    }

    /// Phantom `index` of a seed with other attributes: place, background and noise stay as they are.
    ///
    /// # Errors
    /// When the size isn't two or three axes of at least 16.
    pub fn render(&self, attributes: Attributes, seed: u64, index: u64) -> Result<Phantom> {
        let drawn = render::draw(self, &attributes, Stream::new(seed, index))?;
        Ok(Phantom {
            image: drawn.image,
            mask: drawn.mask,
            marker: drawn.marker,
            label: self.rule.label(&attributes),
            attributes,
        })
    }
}

impl Rule {
    /// The label that follows.
    pub fn label(self, a: &Attributes) -> usize {
        let (spikes, dots) = (a.lesion && a.spiculated, a.lesion && a.calcified);
        match self {
            Rule::Kind | Rule::Shortcut { .. } => usize::from(a.lesion) + usize::from(spikes),
            Rule::Linear => {
                let share = |on: bool, w: f64| if on { w } else { 0.0 };
                usize::from(share(a.lesion && a.large, 1.0) + share(spikes, 1.5) + share(dots, 0.8) > 1.2)
            }
            Rule::And => usize::from(spikes && dots),
            Rule::Xor => usize::from(spikes != dots),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_attribute_changes_nothing_else() {
        let spec = Spec::image();
        let mut a = spec.attributes(5, 9);
        (a.lesion, a.calcified) = (true, false);
        let plain = spec.render(a, 5, 9).unwrap();
        a.calcified = true;
        let dotted = spec.render(a, 5, 9).unwrap();
        let changed = |i: &usize| plain.image.voxels()[*i] != dotted.image.voxels()[*i];
        let places: Vec<usize> = (0..plain.mask.len()).filter(changed).collect();
        assert!(!places.is_empty() && places.len() < 60, "{}", places.len());
        assert!(places.iter().all(|&i| plain.mask[i]), "dots lie inside the lesion");
        assert_eq!(plain.mask, dotted.mask);
    }

    #[test]
    fn lesions_are_brighter_than_their_surroundings() {
        for spec in [Spec::image(), Spec::volume()] {
            for index in 0..20 {
                let p = spec.make(0, index).unwrap();
                assert_eq!(p.mask.iter().any(|m| *m), p.attributes.lesion);
                assert_eq!(p.marker.iter().any(|m| *m), p.attributes.marker);
                if p.attributes.lesion {
                    let mean = |inside: bool| {
                        let v = p.image.voxels().iter().zip(&p.mask).filter(|(_, m)| **m == inside);
                        let v: Vec<f32> = v.map(|x| *x.0).collect();
                        v.iter().sum::<f32>() / v.len() as f32
                    };
                    assert!(mean(true) > mean(false) + 15.0, "phantom {index}");
                }
            }
        }
    }

    #[test]
    fn a_phantom_is_the_same_whatever_came_before() {
        let spec = Spec::image();
        let alone = spec.make(11, 5).unwrap();
        (0..5).for_each(|i| drop(spec.make(11, i).unwrap()));
        assert_eq!(spec.make(11, 5).unwrap().image, alone.image);
        assert_ne!(spec.make(12, 5).unwrap().image, alone.image);
    }

    #[test]
    fn labels_follow_their_rules() {
        let a = |lesion, spiculated, calcified| Attributes {
            lesion,
            large: false,
            spiculated,
            calcified,
            right: false,
            brightness: 80.0,
            marker: false,
        };
        assert_eq!(
            [a(false, true, true), a(true, false, true), a(true, true, false)].map(|a| Rule::Kind.label(&a)),
            [0, 1, 2]
        );
        assert_eq!(Rule::And.label(&a(true, true, true)), 1);
        assert_eq!(Rule::Xor.label(&a(true, true, true)), 0);
        assert_eq!(Rule::Linear.label(&a(true, true, false)), 1);
        assert_eq!(Rule::Linear.label(&a(true, false, true)), 0);
    }

    #[test]
    fn shortcuts_agree_as_often_as_stated() {
        let spec = Spec { rule: Rule::Shortcut { agreement: 0.9 }, ..Spec::image() };
        let agree = (0..2000).map(|i| spec.attributes(1, i)).filter(|a| a.marker == a.spiculated).count();
        assert!((agree as f64 / 2000.0 - 0.9).abs() < 0.03, "{agree}");
    }

    #[test]
    fn sizes_that_hold_no_lesion_are_refused() {
        assert!(Spec { size: vec![8, 8], ..Spec::image() }.make(0, 0).is_err());
        assert!(Spec { size: vec![64], ..Spec::image() }.make(0, 0).is_err());
    }
}
