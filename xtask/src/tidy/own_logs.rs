use super::{Finding, Source, Tree};

/// The use-cases that write to the ledger alone, and whose acts those are: nobody's own log is there for them.
const NOBODYS: &[&str] = &[
    // Strangers: nobody has shown yet who she is; what fails stands among the tries at her addresses.
    "crates/app/src/accounts/ask.rs",
    "crates/app/src/accounts/prove.rs",
    "crates/app/src/factors/finish.rs",
    "crates/app/src/factors/passkey.rs",
    "crates/app/src/factors/prove.rs",
    "crates/app/src/minors/report.rs",
    // A browser that is known is seen again at each sign-in, which has its own entry.
    "crates/app/src/accounts/device.rs",
    // The command line of the machine, and the platform's own work by deadlines.
    "crates/app/src/accounts/local.rs",
    "crates/app/src/assessments.rs",
    "crates/app/src/certification/sweep.rs",
    "crates/app/src/duties/remind.rs",
    "crates/app/src/duties/sweep.rs",
    "crates/app/src/endings.rs",
    "crates/app/src/help/notice.rs",
    "crates/app/src/help/sweep.rs",
    "crates/app/src/enrol.rs",
    "crates/app/src/imports/sweep.rs",
    "crates/app/src/keys.rs",
    "crates/app/src/measures/sweep.rs",
    "crates/app/src/minors/erase.rs",
    "crates/app/src/operators/add.rs",
    "crates/app/src/upkeep.rs",
];

/// Where the words of an own log stand.
const WORDS: &str = "crates/app/src/words/act.rs";

/// Finds use-cases whose act misses in the own log of the person who does it, and listed ones that write nothing.
pub(super) fn kept(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = use_cases(tree)
        .filter(|source| !NOBODYS.contains(&source.path.as_str()))
        .flat_map(|source| appends(source).map(move |offset| (source, offset)))
        .map(|(source, offset)| {
            Finding::error(
                &source.path,
                source.line(offset),
                "writes to the ledger alone; an act of a person is `append_own`, so that her own log has it",
            )
        })
        .collect();
    for listed in NOBODYS {
        let writes = |source: &&Source| source.path == *listed && appends(source).next().is_some();
        if tree.holds(listed) && !use_cases(tree).any(|source| writes(&source)) {
            findings.push(Finding::error(
                listed,
                1,
                "is listed as writing to the ledger alone and does not",
            ));
        }
    }
    findings
}

/// Finds kinds of entries that stand in own logs and have no words there.
pub(super) fn words(tree: &Tree) -> Vec<Finding> {
    let Some(known) = tree.sources().iter().find(|source| source.path == WORDS) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let owners = tree.sources().iter().filter(|source| {
        let written = ["crates/app/src/", "crates/store/src/"];
        written.iter().any(|place| source.path.starts_with(place))
            && source.path != WORDS
            && source.code_hits("append_own").next().is_some()
    });
    for source in owners {
        for (offset, kind) in kinds(source) {
            if !known.text.contains(&format!("\"{kind}\"")) && !NOT_SHOWN.contains(&kind) {
                let message = format!("`{kind}` has no words in {WORDS}");
                findings.push(Finding::error(&source.path, source.line(offset), message));
            }
        }
    }
    findings
}

/// Kinds that stand beside those of own logs in the same files, and in no log.
const NOT_SHOWN: &[&str] = &[
    "ceremony.begun",
    "ceremony.ended",
    "code.tried",
    "device.seen",
    "enterprise.enrolled",
    "sign_in.failed",
];

fn use_cases(tree: &Tree) -> impl Iterator<Item = &Source> {
    let sources = tree.sources().iter();
    sources.filter(|source| source.path.starts_with("crates/app/src/"))
}

fn appends(source: &Source) -> impl Iterator<Item = usize> + '_ {
    let hits = source.code_hits("tx.append(");
    hits.filter(|offset| !source.is_test(*offset))
}

/// Lists the kinds of entries that a source writes: the arguments of `entry`, and where they are chosen before.
fn kinds(source: &Source) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for call in ["entry(", "EntryKind::known("] {
        for offset in source.code_hits(call).filter(|at| !source.is_test(*at)) {
            let open = offset + call.len() - 1;
            for (at, argument) in source.arguments(open).into_iter().take(2) {
                found.extend(kind_of(argument).map(|kind| (at, kind)));
            }
        }
    }
    for chosen in ["=>", "let kind ="] {
        for (at, _) in source.text.match_indices(chosen) {
            let rest = source.text.get(at + chosen.len()..).unwrap_or_default();
            let literal = rest.trim_start().split([',', ';', '\n']).next();
            found.extend(literal.and_then(kind_of).map(|kind| (at, kind)));
        }
    }
    found
}

/// Reads the text of a kind: two words with a point between them.
fn kind_of(literal: &str) -> Option<&str> {
    let kind = literal.strip_prefix('"')?.strip_suffix('"')?;
    let (noun, verb) = kind.split_once('.')?;
    let word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    (word(noun) && word(verb)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_that_misses_in_the_own_log_is_found() {
        let count = |path: &str, text: &str| kept(&Tree::of(&[(path, text)])).len();
        let alone = "async fn f() { tx.append(&noted).await?; }";
        assert_eq!(count("crates/app/src/datasets.rs", alone), 1);
        assert_eq!(count("crates/app/src/keys.rs", alone), 0);
        assert_eq!(count("crates/store/src/looks.rs", alone), 0);
        let own = "async fn f() { tx.append_own(caller, &noted).await?; }";
        assert_eq!(count("crates/app/src/datasets.rs", own), 0);
        // What is listed and no longer writes has to leave the list.
        assert_eq!(count("crates/app/src/keys.rs", own), 1);
    }

    #[test]
    fn a_kind_without_words_is_found() {
        let known = (WORDS, "const ACTS = [(\"seat.taken\", \"\", \"\")];");
        let count = |text: &str| {
            let source = ("crates/app/src/seats.rs", text);
            words(&Tree::of(&[known, source])).len()
        };
        let with = |kind: &str| {
            format!(
                "fn f() {{ let e = entry(&tx, \"{kind}\", &[], a, b)?; tx.append_own(c, &e); }}"
            )
        };
        assert_eq!(count(&with("seat.taken")), 0);
        assert_eq!(count(&with("seat.left")), 1);
        let chosen =
            "fn f() { match x { A => \"seat.left\", B => \"seat.taken\", } append_own(); }";
        assert_eq!(count(chosen), 1);
    }
}
