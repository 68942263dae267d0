//! The gradient of every weight of small networks by finite differences, in `f64`.

use pellucid_graph::{DType, Dim, Fact, Graph, Tensor, interpret};
use pellucid_train::{Example, Layers, Loss, Step, Stream, Trainable};

const BATCH: usize = 3;

/// A network on `1 x side x side [x side]` images with every kind of layer; tanh and averages keep it smooth.
fn network(rank: usize, side: usize) -> Graph {
    let mut graph = Graph::new("small");
    let dims = [Dim::Known(1), Dim::Known(1)].into_iter().chain(vec![Dim::Known(side); rank]).collect();
    let x = graph.add_input("image", Fact { dtype: DType::F32, dims });
    let mut layers = Layers::new(&mut graph, 11);
    let y = layers.conv("conv1", x, 2, 3, 1).unwrap();
    let y = layers.build("act1").tanh(y).unwrap();
    let y = layers.average_pool("pool1", y, 2).unwrap();
    let y = layers.conv("conv2", y, 3, 2, 2).unwrap();
    let y = layers.build("act2").tanh(y).unwrap();
    let y = layers.global_average("pool2", y).unwrap();
    let y = layers.dense("head", y, 2).unwrap();
    graph.add_output(y);
    graph.open_batch("batch");
    graph
}

fn examples(rank: usize, side: usize, loss: Loss) -> Vec<Example> {
    let shape: Vec<usize> = [1, 1].into_iter().chain(vec![side; rank]).collect();
    (0..BATCH as u64)
        .map(|i| {
            let mut stream = Stream::new(3, i);
            let values = (0..shape.iter().product()).map(|_| stream.normal() as f32).collect();
            let inputs = vec![Tensor::f32(&shape, values).unwrap()];
            let labels = if loss.takes_classes() {
                Tensor::i64(&[1], vec![stream.below(2) as i64]).unwrap()
            } else {
                Tensor::f32(&[1, 2], vec![stream.uniform() as f32, stream.uniform() as f32]).unwrap()
            };
            Example { inputs, labels }
        })
        .collect()
}

/// Largest deviation relative to the largest gradient of each weight.
fn worst(rank: usize, side: usize, loss: Loss) -> f64 {
    let model = Trainable::whole(&network(rank, side)).unwrap();
    let examples = examples(rank, side, loss);
    let step = Step::new(&model, loss, &examples[0], BATCH).unwrap();
    let joined = |of: &dyn Fn(&Example) -> Tensor| Tensor::stack(&examples.iter().map(of).collect::<Vec<_>>()).unwrap();
    let image = joined(&|e| e.inputs[0].clone());
    let labels = joined(&|e| e.labels.clone());
    let run = |weights: &[Tensor]| {
        let inputs = [std::slice::from_ref(&image), weights, std::slice::from_ref(&labels)].concat();
        interpret::run(step.graph(), &inputs, true).unwrap()
    };
    let weights: Vec<Tensor> = model.values().iter().map(|w| w.cast(DType::F64)).collect();
    let gradients = run(&weights);
    assert_eq!(gradients.len(), 1 + weights.len());
    let (h, mut worst) = (1e-5, 0.0f64);
    for (i, weight) in weights.iter().enumerate() {
        let gradient = gradients[i + 1].to_f64();
        let largest = gradient.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        assert!(largest > 1e-6, "weight {i} has no gradient");
        for j in 0..weight.len() {
            let moved = |by: f64| {
                let (mut weights, mut values) = (weights.clone(), weight.to_f64());
                values[j] += by;
                weights[i] = Tensor::f64(weight.shape(), values).unwrap();
                run(&weights)[0].to_f64()[0]
            };
            let difference = (moved(h) - moved(-h)) / (2.0 * h);
            worst = worst.max((gradient[j] - difference).abs() / largest);
        }
    }
    worst
}

#[test]
fn of_a_2d_network() {
    for loss in [Loss::CrossEntropy, Loss::SoftCrossEntropy, Loss::BinaryCrossEntropy, Loss::MeanSquaredError] {
        let worst = worst(2, 6, loss);
        assert!(worst < 1e-6, "{}: {worst:.1e}", loss.id());
    }
}

#[test]
fn of_a_3d_network() {
    let worst = worst(3, 4, Loss::CrossEntropy);
    assert!(worst < 1e-6, "{worst:.1e}");
}
