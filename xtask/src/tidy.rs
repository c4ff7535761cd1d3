//! House rules that neither the compiler nor the linter checks.
//!
//! Each rule is a function from the tree to its findings and has a test with a bad and a good snippet.

mod clauses;
mod edges;
mod forbidden;
mod languages;
mod logs;
mod operators;
mod own_logs;
mod pages;
mod permits;
mod shape;
mod source;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;

use source::Source;
use tree::Tree;

/// One place that breaks a rule, or comes close to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    weight: Weight,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Error,
    Hint,
}

impl Finding {
    fn error(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            weight: Weight::Error,
            message: message.into(),
        }
    }

    fn hint(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            weight: Weight::Hint,
            ..Self::error(path, line, message)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Error => "error",
            Weight::Hint => "hint",
        };
        write!(f, "{}:{}: {weight}: {}", self.path, self.line, self.message)
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule under the name that is printed beside its findings.
const RULES: &[(&str, Rule)] = &[
    ("edges between crates", edges::between_crates),
    ("third-party crates in their rooms", edges::third_party),
    ("file length", shape::file_length),
    ("no mod.rs", shape::no_mod_rs),
    ("clause marks in pairs", clauses::pairs),
    ("clause ids exist", clauses::ids),
    ("clause sections", clauses::sections),
    ("fields of logs", logs::fields),
    ("instrument skips all", logs::instrument),
    ("texts in both languages", languages::texts),
    ("tables in both languages", languages::tables),
    ("forbidden in code", forbidden::code),
    ("promises in comments", forbidden::promises),
    ("forbidden in any file", forbidden::anywhere),
    ("who records permits", permits::recorded),
    ("who digests personal data", permits::digest),
    ("operators reach no business data", operators::business_data),
    (
        "technical help reaches data by a decided look",
        operators::technical_help,
    ),
    ("acts stand in own logs", own_logs::kept),
    ("own logs have words", own_logs::words),
    ("the architecture page", pages::architecture_length),
    ("links between pages", pages::links),
];

/// Prints all findings and says whether there is no error among them.
pub(crate) fn report(root: &Path) -> Result<bool> {
    let tree = Tree::read(root)?;
    let findings = check(&tree);
    let mut counts: BTreeMap<Weight, usize> = BTreeMap::new();
    for (rule, finding) in &findings {
        println!("{finding} [{rule}]");
        *counts.entry(finding.weight).or_default() += 1;
    }
    let errors = counts.get(&Weight::Error).copied().unwrap_or(0);
    let hints = counts.get(&Weight::Hint).copied().unwrap_or(0);
    println!(
        "tidy: {} rules over {} files: {errors} errors, {hints} hints",
        RULES.len(),
        tree.len()
    );
    Ok(errors == 0)
}

fn check(tree: &Tree) -> Vec<(&'static str, Finding)> {
    let mut all = Vec::new();
    for (name, rule) in RULES {
        let mut findings = rule(tree);
        findings.sort();
        all.extend(findings.into_iter().map(|finding| (*name, finding)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_keeps_its_own_rules() {
        let root = crate::root().unwrap();
        let errors: Vec<_> = check(&Tree::read(&root).unwrap())
            .into_iter()
            .filter(|(_, finding)| finding.weight == Weight::Error)
            .map(|(rule, finding)| format!("{finding} [{rule}]"))
            .collect();
        assert!(errors.is_empty(), "\n{}", errors.join("\n"));
    }
}
