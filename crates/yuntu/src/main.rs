//! Yuntu.
fn main() {}
