use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Source, Tree};

const HIT: &str = "clause::hit!(";
const CHECK: &str = "clause::check!(";

/// The heading of a documentation section that names clauses.
const SECTION: &str = "# Clause";

/// Folders whose public types and functions say which clause they serve.
const ROOMS_WITH_SECTIONS: &[&str] = &["crates/policy/src/", "crates/app/src/"];

/// Finds marks whose partner is missing in the same crate, and marks on the wrong side.
pub(super) fn pairs(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut hits: BTreeMap<(String, String), (String, usize)> = BTreeMap::new();
    let mut checks = hits.clone();
    for source in tree.sources() {
        for (offset, id) in marks(source, HIT) {
            if !source.is_test(offset) {
                let key = (source.package().to_owned(), id);
                hits.insert(key, (source.path.clone(), source.line(offset)));
            }
        }
        for (offset, id) in marks(source, CHECK) {
            let place = (source.path.clone(), source.line(offset));
            if source.is_test(offset) {
                checks.insert((source.package().to_owned(), id), place);
            } else {
                findings.push(Finding::error(
                    &place.0,
                    place.1,
                    format!("clause::check!({id}) stands outside a test"),
                ));
            }
        }
    }
    let lonely = |one: &BTreeMap<_, (String, usize)>, other: &BTreeMap<_, _>, wants: &str| {
        one.iter()
            .filter(|(key, _)| !other.contains_key(*key))
            .map(|((package, id), (path, line))| {
                Finding::error(
                    path,
                    *line,
                    format!("no clause::{wants}!({id}) in {package}"),
                )
            })
            .collect::<Vec<_>>()
    };
    findings.extend(lonely(&hits, &checks, "check"));
    findings.extend(lonely(&checks, &hits, "hit"));
    findings
}

/// Finds marks with an id that is no clause.
pub(super) fn ids(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for (offset, id) in marks(source, HIT).chain(marks(source, CHECK)) {
            if !exists(&id) {
                findings.push(unknown(source, offset, &id));
            }
        }
    }
    findings
}

/// Finds sections without a clause, and public items that lack a section where the room demands one.
pub(super) fn sections(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        let mut offset = 0;
        let mut open: Option<usize> = None;
        let mut seen = false;
        for line in source.text.split_inclusive('\n') {
            let comment = line.trim();
            let doc = comment
                .strip_prefix("///")
                .or_else(|| comment.strip_prefix("//!"))
                .map(str::trim);
            match (doc, open) {
                (Some(SECTION), _) => {
                    open = Some(offset);
                    seen = true;
                }
                (Some(words), Some(at)) if !words.is_empty() => {
                    findings.extend(bad_words(source, at, words));
                    open = None;
                }
                (None, Some(at)) => {
                    findings.push(empty_section(source, at));
                    open = None;
                }
                _ => {}
            }
            offset += line.len();
        }
        findings.extend(open.map(|at| empty_section(source, at)));
        if !seen && needs_section(source) {
            findings.push(Finding::error(
                &source.path,
                1,
                "public items of this room say in a `# Clause` section which clause they serve",
            ));
        }
    }
    findings
}

fn needs_section(source: &Source) -> bool {
    let room = ROOMS_WITH_SECTIONS
        .iter()
        .any(|room| source.path.starts_with(room));
    let index = ["/lib.rs", "/error.rs"]
        .iter()
        .any(|name| source.path.ends_with(name));
    let public = ["pub fn ", "pub async fn ", "pub struct ", "pub enum "]
        .iter()
        .flat_map(|item| source.code_hits(item))
        .any(|offset| !source.is_test(offset));
    room && !index && public
}

fn empty_section(source: &Source, at: usize) -> Finding {
    Finding::error(
        &source.path,
        source.line(at),
        "the `# Clause` section names no clause",
    )
}

fn bad_words(source: &Source, at: usize, words: &str) -> Vec<Finding> {
    let named: BTreeSet<&str> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| looks_like_id(word))
        .collect();
    if named.is_empty() {
        return vec![empty_section(source, at)];
    }
    named
        .into_iter()
        .filter(|id| !exists(id))
        .map(|id| unknown(source, at, id))
        .collect()
}

