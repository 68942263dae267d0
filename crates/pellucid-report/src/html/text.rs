//! Text in HTML: escaped, always.

use std::fmt::{self, Display, Write};

/// Text that is escaped when it is written, for content and for attributes in double quotes.
pub(crate) struct Escaped<T>(T);

/// Text to be escaped.
pub(crate) fn e<T: Display>(text: T) -> Escaped<T> {
    Escaped(text)
}

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaper(f), "{}", self.0)
    }
}

struct Escaper<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaper<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.write_str("&amp;")?,
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                // control characters aren't allowed in HTML
                c if c.is_control() && c != '\n' && c != '\t' => self.0.write_char('\u{fffd}')?,
                c => self.0.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Text with its parts in backticks set as code.
pub(crate) fn marked(text: &str) -> String {
    let mut parts = text.split('`');
    let mut out = parts.next().map(|p| e(p).to_string()).unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    // an odd backtick is a backtick
    let tail = if rest.len() % 2 == 1 { rest.pop() } else { None };
    for pair in rest.chunks(2) {
        out.push_str(&format!("<code>{}</code>{}", e(pair[0]), e(pair[1])));
    }
    if let Some(tail) = tail {
        out.push_str(&format!("`{}", e(tail)));
    }
    out
}

/// A first letter in upper case and a full stop: a sentence from a line of the lists.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

/// Bytes as a data URI.
pub(crate) fn data_uri(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", base64(bytes))
}

/// Base64 with padding, RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for block in bytes.chunks(3) {
        let word = block.iter().enumerate().fold(0u32, |w, (i, b)| w | u32::from(*b) << (16 - 8 * i));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= block.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_markup_is_escaped() {
        assert_eq!(e("<a href=\"x\">'&'\u{1}").to_string(), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;\u{fffd}");
        assert_eq!(marked("layer `a<b` and `c"), "layer <code>a&lt;b</code> and `c");
        assert_eq!(marked("`x`"), "<code>x</code>");
        assert_eq!(sentence("takes the gradient"), "Takes the gradient.");
    }

    #[test]
    fn base64_as_in_the_rfc() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[255, 254, 253]), "//79");
    }
}
