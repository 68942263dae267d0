//! Standardised uptake values by body weight.
//!
//! `SUVbw = activity (Bq/mL) * weight (g) / dose (Bq)`, where the dose is decayed to the time that the activity refers to (Decay Correction,
//! 0054,1102): for `START` from injection to the start of the scan, `dose * 2^(-t / half-life)`; for `ADMIN` not at all; for `NONE` to a time
//! that the caller must know. The start of the scan is Series Date and Time, unless that is later than the acquisition (derived series): then it
//! is the acquisition's time less Frame Reference Time plus the moment of the average count rate within the frame, as in the vendor-neutral
//! algorithm of the Quantitative Imaging Biomarkers Alliance (QIBA FDG-PET/CT). Weight and dose aren't kept.

use crate::Result;
use crate::error::unsupported;
use crate::read::dicom::data_set::DataSet;

/// Longest time from injection to scan that is believed, in half-lives; a date or a clock is wrong beyond it.
const MOST_HALF_LIVES: f64 = 20.0;
const DAY: f64 = 86_400.0;

/// How values of a PET image become SUV.
#[derive(Clone, Debug, PartialEq)]
pub struct Suv {
    /// Multiplies values after the modality transform.
    pub factor: f64,
    /// How it was found, without numbers of the patient.
    pub note: String,
}

/// The factor of a PET series, from the data set of its earliest image.
///
/// # Errors
/// When an attribute is missing or the values aren't of a kind that can be turned into SUV; the message says which.
pub fn factor(set: &DataSet, seconds_after_injection: Option<f64>) -> Result<Suv> {
    if set.text(0x0008_0060).as_deref() != Some("PT") {
        return refuse("the image isn't of modality PT");
    }
    match set.text(0x0054_1001).as_deref() {
        Some("BQML") => (),
        // Grams per millilitre are SUV already, by body weight unless SUV Type says otherwise.
        Some("GML") => {
            return match set.text(0x0054_1006).as_deref() {
                None | Some("BW") => Ok(Suv { factor: 1.0, note: "values are SUV by body weight in the file".into() }),
                Some(other) => refuse(format!("the file has SUV of type `{other}`, not by body weight")),
            };
        }
        Some("CNTS") => {
            return refuse("its unit is counts (CNTS), which only the maker's own factor turns into activity");
        }
        Some(other) => return refuse(format!("its unit is `{other}`, not BQML")),
        None => return refuse("it has no Units (0054,1001)"),
    }
    let corrected = set.texts(0x0028_0051);
    if !corrected.iter().any(|c| c == "ATTN") {
        return refuse("Corrected Image (0028,0051) doesn't say that attenuation was corrected (ATTN)");
    }
    let weight = positive(set, 0x0010_1030, "Patient's Weight (0010,1030)")?;
    let Some(item) = set.item(0x0054_0016)? else {
        return refuse("it has no Radiopharmaceutical Information Sequence (0054,0016)");
    };
    let dose = positive(&item, 0x0018_1074, "Radionuclide Total Dose (0018,1074)")?;
    let half_life = positive(&item, 0x0018_1075, "Radionuclide Half Life (0018,1075)")?;
    let decay = set.text(0x0054_1102);
    let (seconds, rule) = match decay.as_deref() {
        Some("ADMIN") => (0.0, "activity refers to the injection (ADMIN)"),
        Some("START") => {
            (start_after_injection(set, &item, half_life)?, "activity refers to the start of the scan (START)")
        }
        Some("NONE") => match seconds_after_injection.filter(|s| s.is_finite() && *s >= 0.0) {
            Some(seconds) => (seconds, "activity isn't decay corrected (NONE) and refers to the given time"),
            None => {
                return refuse(
                    "values aren't decay corrected (NONE): give the seconds from injection to the time they refer to",
                );
            }
        },
        Some(other) => return refuse(format!("Decay Correction (0054,1102) is `{other}`")),
        None => return refuse("it has no Decay Correction (0054,1102)"),
    };
    let factor = weight * 1000.0 / (dose * (-seconds / half_life).exp2());
    Ok(Suv { factor, note: format!("values are SUV by body weight; {rule}, {seconds:.0} s after injection") })
}

fn refuse<T>(reason: impl std::fmt::Display) -> Result<T> {
    let hint = "read the values as measured, or convert them with what the scanner's maker says";
    Err(unsupported("DICOM", format!("image can't be turned into SUV: {reason}"), hint))
}

