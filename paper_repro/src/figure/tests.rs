//! What a figure takes.

use super::*;

#[test]
fn a_field_must_have_its_values() {
    assert!(Field::new(2, 2, vec![0.0; 4]).is_ok());
    for (columns, rows, count) in [(2, 2, 3), (0, 0, 0), (usize::MAX, 2, 2), (0, 5, 0)] {
        assert!(Field::new(columns, rows, vec![0.0; count]).is_err());
    }
    let field = Field::new(3, 1, vec![f64::NAN, -2.0, f64::INFINITY]).expect("three values");
    assert_eq!(field.largest(), 2.0);
}
