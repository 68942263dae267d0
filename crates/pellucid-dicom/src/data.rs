//! Data sets in the making: elements by tag, with the value representation from the dictionary and every text checked against it.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::InMemDicomObject;

use crate::code::Code;
use crate::error::value_error;
use crate::{DicomError, Result};

/// A data set or an item of a sequence. The first error is kept and comes out at the end, so that building reads as a list.
#[derive(Debug)]
pub(crate) struct Set {
    object: InMemDicomObject,
    error: Option<DicomError>,
}

/// The greatest number of characters of texts (PS3.5, table 6.2-1).
fn longest(vr: VR) -> Option<usize> {
    match vr {
        VR::CS | VR::SH => Some(16),
        VR::LO | VR::PN | VR::UI => Some(64),
        VR::ST => Some(1024),
        VR::LT => Some(10_240),
        _ => None,
    }
}

/// Whether a backslash parts values.
fn multi_valued(vr: VR) -> bool {
    !matches!(vr, VR::ST | VR::LT | VR::UT | VR::UR)
}

/// The value representation of a standard attribute.
pub(crate) fn vr_of(tag: Tag) -> VR {
    StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr().relaxed())
}

fn name_of(tag: Tag) -> String {
    StandardDataDictionary.by_tag(tag).map_or_else(|| tag.to_string(), |entry| entry.alias().to_string())
}

/// Refuses texts that the value representation of the attribute can't hold.
fn checked(tag: Tag, vr: VR, text: &str) -> Result<()> {
    let fail = |expected: String| Err(value_error(name_of(tag), text, expected));
    let length = text.chars().count();
    if let Some(most) = longest(vr).filter(|&most| length > most) {
        return fail(format!("{vr} holds {most} characters, not {length}"));
    }
    if multi_valued(vr) && text.contains('\\') {
        return fail("a backslash parts values there".into());
    }
    let line_breaks = if multi_valued(vr) { &[][..] } else { &['\n', '\r', '\t'][..] };
    if text.chars().any(|c| c.is_control() && !line_breaks.contains(&c)) {
        return fail("control characters aren't allowed there".into());
    }
    let code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '_';
    if vr == VR::CS && !text.chars().all(code) {
        return fail("only `A` to `Z`, `0` to `9`, `_` and blank are allowed there".into());
    }
    Ok(())
}

impl Default for Set {
    fn default() -> Set {
        Set { object: InMemDicomObject::new_empty(), error: None }
    }
}

