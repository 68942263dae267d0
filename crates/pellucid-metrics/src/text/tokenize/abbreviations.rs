//! Words whose point doesn't end a sentence.

/// When a sentence can end after an abbreviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// A name or a word follows always.
    Never,
    /// A number follows, or else it's an ordinary word at the end of a sentence.
    UnlessNumber,
}

/// Titles of people, in front of a name.
const TITLES: &[&str] = &[
    "Mr", "Mrs", "Ms", "Messrs", "Mme", "Mlle", "Dr", "Drs", "DR", "MR", "MRS", "MS", "Prof", "Sr", "St", "Rev", "rev",
    "Msgr", "Hon", "Rt", "Bart", "Asst", "Surg",
];

/// Ranks and offices, in front of a name.
const RANKS: &[&str] = &[
    "Gen", "Col", "Maj", "Capt", "Cmdr", "Lt", "Sgt", "Cpl", "Pvt", "Adm", "Brig", "Gov", "Sen", "Sens", "Rep", "Reps",
    "Supt", "Insp", "Comdr", "Ens", "Pfc", "Sfc",
];

/// Places and bodies that have a name after them, and words between names.
const OTHERS: &[&str] =
    &["Bldg", "Hosp", "Corp", "Bros", "Op", "Ph", "Hr", "Res", "Nr", "Nos", "Adj", "Adv", "Con", "Ord", "v", "vs"];

/// Words that stand before a number.
const BEFORE_NUMBERS: &[&str] = &["No", "Art", "pp"];

/// Whether the word (without its point) is an abbreviation; a single capital is an initial.
pub(super) fn is_abbreviation(word: &str) -> Option<Ends> {
    let initial = word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase());
    if initial || [TITLES, RANKS, OTHERS].iter().any(|list| list.contains(&word)) {
        Some(Ends::Never)
    } else if BEFORE_NUMBERS.contains(&word) {
        Some(Ends::UnlessNumber)
    } else {
        None
    }
}
