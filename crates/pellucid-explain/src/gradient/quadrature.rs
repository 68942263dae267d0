//! Rules that replace an integral over `[0, 1]` by a weighted sum.
//!
//! # Source
//! davis1984methods: Gauss-Legendre by Newton's method on the Legendre polynomial, Clenshaw-Curtis by cosine sums; the nodes and weights of
//! the Gauss-Kronrod pair (7, 15) are those tabulated in piessens1983quadpack.

use std::f64::consts::PI;

/// Nodes in `[0, 1]` with their weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    /// Nodes.
    pub nodes: Vec<f64>,
    /// Weights.
    pub weights: Vec<f64>,
}

/// Names of the rules with a fixed number of nodes.
pub(crate) const FIXED: &[&str] = &["gausslegendre", "midpoint", "left", "right", "trapezoid"];

/// A rule of `n` nodes by name; a trapezoid has at least two.
pub(crate) fn fixed(name: &str, n: usize) -> Rule {
    let n = if name == "trapezoid" { n.max(2) } else { n.max(1) };
    let h = 1.0 / n as f64;
    let equal = |shift: f64| Rule { nodes: (0..n).map(|i| (i as f64 + shift) * h).collect(), weights: vec![h; n] };
    match name {
        "midpoint" => equal(0.5),
        "left" => equal(0.0),
        "right" => equal(1.0),
        "trapezoid" => {
            let h = 1.0 / (n - 1) as f64;
            let mut weights = vec![h; n];
            weights[0] = 0.5 * h;
            weights[n - 1] = 0.5 * h;
            Rule { nodes: (0..n).map(|i| i as f64 * h).collect(), weights }
        }
        _ => gauss_legendre(n),
    }
}

/// The Gauss-Legendre rule: exact for polynomials up to degree `2 n - 1`.
pub(crate) fn gauss_legendre(n: usize) -> Rule {
    let mut rule = Rule { nodes: vec![0.5; n], weights: vec![0.0; n] };
    for i in 0..n.div_ceil(2) {
        let mut x = ((i as f64 + 0.75) / (n as f64 + 0.5) * PI).cos();
        for _ in 0..100 {
            let (value, slope) = legendre(n, x);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        let (_, slope) = legendre(n, x);
        let weight = 1.0 / ((1.0 - x * x) * slope * slope);
        let mirror = n - 1 - i;
        rule.nodes[i] = 0.5 * (1.0 - x);
        rule.nodes[mirror] = 0.5 * (1.0 + x);
        rule.weights[i] = weight;
        rule.weights[mirror] = weight;
    }
    rule
}

/// The Legendre polynomial of degree `n` and its derivative, by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut now) = (0.0, 1.0);
    for k in 0..n {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k + 1.0) * x * now - k * before) / (k + 1.0));
    }
    (now, n as f64 * (x * now - before) / (x * x - 1.0))
}

/// The Clenshaw-Curtis rule on `2^level + 1` nodes; the nodes of a level are every other node of the next.
pub(crate) fn clenshaw_curtis(level: u32) -> Rule {
    let n = 1usize << level;
    let node = |j: usize| 0.5 * (1.0 - (PI * j as f64 / n as f64).cos());
    let weight = |j: usize| {
        let sum: f64 = (1..=n / 2)
            .map(|m| {
                let b = if 2 * m == n { 1.0 } else { 2.0 };
                b / ((4 * m * m - 1) as f64) * (2.0 * PI * ((j * m) % n) as f64 / n as f64).cos()
            })
            .sum();
        let end = if j == 0 || j == n { 0.5 } else { 1.0 };
        end * (1.0 - sum) / n as f64
    };
    Rule { nodes: (0..=n).map(node).collect(), weights: (0..=n).map(weight).collect() }
}

/// Half of the Kronrod nodes on `[-1, 1]`, outermost first, centre last; every second one belongs to the Gauss rule as well.
const KRONROD_NODES: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_4,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
const KRONROD_WEIGHTS: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_55,
    0.104_790_010_322_250_18,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_9,
    0.209_482_141_084_727_83,
];
const GAUSS_WEIGHTS: [f64; 4] =
    [0.129_484_966_168_869_7, 0.279_705_391_489_276_64, 0.381_830_050_505_118_9, 0.417_959_183_673_469_4];

