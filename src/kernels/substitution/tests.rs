use super::super::isa::Isa;
use super::{UNKNOWNS, substitute, substitute_on};

/// Small whole numbers, so that every operation is exact.
fn entry(i: usize, j: usize) -> f64 {
    ((7 * i + 3 * j) % 5) as f64 - 2.0
}

#[test]
fn forward_and_backward_against_the_product() {
    for m in 1..=UNKNOWNS {
        for (width, stride) in [(1, 1), (7, 9), (8, 8), (29, 31)] {
            let mut lower = vec![[0.0; UNKNOWNS]; m];
            for i in 0..m {
                (0..i).for_each(|j| lower[i][j] = entry(i, j));
                lower[i][i] = [1.0, 2.0, 0.5][i % 3];
            }
            for (isa, backward) in Isa::available().flat_map(|isa| [(isa, false), (isa, true)]) {
                let row = |i: usize| if backward { m - 1 - i } else { i };
                let mut b = vec![77.0; m * stride];
                for i in 0..m {
                    for c in 0..width {
                        b[row(i) * stride + c] = (0..=i).map(|j| lower[i][j] * entry(j, c)).sum();
                    }
                }
                substitute_on(isa, &lower, &mut b, stride, width, backward);
                for i in 0..m {
                    for c in 0..stride {
                        let expected = if c < width { entry(i, c) } else { 77.0 };
                        assert_eq!(b[row(i) * stride + c], expected, "{isa:?} {m} {width} {i} {c}");
                    }
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "too short")]
fn rows_that_are_not_there() {
    substitute(&[[1.0f32; UNKNOWNS]; 3], &mut [1.0; 7], 3, 3, false);
}
