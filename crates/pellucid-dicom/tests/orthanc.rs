//! Storing to and fetching from a real Orthanc over DICOMweb, where its binary and the DICOMweb plugin are found.
//!
//! `PELLUCID_ORTHANC` may name the binary and `PELLUCID_ORTHANC_PLUGIN` the plugin (`libOrthancDicomWeb.so`).
#![cfg(feature = "web")]

mod common;
#[path = "common/tls.rs"]
mod tls;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{GRID, program, results, run, slice, values, write_stack};
use dicom_dictionary_std::tags;
use dicom_object::OpenFileOptions;
use pellucid_dicom::web::{DicomWeb, Login, Query, WebOptions};
use pellucid_dicom::{DicomError, Identity, SourceStudy};

const STUDY: &str = "1.2.826.0.1.3680043.8.498.2";

/// A server of its own: ended when it goes out of scope.
struct Orthanc {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn plugin() -> Option<PathBuf> {
    let named = std::env::var_os("PELLUCID_ORTHANC_PLUGIN").map(PathBuf::from);
    let usual = ["/usr/share/orthanc/plugins", "/usr/lib/orthanc", "/usr/local/share/orthanc/plugins"];
    let usual = usual.iter().map(|f| Path::new(f).join("libOrthancDicomWeb.so"));
    let found = named.into_iter().chain(usual).find(|p| p.exists());
    if found.is_none() {
        println!("skipped: no DICOMweb plugin of Orthanc, and PELLUCID_ORTHANC_PLUGIN names none");
    }
    found
}

impl Orthanc {
    /// Starts a server on a free port of this machine.
    fn start() -> Option<Orthanc> {
        let usual = Path::new("/usr/sbin/Orthanc");
        let binary = if usual.is_file() { usual.to_path_buf() } else { program("Orthanc", "PELLUCID_ORTHANC")? };
        let plugin = plugin()?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = serde_json::json!({
            "StorageDirectory": folder.path().join("storage"),
            "IndexDirectory": folder.path().join("index"),
            "Plugins": [plugin],
            "HttpPort": port,
            "DicomServerEnabled": false,
            "RemoteAccessAllowed": false,
            "AuthenticationEnabled": true,
            "RegisteredUsers": { "reader": "a pass:word" },
            "OverwriteInstances": false,
            "DicomWeb": { "Enable": true, "Root": "/dicom-web/" },
        });
        let file = folder.path().join("orthanc.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(binary);
        command.arg(&file).stdout(Stdio::null()).stderr(log);
        Some(Orthanc { child: command.spawn().unwrap(), port, folder })
    }

    fn client(&self, scheme: &str, options: WebOptions) -> DicomWeb {
        DicomWeb::new(&format!("{scheme}://localhost:{}/dicom-web", self.port), options).unwrap()
    }

    /// Waits until the server answers.
    fn ready(&mut self, client: &DicomWeb) {
        let start = Instant::now();
        loop {
            match client.studies(&Query::default()) {
                Ok(_) => return,
                Err(e) => {
                    let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                    assert!(start.elapsed() < Duration::from_secs(60), "Orthanc doesn't answer: {e}\n{}", log());
                    let ended = self.child.try_wait().unwrap();
                    assert!(ended.is_none(), "Orthanc ended ({ended:?}): {e}\n{}", log());
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn login() -> Login {
    Login::Password { name: "reader".into(), password: "a pass:word".into() }
}

#[test]
fn results_join_their_study_and_come_back_bit_for_bit() {
    let Some(mut orthanc) = Orthanc::start() else { return };
    // Two objects to a request at most, so that storing takes several.
    let client = orthanc.client("http", WebOptions { login: login(), batch: 2500, ..WebOptions::default() });
    orthanc.ready(&client);
    assert!(client.studies(&Query::default()).unwrap().is_empty());
    let sources = tempfile::tempdir().unwrap();
    assert_eq!(client.store_files(&write_stack(sources.path())).unwrap(), GRID[0]);

    // Fetched from the archive, the study is what was stored.
    let fetched = tempfile::tempdir().unwrap();
    let files = client.fetch_study(STUDY, &fetched.path().join("made")).unwrap();
    assert_eq!(files.len(), GRID[0]);
    assert_eq!(files[0].file_name().unwrap(), "1.2.826.0.1.3680043.8.498.1.1.dcm");
    let study = SourceStudy::read(&files).unwrap();
    assert_eq!(study.frames(), SourceStudy::read_folder(sources.path()).unwrap().frames());

    let kept = results(&study, &run(Identity::Keep));
    let objects: Vec<_> = kept.all().into_iter().map(|(_, r)| r).collect();
    assert_eq!(client.store(&objects).unwrap(), 4);
    let query = Query { include: vec![tags::MODALITIES_IN_STUDY], ..Query::default() };
    let studies = client.studies(&query).unwrap();
    assert_eq!(studies.len(), 1, "results that keep identity join the study");
    assert_eq!(studies[0].text(tags::STUDY_INSTANCE_UID).unwrap(), STUDY);
    let series = client.series(STUDY, &Query::default()).unwrap();
    let modalities: BTreeSet<String> = series.iter().filter_map(|s| s.text(tags::MODALITY)).collect();
    assert_eq!(modalities, ["CT", "OT", "SEG", "SR"].map(String::from).into());
    assert_eq!(series.len(), 5);
    for (name, result) in kept.all() {
        let r = result.reference();
        let listed = client.instances(STUDY, &r.series, &Query::default()).unwrap();
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!(listed[0].text(tags::SOP_INSTANCE_UID).as_ref(), Some(&r.instance));
        let files = client.fetch_series(STUDY, &r.series, fetched.path()).unwrap();
        assert_eq!(std::fs::read(&files[0]).unwrap(), result.bytes().unwrap(), "{name}");
    }
    let map = kept.map.as_ref().unwrap().reference();
    let path = fetched.path().join(format!("{}.dcm", map.instance));
    let object = OpenFileOptions::new().open_file(path).unwrap();
    let floats = object.element(tags::FLOAT_PIXEL_DATA).unwrap().to_multi_float32().unwrap();
    assert!(floats.iter().zip(values(GRID)).all(|(a, b)| a.to_bits() == b.to_bits()));

    // The same run again is the same objects: the archive has them already.
    client.store(&objects).unwrap();
    assert_eq!(client.series(STUDY, &Query::default()).unwrap().len(), 5);

    // With replaced identity they are filed under a pseudonym, apart from the patient.
    let hidden = results(&study, &run(Identity::Replace));
    client.store(&hidden.all().into_iter().map(|(_, r)| r).collect::<Vec<_>>()).unwrap();
    let of = |id: &str| {
        let matching = vec![(tags::PATIENT_ID, id.to_string())];
        client.studies(&Query { matching, limit: Some(5), ..Query::default() }).unwrap().len()
    };
    assert_eq!((of("MRN-4711"), of("PSEUDO-*"), of("nobody")), (1, 1, 0));
}

#[test]
fn errors_say_what_was_asked_and_what_to_do() {
    let Some(mut orthanc) = Orthanc::start() else { return };
    let client = orthanc.client("http", WebOptions { login: login(), max_object: 900, ..WebOptions::default() });
    orthanc.ready(&client);
    let folder = tempfile::tempdir().unwrap();
    let error = client.fetch_study("1.2.3", folder.path()).unwrap_err();
    assert!(
        matches!(&error, DicomError::Status { status: 404, url, .. } if url.ends_with("/studies/1.2.3")),
        "{error}"
    );
    assert!(error.hints()[0].contains("address"));
    let stranger = orthanc.client("http", WebOptions::default()).studies(&Query::default()).unwrap_err();
    assert!(matches!(stranger, DicomError::Status { status: 401, .. }), "{stranger}");
    assert!(stranger.hints()[0].contains("credentials"));
    let root = format!("http://localhost:{}/elsewhere", orthanc.port);
    let lost = DicomWeb::new(&root, WebOptions { login: login(), ..WebOptions::default() }).unwrap();
    assert!(matches!(lost.studies(&Query::default()).unwrap_err(), DicomError::Status { status: 404, .. }));
    // Garbage is refused object by object; larger objects than allowed aren't fetched.
    let bad = folder.path().join("bad.dcm");
    std::fs::write(&bad, b"no DICOM").unwrap();
    let error = client.store_files(&[&bad]).unwrap_err();
    assert!(error.to_string().contains("bad.dcm"), "{error}");
    let good = folder.path().join("good.dcm");
    std::fs::write(&good, common::file_bytes(slice(0))).unwrap();
    client.store_files(&[&good]).unwrap();
    let error = client.fetch_study(STUDY, &folder.path().join("out")).unwrap_err();
    assert!(error.to_string().contains("more than 900 bytes"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 0);
    // Nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = DicomWeb::new(&format!("http://127.0.0.1:{port}/dicom-web"), WebOptions::default()).unwrap();
    let error = nobody.studies(&Query::default()).unwrap_err();
    assert!(matches!(&error, DicomError::Connection { .. }) && error.to_string().contains("refused"), "{error}");
}

/// Makes a certificate for `localhost` and its key.
fn certificate(openssl: &Path, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}-key.pem")));
    let output = Command::new(openssl)
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (certificate, key)
}

#[test]
fn encrypted_with_a_certificate_of_its_own() {
    let Some(openssl) = program("openssl", "PELLUCID_OPENSSL") else { return };
    let Some(mut orthanc) = Orthanc::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (trusted, key) = certificate(&openssl, folder.path(), "trusted");
    let (other, _) = certificate(&openssl, folder.path(), "other");
    let port = tls::terminate(&trusted, &key, orthanc.port);
    let secure = |host: &str, certificates: Option<PathBuf>| {
        let options = WebOptions { login: login(), certificates, ..WebOptions::default() };
        DicomWeb::new(&format!("https://{host}:{port}/dicom-web"), options).unwrap()
    };
    let client = secure("localhost", Some(trusted.clone()));
    orthanc.ready(&client);
    let sources = tempfile::tempdir().unwrap();
    assert_eq!(client.store_files(&write_stack(sources.path())).unwrap(), GRID[0]);
    let files = client.fetch_study(STUDY, &folder.path().join("out")).unwrap();
    assert_eq!(SourceStudy::read(&files).unwrap().grid(), GRID);
    // Neither another certificate nor another name nor one that nobody vouches for is trusted.
    for bad in [secure("localhost", Some(other)), secure("127.0.0.1", Some(trusted)), secure("localhost", None)] {
        let error = bad.studies(&Query::default()).unwrap_err();
        assert!(matches!(&error, DicomError::Connection { .. }), "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
}
