//! The presets against the specification's tables, transcribed here, and the strictness of their format.

mod common;

use common::TABLE;
use pellucid_advise::{BaselineKind, Length, PRESETS, Preset, Registry, Strength, Unit, preset, presets_markdown};

#[test]
fn there_are_22_presets_in_the_tables_order_and_each_reads_back_what_it_writes() {
    let ids: Vec<&str> = PRESETS.presets().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, TABLE.iter().map(|r| r.id).collect::<Vec<_>>());
    assert_eq!(ids.len(), 22);
    for p in PRESETS.presets() {
        let text = p.to_toml().unwrap();
        assert_eq!(&Preset::parse(&text, "written").unwrap(), p);
    }
}

#[test]
fn values_are_those_of_the_table() {
    for row in TABLE {
        let p = preset(row.id).unwrap();
        let baselines: Vec<BaselineKind> = p.baselines.iter().map(|b| b.kind).collect();
        assert_eq!(baselines, row.baselines, "{}", row.id);
        let constants: Vec<(f64, Unit)> = p.baselines.iter().filter_map(|b| b.value.zip(b.unit)).collect();
        assert_eq!(constants, row.constants, "{}", row.id);
        assert_eq!(p.intensity.unit, row.unit, "{}", row.id);
        assert_eq!(p.intensity.percentiles, row.percentiles, "{}", row.id);
        assert_eq!(p.noise.model, row.noise, "{}", row.id);
        assert_eq!(p.support.strength, row.strength, "{}", row.id);
        assert_eq!((p.size.picture, p.size.volume, p.size.time), row.axes, "{}", row.id);
        let methods: Vec<&str> = p.methods.iter().map(|m| m.id.as_str()).collect();
        assert_eq!(methods, row.methods, "{}", row.id);
        let metrics: Vec<&str> = p.metrics.iter().map(|m| m.id.as_str()).collect();
        assert_eq!(metrics, row.metrics, "{}", row.id);
        let cautions = p.cautions.iter().map(|c| c.text.to_lowercase()).collect::<Vec<_>>().join(" | ");
        for word in row.cautions {
            assert!(cautions.contains(word), "{}: `{word}` in {cautions}", row.id);
        }
        let region = format!("{} | {}", p.region.valid, p.region.nuisance.join(" | "));
        for word in row.nuisance {
            assert!(region.contains(word), "{}: `{word}` in {region}", row.id);
        }
        let formats = p.formats.join(" | ");
        for word in row.formats {
            assert!(formats.contains(word), "{}: `{word}` in {formats}", row.id);
        }
        assert_eq!(p.support.reported.len(), row.reported, "{}: {:?}", row.id, p.support.reported);
    }
}

#[test]
fn the_windows_and_ranges_of_ct_and_pet() {
    let ct = preset("ct").unwrap();
    let windows: Vec<(&str, f64, f64)> =
        ct.display.windows.iter().map(|w| (w.name.as_str(), w.level, w.width)).collect();
    let table = [
        ("lung", -600.0, 1500.0),
        ("mediastinum", 40.0, 400.0),
        ("brain", 40.0, 80.0),
        ("subdural", 80.0, 200.0),
        ("bone", 400.0, 1800.0),
    ];
    assert_eq!(windows, table);
    assert_eq!(ct.noise.sigma, Some([20.0, 30.0]));
    let pet = preset("pet").unwrap();
    assert_eq!((pet.intensity.clip, pet.noise.psf_mm), (Some([0.0, 20.0]), Some([4.0, 6.0])));
    assert_eq!(preset("spect").unwrap().noise.psf_mm, Some([8.0, 12.0]));
    let sigma = |id: &str| preset(id).unwrap().baselines.iter().find_map(|b| b.sigma);
    assert_eq!(sigma("cxr"), Some(Length::Share(0.04)));
    assert_eq!(sigma("mammography"), Some(Length::Mm(5.0)));
}

#[test]
fn no_window_claims_more_than_the_resolution_and_no_baseline_is_black_where_black_is_a_finding() {
    for p in PRESETS.presets() {
        if let (Some([psf, _]), Length::Mm(mm)) = (p.noise.psf_mm, p.occlusion.size) {
            assert!(mm >= psf, "{}", p.id);
        }
        let black = |b: &pellucid_advise::Baseline| b.value == Some(0.0) && b.unit == Some(Unit::Level);
        assert!(!p.baselines.iter().any(black), "{}", p.id);
    }
}

