//! BLEU, ROUGE, CIDEr, and METEOR in NLTK's form.

use pellucid_metrics::text::stem::Porter;
use pellucid_metrics::text::{
    self, BleuCounts, BleuOptions, CiderForm, MeteorNltk, PrecisionRecall, Segment, Smoothing, SynonymSets, Tokenizer,
    rouge_l_pair, rouge_n_pair,
};
use serde_json::{Value, json};

use super::fields::{defined, lists, segment, segments, string, words};

const ORDERS: [usize; 4] = [1, 2, 3, 4];

pub(super) fn bleu(_: &Value, input: &Value) -> Result<Value, String> {
    if input.get("candidates_raw").is_some() {
        return bleu_raw(input);
    }
    if input.get("candidates").is_some() {
        return bleu_corpus(&segments(input)?);
    }
    let segment = segment(input, "candidate", "references")?;
    let counts = defined(BleuCounts::of(&segment, 4))?;
    let all = BleuOptions::CORPUS;
    let with = |smoothing| counts.score(&all.with_smoothing(smoothing));
    let mut values = json!({
        "matches": counts.matches,
        "totals": counts.totals,
        "candidate_length": counts.candidate_length,
        "closest_reference_length": counts.reference_length,
        "bleu_no_smoothing": by_order(&counts, Smoothing::None),
        "bleu_exp_effective_order": defined(text::sentence_bleu(&segment, &BleuOptions::SENTENCE))?,
        "bleu_floor_0.1": with(Smoothing::Floor(0.1)),
        "bleu_add_1_from_2gram": with(Smoothing::AddK(1.0)),
        "pycocoevalcap_sentence": by_order(&counts, Smoothing::Coco),
    });
    // On shorter texts NLTK takes an order without n-grams for one with a single n-gram.
    if segment.candidate.len() >= 4 {
        values["nltk_method1_eps0.1"] = json!(with(Smoothing::Floor(0.1)));
    }
    Ok(values)
}

fn by_order(counts: &BleuCounts, smoothing: Smoothing) -> Vec<f64> {
    ORDERS.map(|n| counts.score(&BleuOptions::CORPUS.with_order(n).with_smoothing(smoothing))).to_vec()
}

fn bleu_corpus(segments: &[Segment]) -> Result<Value, String> {
    let counts = defined(text::corpus_counts(segments, 4))?;
    let plain = BleuOptions::CORPUS.with_smoothing(Smoothing::None);
    let sentences: Vec<f64> =
        segments.iter().map(|s| defined(text::sentence_bleu(s, &plain))).collect::<Result<_, _>>()?;
    Ok(json!({
        "matches": counts.matches,
        "totals": counts.totals,
        "candidate_length": counts.candidate_length,
        "reference_length": counts.reference_length,
        "bleu_no_smoothing": by_order(&counts, Smoothing::None),
        "bleu_exp": counts.score(&BleuOptions::CORPUS),
        "mean_of_sentence_bleu4": sentences.iter().sum::<f64>() / sentences.len() as f64,
        "pycocoevalcap_corpus": by_order(&counts, Smoothing::Coco),
    }))
}

/// Raw strings through sacreBLEU's defaults.
fn bleu_raw(input: &Value) -> Result<Value, String> {
    let candidates = words(&input["candidates_raw"])?;
    let references = lists(&input["references_raw"])?;
    let segments: Vec<Segment> =
        candidates.iter().zip(&references).map(|(c, r)| Segment::new(Tokenizer::Mteval13a, c, r)).collect();
    let counts = defined(text::corpus_counts(&segments, 4))?;
    Ok(json!({
        "bleu": counts.score(&BleuOptions::CORPUS),
        "precisions": counts.precisions(4, &BleuOptions::CORPUS),
        "brevity_penalty": counts.brevity_penalty(),
        "candidate_length": counts.candidate_length,
        "reference_length": counts.reference_length,
    }))
}

