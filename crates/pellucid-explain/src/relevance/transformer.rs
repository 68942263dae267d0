//! Parameters of relevance through transformers.

use crate::params::{ParamSpec, float};

/// Gamma at convolutions.
pub(crate) const CONV_GAMMA: ParamSpec =
    float("conv_gamma", 0.0, 0.0, 1e6, "gamma at convolutions, the patch embedding among them; 0 for the epsilon rule");

/// Gamma at other linear nodes.
pub(crate) const LINEAR_GAMMA: ParamSpec =
    float("linear_gamma", 0.0, 0.0, 1e6, "gamma at other linear nodes; 0 for the epsilon rule");

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{assert_close, bench, deep_net, one_map, random, token_net};

    #[test]
    fn without_attention_both_are_alike() {
        let b = bench(deep_net(&[8, 8]), vec![random(&[1, 2, 8, 8], 5)], 1);
        let (attn, cp) = (b.map("attn-lrp", &[]), b.map("cp-lrp", &[]));
        assert_close(&attn, &cp, 1e-6);
    }

    #[test]
    fn with_attention_they_differ_and_gammas_change_them() {
        let b = bench(token_net(1, 1.0), vec![random(&[1, 2, 4, 6], 7)], 1);
        let attn = b.run("attn-lrp", &[]).unwrap();
        assert_ne!(one_map(&attn), b.map("cp-lrp", &[]));
        assert_ne!(one_map(&attn), b.map("attn-lrp", &[("linear_gamma", json!(0.1))]));
        assert!(
            attn.balance.is_empty() && !b.run("attn-lrp", &[("linear_gamma", json!(0.1))]).unwrap().balance.is_empty()
        );
    }
}
