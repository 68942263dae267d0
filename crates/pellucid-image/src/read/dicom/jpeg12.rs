//! JPEG extended sequential of 12 bits, one component (ITU-T T.81, process 4 with Huffman coding): what older radiographs are compressed with and
//! the JPEG library doesn't read.
//!
//! The inverse cosine transform is taken in `f32` from its definition and rounded, so levels may differ by 1 from integer decoders.

use std::borrow::Cow;

use crate::Result;
use crate::error::{damaged, unsupported};
use crate::read::dicom::codec::{Frame, check_size};
use crate::read::dicom::info::PixelInfo;

/// Natural place of each coefficient of the zigzag order (T.81, figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

const START_OF_FRAME: u8 = 0xc1;
const HUFFMAN: u8 = 0xc4;
const START_OF_SCAN: u8 = 0xda;
const QUANTISATION: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;

/// A Huffman table: for each length the first code, its place in `symbols`, and the number of codes.
#[derive(Clone, Default)]
struct Huffman {
    first: [u32; 17],
    place: [usize; 17],
    count: [u32; 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// From the numbers of codes of 1 to 16 bits and their symbols (T.81, annex C).
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Huffman {
        let mut table = Huffman { symbols: symbols.to_vec(), ..Huffman::default() };
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=16 {
            let count = u32::from(counts[length - 1]);
            (table.first[length], table.place[length], table.count[length]) = (code, place, count);
            code = (code + count) << 1;
            place += count as usize;
        }
        table
    }
}

/// The tables that a scan is decoded with.
#[derive(Default)]
struct Tables {
    quantisation: [Option<[f32; 64]>; 4],
    huffman: [[Option<Huffman>; 4]; 2],
    restart: usize,
    /// Quantisation table of the component.
    chosen: usize,
}

/// The bits of a scan, stuffed zeros left out; past the end and at markers zeros are read, and counted.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u32,
    count: u32,
    beyond: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> u32 {
        if self.count == 0 {
            self.held = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => {
                    self.beyond += 1;
                    0
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    u32::from(byte)
                }
            };
            self.count = 8;
        }
        self.count -= 1;
        (self.held >> self.count) & 1
    }

    fn symbol(&mut self, table: &Huffman) -> Result<u8> {
        let mut code = 0;
        for length in 1..=16 {
            code = code << 1 | self.bit();
            let index = code.wrapping_sub(table.first[length]);
            if index < table.count[length] {
                let symbol = table.symbols.get(table.place[length] + index as usize);
                return symbol.copied().ok_or_else(|| broken("a Huffman code without symbol"));
            }
        }
        Err(broken("bits that are no Huffman code"))
    }

    /// A signed number of `size` bits (T.81, F.2.2.1).
    fn number(&mut self, size: u8) -> i32 {
        let raw = (0..size).fold(0i32, |v, _| v << 1 | self.bit() as i32);
        if size > 0 && raw < 1 << (size - 1) { raw - (1 << size) + 1 } else { raw }
    }

    /// Goes behind the next restart marker.
    fn restart(&mut self) -> Result<()> {
        self.count = 0;
        match self.data.get(self.at..self.at + 2) {
            Some(&[0xff, 0xd0..=0xd7]) => {
                self.at += 2;
                Ok(())
            }
            _ => Err(broken("no restart marker where one is due")),
        }
    }
}

fn broken(reason: &str) -> crate::ImageError {
    damaged("DICOM", format!("12-bit JPEG frame: {reason}"))
}

