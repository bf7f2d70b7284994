//! Eigenpairs of matrices that are spread over processes: the bits of one process on any number of them.

use std::f64::consts::PI;

use eigennet::eigen::{Arnoldi, Eigenproblem, GolubKahanLanczos, JacobiDavidson, Lanczos, Lobpcg, Which};
use eigennet::linalg::{LinearOperator, Matrix, Span, Symmetry};
use eigennet::par::run_threads;
use eigennet::sparse::Csr;
use eigennet::{Error, Result};
use eigennet_mpi::{Chebyshev, DistributedCsr};

/// The five-point Laplacian of a grid `[width, height]` with the edge held at 0.
fn row(i: usize, width: usize, height: usize) -> Vec<(usize, f64)> {
    let (x, y) = (i % width, i / width);
    let beside = [(x > 0, i.wrapping_sub(1)), (x + 1 < width, i + 1)];
    let above = [(y > 0, i.wrapping_sub(width)), (y + 1 < height, i + width)];
    let neighbours = beside.into_iter().chain(above).filter(|(is, _)| *is).map(|(_, j)| (j, -1.0));
    [(i, 4.0)].into_iter().chain(neighbours).collect()
}

fn whole(width: usize, height: usize) -> Csr<f64> {
    let n = width * height;
    let entries = (0..n).flat_map(|i| row(i, width, height).into_iter().map(move |(j, v)| (i, j, v)));
    Csr::from_triplets(n, n, &entries.collect::<Vec<_>>()).unwrap()
}

fn spread(width: usize, height: usize) -> Result<DistributedCsr<f64>> {
    DistributedCsr::from_rows(width * height, width * height, |i| row(i, width, height))
}

/// All eigenvalues, ascending.
fn spectrum(width: usize, height: usize) -> Vec<f64> {
    let one = |j: usize, n: usize| 2.0 - 2.0 * (PI * j as f64 / (n + 1) as f64).cos();
    let mut values: Vec<f64> =
        (1..=width).flat_map(|j| (1..=height).map(move |l| one(j, width) + one(l, height))).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Values, residuals and vectors, whole.
type Solution = (Vec<f64>, Vec<f64>, Matrix<f64>);

/// The solutions of the work in teams of 1 to 4 are those of one process alone, bit for bit.
fn same_bits(name: &str, solve: impl Fn() -> Result<Solution> + Sync) -> Solution {
    let alone = solve().unwrap();
    assert!(alone.0.iter().chain(&alone.1).chain(alone.2.as_slice()).all(|v| v.is_finite()));
    let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for size in 1..=4 {
        for (rank, solution) in run_threads(size, &solve).into_iter().enumerate() {
            let (values, residuals, vectors) = solution.unwrap();
            let what = format!("{name} on {size}, rank {rank}");
            assert_eq!(bits(&values), bits(&alone.0), "values of {what}");
            assert_eq!(bits(&residuals), bits(&alone.1), "residuals of {what}");
            assert_eq!(bits(vectors.as_slice()), bits(alone.2.as_slice()), "vectors of {what}");
        }
    }
    alone
}

fn close(name: &str, values: &[f64], expected: impl IntoIterator<Item = f64>) {
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-10, "{name}: {value} is not {expected}");
    }
}

/// Orders with blocks for all of four processes, one that is no multiple of a block, and fewer blocks than processes.
const GRIDS: [(usize, usize); 3] = [(60, 50), (71, 67), (31, 29)];

#[test]
fn lanczos_has_the_bits_of_one_process() {
    for (width, height) in GRIDS {
        let solver = Lanczos { k: 4, which: Which::Largest, tolerance: 1e-11, ..Lanczos::default() };
        let (values, _, vectors) = same_bits("Lanczos", || {
            let a = spread(width, height)?;
            let pairs = solver.solve(&a)?;
            Ok((pairs.values, pairs.residuals, a.span().gathered(&pairs.vectors)?))
        });
        close("closed form", &values, spectrum(width, height).into_iter().rev());
        close("one matrix", &values, solver.solve(&whole(width, height)).unwrap().values);
        let defect = vectors.t_matmul(&vectors).unwrap().sub(&Matrix::identity(4)).unwrap().max_abs();
        assert!(defect < 1e-12, "orthonormal but for {defect}");
    }
}

