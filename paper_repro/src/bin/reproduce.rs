//! Every experiment at its quick preset, and one index page.

fn main() -> std::process::ExitCode {
    paper_repro::reproduce::main_of(&paper_repro::registry::experiments())
}
