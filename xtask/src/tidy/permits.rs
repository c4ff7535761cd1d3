use super::{Finding, Source, Tree};

/// The files that may say that a permit is durable: those that have just made it so.
const RECORDERS: &[&str] = &[
    "crates/store/src/permits.rs",
    "crates/store/src/permits/",
    // Never shipped: measures the engine by itself.
    "crates/bench/src/permits.rs",
];

/// The files that may say that a look is durable.
const LOOK_RECORDERS: &[&str] = &["crates/store/src/looks.rs"];

/// The files that may say that a look at a report is durable.
const REPORT_LOOK_RECORDERS: &[&str] = &["crates/store/src/minor_reports.rs"];

/// The files that may say that a view of sealed values is durable.
const VIEW_RECORDERS: &[&str] = &["crates/store/src/views.rs"];

/// The files that may say that a look under technical help is durable.
const HELP_RECORDERS: &[&str] = &["crates/store/src/helps/looks.rs"];

/// The files that may look at protected personal data in order to make it unreadable.
const DIGESTERS: &[&str] = &[
    // Values of an application are checked, masked and compared; what comes out is a fault, a mask or a value under protection.
    "crates/app/src/certification/form.rs",
    // Where the proof of a consent lies is measured; only the fault comes out.
    "crates/app/src/consents/records.rs",
    "crates/lake/src/resolve.rs",
    "crates/store/src/accounts.rs",
    "crates/store/src/acts.rs",
    "crates/store/src/addresses.rs",
    "crates/store/src/applications/seal.rs",
    "crates/store/src/closing.rs",
    "crates/store/src/codes.rs",
    "crates/store/src/consent_proofs.rs",
    "crates/store/src/declarations.rs",
    "crates/store/src/devices.rs",
    "crates/store/src/documents/sealed.rs",
    // Whom to ask about a source is held against the forms of addresses; only whether it is one comes out.
    "crates/app/src/declarations.rs",
    // How a partner is reached likewise.
    "crates/app/src/partners/check.rs",
    // What was written of a duty is measured; only how long it is comes out.
    "crates/app/src/duties/record.rs",
    "crates/store/src/duties.rs",
    "crates/store/src/measures.rs",
    "crates/store/src/documents/check.rs",
    "crates/store/src/factors.rs",
    "crates/store/src/helps.rs",
    "crates/store/src/helps/looks.rs",
    "crates/store/src/invitations.rs",
    "crates/store/src/minor_reports.rs",
    "crates/store/src/outbox.rs",
    "crates/store/src/partners.rs",
    "crates/store/src/proposals.rs",
    "crates/store/src/representatives.rs",
    "crates/store/src/sessions.rs",
    "crates/store/src/tries.rs",
    // A password is compared with what is known of its person; only the fault comes out.
    "crates/vault/src/password/rules.rs",
];

/// Finds code that calls a permit recorded without being the one that records it.
pub(super) fn recorded(tree: &Tree) -> Vec<Finding> {
    let permits = calls(tree, "RecordedPermit::recorded", RECORDERS);
    permits
        .chain(calls(tree, "RecordedLook::recorded", LOOK_RECORDERS))
        .chain(calls(tree, "RecordedReportLook::recorded", REPORT_LOOK_RECORDERS))
        .chain(calls(tree, "RecordedView::recorded", VIEW_RECORDERS))
        .chain(calls(tree, "RecordedHelp::recorded", HELP_RECORDERS))
        .map(|(source, offset)| {
            Finding::error(
                &source.path,
                source.line(offset),
                "only the store, which made the ledger entry durable, says that a permit or a look is recorded",
            )
        })
        .collect()
}

/// Finds readers of personal data that are not on the list, and places on the list that read none.
pub(super) fn digest(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = readers(tree)
        .filter(|source| !DIGESTERS.contains(&source.path.as_str()))
        .map(|source| {
            Finding::error(
                &source.path,
                1,
                "reads personal data by `Pii::digest`; only listed code may (xtask/src/tidy/permits.rs)",
            )
        })
        .collect();
    for listed in DIGESTERS {
        if !readers(tree).any(|source| source.path == *listed) {
            findings.push(Finding::error(
                listed,
                1,
                "is listed as a reader of personal data and reads none",
            ));
        }
    }
    findings
}

fn readers(tree: &Tree) -> impl Iterator<Item = &Source> {
    tree.sources().iter().filter(|source| {
        source.package() != "crates/terms"
            && [".digest(", "Pii::digest"].iter().any(|call| {
                source
                    .code_hits(call)
                    .any(|offset| !source.is_test(offset) && takes_reader(source, offset, call))
            })
    })
}

/// Says whether the call passes a reader, as `Pii::digest` takes and digests of bytes do not.
fn takes_reader(source: &Source, offset: usize, call: &str) -> bool {
    if !call.ends_with('(') {
        return true;
    }
    let arguments = source.arguments(offset + call.len() - 1);
    arguments.first().is_some_and(|(_, argument)| {
        let closure = argument.starts_with('|') || argument.starts_with("move |");
        let path = argument.contains("::") && !argument.contains(['(', '&']);
        closure || path
    })
}

fn calls<'a>(
    tree: &'a Tree,
    path: &'a str,
    allowed: &'a [&'a str],
) -> impl Iterator<Item = (&'a Source, usize)> {
    tree.sources()
        .iter()
        .filter(move |source| !allowed.iter().any(|place| source.path.starts_with(place)))
        .flat_map(move |source| source.code_hits(path).map(move |offset| (source, offset)))
        .filter(|(source, offset)| !source.is_test(*offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_store_records_permits() {
        let text = "fn f() { RecordedPermit::recorded(permit); }";
        let count = |path| recorded(&Tree::of(&[(path, text)])).len();
        assert_eq!(count("crates/app/src/a.rs"), 1);
        assert_eq!(count("crates/store/src/other.rs"), 1);
        assert_eq!(count("crates/store/src/permits.rs"), 0);
        assert_eq!(count("crates/engine/tests/it/main.rs"), 0);
        let look = "fn f() { RecordedLook::recorded(look); }";
        let count = |path| recorded(&Tree::of(&[(path, look)])).len();
        assert_eq!(count("crates/store/src/permits.rs"), 1);
        assert_eq!(count("crates/store/src/looks.rs"), 0);
    }

    #[test]
    fn an_unlisted_reader_of_personal_data_is_found() {
        let count =
            |text| digest(&Tree::of(&[("crates/app/src/a.rs", text)])).len() - DIGESTERS.len();
        assert_eq!(count("fn f() { phone.digest(|p| p.len()); }"), 1);
        assert_eq!(count("fn f() { x.map(Pii::digest); }"), 1);
        assert_eq!(
            count("fn f() { statement.digest(); Sha256::digest(bytes); }"),
            0
        );
    }
}
