//! From interleaved samples (`H x W x C`) to channel planes (`C x H x W`).

/// The first `keep` of `channels` interleaved samples per pixel, as planes.
pub fn deinterleave(samples: &[f32], channels: usize, keep: usize) -> Vec<f32> {
    let mut planes = Vec::with_capacity(samples.len() / channels.max(1) * keep);
    for c in 0..keep {
        planes.extend(samples.iter().skip(c).step_by(channels.max(1)));
    }
    planes
}

#[cfg(test)]
mod tests {
    #[test]
    fn alpha_is_left_out() {
        let planes = super::deinterleave(&[1.0, 2.0, 9.0, 3.0, 4.0, 9.0], 3, 2);
        assert_eq!(planes, [1.0, 3.0, 2.0, 4.0]);
    }
}
