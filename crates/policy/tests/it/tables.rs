//! The two written tables: who may what, and what the policy says to each purpose, operation and standing.

use std::fmt::Write as _;

use yuntu_policy::{
    Action, Facts, Grounds, OperatorAction, OperatorRole, ProposalKind, Request, Role, Standing,
    Tie, decide, may, may_on, operator_may, operator_may_decide, operator_may_propose,
};
use yuntu_terms::{Operation, Recipient};

use crate::build::{facts, id, on_duty, partner, processing, purpose};

const WHO_MAY: &str = include_str!("../../golden/who-may.txt");
const OPERATORS_MAY: &str = include_str!("../../golden/operators-may.txt");
const VERDICTS: &str = include_str!("../../golden/verdicts.txt");

fn compare(name: &str, found: &str, golden: &str) {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, found).unwrap();
    assert!(
        found == golden,
        "not what golden/{name} says; read the difference to {path}"
    );
}

#[test]
fn who_may_what_is_the_written_table() {
    let mut table = String::from(
        "# Who may what inside the own enterprise, and whether a certification and a letter of authorisation must be in force;\n# in another enterprise nobody may anything.\n",
    );
    write!(table, "{:<24} {:<8} {:<24}", "action", "on", "in force").unwrap();
    for role in Role::ALL {
        write!(table, " {:<15}", role.code()).unwrap();
    }
    table.truncate(table.trim_end().len());
    table.push('\n');
    for &action in Action::ALL {
        write!(
            table,
            "{:<24} {:<8} {:<24}",
            action.code(),
            action.resource().code(),
            needs(action)
        )
        .unwrap();
        for &role in Role::ALL {
            write!(
                table,
                " {:<15}",
                if may(role, action) { "may" } else { "-" }
            )
            .unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    compare("who-may.txt", &table, WHO_MAY);
}

#[test]
fn what_operators_may_is_the_written_table() {
    let mut table = String::from(
        "# Who may what of those who work for the platform; none of it is business data.\n",
    );
    let mut line = |what: &str, may: &dyn Fn(OperatorRole) -> Option<&'static str>| {
        write!(table, "{what:<30}").unwrap();
        for &role in OperatorRole::ALL {
            write!(table, " {:<15}", may(role).unwrap_or("-")).unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    };
    line("action", &|role| Some(role.code()));
    for &action in OperatorAction::ALL {
        line(action.code(), &|role| {
            operator_may(role, action).then_some("may")
        });
    }
    for &kind in ProposalKind::ALL {
        line(&format!("propose {kind}"), &|role| {
            operator_may_propose(role, kind, Tie::None).then_some("may")
        });
        for &tie in Tie::ALL {
            let what = match tie {
                Tie::None => format!("decide {kind}"),
                Tie::Proposer => String::from("  as its proposer"),
                Tie::Concerned => String::from("  about herself"),
            };
            line(&what, &|role| {
                operator_may_decide(role, kind, tie).then_some("may")
            });
        }
    }
    compare("operators-may.txt", &table, OPERATORS_MAY);
}

/// Names what must be in force for an action, whoever does it.
fn needs(action: Action) -> String {
    let possible = |certified, letter| {
        let grounds = Grounds { certified, letter };
        Role::ALL.iter().any(|role| may_on(*role, action, grounds))
    };
    let mut needs = Vec::new();
    if !possible(false, true) {
        needs.push("certification");
    }
    if !possible(true, false) {
        needs.push("letter");
    }
    if needs.is_empty() {
        String::from("-")
    } else {
        needs.join(", ")
    }
}

fn verdict(
    asked: Request,
    purpose_text: &str,
    operation: Operation,
    (what, standing): (&str, Option<Standing>),
) -> String {
    let recipient = match operation {
        Operation::Process => Recipient::Enterprise,
        Operation::Share | Operation::Transfer => partner(),
        Operation::Publicise => Recipient::Public,
    };
    let request = Request {
        purpose: purpose(purpose_text),
        operation,
        recipient,
        datasets: vec![id(5)],
        ..asked
    };
    let mut facts: Facts = facts();
    match what {
        "enterprise" => facts.enterprise.as_mut().unwrap().standing = standing,
        "actor" => facts.actor.as_mut().unwrap().standing = standing,
        "instruction" => facts.instruction.as_mut().unwrap().standing = standing,
        "dataset" => facts.datasets[0].standing = standing,
        "exception" => facts.exception.as_mut().unwrap().standing = standing,
        _ => facts.partner.as_mut().unwrap().standing = standing,
    }
    match decide(&request, &facts) {
        Ok(_) => "permit".to_owned(),
        Err(refusal) => {
            let reasons: Vec<String> = refusal
                .reasons()
                .map(|reason| format!("{} {}", reason.clause(), reason.fact()))
                .collect();
            reasons.join(", ")
        }
    }
}

#[test]
fn the_verdicts_are_the_written_ones() {
    let mut table = String::from(
        "# The owner asks; statement, instruction, agreement and declared scope cover marketing.insight, process and share.\n# purpose | operation | whose standing | standing | verdict\n",
    );
    for purpose_text in [
        "marketing.insight",
        "marketing.audience",
        "marketing",
        "research.industry",
    ] {
        for operation in Operation::ALL {
            for what in ["enterprise", "actor", "instruction", "dataset", "partner"] {
                for standing in Standing::ALL.iter().copied().map(Some).chain([None]) {
                    writeln!(
                        table,
                        "{purpose_text} | {operation} | {what} | {} | {}",
                        standing.map_or("unknown", Standing::code),
                        verdict(processing(), purpose_text, operation, (what, standing)),
                    )
                    .unwrap();
                }
            }
        }
    }
    table.push_str(
        "\n# The same on the ground of a legal duty, by exception R7a that names marketing.insight and process.\n# purpose | operation | whose standing | standing | verdict\n",
    );
    for purpose_text in ["marketing.insight", "marketing.audience"] {
        for operation in [Operation::Process, Operation::Share] {
            for what in ["exception", "instruction", "dataset"] {
                for standing in Standing::ALL.iter().copied().map(Some).chain([None]) {
                    writeln!(
                        table,
                        "{purpose_text} | {operation} | {what} | {} | {}",
                        standing.map_or("unknown", Standing::code),
                        verdict(on_duty(), purpose_text, operation, (what, standing)),
                    )
                    .unwrap();
                }
            }
        }
    }
    compare("verdicts.txt", &table, VERDICTS);
}
