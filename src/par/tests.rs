use super::*;

#[test]
fn shards_cover_the_rows_once_whatever_is_asked() {
    for (rows, count) in [(10, 3), (2, 16), (0, 4), (10, 0)] {
        let shards: Vec<usize> = (0..count.max(1)).flat_map(|index| shard(rows, count, index)).collect();
        assert!(shards.iter().copied().eq(0..rows), "{rows} in {count}");
        assert!(shard(rows, count, count + 7).is_empty());
    }
    assert_eq!(shard(usize::MAX, 16, 15).end, usize::MAX);
}
