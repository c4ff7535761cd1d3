use std::path::{Component, Path};

use super::{Finding, Tree};

const LINES_MAX: usize = 250;

/// Holds the architecture page to what a newcomer reads in one sitting.
pub(super) fn architecture_length(tree: &Tree) -> Vec<Finding> {
    let page = tree.other("ARCHITECTURE.md");
    let lines = page.map_or(0, |page| page.text.lines().count());
    match lines {
        0 => vec![Finding::error("ARCHITECTURE.md", 1, "the page is missing")],
        long if long > LINES_MAX => vec![Finding::error(
            "ARCHITECTURE.md",
            LINES_MAX + 1,
            format!("{long} lines; the limit is {LINES_MAX}"),
        )],
        _ => Vec::new(),
    }
}

/// Finds links between pages that lead nowhere.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in tree.with_extension("md") {
        for (index, line) in page.text.lines().enumerate() {
            for target in targets(line) {
                if !leads_somewhere(tree, &page.path, target) {
                    findings.push(Finding::error(
                        &page.path,
                        index + 1,
                        format!("the link to `{target}` leads nowhere"),
                    ));
                }
            }
        }
    }
    findings
}

fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

fn leads_somewhere(tree: &Tree, page: &str, target: &str) -> bool {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let mut parts: Vec<String> = Vec::new();
    for part in folder.join(target).components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    tree.holds(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_or_missing_architecture_page_is_found() {
        let long = "line\n".repeat(251);
        assert_eq!(
            architecture_length(&Tree::of(&[("ARCHITECTURE.md", &long)])).len(),
            1
        );
        assert_eq!(architecture_length(&Tree::of(&[])).len(), 1);
        let good = "line\n".repeat(250);
        assert_eq!(
            architecture_length(&Tree::of(&[("ARCHITECTURE.md", &good)])),
            []
        );
    }

    #[test]
    fn a_dead_link_is_found() {
        let page = "[a](b.md) [c](../README.md#top) [d](https://example.org) [e](#here)\n";
        let whole = [("docs/a.md", page), ("docs/b.md", ""), ("README.md", "")];
        assert_eq!(links(&Tree::of(&whole)), []);
        assert_eq!(links(&Tree::of(&whole[..2])).len(), 1);
    }
}
