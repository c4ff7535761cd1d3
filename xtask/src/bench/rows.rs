/// One row of the table: what every contestant is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// The line that is sent to the contestant.
    pub(super) request: &'static str,
    /// How many things it does, where that is what counts; an import tells itself how many rows it took in.
    count: Option<u64>,
    /// Whether the first round is enough.
    pub(super) once: bool,
    /// The row of the same work without the consent filter.
    pub(super) without_consent: Option<&'static str>,
}

impl Row {
    /// Says whether it makes what the others read.
    pub(super) fn imports(&self) -> bool {
        self.request == "import"
    }

    /// Returns how many rows, changes or reads one turn was, for a rate.
    pub(super) fn done(&self, answer: &str) -> Option<u64> {
        if self.imports() {
            return answer.parse().ok();
        }
        self.count
    }
}

const fn row(name: &'static str, request: &'static str) -> Row {
    Row {
        name,
        request,
        count: None,
        once: false,
        without_consent: None,
    }
}

/// A row that does so many things in a turn.
const fn counted(name: &'static str, request: &'static str, count: u64) -> Row {
    Row {
        count: Some(count),
        ..row(name, request)
    }
}

const fn consented(name: &'static str, request: &'static str, open: &'static str) -> Row {
    Row {
        without_consent: Some(open),
        ..row(name, request)
    }
}

/// The rows in the order in which they are measured; `import` and `consent` make what the others read.
pub(super) const ROWS: &[Row] = &[
    Row {
        once: true,
        ..row("import CSV", "import")
    },
    Row {
        once: true,
        ..row("take in who consents", "consent")
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
    counted("200 look-ups of one person", "point consented 200", 200),
    Row {
        once: true,
        ..row("people with consents, by file", "people")
    },
    counted(
        "1,000 consents by the API, one client",
        "give 1000 1",
        1_000,
    ),
    counted(
        "1,000 consents by the API, 16 clients",
        "give 1000 16",
        1_000,
    ),
    counted("500 people's consents read", "read 500", 500),
    counted("100 withdrawals until the next run", "withdraw 100", 100),
    counted(
        "ledger: append 10,000 in batches of 100",
        "append 100 100",
        10_000,
    ),
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
