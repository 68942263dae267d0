//! What is said of each frame: by its own functional groups first, then by those shared by all, then by the file itself (PS3.3, C.7.6.16).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::DisplayWindow;
use crate::Result;
use crate::read::dicom::data_set::{DataSet, RawItem, Tag};
use crate::read::dicom::display;
use crate::read::dicom::info::PixelInfo;
use crate::read::dicom::modality::Modality;
use crate::read::dicom::parts::{KEYS, Labels, Slice, label, labels};
use crate::read::dicom::place::{self, Plane};

/// Pixel Value Transformation Sequence.
const RESCALE: Tag = 0x0028_9145;
/// Pixel Measures Sequence.
const MEASURES: Tag = 0x0028_9110;
/// Plane Orientation Sequence.
const ORIENTATION: Tag = 0x0020_9116;
/// Plane Position Sequence.
const POSITION: Tag = 0x0020_9113;
/// Frame VOI LUT Sequence.
const WINDOW: Tag = 0x0028_9132;

/// What is said of one frame.
#[derive(Clone, Debug)]
pub struct FrameFacts {
    /// From stored numbers to values.
    pub modality: Modality,
    /// Where it lies.
    pub plane: Option<Plane>,
    /// `[row spacing, column spacing]` in mm.
    pub spacing: Option<[f64; 2]>,
    /// Stated distance to the next slice in mm.
    pub step: Option<f64>,
}

/// The functional groups of a file and its own statements.
pub struct Groups<'s, 'a> {
    set: &'s DataSet<'a>,
    own: Vec<RawItem<'a>>,
    /// The first items of the shared sequences, parsed once for all frames.
    shared: BTreeMap<Tag, DataSet<'a>>,
    base: FrameFacts,
    offsets: Offsets,
}

/// How classic multi-frame files say where their frames lie: distances from the first, along the normal.
enum Offsets {
    /// Not at all.
    None,
    /// One by one: Grid Frame Offset Vector of RT doses.
    Listed(Vec<f64>),
    /// Evenly: Spacing Between Slices of NM reconstructions, whose sign is the direction of stacking.
    Even(f64),
}

/// The functional groups of one frame.
pub struct FrameGroups<'g, 's, 'a> {
    groups: &'g Groups<'s, 'a>,
    own: Option<DataSet<'a>>,
    number: usize,
}

impl<'s, 'a> Groups<'s, 'a> {
    /// Reads what is common to all frames.
    ///
    /// # Errors
    /// When a group is damaged.
    pub fn read(set: &'s DataSet<'a>, info: &PixelInfo, notes: &mut Vec<String>) -> Result<Groups<'s, 'a>> {
        let (own, shared) = (set.raw_items(0x5200_9230)?, shared_items(set)?);
        let mut base = FrameFacts {
            modality: Modality::read(set, info)?,
            plane: Plane::read(set, set),
            spacing: place::pixel_spacing(set, notes).or_else(|| place::ultrasound_spacing(set)),
            step: place::slice_step(set),
        };
        let offsets = offsets(set, info, &mut base, notes)?;
        Ok(Groups { set, own, shared, base, offsets })
    }

    /// The groups of a frame.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn frame<'g>(&'g self, number: usize) -> Result<FrameGroups<'g, 's, 'a>> {
        Ok(FrameGroups { groups: self, own: self.own.get(number).map(RawItem::parse).transpose()?, number })
    }
}

impl<'a> FrameGroups<'_, '_, 'a> {
    /// The item of a functional group sequence: the frame's own, else the shared one.
    fn find(&self, tag: Tag) -> Result<Option<Cow<'_, DataSet<'a>>>> {
        if let Some(own) = &self.own
            && let Some(item) = own.item(tag)?
        {
            return Ok(Some(Cow::Owned(item)));
        }
        Ok(self.groups.shared.get(&tag).map(Cow::Borrowed))
    }

