//! Numbers for readers: few digits, round ticks.

/// A number with about three significant digits: `0.0371`, `12.3`, `4.1e-7`.
pub(crate) fn short(v: f64) -> String {
    if !v.is_finite() {
        return if v.is_nan() { "not a number".into() } else { format!("{v}").replace("inf", "infinite") };
    }
    let magnitude = v.abs();
    if magnitude == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e5).contains(&magnitude) {
        let text = format!("{v:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", trimmed(digits));
    }
    let decimals = (2 - magnitude.log10().floor() as i32).max(0) as usize;
    trimmed(&format!("{v:.decimals$}")).to_string()
}

/// A decimal number without trailing zeros after its point.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A share as a percentage: `37 %`, `0.4 %`.
pub(crate) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "undefined".into();
    }
    let v = 100.0 * share;
    if v != 0.0 && v.abs() < 0.05 {
        return if v > 0.0 { "< 0.1 %".into() } else { "> -0.1 %".into() };
    }
    // 100 only when nothing is missing
    if v.abs() < 9.95 || (v > 99.0 && v < 99.95) { format!("{v:.1} %") } else { format!("{v:.0} %") }
}

/// Round values between two ends, `wanted` of them or a few less or more; each with its text.
pub(crate) fn ticks(low: f64, high: f64, wanted: usize) -> Vec<(f64, String)> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return vec![(low, short(low))];
    }
    let rough = span / wanted.max(1) as f64;
    let unit = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * unit).into_iter().find(|s| *s >= rough * 0.999).unwrap_or(10.0 * unit);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).map(|v| (v, short(v))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits() {
        let cases = [
            (0.0, "0"),
            (-0.037_12, "-0.0371"),
            (12.34, "12.3"),
            (1234.5, "1234"),
            (0.5, "0.5"),
            (4.1e-7, "4.1e-7"),
            (2e6, "2e6"),
            (f64::NAN, "not a number"),
            (f64::NEG_INFINITY, "-infinite"),
        ];
        for (v, text) in cases {
            assert_eq!(short(v), text);
        }
    }

    #[test]
    fn percentages_never_round_up_to_all() {
        let cases =
            [(0.371, "37 %"), (0.0041, "0.4 %"), (1.0, "100 %"), (0.9962, "99.6 %"), (1e-6, "< 0.1 %"), (0.0, "0.0 %")];
        for (v, text) in cases {
            assert_eq!(percent(v), text);
        }
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let texts = |low, high, n| ticks(low, high, n).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(texts(0.0, 0.0371, 4), ["0", "0.01", "0.02", "0.03"]);
        assert_eq!(texts(-1.0, 1.0, 4), ["-1", "-0.5", "0", "0.5", "1"]);
        assert_eq!(texts(0.0, 3e-6, 3), ["0", "1e-6", "2e-6", "3e-6"]);
        assert_eq!(texts(2.0, 2.0, 4), ["2"]);
        assert_eq!(texts(0.0, f64::INFINITY, 4).len(), 1);
    }
}
