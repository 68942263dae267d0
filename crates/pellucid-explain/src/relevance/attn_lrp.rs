//! Hands the target's value back through a transformer: attention is differentiated, products share in halves.
//!
//! # Formula
//! ```text
//! activation           m_x = m_y f(x) / x             f'(0) at x = 0
//! normalisation        m_x: gradient with the deviation held constant
//! product of signals   m_a = m_y b / 2, m_b = m_y a / 2
//! softmax              its Jacobian                  linear nodes: the epsilon rule, or gamma
//! R = x m
//! ```
//!
//! # Symbols
//! - `m`: multiplier, relevance per unit of a wire's value; starts from the weights of the target
//! - `R`: relevance, units of the target
//!
//! # Axioms
//! Conserved at linear nodes (but for biases), products and normalisations; not across the softmax, whose Jacobian has an offset. The check `conservation`
//! says how much is left. On a network of rectifiers without attention it is input times gradient.
//!
//! # Cost
//! 1 F + 1 B; with gammas relevance itself flows, which runs linear nodes twice.
//!
//! # In images
//! Without gammas, maps of vision transformers are noisy; 0.25 at the patch embedding and 0.05 at the other layers are usual there.
//! Relevance at a layer of tokens (`--layer`) is given as `token_relevance`, the sum over features.
//!
//! # Departures
//! At `x = 0` an activation passes `f'(0)`; a function that isn't 0 at 0 (sigmoid) passes nothing.
//!
//! # Source
//! achtibat2024attnlrp.

use pellucid_diff::relevance::transformer::{Attention, Transformer};

use super::lrp::PATENTS;
use super::spread::spread;
use super::transformer::{CONV_GAMMA, LINEAR_GAMMA};
use crate::Result;
use crate::assembly::Assembly;
use crate::method::{Family, Form, Gradients, Kind, MethodInfo, Need, Written};
use crate::params::{ParamSpec, Values};

static PARAMS: &[ParamSpec] = &[CONV_GAMMA, LINEAR_GAMMA];

/// AttnLRP.
pub static INFO: MethodInfo = MethodInfo {
    id: "attn-lrp",
    name: "AttnLRP",
    family: Family::Relevance,
    summary: "Hands the target back through a transformer, attention differentiated and products halved",
    sources: &["achtibat2024attnlrp"],
    needs: &[Need::Gradient],
    cost: "1 F + 1 B, of about 2 F with gammas",
    keeps: &[("dummy", "an input that isn't used gets 0")],
    breaks: &[("conservation", "the softmax and biases keep a share")],
    params: PARAMS,
    cautions: &[PATENTS],
    revision: 1,
    file: include_str!("attn_lrp.rs"),
    kind: Kind::Compiled { needs: |_| Gradients { form: Form::Biased, ..Gradients::default() }, write },
};

fn write(assembly: &mut Assembly, values: &Values) -> Result<Written> {
    let set = Transformer {
        attention: Attention::Differentiated,
        conv_gamma: values.float("conv_gamma"),
        linear_gamma: values.float("linear_gamma"),
    };
    spread(assembly, &set.rules(), set.currency(), false)
}
