//! Reads an image of any format and writes its values as `C x D x H x W` `.npy`; prints what is known of it.
//!
//! `cargo run -p pellucid-image --example to_npy -- IMAGE OUT.npy`

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let mut failed = false;
    for pair in paths.chunks(2) {
        let [input, output] = pair else { continue };
        let done = pellucid_image::open(input).and_then(|image| {
            println!("{input}: {:?} {:?} {:?}", image.shape(), image.channels, image.units);
            println!("  {:?}", image.geometry.world_from_voxel.rows);
            println!("  {:?} {:?} {:?}", image.geometry.known, image.display, image.notes);
            pellucid_image::write_npy(output, image.voxels(), &image.shape())
        });
        if let Err(e) = done {
            failed = true;
            println!("{input}: error: {e}");
            e.hints().iter().for_each(|hint| println!("  hint: {hint}"));
        }
    }
    if failed {
        std::process::exit(1);
    }
}
