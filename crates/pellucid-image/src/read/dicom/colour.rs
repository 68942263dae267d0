//! Colours: YBR to RGB.

/// Turns planes of `YBR_FULL` (8 bits) into planes of RGB, rounded to levels.
pub fn rgb_from_ybr(planes: &mut [f32]) {
    let area = planes.len() / 3;
    let (y, chroma) = planes.split_at_mut(area);
    let (b, r) = chroma.split_at_mut(area);
    for ((y, b), r) in y.iter_mut().zip(b).zip(r) {
        let (luma, cb, cr) = (*y, *b - 128.0, *r - 128.0);
        *y = level(luma + 1.402 * cr);
        *b = level(luma - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587);
        *r = level(luma + 1.772 * cb);
    }
}

fn level(v: f32) -> f32 {
    (v + 0.5).floor().clamp(0.0, 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_colours_come_back() {
        // Y, Cb, Cr of pure red and of mid grey by the formulas of PS3.3 C.7.6.3.1.2.
        let mut planes = [76.245, 128.0, 128.0 - 0.1687 * 255.0, 128.0, 255.5, 128.0];
        rgb_from_ybr(&mut planes);
        assert_eq!(planes, [255.0, 128.0, 0.0, 128.0, 0.0, 128.0]);
    }
}
