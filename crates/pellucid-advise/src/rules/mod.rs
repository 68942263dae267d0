//! Rules: when something holds, something follows, for a reason, from a source.

mod table;

pub use table::RULES;

use crate::facts::{Family, Need};
use crate::preset::Preset;
use crate::protocol::TargetKind;
use crate::situation::{Depth, ImageFacts, Offers, Role, Task};

/// A condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// The model does this.
    Task(Task),
    /// This role reads.
    Role(Role),
    /// At least this deep.
    From(Depth),
    /// The model is given volumes.
    Volume,
    /// Distances are known in mm.
    Scale,
    /// A need is met.
    Has(Need),
    /// A need isn't met.
    Lacks(Need),
    /// Boxes can't be read before duplicates are suppressed.
    NoRawBoxes,
    /// The preset is one of these.
    Preset(&'static [&'static str]),
    /// The output is one score for one of two labels.
    OneScore,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// What is explained.
    Target(TargetKind),
    /// A method is recommended.
    Method(&'static str),
    /// A metric is recommended.
    Metric(&'static str),
    /// These methods aren't.
    Against(&'static [&'static str]),
    /// No method of these families is.
    AgainstFamilies(&'static [Family]),
    /// A parameter of a method, as text.
    Word(&'static str, &'static str, &'static str),
    /// A parameter of a metric, as a number.
    Number(&'static str, &'static str, f64),
    /// Seeds.
    Seeds(u64),
    /// At least so many families of methods.
    Families(usize),
    /// At least so many baselines.
    Baselines(usize),
    /// Maps without knowledge are scored along.
    Control(&'static str),
    /// A warning for every reader.
    Warn,
}

/// A rule: all conditions must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The conditions.
    pub when: &'static [When],
    /// What follows.
    pub effect: Effect,
    /// Why.
    pub reason: &'static str,
    /// Where that comes from.
    pub source: &'static str,
}

/// What conditions are held against.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What the model does.
    pub task: Task,
    /// Who reads.
    pub role: Role,
    /// How deep.
    pub depth: Depth,
    /// Whether the output is one score for one of two labels.
    pub one_score: bool,
    /// The images.
    pub image: &'a ImageFacts,
    /// What model and data offer.
    pub offers: &'a Offers,
    /// The preset.
    pub preset: &'a Preset,
}

impl Situation<'_> {
    /// Whether a condition holds.
    pub fn holds(&self, when: When) -> bool {
        match when {
            When::Task(task) => self.task == task,
            When::Role(role) => self.role == role,
            When::From(depth) => self.depth >= depth,
            When::Volume => self.image.is_volume(),
            When::Scale => self.image.geometry.spacing_known(),
            When::Has(need) => self.offers.has(need),
            When::Lacks(need) => !self.offers.has(need),
            When::NoRawBoxes => !self.offers.raw_boxes,
            When::Preset(ids) => ids.contains(&self.preset.id.as_str()),
            When::OneScore => self.one_score,
        }
    }

    /// The rules all of whose conditions hold, in order.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        RULES.iter().filter(|r| r.when.iter().all(|w| self.holds(*w)))
    }
}
