use super::*;

#[test]
fn copies_start_on_lines_of_their_own() {
    for len in [0, 1, 7, 8, 1000] {
        let mut original = Aligned::<f64>::default();
        original.first(len).iter_mut().enumerate().for_each(|(i, x)| *x = i as f64);
        for memory in [&original, &original.clone()] {
            assert!(len == 0 || memory.as_ptr().align_offset(LINE) == 0);
            assert!(memory.len() == len && memory.iter().enumerate().all(|(i, &x)| x == i as f64));
        }
    }
    assert_eq!([1, 8, 9].map(whole_lines::<f64>), [8, 8, 16]);
    assert_eq!([1, 16, 17].map(whole_lines::<f32>), [16, 16, 32]);
}
