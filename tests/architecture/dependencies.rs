//! What the library may depend on.

/// matrixmultiply is allowed, but at present a kernel of our own took its place.
const ALLOWED: &[&str] = &["matrixmultiply", "num-traits", "rand", "rand_xoshiro", "rayon"];

/// Dependencies of the library in a manifest that are not allowed. Those of tests and benchmarks do
/// not count.
pub fn foreign(manifest: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let parts: Vec<&str> = header.split('.').collect();
            let is_table = |name: &str| matches!(name, "dependencies" | "build-dependencies");
            inside = parts.last().is_some_and(|last| is_table(last)) && parts[0] != "workspace";
            if let [.., table, name] = parts[..]
                && is_table(table)
                && parts[0] != "workspace"
            {
                out.push(name.trim_matches('"').to_string()); // [dependencies.name]
            }
        } else if inside && !line.starts_with('#') && line.contains('=') {
            let name = line.split(['=', '.']).next().unwrap_or_default();
            // `alias = { package = "name" }` depends on `name`.
            let renamed = line.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
            out.push(renamed.unwrap_or(name.trim().trim_matches('"')).to_string());
        }
    }
    out.retain(|name| !ALLOWED.contains(&name.as_str()));
    out
}

#[test]
fn a_planted_dependency_is_caught() {
    for (manifest, names) in [
        ("[dependencies]\nrayon = \"1\"\nserde = \"1\"", vec!["serde"]),
        ("[dependencies]\nrayon.workspace = true\nserde.workspace = true", vec!["serde"]),
        ("[dependencies.serde]\nversion = \"1\"", vec!["serde"]),
        ("[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"", vec!["libc"]),
        ("[build-dependencies]\ncc = \"1\"", vec!["cc"]),
        ("[dependencies]\nrand = { package = \"fastrand\", version = \"2\" }", vec!["fastrand"]),
        ("[dependencies]\n# serde = \"1\"\nrayon = \"1\"\n[dev-dependencies]\nproptest = \"1\"", vec![]),
    ] {
        assert_eq!(foreign(manifest), names, "{manifest}");
    }
}
