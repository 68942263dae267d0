//! The attention blocks between the input and the target, and the grid that their tokens stand for.

use pellucid_graph::query::{AttentionBlock, SiteRole, TokenGrid, TokenLayout, spatial_candidates, token_grid};
use pellucid_graph::{Build, DType, Graph, Tensor, Wire};

use crate::evidence::Grid;
use crate::method::WrittenMap;
use crate::{ExplainError, Result};

/// Blocks over the same tokens, in the order of the computation.
#[derive(Debug)]
pub(crate) struct Stack {
    /// The blocks; never empty.
    pub blocks: Vec<AttentionBlock>,
    /// Number of tokens, special ones included.
    pub tokens: usize,
    /// Tokens in front that aren't patches.
    pub special: usize,
    /// Patches along each spatial axis.
    pub grid: Vec<usize>,
    /// Name of the last block's probabilities.
    pub name: String,
}

impl Stack {
    /// Every block that `end` depends on.
    ///
    /// # Errors
    /// When there is none, or they aren't all over the same tokens.
    pub fn of(graph: &Graph, found: &[AttentionBlock], end: Wire) -> Result<Stack> {
        Stack::over(graph, on_the_way(graph, found, end)?)
    }

    /// One of the blocks that `end` depends on, counted from 0, or from the end with -1 the last.
    ///
    /// # Errors
    /// When there is no such block.
    pub fn one(graph: &Graph, found: &[AttentionBlock], end: Wire, index: i64) -> Result<Stack> {
        let mut blocks = on_the_way(graph, found, end)?;
        let count = blocks.len();
        let at = if index < 0 { index + count as i64 } else { index };
        let at = usize::try_from(at).ok().filter(|i| *i < count).ok_or_else(|| {
            needs(
                format!("is asked for block {index}, and the model has {count}"),
                "count from 0, or from the end with -1 for the last",
            )
        })?;
        Stack::over(graph, vec![blocks.swap_remove(at)])
    }

    fn over(graph: &Graph, blocks: Vec<AttentionBlock>) -> Result<Stack> {
        if blocks.iter().any(|b| b.windows) {
            return Err(needs(
                "needs attention among all tokens, and this model's stays inside windows".into(),
                OTHER_METHODS,
            ));
        }
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return Err(none()) };
        let tokens = last.tokens;
        if first.tokens != tokens || blocks.iter().any(|b| b.tokens != tokens) {
            let counts: Vec<String> = blocks.iter().map(|b| b.tokens.to_string()).collect();
            return Err(needs(
                format!("needs the same tokens in every block, and their number is {}", counts.join(", ")),
                "`raw-attention` reads a single block",
            ));
        }
        let TokenGrid { special, grid, .. } = grid_of(graph, tokens).ok_or_else(|| {
            needs(
                format!("needs tokens that are patches of the input, and {tokens} tokens fill no known grid"),
                OTHER_METHODS,
            )
        })?;
        let name = graph.name_of(last.probabilities).to_string();
        Ok(Stack { tokens, special, grid, name, blocks })
    }

    /// Weights of the rows that are shown, one per token, with sum 1.
    ///
    /// # Errors
    /// When the class token is asked for and there is none.
    pub fn start(&self, rows: &str) -> Result<Vec<f64>> {
        if rows == "class" && self.special == 0 {
            return Err(needs(
                "is asked for the row of the class token, and the model has none".into(),
                "leave `rows` at `auto`",
            ));
        }
        let patches = self.tokens - self.special;
        let class = rows == "class" || (rows == "auto" && self.special > 0);
        Ok((0..self.tokens)
            .map(|t| match class {
                true => f64::from(u8::from(t == 0)),
                false if t < self.special => 0.0,
                false => 1.0 / patches as f64,
            })
            .collect())
    }

    /// [`Stack::start`] as a constant, `1 x 1 x T`.
    ///
    /// # Errors
    /// As [`Stack::start`].
    pub fn start_row(&self, b: &mut Build, rows: &str) -> Result<Wire> {
        let start = self.start(rows)?;
        Ok(b.constant(Tensor::from_f64(DType::F32, vec![1, 1, self.tokens], start)))
    }

    /// A row over the tokens, `N x 1 x T`, as a map over the patches.
    ///
    /// # Errors
    /// When the row has another shape.
    pub fn map(&self, b: &mut Build, row: Wire) -> Result<WrittenMap> {
        let batch = b.shape(row)?[0];
        let patches = b.slice(row, 2, self.special, self.tokens)?;
        let wire = b.reshape(patches, &[&[batch], self.grid.as_slice()].concat())?;
        Ok(WrittenMap { grid: self.place(), wire })
    }

    /// Where the map lies.
    pub fn place(&self) -> Grid {
        Grid::Layer { name: self.name.clone() }
    }
}

const OTHER_METHODS: &str = "`grad-cam`, `integrated-gradients` and `occlusion` don't read attention";

fn needs(reason: String, hint: &str) -> ExplainError {
    ExplainError::Needs { method: "this method".into(), reason, hint: hint.into() }
}

fn none() -> ExplainError {
    needs("reads attention among the tokens of an image, and the model has none".into(), OTHER_METHODS)
}

/// The blocks that `end` depends on and in which the tokens ask each other.
fn on_the_way(graph: &Graph, found: &[AttentionBlock], end: Wire) -> Result<Vec<AttentionBlock>> {
    let needed = graph.needed_for(&[end]);
    let blocks = found.iter().filter(|b| b.is_square() && needed[b.probabilities.index()]);
    let blocks: Vec<AttentionBlock> = blocks.cloned().collect();
    if blocks.is_empty() { Err(none()) } else { Ok(blocks) }
}

/// The grid of a stream of so many tokens.
fn grid_of(graph: &Graph, tokens: usize) -> Option<TokenGrid> {
    let streams = spatial_candidates(graph).into_iter().filter(|c| c.role == SiteRole::Tokens);
    streams
        .filter(|c| c.shape.len() == 3 && c.shape[1] == tokens)
        .filter_map(|c| token_grid(graph, c.wire))
        .find(|t| t.layout == TokenLayout::Sequence && t.special + t.grid.iter().product::<usize>() == tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::ExplainError;
    use crate::testing::{bench, pooled_net, random, token_net};

    fn hint(error: &ExplainError, method: &str) -> String {
        assert!(matches!(error, ExplainError::Needs { method: m, .. } if m == method), "{error}");
        error.hints().join(" ")
    }

    #[test]
    fn a_model_without_attention_is_told_what_else_there_is() {
        let bench = bench(pooled_net(&[6, 5]), vec![random(&[1, 2, 6, 5], 1)], 1);
        for method in ["raw-attention", "attention-rollout", "attention-flow", "chefer-iccv"] {
            let error = bench.error(method, &[]);
            assert!(error.to_string().contains("the model has none"), "{error}");
            assert!(hint(&error, method).contains("grad-cam"));
        }
    }

    #[test]
    fn rows_and_blocks_that_are_not_there_are_refused() {
        let bench = bench(token_net(0, 1.0), vec![random(&[1, 2, 4, 6], 1)], 1);
        for method in ["raw-attention", "attention-rollout", "attention-flow", "chefer-iccv"] {
            let error = bench.error(method, &[("rows", json!("class"))]);
            assert!(hint(&error, method).contains("auto"));
        }
        for block in [2, -3] {
            assert!(bench.error("raw-attention", &[("block", json!(block))]).to_string().contains("the model has 2"));
        }
    }
}
