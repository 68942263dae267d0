//! From the bytes of a frame to numbers, one per sample, in planes.

use crate::Result;
use crate::error::damaged;
use crate::read::bytes::{Endian, Stored};
use crate::read::dicom::codec::Frame;
use crate::read::dicom::info::PixelInfo;

/// One frame, decoded but for the meaning of its numbers.
pub struct Samples<'a> {
    frame: Frame<'a>,
    endian: Endian,
    stored: Stored,
    /// Whether colours are already red, green and blue.
    pub rgb: bool,
}

/// Where a number lies in the cell of a sample.
#[derive(Clone, Copy)]
struct Bits {
    /// Bits below the number.
    shift: u32,
    /// Bits of the number.
    count: u32,
    signed: bool,
}

impl Bits {
    fn of(info: &PixelInfo, cell: u16) -> Bits {
        // A codec gives samples from bit 0; only native cells may keep them higher up.
        let shift = if cell == info.bits_allocated { info.high_bit + 1 - info.bits_stored } else { 0 };
        Bits { shift: u32::from(shift), count: u32::from(info.bits_stored.min(cell)), signed: info.signed }
    }

    /// The number in the lower `Bits` of a cell of up to 32 bits.
    fn number(self, cell: u32) -> f64 {
        let up = cell << (32 - self.shift - self.count);
        let down = 32 - self.count;
        if self.signed { f64::from((up as i32) >> down) } else { f64::from(up >> down) }
    }

    /// The same for a cell of up to 64 bits.
    fn long_number(self, cell: u64) -> f64 {
        let up = cell << (64 - self.shift - self.count);
        let down = 64 - self.count;
        if self.signed { ((up as i64) >> down) as f64 } else { (up >> down) as f64 }
    }
}

impl<'a> Samples<'a> {
    /// Samples of a decoded frame of integers.
    pub fn integers(frame: Frame<'a>, endian: Endian) -> Samples<'a> {
        let stored = match frame.bits_allocated {
            1 | 8 => Stored::U8,
            16 => Stored::U16,
            32 => Stored::U32,
            _ => Stored::U64,
        };
        Samples { rgb: frame.rgb, frame, endian, stored }
    }

    /// Samples of a frame of floats.
    pub fn floats(frame: Frame<'a>, endian: Endian, stored: Stored) -> Samples<'a> {
        Samples { rgb: false, frame, endian, stored }
    }

    /// Writes the stored numbers passed through `f` to `out`, as planes (`samples x rows x columns`).
    ///
    /// # Errors
    /// When there are fewer samples than the frame should have.
    pub fn write(&self, info: &PixelInfo, out: &mut [f32], f: impl Fn(f64) -> f64) -> Result<()> {
        let (found, due) = (self.frame.bytes.len() / self.stored.size(), info.frame_samples());
        if found < due || out.len() != due {
            return Err(damaged("DICOM", format!("a frame of {found} samples where {due} are due")));
        }
        let bits = Bits::of(info, self.frame.bits_allocated);
        let little = self.endian == Endian::Little;
        macro_rules! write {
            ($type:ty, $n:literal, $to:expr) => {
                spread(self.frame.bytes.as_chunks::<$n>().0, self.stride(info), out, |&raw| {
                    f($to(if little { <$type>::from_le_bytes(raw) } else { <$type>::from_be_bytes(raw) })) as f32
                })
            };
        }
        match self.stored {
            Stored::U8 => spread(&self.frame.bytes, self.stride(info), out, |&v| f(bits.number(u32::from(v))) as f32),
            Stored::U16 => write!(u16, 2, |v| bits.number(u32::from(v))),
            Stored::U32 => write!(u32, 4, |v| bits.number(v)),
            Stored::U64 => write!(u64, 8, |v| bits.long_number(v)),
            Stored::F32 => write!(f32, 4, f64::from),
            _ => write!(f64, 8, |v: f64| v),
        }
        Ok(())
    }

    /// Distance between samples of one plane.
    fn stride(&self, info: &PixelInfo) -> usize {
        if self.frame.planar { 1 } else { info.samples }
    }
}

/// Writes interleaved samples to planes, each converted.
fn spread<T>(samples: &[T], stride: usize, out: &mut [f32], convert: impl Fn(&T) -> f32) {
    if stride == 1 {
        out.iter_mut().zip(samples).for_each(|(out, v)| *out = convert(v));
        return;
    }
    let area = out.len() / stride;
    for (c, plane) in out.chunks_exact_mut(area).enumerate() {
        plane.iter_mut().zip(samples[c..].iter().step_by(stride)).for_each(|(out, v)| *out = convert(v));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_out_of_their_cells() {
        let twelve = Bits { shift: 0, count: 12, signed: true };
        assert_eq!([0x0fff, 0xf7ff, 0x1800].map(|v| twelve.number(v)), [-1.0, 2047.0, -2048.0]);
        let high = Bits { shift: 4, count: 12, signed: false };
        assert_eq!(high.number(0xfff7), 4095.0);
        let whole = Bits { shift: 0, count: 64, signed: true };
        assert_eq!(whole.long_number(u64::MAX), -1.0);
        assert_eq!(Bits { shift: 0, count: 32, signed: false }.number(u32::MAX), 4_294_967_295.0);
    }

    #[test]
    fn interleaved_samples_become_planes() {
        let mut out = [0.0; 6];
        spread(&[1u8, 2, 3, 4, 5, 6], 3, &mut out, |&v| f32::from(v));
        assert_eq!(out, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
