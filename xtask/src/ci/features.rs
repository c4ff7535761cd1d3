use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cargo::cargo;

/// Fails when tests would compile a dependency with other features than the demo does.
///
/// Such a dependency, and all that rests on it, would be compiled twice on every machine.
pub(super) fn same(root: &Path) -> Result<()> {
    let demo = chosen(root, &["--edges", "no-dev"])?;
    let tests = chosen(root, &[])?;
    let only_demo: Vec<_> = demo.difference(&tests).map(String::as_str).collect();
    if only_demo.is_empty() {
        return Ok(());
    }
    bail!(
        "tests change the features of {}; name what changes them in crates/testkit/Cargo.toml",
        only_demo.join(", ")
    )
}

/// Lists each package with the features that cargo chooses for it.
fn chosen(root: &Path, edges: &[&str]) -> Result<BTreeSet<String>> {
    let arguments = [
        "tree",
        "--workspace",
        "--prefix",
        "none",
        "--format",
        "{p} {f}",
    ];
    let output = cargo(root, &arguments)
        .args(edges)
        .output()
        .context("cargo does not start")?;
    if !output.status.success() {
        bail!(
            "cargo tree: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |line: &str| line.trim_end_matches(" (*)").trim_end().to_owned();
    Ok(text.lines().map(line).collect())
}
