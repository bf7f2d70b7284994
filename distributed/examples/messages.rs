//! What a sum over the processes of a job costs, by its length: `mpirun -n 2 target/release/examples/messages`.
//! The figures behind README.md's arithmetic, for the machine it runs on.

use std::time::Instant;

use eigennet::par::{Received, Team, sum_shards_among, team};
use eigennet::{Error, Result};

/// Seconds of a sum of so many numbers over one shard a process: the median of some dozens.
fn seconds(team: &dyn Team, length: usize) -> Result<f64> {
    let shard = vec![1.0_f64; length];
    let mut sum = vec![0.0; length];
    let mut times = Vec::new();
    for _ in 0..41 {
        // All begin together.
        for rank in 0..team.size() {
            team.broadcast(rank, Received::U8(&mut [0]))?;
        }
        let begun = Instant::now();
        sum_shards_among(team, team.size(), |_| &shard, &mut sum)?;
        times.push(begun.elapsed().as_secs_f64());
    }
    if sum.iter().any(|&entry| entry != team.size() as f64) {
        return Err(Error::invalid("messages", "a sum is wrong"));
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn measure() -> Result<()> {
    let Some(team) = team() else {
        println!("One process has nobody to talk to; start two or more by mpirun.");
        return Ok(());
    };
    for length in [1, 1 << 7, 1 << 10, 1 << 14, 1 << 17, 1 << 20] {
        let seconds = seconds(&*team, length)?;
        if team.rank() == 0 {
            let bytes = 8 * length;
            println!("{bytes:>9} bytes {:>9.1} µs {:>7.2} GB/s", 1e6 * seconds, bytes as f64 / seconds / 1e9);
        }
    }
    Ok(())
}

#[cfg(feature = "mpi")]
fn main() -> Result<()> {
    let job = eigennet_mpi::Job::start()?;
    eigennet::par::with_team(job.team(), measure)
}

#[cfg(not(feature = "mpi"))]
fn main() -> Result<()> {
    println!("Built without MPI: two threads send each other messages.");
    eigennet::par::run_threads(2, measure).into_iter().collect()
}
