//! What the metrics of text cost on 5000 pairs of reports of 60 to 100 tokens: run with `cargo bench -p pellucid-metrics --bench text`. One thread.

use std::hint::black_box;
use std::time::Instant;

use pellucid_metrics::text::meteor::{FunctionWords, Meteor};
use pellucid_metrics::text::stem::{Porter, SnowballEnglish};
use pellucid_metrics::text::{
    BleuOptions, CiderForm, MeteorNltk, Segment, Tokenizer, cider, corpus_bleu, radiology_tuple_f1, rouge_l, rouge_n,
};

const PAIRS: usize = 5000;

const SENTENCES: &[&str] = &[
    "the lungs are clear without focal consolidation , pleural effusion or pneumothorax .",
    "there is a small left pleural effusion with adjacent atelectasis .",
    "heart size is mildly enlarged with mild pulmonary vascular congestion .",
    "a 6 mm nodule is noted in the right upper lobe , unchanged from the prior study .",
    "no acute infarct , hemorrhage or mass effect is seen .",
    "multiple gallstones are present with no gallbladder wall thickening .",
    "filling defects in the right lower lobe segmental arteries are consistent with acute pulmonary embolism .",
    "degenerative changes of the thoracic spine are stable .",
    "the mediastinal and hilar contours are within normal limits .",
    "an endotracheal tube terminates 4 cm above the carina .",
    "interval improvement of the bibasilar opacities is noted .",
    "osseous structures are intact without acute fracture .",
    "findings were compared with the previous examination and have not changed .",
    "the cardiac silhouette is enlarged , with increasing interstitial markings suggesting edema .",
];

const WORDS: &[&str] = &[
    "the",
    "of",
    "and",
    "mild",
    "left",
    "right",
    "opacity",
    "opacities",
    "changes",
    "changed",
    "small",
    "unchanged",
    "lobe",
    "no",
    "stable",
];

/// A fixed sequence of numbers below a bound.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// A report, and the same in another order with words changed.
    fn pair(&mut self) -> (String, String) {
        let length = 60 + self.below(41);
        let mut words: Vec<&str> = Vec::new();
        while words.len() < length {
            words.extend(SENTENCES[self.below(SENTENCES.len())].split(' '));
        }
        words.truncate(length);
        let mut other = words.clone();
        for _ in 0..length / 4 {
            let (from, to) = (self.below(other.len()), self.below(other.len()));
            match self.below(3) {
                0 => other[from] = WORDS[self.below(WORDS.len())],
                1 => other.swap(from, to),
                _ => {
                    let word = other.remove(from);
                    other.insert(to.min(other.len()), word);
                }
            }
        }
        (words.join(" "), other.join(" "))
    }
}

fn time<T>(name: &str, call: impl FnOnce() -> T) {
    let start = Instant::now();
    black_box(call());
    println!("{name:32} {:8.3} s", start.elapsed().as_secs_f64());
}

fn main() {
    let mut numbers = Numbers(1);
    let texts: Vec<(String, String)> = (0..PAIRS).map(|_| numbers.pair()).collect();
    let segments: Vec<Segment> = texts.iter().map(|(c, r)| Segment::new(Tokenizer::Whitespace, c, &[r])).collect();
    let tokens: usize = segments.iter().map(|s| s.candidate.len()).sum();
    println!("{PAIRS} pairs, {:.1} tokens a text", tokens as f64 / PAIRS as f64);
    let function_words =
        FunctionWords::new(&["the", "of", "and", "a", "is", "are", "in", "no", "with", "to", ",", "."]);
    let (snowball, exact) = (SnowballEnglish::default(), Meteor::exact(&function_words));
    let stem = Meteor { stemmer: Some(&snowball), ..exact };
    let nltk = MeteorNltk { stemmer: Some(&Porter), ..MeteorNltk::default() };
    time(&exact.name(), || exact.corpus(&segments));
    time(&stem.name(), || stem.corpus(&segments));
    time(&nltk.name(), || segments.iter().map(|s| nltk.segment(s)).collect::<Vec<_>>());
    time("CIDEr", || cider(&segments, CiderForm::Plain, None));
    time("CIDEr-D", || cider(&segments, CiderForm::D, None));
    time("BLEU-4", || corpus_bleu(&segments, &BleuOptions::CORPUS));
    time("ROUGE-2", || segments.iter().map(|s| rouge_n(s, 2)).collect::<Vec<_>>());
    time("ROUGE-L", || segments.iter().map(rouge_l).collect::<Vec<_>>());
    time("radiology-tuples", || texts.iter().map(|(c, r)| radiology_tuple_f1(c, &[r])).collect::<Vec<_>>());
    for tokenizer in Tokenizer::ALL {
        time(tokenizer.id(), || texts.iter().map(|(c, _)| tokenizer.tokenize(c).len()).sum::<usize>());
    }
}
