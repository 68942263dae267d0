//! Unique identifiers that the same run makes again: digests in decimal, under `2.25` or under a root of the user's own.

use sha2::{Digest, Sha256};

use crate::Result;
use crate::error::value_error;

/// Longest identifier (PS3.5, 9).
const MAX_LENGTH: usize = 64;
/// Decimal digits that a digest needs below a root of the user's own so that chance never makes two alike.
const LEAST_DIGITS: usize = 20;

/// The root below which new identifiers are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UidRoot(Option<String>);

impl Default for UidRoot {
    /// `2.25`: anyone may make identifiers below it from a UUID (PS3.5, B.2).
    fn default() -> UidRoot {
        UidRoot(None)
    }
}

impl UidRoot {
    /// A root that was assigned to the user's organisation, such as `1.2.826.0.1.3680043.9.1234`.
    ///
    /// # Errors
    /// When it isn't an identifier, or so long that fewer than 20 digits remain below it.
    pub fn own(root: &str) -> Result<UidRoot> {
        if !is_uid(root) {
            return Err(value_error(
                "the root of new identifiers",
                root,
                "it must be numbers joined by dots, such as `1.2.826.0.1.3680043`",
            ));
        }
        if root.len() + 1 + LEAST_DIGITS > MAX_LENGTH {
            let expected =
                format!("it may have {} characters at most, so that the digest fits", MAX_LENGTH - 1 - LEAST_DIGITS);
            return Err(value_error("the root of new identifiers", root, expected));
        }
        Ok(UidRoot(Some(root.into())))
    }

    /// The identifier of the given parts: the same parts give the same identifier.
    pub fn make<T: AsRef<[u8]>>(&self, parts: &[T]) -> String {
        let mut hash = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut bytes = [0u8; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(b, d)| *b = d);
        let number = u128::from_be_bytes(bytes);
        match &self.0 {
            // A UUID of version 8 and variant 10 (RFC 9562, 5.8): what `2.25` demands.
            None => format!("2.25.{}", number & !(0xf << 76) & !(0b11 << 62) | (8 << 76) | (0b10 << 62)),
            Some(root) => {
                let mut uid = format!("{root}.{}", number | 1 << 127);
                uid.truncate(MAX_LENGTH);
                uid
            }
        }
    }
}

/// Whether a text is a valid identifier: up to 64 characters, numbers without leading zeros, joined by dots.
pub fn is_uid(text: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    text.len() <= MAX_LENGTH && text.contains('.') && text.split('.').all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_valid_identifier() {
        for root in [UidRoot::default(), UidRoot::own("1.2.826.0.1.3680043.9.1234").unwrap()] {
            let (a, b, c) =
                (root.make(&["run", "series"]), root.make(&["run", "series"]), root.make(&["runs", "eries"]));
            assert_eq!(a, b);
            assert_ne!(a, c);
            assert!(is_uid(&a) && is_uid(&c), "{a}");
        }
    }

    #[test]
    fn the_default_root_holds_a_uuid_of_version_8() {
        let uid = UidRoot::default().make(&["x"]);
        let number: u128 = uid.strip_prefix("2.25.").unwrap().parse().unwrap();
        assert_eq!((number >> 76 & 0xf, number >> 62 & 0b11), (8, 0b10));
    }

    #[test]
    fn roots_are_checked() {
        for bad in ["", "1", "1..2", "1.02", "1.a", &"1.2".repeat(20)] {
            assert!(UidRoot::own(bad).is_err(), "{bad}");
        }
        let long = UidRoot::own(&format!("1.{}", "2".repeat(41))).unwrap();
        assert_eq!(long.make(&["x"]).len(), 64);
    }
}