#[test]
fn weak_evidence_is_said() {
    for p in PRESETS.presets() {
        let weak = !matches!(p.support.strength, Strength::Tables);
        let says = p.support.note.starts_with("weak") || p.support.note.starts_with("none");
        assert!(!weak || says, "{}: {}", p.id, p.support.note);
        assert!(!p.support.note.is_empty());
    }
    assert!(preset("fmri").unwrap().support.note.starts_with("weak"));
}

/// The text of a preset with one line exchanged.
fn changed(from: &str, to: &str) -> String {
    let text = include_str!("../presets/ct.toml");
    assert!(text.contains(from), "{from}");
    let changed = text.replacen(from, to, 1);
    Preset::parse(&changed, "mine.toml").unwrap_err().to_string()
}

#[test]
fn errors_name_file_line_and_key() {
    let cases = [
        ("format = 1", "format = 2", "`mine.toml`, line 1, column 10, key `format`: must be 1"),
        ("unit = \"HU\"", "unit = \"hu\"", "key `intensity.unit`: unknown variant `hu`"),
        ("value = -1000.0", "value = nan", "key `baseline[0].value`: must be finite"),
        ("value = -1000.0\n", "", "key `baseline[0].value`: a baseline of this kind needs `value`"),
        (
            "baseline = \"air\"\nreason = \"absence",
            "baseline = \"void\"\nreason = \"absence",
            "key `fill.baseline`: names no baseline",
        ),
        ("id = \"hires-cam\"", "id = \"hirescam\"", "`hirescam` is no known method; did you mean `hires-cam`?"),
        ("segments = 200", "segmentz = 200", "unknown field `segmentz`"),
        ("segments = 200", "segments = 0", "key `segments.picture`: `segments` of the superpixels is 0"),
        ("segments = 200", "segments = 99999999999", "key `segments.picture`: has a number above a million"),
        ("window = [-600, 1500]", "windw = [-600, 1500]", "key `intensity.steps`: "),
        ("width = 1500.0", "width = 0.0", "key `display.window[0].width`: must be above 0"),
        ("axes = \"SPL\"", "axes = \"SPI\"", "key `orientation.axes`: must be three of"),
        ("confidence = 0.95", "confidence = 1.5", "key `cue[0].confidence`: must be above 0"),
        ("share = 0.018", "share = 0.0", "key `occlusion.share`: must be above 0"),
        ("id = \"soft-tissue\"", "id = \"air\"", "key `baseline[1].id`: is taken by an earlier baseline"),
    ];
    for (from, to, expected) in cases {
        let message = changed(from, to);
        assert!(message.starts_with("`mine.toml`, line ") && message.contains(expected), "{to}: {message}");
    }
}

#[test]
fn a_folder_overrides_and_adds_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ct = include_str!("../presets/ct.toml");
    std::fs::write(folder.path().join("ct.toml"), ct.replace("value = -1000.0", "value = -950.0")).unwrap();
    std::fs::write(folder.path().join("photon-ct.toml"), ct.replace("id = \"ct\"", "id = \"photon-ct\"")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no preset").unwrap();
    let registry = Registry::with_folder(folder.path()).unwrap();
    assert_eq!(registry.presets().count(), 23);
    assert_eq!(registry.find("ct").unwrap().preset.baselines[0].value, Some(-950.0));
    assert_eq!(registry.find("photon-ct").unwrap().preset.baselines[0].value, Some(-1000.0));
    let [change] = registry.overrides() else { panic!("{:?}", registry.overrides()) };
    assert_eq!((change.id.as_str(), &change.replaced), ("ct", &PRESETS.find("ct").unwrap().sha256));
    assert_ne!(registry.find("ct").unwrap().sha256, change.replaced);
    std::fs::write(folder.path().join("other.toml"), ct).unwrap();
    let message = Registry::with_folder(folder.path()).unwrap_err().to_string();
    assert!(message.contains("key `id`: must be `other`, as the file is named"), "{message}");
    assert!(Registry::with_folder(folder.path().join("gone")).is_err());
}

