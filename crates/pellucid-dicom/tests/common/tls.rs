//! A server that takes encrypted connections on this machine and passes their bytes on to a port that isn't encrypted.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Starts it with a certificate and key in PEM; returns its port. It lives as long as the test.
pub fn terminate(certificate: &Path, key: &Path, target: u16) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let config = config.clone();
            std::thread::spawn(move || pump(config, client, target));
        }
    });
    port
}

/// Passes bytes both ways until a side ends.
fn pump(config: Arc<ServerConfig>, client: TcpStream, target: u16) -> Option<()> {
    let mut server = TcpStream::connect(("127.0.0.1", target)).ok()?;
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(Duration::from_millis(5))).ok()?;
    }
    let mut client = StreamOwned::new(ServerConnection::new(config).ok()?, client);
    let mut buffer = [0; 1 << 14];
    loop {
        let n = available(&mut client, &mut buffer)?;
        server.write_all(&buffer[..n]).ok()?;
        let n = available(&mut server, &mut buffer)?;
        client.write_all(&buffer[..n]).ok()?;
        client.flush().ok()?;
    }
}

/// Bytes that are there, 0 when there are none yet, `None` when the side has ended.
fn available(from: &mut impl Read, buffer: &mut [u8]) -> Option<usize> {
    match from.read(buffer) {
        Ok(0) => None,
        Ok(n) => Some(n),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Some(0),
        Err(_) => None,
    }
}
