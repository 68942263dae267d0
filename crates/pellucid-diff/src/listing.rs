//! The one list of rules.

/// Description of a rule, for listings.
#[derive(Debug)]
pub struct RuleInfo {
    /// Id.
    pub id: &'static str,
    /// One line, verb first.
    pub summary: &'static str,
    /// The formula.
    pub formula: &'static str,
    /// Bibliography key.
    pub source: &'static str,
}

/// The one list of rules.
pub static RULES: &[RuleInfo] = &[
    RuleInfo {
        id: "gradient",
        summary: "Sends back the gradient",
        formula: "g_x = J' g_y",
        source: "simonyan2014deep",
    },
    RuleInfo {
        id: "guided",
        summary: "Sends back the positive part of the gradient through units that were active",
        formula: "g_x = g_y [g_y > 0] [x > 0]",
        source: "springenberg2015striving",
    },
    RuleInfo {
        id: "deconvnet",
        summary: "Sends back the positive part of the signal, whatever the unit did going forward",
        formula: "g_x = g_y [g_y > 0]",
        source: "zeiler2014visualizing",
    },
    RuleInfo {
        id: "lrp-epsilon",
        summary: "Shares relevance in proportion to contributions",
        formula: "R_i = x_i sum_j w_ij R_j / (z_j + e sign z_j)",
        source: "bach2015lrp",
    },
    RuleInfo {
        id: "lrp-z-plus",
        summary: "Shares relevance among positive contributions",
        formula: "R_i = sum_j (x_i w_ij)+ R_j / (sum_i (x_i w_ij)+ + b_j+)",
        source: "montavon2017deeptaylor",
    },
    RuleInfo {
        id: "lrp-alpha-beta",
        summary: "Shares relevance among positive contributions and takes some back from negative ones",
        formula: "R_i = sum_j (alpha (x_i w_ij)+ / p_j - beta (x_i w_ij)- / n_j) R_j",
        source: "bach2015lrp",
    },
    RuleInfo {
        id: "lrp-gamma",
        summary: "Shares relevance with more weight for contributions of the sign of the sum",
        formula: "R_i = sum_j (c_ij + gamma c_ij+) R_j / sum_i (c_ij + gamma c_ij+), z_j > 0; with c_ij-, z_j < 0",
        source: "montavon2019lrp",
    },
    RuleInfo {
        id: "lrp-gamma-original",
        summary: "Shares relevance with more weight for positive weights",
        formula: "R_i = x_i sum_j (w_ij + gamma w_ij+) R_j / sum_i x_i (w_ij + gamma w_ij+)",
        source: "montavon2019lrp",
    },
    RuleInfo {
        id: "lrp-w-squared",
        summary: "Shares relevance by squared weights",
        formula: "R_i = sum_j w_ij^2 R_j / (sum_i w_ij^2 + b_j^2)",
        source: "montavon2017deeptaylor",
    },
    RuleInfo {
        id: "lrp-flat",
        summary: "Shares relevance alike among the inputs of a window",
        formula: "R_i = sum_j R_j / n_j",
        source: "lapuschkin2019cleverhans",
    },
    RuleInfo {
        id: "lrp-box",
        summary: "Shares relevance by distance from the corner of the data's box",
        formula: "R_i = sum_j (x_i w_ij - l_i w_ij+ - h_i w_ij-) R_j / sum_i (x_i w_ij - l_i w_ij+ - h_i w_ij-)",
        source: "montavon2017deeptaylor",
    },
    RuleInfo {
        id: "lrp-norm",
        summary: "Shares relevance among the operands of a sum or mean in proportion",
        formula: "R_i = x_i J_i' (R / (y + e sign y))",
        source: "bach2015lrp",
    },
    RuleInfo {
        id: "lrp-affine",
        summary: "Shares relevance between a normalised input and the offset, with statistics held constant",
        formula: "R_x = a x R / (a x + b)",
        source: "bach2015lrp",
    },
    RuleInfo {
        id: "lrp-product",
        summary: "Passes relevance by a constant factor and halves it between two signals",
        formula: "R_a = R_b = R / 2",
        source: "arras2019lrp",
    },
    RuleInfo {
        id: "lrp-z-plus-unbiased",
        summary: "Shares relevance among positive contributions, the bias taking nothing",
        formula: "R_i = sum_j (x_i w_ij)+ R_j / sum_i (x_i w_ij)+",
        source: "chefer2021transformer",
    },
    RuleInfo {
        id: "lrp-norm-rescaled",
        summary: "Shares relevance among the branches of a sum, each scaled by the size of its total",
        formula: "R_a = a R / (a + b), times |sum R_a| sum R / (|sum R_a| + |sum R_b|) / sum R_a",
        source: "chefer2021transformer",
    },
    RuleInfo { id: "lrp-pass", summary: "Passes relevance on unchanged", formula: "R_x = R_y", source: "bach2015lrp" },
    RuleInfo {
        id: "deeplift-linear",
        summary: "Sends multipliers back through what is linear in its data",
        formula: "m_x = J' m_y",
        source: "shrikumar2017deeplift",
    },
    RuleInfo {
        id: "deeplift-product",
        summary: "Shares a product's difference by valuing each operand at the mean of the other",
        formula: "m_a = m_y (b + b') / 2",
        source: "shrikumar2017deeplift",
    },
    RuleInfo {
        id: "deeplift-rescale",
        summary: "Replaces the derivative by the slope between baseline and input",
        formula: "m_x = m_y (f(x) - f(x')) / (x - x')",
        source: "shrikumar2017deeplift",
    },
    RuleInfo {
        id: "deeplift-reveal-cancel",
        summary: "Values what raises a unit and what lowers it apart, with and without the other",
        formula: "m+ = m_y (f(x'+d+) - f(x') + f(x) - f(x'+d-)) / (2 d+)",
        source: "shrikumar2017deeplift",
    },
    RuleInfo {
        id: "deeplift-extremum",
        summary: "Shares a maximum's difference between its winners at the input and at the baseline",
        formula: "C_p = m_y (c - y'), C_p' = m_y (y - c), c = max(y, y')",
        source: "shrikumar2017deeplift",
    },
    RuleInfo {
        id: "deeplift-written-out",
        summary: "Reads softmax, normalisations, norms and recurrent layers through the sums, products and functions they are made of",
        formula: "rules of the parts",
        source: "shrikumar2017deeplift",
    },
    RuleInfo {
        id: "lrp-identity",
        summary: "Scales multipliers by what the function did to its input",
        formula: "m_x = m_y f(x) / x",
        source: "achtibat2024attnlrp",
    },
    RuleInfo {
        id: "lrp-detached",
        summary: "Sends multipliers or relevance through a normalisation whose deviation is held constant",
        formula: "m_x = (h - mean h) / s, h = m_y scale",
        source: "achtibat2024attnlrp",
    },
    RuleInfo {
        id: "lrp-halves",
        summary: "Halves multipliers or relevance between two signals that are multiplied; constant attention leaves all to the values",
        formula: "m_a = m_y b / 2",
        source: "achtibat2024attnlrp",
    },
    RuleInfo {
        id: "lrp-softmax",
        summary: "Sends relevance through a softmax by its Jacobian times its input",
        formula: "R_x = x (R - s sum R)",
        source: "achtibat2024attnlrp",
    },
    RuleInfo {
        id: "lrp-stop",
        summary: "Hands nothing on: attention held constant, gates, functions that aren't 0 at 0",
        formula: "R_x = 0",
        source: "ali2022cplrp",
    },
    RuleInfo {
        id: "excitation",
        summary: "Shares probability among inputs that excite a unit",
        formula: "P_i = x_i+ sum_j w_ij+ P_j / sum_k x_k+ w_kj+",
        source: "zhang2018excitation",
    },
    RuleInfo {
        id: "excitation-contrastive",
        summary: "Takes off the probability under negated weights",
        formula: "P_i(w) - P_i(-w)",
        source: "zhang2018excitation",
    },
    RuleInfo {
        id: "excitation-sum",
        summary: "Shares probability among operands that raise a sum",
        formula: "P_i = x_i+ J_i' (P / sum_k x_k+)",
        source: "zhang2018excitation",
    },
];
