//! METEOR 1.5: aligns candidate and reference word by word, by surface, stem, synonym and paraphrase, and scores coverage and order.
//!
//! # Formula
//! ```text
//! P = sum_m w_m (delta c_m + (1 - delta) f_m) / (delta C + (1 - delta) F)      on the candidate's side; R likewise on the reference's
//! Fmean = 1 / ((1 - alpha) / P + alpha / R)
//! score = Fmean (1 - gamma frag^beta),   frag = chunks / (matched words, mean of both sides); 0 for one chunk over both whole texts
//! ```
//!
//! # Symbols
//! - `c_m`, `f_m`: content words and function words that module `m` matched; `w_m` its weight
//! - `C`, `F`: content words and function words of the text
//! - `chunks`: runs of matches that are contiguous on both sides
//! - `alpha`, `beta`, `gamma`, `delta`: [`MeteorParameters`]
//!
//! # In images
//! With `beta` = 0.2 even a single chunk of a single word costs 60 %. A negation is one word among many: "no evidence of" and "evidence of" align
//! almost wholly.
//!
//! # Departures
//! The name always lists the modules, because scores of different modules don't compare ([`Meteor::name`]). Function words, thesaurus and paraphrases are
//! data with licences of their own and come from the user's files ([`FunctionWords`], [`WordNet`], [`Paraphrases`]).
//!
//! # Source
//! Denkowski and Lavie, Meteor Universal, WMT 2014. The search keeps what the original does: a beam of 40, and matches of other modules than the exact
//! one count half in a total that is cut to an integer after each addition.

mod beam;
mod function_words;
mod parameters;
mod paraphrases;
mod propose;
mod read;
mod score;
mod wordnet;

pub use function_words::FunctionWords;
pub use parameters::{MeteorParameters, Module};
pub use paraphrases::Paraphrases;
pub use read::ReadError;
pub use score::{Alignment, Match, Meteor, MeteorCounts, MeteorScore};
pub use wordnet::WordNet;
