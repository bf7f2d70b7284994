use super::*;
use crate::Seed;
use crate::linalg::Matrix;
use crate::par::run_threads;

fn vectors<T: Scalar>(n: usize) -> [Vec<T>; 3] {
    let mut random = Seed(n as u64).into_stream();
    [(); 3].map(|()| (0..n).map(|_| random.normal()).collect())
}

/// Changed and multiplied thrice; the products and the matrix.
fn run<T: Scalar>(n: usize) -> (Vec<Vec<T>>, Vec<T>) {
    let mut triangle = Triangle::<T>::new(n);
    triangle.fill_diagonal(T::of(2.0));
    let [a, b, x] = vectors(n);
    let change = Change { scale: 0.5, aa: 0.3, ab: -0.2, bb: 1.1, a: &a, b: &b };
    let mut products = Vec::new();
    for change in [None, Some(change), Some(change)] {
        let mut out = vec![T::nan(); n];
        triangle.change_and_multiply(change, &x, &mut out).unwrap();
        products.push(out);
    }
    (products, triangle.entries().unwrap())
}

#[test]
fn it_is_the_matrix_that_it_says() {
    for n in [1, 2, 7, 100, 700] {
        let (products, entries) = run::<f64>(n);
        let [a, b, x] = vectors::<f64>(n);
        let mut h = Matrix::from_fn(n, n, |i, j| if i == j { 2.0 } else { 0.0 });
        for (step, product) in products.iter().enumerate() {
            if step > 0 {
                h = Matrix::from_fn(n, n, |i, j| {
                    0.5 * h[(i, j)] + 0.3 * a[i] * a[j] - 0.2 * (a[i] * b[j] + b[i] * a[j]) + 1.1 * b[i] * b[j]
                });
            }
            let exact = h.matvec(&x).unwrap();
            assert!(
                product.iter().zip(&exact).all(|(p, e)| (p - e).abs() < 1e-12 * n as f64),
                "order {n}, step {step}"
            );
        }
        let stored = (0..n).flat_map(|i| (0..=i).map(move |j| (i, j)));
        assert!(stored.zip(&entries).all(|(place, entry)| (h[place] - entry).abs() < 1e-13), "order {n}");
    }
}

#[test]
fn threads_and_processes_do_not_matter() {
    // Sixteen pieces.
    let n = 1100;
    let on = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| run::<f32>(n))
    };
    let one = on(1);
    assert_eq!(one, on(3));
    for processes in [2, 3, 20] {
        assert!(run_threads(processes, || run::<f32>(n)).iter().all(|all| *all == one), "{processes} processes");
    }
}

#[test]
fn it_comes_back_as_it_was() {
    let (_, entries) = run::<f64>(300);
    assert_eq!(Triangle::from_entries(300, &entries).unwrap().entries().unwrap(), entries);
    assert!(Triangle::from_entries(299, &entries).is_err() && Triangle::from_entries(usize::MAX, &entries).is_err());
    assert!(Triangle::<f64>::from_entries(0, &[]).unwrap().entries().unwrap().is_empty());
}
