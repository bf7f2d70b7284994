//! Where `unsafe` may stand, and what must stand beside it.

use std::path::Path;

use crate::source::{code, words};

/// Lines with `unsafe` in a file that is no kernel.
pub fn outside_the_kernels(path: &Path, text: &str) -> Vec<String> {
    if path.starts_with("src/kernels") {
        return Vec::new();
    }
    let code = code(text);
    let lines = code.lines().enumerate().filter(|(_, line)| words(line, "unsafe").next().is_some());
    lines.map(|(at, _)| format!("{}:{}: unsafe outside src/kernels", path.display(), at + 1)).collect()
}

/// Unsafe blocks and implementations without a `SAFETY:` comment on their line or right above their
/// statement, in macros as well (where the compiler's own lint does not look).
pub fn unexplained(path: &Path, text: &str) -> Vec<String> {
    let code = code(text);
    let (text, code): (Vec<&str>, Vec<&str>) = (text.lines().collect(), code.lines().collect());
    let mut out = Vec::new();
    for (at, line) in code.iter().enumerate() {
        let needs = words(line, "unsafe").any(|start| {
            let rest = line[start + "unsafe".len()..].trim_start();
            rest.is_empty() || rest.starts_with('{') || rest.starts_with("impl")
        });
        if needs && !explained(&text, &code, at) {
            out.push(format!("{}:{}: unsafe without a SAFETY comment", path.display(), at + 1));
        }
    }
    out
}

fn explained(text: &[&str], code: &[&str], at: usize) -> bool {
    if text[at].contains("SAFETY:") {
        return true;
    }
    // Upwards over comments, attributes, and the earlier lines of the same statement.
    for above in (0..at).rev() {
        let line = code[above].trim();
        if text[above].contains("SAFETY:") {
            return true;
        }
        let continues = line.is_empty() && !text[above].trim().is_empty()
            || line.starts_with("#[")
            || line.starts_with("$(#[")
            || line.ends_with(['=', '(', '.', '+', '|', '&'])
            || line.ends_with("=>");
        if !continues {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_elsewhere_is_caught() {
        let text = "fn f(p: *const u8) -> u8 {\n    // SAFETY: planted.\n    unsafe { *p }\n}\n";
        assert_eq!(outside_the_kernels(Path::new("src/linalg/qr.rs"), text).len(), 1);
        assert!(outside_the_kernels(Path::new("src/kernels/gemm/mod.rs"), text).is_empty());
        let words = "#![deny(unsafe_op_in_unsafe_fn)]\n// unsafe\nlet s = \"unsafe { }\";";
        assert!(outside_the_kernels(Path::new("src/linalg/qr.rs"), words).is_empty());
    }

    #[test]
    fn a_missing_reason_is_caught() {
        for (text, complaints) in [
            ("unsafe { *p }", 1),
            ("let x = 1;\nunsafe { *p }", 1),
            ("// SAFETY: sound.\nlet y = 2;\nunsafe { *p }", 1),
            ("// SAFETY: sound.\n\nunsafe { *p }", 1),
            ("// It is safe.\nunsafe { *p }", 1),
            ("unsafe impl Send for X {}", 1),
            ("let s = \"SAFE\";\nlet x = unsafe {\n    *p\n};", 1),
            ("// SAFETY: sound.\nunsafe { *p }", 0),
            ("// SAFETY: sound,\n// for two reasons.\nlet x = unsafe { *p };", 0),
            ("// SAFETY: sound.\nlet x =\n    unsafe { *p };", 0),
            ("// SAFETY: sound.\n#[cfg(unix)]\nunsafe { f() }", 0),
            ("let x = unsafe { *p }; // SAFETY: sound.", 0),
            ("unsafe fn f() {}", 0),
        ] {
            assert_eq!(unexplained(Path::new("src/kernels/x.rs"), text).len(), complaints, "{text}");
        }
    }
}
