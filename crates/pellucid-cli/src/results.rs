//! Explanations as DICOM objects on the grid of their source.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use pellucid::dicom::regions::{Region, Side, Threshold, threshold};
use pellucid::dicom::{
    Algorithm, Code, DicomResult, Group, Identity, ParametricMap, Report, Run, Score, SecondaryCapture, Segment,
    Segmentation, SourceStudy, UidRoot,
};
use pellucid::explain::{Explanation, Family, METHODS, Need, Outcome};
use pellucid::image::Image;
use pellucid::report::{Attachment, Case, MapOnImage, maps_on_image, probability};

use crate::args::{DicomArgs, IdentityArg};

/// Series numbers of one map's objects: four, and room to tell maps apart.
const SERIES_STEP: u32 = 10;

/// The most characters of a text of the value representation LO.
const LONG_STRING: usize = 64;

/// The source of the objects, and what they are to be like.
pub struct Results {
    study: SourceStudy,
    identity: Identity,
    top: f32,
}

impl Results {
    /// Reads the headers of the source, so that what can't be referred to is refused before anything is explained.
    ///
    /// # Errors
    /// When the files are no source of results, or the share of the evidence is out of range.
    pub fn of(files: &[PathBuf], args: &DicomArgs) -> Result<Results> {
        if !(args.top > 0.0 && args.top <= 1.0) {
            bail!("`--top {}` is a share of the voxels: above 0 and at most 1 is expected", args.top);
        }
        let identity = match args.identity {
            IdentityArg::Replace => Identity::Replace,
            IdentityArg::Keep => Identity::Keep,
        };
        let study = SourceStudy::read(files).context("the images can't be the source of DICOM objects")?;
        Ok(Results { study, identity, top: args.top })
    }

    /// Whether the voxels of an image are those of the source, place by place.
    ///
    /// # Errors
    /// When they differ.
    pub fn check(&self, image: &Image) -> Result<()> {
        Ok(self.study.check_grid("the image that was read", image.grid(), Some(&image.geometry))?)
    }

    /// The objects of every map of a case as files, and remarks on what was left out.
    ///
    /// # Errors
    /// When an object can't be made.
    pub fn files(&self, case: &Case) -> Result<(Vec<Attachment>, Vec<String>)> {
        let (mut files, mut remarks) = (vec![], vec![]);
        for (index, map) in maps_on_image(case)?.iter().enumerate() {
            let Some(Ok(explanation)) = case.outcome.explanations.get(map.explanation) else { continue };
            let objects = Objects::of(self, map, (explanation, case.outcome), index)
                .with_context(|| format!("DICOM objects of `{}` can't be made", map.slug))?;
            objects.put(&map.slug, &mut files)?;
            remarks.extend(objects.remarks.into_iter().map(|r| format!("{}: {r}", map.title)));
        }
        Ok((files, remarks))
    }
}

/// The objects of one map.
struct Objects {
    map: Option<DicomResult>,
    segments: Option<DicomResult>,
    picture: DicomResult,
    report: DicomResult,
    remarks: Vec<String>,
}

/// What the objects of a map have in common.
struct Subject<'a> {
    /// The slices that the model looked at.
    study: SourceStudy,
    /// The map on them.
    values: &'a [f32],
    explanation: &'a Explanation,
    title: String,
    run: Run,
}

impl Objects {
    fn of(results: &Results, map: &MapOnImage, of: (&Explanation, &Outcome), index: usize) -> Result<Objects> {
        let (explanation, outcome) = of;
        let subject = Subject::of(results, map, explanation, index)?;
        let Subject { study, run, title, .. } = &subject;
        let mut remarks = vec![];
        let parametric = match study.has_planes() {
            true => Some(subject.parametric_map()?),
            false => {
                remarks.push("no Parametric Map, which needs a position in the patient for every frame".to_string());
                None
            }
        };
        let regions = regions(subject.values, results.top)?;
        if regions.is_empty() {
            remarks.push("no Segmentation, because no evidence is positive".to_string());
        }
        let segmentation = subject.segmentation(&regions);
        let segments = (!regions.is_empty()).then(|| segmentation.write(study, run)).transpose()?;
        let slice = (study.grid()[0] == 1).then_some(0);
        let (height, width) = (map.figure.height(), map.figure.width());
        let picture = SecondaryCapture { title: title.clone(), rgb: map.figure.rgb(), height, width, slice, number: 1 };
        let mut groups = vec![subject.whole(parametric.as_ref(), outcome)];
        if let Some(written) = &segments {
            let refs = segmentation.region_refs(study, run, written.reference());
            groups.extend(regions.iter().zip(refs).map(|((name, region), of)| Group {
                tracking: (*name).to_string(),
                finding: Some(Code::private("relevance", "Region of relevance to a model")),
                region: Some(of),
                map: parametric.as_ref().map(|m| m.reference().clone()),
                scores: vec![share(subject.values, region)],
                comment: Some(region.rule.clone()),
                ..Group::default()
            }));
        }
        let report = Report { title: title.clone(), procedure: None, groups, number: 1 }.write(study, run)?;
        Ok(Objects { picture: picture.write(study, run)?, map: parametric, segments, report, remarks })
    }

