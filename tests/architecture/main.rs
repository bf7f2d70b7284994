//! The rules of ARCHITECTURE.md that a compiler does not check: imports run down the layers,
//! `unsafe` stays in the kernels and says why it is sound, and the library gains no dependency
//! unnoticed.

mod circles;
mod dependencies;
mod layers;
mod source;
mod unsafety;

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`, as (path relative to the root, text).
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("a readable file");
                files.push((path.strip_prefix(root()).expect("below the root").to_path_buf(), text));
            }
        }
    }
    files.sort();
    files
}

/// Checks every file and fails with all complaints at once.
fn check(files: Vec<(PathBuf, String)>, complaints: impl Fn(&Path, &str) -> Vec<String>) {
    assert!(!files.is_empty(), "no files found: the check would prove nothing");
    let all: Vec<String> = files.iter().flat_map(|(path, text)| complaints(path, text)).collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn imports_run_down_the_layers() {
    check(rust_files("src"), layers::violations);
}

/// A value knows the graph it is recorded in.
#[test]
fn the_only_circle_is_that_of_graph_and_var() {
    let found: Vec<String> = circles::circles(&rust_files("src")).into_iter().collect();
    assert_eq!(found, ["autodiff/record/graph", "autodiff/record/var"]);
}

#[test]
fn every_folder_of_the_source_has_a_layer() {
    let mut modules: Vec<String> = rust_files("src").iter().filter_map(|(path, _)| layers::module_of(path)).collect();
    modules.dedup();
    let homeless: Vec<_> = modules.iter().filter(|m| layers::layer(m).is_none()).collect();
    assert!(homeless.is_empty(), "say in tests/architecture/layers.rs where {homeless:?} belong");
}

#[test]
fn unsafe_stays_in_the_kernels() {
    let files = ["src", "paper_repro/src"].into_iter().flat_map(rust_files).collect();
    check(files, unsafety::outside_the_kernels);
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    check(rust_files("src"), unsafety::unexplained);
}

#[test]
fn the_library_gains_no_dependency() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let foreign = dependencies::foreign(&manifest);
    assert!(foreign.is_empty(), "new library dependencies: {foreign:?}; write it ourselves or argue for it");
}