pub(super) fn rouge(_: &Value, input: &Value) -> Result<Value, String> {
    let candidate = string(&input["candidate_raw"])?;
    let references = words(&input["references_raw"])?;
    let plain = Segment::new(Tokenizer::Rouge, candidate, &references);
    let stemmed = Segment::new(Tokenizer::RougeStemmed, candidate, &references);
    let pairs = plain.references.iter().zip(&stemmed.references);
    let per_reference: Vec<Value> =
        pairs.map(|(p, s)| one_reference(&plain.candidate, p, &stemmed.candidate, s)).collect();
    let best = |n| defined(text::rouge_n(&plain, n)).map(|s| s.f);
    let rouge_l = defined(text::rouge_l(&plain))?;
    let lsum = defined(text::rouge_lsum(Tokenizer::Rouge, candidate, &references))?;
    let mut values = json!({
        "per_reference_precision_recall_f1": per_reference,
        "best_f1": { "rouge1": best(1)?, "rouge2": best(2)?, "rougeL": rouge_l.f },
        "rougeLsum": triple(lsum),
        "rougeL": triple(rouge_l),
    });
    if input.get("candidate_tokens_coco").is_some() {
        let coco = segment(input, "candidate_tokens_coco", "reference_tokens_coco")?;
        values["coco_rougeL_beta_1.2"] = json!(defined(text::coco_rouge_l(&coco, 1.2))?.f);
        values["survey_formula_first_reference"] = weighted(&coco)?;
    }
    Ok(values)
}

fn triple(score: PrecisionRecall) -> Value {
    json!([score.precision, score.recall, score.f])
}

fn one_reference(
    candidate: &[String],
    reference: &[String],
    candidate_stems: &[String],
    reference_stems: &[String],
) -> Value {
    json!({
        "rouge1": triple(rouge_n_pair(candidate, reference, 1)),
        "rouge2": triple(rouge_n_pair(candidate, reference, 2)),
        "rougeL": triple(rouge_l_pair(candidate, reference, 1.0)),
        "rouge1_stemmed_f": rouge_n_pair(candidate_stems, reference_stems, 1).f,
        "rougeL_stemmed_f": rouge_l_pair(candidate_stems, reference_stems, 1.0).f,
    })
}

fn weighted(segment: &Segment) -> Result<Value, String> {
    let reference = segment.references.first().ok_or("expected a reference, found none")?;
    let betas = [("beta_0.5", 0.5), ("beta_1.0", 1.0), ("beta_1.2", 1.2), ("beta_8.0", 8.0)];
    Ok(betas
        .iter()
        .map(|(name, beta)| ((*name).to_string(), json!(rouge_l_pair(&segment.candidate, reference, *beta).f)))
        .collect())
}

pub(super) fn cider(_: &Value, input: &Value) -> Result<Value, String> {
    let segments = segments(input)?;
    let of = |form| defined(text::cider(&segments, form, None));
    let (plain, d) = (of(CiderForm::Plain)?, of(CiderForm::D)?);
    Ok(json!({
        "cider_plain_per_document": plain.per_segment,
        "cider_plain_mean": plain.value,
        "cider_d_per_document": d.per_segment,
        "cider_d_mean": d.value,
    }))
}

pub(super) fn meteor_nltk(_: &Value, input: &Value) -> Result<Value, String> {
    let segment = segment(input, "candidate", "references")?;
    let synonyms = SynonymSets::new(&lists(&input["synonym_sets"])?);
    let exact = MeteorNltk::default();
    let stem = MeteorNltk { stemmer: Some(&Porter), ..exact };
    let synonym = MeteorNltk { synonyms: Some(&synonyms), ..stem };
    let mut values = json!({});
    for (name, metric) in [("exact", exact), ("exact_stem", stem), ("exact_stem_synonym", synonym)] {
        let pair = |r: &Vec<String>| {
            let score = metric.pair(&segment.candidate, r);
            json!({ "score": score.value, "matches": score.matches, "chunks": score.chunks })
        };
        values[name] = json!(defined(metric.segment(&segment))?.value);
        values[format!("{name}_per_reference")] = segment.references.iter().map(pair).collect();
    }
    Ok(values)
}
