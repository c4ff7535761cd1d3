/// One row of the table: what every contestant is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// The line that is sent to the contestant.
    pub(super) request: &'static str,
    /// Whether the first round is enough.
    pub(super) once: bool,
    /// The row of the same work without the consent filter.
    pub(super) without_consent: Option<&'static str>,
}

const fn row(name: &'static str, request: &'static str) -> Row {
    Row {
        name,
        request,
        once: false,
        without_consent: None,
    }
}

const fn consented(name: &'static str, request: &'static str, open: &'static str) -> Row {
    Row {
        without_consent: Some(open),
        ..row(name, request)
    }
}

/// The rows in the order in which they are measured; `import` makes what the others read.
pub(super) const ROWS: &[Row] = &[
    Row {
        once: true,
        ..row("import CSV", "import")
    },
    row("group by, everybody", "group open"),
    consented(
        "group by, consented",
        "group consented",
        "group by, everybody",
    ),
    row("distinct people, everybody", "distinct open"),
    consented(
        "distinct people, consented",
        "distinct consented",
        "distinct people, everybody",
    ),
    row("audience, everybody", "audience open"),
    consented(
        "audience, consented",
        "audience consented",
        "audience, everybody",
    ),
    row("200 look-ups of one person", "point consented 200"),
    // Fides, and PostgreSQL with row security, are servers that no package brings. A table on disk with a log of the changes
    // stands beside us, which proves nothing to anybody.
    Row {
        once: true,
        ..row("consent: make the rows below", "changes 0")
    },
    row("consent: 200 changes, each durable", "changes 200"),
    row("consent: 20 withdrawals to their effect", "withdrawals 20"),
    row("ledger: append 10,000 in batches of 100", "append 100 100"),
    row("ledger: verify all", "verify"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_consent_names_a_row_without() {
        for row in ROWS {
            if let Some(open) = row.without_consent {
                assert!(ROWS.iter().any(|other| other.name == open), "{open}");
            }
        }
    }
}
