use super::*;
use crate::par::sum_shards;

/// Where rounding happens shows the order: the bits are those of one process.
#[test]
fn sums_over_a_team_are_those_of_one_process() {
    for (count, n) in [(1, 3), (2, 1), (5, 70_000), (16, 40)] {
        let shards: Vec<Vec<f64>> = (0..count)
            .map(|i| (0..n).map(|j| ((i * 31 + j * 17) as f64).sin() * 10_f64.powi(i as i32)).collect())
            .collect();
        let mut whole = vec![0.0; n];
        sum_shards(count, |i| &shards[i], &mut whole);
        for size in 1..=6 {
            let sums = run_threads(size, || {
                let mut out = vec![f64::NAN; n];
                match team() {
                    Some(team) => {
                        let own = own_shards(&*team, count);
                        let partial = |i: usize| {
                            assert!(own.contains(&i), "shard {i} is another's");
                            &shards[i][..]
                        };
                        sum_shards_among(&*team, count, partial, &mut out).map(|()| out)
                    }
                    None => {
                        sum_shards(count, |i| &shards[i], &mut out);
                        Ok(out)
                    }
                }
            });
            assert!(sums.iter().all(|sum| sum.as_ref() == Ok(&whole)), "{count} shards on {size}");
        }
    }
}

#[test]
fn rows_of_all_are_put_together() {
    for (rows, count) in [(1, 1), (7, 2), (100, 16)] {
        for size in 1..=5 {
            let gathered = run_threads(size, || {
                let mut data = vec![0.0_f32; 3 * rows];
                let Some(team) = team() else { return Ok(vec![]) };
                for i in own_shards(&*team, count) {
                    for row in crate::par::shard(rows, count, i) {
                        data[3 * row..3 * row + 3].fill(row as f32 + 1.0);
                    }
                }
                gather(&*team, rows, count, 3, &mut data).map(|()| data)
            });
            let expected: Vec<f32> = (0..3 * rows).map(|i| (i / 3) as f32 + 1.0).collect();
            assert!(size == 1 || gathered.iter().all(|data| data.as_ref() == Ok(&expected)));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let results = run_threads(2, || {
        let Some(team) = team() else { return Ok(()) };
        match team.rank() {
            0 => team.send(1, Sent::F64(&[1.0, 2.0])).and_then(|()| team.send(1, Sent::U64(&[1]))),
            _ => {
                assert!(team.receive(0, Received::F64(&mut [0.0])).is_err(), "another length");
                team.receive(0, Received::U8(&mut [0]))
            }
        }
    });
    assert!(results[0].is_ok() && results[1].is_err(), "another type");
    let results = run_threads(2, || match team() {
        Some(team) if team.rank() == 1 => team.receive(0, Received::U8(&mut [0])),
        _ => Ok(()),
    });
    assert!(results[1].is_err(), "the other has ended");
}
