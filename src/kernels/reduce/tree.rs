//! Pairwise summation: blocks in parallel lanes, then a balanced tree.

use crate::kernels::Simd;

/// Entries that are summed without the tree.
const BLOCK: usize = 512;
/// Below this length the lanes are few.
const SHORT: usize = 64;
/// Levels of the tree: enough for every length.
const LEVELS: usize = usize::BITS as usize;

/// Adds numbers up as a balanced tree: like a binary counter, the n-th number is merged once for every trailing one
/// bit of n, counted from zero.
struct Tree<T> {
    partial: [T; LEVELS],
    count: usize,
}

impl<T: Simd> Tree<T> {
    #[inline(always)]
    fn new() -> Self {
        Tree { partial: [T::zero(); LEVELS], count: 0 }
    }

    #[inline(always)]
    fn add(&mut self, mut value: T) {
        let level = self.count.trailing_ones() as usize;
        for &earlier in &self.partial[..level] {
            value = earlier + value;
        }
        self.partial[level] = value;
        self.count += 1;
    }

    /// The sum, small subtrees first.
    #[inline(always)]
    fn total(&self) -> T {
        let mut total = T::zero();
        for (level, &partial) in self.partial.iter().enumerate() {
            if self.count >> level & 1 == 1 {
                total = partial + total;
            }
        }
        total
    }
}

/// Σ x[i].
#[inline(always)]
pub fn sum_of_terms<T: Simd>(x: &[T]) -> T {
    if x.len() <= BLOCK {
        return block_of_terms(x);
    }
    let mut tree = Tree::new();
    for block in x.chunks(BLOCK) {
        tree.add(block_of_terms(block));
    }
    tree.total()
}

/// Σ x[i] y[i].
#[inline(always)]
pub fn sum_of_products<T: Simd, const FMA: bool>(x: &[T], y: &[T]) -> T {
    if x.len() <= BLOCK {
        return block_of_products::<T, FMA>(x, y);
    }
    let mut tree = Tree::new();
    for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        tree.add(block_of_products::<T, FMA>(x, y));
    }
    tree.total()
}

#[inline(always)]
fn block_of_terms<T: Simd>(x: &[T]) -> T {
    if x.len() < SHORT { terms_in_lanes::<T, 8>(x) } else { terms_in_lanes::<T, 32>(x) }
}

#[inline(always)]
fn block_of_products<T: Simd, const FMA: bool>(x: &[T], y: &[T]) -> T {
    if x.len() < SHORT { products_in_lanes::<T, 8, FMA>(x, y) } else { products_in_lanes::<T, 32, FMA>(x, y) }
}

#[inline(always)]
fn terms_in_lanes<T: Simd, const LANES: usize>(x: &[T]) -> T {
    let mut lanes = [T::zero(); LANES];
    let rows = x.chunks_exact(LANES);
    let rest = rows.remainder().iter().fold(T::zero(), |sum, &v| sum + v);
    for row in rows {
        for (lane, &v) in lanes.iter_mut().zip(row) {
            *lane += v;
        }
    }
    sum_lanes(lanes) + rest
}

#[inline(always)]
fn products_in_lanes<T: Simd, const LANES: usize, const FMA: bool>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::zero(); LANES];
    let (rows_x, rows_y) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest = rows_x.remainder().iter().zip(rows_y.remainder());
    let rest = rest.fold(T::zero(), |sum, (&p, &q)| p.fused::<FMA>(q, sum));
    for (row_x, row_y) in rows_x.zip(rows_y) {
        for ((lane, &p), &q) in lanes.iter_mut().zip(row_x).zip(row_y) {
            *lane = p.fused::<FMA>(q, *lane);
        }
    }
    sum_lanes(lanes) + rest
}

/// The sum of the lanes, halves onto halves.
#[inline(always)]
fn sum_lanes<T: Simd, const LANES: usize>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        let (low, high) = lanes.split_at_mut(width);
        for (a, &b) in low.iter_mut().zip(&high[..width]) {
            *a += b;
        }
        width /= 2;
    }
    lanes[0]
}
