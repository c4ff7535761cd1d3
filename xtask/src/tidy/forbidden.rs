use super::source::find_all;
use super::{Finding, Tree};

/// Code that is not written here, with the reason.
const CODE: &[(&str, &str)] = &[
    (
        "#[allow(",
        "use #[expect(…, reason = \"…\")]: it goes away with its cause",
    ),
    (
        "#![allow(",
        "use #![expect(…, reason = \"…\")]: it goes away with its cause",
    ),
    ("todo!(", "land it when it works"),
    ("unimplemented!(", "land it when it works"),
    ("#[ignore", "a test that does not run proves nothing"),
    ("::*;", "name what is imported"),
];

/// Text that stands in no file: places of one machine and hosts of package registries, which are found by name.
///
/// Each is given in two halves, so that this list does not find itself.
const ANYWHERE: &[(&str, &str)] = &[
    ("/ro", "ot/"),
    ("/wo", "rk/"),
    ("/ho", "me/"),
    ("index.cra", "tes.io"),
    ("static.cra", "tes.io"),
    ("py", "pi.org"),
    ("pytho", "nhosted.org"),
    ("registry.np", "mjs.org"),
    ("deb.deb", "ian.org"),
];

/// Finds shortcuts that the compiler lets through, or that deserve a better message than the linter's.
pub(super) fn code(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for (phrase, reason) in CODE {
            for offset in source.code_hits(phrase) {
                // A test sees the module around it whole, and takes what its framework offers.
                if *phrase == "::*;" && source.is_test(offset) {
                    continue;
                }
                findings.push(Finding::error(
                    &source.path,
                    source.line(offset),
                    format!("`{phrase}`: {reason}"),
                ));
            }
        }
    }
    findings
}

/// Finds promises in comments that nobody can look up.
pub(super) fn promises(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for (index, line) in source.comments.lines().enumerate() {
            let promise = ["TODO", "FIXME", "XXX"]
                .iter()
                .any(|word| find_all(line, word).next().is_some());
            let numbered = line
                .split('#')
                .skip(1)
                .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if promise && !numbered {
                findings.push(Finding::error(
                    &source.path,
                    index + 1,
                    "name the issue by its number, or do it now",
                ));
            }
        }
    }
    findings
}

/// Finds paths of one machine and hosts of registries in any file.
pub(super) fn anywhere(tree: &Tree) -> Vec<Finding> {
    let sources = tree.sources().iter().map(|s| (&s.path, &s.text));
    let others = tree.others().iter().map(|f| (&f.path, &f.text));
    let mut findings = Vec::new();
    for (path, text) in sources.chain(others) {
        for (index, line) in text.lines().enumerate() {
            for (one, other) in ANYWHERE {
                let phrase = format!("{one}{other}");
                if stands_alone(line, &phrase) {
                    findings.push(Finding::error(
                        path,
                        index + 1,
                        format!("`{phrase}` names a machine or a registry"),
                    ));
                }
            }
        }
    }
    findings
}

/// Says whether the phrase begins a path or a host: `/x/` inside `a/x/` is a folder of ours.
fn stands_alone(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, _)| {
        let before = line.get(..at).and_then(|left| left.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_is_found_in_code_and_not_in_comments() {
        let count = |text| code(&Tree::of(&[("crates/x/src/a.rs", text)])).len();
        for bad in [
            "#[allow(dead_code)]\nfn f() {}",
            "#![allow(missing_docs)]",
            "fn f() { todo!() }",
            "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
            "use a::*;",
        ] {
            assert_eq!(count(bad), 1, "{bad}");
        }
        for good in [
            "#[expect(dead_code, reason = \"x\")]\nfn f() {}",
            "// todo!(), #[ignore]\nfn f() {}",
            "#[cfg(test)]\nmod tests {\n    use super::*;\n}",
        ] {
            assert_eq!(count(good), 0, "{good}");
        }
    }

    #[test]
    fn a_promise_without_an_issue_is_found() {
        let count = |text| promises(&Tree::of(&[("crates/x/src/a.rs", text)])).len();
        assert_eq!(count("// TODO: later\nfn f() {}"), 1);
        assert_eq!(count("// TODO(#12): later\nfn f() { g(\"TODO\"); }"), 0);
    }

    #[test]
    fn a_place_of_one_machine_is_found_in_any_file() {
        let count = |text: &str| anywhere(&Tree::of(&[("docs/a.md", text)])).len();
        assert_eq!(count(&format!("see {}{}main", "/wo", "rk/")), 1);
        assert_eq!(count(&format!("https://{}{}/simple", "py", "pi.org")), 1);
        assert_eq!(count("see crates/work/main and target/root/x"), 0);
    }
}
