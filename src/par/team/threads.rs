//! A team of threads: what the bits of several processes are can be tested in one.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Received, Sent, Team, with_team};
use crate::{Error, Result};

/// Numbers on their way.
#[derive(Debug)]
enum Message {
    U8(Vec<u8>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// One thread of the team, with a channel to and from every other.
#[derive(Debug)]
struct Member {
    rank: usize,
    to: Vec<Sender<Message>>,
    from: Vec<Mutex<Receiver<Message>>>,
}

/// Runs `work` in `size` threads that form a team, and returns what each of them returned. Meant for tests: the work is
/// that of `size` processes, on one machine.
///
/// # Panics
/// If `work` panics in one of them.
pub fn run_threads<R: Send>(size: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    let mut to: Vec<Vec<Sender<Message>>> = (0..size).map(|_| Vec::new()).collect();
    let mut from: Vec<Vec<Mutex<Receiver<Message>>>> = (0..size).map(|_| Vec::new()).collect();
    for receivers in &mut from {
        for senders in &mut to {
            let (sender, receiver) = channel();
            senders.push(sender);
            receivers.push(Mutex::new(receiver));
        }
    }
    let members = to.into_iter().zip(from).enumerate().map(|(rank, (to, from))| Member { rank, to, from });
    let members: Vec<Arc<Member>> = members.map(Arc::new).collect();
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = members.into_iter().map(|member| scope.spawn(move || with_team(member, work))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn gone() -> Error {
    Error::invalid("team of threads", "a thread has ended before the others; let all run the same program")
}

fn misfit() -> Error {
    Error::invalid("team of threads", "a message is not the one that was waited for; let all run the same program")
}

impl Team for Member {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn send(&self, to: usize, data: Sent<'_>) -> Result<()> {
        let message = match data {
            Sent::U8(data) => Message::U8(data.to_vec()),
            Sent::U64(data) => Message::U64(data.to_vec()),
            Sent::F32(data) => Message::F32(data.to_vec()),
            Sent::F64(data) => Message::F64(data.to_vec()),
        };
        self.to[to].send(message).map_err(|_| gone())
    }

    fn receive(&self, from: usize, data: Received<'_>) -> Result<()> {
        let message = self.from[from].lock().unwrap_or_else(PoisonError::into_inner).recv().map_err(|_| gone())?;
        fn fill<T: Copy>(to: &mut [T], from: &[T]) -> Result<()> {
            if to.len() != from.len() {
                return Err(misfit());
            }
            to.copy_from_slice(from);
            Ok(())
        }
        match (data, message) {
            (Received::U8(to), Message::U8(from)) => fill(to, &from),
            (Received::U64(to), Message::U64(from)) => fill(to, &from),
            (Received::F32(to), Message::F32(from)) => fill(to, &from),
            (Received::F64(to), Message::F64(from)) => fill(to, &from),
            _ => Err(misfit()),
        }
    }

    fn broadcast(&self, from: usize, data: Received<'_>) -> Result<()> {
        if self.rank != from {
            return self.receive(from, data);
        }
        let sent = match &data {
            Received::U8(data) => Sent::U8(data),
            Received::U64(data) => Sent::U64(data),
            Received::F32(data) => Sent::F32(data),
            Received::F64(data) => Sent::F64(data),
        };
        (0..self.size()).filter(|&to| to != from).try_for_each(|to| self.send(to, sent))
    }
}
