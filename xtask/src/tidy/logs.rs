use super::{Finding, Source, Tree};

/// The macros that write to the log.
const MACROS: &[&str] = &[
    "trace!(",
    "debug!(",
    "info!(",
    "warn!(",
    "error!(",
    "event!(",
    "span!(",
    "trace_span!(",
    "debug_span!(",
    "info_span!(",
    "warn_span!(",
    "error_span!(",
    "fields(",
];

/// Names under which personal data would reach the log.
const PERSONAL: &[&str] = &[
    "address",
    "body",
    "email",
    "id_card",
    "id_number",
    "ip",
    "mobile",
    "name",
    "password",
    "phone",
];

/// Fields that end like a personal one and name no person.
const TECHNICAL: &[&str] = &["job.name", "transaction.name"];

/// Finds fields of log lines and spans that are named after personal data.
pub(super) fn fields(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for call in MACROS {
            for offset in source.code_hits(call) {
                let open = offset + call.len() - 1;
                for (at, argument) in source.arguments(open) {
                    if let Some(field) = personal(argument) {
                        findings.push(Finding::error(
                            &source.path,
                            source.line(at),
                            format!("the log must not hold a field `{field}`"),
                        ));
                    }
                }
            }
        }
    }
    findings
}

/// Finds spans that would record the arguments of a function.
pub(super) fn instrument(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for offset in source.code_hits("instrument") {
            if is_attribute(source, offset) && !attribute(source, offset).contains("skip_all") {
                findings.push(Finding::error(
                    &source.path,
                    source.line(offset),
                    "#[instrument] without skip_all writes the arguments to the log",
                ));
            }
        }
    }
    findings
}

fn is_attribute(source: &Source, offset: usize) -> bool {
    let before = source.code.get(..offset).unwrap_or_default();
    before.ends_with("#[") || before.ends_with("#[tracing::")
}

fn attribute(source: &Source, offset: usize) -> &str {
    let rest = source.code.get(offset..).unwrap_or_default();
    let end = rest.find("]\n").unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// Returns the personal name that an argument writes under: as a field, a short field, or inside the message.
fn personal(argument: &str) -> Option<&str> {
    if argument.starts_with('"') {
        return argument
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split(['}', ':']).next())
            .find(|word| PERSONAL.contains(word));
    }
    let field = match argument.split_once('=') {
        Some((left, right)) if !right.starts_with('=') => left,
        _ => argument,
    };
    let field = field.trim().trim_start_matches(['%', '?']);
    let last = field.rsplit('.').next()?.trim();
    (PERSONAL.contains(&last) && !TECHNICAL.contains(&field.trim())).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        fields(&Tree::of(&[("crates/x/src/a.rs", text)])).len()
    }

    #[test]
    fn a_personal_field_of_a_log_line_is_found() {
        for bad in [
            "fn f() { tracing::info!(email = %x, \"sent\"); }",
            "fn f() { info!(user.phone = ?x); }",
            "fn f() { warn!(%ip, \"seen\"); }",
            "fn f() { error!(person.name); }",
            "fn f() { info!(\"sent to {email}\"); }",
            "fn f() { info!(\"sent to {name:?}\"); }",
            "#[instrument(skip_all, fields(body = %b))]\nfn f() {}",
        ] {
            assert_eq!(count(bad), 1, "{bad}");
        }
        for good in [
            "fn f() { tracing::info!(permit.id = %id, rows, \"scanned\"); }",
            "fn f() { info!(table = table.name, equal = a == b); }",
            "fn f() { info!(\"the name stays\"); }",
            "fn f() { info!(transaction.name = name); }",
            "// info!(email)\nfn f() {}",
        ] {
            assert_eq!(count(good), 0, "{good}");
        }
    }

    #[test]
    fn a_span_that_records_arguments_is_found() {
        let count = |text| instrument(&Tree::of(&[("crates/x/src/a.rs", text)])).len();
        assert_eq!(
            count("#[tracing::instrument(level = \"debug\")]\nfn f() {}"),
            1
        );
        assert_eq!(count("#[instrument]\nfn f() {}"), 1);
        assert_eq!(count("#[instrument(skip_all)]\nfn f() {}"), 0);
        assert_eq!(count("use tracing::instrument;\n"), 0);
    }
}
