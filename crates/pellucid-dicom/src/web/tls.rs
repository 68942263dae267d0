//! Encryption: which certificates are trusted.

use std::path::Path;
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::{DicomError, Result};

/// The configuration with the operating system's certificates, or those of a PEM file.
pub(super) fn config(file: Option<&Path>) -> Result<TlsConfig> {
    let certificates = match file {
        Some(path) => from_file(path)?,
        None => from_system()?,
    };
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&certificates))
        .build())
}

fn from_file(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let read = std::fs::read(path);
    let bytes = read.map_err(|source| DicomError::Read { path: path.display().to_string(), source })?;
    let of = |reason: String| DicomError::Invalid(reason).in_file(path);
    let mut certificates = vec![];
    for item in parse_pem(&bytes) {
        match item.map_err(|e| of(format!("the certificates can't be read: {e}")))? {
            PemItem::Certificate(certificate) => certificates.push(certificate),
            _ => continue,
        }
    }
    if certificates.is_empty() {
        return Err(of("there is no certificate in it (it must be a PEM file)".into()));
    }
    Ok(certificates)
}

fn from_system() -> Result<Vec<Certificate<'static>>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map(|e| format!(" ({e})")).unwrap_or_default();
        let reason = format!("this machine has no trusted certificates{why}: name a PEM file with those of the server");
        return Err(DicomError::Invalid(reason));
    }
    Ok(found.certs.iter().map(|c| Certificate::from_der(c.as_ref()).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.pem");
        std::fs::write(&path, "nothing").unwrap();
        assert!(config(Some(&path)).unwrap_err().to_string().contains("no certificate"));
        assert!(config(Some(&folder.path().join("missing.pem"))).is_err());
    }
}
