//! A case made ready for every writer: names, shown maps, pictures, agreement. Nothing is written here.

use std::collections::BTreeMap;

use pellucid_explain::{Evidence, ExplainError, Explanation, Grid, METHODS, Map, MethodInfo};
use pellucid_image::Image;

use crate::Result;
use crate::agreement::{Agreement, Ranked};
use crate::backdrop::Backdrop;
use crate::canvas::Canvas;
use crate::case::{Case, CaseInput};
use crate::display::{self, InputGrid, Shown, display};
use crate::field::{Field, Reading};
use crate::figure::{Figure, subtitle};
use crate::frame::Frame;
use crate::overlay::{Layer, overlay};
use crate::recipe::Recipe;
use crate::scale::Scale;
use crate::scores::Decision;
use crate::truth::{Hit, area, hit};

/// Everything that is shown of a case.
pub(crate) struct Scene<'a> {
    pub case: &'a Case<'a>,
    pub decision: Decision,
    /// The inputs that are images, the main one first.
    pub inputs: Vec<Seen<'a>>,
    /// One per explanation, in order.
    pub entries: Vec<Entry<'a>>,
    /// Methods that gave nothing.
    pub failures: Vec<(&'a str, &'a ExplainError)>,
    /// Agreement of the maps of each target.
    pub agreements: Vec<AgreementTable>,
    /// The known region.
    pub truth: Option<TruthPanel>,
}

/// An input, its image and how both lie.
pub(crate) struct Seen<'a> {
    pub name: &'a str,
    pub image: &'a Image,
    pub frame: Frame,
    pub grid: InputGrid,
    /// The image, bare.
    pub picture: Canvas,
    /// How it is shown, in words.
    pub words: String,
    backdrop: Backdrop<'a>,
}

impl<'a> Seen<'a> {
    fn of(input: &CaseInput<'a>) -> Result<Seen<'a>> {
        let (frame, backdrop) = (input.frame()?, Backdrop::of(input.image));
        let picture = overlay(&backdrop, &frame, None, None);
        let words = backdrop.words.clone();
        Ok(Seen { name: input.name, image: input.image, frame, grid: input.grid(), picture, words, backdrop })
    }
}

/// An explanation and its maps.
pub(crate) struct Entry<'a> {
    pub explanation: &'a Explanation,
    /// The method's entry in the list, if it is there.
    pub method: Option<&'static MethodInfo>,
    /// Number of its target, from 1.
    pub target: usize,
    pub panels: Vec<Panel<'a>>,
    /// Names of its further arrays in the archive.
    pub extras: Vec<String>,
}

/// A map and its picture.
pub(crate) struct Panel<'a> {
    pub map: &'a Map,
    /// Where the map lies, in words.
    pub place: String,
    /// Name of the array in the archive.
    pub array: String,
    /// Name for files, unique in the case.
    pub slug: String,
    /// The input that it is shown over.
    pub input: usize,
    /// Whether the image is a volume.
    pub volume: bool,
    /// What is shown, or why it can't be.
    pub shown: std::result::Result<Shown, String>,
    /// The overlay, bare.
    pub picture: Option<Canvas>,
}

/// Pairwise agreement of the maps of one target over the main input.
pub(crate) struct AgreementTable {
    pub target: usize,
    pub names: Vec<String>,
    /// Symmetric.
    pub cells: Vec<Vec<Agreement>>,
}

/// The known region and what each map has of it.
pub(crate) struct TruthPanel {
    pub name: String,
    pub picture: Canvas,
    /// Share of the model input that it takes.
    pub area: f64,
    /// Target, map name, numbers.
    pub hits: Vec<(usize, String, Hit)>,
}

