//! Hands the target's value back through the model, each linear node sharing what it got among its inputs by what they put in.
//!
//! # Formula
//! ```text
//! z_j = sum_i x_i w_ij + b_j
//! epsilon      R_i = x_i sum_j w_ij R_j / stab(z_j)
//! z-plus       R_i = sum_j (x_i+ w_ij+ + x_i- w_ij-) R_j / stab(p_j)            p_j: the same over i, and b_j+
//! alpha-beta   R_i = alpha sum_j (x_i w_ij)+ R_j / stab(p_j) - beta sum_j (x_i w_ij)- R_j / stab(n_j)
//! gamma        R_i = sum_j (c_ij + gamma c_ij+) R_j / stab(..)  where z_j > 0; with c_ij- where z_j < 0;   c_ij = x_i w_ij
//! w-squared    R_i = sum_j w_ij^2 R_j / stab(sum_i w_ij^2 + b_j^2)
//! flat         R_i = sum_j R_j / (inputs of j)
//! box          R_i = sum_j (x_i w_ij - l_i w_ij+ - h_i w_ij-) R_j / stab(..)
//! stab(z) = z + e sgn(z), sgn(0) = 1
//! ```
//! Activations and batch normalisations that no convolution could take in pass relevance on; sums and average pools share it in proportion;
//! maxima give all to the winner; other normalisations take the epsilon rule on their affine map with this input's statistics held constant; a
//! product of a signal and a gate gives all to the signal.
//!
//! # Symbols
//! - `R`: relevance, in units of the target; `x`: what a node reads; `w`, `b`: its weights and bias
//! - `u+ = max(u, 0)`, `u- = min(u, 0)`; `l`, `h`: bounds of the input, per channel
//!
//! # Axioms
//! Relevance is kept at every node but for what biases, stabilisers and gates keep. How much each node kept is measured and reported
//! (`balance`), and the check `conservation` compares the sum at the inputs with the target. With the epsilon rule and `e = 0` on a network of
//! rectifiers, maxima and linear nodes it is input times gradient.
//!
//! # Cost
//! 1 F + 1 B of about 1.5 F to 3 F: rules that split by sign run a linear node twice forwards and twice backwards.
//!
//! # In images
//! The default (`epsilon-plus`) shows what speaks for the target and hardly what speaks against it, since z-plus drops contributions of the other
//! sign. `alpha-beta` and `gamma` let it through in part. Segmentations start from the logits inside the region.
//!
//! # Departures
//! Relevance starts with the target's value, as published; `start = one` starts with the target's weights, as zennit does with a one-hot
//! output. Batch normalisation is folded into the convolution before it, before rules are given out.
//!
//! # Source
//! bach2015lrp; montavon2019lrp (composites and gamma); montavon2017deeptaylor (z-plus, w-squared, box); lapuschkin2019cleverhans (flat).

use std::path::Path;

use pellucid_diff::RuleSet;
use pellucid_diff::relevance::transformer::Currency;
use pellucid_diff::relevance::{Activation, BatchNorm, Composite, Lrp};

use super::rule_file::{self, Numbers, RULES};
use super::spread::spread;
use crate::assembly::Assembly;
use crate::method::{Family, Form, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values, choice, float, text};
use crate::{ExplainError, Result};

const COMPOSITES: &[&str] =
    &["epsilon-plus", "epsilon-plus-flat", "epsilon-gamma-box", "epsilon-alpha2-beta1", "epsilon-alpha2-beta1-flat"];

/// Rules of a kind of node, `composite` first: as the composite has it.
const CHOSEN: &[&str] =
    &["composite", RULES[0], RULES[1], RULES[2], RULES[3], RULES[4], RULES[5], RULES[6], RULES[7], RULES[8]];

/// What methods with its rules say.
pub(crate) const PATENTS: &str = "relevance propagation is patented in some countries (EP 3271863 B1, US 12,061,966 B2, CA 2979579 and others): read NOTICE before commercial use";

