//! No command reaches what stands in the data of an enterprise: what a command prints of an installation holds none of it.

use std::path::Path;

use yuntu_testkit::{Backend, pdf};

use crate::command::run;
use crate::help::COMMANDS;
use crate::real::Real;

/// What stands in the rows of the demo's tables, and the names of its datasets.
const CANARIES: [&str; 5] = [
    "19-24",
    "35-44",
    "@example.com",
    "redemptions",
    "promotions",
];

/// How a command is tried on an installation.
enum Tried {
    /// With these arguments.
    With(Vec<String>),
    /// It works on no installation, or shows nothing itself.
    Not,
}

fn tried(command: &[&str], data: &Path) -> Tried {
    let file = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let of = |more: &[&str]| {
        let words = command.iter().chain(more);
        Tried::With(words.map(|word| (*word).to_owned()).collect())
    };
    let folder = file("");
    let (ledger, report) = (file("ledger"), file("report.pdf"));
    match command {
        ["migrate" | "outbox"]
        | ["operator", "duties"]
        | ["statement", "show"]
        | ["keys", "renew"]
        | ["ledger", "audit"] => of(&["--data", &folder]),
        ["operator", "add"] => of(&[
            "--data",
            &folder,
            "--email",
            "lin@yuntu.example",
            "--role",
            "support",
        ]),
        ["operator", "assess"] => of(&[
            "--data",
            &folder,
            "--report",
            &report,
            "--made",
            "2026-01-01",
            "--review",
            "2026-06-01",
            "--result",
            "acceptable",
        ]),
        ["ledger", "verify"] => of(&[&ledger]),
        [] | ["statement" | "ledger" | "operator" | "keys" | "--version"] => of(&[]),
        // It makes an installation of its own; a statement or a receipt is all that it reads; what is served is walked route by
        // route by the tests of the surfaces.
        ["demo" | "prove" | "serve" | "verify"] | ["statement", "check" | "diff"] => Tried::Not,
        other => panic!("{other:?}: say here how it is tried"),
    }
}

#[test]
fn no_command_prints_what_stands_in_the_data_of_an_enterprise() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let real = Real::on(backend);
        // What is looked for is there: in what was imported, or in the report of who may see it.
        let files = [
            "input/people.csv",
            "input/contacts.ndjson",
            "report.en.html",
        ];
        let content = |file| std::fs::read_to_string(real.folder.path().join(file)).unwrap();
        let there = files.map(content).concat();
        for canary in CANARIES {
            assert!(there.contains(canary), "{canary}");
        }
        let data = real.data();
        std::fs::write(data.join("report.pdf"), pdf("an assessment")).unwrap();
        for command in COMMANDS {
            let Tried::With(arguments) = tried(command, &data) else {
                continue;
            };
            let done = run(&arguments);
            let said = [done.out.as_str(), done.err.as_str()].concat();
            assert!(!said.is_empty(), "{arguments:?}");
            for canary in CANARIES {
                assert!(!said.contains(canary), "{arguments:?}: {canary}: {said}");
            }
        }
    }
}
