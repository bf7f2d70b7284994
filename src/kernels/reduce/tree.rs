//! Pairwise summation: blocks are folded in quarters, then added up as a balanced tree.

use crate::kernels::Simd;

/// Entries that are folded; longer slices are cut into blocks.
const BLOCK: usize = 512;
/// Up to here the sum runs from left to right.
const SHORT: usize = 15;
/// Levels of the tree: enough for every length.
const LEVELS: usize = usize::BITS as usize;

/// Room for a block once folded.
type Buffer<T> = [T; BLOCK / 4];

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
        let levels = usize::BITS - self.count.leading_zeros();
        let mut total = T::zero();
        for (level, &partial) in self.partial[..levels as usize].iter().enumerate() {
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
    if x.len() <= SHORT {
        return left_to_right(x);
    }
    let mut buffer = [T::zero(); BLOCK / 4];
    if x.len() <= BLOCK {
        return block_of_terms(x, &mut buffer);
    }
    let mut tree = Tree::new();
    for block in x.chunks(BLOCK) {
        tree.add(block_of_terms(block, &mut buffer));
    }
    tree.total()
}

/// Σ x[i] y[i].
#[inline(always)]
pub fn sum_of_products<T: Simd, const FMA: bool>(x: &[T], y: &[T]) -> T {
    let mut buffer = [T::zero(); BLOCK / 4];
    if x.len() <= BLOCK {
        return block_of_products::<T, FMA>(x, y, &mut buffer);
    }
    let mut tree = Tree::new();
    for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        tree.add(block_of_products::<T, FMA>(x, y, &mut buffer));
    }
    tree.total()
}

#[inline(always)]
fn block_of_terms<T: Simd>(x: &[T], buffer: &mut Buffer<T>) -> T {
    if x.len() <= SHORT {
        return left_to_right(x);
    }
    let ([a, b, c, d], rest) = quarters(x);
    let folded = &mut buffer[..a.len()];
    for ((((o, &a), &b), &c), &d) in folded.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *o = (a + b) + (c + d);
    }
    fold(folded) + left_to_right(rest)
}

#[inline(always)]
fn block_of_products<T: Simd, const FMA: bool>(x: &[T], y: &[T], buffer: &mut Buffer<T>) -> T {
    let products = |x: &[T], y: &[T]| x.iter().zip(y).fold(T::zero(), |sum, (&p, &q)| p.fused::<FMA>(q, sum));
    if x.len() <= SHORT {
        return products(x, y);
    }
    let ([a, b, c, d], rest) = quarters(x);
    let ([e, f, g, h], rest_y) = quarters(y);
    let folded = &mut buffer[..a.len()];
    for (i, o) in folded.iter_mut().enumerate() {
        *o = a[i].fused::<FMA>(e[i], b[i] * f[i]) + c[i].fused::<FMA>(g[i], d[i] * h[i]);
    }
    fold(folded) + products(rest, rest_y)
}

/// The sum of a slice, which it overwrites.
#[inline(always)]
fn fold<T: Simd>(mut x: &mut [T]) -> T {
    let mut total = T::zero();
    while x.len() > SHORT {
        let quarter = x.len() / 4;
        let (a, others) = x.split_at_mut(quarter);
        let (b, others) = others.split_at(quarter);
        let (c, others) = others.split_at(quarter);
        let (d, rest) = others.split_at(quarter);
        for (((a, &b), &c), &d) in a.iter_mut().zip(b).zip(c).zip(d) {
            *a = (*a + b) + (c + d);
        }
        total += left_to_right(rest);
        x = a;
    }
    total + left_to_right(x)
}

/// Four equal parts, and up to three entries that are left.
#[inline(always)]
fn quarters<T>(x: &[T]) -> ([&[T]; 4], &[T]) {
    let quarter = x.len() / 4;
    let part = |i: usize| &x[i * quarter..][..quarter];
    ([part(0), part(1), part(2), part(3)], &x[4 * quarter..])
}

#[inline(always)]
fn left_to_right<T: Simd>(x: &[T]) -> T {
    x.iter().fold(T::zero(), |sum, &v| sum + v)
}
