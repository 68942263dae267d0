//! Longest common subsequence.

/// Length, in memory linear in `b`.
pub(crate) fn lcs_length(a: &[u32], b: &[u32]) -> usize {
    let mut row = vec![0u32; b.len() + 1];
    for x in a {
        advance(&mut row, *x, b);
    }
    row[b.len()] as usize
}

/// The row of lengths after one more token of the first sequence.
fn advance(row: &mut [u32], x: u32, b: &[u32]) {
    let mut diagonal = 0;
    for (j, y) in b.iter().enumerate() {
        let above = row[j + 1];
        row[j + 1] = if x == *y { diagonal + 1 } else { above.max(row[j]) };
        diagonal = above;
    }
}

/// Positions in `a` of one longest common subsequence, descending. It's traced from the end; where both ways are as long, the last token of `a` is
/// given up first.
///
/// Keeps one row of the table in every `sqrt(|a|)` and fills the rows between when the trace gets there: memory is `|b| sqrt(|a|)`.
pub(crate) fn lcs_positions(a: &[u32], b: &[u32]) -> Vec<usize> {
    let block = (a.len() as f64).sqrt().ceil().max(1.0) as usize;
    let starts = rows_at(a, b, block);
    let mut positions = Vec::new();
    let mut j = b.len();
    for (index, start) in starts.iter().enumerate().rev() {
        let first = index * block;
        let rows = rows_from(start, &a[first..a.len().min(first + block)], b);
        let mut i = rows.len() - 1;
        while i > 0 && j > 0 {
            if a[first + i - 1] == b[j - 1] {
                (i, j) = (i - 1, j - 1);
                positions.push(first + i);
            } else if rows[i][j - 1] > rows[i - 1][j] {
                j -= 1;
            } else {
                i -= 1;
            }
        }
    }
    positions
}

/// The rows before tokens 0, `block`, 2 `block`, ... of `a`.
fn rows_at(a: &[u32], b: &[u32], block: usize) -> Vec<Vec<u32>> {
    let mut row = vec![0u32; b.len() + 1];
    let mut rows = Vec::new();
    for (i, x) in a.iter().enumerate() {
        if i % block == 0 {
            rows.push(row.clone());
        }
        advance(&mut row, *x, b);
    }
    rows
}

/// A row and the ones after each token of `a`.
fn rows_from(start: &[u32], a: &[u32], b: &[u32]) -> Vec<Vec<u32>> {
    let mut rows = vec![start.to_vec()];
    let mut row = start.to_vec();
    for x in a {
        advance(&mut row, *x, b);
        rows.push(row.clone());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_positions_are_a_common_subsequence_of_full_length() {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        for _ in 0..300 {
            let a: Vec<u32> = (0..next() % 40).map(|_| next() % 6).collect();
            let b: Vec<u32> = (0..next() % 40).map(|_| next() % 6).collect();
            let positions = lcs_positions(&a, &b);
            assert_eq!(positions.len(), lcs_length(&a, &b));
            assert!(positions.windows(2).all(|w| w[0] > w[1]));
            let mut rest = b.iter();
            assert!(positions.iter().rev().all(|&at| rest.any(|y| *y == a[at])));
        }
    }
}
