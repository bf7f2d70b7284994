//! Nominal work: the floating-point operations of the matrix products that a step needs by its formulas, whatever is
//! executed. A multiply-add counts as two; what is done entry by entry, such as activations, as nothing.

/// Of the training step of a network of these widths, for one point.
///
/// A forward pass carries `forward` streams through each layer: the value, and the derivatives with respect to the inputs
/// that the loss needs; each is one product with the weights. The first layer takes one product, whatever the
/// streams: the slopes of an affine layer are its weights, and its higher derivatives vanish. In reverse each of
/// `backward` streams takes two products a layer, for the cotangents of the weights and of what the layer was given; of
/// the first layer only one of one stream, since nobody needs the cotangents of the points.
pub fn training_step(widths: &[usize], forward: usize, backward: usize) -> f64 {
    layers(widths, 1 + 1, forward + 2 * backward)
}

/// Of a forward pass alone.
pub fn forward_pass(widths: &[usize], streams: usize) -> f64 {
    layers(widths, 1, streams)
}

fn layers(widths: &[usize], first: usize, others: usize) -> f64 {
    let products = |layer: usize| if layer == 0 { first } else { others };
    let of = |(layer, sides): (usize, &[usize])| 2 * products(layer) * sides[0] * sides[1];
    widths.windows(2).enumerate().map(of).sum::<usize>() as f64
}

/// Of the product `[m, k] [k, n]`.
pub fn product(m: usize, k: usize, n: usize) -> f64 {
    2.0 * m as f64 * k as f64 * n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_counts_a_product_for_each_stream() {
        // Value and gradient of a plain network: three products a layer, two of the first.
        assert_eq!(training_step(&[3, 5, 7], 1, 1), (2 * 2 * 15 + 3 * 2 * 35) as f64);
        assert_eq!(forward_pass(&[3, 5, 7], 4), (2 * 15 + 4 * 2 * 35) as f64);
        assert_eq!(product(2, 3, 4), 48.0);
    }
}
