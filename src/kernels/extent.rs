//! Whether the entries of a strided matrix exist. Sizes come from callers of safe functions, so no product of them may
//! wrap: what this answers is what the unsafe code and the loops of this layer rest on.

/// Whether entry (i, j), at `i * row_stride + j * col_stride`, lies within `len` for all of `[rows, cols]`.
pub(super) fn fits(len: usize, rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> bool {
    let (Some(row), Some(col)) = (rows.checked_sub(1), cols.checked_sub(1)) else { return true };
    let last = row.checked_mul(row_stride).and_then(|a| col.checked_mul(col_stride)?.checked_add(a));
    last.is_some_and(|last| last < len)
}

#[cfg(test)]
mod tests;
