//! The moment of creation, as DICOM writes it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::error::value_error;

/// Date, time and offset from UTC of an object's creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    date: String,
    time: String,
    offset: String,
}

impl Moment {
    /// From `YYYYMMDD`, `HHMMSS` and the offset from UTC `+HHMM` or `-HHMM`.
    ///
    /// # Errors
    /// When a part has another form or names no day or time.
    pub fn new(date: &str, time: &str, offset: &str) -> Result<Moment> {
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        let part = |s: &str, at: usize| s.get(at..at + 2).and_then(|p| p.parse::<u32>().ok()).unwrap_or(99);
        if !digits(date, 8) || !(1..=12).contains(&part(date, 4)) || !(1..=31).contains(&part(date, 6)) {
            return Err(value_error("the date", date, "it must be a day as `YYYYMMDD`"));
        }
        if !digits(time, 6) || part(time, 0) > 23 || part(time, 2) > 59 || part(time, 4) > 59 {
            return Err(value_error("the time", time, "it must be a time of day as `HHMMSS`"));
        }
        let sign = offset.starts_with(['+', '-']);
        if !sign || !digits(&offset[1..], 4) || part(offset, 1) > 14 || part(offset, 3) > 59 {
            return Err(value_error("the offset from UTC", offset, "it must be `+HHMM` or `-HHMM`"));
        }
        Ok(Moment { date: date.into(), time: time.into(), offset: offset.into() })
    }

    /// The moment so many seconds after 1970-01-01 00:00 UTC.
    pub fn from_unix(seconds: u64) -> Moment {
        let (year, month, day) = civil(seconds / 86_400);
        let s = seconds % 86_400;
        Moment {
            date: format!("{year:04}{month:02}{day:02}"),
            time: format!("{:02}{:02}{:02}", s / 3600, s / 60 % 60, s % 60),
            offset: "+0000".into(),
        }
    }

    /// Now, in UTC.
    pub fn now() -> Moment {
        Moment::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()))
    }

    /// `YYYYMMDD`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// `HHMMSS`.
    pub fn time(&self) -> &str {
        &self.time
    }

    /// `+HHMM` or `-HHMM`.
    pub fn offset(&self) -> &str {
        &self.offset
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Eras of 400 years that start on 1 March: the leap day is the last day of its year.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_known_from_calendars() {
        for (seconds, date, time) in [
            (0, "19700101", "000000"),
            (951_782_400, "20000229", "000000"),
            (1_709_251_199, "20240229", "235959"),
            (4_107_542_400, "21000301", "000000"),
        ] {
            let m = Moment::from_unix(seconds);
            assert_eq!((m.date(), m.time()), (date, time));
        }
    }

    #[test]
    fn malformed_parts_are_refused() {
        assert!(Moment::new("20241301", "120000", "+0000").is_err());
        assert!(Moment::new("20241201", "240000", "+0000").is_err());
        assert!(Moment::new("20241201", "120000", "0000").is_err());
        assert!(Moment::new("20241201", "120000", "").is_err());
        assert!(Moment::new("2024é201", "120000", "+0000").is_err());
        assert!(Moment::new("20241201", "120000", "é0100").is_err());
        assert!(Moment::new("20241201", "120000", "-0330").is_ok());
    }
}