impl Set {
    fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(e) => {
                self.error.get_or_insert(e);
                None
            }
        }
    }

    fn put(&mut self, tag: Tag, vr: VR, value: PrimitiveValue) -> &mut Set {
        self.object.put(DataElement::new(tag, vr, value));
        self
    }

    /// One text; empty gives an empty element.
    pub fn text(&mut self, tag: Tag, text: &str) -> &mut Set {
        let vr = vr_of(tag);
        self.keep(checked(tag, vr, text));
        let value = if text.is_empty() { PrimitiveValue::Empty } else { PrimitiveValue::from(text) };
        self.put(tag, vr, value)
    }

    /// Several texts.
    pub fn texts<T: AsRef<str>>(&mut self, tag: Tag, texts: &[T]) -> &mut Set {
        let vr = vr_of(tag);
        let mut values = vec![];
        for text in texts {
            self.keep(checked(tag, vr, text.as_ref()));
            values.push(text.as_ref().to_string());
        }
        self.put(tag, vr, PrimitiveValue::Strs(values.into()))
    }

    /// A text as a source has it: it was in such a file already, so it isn't checked.
    pub fn carried(&mut self, tag: Tag, values: &[String]) -> &mut Set {
        let value = if values.iter().all(String::is_empty) {
            PrimitiveValue::Empty
        } else {
            PrimitiveValue::Strs(values.to_vec().into())
        };
        self.put(tag, vr_of(tag), value)
    }

    /// A text that is cut where it exceeds the attribute, with a mark.
    pub fn shortened(&mut self, tag: Tag, text: &str) -> &mut Set {
        let most = longest(vr_of(tag)).unwrap_or(usize::MAX);
        let clean: String =
            text.chars().map(|c| if c.is_control() && c != '\n' || c == '\\' { ' ' } else { c }).collect();
        if clean.chars().count() <= most {
            return self.text(tag, &clean);
        }
        let cut: String = clean.chars().take(most.saturating_sub(4)).collect();
        self.text(tag, &format!("{} ...", cut.trim_end()))
    }

    /// One 16-bit number.
    pub fn short(&mut self, tag: Tag, value: u16) -> &mut Set {
        self.put(tag, VR::US, PrimitiveValue::from(value))
    }

    /// 16-bit numbers.
    pub fn shorts(&mut self, tag: Tag, values: &[u16]) -> &mut Set {
        self.put(tag, VR::US, PrimitiveValue::U16(values.to_vec().into()))
    }

    /// 32-bit numbers.
    pub fn longs(&mut self, tag: Tag, values: &[u32]) -> &mut Set {
        self.put(tag, VR::UL, PrimitiveValue::U32(values.to_vec().into()))
    }

    /// One binary number of 64 bits.
    pub fn double(&mut self, tag: Tag, value: f64) -> &mut Set {
        self.put(tag, VR::FD, PrimitiveValue::from(value))
    }

    /// One whole number written in decimal.
    pub fn integer(&mut self, tag: Tag, value: u64) -> &mut Set {
        if value > i32::MAX as u64 {
            self.keep::<()>(Err(value_error(name_of(tag), value.to_string(), "it may be 2147483647 at most")));
        }
        self.text(tag, &value.to_string())
    }

    /// One number written in decimal, with up to 16 characters.
    pub fn decimal(&mut self, tag: Tag, value: f64) -> &mut Set {
        let text = self.keep(decimal_string(value)).unwrap_or_default();
        self.text(tag, &text)
    }

    /// An attribute that points at another.
    pub fn pointer(&mut self, tag: Tag, value: Tag) -> &mut Set {
        self.put(tag, VR::AT, PrimitiveValue::Tags(vec![value].into()))
    }

    /// Pixels of 32-bit floats.
    pub fn floats(&mut self, tag: Tag, values: Vec<f32>) -> &mut Set {
        self.put(tag, VR::OF, PrimitiveValue::F32(values.into()))
    }

    /// Pixels as bytes; an odd number is padded.
    pub fn bytes(&mut self, tag: Tag, mut values: Vec<u8>) -> &mut Set {
        if values.len() % 2 == 1 {
            values.push(0);
        }
        self.put(tag, VR::OB, PrimitiveValue::U8(values.into()))
    }

    /// A sequence of items.
    pub fn sequence(&mut self, tag: Tag, items: Vec<Set>) -> &mut Set {
        let mut objects = vec![];
        for item in items {
            if let Some(e) = item.error {
                self.error.get_or_insert(e);
            }
            objects.push(item.object);
        }
        self.object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(objects)));
        self
    }

    /// A sequence of one item.
    pub fn item(&mut self, tag: Tag, item: Set) -> &mut Set {
        self.sequence(tag, vec![item])
    }

    /// Takes over all elements of another set.
    pub fn absorb(&mut self, other: Set) -> &mut Set {
        if let Some(e) = other.error {
            self.error.get_or_insert(e);
        }
        for element in other.object {
            self.object.put(element);
        }
        self
    }

    /// A sequence of one coded concept.
    pub fn code(&mut self, tag: Tag, code: impl Into<Code>) -> &mut Set {
        self.item(tag, Set::of_code(&code.into()))
    }

    /// A coded concept as an item (PS3.3, table 8.8-1).
    pub fn of_code(code: &Code) -> Set {
        let mut set = Set::default();
        for (part, text) in [("value", &code.value), ("scheme", &code.scheme), ("meaning", &code.meaning)] {
            if text.trim().is_empty() {
                let found = format!("({}, {}, {})", code.value, code.scheme, code.meaning);
                set.keep::<()>(Err(value_error("a code", found, format!("it needs a {part}"))));
            }
        }
        let address = code.value.contains("://") || code.value.starts_with("urn:");
        if address {
            set.text(tags::URN_CODE_VALUE, &code.value);
        } else if code.value.chars().count() <= 16 {
            set.text(tags::CODE_VALUE, &code.value);
        } else {
            set.text(tags::LONG_CODE_VALUE, &code.value);
        }
        set.text(tags::CODING_SCHEME_DESIGNATOR, &code.scheme).text(tags::CODE_MEANING, &code.meaning);
        set
    }

    /// The finished object.
    ///
    /// # Errors
    /// The first value that an attribute couldn't hold.
    pub fn finish(self) -> Result<InMemDicomObject> {
        self.error.map_or(Ok(self.object), Err)
    }
}