    fn put(&self, slug: &str, files: &mut Vec<Attachment>) -> Result<()> {
        let all = [
            ("map", self.map.as_ref()),
            ("segments", self.segments.as_ref()),
            ("picture", Some(&self.picture)),
            ("report", Some(&self.report)),
        ];
        for (kind, object) in all {
            if let Some(object) = object {
                files.push(Attachment { name: format!("dicom/{slug}--{kind}.dcm"), bytes: object.bytes()? });
            }
        }
        Ok(())
    }
}

impl<'a> Subject<'a> {
    fn of(results: &Results, map: &'a MapOnImage, explanation: &'a Explanation, index: usize) -> Result<Subject<'a>> {
        let [_, h, w] = map.grid;
        let plane = h * w;
        let slices: Vec<usize> = map.slices.clone().collect();
        let values = map.values.get(map.slices.start * plane..map.slices.end * plane).unwrap_or(&[]);
        if values.is_empty() {
            bail!("the model looked at no slice of the image");
        }
        let study = results.study.select(&slices)?;
        let mut run = Run::new(key(explanation, map), algorithm(explanation));
        run.identity = results.identity;
        run.first_series_number += index as u32 * SERIES_STEP;
        run.provenance = provenance(explanation, map);
        let title = format!("{} for {}", map.title, explanation.target.description);
        Ok(Subject { study, values, explanation, title, run })
    }

    fn parametric_map(&self) -> Result<DicomResult> {
        let map = ParametricMap {
            title: self.title.clone(),
            values: self.values,
            grid: self.study.grid(),
            geometry: self.study.geometry(),
            quantity: quantity(&self.explanation.method),
            unit: Code::no_units(),
            number: 1,
        };
        Ok(map.write(&self.study, &self.run)?)
    }

    fn segmentation<'r>(&self, regions: &'r [(&'static str, Region)]) -> Segmentation<'r> {
        Segmentation {
            title: self.title.clone(),
            grid: self.study.grid(),
            geometry: self.study.geometry(),
            segments: regions.iter().map(|(name, region)| Segment::of_region(*name, region)).collect(),
            number: 1,
        }
    }

    /// What the report says of the map as a whole.
    fn whole(&self, map: Option<&DicomResult>, outcome: &Outcome) -> Group {
        let e = self.explanation;
        let finding = e.target.class.map(|class| {
            let meaning = e.target.label.clone().unwrap_or_else(|| format!("class {class}"));
            Code::private(format!("class-{class}"), clipped(&meaning))
        });
        let mut scores = vec![Score::private("target-value", "Value of the explained target", e.target.value)];
        let probability = e.target.class.and_then(|class| probability(outcome, class));
        scores.extend(probability.map(Score::probability));
        for check in &e.checks {
            let meaning = clipped(&format!("Relative residual of {}", check.name));
            scores.push(Score::private(&clipped(&format!("{}-residual", check.name)), &meaning, check.relative));
        }
        scores.retain(|s| s.value.is_finite());
        let notes = e.notes.iter().map(|n| format!("\n{n}")).collect::<String>();
        Group {
            tracking: "whole image".into(),
            finding,
            map: map.map(|m| m.reference().clone()),
            scores,
            comment: Some(format!("target: {}; evidence read at {}{notes}", e.target.description, e.site)),
            ..Group::default()
        }
    }
}

/// The strongest evidence for the target, and the evidence against it that is as strong; none where nothing is positive.
fn regions(values: &[f32], top: f32) -> Result<Vec<(&'static str, Region)>> {
    if !values.iter().any(|v| *v > 0.0) {
        return Ok(vec![]);
    }
    let pro = threshold(values, Side::Positive, Threshold::TopFraction(top))?;
    let limit = pro.threshold;
    let mut out = vec![("evidence for", pro)];
    if values.iter().any(|v| -*v >= limit) {
        let mut contra = threshold(values, Side::Negative, Threshold::Value(limit))?;
        contra.rule = format!("-value >= {limit} (the threshold of the evidence for)");
        out.push(("evidence against", contra));
    }
    Ok(out)
}

/// Share of all evidence, by magnitude, that lies in a region.
fn share(values: &[f32], region: &Region) -> Score {
    let sum = |of: &mut dyn Iterator<Item = f32>| of.map(|v| f64::from(v.abs())).sum::<f64>();
    let all = sum(&mut values.iter().copied());
    let inside = sum(&mut values.iter().zip(&region.mask).filter(|(_, m)| **m).map(|(v, _)| *v));
    let share = if all > 0.0 { inside / all } else { 0.0 };
    Score::private("relevance-share", "Share of all relevance, by magnitude", share)
}

/// What the values of a method measure (PS3.16, CID 218).
fn quantity(method: &str) -> Code {
    match METHODS.iter().find(|m| m.id == method) {
        Some(m) if m.family == Family::Cam && m.needs.contains(&Need::Gradient) => {
            Code::gradient_weighted_class_activation()
        }
        Some(m) if m.family == Family::Cam => Code::class_activation(),
        _ => Code::saliency(),
    }
}

fn algorithm(explanation: &Explanation) -> Algorithm {
    let p = &explanation.provenance;
    let mut algorithm =
        Algorithm::new(&explanation.method, format!("pellucid {}, revision {}", p.pellucid, p.revision));
    // the target stands in the provenance in words
    let parameters = p.parameters.iter().filter(|(name, _)| *name != "target");
    algorithm.parameters = parameters
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_string)))
        .collect();
    algorithm
}

