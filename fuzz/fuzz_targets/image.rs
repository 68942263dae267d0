//! Any bytes as an image of any known format: read or refused within a small memory, and what is read is whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pellucid_image::{OpenOptions, from_bytes};

fuzz_target!(|data: &[u8]| {
    let options = OpenOptions { memory_bytes: 16 << 20, frame: data.first().filter(|b| **b == 1).map(|_| 0) };
    let Ok(image) = from_bytes(data, &options) else { return };
    assert_eq!(image.shape().iter().product::<usize>(), image.voxels().len());
    assert_eq!(image.digest().len(), 64);
    let _ = image.geometry.axis_codes();
    if let Some(window) = &image.display {
        let _ = window.apply(f64::from(image.voxels()[0]));
    }
});
