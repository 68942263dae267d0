//! Hands the target's value back through a transformer, attention held constant: values take everything.
//!
//! # Formula
//! ```text
//! softmax of attention: constant        product A V: m_V = A' m_y
//! everything else as in `attn-lrp`
//! R = x m
//! ```
//!
//! # Symbols
//! - `m`: multiplier, relevance per unit of a wire's value; `A`: attention probabilities; `V`: values
//! - `R`: relevance, units of the target
//!
//! # Axioms
//! Conserved but for biases: the check `conservation` says how much they keep. What decides where attention goes (queries, keys) gets nothing.
//!
//! # Cost
//! 1 F + 1 B; with gammas relevance itself flows, which runs linear nodes twice.
//!
//! # In images
//! Robust, and blind to how the model chose where to look. Compare with `attn-lrp`, which follows queries and keys too.
//!
//! # Departures
//! As `attn-lrp`.
//!
//! # Source
//! ali2022cplrp.

use pellucid_diff::relevance::transformer::{Attention, Transformer};

use super::lrp::PATENTS;
use super::spread::spread;
use super::transformer::{CONV_GAMMA, LINEAR_GAMMA};
use crate::Result;
use crate::assembly::Assembly;
use crate::method::{Family, Form, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[CONV_GAMMA, LINEAR_GAMMA];

/// CP-LRP.
pub static INFO: MethodInfo = MethodInfo {
    id: "cp-lrp",
    name: "CP-LRP",
    family: Family::Relevance,
    summary: "Hands the target back through a transformer, attention held constant",
    sources: &["ali2022cplrp"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B, of about 2 F with gammas",
    keeps: &[("dummy", "an input that isn't used gets 0")],
    breaks: &[("conservation", "biases and biases keep a share")],
    params: PARAMS,
    cautions: &[PATENTS],
    revision: 1,
    file: include_str!("cp_lrp.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { form: Form::Biased, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let set = Transformer {
        attention: Attention::Constant,
        conv_gamma: values.float("conv_gamma"),
        linear_gamma: values.float("linear_gamma"),
    };
    spread(assembly, &set.rules(), set.currency(), false)
}
