//! Any text as a model card: read or refused, and what is read is written back to the same card.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pellucid_image::card::Card;

fuzz_target!(|text: &str| {
    let Ok(card) = Card::parse(text) else { return };
    let written = card.to_toml();
    assert_eq!(Card::parse(&written).expect("what was written can be read"), card, "{written}");
});
