//! No file imports, through whatever others, itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::code;

type Module = Vec<String>;

/// The module that `src/a/b.rs` or `src/a/b/mod.rs` is.
fn module(path: &Path) -> Module {
    let parts = path.with_extension("");
    let mut parts: Module = parts.iter().skip(1).map(|p| p.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// The paths of a `use` tree, written out.
fn paths(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else { return vec![tree.to_string()] };
    let (prefix, inner) = (&tree[..open], &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())]);
    let (mut depth, mut start, mut out) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = &inner[start..at];
                out.extend(paths(&format!("{prefix}{part}")).into_iter().filter(|_| !part.is_empty()));
                start = at + 1;
            }
            _ => {}
        }
    }
    out
}

/// The modules that a file imports from, those it contains left out.
fn imports(own: &Module, text: &str, known: &BTreeSet<Module>) -> BTreeSet<Module> {
    // Tests may look at everything.
    let code = code(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text));
    let mut found = BTreeSet::new();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("use ").filter(|&at| !statement[..at].ends_with(char::is_alphanumeric)) else {
            continue;
        };
        let tree: String = statement[at + 4..].split(" as ").next().unwrap_or("").split_whitespace().collect();
        for path in paths(&tree) {
            let mut segments: Vec<&str> = path.split("::").collect();
            let mut base: Module = match segments[0] {
                "crate" => Module::new(),
                "super" | "self" => own.clone(),
                _ => continue,
            };
            while segments.first() == Some(&"super") {
                base.pop();
                segments.remove(0);
            }
            let skip = usize::from(matches!(segments.first(), Some(&"crate" | &"self")));
            base.extend(segments[skip..].iter().map(|s| s.to_string()));
            while !base.is_empty() && !known.contains(&base) {
                base.pop();
            }
            if !base.is_empty() && !base.starts_with(own) {
                found.insert(base);
            }
        }
    }
    found
}

/// The modules that lie on circles.
pub fn circles(files: &[(PathBuf, String)]) -> BTreeSet<String> {
    let tests = |path: &Path| path.iter().any(|part| part == "tests" || part == "tests.rs");
    let files: Vec<_> = files.iter().filter(|(path, _)| !tests(path)).collect();
    let known: BTreeSet<Module> = files.iter().map(|(path, _)| module(path)).collect();
    let mut left: BTreeMap<Module, BTreeSet<Module>> =
        files.iter().map(|(path, text)| (module(path), imports(&module(path), text, &known))).collect();
    // What imports nothing that is left, or is imported by nothing that is left, lies on none.
    loop {
        let imported: BTreeSet<Module> = left.values().flatten().cloned().collect();
        let present: BTreeSet<Module> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|module, imports| imported.contains(module) && imports.iter().any(|i| present.contains(i)));
        if left.len() == before {
            return left.into_keys().map(|module| module.join("/")).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|&(path, text)| (PathBuf::from(path), text.to_string())).collect();
        circles(&files).into_iter().collect()
    }

    #[test]
    fn a_circle_of_three_is_caught() {
        let files = [
            ("src/a.rs", "use crate::{\n    b::{self, B},\n};"),
            ("src/b/mod.rs", "mod inner;\npub use inner::X;\nuse super::c::C as D;"),
            ("src/b/inner.rs", "use super::super::d::Y;"),
            ("src/c.rs", "pub(crate) use crate::a::A;"),
            ("src/d.rs", "// use crate::a::A;"),
        ];
        assert_eq!(found(&files), ["a", "b", "c"]);
    }

    #[test]
    fn a_parent_may_name_its_children_and_tests_everything() {
        let files = [
            ("src/a/mod.rs", "mod b;\npub use b::B;"),
            ("src/a/b.rs", "use super::c::C;"),
            ("src/a/c.rs", "#[cfg(test)]\nmod tests {\n    use crate::a::b::B;\n}"),
            ("src/a/tests/b.rs", "use crate::a::b::B;"),
        ];
        assert!(found(&files).is_empty());
    }
}
