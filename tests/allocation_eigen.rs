//! Eigensolvers borrow the matrix they are given: an allocator that counts requests of its size watches.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use eigennet::eigen;
use eigennet::linalg::Matrix;
use eigennet::sparse::Csr;

struct Watching;

static SIZE: AtomicUsize = AtomicUsize::new(usize::MAX);
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn watch(size: usize) {
    if size == SIZE.load(Ordering::Relaxed) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        watch(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        watch(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        watch(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// How often `work` asks for memory of the size of `count` numbers.
fn requests<R>(count: usize, work: impl FnOnce() -> R) -> usize {
    COUNT.store(0, Ordering::Relaxed);
    SIZE.store(count * size_of::<f64>(), Ordering::Relaxed);
    let result = work();
    SIZE.store(usize::MAX, Ordering::Relaxed);
    drop(result);
    COUNT.load(Ordering::Relaxed)
}

/// One test, so that no other thread allocates.
#[test]
fn no_matrix_is_copied_before_it_is_factored() {
    let side = 40;
    let at = |i: usize, j: usize| i * side + j;
    let cells = (0..side).flat_map(|i| (0..side).map(move |j| (i, j)));
    let entries: Vec<_> = cells
        .flat_map(|(i, j)| {
            let right = (j + 1 < side).then_some((at(i, j), at(i, j + 1)));
            let below = (i + 1 < side).then_some((at(i, j), at(i + 1, j)));
            let beside = [right, below].into_iter().flatten().flat_map(|(p, q)| [(p, q, -1.0), (q, p, -1.0)]);
            std::iter::once((at(i, j), at(i, j), 4.0)).chain(beside).collect::<Vec<_>>()
        })
        .collect();
    let grid = Csr::from_triplets(side * side, side * side, &entries).unwrap();
    assert_eq!(requests(grid.nnz(), || grid.clone()), 1, "a copy is seen");
    assert_eq!(requests(grid.nnz(), || eigen::smallest(&grid, 4).solve().unwrap()), 0);
    // Inside the spectrum entries grow, and the factor keeps the matrix to refine solutions by.
    assert_eq!(requests(grid.nnz(), || eigen::nearest_to(&grid, 4, 3.01).solve().unwrap()), 1);

    let n = 820;
    let dense = Matrix::from_fn(n, n, |i, j| if i == j { i as f64 } else { 0.1 / (1.0 + i.abs_diff(j) as f64) });
    assert_eq!(requests(n * n, || eigen::largest(&dense, 2).solve().unwrap()), 0);
    // The factors themselves.
    assert_eq!(requests(n * n, || eigen::nearest_to(&dense, 2, 400.3).solve().unwrap()), 1);
}
