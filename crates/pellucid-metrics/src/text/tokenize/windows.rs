//! Replacements of short runs of characters, from left to right; a character that was part of a replaced run is not looked at again.

/// Replaces runs of `N` characters where `replace` gives what stands for them.
pub(super) fn replace_runs<const N: usize>(
    chars: &[char],
    replace: impl Fn([char; N]) -> Option<Vec<char>>,
) -> Vec<char> {
    let mut out = Vec::with_capacity(chars.len() + chars.len() / 2);
    let mut rest = chars;
    while let [first, tail @ ..] = rest {
        match rest.first_chunk::<N>().and_then(|run| replace(*run)) {
            Some(instead) => {
                out.extend(instead);
                rest = &rest[N..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}
