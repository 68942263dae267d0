//! The address of a service, and of resources below it.

use std::net::IpAddr;

use ureq::http::Uri;

use crate::Result;
use crate::error::value_error;

/// Root of a DICOMweb service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    root: String,
    secure: bool,
}

impl Address {
    /// Checks an address.
    pub fn parse(root: &str) -> Result<Address> {
        let fail = |expected: &str| Err(value_error("the address of the DICOMweb service", root, expected));
        let Ok(uri) = root.parse::<Uri>() else { return fail("it must look like `https://host/dicom-web`") };
        let Some(host) = uri.host().filter(|h| !h.is_empty()) else {
            return fail("it must name a host, as in `https://host/dicom-web`");
        };
        if uri.query().is_some() || root.contains('#') {
            return fail("it may have no query or fragment");
        }
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return fail("credentials don't belong into it: give them apart");
        }
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_this_machine(host) => false,
            Some("http") => return fail("`http` goes to this machine only: use `https`, or a tunnel that ends here"),
            _ => return fail("it must start with `https://`"),
        };
        Ok(Address { root: root.trim_end_matches('/').into(), secure })
    }

    pub fn secure(&self) -> bool {
        self.secure
    }

    /// The address of a resource, whose path starts with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A text as the value of a query: everything in hexadecimal but letters, digits, `-._~` (RFC 3986, 2.1), and what means something in a match,
/// `*?,`, which may stand in a query and which Orthanc takes for itself when it is escaped.
pub(super) fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~*?,".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_only_to_this_machine() {
        for good in [
            "http://localhost:8042/dicom-web",
            "http://127.0.0.1:1/",
            "http://[::1]:8042/d",
            "https://pacs.example.org/x",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://pacs.example.org/dicom-web",
            "http://127.0.0.1.example.org/",
            "ftp://localhost/",
            "https://user:secret@host/",
            "https://host/a?b=c",
            "localhost:8042",
            "",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn joins_and_escapes() {
        let a = Address::parse("http://localhost:8042/dicom-web/").unwrap();
        assert_eq!(a.join("/studies"), "http://localhost:8042/dicom-web/studies");
        assert_eq!(escaped("Doe^J*&é"), "Doe%5EJ*%26%C3%A9");
    }
}