/// Decodes a frame.
///
/// # Errors
/// When it is damaged, of another size than the file says, or of another process.
pub fn decode<'a>(data: &[u8], info: &PixelInfo) -> Result<Frame<'a>> {
    let mut tables = Tables::default();
    let mut size = None;
    let mut at = 2;
    loop {
        let Some(&[0xff, marker, high, low]) = data.get(at..).and_then(|d| d.first_chunk::<4>()) else {
            return Err(broken("it ends before its scan"));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = data.get(at + 4..at + 2 + length.max(2)).ok_or_else(|| broken("a segment is cut off"))?;
        at += 2 + length.max(2);
        match marker {
            START_OF_FRAME => size = Some(frame_header(segment, info, &mut tables)?),
            0xc0 | 0xc2 | 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => {
                let reason = format!("with 12-bit JPEG of process {} isn't read", marker - 0xc0);
                return Err(unsupported("DICOM", reason, "transcode the file, for example with `dcmdjpeg` of dcmtk"));
            }
            HUFFMAN => huffman_tables(segment, &mut tables)?,
            QUANTISATION => quantisation_tables(segment, &mut tables)?,
            RESTART_INTERVAL => {
                tables.restart = segment.first_chunk::<2>().map_or(0, |&b| usize::from(u16::from_be_bytes(b)));
            }
            START_OF_SCAN => {
                let (rows, columns) = size.ok_or_else(|| broken("a scan before the frame header"))?;
                let selectors = segment.get(2).copied().unwrap_or(0);
                let levels = scan(&data[at..], rows, columns, selectors, &tables)?;
                let bytes = levels.iter().flat_map(|v| v.to_le_bytes()).collect();
                return Ok(Frame { bytes: Cow::Owned(bytes), bits_allocated: 16, planar: false, rgb: false });
            }
            _ => (),
        }
    }
}

/// `(rows, columns)`, checked against the file.
fn frame_header(segment: &[u8], info: &PixelInfo, tables: &mut Tables) -> Result<(usize, usize)> {
    let &[12, r1, r0, c1, c0, components, _, _, table, ..] = segment else {
        return Err(broken("its frame header isn't one of 12 bits"));
    };
    let (rows, columns) = (u16::from_be_bytes([r1, r0]), u16::from_be_bytes([c1, c0]));
    check_size(info, usize::from(columns), usize::from(rows), usize::from(components))?;
    if components != 1 {
        return Err(unsupported("DICOM", "with 12-bit JPEG in colour isn't read", "transcode the file"));
    }
    tables.chosen = usize::from(table & 3);
    Ok((usize::from(rows), usize::from(columns)))
}

fn huffman_tables(mut segment: &[u8], tables: &mut Tables) -> Result<()> {
    while let Some((head, rest)) = segment.split_first_chunk::<17>() {
        let counts: [u8; 16] = std::array::from_fn(|i| head[i + 1]);
        let total = counts.iter().map(|&c| usize::from(c)).sum();
        let symbols = rest.get(..total).ok_or_else(|| broken("a Huffman table is cut off"))?;
        tables.huffman[usize::from(head[0] >> 4 & 1)][usize::from(head[0] & 3)] = Some(Huffman::new(&counts, symbols));
        segment = &rest[total..];
    }
    Ok(())
}

fn quantisation_tables(mut segment: &[u8], tables: &mut Tables) -> Result<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let width = if head >> 4 == 0 { 1 } else { 2 };
        let entries = rest.get(..64 * width).ok_or_else(|| broken("a quantisation table is cut off"))?;
        let mut table = [0f32; 64];
        for (i, entry) in entries.chunks_exact(width).enumerate() {
            table[usize::from(ZIGZAG[i])] = entry.iter().fold(0f32, |v, &b| 256.0 * v + f32::from(b));
        }
        tables.quantisation[usize::from(head & 3)] = Some(table);
        segment = &rest[64 * width..];
    }
    Ok(())
}

/// Decodes the blocks of the one scan to levels of 0 to 4095.
fn scan(data: &[u8], rows: usize, columns: usize, selectors: u8, tables: &Tables) -> Result<Vec<u16>> {
    let missing = || broken("a table is missing");
    let dc = tables.huffman[0][usize::from(selectors >> 4 & 3)].as_ref().ok_or_else(missing)?;
    let ac = tables.huffman[1][usize::from(selectors & 3)].as_ref().ok_or_else(missing)?;
    let quantisation = tables.quantisation[tables.chosen].as_ref().ok_or_else(missing)?;
    let (down, across) = (rows.div_ceil(8), columns.div_ceil(8));
    // A block takes at least a bit for each of its two kinds of code.
    if down * across / 4 > data.len() {
        return Err(broken("it has fewer bits than blocks"));
    }
    let cosines = cosines();
    let mut bits = Bits { data, at: 0, held: 0, count: 0, beyond: 0 };
    let mut levels = vec![0u16; rows * columns];
    let mut previous = 0i32;
    for block in 0..down * across {
        if tables.restart > 0 && block > 0 && block % tables.restart == 0 {
            bits.restart()?;
            previous = 0;
        }
        let mut coefficients = [0f32; 64];
        previous = coefficients_of(&mut bits, dc, ac, previous, &mut coefficients)?;
        if bits.beyond > 0 {
            return Err(broken("it ends before its last block"));
        }
        coefficients.iter_mut().zip(quantisation).for_each(|(c, q)| *c *= q);
        let pixels = transform(&coefficients, &cosines);
        let (y, x) = (block / across * 8, block % across * 8);
        for (i, row) in pixels.chunks_exact(8).enumerate().take(rows - y) {
            for (j, &v) in row.iter().enumerate().take(columns - x) {
                levels[(y + i) * columns + x + j] = (v + 2048.5).floor().clamp(0.0, 4095.0) as u16;
            }
        }
    }
    Ok(levels)
}

/// Reads the coefficients of a block in natural order; gives its DC level.
fn coefficients_of(bits: &mut Bits, dc: &Huffman, ac: &Huffman, previous: i32, out: &mut [f32; 64]) -> Result<i32> {
    let size = bits.symbol(dc)?;
    if size > 15 {
        return Err(broken("a difference of more than 15 bits"));
    }
    let level = previous.wrapping_add(bits.number(size));
    out[0] = level as f32;
    let mut k = 1;
    while k < 64 {
        let symbol = bits.symbol(ac)?;
        let (run, size) = (usize::from(symbol >> 4), symbol & 15);
        match (run, size) {
            (0, 0) => break,
            (15, 0) => k += 16,
            (_, 0) => return Err(broken("a run without coefficient")),
            _ => {
                k += run;
                let place = ZIGZAG.get(k).ok_or_else(|| broken("more than 64 coefficients in a block"))?;
                out[usize::from(*place)] = bits.number(size) as f32;
                k += 1;
            }
        }
    }
    Ok(level)
}