#[test]
fn lobpcg_has_the_bits_of_one_process() {
    for (width, height) in GRIDS {
        let n = width * height;
        let start = Matrix::from_fn(n, 2, |i, j| (1.0 + (i * (j + 1)) as f64).sin());
        let smallest = Lobpcg { k: 4, tolerance: 1e-9, ..Lobpcg::default() };
        let (values, _, _) = same_bits("Lobpcg", || {
            let a = spread(width, height)?;
            let start = a.span().own(&start)?;
            // 1/(c + λ) but for the sign, by its polynomial: definite, and of the same span.
            let inverse = DistributedCsr::from_rows(n, n, |i| vec![(i, 0.25)])?;
            let solver = Lobpcg { preconditioner: Some(&inverse), start: Some(&start), ..smallest };
            let pairs = solver.solve(&a)?;
            Ok((pairs.values, pairs.residuals, a.span().gathered(&pairs.vectors)?))
        });
        close("closed form", &values, spectrum(width, height));
        close("one matrix", &values, smallest.solve(&whole(width, height)).unwrap().values);
    }
}

#[test]
fn lobpcg_takes_a_mass_and_constraints() {
    let (width, height) = (60, 50);
    let (n, expected) = (width * height, spectrum(60, 50));
    // The first eigenvector of the grid, and a mass that halves all eigenvalues.
    let first = |i: usize| {
        let (x, y) = (i % width + 1, i / width + 1);
        (PI * x as f64 / 61.0).sin() * (PI * y as f64 / 51.0).sin()
    };
    let known = Matrix::from_fn(n, 1, |i, _| first(i));
    let (values, _, _) = same_bits("Lobpcg with a mass", || {
        let a = spread(width, height)?;
        let mass = DistributedCsr::from_rows(n, n, |i| vec![(i, 2.0)])?;
        let constraints = a.span().own(&known)?;
        let solver =
            Lobpcg { k: 2, tolerance: 1e-9, mass: Some(&mass), constraints: Some(&constraints), ..Lobpcg::default() };
        let pairs = solver.solve(&a)?;
        Ok((pairs.values, pairs.residuals, a.span().gathered(&pairs.vectors)?))
    });
    close("closed form", &values, expected[1..].iter().map(|v| v / 2.0));
}

#[test]
fn arnoldi_has_the_bits_of_one_process() {
    for (width, height) in GRIDS {
        let n = width * height;
        // With a wind, which leaves the values real or not.
        let windy = |i: usize| {
            let entries = row(i, width, height).into_iter();
            entries.map(|(j, v)| (j, if j == i + 1 { 1.2 * v } else { v })).collect::<Vec<_>>()
        };
        let solver = Arnoldi { k: 3, which: Which::Largest, tolerance: 1e-11, ..Arnoldi::default() };
        let (values, _, _) = same_bits("Arnoldi", || {
            let a = DistributedCsr::from_rows(n, n, windy)?;
            assert_eq!(a.symmetry(), Symmetry::General);
            let pairs = solver.solve(&a)?;
            let values = pairs.values.iter().flat_map(|v| [v.re, v.im]).collect();
            let re = a.span().gathered(&pairs.vectors.re)?;
            Ok((values, pairs.residuals, re.add(&a.span().gathered(&pairs.vectors.im)?.scale(3.0))?))
        });
        let entries = (0..n).flat_map(|i| windy(i).into_iter().map(move |(j, v)| (i, j, v)));
        let one = solver.solve(&Csr::from_triplets(n, n, &entries.collect::<Vec<_>>()).unwrap()).unwrap();
        close("one matrix", &values, one.values.iter().flat_map(|v| [v.re, v.im]));
    }
}

