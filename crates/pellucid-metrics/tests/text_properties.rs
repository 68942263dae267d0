//! What holds for the metrics of text on any input.

use pellucid_metrics::Undefined;
use pellucid_metrics::text::meteor::{FunctionWords, Meteor, MeteorParameters, Paraphrases, WordNet};
use pellucid_metrics::text::stem::{Porter, SnowballEnglish, Stemmer};
use pellucid_metrics::text::{
    BleuCounts, BleuOptions, CiderForm, DocumentFrequencies, Matching, MeteorNltk, NoSynonyms, Segment, Smoothing,
    SynonymSets, Tokenizer, Tuple, cider, coco_rouge_l, flips, normalise_answer, observe, radiology_tuple_f1,
    radiology_tuples, rouge_l, rouge_lsum, rouge_n, sentence_bleu, tuple_f1, vqa_accuracy,
};
use proptest::collection::vec;
use proptest::prelude::*;

const FLAT: [BleuOptions; 2] = [BleuOptions::SENTENCE, BleuOptions::CORPUS];

fn token() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-e]", 2 => prop::sample::select(vec!["lung", "lungs", "opacity", "opacities", "no", "the"]).prop_map(str::to_string), 1 => any::<String>()]
}

fn tokens(least: usize) -> impl Strategy<Value = Vec<String>> {
    vec(token(), least..24)
}

fn segment() -> impl Strategy<Value = Segment> {
    (tokens(0), vec(tokens(0), 1..4)).prop_map(|(candidate, references)| Segment { candidate, references })
}

