//! A small DICOMweb client (PS3.18): look up studies (QIDO-RS), fetch them to a folder (WADO-RS), store results (STOW-RS).
//!
//! Blocking. Plain `http` only to this machine, since images and credentials would be readable on the way; everything else by `https` with the
//! certificates that the operating system trusts, or those of a file.

mod address;
mod fetch;
mod json;
mod login;
mod multipart;
mod query;
mod store;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use address::Address;
pub use json::Attributes;
pub use login::Login;
pub use query::Query;

use crate::{DicomError, Result};

/// Most bytes of an answer in JSON.
const MAX_JSON: u64 = 256 << 20;

/// How to reach a server.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// Who asks.
    pub login: Login,
    /// A PEM file with the certificates to trust instead of the operating system's.
    pub certificates: Option<PathBuf>,
    /// How long to wait for a connection.
    pub connect: Duration,
    /// How long to wait while nothing arrives.
    pub silence: Duration,
    /// Most bytes of one object that is fetched.
    pub max_object: u64,
    /// Most bytes of objects in one request that stores; a larger object goes alone.
    pub batch: usize,
}

impl Default for WebOptions {
    fn default() -> WebOptions {
        WebOptions {
            login: Login::Nobody,
            certificates: None,
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(300),
            max_object: 4 << 30,
            batch: 64 << 20,
        }
    }
}

/// A DICOMweb service.
#[derive(Debug)]
pub struct DicomWeb {
    agent: Agent,
    address: Address,
    options: WebOptions,
}

impl DicomWeb {
    /// A client of the service at `root`, such as `https://pacs.example.org/dicom-web`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address isn't `https`, or `http` on this machine, or the certificates can't be read.
    pub fn new(root: &str, options: WebOptions) -> Result<DicomWeb> {
        let address = Address::parse(root)?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect could lead images and credentials anywhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(options.connect))
            .timeout_per_read(Some(options.silence))
            .user_agent(concat!("pellucid/", env!("CARGO_PKG_VERSION")));
        if address.secure() {
            config = config.tls_config(tls::config(options.certificates.as_deref())?);
        } else {
            config = config.proxy(None);
        }
        Ok(DicomWeb { agent: config.build().new_agent(), address, options })
    }

    /// Asks for a resource.
    fn get(&self, action: &'static str, path: &str, accept: &str) -> Result<Response<Body>> {
        let url = self.address.join(path);
        let mut request = self.agent.get(&url).header("Accept", accept);
        if let Some(login) = self.options.login.header()? {
            request = request.header("Authorization", login);
        }
        answered(action, &url, request.call())
    }

    /// Sends bytes.
    fn post(&self, action: &'static str, path: &str, kind: &str, body: &[u8]) -> Result<Response<Body>> {
        let url = self.address.join(path);
        let mut request = self.agent.post(&url).header("Accept", "application/dicom+json").header("Content-Type", kind);
        if let Some(login) = self.options.login.header()? {
            request = request.header("Authorization", login);
        }
        answered(action, &url, request.send(body))
    }
}

/// The answer, or why there is none.
fn answered(action: &'static str, url: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>> {
    answer.map_err(|e| DicomError::Connection { action, url: url.into(), reason: crate::source::chain(&e) })
}

/// An answer that is no success, as an error with its first line.
fn refused(action: &'static str, url: String, answer: &mut Response<Body>) -> DicomError {
    let status = answer.status().as_u16();
    if answer.status().is_redirection() {
        let to = answer.headers().get("Location").and_then(|v| v.to_str().ok()).unwrap_or("another address");
        let reason =
            format!("sends on to `{to}` (status {status}), which isn't followed: use that address if it is right");
        return DicomError::Answer { action, url, reason };
    }
    let text = answer.body_mut().with_config().limit(4096).lossy_utf8(true).read_to_string().unwrap_or_default();
    DicomError::Status { action, url, status, detail: detail(&text) }
}

/// What the answer says: a message in JSON, or the first line of a text that isn't a page.
fn detail(text: &str) -> Option<String> {
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let said = json.as_ref().and_then(|j| {
        let of = |key: &str| j.get(key)?.as_str().filter(|t| !t.is_empty());
        of("Details").or_else(|| of("Message")).or_else(|| of("message")).or_else(|| of("error"))
    });
    let line = said.or_else(|| text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with(['<', '{'])))?;
    Some(line.chars().filter(|c| !c.is_control()).take(200).collect())
}

/// Whether the server has nothing to say.
fn is_empty(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT
}