#[test]
fn presets_are_found_by_the_words_of_model_cards() {
    for (word, id) in [
        ("CT", "ct"),
        ("chest x-ray", "cxr"),
        ("Brain_MRI", "mri"),
        ("h&e", "histopathology"),
        ("us", "ultrasound"),
        ("malaria", "hematology"),
    ] {
        assert_eq!(preset(word).unwrap().id, id);
    }
    let message = preset("fundos").unwrap_err().to_string();
    assert_eq!(message, "no preset `fundos`; did you mean `fundus`?");
    // No word means two presets.
    for p in PRESETS.presets() {
        for word in p.aliases.iter().chain([&p.id]) {
            assert_eq!(PRESETS.presets().filter(|o| o.is_called(word)).count(), 1, "{word}");
        }
    }
}

#[test]
fn the_page_has_every_preset_with_its_baselines_methods_and_cautions() {
    let page = presets_markdown();
    for p in PRESETS.presets() {
        assert!(page.contains(&format!("## {} (`{}`)", p.name, p.id)), "{}", p.id);
        assert!(page.contains(&p.support.note) && p.cautions.iter().all(|c| page.contains(&c.text)), "{}", p.id);
        assert!(
            p.methods.iter().chain(&p.metrics).all(|m| page.contains(&m.id) && page.contains(&m.reason)),
            "{}",
            p.id
        );
        assert!(p.baselines.iter().all(|b| page.contains(&b.meaning) && page.contains(&b.describe())), "{}", p.id);
    }
}

/// An image as the modality has it, values within its usual range.
fn typical(p: &Preset) -> pellucid_image::Image {
    use pellucid_image::{Format, Geometry, Image, Units};
    let rgb = |step: &toml::Table| step.get("channels").and_then(|c| c.as_str()) == Some("rgb");
    let colour = p.intensity.steps.iter().any(rgb);
    let units = match p.intensity.unit {
        Unit::Hounsfield => Units::Hounsfield,
        Unit::Level | Unit::OpticalDensity => Units::Levels { max: 255.0 },
        _ => Units::Intensity,
    };
    let (low, high) = match units {
        Units::Hounsfield => (-1000.0, 1500.0),
        Units::Levels { .. } => (0.0, 255.0),
        _ => (0.0, 18.0),
    };
    let channels = if colour && matches!(units, Units::Levels { .. }) { 3 } else { 1 };
    let shape = [channels, if p.size.picture { 1 } else { 4 }, 24, 24];
    let n: usize = shape.iter().product();
    let voxels = (0..n).map(|i| low + (high - low) * ((i * 37) % 101) as f32 / 100.0).collect();
    let mut image = Image::new(voxels, shape, units, Format::Synthetic).unwrap();
    image.geometry = Geometry::spacing([0.5; 3]);
    image
}

#[test]
fn baselines_go_through_the_preparation_to_finite_values_inside_the_models_range() {
    let mut made = 0;
    for p in PRESETS.presets() {
        let image = typical(p);
        let mask: Vec<bool> = (0..576).map(|i| i % 24 > 3).collect();
        let steps: Vec<String> = p.intensity.steps.iter().map(|s| toml::Value::Table(s.clone()).to_string()).collect();
        let card = format!("task = \"classification\"\n[[input]]\nsteps = [{}]\n", steps.join(", "));
        let card = pellucid_image::card::Card::parse(&card).unwrap();
        let prepared = card.inputs[0].prepare(&image, None).unwrap();
        let range = |v: &[f32]| v.iter().fold((f32::MAX, f32::MIN), |r, &x| (r.0.min(x), r.1.max(x)));
        let (low, high) = range(&prepared.values);
        for b in p.baselines.iter().filter(|b| b.kind.needs().is_none()) {
            if matches!(b.kind, BaselineKind::TimeMean | BaselineKind::FirstFrame) {
                assert!(b.make(&image, Some(&mask)).is_err(), "{}", b.id);
                continue;
            }
            let baseline = b.make(&image, Some(&mask)).unwrap();
            assert_eq!(baseline.shape(), image.shape());
            // Steps that measure the image (percentiles, z-score) take what they measured on the image itself.
            let value =
                |v: f32| prepared.value_of(f64::from(v), 0).unwrap_or_else(|| panic!("{} {}", p.id, b.id)) as f32;
            let values: Vec<f32> = baseline.voxels().iter().map(|&v| value(v)).collect();
            let (lo, hi) = range(&values);
            assert!(
                lo.is_finite() && hi.is_finite() && lo >= low - 1e-4 && hi <= high + 1e-4,
                "{} {}: {lo}..{hi} in {low}..{high}",
                p.id,
                b.id
            );
            made += 1;
        }
    }
    assert!(made >= 25, "{made}");
}
