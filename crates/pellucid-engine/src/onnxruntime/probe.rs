//! Is a file an ONNX Runtime library for this machine? Asked before the system's loader sees it.
//!
//! Loading a library runs code of it, and a library that was cut short can end the process with a bus error instead of a message.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The function by which ONNX Runtime is entered; its name stands in every build of the library.
const ENTRY: &[u8] = b"OrtGetApiBase";

/// Refuses a file that can't be a whole ONNX Runtime library for this machine, with the reason.
pub fn probe(path: &Path) -> Result<(), String> {
    let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if meta.is_dir() {
        return Err("it is a folder without an ONNX Runtime library".into());
    }
    let mut file = File::open(path).map_err(|e| e.to_string())?;
    check_format(&mut file, meta.len())?;
    file.seek(SeekFrom::Start(0)).map_err(|e| e.to_string())?;
    match contains(&mut file, ENTRY) {
        Ok(true) => Ok(()),
        Ok(false) => Err("it isn't ONNX Runtime: the function `OrtGetApiBase` is missing".into()),
        Err(e) => Err(e.to_string()),
    }
}

fn check_format(file: &mut File, length: u64) -> Result<(), String> {
    let mut head = [0u8; 64];
    let got = read_up_to(file, &mut head).map_err(|e| e.to_string())?;
    let head = &head[..got];
    if cfg!(windows) {
        return if head.starts_with(b"MZ") { Ok(()) } else { Err("it isn't a Windows library".into()) };
    }
    if cfg!(target_os = "macos") {
        const MAGICS: [&[u8]; 3] = [&[0xcf, 0xfa, 0xed, 0xfe], &[0xca, 0xfe, 0xba, 0xbe], &[0xca, 0xfe, 0xba, 0xbf]];
        let known = MAGICS.iter().any(|m| head.starts_with(m));
        return if known { Ok(()) } else { Err("it isn't a macOS library".into()) };
    }
    check_elf(file, head, length)
}

/// The fields of an ELF header that matter here, at their places for 64-bit little-endian files.
fn check_elf(file: &mut File, head: &[u8], length: u64) -> Result<(), String> {
    if !head.starts_with(b"\x7fELF") {
        return Err("it isn't a shared library (no ELF header)".into());
    }
    if head.len() < 64 || head[4] != 2 || head[5] != 1 {
        return Err("it isn't a 64-bit little-endian library".into());
    }
    let kind = u16_at(head, 16);
    if kind != 3 {
        return Err("it is an ELF file, but not a shared library".into());
    }
    let machine = u16_at(head, 18);
    let here = if cfg!(target_arch = "x86_64") { Some(62) } else { cfg!(target_arch = "aarch64").then_some(183) };
    if here.is_some_and(|h| h != machine) {
        return Err(format!("it is built for another processor (ELF machine {machine})"));
    }
    let (start, each, count) = (u64_at(head, 32), u64::from(u16_at(head, 54)), u64::from(u16_at(head, 56)));
    let end = start.checked_add(each * count).ok_or("its header is damaged")?;
    if each < 56 || count == 0 || end > length {
        return Err("it was cut short or its header is damaged".into());
    }
    file.seek(SeekFrom::Start(start)).map_err(|e| e.to_string())?;
    let mut table = vec![0u8; (each * count) as usize];
    file.read_exact(&mut table).map_err(|e| e.to_string())?;
    for entry in table.chunks_exact(each as usize) {
        let (offset, bytes) = (u64_at(entry, 8), u64_at(entry, 32));
        if offset.checked_add(bytes).is_none_or(|end| end > length) {
            return Err(format!("it was cut short: {length} bytes are there, more are announced"));
        }
    }
    Ok(())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let eight = bytes.get(at..at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok());
    eight.map_or(0, u64::from_le_bytes)
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read(&mut buffer[got..])? {
            0 => break,
            n => got += n,
        }
    }
    Ok(got)
}

/// Whether a file holds some bytes, read in pieces that overlap by the length of what is sought.
fn contains(file: &mut File, sought: &[u8]) -> std::io::Result<bool> {
    let mut buffer = vec![0u8; 1 << 20];
    let mut kept = 0;
    loop {
        let got = read_up_to(file, &mut buffer[kept..])?;
        let filled = kept + got;
        if buffer[..filled].windows(sought.len()).any(|w| w == sought) {
            return Ok(true);
        }
        if got == 0 {
            return Ok(false);
        }
        let keep = filled.min(sought.len() - 1);
        buffer.copy_within(filled - keep..filled, 0);
        kept = keep;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let write = |bytes: &[u8]| {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).unwrap();
            probe(&path).unwrap_err()
        };
        assert!(probe(&folder.path().join("missing")).is_err());
        assert!(probe(folder.path()).unwrap_err().contains("folder"));
        assert!(!write(b"").is_empty());
        assert!(!write(b"just text").is_empty());
        if cfg!(target_os = "linux") {
            assert!(write(b"\x7fELF").contains("64-bit"));
            let mut elf = vec![0u8; 64];
            elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
            elf[16] = 2;
            assert!(write(&elf).contains("not a shared library"));
            elf[16] = 3;
            elf[18] = 3;
            assert!(write(&elf).contains("another processor"));
            elf[18] = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
            assert!(write(&elf).contains("cut short"));
            elf[32] = 255;
            elf[39] = 255;
            elf[54] = 56;
            elf[56] = 1;
            assert!(!write(&elf).is_empty());
        }
    }

    #[test]
    fn bytes_on_the_border_of_two_pieces_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut bytes = vec![b'x'; (1 << 20) - 5];
        bytes.extend(ENTRY);
        bytes.extend([0; 100]);
        std::fs::write(&path, &bytes).unwrap();
        assert!(contains(&mut File::open(&path).unwrap(), ENTRY).unwrap());
        assert!(!contains(&mut File::open(&path).unwrap(), b"OrtGetApiBasf").unwrap());
    }
}
