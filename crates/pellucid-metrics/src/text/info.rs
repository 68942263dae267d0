//! What a metric of text says about itself.

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// A metric of text, for lists and help.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct TextMetricInfo {
    /// Id, unique among metrics.
    pub id: &'static str,
    /// Name in the literature.
    pub name: &'static str,
    /// Which values are better.
    pub direction: Direction,
    /// Smallest and largest value.
    pub range: (f64, f64),
    /// One line, without a full stop.
    pub summary: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

const UNIT: (f64, f64) = (0.0, 1.0);

const fn higher(
    id: &'static str,
    name: &'static str,
    range: (f64, f64),
    summary: &'static str,
    source: &'static str,
) -> TextMetricInfo {
    TextMetricInfo { id, name, direction: Direction::Higher, range, summary, source }
}

/// All metrics of text.
pub static METRICS: &[TextMetricInfo] = &[
    higher(
        "bleu",
        "BLEU",
        UNIT,
        "Clipped n-gram precision with a penalty for brevity, of a text or a corpus",
        "Papineni et al., ACL 2002",
    ),
    higher("rouge-n", "ROUGE-N", UNIT, "F1 of shared n-grams, best reference", "Lin, ACL workshop 2004"),
    higher(
        "rouge-l",
        "ROUGE-L",
        UNIT,
        "F1 of the longest common subsequence, best reference",
        "Lin, ACL workshop 2004",
    ),
    higher(
        "rouge-lsum",
        "ROUGE-Lsum",
        UNIT,
        "ROUGE-L line by line, union of the lines' common subsequences",
        "Lin, ACL workshop 2004",
    ),
    higher(
        "coco-rouge-l",
        "ROUGE-L (COCO)",
        UNIT,
        "F of the largest precision and the largest recall over references, beta 1.2",
        "Chen et al., Microsoft COCO Captions, 2015",
    ),
    higher(
        "meteor-1.5",
        "METEOR 1.5",
        UNIT,
        "Coverage and order of words aligned by surface, stem, synonym and paraphrase",
        "Denkowski and Lavie, WMT 2014",
    ),
    higher(
        "meteor-nltk",
        "METEOR (2005, NLTK)",
        UNIT,
        "Coverage and order of words matched greedily by surface, stem and synonym",
        "Banerjee and Lavie, ACL workshop 2005",
    ),
    higher(
        "cider",
        "CIDEr",
        UNIT,
        "Cosine of n-gram vectors weighted by rarity in the references",
        "Vedantam et al., CVPR 2015",
    ),
    higher(
        "cider-d",
        "CIDEr-D",
        (0.0, 10.0),
        "CIDEr with clipped counts and a penalty on length, times ten",
        "Vedantam et al., CVPR 2015",
    ),
    higher(
        "tuple-f1",
        "Tuple F1",
        UNIT,
        "F1 of given scene-graph tuples, matched one to one",
        "Anderson et al., ECCV 2016",
    ),
    higher(
        "spice-rule-tuple-f1",
        "Tuple F1 (SPICE's matching)",
        (0.0, 2.0),
        "F1 of given scene-graph tuples where a reference's tuple may be matched again",
        "Anderson et al., ECCV 2016",
    ),
    higher(
        "radiology-tuples",
        "Radiology tuples",
        UNIT,
        "F1 of findings with negation, side, part and extent, taken from the text by fixed rules",
        "own rules; cues after Chapman et al., J Biomed Inform 2001",
    ),
    higher("radgraph-f1", "RadGraph F1", UNIT, "F1 of the facts of given entity graphs", "Jain et al., NeurIPS 2021"),
    higher(
        "chexbert-f1",
        "CheXbert F1",
        UNIT,
        "F1 of 14 given labels of chest-radiograph reports",
        "Smit et al., EMNLP 2020",
    ),
    higher(
        "vqa-accuracy",
        "VQA accuracy",
        UNIT,
        "Agreement of an answer with the answers of several people",
        "Antol et al., ICCV 2015",
    ),
    TextMetricInfo {
        id: "text-flips",
        name: "Flipped negations and sides",
        direction: Direction::Lower,
        range: (0.0, f64::INFINITY),
        summary: "Number of findings that one text asserts and the other denies, or puts on the other side",
        source: "own rules, as radiology-tuples",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_ranges_are_ranges() {
        for (at, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..at].iter().all(|other| other.id != metric.id), "{}", metric.id);
            assert!(metric.range.0 < metric.range.1 && !metric.summary.ends_with('.'), "{}", metric.id);
        }
    }
}
