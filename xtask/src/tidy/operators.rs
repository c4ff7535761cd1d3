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

/// The one room in which a look under technical help reaches data: it knows no operator, and takes looks that were decided.
const HELP_ROOM: &str = "crates/app/src/help/read.rs";
/// The one use-case of operators that may call it.
const HELP_DOOR: &str = "crates/app/src/help/look.rs";
/// What decides a look; nobody but the policy makes one.
const DECIDED: &[&str] = &["&HelpGrant", "&RecordedHelp"];
/// What leads from a decided look into an enterprise.
const INTO: &str = "Caller::helped";

/// Finds another way to data under technical help than a decided look in its one room.
pub(super) fn technical_help(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut object = |source: &Source, offset, message: &str| {
        findings.push(Finding::error(&source.path, source.line(offset), message));
    };
    let room = tree.sources().iter().find(|it| it.path == HELP_ROOM);
    let doors: Vec<(usize, &str)> = room.map(doors_of).unwrap_or_default();
    for source in tree.sources() {
        let outside = |offset: &usize| !source.is_test(*offset);
        if source.path != HELP_ROOM {
            for offset in source.code_hits(INTO).filter(outside) {
                object(
                    source,
                    offset,
                    "only the room of technical help acts by a decided look",
                );
            }
        }
        if source.path != HELP_ROOM && source.path != HELP_DOOR {
            for (_, name) in &doors {
                let call = format!(".{name}(");
                for offset in source.code_hits(&call).filter(outside) {
                    object(
                        source,
                        offset,
                        "only the use-case that decides and records a look opens the room of technical help",
                    );
                }
            }
        }
    }
    if let Some(room) = room {
        for (offset, _) in doors {
            let open = room.text.get(offset..).and_then(|rest| rest.find('('));
            let takes = open.is_some_and(|open| {
                let arguments = room.arguments(offset + open);
                arguments
                    .iter()
                    .any(|(_, argument)| DECIDED.iter().any(|decided| argument.ends_with(decided)))
            });
            if !takes {
                object(
                    room,
                    offset,
                    "a function of the room of technical help takes a look that was decided",
                );
            }
        }
        for offset in room.code_hits("OperatorCaller") {
            object(room, offset, "the room of technical help knows no operator");
        }
    }
    findings
}

/// Lists the functions by which the room is entered, whoever may see them: place and name.
fn doors_of(room: &Source) -> Vec<(usize, &str)> {
    let sign = "fn ";
    let seen = |offset: &usize| {
        let before = room.text.get(..*offset).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.trim_start().starts_with("pub") && !room.is_test(*offset)
    };
    let doors = room.code_hits(sign).filter(seen).map(|offset| {
        let at = offset + sign.len();
        let rest = room.text.get(at..).unwrap_or_default();
        (at, rest.split(['(', '<']).next().unwrap_or_default())
    });
    doors.collect()
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
    fn another_way_to_data_under_technical_help_is_found() {
        let good = "impl P {\n    pub(super) async fn rows_in_help(&self, grant: &HelpGrant, sql: &str) { Caller::helped(grant); } }";
        let door = "impl P { async fn look(&self, caller: &OperatorCaller) { self.rows_in_help(&grant, sql); } }";
        let count = |files: &[(&str, &str)]| technical_help(&Tree::of(files)).len();
        assert_eq!(count(&[(HELP_ROOM, good), (HELP_DOOR, door)]), 0);
        // A function that takes anything else than a decided look.
        for loose in [
            "impl P {\n    pub(super) async fn rows_in_help(&self, help: HelpId, sql: &str) {}\n}",
            "impl P {\n    pub(crate) fn rows_in_help(&self) {}\n}",
            "pub fn rows_in_help(help: &HelpFacts) {}",
        ] {
            assert_eq!(count(&[(HELP_ROOM, loose)]), 1, "{loose}");
        }
        // Somebody who works for the platform in the room itself.
        let crowded =
            "impl P {\n    pub(super) fn f(&self, caller: &OperatorCaller, grant: &HelpGrant) {} }";
        assert_eq!(count(&[(HELP_ROOM, crowded)]), 1);
        // Another who opens the room, or acts by a look.
        let elsewhere = "crates/app/src/help/offer.rs";
        assert_eq!(count(&[(HELP_ROOM, good), (elsewhere, door)]), 1);
        let acts = "fn f(grant: &HelpGrant) { run(Caller::helped(grant)); }";
        assert_eq!(count(&[(HELP_ROOM, good), (elsewhere, acts)]), 1);
        // The use-case itself stays under the rule of all use-cases of operators.
        let reaches =
            "impl P { fn look(&self, caller: &OperatorCaller) { self.inner.engine.run(); } }";
        assert_eq!(business_data(&Tree::of(&[(HELP_DOOR, reaches)])).len(), 1);
    }

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