/// METEOR with all four modules, on small tables.
fn with_meteor<T>(call: impl FnOnce(&Meteor<'_>) -> T) -> T {
    let words = FunctionWords::new(&["the", "no"]);
    let synonyms = SynonymSets::new(&[vec!["a", "b"], vec!["lung", "c"]]);
    let paraphrases = Paraphrases::new(&[("a b", "c"), ("c", "a b"), ("lung", "the lungs"), ("d e", "e d")]);
    let snowball = SnowballEnglish::default();
    let exact = Meteor::exact(&words);
    call(&Meteor { stemmer: Some(&snowball), synonyms: Some(&synonyms), paraphrases: Some(&paraphrases), ..exact })
}

/// Every score of a text that has references, by name.
fn scores(segment: &Segment) -> Vec<(String, f64)> {
    let mut scores = Vec::new();
    for options in FLAT {
        for smoothing in [Smoothing::None, Smoothing::Floor(0.1), Smoothing::AddK(1.0), Smoothing::Exp, Smoothing::Coco]
        {
            let options = options.with_smoothing(smoothing);
            scores.push((
                options.signature(Tokenizer::Whitespace, "sentence"),
                sentence_bleu(segment, &options).unwrap(),
            ));
        }
    }
    for n in 1..=4 {
        scores.push((format!("rouge-{n}"), rouge_n(segment, n).unwrap().f));
    }
    scores.push(("rouge-l".into(), rouge_l(segment).unwrap().f));
    scores.push(("coco-rouge-l".into(), coco_rouge_l(segment, 1.2).unwrap().f));
    let nltk = MeteorNltk { stemmer: Some(&Porter), ..MeteorNltk::default() };
    scores.push((nltk.name(), nltk.segment(segment).unwrap().value));
    with_meteor(|meteor| scores.push((meteor.name(), meteor.segment(segment).unwrap().0.value)));
    scores
}

proptest! {
    #[test]
    fn any_text_becomes_tokens(text in any::<String>()) {
        for tokenizer in Tokenizer::ALL {
            prop_assert!(tokenizer.tokenize(&text).iter().all(|t| !t.is_empty()), "{tokenizer:?}");
        }
        normalise_answer(&text);
    }

    #[test]
    fn marks_and_words_become_tokens(text in "([a-cA-C0-9]{0,3}[-.,'’\"`/:;()<>&@#*_ =+$]{0,3}(Dr|No|CT|n't|'s|http://)?){0,8}") {
        for tokenizer in Tokenizer::ALL {
            let tokens = tokenizer.tokenize(&text);
            // Nothing but white space is lost by the tokenisers that keep marks.
            if tokenizer == Tokenizer::PtbLike {
                prop_assert_eq!(tokens.is_empty(), text.trim().is_empty());
            }
        }
    }

    #[test]
    fn any_word_has_stems(word in any::<String>()) {
        Porter.stem(&word);
        SnowballEnglish::default().stem(&word);
    }

    #[test]
    fn scores_are_in_their_range(segment in segment()) {
        for (name, score) in scores(&segment) {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&score), "{name}: {score}");
        }
    }

    #[test]
    fn the_order_of_references_is_irrelevant(segment in segment()) {
        let reversed = Segment { candidate: segment.candidate.clone(), references: segment.references.iter().rev().cloned().collect() };
        prop_assert_eq!(scores(&segment), scores(&reversed));
    }

    #[test]
    fn the_same_text_scores_most(text in tokens(4)) {
        let segment = Segment { candidate: text.clone(), references: vec![text.clone()] };
        for (name, score) in scores(&segment) {
            let most = if name.contains("NLTK") { 1.0 - 0.5 / (text.len() as f64).powi(3) } else { 1.0 };
            prop_assert!((score - most).abs() < 1e-8, "{name}: {score}");
        }
    }

    #[test]
    fn texts_without_a_common_word_score_least(left in vec("[a-c]{4}", 0..12), right in vec("[x-z]{4}", 0..12)) {
        let segment = Segment { candidate: left, references: vec![right] };
        for (name, score) in scores(&segment) {
            prop_assert!(score < 1e-8, "{name}: {score}");
        }
    }

    #[test]
    fn an_alignment_covers_no_word_twice(left in tokens(0), right in tokens(0)) {
        let alignment = with_meteor(|meteor| meteor.align(&left, &right));
        let (mut used_left, mut used_right) = (vec![false; left.len()], vec![false; right.len()]);
        for m in &alignment.matches {
            for word in m.candidate_start..m.candidate_start + m.candidate_length {
                prop_assert!(!std::mem::replace(&mut used_left[word], true));
            }
            for word in m.reference_start..m.reference_start + m.reference_length {
                prop_assert!(!std::mem::replace(&mut used_right[word], true));
            }
        }
        let breaks = |w: &&[pellucid_metrics::text::meteor::Match]| {
            w[0].reference_start + w[0].reference_length != w[1].reference_start || w[0].candidate_start + w[0].candidate_length != w[1].candidate_start
        };
        let chunks = alignment.matches.windows(2).filter(breaks).count() + usize::from(!alignment.matches.is_empty());
        prop_assert_eq!(alignment.chunks, chunks);
    }

    #[test]
    fn corpus_counts_are_sums(first in segment(), second in segment()) {
        let mut sum = BleuCounts::of(&first, 4).unwrap();
        sum.add(&BleuCounts::of(&second, 4).unwrap());
        let both = [first, second];
        prop_assert_eq!(sum.score(&BleuOptions::CORPUS), pellucid_metrics::text::corpus_bleu(&both, &BleuOptions::CORPUS).unwrap());
    }

    #[test]
    fn cider_is_in_its_range_and_takes_weights_from_outside(corpus in vec(segment(), 1..6)) {
        let frequencies = DocumentFrequencies::of(corpus.iter().map(|s| s.references.as_slice()));
        for (form, most) in [(CiderForm::Plain, 1.0), (CiderForm::D, 10.0)] {
            let own = cider(&corpus, form, None).unwrap();
            prop_assert!(own.per_segment.iter().all(|s| (0.0..=most + 1e-9).contains(s)), "{own:?}");
            prop_assert_eq!(&own, &cider(&corpus, form, Some(&frequencies)).unwrap());
        }
    }

    #[test]
    fn lsum_of_one_line_is_rouge_l_with_clipped_counts(text in "[a-d ]{0,30}", other in "[a-d ]{0,30}") {
        let lsum = rouge_lsum(Tokenizer::Rouge, &text, &[&other]).unwrap();
        let segment = Segment::new(Tokenizer::Rouge, &text, &[&other]);
        prop_assert_eq!(lsum, rouge_l(&segment).unwrap());
    }

    #[test]
    fn tuples_are_symmetric_one_to_one(a in vec(vec("[a-c]", 1..3), 0..6), b in vec(vec("[a-c]", 1..3), 0..6)) {
        let (a, b): (Vec<Tuple>, Vec<Tuple>) = (a, b);
        match (tuple_f1(&a, &b, &NoSynonyms, Matching::OneToOne), tuple_f1(&b, &a, &NoSynonyms, Matching::OneToOne)) {
            (Ok(x), Ok(y)) => {
                prop_assert!((0.0..=1.0).contains(&x.scores.f));
                prop_assert_eq!((x.true_positives, x.scores.precision), (y.true_positives, y.scores.recall));
            }
            (x, y) => prop_assert_eq!((x, y), (Err(Undefined::NoTuples), Err(Undefined::NoTuples))),
        }
    }

    #[test]
    fn any_report_has_tuples_and_none_flips_against_itself(text in prop_oneof![any::<String>(), "((no|small|left|right|effusion|nodule|but|and a|lung|6 mm|not seen|[.;,]) ?){0,12}"]) {
        match radiology_tuple_f1(&text, &[&text]) {
            Ok(score) => prop_assert_eq!(score.scores.f, 1.0),
            Err(reason) => prop_assert_eq!((reason, radiology_tuples(&text).len()), (Undefined::NoTuples, 0)),
        }
        let itself = flips(&text, &text);
        prop_assert!(itself.negation.is_empty() && itself.side.is_empty());
        prop_assert!(observe(&text).iter().all(|o| !o.tuples().is_empty()));
    }

    #[test]
    fn any_answers_give_an_accuracy(answer in any::<String>(), answers in vec(any::<String>(), 0..12)) {
        match vqa_accuracy(&answer, &answers) {
            Ok(value) => prop_assert!((0.0..=1.0).contains(&value)),
            Err(reason) => prop_assert!(reason == Undefined::TooFewAnswers && answers.len() < 2),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = FunctionWords::read(bytes.as_slice());
        let _ = Paraphrases::read(bytes.as_slice(), None);
        let _ = WordNet::read_meteor(bytes.as_slice(), bytes.as_slice());
        let _ = WordNet::default().add_index(bytes.as_slice());
        let _ = WordNet::default().add_exceptions(bytes.as_slice());
    }

    #[test]
    fn lines_of_files_are_read_or_refused(text in "([a-z0.9 -]{0,12}\n){0,8}") {
        let _ = FunctionWords::read(text.as_bytes());
        let _ = Paraphrases::read(text.as_bytes(), None);
        let _ = WordNet::read_meteor(text.as_bytes(), text.as_bytes());
        let _ = WordNet::default().add_index(text.as_bytes());
    }
}

