//! Pieces of the methods that optimise a mask: linear maps of grids with their adjoints, masks that enlarge a coarse grid, composites of the input
//! and its cover, and the optimisers.

pub(crate) mod axis;
pub(crate) mod composite;
pub(crate) mod optimiser;
pub(crate) mod probe;
pub(crate) mod smooth_max;
pub(crate) mod variation;
