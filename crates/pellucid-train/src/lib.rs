//! Training as a graph: losses, weight gradients, optimisers
