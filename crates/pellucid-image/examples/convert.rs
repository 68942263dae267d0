//! Converts a volume: `convert INPUT OUTPUT`, with the format of the output by its ending: `.nii`, `.nii.gz`, `.nrrd`, `.mha`, `.ome.tif`, `.zarr` (Zarr 2),
//! `.zarr3` (Zarr 3), `.npy`.

use pellucid_image::{
    Channels, ZarrOptions, ZarrVersion, open, write_metaimage, write_nifti, write_npy, write_nrrd, write_ome_tiff,
    write_ome_zarr,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else { return Err("usage: convert INPUT OUTPUT".into()) };
    let image = open(input)?;
    let (values, shape, geometry) = (image.voxels(), image.shape(), &image.geometry);
    let names = match &image.channels {
        Channels::Named(names) => names.clone(),
        _ => vec![],
    };
    let zarr = |version| ZarrOptions { version, chunk: [16, 64, 64], levels: 2, ..ZarrOptions::default() };
    match output.rsplit('.').next() {
        Some("nii" | "gz") => write_nifti(output, values, &shape, geometry)?,
        Some("nrrd") => write_nrrd(output, values, &shape, geometry)?,
        Some("mha") => write_metaimage(output, values, &shape, geometry)?,
        Some("tif" | "tiff") => write_ome_tiff(output, values, &shape, geometry, &names)?,
        Some("zarr") => write_ome_zarr(output, values, &shape, geometry, &names, &zarr(ZarrVersion::Two))?,
        Some("zarr3") => write_ome_zarr(output, values, &shape, geometry, &names, &zarr(ZarrVersion::Three))?,
        Some("npy") => write_npy(output, values, &shape)?,
        _ => return Err(format!("`{output}` has none of the known endings").into()),
    }
    Ok(())
}
