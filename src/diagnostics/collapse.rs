//! Neural collapse: where the features of a classifier go when it is trained beyond zero error.

use crate::error::Error;
use crate::linalg::{Matrix, symmetric_eigen};
use crate::{Result, Scalar};

/// NC1 to NC4 (Papyan, Han and Donoho, 2020). All are 0 where features of a class are one point, class means are a simplex
/// equiangular tight frame, and the classifier is that frame; infinite where class means, or rows of the classifier, that
/// they divide by are one point.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuralCollapse {
    /// NC1: tr(Σ_W Σ_B⁺)/C, variation within classes over that between.
    pub within: f64,
    /// NC2: standard deviation over mean of the norms ‖μ_c − μ‖.
    pub norms: f64,
    /// NC2: the mean of |cos(μ_c − μ, μ_c′ − μ) + 1/(C − 1)|.
    pub angles: f64,
    /// NC2 of the rows of the classifier: norms, then angles.
    pub classifier: [f64; 2],
    /// NC3: ‖W/‖W‖ − M/‖M‖‖², the classifier against the class means.
    pub duality: f64,
    /// NC4: the share of samples where the classifier decides otherwise than the nearest class mean.
    pub nearest_mean: f64,
    /// μ_c − μ, `[C, d]`: for a picture of them.
    pub means: Matrix<f64>,
}

/// Eigenvalues of Σ_B below this, relative to the largest, count as 0.
const RANK: f64 = 1e-10;