#[test]
fn what_is_undefined_says_why() {
    let alone = Segment { candidate: vec!["a".into()], references: vec![] };
    let words = FunctionWords::none();
    let meteor = Meteor::exact(&words);
    assert_eq!(sentence_bleu(&alone, &BleuOptions::SENTENCE), Err(Undefined::NoReferences));
    assert_eq!(rouge_l(&alone).unwrap_err(), Undefined::NoReferences);
    assert_eq!(meteor.segment(&alone).unwrap_err(), Undefined::NoReferences);
    assert_eq!(meteor.corpus(&[]).unwrap_err(), Undefined::NoInstances);
    assert_eq!(cider(&[], CiderForm::D, None).unwrap_err(), Undefined::NoInstances);
    assert_eq!(cider(&[alone], CiderForm::D, None).unwrap_err(), Undefined::NoReferences);
}

#[test]
fn an_empty_side_scores_nothing() {
    for (candidate, reference) in [(vec![], vec!["a".to_string()]), (vec!["a".to_string()], vec![]), (vec![], vec![])] {
        for (name, score) in scores(&Segment { candidate, references: vec![reference] }) {
            assert!(score < 1e-6, "{name}: {score}");
        }
    }
}

#[test]
fn files_of_words_are_read_and_wrong_lines_named() {
    assert_eq!(FunctionWords::read("the\nof\n\n".as_bytes()).unwrap().len(), 2);
    let error = FunctionWords::read("the\nof a\n".as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "function words, line 2: expected one word, found `of a`");
    let table = "0.5\nheart attack\ninfarct\n0.1\nstone\ncalculus\n";
    let known = ["stone", "calculus"].map(str::to_string).into();
    assert_eq!(
        Paraphrases::read(table.as_bytes(), None).unwrap().of(&["heart".to_string(), "attack".to_string()]),
        [["infarct"]]
    );
    assert!(
        Paraphrases::read(table.as_bytes(), Some(&known))
            .unwrap()
            .of(&["heart".to_string(), "attack".to_string()])
            .is_empty()
    );
    for (table, expected) in [
        ("x\na\nb\n", "line 1: expected a probability, found `x`"),
        ("0.5\na\n", "ends after line 2, expected a paraphrase"),
    ] {
        let error = Paraphrases::read(table.as_bytes(), None).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_name_of_a_meteor_score_lists_its_modules() {
    let none = FunctionWords::none();
    assert_eq!(Meteor::exact(&none).name(), "METEOR-1.5[exact,no function words]");
    with_meteor(|meteor| assert_eq!(meteor.name(), "METEOR-1.5[exact,stem,synonym,paraphrase]"));
    // Without function words, delta has no effect.
    let text = ["the", "lung", "is", "clear"].map(str::to_string);
    let other = ["the", "heart", "is", "clear"].map(str::to_string);
    let flat = Meteor {
        parameters: MeteorParameters { delta: 0.2, ..MeteorParameters::ENGLISH_RANK },
        ..Meteor::exact(&none)
    };
    assert!((flat.pair(&text, &other).value - Meteor::exact(&none).pair(&text, &other).value).abs() < 1e-15);
}
