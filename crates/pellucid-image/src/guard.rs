//! Decoders of other people's making may panic on damaged input: that is an error of the file, not of the program.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Result;
use crate::error::damaged;

/// Runs a foreign decoder; a panic inside becomes an error.
pub fn foreign<T>(format: &'static str, decode: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(damaged(format, "its decoder gave up on these bytes")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_becomes_an_error() {
        let result = super::foreign::<()>("PNG", || panic!("inside"));
        assert_eq!(result.unwrap_err().to_string(), "damaged PNG: its decoder gave up on these bytes");
    }
}