/// A number in up to 16 characters (PS3.5, DS), as exact as that allows.
///
/// # Errors
/// When the number is NaN or infinite.
pub(crate) fn decimal_string(value: f64) -> Result<String> {
    const MOST: usize = 16;
    if !value.is_finite() {
        return Err(value_error("a decimal", value.to_string(), "it must be finite"));
    }
    let plain = value.to_string();
    if plain.len() <= MOST {
        return Ok(plain);
    }
    // The shortest loss: as many digits as fit, in whichever of the two notations holds more.
    let fixed = (0..MOST).rev().map(|n| format!("{value:.n$}")).find(|s| s.len() <= MOST);
    let scientific = (0..MOST).rev().map(|n| format!("{value:.n$e}")).find(|s| s.len() <= MOST);
    let loss = |s: &String| s.parse::<f64>().map_or(f64::INFINITY, |v| (v - value).abs());
    let best = fixed.into_iter().chain(scientific).min_by(|a, b| loss(a).total_cmp(&loss(b)));
    best.ok_or_else(|| value_error("a decimal", plain, "it must fit into 16 characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fit_and_stay_close() {
        for v in
            [0.0, -1.5, 1.0 / 3.0, -1.0 / 3.0, 123_456_789.123_456_78, 1e-30, -2.5e300, f64::from(f32::MAX), 1e15 / 7.0]
        {
            let s = decimal_string(v).unwrap();
            assert!(s.len() <= 16, "{s}");
            let back: f64 = s.parse().unwrap();
            assert!((back - v).abs() <= v.abs() * 1e-8, "{v} became {s}");
        }
        assert!(decimal_string(f64::NAN).is_err());
    }

    #[test]
    fn values_that_an_attribute_cannot_hold_are_refused() {
        for (tag, text) in [
            (tags::SERIES_DESCRIPTION, "x".repeat(65)),
            (tags::SERIES_DESCRIPTION, "a\\b".into()),
            (tags::CONTENT_LABEL, "lower".into()),
            (tags::SERIES_DESCRIPTION, "a\nb".into()),
        ] {
            let mut set = Set::default();
            set.text(tag, &text);
            assert!(set.finish().is_err(), "{text}");
        }
        let mut set = Set::default();
        set.text(tags::CONTRIBUTION_DESCRIPTION, "a\nb\\c").shortened(tags::SERIES_DESCRIPTION, &"y".repeat(100));
        assert!(set.finish().is_ok());
    }

    #[test]
    fn an_error_inside_a_sequence_comes_out() {
        let mut set = Set::default();
        set.code(tags::CONCEPT_NAME_CODE_SEQUENCE, Code::new("", "DCM", "x"));
        assert!(set.finish().unwrap_err().to_string().contains("needs a value"));
    }

    #[test]
    fn long_codes_and_addresses_have_attributes_of_their_own() {
        for (value, tag) in [
            ("saliency", tags::CODE_VALUE),
            ("integrated-gradients", tags::LONG_CODE_VALUE),
            ("https://example.org/method", tags::URN_CODE_VALUE),
        ] {
            let item = Set::of_code(&Code::private(value, "m")).finish().unwrap();
            assert_eq!(item.element(tag).unwrap().to_str().unwrap(), value);
            assert_eq!(item.tags().count(), 3);
        }
    }
}
