//! Accuracy of answers to questions about an image, against the answers of several people.
//!
//! # Formula
//! ```text
//! accuracy = mean over people i of  min( answers of the others that equal the prediction / 3, 1 )
//! ```
//!
//! # Departures
//! Answers are compared after [`normalise_answer`]. The original has a table of contractions too ("dont" to "don't"); here an apostrophe is dropped, which
//! makes both spellings equal.
//!
//! # Source
//! Antol et al., VQA, ICCV 2015, and its evaluation rules.

use crate::{Outcome, Undefined};

const ARTICLES: [&str; 3] = ["a", "an", "the"];
const NUMBERS: [(&str, &str); 12] = [
    ("none", "0"),
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
];

/// An answer in lower case, without articles and punctuation, and with numbers to ten as digits. A point or comma between digits stays a part of the
/// number (the comma goes); other punctuation becomes a space.
pub fn normalise_answer(answer: &str) -> String {
    let chars: Vec<char> = answer.to_lowercase().chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let mut plain = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let in_number = digit(at.checked_sub(1)) && digit(Some(at + 1));
        match c {
            '.' if in_number => plain.push(c),
            ',' if in_number => {}
            '\'' | '\u{2019}' => {}
            c if c.is_ascii_punctuation() => plain.push(' '),
            c => plain.push(c),
        }
    }
    let words = plain.split_whitespace().filter(|word| !ARTICLES.contains(word));
    words.map(digits).collect::<Vec<_>>().join(" ")
}

fn digits(word: &str) -> &str {
    NUMBERS.iter().find(|(name, _)| *name == word).map_or(word, |(_, digits)| digits)
}

/// Accuracy of a prediction, in `[0, 1]`. Usual are ten answers.
///
/// # Errors
/// [`Undefined::TooFewAnswers`] with fewer than two answers: leaving one out leaves nobody.
pub fn vqa_accuracy<S: AsRef<str>>(prediction: &str, answers: &[S]) -> Outcome {
    if answers.len() < 2 {
        return Err(Undefined::TooFewAnswers);
    }
    let equal = agreeing(prediction, answers);
    let others = |count: usize| (count as f64 / 3.0).min(1.0);
    // Leaving out one of those who agree leaves one fewer.
    let sum = equal as f64 * others(equal.saturating_sub(1)) + (answers.len() - equal) as f64 * others(equal);
    Ok(sum / answers.len() as f64)
}

/// The short form: `min(answers that equal the prediction / 3, 1)`.
///
/// # Errors
/// [`Undefined::NoReferences`] without an answer.
pub fn vqa_accuracy_simple<S: AsRef<str>>(prediction: &str, answers: &[S]) -> Outcome {
    if answers.is_empty() {
        return Err(Undefined::NoReferences);
    }
    Ok((agreeing(prediction, answers) as f64 / 3.0).min(1.0))
}

/// Whether the answer to a closed question is right: equal after [`normalise_answer`].
pub fn closed_answer_correct(prediction: &str, answer: &str) -> bool {
    normalise_answer(prediction) == normalise_answer(answer)
}

fn agreeing<S: AsRef<str>>(prediction: &str, answers: &[S]) -> usize {
    let prediction = normalise_answer(prediction);
    answers.iter().filter(|a| normalise_answer(a.as_ref()) == prediction).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_by_what_they_say() {
        for (a, b) in [
            ("The left lung.", "left lung"),
            ("two", "2"),
            ("1,000", "1000"),
            ("don't know", "dont know"),
            ("X-ray", "x ray"),
        ] {
            assert!(closed_answer_correct(a, b), "{a} {b}");
        }
        assert!(!closed_answer_correct("2.5 cm", "25 cm"));
    }

    #[test]
    fn all_agree_is_one_none_is_zero_and_one_answer_is_undefined() {
        assert_eq!(vqa_accuracy("yes", &["yes"; 10]), Ok(1.0));
        assert_eq!(vqa_accuracy("yes", &["no"; 10]), Ok(0.0));
        assert_eq!(vqa_accuracy("yes", &["yes"]), Err(Undefined::TooFewAnswers));
    }
}
