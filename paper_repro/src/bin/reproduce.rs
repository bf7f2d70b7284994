//! Every experiment at its quick preset.
fn main() {}
