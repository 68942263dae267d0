//! `pellucid explain`: methods on images, a folder of results for each.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use pellucid::evaluate::{Checker, Subject};
use pellucid::explain::{METHODS, MethodInfo, Model, Outcome, Request, Target, Wish, explain, find, output_value};
use pellucid::image::ImageError;
use pellucid::image::card::Card;
use pellucid::report::{Case, WriteOptions, table, write_case_with};
use serde_json::{Value, json};

use crate::args::{ExplainArgs, TargetArgs};
use crate::results::Results;
use crate::source::{self, Source};
use crate::{failure, input, session, target};

/// Explains every image. False when one of them, or one of the methods, failed.
pub fn run(args: &ExplainArgs) -> Result<bool> {
    let session = session::open(&args.engine, args.quiet)?;
    let (mut model, card) = input::model(&args.model, session)?;
    if let Some(output) = &args.target.output {
        model.notes.output = Some(output.clone());
    }
    let wishes = wishes(&args.method, &args.target.set)?;
    let images = source::find(&args.images, &args.series)?;
    let mut all_done = true;
    let mut summary = Vec::new();
    for (i, image) in images.iter().enumerate() {
        if images.len() > 1 && !args.quiet {
            eprintln!("[{}/{}] {}", i + 1, images.len(), image.path().display());
        }
        let folder = if images.len() == 1 { args.out.clone() } else { args.out.join(case_name(image, &images)) };
        match one(args, &model, card.as_ref(), image, &wishes, &folder) {
            Ok(done) => {
                all_done &= done.complete;
                summary.push(done.summary);
                if !args.json {
                    println!("{}", done.table);
                    println!("wrote {}", done.report.display());
                }
            }
            Err(error) if cancelled(&error) && summary.is_empty() => bail!("stopped before anything was finished"),
            Err(error) if cancelled(&error) => bail!("stopped; what was finished is in {}", args.out.display()),
            Err(error) => {
                all_done = false;
                eprintln!("{}: {}", image.path().display(), failure::text(&error));
                summary.push(json!({ "image": image.path().display().to_string(), "error": error.to_string() }));
            }
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&summary)?);
    }
    if images.len() == 1 && summary.iter().all(|s| s.get("error").is_some()) {
        bail!("nothing was explained");
    }
    Ok(all_done)
}

/// The outcome of one image.
struct Done {
    complete: bool,
    summary: Value,
    table: String,
    report: PathBuf,
}

fn one(
    args: &ExplainArgs,
    model: &Model,
    card: Option<&Card>,
    image: &Source,
    wishes: &[Wish],
    folder: &Path,
) -> Result<Done> {
    // what can't be referred to is refused before the work
    let results = if args.dicom.dicom { Some(Results::of(&image.dicom_files()?, &args.dicom)?) } else { None };
    let read = image.read(model.session())?;
    if let Some(results) = &results {
        results.check(&read)?;
    }
    let ready = input::prepared(model, card, read)?;
    let (outcome, _) = explained(model, &ready, wishes, &args.target)?;
    let name = image.name();
    let model_name = args.model.model.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let case = Case {
        name: &name,
        model: &model_name,
        labels: &model.notes.labels,
        inputs: vec![ready.case_input()],
        outcome: &outcome,
        truth: None,
    };
    let (objects, remarks) = results.map(|r| r.files(&case)).transpose()?.unwrap_or_default();
    remarks.iter().for_each(|remark| eprintln!("{remark}"));
    let written = write_case_with(folder, &case, &WriteOptions { overwrite: args.force }, &objects)
        .with_context(|| format!("results of `{name}` can't be written to `{}`", folder.display()))?;
    Ok(Done {
        complete: outcome.explanations.iter().all(std::result::Result::is_ok),
        summary: json!({
            "image": image.path().display().to_string(), "folder": folder.display().to_string(),
            "report": written.report.display().to_string(),
            "dicom": objects.iter().map(|o| folder.join(&o.name).display().to_string()).collect::<Vec<_>>(),
            "document": serde_json::from_str::<Value>(&written.document.to_json())?,
        }),
        table: table(&outcome, 100),
        report: written.report,
    })
}

/// Explains a prepared input; the preparation goes into the provenance of each explanation.
pub fn explained(
    model: &Model,
    ready: &input::Ready,
    wishes: &[Wish],
    options: &TargetArgs,
) -> Result<(Outcome, Request)> {
    model.fix(&ready.sample)?;
    let output = model.output()?;
    let targets = if options.target.is_empty() {
        vec![]
    } else {
        let value = output_value(model, &ready.sample, &output)?;
        target::parse(&options.target, model, &output, &value)?
    };
    let request =
        Request { methods: wishes.to_vec(), targets, layers: options.layer.clone(), injected: BTreeMap::new() };
    let mut outcome = explain(model, &ready.sample, &request)?;
    if options.check {
        checked(model, ready, wishes, &request, &mut outcome)?;
    }
    for explanation in outcome.explanations.iter_mut().flatten() {
        explanation.provenance.preprocessing.clone_from(&ready.steps);
        explanation.notes.extend(ready.notes.iter().cloned());
    }
    Ok((outcome, request))
}

