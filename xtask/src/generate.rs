//! `cargo xtask generate`: reference pages, the tables in the README, and shell completions, all from the lists.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap_complete::Shell;
use pellucid::explain::{METHODS, MethodInfo, ParamKind, ParamSpec, Preset};
use pellucid::{advise, diff, graph};

mod metrics;

/// What to do.
#[derive(clap::Args)]
pub struct Args {
    /// Only tell which files are stale; exit with 1 when any is
    #[arg(long)]
    check: bool,
}

/// Writes or checks the generated files. True when nothing is stale.
pub fn run(args: &Args) -> Result<bool> {
    let stale = stale()?;
    for (path, text) in &stale {
        println!("{} {}", if args.check { "stale:" } else { "wrote" }, path.display());
        if !args.check {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, text)?;
        }
    }
    Ok(!args.check || stale.is_empty())
}

/// Files whose content isn't what the lists say, with what they should hold.
fn stale() -> Result<BTreeMap<PathBuf, String>> {
    let wanted = generated()?;
    Ok(wanted.into_iter().filter(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(text)).collect())
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

fn generated() -> Result<BTreeMap<PathBuf, String>> {
    let root = root();
    let reference = root.join("docs/reference");
    let mut out = BTreeMap::new();
    let bibliography = bibliography(&root)?;
    for method in METHODS {
        out.insert(reference.join("methods").join(format!("{}.md", method.id)), method_page(method, &bibliography)?);
    }
    out.insert(reference.join("methods.md"), format!("# Methods\n\n{}", method_table("methods/")));
    out.extend(metrics::pages(&reference, &bibliography)?);
    out.insert(reference.join("presets.md"), advise::presets_markdown());
    out.insert(reference.join("operators.md"), operator_page());
    out.insert(reference.join("rules.md"), rule_page());
    let readme = root.join("README.md");
    let text = std::fs::read_to_string(&readme).context("README.md")?;
    out.insert(readme, with_section(&text, "methods", &method_table("docs/reference/methods/"))?);
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut pellucid_cli::command(), "pellucid", &mut text);
        out.insert(root.join("completions").join(format!("pellucid.{shell}")), String::from_utf8(text)?);
    }
    Ok(out)
}

/// What some keys of the bibliography stand for, one line each.
///
/// # Errors
/// When a key isn't there; `of` names what cites it.
fn cited(keys: &[&str], of: &str, bibliography: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let one = |key: &&str| {
        bibliography.get(*key).cloned().with_context(|| format!("`{key}` of `{of}` isn't in the bibliography"))
    };
    keys.iter().map(one).collect()
}

/// The text with what stands between the markers of a section replaced.
fn with_section(text: &str, name: &str, content: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let from = text.find(&begin).with_context(|| format!("no marker {begin}"))? + begin.len();
    let to = text.find(&end).with_context(|| format!("no marker {end}"))?;
    Ok(format!("{}\n\n{}\n{}", &text[..from], content, &text[to..]))
}

fn method_table(folder: &str) -> String {
    let mut out = String::from("| method | family | what it does | cost | kind |\n|---|---|---|---|---|\n");
    for m in METHODS {
        let kind = if m.is_compiled() { "compiled" } else { "driven" };
        let _ =
            writeln!(out, "| [`{}`]({folder}{}.md) | {} | {} | {} | {kind} |", m.id, m.id, m.family, m.summary, m.cost);
    }
    out
}