    /// What is said of the frame.
    ///
    /// # Errors
    /// When a group is damaged.
    pub fn facts(&self, notes: &mut Vec<String>) -> Result<FrameFacts> {
        let (mut facts, set) = (self.groups.base.clone(), self.groups.set);
        if let Some(rescale) = self.find(RESCALE)?.and_then(|item| Modality::rescale(&item)) {
            facts.modality = rescale;
        }
        if let Some(measures) = self.find(MEASURES)? {
            facts.spacing = place::pixel_spacing(&measures, notes).or(facts.spacing);
            facts.step = place::slice_step(&measures).or(facts.step);
        }
        let (orientation, position) = (self.find(ORIENTATION)?, self.find(POSITION)?);
        if orientation.is_some() || position.is_some() {
            facts.plane = Plane::read(orientation.as_deref().unwrap_or(set), position.as_deref().unwrap_or(set));
        }
        let offset = match &self.groups.offsets {
            Offsets::None => None,
            Offsets::Listed(list) => list.get(self.number).copied(),
            Offsets::Even(step) => Some(step * self.number as f64),
        };
        facts.plane = facts.plane.map(|plane| offset.map_or(plane, |offset| plane.moved(offset)));
        Ok(facts)
    }

    /// The window or table that the frame asks to be shown with.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn window(&self, signed: bool) -> Result<Option<DisplayWindow>> {
        let own = match self.find(WINDOW)? {
            Some(item) => display::window(&item, signed)?,
            None => None,
        };
        if own.is_some() { Ok(own) } else { display::window(self.groups.set, signed) }
    }

    /// The frame as something to be sorted.
    ///
    /// # Errors
    /// When a group is damaged.
    pub fn slice(&self, facts: &FrameFacts, info: &PixelInfo) -> Result<Slice> {
        let mut found: Labels = Default::default();
        for (label_of, key) in found.iter_mut().zip(KEYS) {
            for &(sequence, tag) in key.of_frame {
                if let Some(item) = self.find(sequence)? {
                    *label_of = label_of.take().or_else(|| label(&item, tag));
                }
            }
        }
        if info.frames == 1 {
            let file = labels(self.groups.set);
            found = std::array::from_fn(|i| found[i].take().or_else(|| file[i].clone()));
        }
        Ok(Slice { size: [info.rows, info.columns], spacing: facts.spacing, plane: facts.plane, labels: found })
    }
}

/// The functional groups shared by all frames, those that are asked for.
fn shared_items<'a>(set: &DataSet<'a>) -> Result<BTreeMap<Tag, DataSet<'a>>> {
    let mut items = BTreeMap::new();
    let Some(shared) = set.item(0x5200_9229)? else { return Ok(items) };
    let of_keys = KEYS.iter().flat_map(|key| key.of_frame).map(|&(sequence, _)| sequence);
    for tag in [RESCALE, MEASURES, ORIENTATION, POSITION, WINDOW].into_iter().chain(of_keys) {
        if let Some(item) = shared.item(tag)? {
            items.insert(tag, item);
        }
    }
    Ok(items)
}

fn offsets(set: &DataSet, info: &PixelInfo, base: &mut FrameFacts, notes: &mut Vec<String>) -> Result<Offsets> {
    if info.frames == 1 {
        return Ok(Offsets::None);
    }
    // Relative to the first frame, or in some files absolute places along z (PS3.3, C.8.8.3.2): the differences are the same.
    if let Some(list) = set.long_decimals(0x3004_000c).filter(|l| l.len() == info.frames) {
        let first = list[0];
        return Ok(Offsets::Listed(list.iter().map(|v| v - first).collect()));
    }
    let tomography = set.texts(0x0008_0008).get(2).is_some_and(|t| t.starts_with("RECON"));
    if set.text(0x0008_0060).as_deref() != Some("NM") || !tomography {
        return Ok(Offsets::None);
    }
    // Nuclear medicine: the detector says where the first slice lies (PS3.3, C.8.4.11 and C.8.4.15).
    let Some(detector) = set.item(0x0054_0022)? else { return Ok(Offsets::None) };
    base.plane = base.plane.or_else(|| Plane::read(&detector, &detector));
    let Some(step) = set.decimal(0x0018_0088).filter(|s| *s != 0.0) else { return Ok(Offsets::None) };
    notes.push("slices were placed by Spacing Between Slices along the normal of the first".into());
    Ok(Offsets::Even(step))
}