/// `c(u) / 2 * cos((2 x + 1) u pi / 16)`, by `x` and `u`.
fn cosines() -> [[f32; 8]; 8] {
    let entry = |x: usize, u: usize| {
        let scale = if u == 0 { 0.5f64.sqrt() } else { 1.0 } / 2.0;
        (scale * ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos()) as f32
    };
    std::array::from_fn(|x| std::array::from_fn(|u| entry(x, u)))
}

/// The inverse cosine transform (T.81, A.3.3), rows and then columns.
fn transform(coefficients: &[f32; 64], cosines: &[[f32; 8]; 8]) -> [f32; 64] {
    let mut half = [0f32; 64];
    for v in 0..8 {
        for x in 0..8 {
            half[8 * v + x] = (0..8).map(|u| coefficients[8 * v + u] * cosines[x][u]).sum();
        }
    }
    let mut out = [0f32; 64];
    for y in 0..8 {
        for x in 0..8 {
            out[8 * y + x] = (0..8).map(|v| half[8 * v + x] * cosines[y][v]).sum();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts bits into bytes, zeros stuffed after 0xff.
    fn packed(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        let byte = |c: &[u8]| (0..8).fold(0u8, |v, i| v << 1 | c.get(i).copied().unwrap_or(1));
        bits.chunks(8).map(byte).flat_map(|b| if b == 0xff { vec![b, 0] } else { vec![b] }).collect()
    }

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        [&[0xff, marker], &((body.len() + 2) as u16).to_be_bytes()[..], body].concat()
    }

    /// Codes: DC `0` for size 0, `10` for size 11; AC `0` for the end, `10` for one of size 2 after no zero, `110` after two zeros.
    fn file(rows: u16, columns: u16, bits: &str) -> Vec<u8> {
        let table = |kind: u8, counts: &[u8], symbols: &[u8]| {
            let mut counts = counts.to_vec();
            counts.resize(16, 0);
            segment(HUFFMAN, &[&[kind][..], &counts, symbols].concat())
        };
        let mut frame = vec![12];
        frame.extend(rows.to_be_bytes());
        frame.extend(columns.to_be_bytes());
        frame.extend([1, 1, 0x11, 0]);
        [
            vec![0xff, 0xd8],
            segment(QUANTISATION, &[&[0][..], &[3; 64]].concat()),
            table(0x00, &[1, 1], &[0, 11]),
            table(0x10, &[1, 1, 1], &[0, 2, 0x22]),
            segment(START_OF_FRAME, &frame),
            segment(START_OF_SCAN, &[1, 1, 0, 0, 63, 0]),
            packed(bits),
            vec![0xff, 0xd9],
        ]
        .concat()
    }

    fn info(rows: usize, columns: usize) -> PixelInfo {
        PixelInfo {
            rows,
            columns,
            samples: 1,
            bits_allocated: 16,
            bits_stored: 12,
            high_bit: 11,
            signed: false,
            planar: false,
            photometric: "MONOCHROME2".into(),
            frames: 1,
            float: false,
        }
    }

    fn levels(data: &[u8], rows: usize, columns: usize) -> Result<Vec<u16>> {
        let frame = decode(data, &info(rows, columns))?;
        Ok(frame.bytes.as_chunks::<2>().0.iter().map(|&b| u16::from_le_bytes(b)).collect())
    }

    #[test]
    fn blocks_are_sums_of_cosines() {
        // First block: DC 1200, zigzag 1 (u = 1) is 3, zigzag 4 (u = v = 1) is -2. Second: the same DC, nothing else.
        let bits = "10 10010110000 10 11 110 01 0  0 0";
        let found = levels(&file(8, 12, bits), 8, 12).unwrap();
        let angle = |x: usize| ((2 * x + 1) as f64 * std::f64::consts::PI / 16.0).cos();
        for y in 0..8 {
            for x in 0..12 {
                let flat = 2048.0 + 1200.0 * 3.0 / 8.0;
                let wave = 9.0 * angle(x) / (4.0 * 2f64.sqrt()) - 6.0 * angle(x) * angle(y) / 4.0;
                let due = if x < 8 { flat + wave } else { flat };
                assert!((f64::from(found[12 * y + x]) - due).abs() <= 0.51, "{y} {x}: {} {due}", found[12 * y + x]);
            }
        }
    }

    #[test]
    fn damage_is_an_error() {
        let good = file(8, 8, "10 10010110000 0");
        assert!(levels(&good, 8, 8).is_ok());
        for end in 0..good.len() - 3 {
            assert!(levels(&good[..end], 8, 8).is_err(), "cut at {end}");
        }
        assert!(levels(&good, 8, 9).unwrap_err().to_string().contains("a frame of 8 x 8"));
        assert!(levels(&file(8, 8, "10 10010110000 1110"), 8, 8).unwrap_err().to_string().contains("no Huffman code"));
        assert!(levels(&file(800, 800, "0"), 800, 800).unwrap_err().to_string().contains("fewer bits than blocks"));
    }
}
