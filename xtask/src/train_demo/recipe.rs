//! What the demo models are: their phantoms, their layers, how they are trained.

use std::sync::LazyLock;

use anyhow::Result;
use pellucid::engine::Choice;
use pellucid::graph::{DType, Dim, Fact, Graph};
use pellucid::image::phantom::{KINDS, Rule, Spec};
use pellucid::train::{FitOptions, Layers, Optimiser, Schedule};

/// How strongly the marker gives the class away in the shortcut's phantoms.
const AGREEMENT: f64 = 0.95;

/// A demo model.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// `phantom2d` or `phantom3d`.
    pub name: &'static str,
    /// The phantoms.
    pub spec: Spec,
    /// Channels of the convolutions that are followed by a pool.
    pub pooled: &'static [usize],
    /// Channels of the convolutions after the last pool.
    pub last: &'static [usize],
    /// Phantoms to train on, to choose the epoch by, to test on.
    pub train: usize,
    pub held_out: usize,
    pub test: usize,
    /// Test phantoms that are occluded.
    pub looked_at: usize,
    /// Epochs.
    pub epochs: usize,
    /// Highest learning rate.
    pub rate: f64,
    /// The engine that the bundled file was trained on: the faster one.
    pub engine: Choice,
    /// Seed of phantoms, first weights and order.
    pub seed: u64,
}

/// The demo models.
pub static RECIPES: LazyLock<[Recipe; 2]> = LazyLock::new(|| {
    [
        Recipe {
            name: "phantom2d",
            spec: Spec::image(),
            pooled: &[8, 16],
            last: &[32, 32],
            train: 6000,
            held_out: 300,
            test: 1000,
            looked_at: 100,
            epochs: 8,
            rate: 5e-3,
            engine: Choice::Tract,
            seed: 20,
        },
        Recipe {
            name: "phantom3d",
            spec: Spec::volume(),
            pooled: &[6, 12],
            last: &[24, 24],
            train: 2000,
            held_out: 150,
            test: 400,
            looked_at: 30,
            epochs: 8,
            rate: 5e-3,
            engine: Choice::OnnxRuntime,
            seed: 30,
        },
    ]
});

impl Recipe {
    /// The same model on phantoms whose marker gives the class away.
    pub fn with_shortcut(&self) -> Recipe {
        let rule = Rule::Shortcut { agreement: AGREEMENT };
        Recipe { spec: Spec { rule, ..self.spec.clone() }, ..self.clone() }
    }

    /// Whether the marker gives the class away.
    pub fn is_shortcut(&self) -> bool {
        matches!(self.spec.rule, Rule::Shortcut { .. })
    }

    /// Seed of the phantoms that choose the epoch.
    pub fn held_out_seed(&self) -> u64 {
        self.seed + 1
    }

    /// Seed of the phantoms that are tested on.
    pub fn test_seed(&self) -> u64 {
        self.seed + 2
    }

    /// Name of the files, without extension.
    pub fn file(&self) -> String {
        format!("{}{}", self.name, if self.is_shortcut() { "_shortcut" } else { "" })
    }

    /// Name for people.
    pub fn title(&self) -> String {
        let axes = self.spec.size.len();
        format!("Phantom lesions, {axes}-D{}", if self.is_shortcut() { ", with a shortcut" } else { "" })
    }

    /// The command that makes it on an engine.
    pub fn command(&self, engine: Choice) -> String {
        let engine = if engine == self.engine { String::new() } else { format!(" --engine {engine}") };
        let shortcut = if self.is_shortcut() { " --shortcut" } else { "" };
        format!("cargo xtask train-demo --only {}{shortcut}{engine}", self.name)
    }

    /// The layer that CAMs are read at.
    pub fn layer(&self) -> String {
        format!("relu{}", self.pooled.len() + self.last.len())
    }

    /// The network with its first weights: convolutions of 3, ReLUs, max pools of 2, the mean over space, a linear head.
    pub fn network(&self) -> Result<Graph> {
        let mut graph = Graph::new(&self.file());
        let sizes = std::iter::once(1).chain(self.spec.size.iter().copied()).map(Dim::Known);
        let dims = std::iter::once(Dim::Known(1)).chain(sizes).collect();
        let mut x = graph.add_input("image", Fact { dtype: DType::F32, dims });
        let mut layers = Layers::new(&mut graph, self.seed);
        for (i, &channels) in self.pooled.iter().chain(self.last).enumerate() {
            let n = i + 1;
            x = layers.conv(&format!("conv{n}"), x, channels, 3, 1)?;
            x = layers.relu(&format!("relu{n}"), x)?;
            if i < self.pooled.len() {
                x = layers.max_pool(&format!("pool{n}"), x, 2)?;
            }
        }
        let x = layers.global_average("mean", x)?;
        let logits = layers.dense("logits", x, KINDS.len())?;
        graph.add_output(logits);
        graph.open_batch("batch");
        Ok(graph)
    }

    /// How it is trained.
    pub fn options(&self) -> FitOptions {
        FitOptions {
            epochs: self.epochs,
            batch: 32,
            shard: 8,
            optimiser: Optimiser::Adam { betas: (0.9, 0.999), epsilon: 1e-8, decay: 1e-3 },
            schedule: Schedule::Cosine { rate: self.rate, warm_up: 50 },
            patience: None,
            seed: self.seed,
        }
    }
}