#[test]
fn filtered_lanczos_has_the_bits_of_one_process() {
    let (width, height) = (60, 50);
    let (values, residuals, _) = same_bits("Chebyshev", || {
        let a = spread(width, height)?;
        let filter = Chebyshev::new(&a, 20, 0.2, a.infinity_norm())?;
        let pairs = filter.smallest(&Lanczos { k: 5, tolerance: 1e-12, ..Lanczos::default() })?;
        Ok((pairs.values, pairs.residuals, a.span().gathered(&pairs.vectors)?))
    });
    close("closed form", &values, spectrum(width, height));
    assert!(residuals.iter().all(|&r| r < 1e-9), "{residuals:?}");
}

/// Right as long as Lanczos asks, another operator when its pairs are held against it.
struct Turncoat(Csr<f64>);

impl LinearOperator<f64> for Turncoat {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn symmetry(&self) -> Symmetry {
        Symmetry::Symmetric
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<()> {
        self.0.apply(x, y)
    }
    fn apply_block(&self, x: &Matrix<f64>, y: &mut Matrix<f64>) -> Result<()> {
        let n = self.0.rows();
        let other = Matrix::from_fn(n, x.cols(), |i, j| x[((i + n / 3) % n, j)] * 0.1);
        *y = other;
        Ok(())
    }
}

#[test]
fn filtered_pairs_are_held_against_the_operator_itself() {
    let honest = whole(60, 50);
    let top = honest.infinity_norm();
    let settings = Lanczos { k: 5, ..Lanczos::default() };
    let solved = Chebyshev::new(&honest, 20, 0.2, top).unwrap().smallest(&settings).unwrap();
    assert!(solved.residuals.iter().all(|&residual| residual < 1e-6), "{:?}", solved.residuals);
    let turncoat = Turncoat(honest);
    let error = Chebyshev::new(&turncoat, 20, 0.2, top).unwrap().smallest(&settings).unwrap_err();
    assert!(error.to_string().contains("residual"), "{error}");
}

#[test]
fn a_space_that_is_small_is_decomposed_as_a_whole() {
    let expected = spectrum(5, 4);
    for k in [3, 20] {
        let (lanczos, _, _) = same_bits("small Lanczos", || {
            let a = spread(5, 4)?;
            let pairs = Lanczos { k, which: Which::Smallest, ..Lanczos::default() }.solve(&a)?;
            Ok((pairs.values, pairs.residuals, a.span().gathered(&pairs.vectors)?))
        });
        let (lobpcg, _, _) = same_bits("small Lobpcg", || {
            let a = spread(5, 4)?;
            let pairs = Lobpcg { k, mass: Some(&a), ..Lobpcg::default() }.solve(&a)?;
            Ok((pairs.values, pairs.residuals, a.span().gathered(&pairs.vectors)?))
        });
        let (arnoldi, _, _) = same_bits("small Arnoldi", || {
            let a = spread(5, 4)?;
            let pairs = Arnoldi { k, which: Which::Smallest, tolerance: 1e-12, ..Arnoldi::default() }.solve(&a)?;
            let values = pairs.values.iter().map(|v| v.re).collect();
            Ok((values, pairs.residuals, a.span().gathered(&pairs.vectors.re)?))
        });
        assert_eq!([lanczos.len(), lobpcg.len(), arnoldi.len()], [k; 3]);
        close("Lanczos", &lanczos, expected.iter().copied());
        close("Lobpcg of A x = λ A x", &lobpcg, vec![1.0; k]);
        close("Arnoldi", &arnoldi, expected.iter().copied());
    }
}

#[test]
fn products_are_those_of_the_whole_matrix() {
    // Columns far away and near, in rows of different lengths; not square.
    let (rows, cols) = (2500, 4100);
    let row =
        |i: usize| (0..i % 9).map(|t| ((i * 37 + t * t * 611) % cols, (i as f64 + 0.3 * t as f64).sin())).collect();
    let entries = (0..rows).flat_map(|i| {
        let r: Vec<_> = row(i);
        r.into_iter().map(move |(j, v)| (i, j, v))
    });
    let whole = Csr::from_triplets(rows, cols, &entries.collect::<Vec<_>>()).unwrap();
    let x = Matrix::from_fn(cols, 3, |i, j| ((i + 5000 * j) as f64).cos());
    let mut expected = (Matrix::zeros(rows, 3), vec![0.0; rows]);
    whole.apply_block(&x, &mut expected.0).unwrap();
    whole.apply(&x.column(1), &mut expected.1).unwrap();
    for size in 1..=5 {
        let products = run_threads(size, || {
            let (a, copy) = (DistributedCsr::from_rows(rows, cols, row)?, DistributedCsr::of(&whole)?);
            let (span, x) = (a.span(), Span::dealt(cols).own(&x)?);
            let (mut block, mut vector) = (Matrix::zeros(a.rows(), 3), vec![0.0; a.rows()]);
            a.apply_block(&x, &mut block)?;
            copy.apply(&x.column(1), &mut vector)?;
            let vector = Matrix::from_vec(a.rows(), 1, vector)?;
            Ok::<_, Error>((span.gathered(&block)?, span.gathered(&vector)?.into_vec()))
        });
        assert!(products.iter().all(|product| product.as_ref() == Ok(&expected)), "on {size}");
    }
}

#[test]
fn symmetry_is_told_across_processes() {
    let n = 3000;
    // Entry (5, 2900), alone or with its mirror image, or one that is a little off.
    for (mirrored, symmetric) in
        [(Some(1.0), true), (None, false), (Some(1.0 + 1e-9), false), (Some(1.0 + 1e-15), true)]
    {
        let row = |i: usize| match i {
            5 => vec![(5, 1.0), (2900, 1.0)],
            2900 => mirrored.map(|v| (5, v)).into_iter().collect(),
            _ => vec![],
        };
        let expected = if symmetric { Symmetry::Symmetric } else { Symmetry::General };
        for size in 1..=4 {
            let told = run_threads(size, || DistributedCsr::<f64>::from_rows(n, n, row).map(|a| a.symmetry()));
            assert!(told.iter().all(|told| *told == Ok(expected)), "{mirrored:?} on {size}: {told:?}");
        }
    }
}

/// That the work is refused on all processes of teams of several sizes, and none waits.
fn refused<R: Send>(name: &str, work: impl Fn() -> Result<R> + Sync) {
    for size in 1..=4 {
        assert!(run_threads(size, &work).iter().all(Result::is_err), "{name} on {size}");
    }
}

#[test]
fn hostile_matrices_are_refused_by_all() {
    let from = |rows: usize, cols: usize, odd: (usize, f64)| {
        DistributedCsr::from_rows(rows, cols, |i| if i == 2900 { vec![odd] } else { vec![(i.min(cols - 1), 1.0)] })
    };
    refused("NaN", || from(3000, 3000, (2900, f64::NAN)));
    refused("infinity", || from(3000, 3000, (0, f64::INFINITY)));
    refused("outside", || from(3000, 3000, (3000, 1.0)));
    refused("empty", || Lanczos::default().solve(&DistributedCsr::<f64>::from_rows(0, 0, |_| vec![])?));
    refused("not square", || Lanczos::default().solve(&from(3000, 2500, (0, 1.0))?));
    refused("not square for Arnoldi", || Arnoldi::default().solve(&from(3000, 2500, (0, 1.0))?));
    refused("not symmetric", || Lanczos::default().solve(&from(3000, 3000, (0, 1.0))?));
    refused("not symmetric for Lobpcg", || Lobpcg::default().solve(&from(3000, 3000, (0, 1.0))?));
    refused("k > n", || Lanczos { k: 901, ..Lanczos::default() }.solve(&spread(30, 30)?));
    refused("k > n of Lobpcg", || Lobpcg { k: 901, ..Lobpcg::default() }.solve(&spread(30, 30)?));
    refused("k > n of Arnoldi", || Arnoldi { k: 901, ..Arnoldi::default() }.solve(&spread(30, 30)?));
    refused("overflow", || Lanczos::default().solve(&DistributedCsr::from_rows(3000, 3000, |i| vec![(i, 1e308)])?));
}

#[test]
fn what_does_not_know_spread_vectors_says_so() {
    refused("Jacobi–Davidson", || JacobiDavidson::default().solve(&spread(60, 50)?));
    refused("Golub–Kahan", || GolubKahanLanczos::default().solve(&spread(60, 50)?));
    refused("the door", || Eigenproblem::new(&spread(60, 50)?, 2, Which::Largest).solve());
    refused("an inverse", || Arnoldi { which: Which::NearestTo(1.0), ..Arnoldi::default() }.solve(&spread(60, 50)?));
    let error = JacobiDavidson::default().solve(&spread(60, 50).unwrap()).unwrap_err().to_string();
    assert!(error.contains("dealt out to processes"), "{error}");
}

#[test]
fn hostile_arguments_are_refused_by_all() {
    let nan_in_one = |span: &Span, at: usize| {
        let mut x = Matrix::from_fn(span.len(), 1, |_, _| 1.0);
        if span.range().contains(&at) {
            x[(at - span.range().start, 0)] = f64::NAN;
        }
        x
    };
    refused("a start with NaN", || {
        let a = spread(60, 50)?;
        Lanczos { start: Some(nan_in_one(&a.span(), 2999).into_vec()), ..Lanczos::default() }.solve(&a)
    });
    refused("a start of zero", || {
        let a = spread(60, 50)?;
        Lanczos { start: Some(vec![0.0; a.rows()]), ..Lanczos::default() }.solve(&a)
    });
    refused("a start that one has too long", || {
        let a = spread(60, 50)?;
        let extra = usize::from(a.span().range().end == 3000);
        Lanczos { start: Some(vec![1.0; a.rows() + extra]), ..Lanczos::default() }.solve(&a)
    });
    refused("a block with NaN", || {
        let a = spread(60, 50)?;
        Lobpcg { start: Some(&nan_in_one(&a.span(), 0)), ..Lobpcg::default() }.solve(&a)
    });
    refused("a preconditioner that is not spread", || {
        let a = spread(60, 50)?;
        Lobpcg { preconditioner: Some(&whole(60, 50)), ..Lobpcg::default() }.solve(&a)
    });
    // Zero where most processes have their rows is a start all the same.
    let solved = run_threads(4, || {
        let a = spread(60, 50)?;
        let start = a.span().range().map(|i| if i == 7 { 1.0 } else { 0.0 }).collect();
        Lanczos { k: 2, start: Some(start), ..Lanczos::default() }.solve(&a).map(|pairs| pairs.values)
    });
    assert!(solved.iter().all(|values| values.is_ok() && *values == solved[0]));
}

#[test]
fn an_operator_that_turns_to_nan_ends_all() {
    /// NaN in one entry of the image, which one process holds.
    struct Rotten(DistributedCsr<f64>);
    impl LinearOperator<f64> for Rotten {
        fn rows(&self) -> usize {
            self.0.rows()
        }
        fn cols(&self) -> usize {
            self.0.cols()
        }
        fn symmetry(&self) -> Symmetry {
            Symmetry::Symmetric
        }
        fn span(&self) -> Span {
            self.0.span()
        }
        fn apply(&self, x: &[f64], y: &mut [f64]) -> Result<()> {
            self.0.apply(x, y)?;
            if let Some(i) = self.span().range().position(|i| i == 2999) {
                y[i] = f64::NAN;
            }
            Ok(())
        }
    }
    let rotten = || spread(60, 50).map(Rotten);
    refused("Lanczos", || Lanczos::default().solve(&rotten()?));
    refused("Lobpcg", || Lobpcg::default().solve(&rotten()?));
    refused("Arnoldi", || Arnoldi::default().solve(&rotten()?));
    let errors = run_threads(3, || Lobpcg::default().solve(&rotten()?).map(|_| ()));
    assert!(errors.iter().all(|error| matches!(error, Err(Error::NonFinite { index: 2999, .. }))), "{errors:?}");
}
