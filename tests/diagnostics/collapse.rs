use eigennet::diagnostics::NeuralCollapse;
use eigennet::linalg::{Matrix, Qr};
use eigennet::{Error, Seed};

/// The vertices of a simplex, `[classes, classes]`, in some directions of a space of so many.
fn simplex(classes: usize, dimension: usize) -> Matrix<f64> {
    let mut random = Seed(3).into_stream();
    let frame = Qr::factor(&Matrix::from_fn(dimension, classes, |_, _| random.normal())).unwrap().thin_q().unwrap();
    let vertices = Matrix::from_fn(classes, classes, |i, j| f64::from(u8::from(i == j)) - 1.0 / classes as f64);
    vertices.matmul_t(&frame).unwrap()
}

fn placed(vertices: &Matrix<f64>, per_class: usize, at: impl Fn(usize, usize) -> f64) -> (Matrix<f64>, Vec<usize>) {
    let labels: Vec<usize> = (0..vertices.rows() * per_class).map(|i| i % vertices.rows()).collect();
    let features = Matrix::from_fn(labels.len(), vertices.cols(), |i, j| vertices[(labels[i], j)] + at(i, j));
    (features, labels)
}

#[test]
fn exact_simplex_has_collapsed_wherever_its_middle_is() {
    for (classes, dimension) in [(2, 3), (4, 4), (5, 9)] {
        let vertices = simplex(classes, dimension);
        let (features, labels) = placed(&vertices, 6, |_, j| 0.3 * j as f64);
        let classifier = vertices.scale(7.0);
        let logits = placed(&vertices, 6, |_, _| 0.0).0.matmul_t(&classifier).unwrap();
        let found = NeuralCollapse::measure(&features, &labels, &classifier, &logits).unwrap();
        let all = [found.within, found.norms, found.angles, found.classifier[0], found.classifier[1], found.duality];
        assert!(all.iter().all(|v| v.abs() < 1e-12), "{found:?}");
        assert_eq!(found.nearest_mean, 0.0);
    }
}

#[test]
fn each_measure_sees_what_it_is_there_for() {
    let vertices = simplex(3, 4);
    let (features, labels) = placed(&vertices, 4, |_, _| 0.0);
    let logits = features.matmul_t(&vertices).unwrap();
    let measure = |features: &Matrix<f64>, classifier: &Matrix<f64>, logits: &Matrix<f64>| {
        NeuralCollapse::measure(features, &labels, classifier, logits).unwrap()
    };
    // Scatter of variance v in each of 4 directions, about means whose covariance has eigenvalues ⅓, ⅓: 2 · 3v/3.
    let scattered = placed(&vertices, 4, |i, j| if (i / 3) % 2 == j % 2 { 0.1 } else { -0.1 }).0;
    let within = measure(&scattered, &vertices, &logits).within;
    assert!(within > 1e-3 && within < 0.1, "{within}");
    let longer = Matrix::from_fn(12, 4, |i, j| features[(i, j)] * if labels[i] == 0 { 2.0 } else { 1.0 });
    let found = measure(&longer, &vertices, &logits);
    assert!(found.norms > 0.05 && found.angles > 0.05 && found.within.abs() < 1e-12);
    let turned = Matrix::from_fn(3, 4, |i, j| vertices[((i + 1) % 3, j)]);
    let found = measure(&features, &turned, &features.matmul_t(&turned).unwrap());
    assert!(found.duality > 1.0 && (found.nearest_mean - 1.0).abs() < 1e-12, "{found:?}");
}

/// A dead network has features without any spread: that is no collapse of classes.
#[test]
fn features_that_are_one_point_are_not_collapsed() {
    let zero = Matrix::zeros(3, 4);
    // Sums of equal numbers round, differently for classes of different sizes.
    for (point, labels) in [(0.5, vec![0, 1, 2, 0, 1, 2]), (0.1, vec![0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2])] {
        let n = labels.len();
        let features = Matrix::from_fn(n, 4, |_, j| point * (j + 1) as f64);
        let found = NeuralCollapse::measure(&features, &labels, &zero, &Matrix::zeros(n, 3)).unwrap();
        for (name, value) in found.figures().into_iter().filter(|(name, _)| *name != "nc4") {
            assert_eq!(value, f64::INFINITY, "{name} of {point}");
        }
    }
    // Nor are classes with the same two points each.
    let labels = [0, 1, 2, 0, 1, 2];
    let features = Matrix::from_fn(6, 4, |i, j| 0.1 + 0.7 * (i / 3) as f64 * (j + 1) as f64);
    let found = NeuralCollapse::measure(&features, &labels, &zero, &Matrix::zeros(6, 3)).unwrap();
    assert_eq!([found.within, found.norms, found.angles], [f64::INFINITY; 3], "{found:?}");
}

#[test]
fn hostile_labels_and_sizes_are_refused() {
    let vertices = simplex(3, 4);
    let (features, labels) = placed(&vertices, 2, |_, _| 0.0);
    let logits = features.matmul_t(&vertices).unwrap();
    let refused = |labels: &[usize], classifier: &Matrix<f64>| {
        NeuralCollapse::measure(&features, labels, classifier, &logits).unwrap_err()
    };
    assert!(matches!(refused(&labels[1..], &vertices), Error::Shape { .. }));
    assert!(matches!(refused(&[0, 1, 0, 1, 0, 1], &vertices), Error::InvalidArgument { .. }));
    assert!(matches!(refused(&[0, 1, 2, 3, 1, 2], &vertices), Error::InvalidArgument { .. }));
    assert!(matches!(refused(&labels, &vertices.transpose()), Error::Shape { .. }));
    assert!(matches!(refused(&labels, &vertices.scale(f64::NAN)), Error::NonFinite { .. }));
}
