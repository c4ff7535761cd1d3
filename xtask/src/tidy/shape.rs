use super::{Finding, Tree};

/// Lines without tests at which a file starts to hide something.
const LINES_TARGET: usize = 300;

/// Lines without tests that no file may exceed.
const LINES_MAX: usize = 600;

/// Finds files that are too long to be read in one go.
pub(super) fn file_length(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        let lines = source.own_lines();
        if lines > LINES_MAX {
            findings.push(Finding::error(
                &source.path,
                1,
                format!("{lines} lines without tests; the limit is {LINES_MAX}"),
            ));
        } else if lines > LINES_TARGET {
            findings.push(Finding::hint(
                &source.path,
                1,
                format!("{lines} lines without tests; the target is {LINES_TARGET}"),
            ));
        }
    }
    findings
}

/// Finds modules in the old form: `foo.rs` beside `foo/` is found by its name, `mod.rs` is not.
pub(super) fn no_mod_rs(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .iter()
        .filter(|source| source.path.ends_with("/mod.rs"))
        .map(|source| Finding::error(&source.path, 1, "name the file after its module"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Weight;

    fn weights(lines: usize) -> Vec<Weight> {
        let text =
            "fn f();\n".repeat(lines) + "#[cfg(test)]\nmod tests {\n" + &"\n".repeat(900) + "}\n";
        let tree = Tree::of(&[("crates/x/src/a.rs", &text)]);
        file_length(&tree).iter().map(|f| f.weight).collect()
    }

    #[test]
    fn a_long_file_is_hinted_and_a_longer_one_refused() {
        assert_eq!(weights(300), []);
        assert_eq!(weights(301), [Weight::Hint]);
        assert_eq!(weights(600), [Weight::Hint]);
        assert_eq!(weights(601), [Weight::Error]);
    }

    #[test]
    fn a_mod_rs_is_found() {
        let bad = Tree::of(&[("crates/x/src/a/mod.rs", "")]);
        assert_eq!(no_mod_rs(&bad).len(), 1);
        let good = Tree::of(&[("crates/x/src/a.rs", ""), ("crates/x/src/premod.rs", "")]);
        assert_eq!(no_mod_rs(&good), []);
    }
}