impl<'a> Scene<'a> {
    /// Prepares a case.
    ///
    /// # Errors
    /// When the truth doesn't lie on the image.
    pub fn of(case: &'a Case<'a>) -> Result<Scene<'a>> {
        let inputs = case.inputs.iter().map(Seen::of).collect::<Result<Vec<_>>>()?;
        let mut names = Names::default();
        let (mut entries, mut failures) = (vec![], vec![]);
        for outcome in &case.outcome.explanations {
            match outcome {
                Ok(explanation) => entries.push(entry(&inputs, explanation, &mut names)),
                Err((method, error)) => failures.push((method.as_str(), error)),
            }
        }
        let several_targets = names.targets.len() > 1;
        for panel in entries.iter_mut().flat_map(|e: &mut Entry| e.panels.iter_mut().map(|p| (e.target, p))) {
            if !several_targets {
                panel.1.slug = panel.1.slug.replace(&format!("--target-{}", panel.0), "");
            }
        }
        let agreements = agreements(&entries, names.targets.len());
        let truth = truth(case, &inputs, &entries)?;
        let decision = Decision::of(case.outcome, case.labels);
        Ok(Scene { case, decision, inputs, entries, failures, agreements, truth })
    }

    /// Every map with its explanation, in order.
    pub fn panels(&self) -> impl Iterator<Item = (&Entry<'a>, &Panel<'a>)> {
        self.entries.iter().flat_map(|e| e.panels.iter().map(move |p| (e, p)))
    }

    /// The first explanation of each target, in order.
    pub fn targets(&self) -> Vec<&Entry<'a>> {
        let mut firsts: BTreeMap<usize, &Entry> = BTreeMap::new();
        for entry in &self.entries {
            firsts.entry(entry.target).or_insert(entry);
        }
        firsts.into_values().collect()
    }
}

impl Entry<'_> {
    /// The method's title.
    pub fn title(&self) -> &str {
        self.method.map_or(&self.explanation.method, |m| m.name)
    }
}

impl Panel<'_> {
    /// The figure that stands alone.
    pub fn figure(&self, entry: &Entry) -> Option<Canvas> {
        self.captioned(entry, &[])
    }

    /// The figure with further lines below it.
    pub fn captioned(&self, entry: &Entry, further: &[String]) -> Option<Canvas> {
        let (picture, shown) = (self.picture.as_ref()?, self.shown.as_ref().ok()?);
        let target = &entry.explanation.target;
        let words = [&shown.words[..], further].concat();
        let figure = Figure {
            title: entry.title(),
            subtitle: &format!("{}; {}", subtitle(&target.description, target.value), self.place),
            words: &words,
            scale: shown.empty.is_none().then_some(shown.scale),
            unit: shown.unit,
        };
        Some(figure.draw(picture))
    }

    /// Name beside other maps of the case.
    pub fn name(&self, entry: &Entry) -> String {
        if entry.panels.len() > 1 { format!("{} ({})", entry.title(), self.place) } else { entry.title().to_string() }
    }
}

/// Names given so far, to keep them apart.
#[derive(Default)]
struct Names {
    targets: Vec<String>,
    arrays: Vec<String>,
}

impl Names {
    fn target(&mut self, description: &str) -> usize {
        match self.targets.iter().position(|d| d == description) {
            Some(i) => i + 1,
            None => {
                self.targets.push(description.to_string());
                self.targets.len()
            }
        }
    }

    /// `method/target-1/map`, with a number where it was given already.
    fn array(&mut self, method: &str, target: usize, map: &str) -> String {
        let base = format!("{}/target-{target}/{}", plain(method), plain(map));
        let mut name = base.clone();
        for n in 2.. {
            if !self.arrays.contains(&name) {
                break;
            }
            name = format!("{base}-{n}");
        }
        self.arrays.push(name.clone());
        name
    }
}

/// A name with the characters that every file system and archive takes.
pub(crate) fn plain(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().map(kept).take(80).collect();
    let name = name.trim_matches(['.', '_', '-']);
    if name.is_empty() { "map".into() } else { name.to_string() }
}

