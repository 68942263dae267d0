//! Prepares images as a model card says and writes the tensors as `.npy`.
//!
//! `cargo run -p pellucid-image --example prepare -- CARD.toml IMAGE OUT.npy [IMAGE OUT.npy ...]`

use pellucid_image::card::Card;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((card, pairs)) = args.split_first() else { return };
    let done = Card::open(card).and_then(|card| {
        let input = card.inputs.iter().find(|i| matches!(i.kind, pellucid_image::card::InputKind::Image { .. }));
        let input = input.ok_or_else(|| pellucid_image::ImageError::Invalid("the card has no image input".into()))?;
        pairs.chunks_exact(2).try_for_each(|pair| {
            let prepared = input.prepare(&pellucid_image::open(&pair[0])?, None)?;
            println!(
                "{}: {:?} {:?} {:?}",
                pair[0], prepared.shape, prepared.grid.geometry.world_from_voxel.rows, prepared.notes
            );
            pellucid_image::write_npy(&pair[1], &prepared.values, &prepared.shape)
        })
    });
    if let Err(e) = done {
        println!("error: {e}");
        e.hints().iter().for_each(|hint| println!("hint: {hint}"));
        std::process::exit(1);
    }
}