/// Adds the checks of each map: against maps that know nothing of the model, and against the model with shuffled weights.
fn checked(
    model: &Model,
    ready: &input::Ready,
    wishes: &[Wish],
    request: &Request,
    outcome: &mut Outcome,
) -> Result<()> {
    let targets: Vec<Option<Target>> = match request.targets.as_slice() {
        [] => vec![None],
        given => given.iter().cloned().map(Some).collect(),
    };
    let subjects = targets
        .into_iter()
        .map(|t| Subject::new(model, &ready.sample, t))
        .collect::<pellucid::evaluate::Result<Vec<_>>>()?;
    let checkers = subjects.iter().map(|s| Checker::new(s, 0)).collect::<pellucid::evaluate::Result<Vec<_>>>()?;
    let pairs = checkers.iter().flat_map(|c| wishes.iter().map(move |w| (c, w)));
    for (explanation, (checker, wish)) in outcome.explanations.iter_mut().zip(pairs) {
        let Ok(explanation) = explanation else { continue };
        match checker.check(wish) {
            Ok(found) => {
                explanation.checks.extend(found.checks);
                explanation.notes.extend(found.warning);
            }
            Err(error) => explanation.notes.push(format!("couldn't be checked: {error}")),
        }
    }
    Ok(())
}

/// Methods with their parameters from `--method` and `--set`.
pub fn wishes(methods: &[String], set: &[String]) -> Result<Vec<Wish>> {
    let infos: Vec<&'static MethodInfo> = if methods.iter().any(|m| m == "all") {
        METHODS.to_vec()
    } else {
        methods.iter().map(|m| find(m)).collect::<pellucid::explain::Result<_>>()?
    };
    let mut wishes: Vec<Wish> = infos.iter().map(|m| Wish::of(m.id)).collect();
    for setting in set {
        let Some((name, value)) = setting.split_once('=') else {
            bail!("`--set {setting}` lacks a value: NAME=VALUE or METHOD.NAME=VALUE is expected");
        };
        let (method, name) = match name.split_once('.') {
            Some((method, name)) => (Some(find(method)?.id), name),
            None => (None, name),
        };
        let mut used = false;
        for (wish, info) in wishes.iter_mut().zip(&infos) {
            let meant = match method {
                Some(id) => info.id == id,
                None => info.params.iter().any(|p| p.name == name),
            };
            if meant {
                wish.params.insert(name.to_string(), Value::from(value));
                used = true;
            }
        }
        if !used {
            bail!("`--set {setting}`: no method asked for has the parameter `{name}`");
        }
    }
    Ok(wishes)
}

/// A name for the results of an image that no other image has.
fn case_name(image: &Source, all: &[Source]) -> String {
    let mine = image.stem();
    let place = all.iter().position(|s| s == image).unwrap_or(0);
    if all.iter().filter(|s| s.stem() == mine).count() > 1 { format!("{mine}-{}", place + 1) } else { mine }
}

fn cancelled(error: &anyhow::Error) -> bool {
    error.chain().any(|c| {
        c.downcast_ref::<pellucid::explain::ExplainError>().is_some_and(|e| e.is_cancelled())
            || matches!(c.downcast_ref::<ImageError>(), Some(ImageError::Cancelled { .. }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_reach_the_methods_that_have_them() {
        let methods = ["integrated-gradients".to_string(), "grad-cam-plus-plus".to_string()];
        let w = wishes(&methods, &["steps=7".into(), "grad-cam-plus-plus.eps=1e-6".into()]).unwrap();
        assert_eq!(w[0].params.get("steps"), Some(&Value::from("7")));
        assert_eq!(w[1].params.get("eps"), Some(&Value::from("1e-6")));
        assert!(wishes(&methods, &["colour=red".into()]).unwrap_err().to_string().contains("colour"));
        assert!(wishes(&methods, &["steps".into()]).is_err());
        assert!(wishes(&["grad-kam".into()], &[]).unwrap_err().to_string().contains("did you mean `grad-cam`"));
    }

    #[test]
    fn equal_names_are_told_apart() {
        let all: Vec<Source> =
            ["a/x.png", "b/x.png", "b/y.nii.gz"].iter().map(|p| Source::File(PathBuf::from(p))).collect();
        assert_eq!(case_name(&all[0], &all), "x-1");
        assert_eq!(case_name(&all[1], &all), "x-2");
        assert_eq!(case_name(&all[2], &all), "y");
    }
}
