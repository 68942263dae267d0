//! The DICOMweb client before answers that a good server doesn't give: each test scripts one connection.
#![cfg(feature = "web")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use common::{file_bytes, slice};
use pellucid_dicom::DicomError;
use pellucid_dicom::web::{DicomWeb, Query, WebOptions};

const STUDY: &str = "1.2.826.0.1.3680043.8.498.2";

/// A client of a server that gives this answer to every request and ends the connection.
fn client(answer: Vec<u8>) -> DicomWeb {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}/dicom-web", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            // The request is read until it pauses: an answer before its end could break the connection.
            let mut buffer = [0; 1 << 16];
            while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
            stream.write_all(&answer).ok();
        }
    });
    DicomWeb::new(&root, WebOptions { silence: Duration::from_secs(10), ..WebOptions::default() }).unwrap()
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn multipart(parts: &[&[u8]]) -> Vec<u8> {
    let mut body = vec![];
    for part in parts {
        body.extend(b"--b\r\nContent-Type: application/dicom\r\n\r\n");
        body.extend(*part);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--");
    body
}

const MULTIPART: &str = "Content-Type: multipart/related; type=\"application/dicom\"; boundary=b\r\n";

#[test]
fn a_redirect_is_named_but_not_followed() {
    let client = client(answer("302 Found", "Location: http://elsewhere.example.org/\r\n", b""));
    let error = client.studies(&Query::default()).unwrap_err().to_string();
    assert!(error.contains("sends on to `http://elsewhere.example.org/`"), "{error}");
}

#[test]
fn what_the_server_says_is_told() {
    let client = client(answer("500 Oops", "", br#"{"Details":"the disk is full","HttpStatus":500}"#));
    let error = client.studies(&Query::default()).unwrap_err();
    assert!(error.to_string().ends_with("answered 500: the disk is full"), "{error}");
    assert!(error.hints()[0].contains("log"));
}

#[test]
fn an_answer_that_is_no_dicom_json_is_refused() {
    for body in [&b"<html>welcome</html>"[..], b"7", b"[1]", b""] {
        let error = client(answer("200 OK", "", body)).studies(&Query::default()).unwrap_err();
        assert!(matches!(&error, DicomError::Answer { .. }), "{error}");
    }
    assert!(client(answer("204 No Content", "", b"")).studies(&Query::default()).unwrap().is_empty());
}

#[test]
fn a_fetch_keeps_whole_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (file_bytes(slice(0)), file_bytes(slice(1)));
    let body = multipart(&[&a, &b]);
    let files = client(answer("200 OK", MULTIPART, &body)).fetch_study(STUDY, folder.path()).unwrap();
    assert_eq!(files.iter().map(|f| std::fs::read(f).unwrap()).collect::<Vec<_>>(), [a.clone(), b]);
    // The connection breaks within the second object.
    let broken = tempfile::tempdir().unwrap();
    let cut = &body[..body.len() - 300];
    let error = client(answer("200 OK", MULTIPART, cut)).fetch_study(STUDY, broken.path()).unwrap_err();
    assert!(error.to_string().contains("connection broke"), "{error}");
    let left: Vec<_> =
        std::fs::read_dir(broken.path()).unwrap().flatten().map(|e| std::fs::read(e.path()).unwrap()).collect();
    assert_eq!(left, [a]);
}

#[test]
fn a_fetch_writes_nothing_outside_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut evil = file_bytes(slice(0));
    let uid = b"1.2.826.0.1.3680043.8.498.1.1";
    let at = evil.windows(uid.len()).position(|w| w == uid).unwrap();
    evil[at..at + 9].copy_from_slice(b"../../../");
    let target = folder.path().join("in/side");
    for object in [evil.as_slice(), b"no DICOM", b""] {
        let client = client(answer("200 OK", MULTIPART, &multipart(&[object])));
        let error = client.fetch_study(STUDY, &target).unwrap_err();
        assert!(error.to_string().contains("no DICOM file"), "{error}");
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0);
    }
    let error =
        client(answer("200 OK", "Content-Type: text/html\r\n", b"<html>")).fetch_study(STUDY, &target).unwrap_err();
    assert!(error.to_string().contains("not a multipart message"), "{error}");
}

#[test]
fn refused_objects_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcm");
    std::fs::write(&path, file_bytes(slice(0))).unwrap();
    let body = br#"{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2.3"]},"00081197":{"vr":"US","Value":[273]}}]}}"#;
    let error = client(answer("409 Conflict", "", body)).store_files(&[&path]).unwrap_err().to_string();
    assert!(
        error.contains("1 of 1 objects weren't stored") && error.contains("`1.2.3`: the server has it already"),
        "{error}"
    );
    // A success that doesn't name the object is none.
    let error = client(answer("200 OK", "", b"{}")).store_files(&[&path]).unwrap_err().to_string();
    assert!(error.contains("confirms 0 of 1 objects"), "{error}");
}