impl NeuralCollapse {
    /// The measures by name.
    pub fn figures(&self) -> [(&'static str, f64); 7] {
        let [norms, angles] = self.classifier;
        [
            ("nc1", self.within),
            ("nc2.norms", self.norms),
            ("nc2.angles", self.angles),
            ("nc2.classifier_norms", norms),
            ("nc2.classifier_angles", angles),
            ("nc3", self.duality),
            ("nc4", self.nearest_mean),
        ]
    }

    /// From features `[n, d]`, their labels `[n]`, and the classifier `W` `[C, d]` with its logits `[n, C]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for sizes that do not fit; [`Error::InvalidArgument`] for fewer than 2 classes, a class without
    /// samples or a label beyond them; [`Error::NonFinite`].
    #[inline(never)]
    pub fn measure<T: Scalar>(
        features: &Matrix<T>,
        labels: &[usize],
        classifier: &Matrix<T>,
        logits: &Matrix<T>,
    ) -> Result<Self> {
        let ([n, d], [classes, _]) = (features.shape(), classifier.shape());
        Error::same_shape("NeuralCollapse", &[labels.len()], &[n])?;
        Error::same_shape("classifier of NeuralCollapse", &[classifier.cols()], &[d])?;
        Error::same_shape("logits of NeuralCollapse", &logits.shape(), &[n, classes])?;
        for values in [features, classifier, logits] {
            Error::check_finite("NeuralCollapse", values.as_slice())?;
        }
        Error::require(classes >= 2, "classes", "one class has no angles; give 2 or more")?;
        let beyond = labels.iter().position(|&label| label >= classes);
        let reason = format_args!("sample {beyond:?} has none of the {classes} classes; give labels from 0");
        Error::require(beyond.is_none(), "labels", reason)?;
        // From the first, for only differences matter: those of equal features are 0 and not what their means round.
        let features =
            Matrix::from_fn(n, d, |i, j| Scalar::to_f64(features[(i, j)]) - Scalar::to_f64(features[(0, j)]));

        let mut counts = vec![0.0; classes];
        let mut means = Matrix::<f64>::zeros(classes, d);
        for (row, &label) in features.row_iter().zip(labels) {
            counts[label] += 1.0;
            means.row_mut(label).iter_mut().zip(row).for_each(|(mean, v)| *mean += v);
        }
        let empty = counts.iter().position(|&count| count == 0.0);
        Error::require(empty.is_none(), "labels", format_args!("class {empty:?} has no sample; leave it out"))?;
        for (class, &count) in counts.iter().enumerate() {
            means.row_mut(class).iter_mut().for_each(|v| *v /= count);
        }
        let centred = centre_rows(&means);

        let between = centred.t_matmul(&centred)?.scale(1.0 / classes as f64);
        let deviations = Matrix::from_fn(n, d, |i, j| features[(i, j)] - means[(labels[i], j)]);
        let pairs = symmetric_eigen(&between)?;
        let largest = pairs.values.last().copied().unwrap_or(0.0);
        // tr(Σ_W Σ_B⁺) along the eigenvectors of Σ_B.
        let along = deviations.matmul(&pairs.vectors)?;
        let mut within = if largest > 0.0 { 0.0 } else { f64::INFINITY };
        for (k, &value) in pairs.values.iter().enumerate().filter(|(_, v)| **v > RANK * largest) {
            within += along.column(k).iter().map(|v| v * v).sum::<f64>() / n as f64 / value;
        }

        let weights = Matrix::from_fn(classes, d, |i, j| Scalar::to_f64(classifier[(i, j)]));
        let [norms, angles] = frame(&centred);
        let (of_weights, of_means) = (weights.frobenius_norm(), centred.frobenius_norm());
        let duality = (0..classes * d).map(|k| {
            let (w, m) = (weights.as_slice()[k] / of_weights, centred.as_slice()[k] / of_means);
            (w - m).powi(2)
        });
        let nearest = |row: &[f64]| {
            let distance = |c: usize| row.iter().zip(means.row(c)).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
            (0..classes).min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        };
        let decided = |row: &[T]| {
            (0..classes).max_by(|&a, &b| Scalar::to_f64(row[a]).total_cmp(&Scalar::to_f64(row[b])).then(b.cmp(&a)))
        };
        let differ = features.row_iter().zip(logits.row_iter()).filter(|(f, l)| nearest(f) != decided(l)).count();
        Ok(NeuralCollapse {
            within: within / classes as f64,
            norms,
            angles,
            classifier: frame(&centre_rows(&weights)),
            duality: if of_weights > 0.0 && of_means > 0.0 { duality.sum() } else { f64::INFINITY },
            nearest_mean: differ as f64 / n as f64,
            means: centred,
        })
    }
}

/// Each row less the mean of all: 0 where they are equal.
fn centre_rows(rows: &Matrix<f64>) -> Matrix<f64> {
    let count = rows.rows() as f64;
    let from_first = |i: usize, j: usize| rows[(i, j)] - rows[(0, j)];
    let mean = |j: usize| (0..rows.rows()).map(|i| from_first(i, j)).sum::<f64>() / count;
    let mean: Vec<f64> = (0..rows.cols()).map(mean).collect();
    Matrix::from_fn(rows.rows(), rows.cols(), |i, j| from_first(i, j) - mean[j])
}

/// How far rows are from a simplex frame: spread of their norms, and of their cosines about −1/(C − 1).
fn frame(rows: &Matrix<f64>) -> [f64; 2] {
    let classes = rows.rows();
    let norms: Vec<f64> = rows.row_iter().map(|row| row.iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
    let mean = norms.iter().sum::<f64>() / classes as f64;
    if mean == 0.0 {
        return [f64::INFINITY; 2];
    }
    let spread = (norms.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / classes as f64).sqrt();
    let mut angles = 0.0;
    for a in 0..classes {
        for b in (0..classes).filter(|&b| b != a) {
            let product: f64 = rows.row(a).iter().zip(rows.row(b)).map(|(x, y)| x * y).sum();
            angles += (product / (norms[a] * norms[b]) + 1.0 / (classes as f64 - 1.0)).abs();
        }
    }
    // The zero vector has no angles.
    let angles = if norms.contains(&0.0) { f64::INFINITY } else { angles / (classes * (classes - 1)) as f64 };
    [spread / mean, angles]
}