static PARAMS: &[ParamSpec] = &[
    choice("composite", "epsilon-plus", COMPOSITES, "rules by kind of node, as published"),
    choice("conv", "composite", CHOSEN, "rule at convolutions instead of the composite's"),
    choice("linear", "composite", CHOSEN, "rule at other linear nodes instead of the composite's"),
    choice("first", "composite", CHOSEN, "rule at the first linear node instead of the composite's"),
    float("epsilon", 1e-6, 0.0, 1e6, "of the epsilon rule: what it damps, in units of a node's sum"),
    float("alpha", 2.0, 1.0, 100.0, "of the alpha-beta rule: weight of what speaks for; alpha - beta = 1"),
    float("beta", 1.0, 0.0, 99.0, "of the alpha-beta rule: weight of what speaks against"),
    float("gamma", 0.25, 0.0, 1e6, "of the gamma rule: extra weight of contributions of the sum's sign"),
    text(
        "low",
        "",
        "of the box rule: smallest value after preprocessing, for all channels or for each (`-2.1,-2.0,-1.8`)",
    ),
    text("high", "", "of the box rule: largest value after preprocessing"),
    choice("batch_norm", "pass", &["pass", "affine"], "what batch normalisations do that no convolution took in"),
    choice("activation", "pass", &["pass", "gradient"], "what activations do with relevance"),
    choice("start", "value", &["value", "one"], "start with the target's value, or with its weights"),
    text("rules", "", "a TOML file with rules for nodes and operators, which come before all others"),
];

/// Layer-wise relevance propagation.
pub static INFO: MethodInfo = MethodInfo {
    id: "lrp",
    name: "Layer-wise relevance propagation",
    family: Family::Relevance,
    summary: "Hands the target's value back, each node sharing it among its inputs by what they put in",
    sources: &["bach2015lrp", "montavon2019lrp", "montavon2017deeptaylor"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B of 1.5 to 3 F",
    keeps: &[("conservation", "but for what biases, stabilisers and gates keep, which is reported")],
    breaks: &[("implementation invariance", "two graphs of the same function can share relevance differently")],
    params: PARAMS,
    cautions: &[
        "the rules decide what is seen: compare `epsilon-plus` with `gamma` before reading much into one of them",
        PATENTS,
    ],
    revision: 1,
    file: include_str!("lrp.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { form: Form::Biased, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let rules = rules(values)?;
    spread(assembly, &rules, Currency::Relevance, values.word("start") == "one")
}

/// The rule set that the parameters describe.
fn rules(values: &Values) -> Result<RuleSet> {
    let fail = |reason: String| ExplainError::Parameter { method: "lrp".into(), reason };
    let numbers = Numbers {
        epsilon: values.float("epsilon"),
        alpha: values.float("alpha"),
        beta: values.float("beta"),
        gamma: values.float("gamma"),
        low: list(values, "low")?,
        high: list(values, "high")?,
    };
    let mut composite = match values.word("composite") {
        "epsilon-plus-flat" => Composite::epsilon_plus_flat(),
        "epsilon-gamma-box" => {
            // refuses bounds that are missing
            rule_file::rule("box", &numbers).map_err(fail)?;
            Composite::epsilon_gamma_box(&numbers.low, &numbers.high)
        }
        "epsilon-alpha2-beta1" => Composite::epsilon_alpha2_beta1(),
        "epsilon-alpha2-beta1-flat" => Composite::epsilon_alpha2_beta1_flat(),
        _ => Composite::epsilon_plus(),
    };
    let chosen = |param: &str| -> Result<Option<Lrp>> {
        match values.word(param) {
            "composite" => Ok(None),
            name => rule_file::rule(name, &numbers).map(Some).map_err(fail),
        }
    };
    if let Some(rule) = chosen("conv")? {
        composite.conv = rule;
    }
    if let Some(rule) = chosen("linear")? {
        composite.linear = rule;
    }
    if let Some(rule) = chosen("first")? {
        composite.first = Some(rule);
    }
    if values.word("batch_norm") == "affine" {
        composite.batch_norm = BatchNorm::Affine;
    }
    if values.word("activation") == "gradient" {
        composite.activation = Activation::Gradient;
    }
    let set = composite.rules();
    match values.word("rules") {
        "" => Ok(set),
        path => rule_file::read(Path::new(path), set),
    }
}

/// Numbers of a parameter, separated by commas.
fn list(values: &Values, name: &str) -> Result<Vec<f64>> {
    let text = values.word(name);
    let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
    parts
        .map(|p| match p.parse::<f64>() {
            Ok(v) if v.is_finite() => Ok(v),
            _ => Err(ExplainError::Parameter {
                method: "lrp".into(),
                reason: format!("`{name}` is `{text}`, but numbers separated by commas are expected"),
            }),
        })
        .collect()
}