fn positive(set: &DataSet, tag: u32, name: &str) -> Result<f64> {
    match set.decimal(tag) {
        Some(v) if v > 0.0 => Ok(v),
        Some(v) => refuse(format!("{name} is {v}")),
        None => refuse(format!("{name} is missing")),
    }
}

/// Seconds from injection to the start of the scan.
fn start_after_injection(set: &DataSet, item: &DataSet, half_life: f64) -> Result<f64> {
    let Some(start) = scan_start(set, half_life)? else {
        return refuse("it has no Series Date and Time (0008,0021), (0008,0031)");
    };
    let dated = item.text(0x0018_1078).and_then(|t| date_time(&t));
    let seconds = match (dated, item.text(0x0018_1072).and_then(|t| time(&t))) {
        (Some(injection), _) => start - injection,
        // A time without date: that of the scan, or of the evening before it.
        (None, Some(clock)) => (start - clock).rem_euclid(DAY),
        (None, None) => return refuse("it has no Radiopharmaceutical Start DateTime (0018,1078) or Time (0018,1072)"),
    };
    if !(0.0..=MOST_HALF_LIVES * half_life).contains(&seconds) {
        return refuse(format!(
            "the scan starts {seconds:.0} s after the injection, with a half-life of {half_life:.0} s"
        ));
    }
    Ok(seconds)
}

/// When the scan started, in seconds of a common clock.
fn scan_start(set: &DataSet, half_life: f64) -> Result<Option<f64>> {
    let at = |day, clock| Some(date(&set.text(day)?)? + time(&set.text(clock)?)?);
    let (series, acquisition) = (at(0x0008_0021, 0x0008_0031), at(0x0008_0022, 0x0008_0032));
    let Some(acquired) = acquisition.filter(|&a| series.is_none_or(|s| s > a)) else { return Ok(series) };
    let (reference, duration) = (set.decimal(0x0054_1300), set.decimal(0x0018_1242).filter(|d| *d > 0.0));
    let (Some(reference), Some(duration)) = (reference, duration) else {
        return refuse(
            "its Series Time is later than its Acquisition Time (a derived series), and without Frame Reference Time (0054,1300) and \
             Actual Frame Duration (0018,1242) the start of the scan isn't known",
        );
    };
    let rate = std::f64::consts::LN_2 / half_life;
    let during = rate * duration / 1000.0;
    let average = (during / (1.0 - (-during).exp())).ln() / rate;
    Ok(Some(acquired - reference / 1000.0 + average))
}

/// Seconds since an arbitrary day of `YYYYMMDD`.
fn date(text: &str) -> Option<f64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    if text.len() != 8 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of the proleptic Gregorian calendar, years taken to start in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day;
    Some(days as f64 * DAY)
}

/// Seconds since midnight of `HHMMSS.FFFFFF`, shorter forms included.
fn time(text: &str) -> Option<f64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !matches!(whole.len(), 2 | 4 | 6) || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| whole.get(at..at + 2).map_or(Some(0.0), |t| t.parse::<f64>().ok());
    let (hours, minutes, seconds) = (two(0)?, two(2)?, two(4)?);
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    (hours < 24.0 && minutes < 60.0 && seconds <= 60.0).then_some(hours * 3600.0 + minutes * 60.0 + seconds + fraction)
}

/// A date and time in one, a zone left out: both clocks of a study have the same.
fn date_time(text: &str) -> Option<f64> {
    let text = text.split(['+', '-']).next()?.trim();
    Some(date(text.get(..8)?)? + time(text.get(8..)?)?)
}

/// When an image was acquired, for finding the earliest of a series.
pub fn acquired(set: &DataSet) -> Option<f64> {
    Some(date(&set.text(0x0008_0022)?)? + time(&set.text(0x0008_0032)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        assert_eq!(date("20240301").unwrap() - date("20240228").unwrap(), 2.0 * DAY);
        assert_eq!(date("19000301").unwrap() - date("19000228").unwrap(), DAY);
        assert_eq!(date("20250101").unwrap() - date("20241231").unwrap(), DAY);
        assert_eq!(time("1030"), Some(37_800.0));
        assert_eq!(time("235959.25"), Some(86_399.25));
        assert_eq!((time("2561"), time("12:30"), date("2024-1-1")), (None, None, None));
        assert_eq!(date_time("20240301101500.5+0100").unwrap(), date("20240301").unwrap() + 36_900.5);
    }
}
