//! Who asks.

use base64::Engine;

use crate::Result;
use crate::error::value_error;

/// Credentials. They never appear in errors or debug output.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Login {
    /// None.
    #[default]
    Nobody,
    /// Name and password (RFC 7617).
    Password {
        /// The name, without a colon.
        name: String,
        /// The password.
        password: String,
    },
    /// A token, such as one of OAuth 2.0 (RFC 6750).
    Token(String),
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Login::Nobody => "Nobody",
            Login::Password { .. } => "Password(hidden)",
            Login::Token(_) => "Token(hidden)",
        })
    }
}

impl Login {
    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> Result<Option<String>> {
        match self {
            Login::Nobody => Ok(None),
            Login::Password { name, password } => {
                if name.contains(':') || name.chars().chain(password.chars()).any(char::is_control) {
                    return Err(value_error(
                        "the name or password",
                        "hidden",
                        "a name has no colon, and neither has control characters",
                    ));
                }
                let text = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
                Ok(Some(format!("Basic {text}")))
            }
            Login::Token(token) => {
                if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err(value_error("the token", "hidden", "it must be printable characters without blanks"));
                }
                Ok(Some(format!("Bearer {token}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_standards_examples() {
        let login = Login::Password { name: "Aladdin".into(), password: "open sesame".into() };
        assert_eq!(login.header().unwrap().unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(Login::Token("mF_9.B5f-4.1JqM".into()).header().unwrap().unwrap(), "Bearer mF_9.B5f-4.1JqM");
        assert!(Login::Token("a\r\nb".into()).header().is_err());
        assert!(!format!("{login:?}").contains("sesame"));
    }
}
