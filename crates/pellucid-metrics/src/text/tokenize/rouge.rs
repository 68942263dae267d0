//! The tokeniser of `rouge-score` 0.1.2.

/// Lower case, and every run of other characters than `a-z0-9` separates.
pub(super) fn tokenize(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let separates = |c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit());
    text.split(separates).filter(|t| !t.is_empty()).map(str::to_string).collect()
}