fn method_page(m: &MethodInfo, bibliography: &BTreeMap<String, String>) -> Result<String> {
    let mut out = format!(
        "# {}\n\n`{}`, {} method, {}.\n\n",
        m.name,
        m.id,
        m.family,
        if m.is_compiled() { "compiled: it can be exported as ONNX" } else { "driven: a loop that asks the model" }
    );
    // the sections of the file stand one level below the title
    out.push_str(&m.doc().replace("\n# ", "\n## "));
    out.push_str("\n\n## Parameters\n\n");
    if m.params.is_empty() {
        out.push_str("None.\n");
    } else {
        out.push_str("| name | default | allowed | unit | what it does |\n|---|---|---|---|---|\n");
        for p in m.params {
            let _ = writeln!(out, "| `{}` | {} | {} | {} | {} |", p.name, default(p), allowed(p), p.unit, p.doc);
        }
    }
    let list = |title: &str, items: &[String], out: &mut String| {
        if !items.is_empty() {
            let _ = write!(out, "\n## {title}\n\n");
            items.iter().for_each(|i| {
                let _ = writeln!(out, "- {i}");
            });
        }
    };
    let pairs = |v: &[(&str, &str)]| v.iter().map(|(a, b)| format!("{a}: {b}")).collect::<Vec<_>>();
    list("Needs", &m.needs.iter().map(ToString::to_string).collect::<Vec<_>>(), &mut out);
    list("Keeps", &pairs(m.keeps), &mut out);
    list("Breaks", &pairs(m.breaks), &mut out);
    list("Cautions", &m.cautions.iter().map(|c| (*c).to_string()).collect::<Vec<_>>(), &mut out);
    list("References", &cited(m.sources, m.id, bibliography)?, &mut out);
    let _ = write!(out, "\nRevision of the numbers: {}.\n", m.revision);
    Ok(out)
}

fn default(p: &ParamSpec) -> String {
    match p.default {
        Preset::Int(v) => v.to_string(),
        Preset::Float(v) => v.to_string(),
        Preset::Bool(v) => v.to_string(),
        Preset::Word("") => "(none)".into(),
        Preset::Word(v) => format!("`{v}`"),
    }
}

fn allowed(p: &ParamSpec) -> String {
    match p.kind {
        ParamKind::Int { min, max: i64::MAX } => format!("whole, from {min}"),
        ParamKind::Int { min, max } => format!("whole, {min} to {max}"),
        ParamKind::Float { min, max } => format!("{min} to {max}"),
        ParamKind::Bool => "true, false".into(),
        ParamKind::Choice(words) => words.join(", "),
        ParamKind::Text => "text".into(),
    }
}

fn operator_page() -> String {
    let gradients = diff::gradient::operators();
    let mut out = String::from(
        "# Operators\n\nEvery operator of the dialect. One that isn't listed still runs forward on an engine.\n\n\
         | operator | role | evaluated at compile time | gradient |\n|---|---|---|---|\n",
    );
    for op in graph::op::OPS {
        let gradient = if gradients.contains(&op.name) { "yes" } else { "no" };
        let eval = if op.eval.is_some() { "yes" } else { "no" };
        let _ = writeln!(out, "| `{}` | {:?} | {eval} | {gradient} |", op.name, op.role);
    }
    out
}

fn rule_page() -> String {
    let mut out = String::from("# Backward rules\n\n| rule | what it does | formula | source |\n|---|---|---|---|\n");
    for rule in diff::RULES {
        let _ = writeln!(out, "| `{}` | {} | `{}` | {} |", rule.id, rule.summary, rule.formula, rule.source);
    }
    out
}

/// Key -> one line, from the bibliography's one-entry-per-line form.
fn bibliography(root: &Path) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(root.join("docs/bibliography.bib"))?;
    let mut out = BTreeMap::new();
    for line in text.lines().filter(|l| l.starts_with('@')) {
        let key = line.split(['{', ',']).nth(1).context("entry without a key")?.trim().to_string();
        let field = |name: &str| {
            let from = line.find(&format!("{name} = {{"))? + name.len() + 4;
            let end = line[from..].find('}')? + from;
            Some(line[from..end].replace("\\'", ""))
        };
        let venue = ["journal", "booktitle", "howpublished"].iter().find_map(|f| field(f)).unwrap_or_default();
        let get = |f: &str| field(f).unwrap_or_default();
        out.insert(key, format!("{} ({}). {}. {venue}.", get("author"), get("year"), get("title")));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_fresh() {
        let stale: Vec<_> = super::stale().unwrap().into_keys().collect();
        assert!(stale.is_empty(), "run `cargo xtask generate`: {stale:?}");
    }

    #[test]
    fn a_section_is_replaced_between_its_markers() {
        let text = "a\n<!-- t:begin -->\nold\n<!-- t:end -->\nb";
        let new = super::with_section(text, "t", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- t:begin -->\n\nnew\n\n<!-- t:end -->\nb");
        assert!(super::with_section("no markers", "t", "").is_err());
    }
}
