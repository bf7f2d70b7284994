//! Imports run one way.

use std::path::Path;

use crate::source::code;

/// The layers, lowest first. A module may import its own layer's name and those of layers below;
/// modules of one layer do not import one another.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["kernels"],
    &["scalar"],
    &["rng", "par", "quadrature"],
    &["container"],
    &["linalg"],
    &["sparse"],
    &["eigen"],
    &["autodiff"],
    &["nn"],
    &["optim"],
    &["reference"],
    &["eigenfunctions", "differential", "graph", "diagnostics"],
];

/// Names that the crate root exports, and the module they come from.
const EXPORTS: &[(&str, &str)] = &[("Error", "error"), ("Result", "error"), ("Scalar", "scalar"), ("Seed", "rng")];

/// How high a top-level module stands.
pub fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The top-level module that `src/…` belongs to; `None` for the crate root.
pub fn module_of(path: &Path) -> Option<String> {
    let first = path.components().nth(1)?;
    let name = Path::new(&first).file_stem()?.to_str()?.to_string();
    (name != "lib").then_some(name)
}

/// How many modules lie between the crate root and the file's own.
fn depth(path: &Path) -> usize {
    let parts = path.components().count() - 1;
    if path.file_name().is_some_and(|f| f == "mod.rs") { parts - 1 } else { parts }
}

/// Imports of `text`, the file at `path`, that run up the layers or across one.
pub fn violations(path: &Path, text: &str) -> Vec<String> {
    let Some(module) = module_of(path) else { return Vec::new() };
    let Some(own) = layer(&module) else { return vec![format!("{}: belongs to no layer", path.display())] };
    let code = code(text);
    let mut out = Vec::new();
    let supers = "super::".repeat(depth(path));
    for root in ["crate::", supers.as_str()] {
        for (at, _) in code.match_indices(root) {
            // Not the tail of a longer path; `$crate::` is a path from the root as well.
            let before = &code[..at];
            if before.ends_with("::") || before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            for name in first_segments(&code[at + root.len()..]) {
                let target = EXPORTS.iter().find(|(export, _)| *export == name).map_or(name, |(_, module)| *module);
                let Some(its) = layer(target) else { continue };
                if target != module && its >= own {
                    let line = before.matches('\n').count() + 1;
                    out.push(format!("{}:{line}: {module} imports {target}, which is not below it", path.display()));
                }
            }
        }
    }
    out
}

/// The first names of a path or of a braced group of paths.
fn first_segments(path: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let Some(group) = path.strip_prefix('{') else {
        return path.split(|c| !is_word(c)).take(1).filter(|s| !s.is_empty()).collect();
    };
    let (mut depth, mut start, mut out) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                out.extend(group[start..at].trim().split(|c| !is_word(c)).next().filter(|s| !s.is_empty()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        violations(Path::new(path), text).len()
    }

    #[test]
    fn an_import_that_runs_up_is_caught() {
        for text in [
            "use crate::nn::Mlp;",
            "use crate::{Error, nn::Mlp};",
            "use crate::{\n    error::{Error, Result},\n    optim,\n};",
            "fn f() { crate::eigenfunctions::radius(&[]) }",
            "use super::super::autodiff::Var;",
            "macro_rules! m { () => { $crate::reference::levels() } }",
        ] {
            assert_eq!(count("src/linalg/qr.rs", text), 1, "{text}");
        }
        assert_eq!(count("src/linalg/mod.rs", "use super::nn::Mlp;"), 1);
        assert_eq!(count("src/linalg/tests/qr.rs", "use super::super::super::nn::Mlp;"), 1);
        assert_eq!(count("src/kernels/mod.rs", "use crate::Scalar;"), 1);
        assert_eq!(count("src/rng.rs", "use crate::par::shard;"), 1, "across a layer");
        assert_eq!(count("src/undreamt.rs", ""), 1, "a module without a layer");
    }

    #[test]
    fn imports_that_run_down_are_not() {
        for text in [
            "use crate::kernels::gemm::{MatRef, gemm};",
            "use crate::{Error, Result, Scalar, Seed};",
            "use crate::linalg::Matrix;",
            "use super::autodiff_like::nn;",
            "// use crate::nn::Mlp;",
            "let s = \"crate::nn\";",
            "use other_crate::nn::Mlp;",
        ] {
            assert_eq!(count("src/linalg/qr.rs", text), 0, "{text}");
        }
        assert_eq!(count("src/lib.rs", "pub use crate::eigenfunctions::NeuralRitz;"), 0, "the root sees all");
    }

    #[test]
    fn layers_are_disjoint() {
        let names: Vec<_> = LAYERS.iter().flat_map(|l| l.iter()).collect();
        assert!(names.iter().all(|name| names.iter().filter(|n| n == &name).count() == 1));
    }
}