/// A node of the Gauss-Kronrod pair on `[0, 1]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairNode {
    /// Place.
    pub node: f64,
    /// Weight in the 15-point rule.
    pub kronrod: f64,
    /// Weight in the 7-point rule, `None` where it has no node.
    pub gauss: Option<f64>,
}

/// The pair (7, 15): the nodes of the 7-point rule first, in order of place within each part. The centre is the fourth.
pub(crate) fn gauss_kronrod() -> Vec<PairNode> {
    let all = (0..15usize).map(|i| {
        let half = i.min(14 - i);
        let sign = if i < 7 { -1.0 } else { 1.0 };
        PairNode {
            node: 0.5 * (1.0 + sign * KRONROD_NODES[half]),
            kronrod: 0.5 * KRONROD_WEIGHTS[half],
            gauss: (half % 2 == 1).then(|| 0.5 * GAUSS_WEIGHTS[half / 2]),
        }
    });
    let (first, second): (Vec<_>, Vec<_>) = all.partition(|p| p.gauss.is_some());
    [first, second].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(rule: &Rule, degree: i32) -> f64 {
        rule.nodes.iter().zip(&rule.weights).map(|(x, w)| w * x.powi(degree)).sum()
    }

    #[test]
    fn gauss_rules_are_exact_up_to_their_degree() {
        for n in [1, 2, 3, 7, 24, 50, 200] {
            let rule = gauss_legendre(n);
            assert!(rule.nodes.windows(2).all(|w| w[0] < w[1]) && rule.nodes[0] > 0.0 && rule.nodes[n - 1] < 1.0);
            for degree in 0..(2 * n as i32).min(60) {
                let exact = 1.0 / f64::from(degree + 1);
                assert!((integral(&rule, degree) - exact).abs() < 1e-13, "n {n} degree {degree}");
            }
        }
        let two = gauss_legendre(2);
        assert!((two.nodes[0] - 0.5 * (1.0 - 1.0 / f64::sqrt(3.0))).abs() < 1e-15);
    }

    #[test]
    fn the_last_exact_degree_is_sharp() {
        assert!((integral(&gauss_legendre(2), 4) - 0.2).abs() > 1e-3);
        assert!((integral(&clenshaw_curtis(1), 4) - 0.2).abs() > 1e-3);
    }

    #[test]
    fn equal_steps_sum_to_one_and_sit_where_their_name_says() {
        for name in FIXED {
            for n in [1, 2, 17] {
                assert!((integral(&fixed(name, n), 0) - 1.0).abs() < 1e-14, "{name} {n}");
            }
        }
        assert_eq!(fixed("left", 4).nodes, [0.0, 0.25, 0.5, 0.75]);
        assert_eq!(fixed("right", 4).nodes, [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(fixed("midpoint", 2).nodes, [0.25, 0.75]);
        let trapezoid = fixed("trapezoid", 3);
        assert_eq!((trapezoid.nodes, trapezoid.weights), (vec![0.0, 0.5, 1.0], vec![0.25, 0.5, 0.25]));
    }

    #[test]
    fn clenshaw_curtis_is_exact_up_to_its_nodes_and_nested() {
        for level in 1..7 {
            let rule = clenshaw_curtis(level);
            for degree in 0..=(1 << level) {
                let exact = 1.0 / f64::from(degree + 1);
                assert!((integral(&rule, degree) - exact).abs() < 1e-13, "level {level} degree {degree}");
            }
            let finer = clenshaw_curtis(level + 1);
            for (j, x) in rule.nodes.iter().enumerate() {
                assert!((x - finer.nodes[2 * j]).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn the_kronrod_pair_is_exact_up_to_its_degrees() {
        let pair = gauss_kronrod();
        assert_eq!((pair.len(), pair[3].node), (15, 0.5));
        for degree in 0..=22 {
            let exact = 1.0 / f64::from(degree + 1);
            let fifteen: f64 = pair.iter().map(|p| p.kronrod * p.node.powi(degree)).sum();
            assert!((fifteen - exact).abs() < 1e-15, "degree {degree}: {fifteen}");
            let seven: f64 = pair[..7].iter().map(|p| p.gauss.unwrap_or(0.0) * p.node.powi(degree)).sum();
            assert!(degree > 13 || (seven - exact).abs() < 1e-15, "degree {degree}: {seven}");
        }
        assert!(pair[7..].iter().all(|p| p.gauss.is_none()));
    }
}