fn unknown(source: &Source, offset: usize, id: &str) -> Finding {
    Finding::error(
        &source.path,
        source.line(offset),
        format!("`{id}` is no clause: U1 to U5 or R0 to R31, with an optional lower-case letter"),
    )
}

fn marks<'a>(source: &'a Source, mark: &'a str) -> impl Iterator<Item = (usize, String)> + 'a {
    source.code_hits(mark).filter_map(move |offset| {
        let rest = source.code.get(offset + mark.len()..)?;
        let id = rest.split(')').next()?.trim();
        // A macro's own definition names its parameter, not an id.
        (!id.starts_with('$')).then(|| (offset, id.to_owned()))
    })
}

fn looks_like_id(word: &str) -> bool {
    word.strip_prefix(['U', 'R'])
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Says whether the id names a row of the requirements.
fn exists(id: &str) -> bool {
    let rows = match id.as_bytes().first() {
        Some(b'U') => 1..=5,
        Some(b'R') => 0..=31,
        _ => return false,
    };
    let rest = id.get(1..).unwrap_or_default();
    let digits = rest.strip_suffix(|c: char| c.is_ascii_lowercase());
    let digits = digits.unwrap_or(rest);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    plain && !padded && digits.parse::<u8>().is_ok_and(|row| rows.contains(&row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Tree {
        Tree::of(&[("crates/x/src/a.rs", text)])
    }

    #[test]
    fn a_mark_without_its_partner_in_the_same_crate_is_found() {
        let control = "fn f() { clause::hit!(R22); }\n";
        let proof = "#[cfg(test)]\nmod tests { fn t() { let _m = clause::check!(R22); } }\n";
        assert_eq!(pairs(&one(&format!("{control}{proof}"))), []);
        assert_eq!(pairs(&one(control)).len(), 1);
        assert_eq!(pairs(&one(proof)).len(), 1);
        let apart = Tree::of(&[
            ("crates/x/src/a.rs", control),
            ("crates/y/tests/it/main.rs", proof),
        ]);
        assert_eq!(pairs(&apart).len(), 2);
        let together = Tree::of(&[
            ("crates/x/src/a.rs", control),
            ("crates/x/tests/it/main.rs", proof),
        ]);
        assert_eq!(pairs(&together), []);
    }

    #[test]
    fn a_mark_in_a_comment_or_on_the_wrong_side_does_not_count() {
        let comment = "// clause::hit!(R22)\nfn f() {}\n";
        assert_eq!(pairs(&one(comment)), []);
        let wrong = "fn f() { let _m = clause::check!(R22); clause::hit!(R22); }\n";
        assert_eq!(pairs(&one(wrong)).len(), 2);
    }

    #[test]
    fn an_id_that_is_no_row_is_found() {
        assert_eq!(ids(&one("fn f() { clause::hit!(R14a); }")), []);
        assert_eq!(ids(&one("fn f() { clause::hit!(R32); }")).len(), 1);
        for good in ["U1", "U5", "R0", "R9", "R31", "R14z"] {
            assert!(exists(good), "{good}");
        }
        for bad in ["U0", "U6", "R32", "R01", "R", "R1A", "R1aa", "r1", ""] {
            assert!(!exists(bad), "{bad}");
        }
    }

    #[test]
    fn a_section_names_clauses_that_exist() {
        assert_eq!(
            sections(&one("/// A.\n///\n/// # Clause\n/// U4, R15\nfn f() {}\n")),
            []
        );
        assert_eq!(
            sections(&one("/// # Clause\n/// U4, R99\nfn f() {}\n")).len(),
            1
        );
        assert_eq!(sections(&one("/// # Clause\nfn f() {}\n")).len(), 1);
        assert_eq!(sections(&one("//! # Clause\n//! none\n")).len(), 1);
    }

    #[test]
    fn a_public_item_of_the_policy_says_its_clause() {
        let bad = Tree::of(&[("crates/policy/src/a.rs", "/// A.\npub fn f() {}\n")]);
        assert_eq!(sections(&bad).len(), 1);
        let good = "/// A.\n/// # Clause\n/// U2\npub fn f() {}\n";
        assert_eq!(sections(&Tree::of(&[("crates/policy/src/a.rs", good)])), []);
        let private = Tree::of(&[("crates/policy/src/a.rs", "fn f() {}\n")]);
        assert_eq!(sections(&private), []);
    }
}