fn provenance(explanation: &Explanation, map: &MapOnImage) -> Vec<(String, String)> {
    let p = &explanation.provenance;
    let inputs = p.inputs_sha256.iter().map(|(name, sha)| (format!("input {name} sha256"), sha.clone()));
    let mut out = vec![
        ("target".to_string(), explanation.target.description.clone()),
        ("place".to_string(), map.place.clone()),
        ("model sha256".to_string(), p.model_sha256.clone()),
        ("engine".to_string(), p.engine.clone()),
        ("device".to_string(), p.device.clone()),
    ];
    out.extend(inputs);
    out
}

/// A digest of what decides the numbers: the same run gives the same identifiers, on whatever day.
fn key(explanation: &Explanation, map: &MapOnImage) -> String {
    let p = &explanation.provenance;
    let parameters = serde_json::to_string(&p.parameters).unwrap_or_default();
    let inputs = serde_json::to_string(&p.inputs_sha256).unwrap_or_default();
    let parts = [&p.model_sha256, &p.graph_sha256, &inputs, &p.method, &p.revision.to_string(), &parameters, &map.slug];
    UidRoot::default().make(&parts.map(String::as_bytes))
}

/// A text cut to what an attribute for short texts holds.
fn clipped(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\\' { ' ' } else { c }).take(LONG_STRING).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_equally_strong_on_both_sides() {
        let values = [-3.0, -1.0, 0.0, 0.5, 1.0, 2.0];
        let found = regions(&values, 0.2).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].1.voxels, found[0].1.threshold), (2, 1.0));
        assert_eq!(found[1].1.mask, [true, true, false, false, false, false]);
        assert!(found[0].1.rule.contains("top 0.2"), "{}", found[0].1.rule);
        assert!(found[1].1.rule.contains("threshold of the evidence for"));
        assert!((share(&values, &found[0].1).value - 3.0 / 7.5).abs() < 1e-12);
        assert!(regions(&[0.0, -1.0], 0.1).unwrap().is_empty());
        assert_eq!(regions(&[0.1, 5.0], 0.5).unwrap().len(), 1);
    }

    #[test]
    fn quantities_have_the_codes_of_their_family() {
        assert_eq!(quantity("grad-cam"), Code::gradient_weighted_class_activation());
        assert_eq!(quantity("cam"), Code::class_activation());
        assert_eq!(quantity("saliency"), Code::saliency());
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(clipped(&"ö".repeat(80)).chars().count(), 64);
        assert_eq!(clipped("a\\b\nc"), "a b c");
    }
}
