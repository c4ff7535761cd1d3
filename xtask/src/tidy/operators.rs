use super::{Finding, Source, Tree};

/// What leads to business data: the two crates that read it, the platform's handles of them, the permits that open it, and
/// the caller of an enterprise, whom no operator is.
const DOORS: &[&str] = &[
    "yuntu_lake",
    "yuntu_engine",
    ".lake",
    ".engine",
    "RecordedPermit",
    "record_permit",
    "Caller {",
    "Caller::of",
    "Caller,",
    "Caller)",
    "Caller;",
    "Caller}",
];

/// Finds a use-case of operators that could reach business data.
pub(super) fn business_data(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources().iter().filter(|source| is_theirs(source)) {
        for offset in DOORS.iter().flat_map(|door| source.code_hits(door)) {
            if source.is_test(offset) {
                continue;
            }
            findings.push(Finding::error(
                &source.path,
                source.line(offset),
                "leads to business data from a use-case of operators; no operator reaches any",
            ));
        }
    }
    findings
}

fn is_theirs(source: &Source) -> bool {
    let rooms = ["crates/app/src/operators", "crates/app/src/proposals"];
    source.path.starts_with("crates/app/src/")
        && (rooms.iter().any(|room| source.path.starts_with(room))
            || source.code_hits("OperatorCaller").next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_case_of_operators_that_leads_to_business_data_is_found() {
        fn count(path: &str, text: &str) -> usize {
            business_data(&Tree::of(&[(path, text)])).len()
        }
        let theirs = "crates/app/src/operators/add.rs";
        for text in [
            "use yuntu_lake::Lake;",
            "fn f(&self) { self.inner.engine.run(); }",
            "fn f(&self) { self.inner.lake.snapshot(); }",
            "fn f(permit: &RecordedPermit) {}",
            "fn f() { run(Caller { enterprise, representative }); }",
            "fn f() { run(Caller::of(enterprise, representative)); }",
        ] {
            assert_eq!(count(theirs, text), 1, "{text}");
            let elsewhere = "crates/app/src/runs.rs";
            assert_eq!(count(elsewhere, text), 0, "{text}");
            let named = format!("{text} fn g(caller: OperatorCaller) {{}}");
            assert_eq!(count(elsewhere, &named), 1, "{named}");
        }
        let own = "fn f(caller: OperatorCaller) { OperatorCaller { role }; self.store(); }";
        assert_eq!(count(theirs, own), 0);
    }
}
