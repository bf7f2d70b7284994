//! A potential of one's own in ten dimensions: a chain of double wells, V = Σ (xᵢ² − 2)²/4 + .3 Σ (xᵢ − xᵢ₊₁)², its three
//! lowest levels by tensor trains, and what bounds their error.

use eigennet::eigenfunctions::{Factor, LineBasis, SeparableSum, TensorTrain};

fn main() -> eigennet::Result<()> {
    let d = 10;
    let well = Factor::function(|x| (x * x - 2.0).powi(2) / 4.0);
    let mut h = SeparableSum::kinetic(d, 0.5);
    for i in 0..d {
        h = h.plus(1.0, &[(i, well.clone())])?;
    }
    for i in 0..d - 1 {
        h = h.plus(0.3, &[(i, Factor::Power(2))])?.plus(0.3, &[(i + 1, Factor::Power(2))])?;
        h = h.plus(-0.6, &[(i, Factor::Power(1)), (i + 1, Factor::Power(1))])?;
    }
    let solve = |functions: usize| {
        let bases = vec![LineBasis::hermite(3 * functions, 0.0, 0.8)?; d];
        TensorTrain { states: 3, functions, ..TensorTrain::default() }.solve(&h, &bases)
    };
    let (solved, finer) = (solve(14)?, solve(18)?);
    assert!(solved.doubt().is_none());
    for (state, bound) in solved.error_bounds().iter().enumerate() {
        let difference = solved.values()[state] - finer.values()[state];
        println!("{:.9} with four functions more {:+.1e}, bound {bound:.1e}", solved.values()[state], -difference);
        assert!(difference.abs() <= *bound);
    }
    Ok(())
}
