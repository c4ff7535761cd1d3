use std::path::Path;
use std::process::Command;

/// Prepares a call of cargo as if it came from a shell.
///
/// Cargo tells what it runs about this package by `CARGO_PKG_*` and `CARGO_MANIFEST_*`. A cargo started from here would hand
/// them on to build scripts, and one of them (ring's) runs anew whenever they change: everything that speaks TLS, and all
/// that rests on it, would be compiled again each time a person and `cargo xtask` take turns.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_about_this_package) {
            command.env_remove(name);
        }
    }
    command
}

fn is_about_this_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || [
            "CARGO",
            "CARGO_BIN_NAME",
            "CARGO_CRATE_NAME",
            "CARGO_PRIMARY_PACKAGE",
        ]
        .contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_called_without_what_it_told_us() {
        let command = cargo(Path::new("."), &["--version"]);
        let removed = |name: &str| {
            command
                .get_envs()
                .any(|(known, value)| known == name && value.is_none())
        };
        assert!(removed("CARGO_MANIFEST_DIR"));
        assert!(removed("CARGO_PKG_NAME"));
        assert!(!is_about_this_package("CARGO_TARGET_DIR"));
        assert!(!is_about_this_package("CARGO_HOME"));
    }
}