fn entry<'a>(inputs: &[Seen], explanation: &'a Explanation, names: &mut Names) -> Entry<'a> {
    let target = names.target(&explanation.target.description);
    let Evidence::Maps(maps) = &explanation.evidence;
    let panels = maps.iter().map(|map| {
        let array = names.array(&explanation.method, target, display::name(&map.grid));
        let mut slug = array.replace('/', "--");
        if maps.len() == 1 {
            slug = slug.replace(&format!("--{}", plain(display::name(&map.grid))), "");
        }
        let input = input_of(inputs, map);
        let shown = match input.and_then(|i| inputs.get(i)) {
            Some(i) => display(map, &i.grid, &Recipe::of(explanation, map)).map_err(|e| e.to_string()),
            None => {
                Err("this input isn't an image, so there is no picture; its values are in the archive of maps".into())
            }
        };
        let volume = input.and_then(|i| inputs.get(i)).is_some_and(|i| !i.image.is_2d());
        let input = input.unwrap_or(0);
        let picture = shown.as_ref().ok().and_then(|s| Some(draw(inputs.get(input)?, s)));
        Panel { map, place: place(map), array, slug, input, volume, shown, picture }
    });
    let panels = panels.collect();
    let extras = explanation
        .extras
        .iter()
        .map(|(name, _)| names.array(&explanation.method, target, &format!("extra.{name}")))
        .collect();
    Entry { explanation, method: METHODS.iter().find(|m| m.id == explanation.method).copied(), target, panels, extras }
}

/// The input that a map belongs to; maps of layers go over the main one.
fn input_of(inputs: &[Seen], map: &Map) -> Option<usize> {
    match &map.grid {
        Grid::Layer { .. } => (!inputs.is_empty()).then_some(0),
        Grid::Input { name } => inputs.iter().position(|i| i.name == name),
    }
}

fn place(map: &Map) -> String {
    match &map.grid {
        Grid::Input { name } => format!("input `{name}`"),
        Grid::Layer { name } => format!("layer `{name}`"),
    }
}

fn draw(input: &Seen, shown: &Shown) -> Canvas {
    let layer =
        Layer { field: &shown.field, scale: shown.scale, reading: shown.reading, contour: shown.contour, tint: true };
    overlay(&input.backdrop, &input.frame, Some(layer), shown.peak())
}

/// Agreement of the maps over the main input, target by target; none where there is one map only.
fn agreements(entries: &[Entry], targets: usize) -> Vec<AgreementTable> {
    let table = |target: usize| {
        let of_target = entries.iter().filter(|e| e.target == target);
        let maps: Vec<(String, Ranked)> = of_target
            .flat_map(|e| e.panels.iter().map(move |p| (e, p)))
            .filter(|(_, p)| p.input == 0)
            .filter_map(|(e, p)| Some((p.name(e), Ranked::of(&p.shown.as_ref().ok()?.field))))
            .collect();
        let cells = maps.iter().map(|a| maps.iter().map(|b| a.1.agreement(&b.1)).collect()).collect();
        AgreementTable { target, names: maps.into_iter().map(|m| m.0).collect(), cells }
    };
    (1..=targets).map(table).filter(|t| t.names.len() > 1).collect()
}

fn truth(case: &Case, inputs: &[Seen], entries: &[Entry]) -> Result<Option<TruthPanel>> {
    let (Some(truth), Some(input)) = (case.truth, inputs.first()) else { return Ok(None) };
    let region = truth.on_input(&input.frame)?;
    let layer = Layer {
        field: &region,
        scale: Scale { limit: 1.0, signed: false },
        reading: Reading::Nearest,
        contour: Some(0.5),
        tint: false,
    };
    let picture = overlay(&input.backdrop, &input.frame, Some(layer), centre(&region));
    let maps = entries.iter().flat_map(|e| e.panels.iter().map(move |p| (e, p))).filter(|(_, p)| p.input == 0);
    let hits =
        maps.filter_map(|(e, p)| Some((e.target, p.name(e), hit(&p.shown.as_ref().ok()?.field, &region)))).collect();
    Ok(Some(TruthPanel { name: truth.name.clone(), picture, area: area(&region), hits }))
}

/// Mean place of a region, `(x, y, z)`.
fn centre(region: &Field) -> Option<[f64; 3]> {
    let [_, h, w] = region.grid();
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for (i, _) in region.values().iter().enumerate().filter(|(_, v)| **v > 0.0) {
        count += 1.0;
        for (s, p) in sum.iter_mut().zip([i % w, i / w % h, i / (w * h)]) {
            *s += p as f64;
        }
    }
    (count > 0.0).then(|| sum.map(|s| s / count))
}
