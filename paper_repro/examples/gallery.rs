//! A report and an index on made-up numbers, to look at when the templates change:
//! `cargo run -p paper_repro --example gallery`.

#[path = "../tests/common/mod.rs"]
mod common;

use paper_repro::reproduce::{self, Entry};

fn main() -> std::process::ExitCode {
    let entries =
        [Entry::new::<common::Synthetic>("synthetic", &[]), Entry::new::<common::Synthetic>("failing", &["--fail"])];
    reproduce::main_of(&entries)
}
