//! Units of length that files name.

/// Millimetres per unit; the names of OME, UDUNITS and NRRD.
const UNITS: &[(&[&str], f64)] = &[
    (&["mm", "millimeter", "millimetre"], 1.0),
    // The micro sign and the Greek letter look alike and are both in use.
    (&["µm", "μm", "um", "micrometer", "micrometre", "micron", "microns"], 1e-3),
    (&["nm", "nanometer", "nanometre"], 1e-6),
    (&["pm", "picometer", "picometre"], 1e-9),
    (&["å", "angstrom"], 1e-7),
    (&["cm", "centimeter", "centimetre"], 10.0),
    (&["dm", "decimeter", "decimetre"], 100.0),
    (&["m", "meter", "metre"], 1000.0),
    (&["in", "inch"], 25.4),
];

/// Millimetres per unit, `None` for a name that is no length (`pixel`, `reference frame`).
pub fn millimetres(unit: &str) -> Option<f64> {
    let name = unit.trim().to_lowercase();
    UNITS.iter().find(|(names, _)| names.contains(&name.as_str())).map(|u| u.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_apart() {
        assert_eq!(["mm", "µm", "μm", "Å", "Micrometer"].map(millimetres), [1.0, 1e-3, 1e-3, 1e-7, 1e-3].map(Some));
        assert_eq!(["pixel", "", "second"].map(millimetres), [None; 3]);
    }
}
