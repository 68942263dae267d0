//! Content items of a structured report (PS3.3, C.17.3).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::InstanceRef;
use crate::code::{Code, Term};
use crate::data::Set;

/// How an item belongs to the one above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Contains,
    HasConceptModifier,
    HasObservationContext,
}

impl Relation {
    fn name(self) -> &'static str {
        match self {
            Relation::Contains => "CONTAINS",
            Relation::HasConceptModifier => "HAS CONCEPT MOD",
            Relation::HasObservationContext => "HAS OBS CONTEXT",
        }
    }
}

/// An item of the tree: its own attributes and the items below it.
#[derive(Debug, Default)]
pub(super) struct Item {
    set: Set,
    below: Vec<Set>,
}

impl Item {
    fn new(kind: &str, name: Code) -> Item {
        let mut item = Item::default();
        item.set.text(tags::VALUE_TYPE, kind).code(tags::CONCEPT_NAME_CODE_SEQUENCE, name);
        item
    }

    /// A heading with items below it; `template` is its number in PS3.16.
    pub fn container(name: impl Into<Code>, template: Option<&str>) -> Item {
        let mut item = Item::new("CONTAINER", name.into());
        item.set.text(tags::CONTINUITY_OF_CONTENT, "SEPARATE");
        if let Some(number) = template {
            let mut set = Set::default();
            set.text(tags::MAPPING_RESOURCE, "DCMR").text(tags::TEMPLATE_IDENTIFIER, number);
            item.set.item(tags::CONTENT_TEMPLATE_SEQUENCE, set);
        }
        item
    }

    /// A coded answer.
    pub fn code(name: impl Into<Code>, value: impl Into<Code>) -> Item {
        let mut item = Item::new("CODE", name.into());
        item.set.code(tags::CONCEPT_CODE_SEQUENCE, value);
        item
    }

    /// An answer in words.
    pub fn text(name: impl Into<Code>, value: &str) -> Item {
        let mut item = Item::new("TEXT", name.into());
        item.set.text(tags::TEXT_VALUE, value);
        item
    }

    /// A unique identifier.
    pub fn uid(name: Term, value: &str) -> Item {
        let mut item = Item::new("UIDREF", name.into());
        item.set.text(tags::UID, value);
        item
    }

    /// A number with its unit. The exact value stands beside the decimal one, which holds 16 characters.
    pub fn number(name: impl Into<Code>, value: f64, unit: Code) -> Item {
        let mut measured = Set::default();
        measured
            .decimal(tags::NUMERIC_VALUE, value)
            .double(tags::FLOATING_POINT_VALUE, value)
            .code(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, unit);
        let mut item = Item::new("NUM", name.into());
        item.set.item(tags::MEASURED_VALUE_SEQUENCE, measured);
        item
    }

    /// A reference to an image by class and instance, or to parts of it: frames and segments by number.
    pub fn image(name: Option<Term>, class: &str, instance: &str, parts: &[(Tag, u32)]) -> Item {
        let mut reference = Set::default();
        reference.text(tags::REFERENCED_SOP_CLASS_UID, class).text(tags::REFERENCED_SOP_INSTANCE_UID, instance);
        for (tag, number) in parts {
            match u16::try_from(*number) {
                Ok(number) if *tag == tags::REFERENCED_SEGMENT_NUMBER => reference.short(*tag, number),
                _ => reference.integer(*tag, u64::from(*number)),
            };
        }
        let mut item = Item::default();
        item.set.text(tags::VALUE_TYPE, "IMAGE");
        if let Some(name) = name {
            item.set.code(tags::CONCEPT_NAME_CODE_SEQUENCE, name);
        }
        item.set.item(tags::REFERENCED_SOP_SEQUENCE, reference);
        item
    }

    /// A reference to a result object.
    pub fn result(name: Term, result: &InstanceRef) -> Item {
        Item::image(Some(name), &result.class, &result.instance, &[])
    }

    /// Puts an item below this one.
    pub fn add(&mut self, relation: Relation, item: Item) -> &mut Item {
        let mut set = item.finish();
        set.text(tags::RELATIONSHIP_TYPE, relation.name());
        self.below.push(set);
        self
    }

    /// The item with those below it.
    pub fn finish(self) -> Set {
        let Item { mut set, below } = self;
        if !below.is_empty() {
            set.sequence(tags::CONTENT_SEQUENCE, below);
        }
        set
    }

    /// Puts the tree into a data set, whose root it becomes.
    pub fn root(self, set: &mut Set) {
        set.absorb(self.finish());
    }
}
