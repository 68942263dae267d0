//! Metrics of text: how close a generated report, caption or answer is to what people wrote.
//!
//! Every metric takes tokens or facts that are given ([`Segment`], tuples, graphs, labels) and returns a value or why there is none. Texts become
//! tokens by a [`Tokenizer`]; two scores compare only when their tokenisers do.
//!
//! N-gram metrics hardly see negation and side: "there is no evidence of pneumothorax" scores high against "there is evidence of pneumothorax" in all
//! of them. [`flips`] counts such errors; read it next to every one of these scores.

mod bleu;
mod chexbert;
mod cider;
mod info;
mod lcs;
pub mod meteor;
mod meteor_nltk;
mod ngram;
mod prf;
mod radgraph;
mod radiology_tuples;
mod rouge;
mod segment;
pub mod stem;
mod synonyms;
mod tokenize;
mod tuple_f1;
mod vqa;

pub use bleu::{BleuCounts, BleuOptions, Smoothing, corpus_bleu, corpus_counts, sentence_bleu};
pub use chexbert::{FIVE, LABELS, LabelF1, Labels, Mention, Positive, chexbert_f1};
pub use cider::{Cider, CiderForm, DocumentFrequencies, Warning, cider};
pub use info::{Direction, METRICS, TextMetricInfo};
pub use meteor_nltk::{MeteorNltk, MeteorNltkScore};
pub use prf::PrecisionRecall;
pub use radgraph::{DanglingRelation, Entity, EntityGraph, RadGraphLevel, radgraph_f1, radgraph_mean_f1};
pub use radiology_tuples::{Flips, Observation, Status, flips, observe, radiology_tuple_f1, radiology_tuples};
pub use rouge::{coco_rouge_l, rouge_l, rouge_l_pair, rouge_lsum, rouge_lsum_pair, rouge_n, rouge_n_pair};
pub use segment::Segment;
pub use synonyms::{NoSynonyms, SynonymSets, Synonyms};
pub use tokenize::Tokenizer;
pub use tuple_f1::{Matching, Tuple, TupleScore, tuple_f1};
pub use vqa::{closed_answer_correct, normalise_answer, vqa_accuracy, vqa_accuracy_simple};
