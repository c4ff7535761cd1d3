//! Random requests and facts: a permit is given exactly when all conditions hold, and losing a fact opens nothing.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::Value;
use yuntu_policy::{
    ExceptionFacts, Facts, HelpApproval, HelpFacts, HelpScope, OperatorRole, Period, Request, Role,
    Standing, decide,
};
use yuntu_statement::{Invoker, Proof};
use yuntu_terms::{ColumnClass, ConsentKind, LegalBasis, Operation, Recipient, Region};

use crate::build::{
    HOUR, NOW, abroad, at, facts, id, looking, now_and_hours, on_duty, partner, processing,
    purpose, sharing, way_out,
};
use crate::oracle;

/// One thing that is changed about a permitted request and its facts.
type Change = fn(&mut Request, &mut Facts, u64);

fn some<T: Clone>(list: &[T], seed: u64) -> T {
    list[usize::try_from(seed).unwrap() % list.len()].clone()
}

fn standing(seed: u64) -> Option<Standing> {
    some(
        &[
            Some(Standing::Active),
            Some(Standing::Pending),
            Some(Standing::Frozen),
            Some(Standing::Ended),
            None,
        ],
        seed,
    )
}

fn period(seed: u64) -> Option<Period> {
    let future = Period {
        from: at(NOW + HOUR),
        until: at(NOW + 2 * HOUR),
    };
    let last = Period {
        from: at(0),
        until: at(NOW + 1),
    };
    some(
        &[
            Some(now_and_hours(5)),
            Some(now_and_hours(0)),
            Some(future),
            Some(last),
            None,
        ],
        seed,
    )
}

fn region(seed: u64) -> Option<Region> {
    some(&[Some(Region::CN), Some(abroad()), None], seed)
}

fn help(facts: &mut Facts, change: impl FnOnce(&mut HelpFacts)) {
    facts.help.as_mut().map(change);
}

fn approval(facts: &mut Facts, change: impl FnOnce(&mut HelpApproval)) {
    help(facts, |it| {
        it.approval.as_mut().map(change);
    });
}

/// What is changed about a look of technical help; it does nothing to a request that names none.
const HELP_CHANGES: &[Change] = &[
    |_, facts, _| facts.help = None,
    |_, facts, _| help(facts, |it| it.approval = None),
    |_, facts, seed| help(facts, |it| it.standing = standing(seed)),
    |_, facts, seed| help(facts, |it| it.enterprise = some(&[id(3), id(77)], seed)),
    |_, facts, seed| help(facts, |it| it.instruction = some(&[id(4), id(44)], seed)),
    |_, facts, seed| {
        let purposes = ["marketing", "marketing.insight", "marketing.audience"];
        help(facts, |it| it.purpose = purpose(some(&purposes, seed)));
    },
    |_, facts, seed| {
        let scopes = [vec![], vec![HelpScope::Structure], HelpScope::ALL.to_vec()];
        help(facts, |it| it.scopes = some(&scopes, seed));
    },
    |_, facts, seed| {
        let datasets = [vec![], vec![id(5)], vec![id(5), id(55)], vec![id(6), id(5)]];
        help(facts, |it| it.datasets = some(&datasets, seed));
    },
    |_, facts, seed| approval(facts, |it| it.by = some(&[id(2), id(22)], seed)),
    |_, facts, seed| approval(facts, |it| it.operator = some(&[id(11), id(12)], seed)),
    |_, facts, seed| approval(facts, |it| it.operator_standing = standing(seed)),
    |_, facts, seed| {
        let roles = OperatorRole::ALL.iter().copied().map(Some).chain([None]);
        let roles: Vec<_> = roles.collect();
        approval(facts, |it| it.role = some(&roles, seed));
    },
    |_, facts, seed| {
        let (from, until) = some(
            &[
                (NOW, NOW + 1),
                (NOW - HOUR, NOW),
                (NOW + 1, NOW + HOUR),
                (NOW - HOUR, NOW + 7 * HOUR),
                (NOW - HOUR, NOW + 7 * HOUR + 1),
            ],
            seed,
        );
        let period = Period {
            from: at(from),
            until: at(until),
        };
        approval(facts, |it| it.period = period);
    },
    |request, _, seed| {
        request
            .help
            .iter_mut()
            .for_each(|it| it.help = some(&[id(10), id(100)], seed));
    },
    |request, _, seed| {
        request
            .help
            .iter_mut()
            .for_each(|it| it.operator = some(&[id(11), id(12)], seed));
    },
    |request, _, seed| request.datasets = some(&[vec![id(5)], vec![id(6), id(5)]], seed),
    |_, facts, seed| {
        let roles = Role::ALL;
        facts
            .actor
            .iter_mut()
            .for_each(|it| it.role = Some(some(roles, seed)));
    },
];

const CHANGES: &[Change] = &[
    |_, facts, seed| facts.now = at(some(&[NOW, 0, 6, NOW + 11 * HOUR, NOW + 50 * HOUR], seed)),
    |_, facts, _| facts.statement = None,
    |_, facts, _| facts.statement.iter_mut().for_each(|it| it.accepted = None),
    |_, facts, seed| {
        let version = some(&["1.0", "2.0"], seed).to_owned();
        facts
            .statement
            .iter_mut()
            .for_each(|it| it.version.clone_from(&version));
    },
    |_, facts, _| facts.purpose = None,
    |request, _, seed| {
        request.purpose = purpose(some(
            &["marketing.insight", "marketing", "research", "service.care"],
            seed,
        ));
    },
    |request, facts, seed| {
        request.purpose = purpose(some(&["marketing.audience", "research"], seed));
        facts
            .purpose
            .iter_mut()
            .for_each(|it| it.id = request.purpose.clone());
    },
    |request, _, seed| request.operation = some(&Operation::ALL, seed),
    |request, _, seed| {
        request.recipient = some(
            &[
                Recipient::Enterprise,
                partner(),
                Recipient::Partner(id(90)),
                Recipient::Public,
            ],
            seed,
        );
    },
    |request, facts, seed| {
        // A pair that goes together, allowed by statement and instruction.
        (request.operation, request.recipient) = some(
            &[
                (Operation::Process, partner()),
                (Operation::Transfer, partner()),
                (Operation::Publicise, Recipient::Public),
            ],
            seed,
        );
        facts
            .purpose
            .iter_mut()
            .for_each(|it| it.operations.push(request.operation));
        if let Some(it) = &mut facts.instruction {
            it.operations.push(request.operation);
            it.recipients.push(request.recipient);
        }
        for it in &mut facts.datasets {
            it.own_records = Some(1);
        }
        for it in facts
            .partner
            .iter_mut()
            .filter_map(|it| it.agreement.as_mut())
        {
            it.operations.push(request.operation);
        }
    },
    |request, _, seed| request.basis = some(&LegalBasis::ALL, seed),
    |request, _, seed| {
        request.exception = some(
            &[
                None,
                "R7a".parse().ok(),
                "R7b".parse().ok(),
                "R21a".parse().ok(),
            ],
            seed,
        );
    },
    |_, facts, seed| {
        let clause = some(&["R7a", "R21a", "R7"], seed).parse().unwrap();
        facts.exception.iter_mut().for_each(|it| it.clause = clause);
    },
    |_, facts, _| facts.exception.iter_mut().for_each(|it| it.proofs.clear()),
    |_, facts, seed| {
        facts.exception.iter_mut().for_each(|it| {
            it.invoked_by = some(&[None, Some(id(20)), Some(id(2))], seed);
        });
    },
    |_, facts, seed| {
        facts
            .purpose
            .iter_mut()
            .for_each(|it| it.consent = some(&[None, Some(ConsentKind::Separate)], seed));
    },
    |_, facts, seed| {
        facts.purpose.iter_mut().for_each(|it| {
            it.operations.truncate(usize::try_from(seed % 3).unwrap());
        });
    },
    |request, _, seed| {
        request.wants.classes.insert(some(
            &[ColumnClass::Sensitive, ColumnClass::Identifier],
            seed,
        ));
    },
    |_, facts, seed| {
        facts.purpose.iter_mut().for_each(|it| {
            it.classes.truncate(usize::try_from(seed % 5).unwrap());
        });
    },
    |request, _, seed| {
        let name = some(&["age", "city", "income", "nothing"], seed);
        request.wants = request.wants.clone().and_columns(id(5), [name]);
    },
    |_, facts, seed| {
        facts.actor.iter_mut().for_each(|it| {
            it.role = some(
                &[
                    Some(Role::Owner),
                    Some(Role::Admin),
                    Some(Role::Analyst),
                    Some(Role::Viewer),
                    Some(Role::PrivacyContact),
                    None,
                ],
                seed,
            );
        });
    },
    |_, facts, seed| {
        facts
            .actor
            .iter_mut()
            .for_each(|it| it.standing = standing(seed));
    },
    |_, facts, seed| {
        facts
            .actor
            .iter_mut()
            .for_each(|it| it.letter = period(seed));
    },
    |_, facts, seed| {
        facts
            .actor
            .iter_mut()
            .for_each(|it| it.enterprise = some(&[Some(id(3)), Some(id(77)), None], seed));
    },
    |_, facts, seed| {
        facts
            .enterprise
            .iter_mut()
            .for_each(|it| it.standing = standing(seed));
    },
    |_, facts, seed| {
        facts
            .enterprise
            .iter_mut()
            .for_each(|it| it.certified = period(seed));
    },
    |_, facts, seed| {
        facts
            .instruction
            .iter_mut()
            .for_each(|it| it.standing = standing(seed));
    },
    |_, facts, seed| {
        facts
            .instruction
            .iter_mut()
            .for_each(|it| it.period = period(seed));
    },
    |_, facts, seed| {
        facts
            .instruction
            .iter_mut()
            .for_each(|it| it.recorded = at(some(&[NOW, NOW + 1], seed)));
    },
    |_, facts, seed| {
        facts
            .instruction
            .iter_mut()
            .for_each(|it| it.enterprise = some(&[id(3), id(77)], seed));
    },
    |_, facts, _| facts.instruction = None,
    |_, facts, seed| {
        facts.instruction.iter_mut().for_each(|it| {
            it.datasets.truncate(usize::try_from(seed % 3).unwrap());
        });
    },
    |request, _, seed| {
        request.datasets = some(
            &[
                vec![],
                vec![id(5)],
                vec![id(6)],
                vec![id(5), id(5)],
                vec![id(55)],
            ],
            seed,
        );
    },
    |_, facts, seed| {
        let which = usize::try_from(seed % 2).unwrap();
        facts.datasets[which].enterprise = id(77);
    },
    |_, facts, seed| {
        facts.datasets[usize::try_from(seed % 2).unwrap()].standing = standing(seed / 2);
    },
    |_, facts, seed| facts.datasets[usize::try_from(seed % 2).unwrap()].region = region(seed / 2),
    |_, facts, seed| {
        let declaration = &mut facts.datasets[usize::try_from(seed % 2).unwrap()].declaration;
        if let Some(it) = declaration {
            it.period = period(seed / 2);
        }
    },
    |_, facts, seed| {
        let declaration = &mut facts.datasets[usize::try_from(seed % 2).unwrap()].declaration;
        if let Some(it) = declaration {
            (it.complete, it.proved) = some(&[(false, true), (true, false)], seed / 2);
        }
    },
    |_, facts, seed| facts.datasets[usize::try_from(seed % 2).unwrap()].scope = None,
    |_, facts, seed| facts.datasets[usize::try_from(seed % 2).unwrap()].columns = None,
    |_, facts, seed| {
        facts.datasets[usize::try_from(seed % 2).unwrap()].about_persons =
            some(&[None, Some(true), Some(false)], seed / 2);
    },
    |_, facts, seed| facts.datasets[0].own_records = some(&[None, Some(0), Some(3)], seed),
    |_, facts, seed| {
        facts.datasets[0]
            .scope
            .iter_mut()
            .for_each(|it| it.kind = some(&[ConsentKind::Expressed, ConsentKind::Explicit], seed));
    },
    |_, facts, seed| {
        facts.datasets[0]
            .scope
            .iter_mut()
            .for_each(|it| it.until = Some(at(some(&[NOW, NOW + 1], seed))));
    },
    |_, facts, _| facts.partner = None,
    |_, facts, seed| {
        facts
            .partner
            .iter_mut()
            .for_each(|it| it.standing = standing(seed));
    },
    |_, facts, seed| {
        facts
            .partner
            .iter_mut()
            .for_each(|it| it.region = region(seed));
    },
    |_, facts, _| facts.partner.iter_mut().for_each(|it| it.agreement = None),
    |_, facts, seed| {
        let agreement = facts
            .partner
            .iter_mut()
            .filter_map(|it| it.agreement.as_mut());
        agreement.for_each(|it| it.period = period(seed).unwrap_or_else(|| now_and_hours(-2)));
    },
    |_, facts, seed| {
        let agreement = facts
            .partner
            .iter_mut()
            .filter_map(|it| it.agreement.as_mut());
        agreement.for_each(|it| {
            it.classes.truncate(usize::try_from(seed % 2).unwrap());
        });
    },
    |_, facts, seed| {
        facts.partner.iter_mut().for_each(|it| {
            it.assessed_until = some(&[None, Some(at(NOW)), Some(at(NOW + 1))], seed);
        });
    },
    |_, facts, seed| {
        if let Some(it) = &mut facts.partner {
            it.region = Some(abroad());
            it.cross_border = some(&[None, Some(way_out())], seed);
        }
    },
    |_, facts, _| facts.consent = None,
];

fn case() -> impl Strategy<Value = (Request, Facts)> {
    let base = select(vec![processing(), sharing(), on_duty(), looking()]);
    let all: Vec<usize> = (0..CHANGES.len()).collect();
    let changes = prop_oneof![
        1 => subsequence(all.clone(), 0..=1),
        3 => subsequence(all.clone(), 1..=3),
        1 => subsequence(all, 3..=8),
    ];
    (base, changes, any::<[u16; 8]>()).prop_map(|(mut request, changes, seeds)| {
        let mut facts = facts();
        for (change, seed) in changes.into_iter().zip(seeds) {
            CHANGES[change](&mut request, &mut facts, u64::from(seed));
        }
        (request, facts)
    })
}

/// A look of technical help, most of them with something changed about the help itself.
fn look() -> impl Strategy<Value = (Request, Facts)> {
    let of_help: Vec<usize> = (0..HELP_CHANGES.len()).collect();
    let others: Vec<usize> = (0..CHANGES.len()).collect();
    let of_help = subsequence(of_help, 0..=3);
    let others = prop_oneof![3 => Just(Vec::new()), 1 => subsequence(others, 1..=2)];
    (of_help, others, any::<[u16; 5]>()).prop_map(|(of_help, others, seeds)| {
        let (mut request, mut facts) = (looking(), facts());
        let changes = of_help.into_iter().map(|at| HELP_CHANGES[at]);
        let changes = changes.chain(others.into_iter().map(|at| CHANGES[at]));
        for (change, seed) in changes.zip(seeds) {
            change(&mut request, &mut facts, u64::from(seed));
        }
        (request, facts)
    })
}

/// The places in a JSON value at which an optional fact or a member of a list can be taken away.
fn removable(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = format!("{path}/{key}");
                if !value.is_null() {
                    out.push(path.clone());
                }
                removable(value, &path, out);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                let path = format!("{path}/{at}");
                out.push(path.clone());
                removable(value, &path, out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes one fact away: an optional one becomes unknown, a member of a list disappears.
fn without(facts: &Facts, which: Index) -> Option<Facts> {
    let mut value = serde_json::to_value(facts).unwrap();
    let mut paths = Vec::new();
    removable(&value, "", &mut paths);
    // What would be asked for is no fact: fewer demands do open more. Nor is the absence of a column or of an end.
    paths.retain(|path| {
        !["until", "consent/", "columns/", "proofs_required"]
            .iter()
            .any(|part| path.contains(part))
            && !path.ends_with("purpose/consent")
    });
    let path = which.get(&paths);
    let (parent, key) = path.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.insert(key.to_owned(), Value::Null);
        }
        Value::Array(list) => {
            list.remove(key.parse().unwrap());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    serde_json::from_value(value).ok()
}

/// One thing that is changed about the use of an exception, or about what claims it.
const EXCEPTION_CHANGES: &[Change] = &[
    |request, _, seed| request.exception_use = some(&[None, Some(id(8)), Some(id(88))], seed),
    |request, _, seed| request.basis = some(&LegalBasis::ALL, seed),
    |request, _, seed| {
        request.datasets = some(&[vec![id(5)], vec![id(6)], vec![id(5), id(6)]], seed);
    },
    |_, facts, seed| facts.now = at(some(&[NOW, NOW + 8 * HOUR - 1, NOW + 8 * HOUR, 6], seed)),
    |_, facts, _| facts.exception = None,
    |_, facts, seed| exception(facts).enterprise = some(&[id(3), id(77)], seed),
    |_, facts, seed| exception(facts).ground = some(&[None, Some(LegalBasis::Contract)], seed),
    |_, facts, seed| exception(facts).clause = some(&["R7b", "R21a"], seed).parse().unwrap(),
    |_, facts, seed| exception(facts).invoked_by = some(&[None, Some(id(20)), Some(id(2))], seed),
    |_, facts, seed| {
        exception(facts).invoked_as = some(&[None, Some(Invoker::LegalCounsel)], seed);
    },
    |_, facts, seed| {
        exception(facts).confirmed_by = some(&[None, Some(id(20)), Some(id(21))], seed);
    },
    |_, facts, seed| exception(facts).standing = standing(seed),
    |_, facts, seed| exception(facts).period = period(seed),
    |_, facts, seed| exception(facts).days_max = some(&[None, Some(0), Some(1), Some(2)], seed),
    |_, facts, seed| {
        exception(facts).purpose = purpose(some(&["marketing", "marketing.insight"], seed));
    },
    |_, facts, seed| exception(facts).operation = some(&Operation::ALL, seed),
    |_, facts, seed| {
        exception(facts).recipient = some(&[Recipient::Enterprise, partner()], seed);
    },
    |_, facts, seed| {
        exception(facts)
            .datasets
            .truncate(usize::try_from(seed % 2).unwrap());
    },
    |_, facts, seed| {
        exception(facts)
            .proofs_required
            .push(some(Proof::ALL, seed));
    },
    |_, facts, seed| {
        let recorded = at(some(&[NOW, NOW + 1], seed));
        exception(facts)
            .proofs
            .iter_mut()
            .for_each(|it| it.recorded = recorded);
    },
];

/// The use of an exception among the facts; where it was taken away, one that nobody claims.
fn exception(facts: &mut Facts) -> &mut ExceptionFacts {
    facts.exception.get_or_insert_with(|| {
        let mut it = crate::build::facts().exception.unwrap();
        it.id = id(89);
        it
    })
}

fn use_of_exception() -> impl Strategy<Value = (Request, Facts)> {
    let changes = subsequence((0..EXCEPTION_CHANGES.len()).collect::<Vec<_>>(), 0..=3);
    (changes, any::<[u16; 3]>()).prop_map(|(changes, seeds)| {
        let (mut request, mut facts) = (on_duty(), facts());
        for (change, seed) in changes.into_iter().zip(seeds) {
            EXCEPTION_CHANGES[change](&mut request, &mut facts, u64::from(seed));
        }
        (request, facts)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_use_of_an_exception_opens_exactly_what_the_oracle_says((request, facts) in use_of_exception()) {
        let decided = decide(&request, &facts);
        prop_assert_eq!(decided.is_ok(), oracle::permitted(&request, &facts), "{:?}", decided);
        if let Ok(permit) = decided {
            prop_assert_eq!(permit.basis(), request.basis);
            prop_assert_eq!(permit.exception_use(), request.exception_use);
            let period = facts.exception.and_then(|it| it.period);
            prop_assert!(period.is_some_and(|period| permit.expires_at() <= period.until));
        }
    }

    #[test]
    fn a_permit_is_given_exactly_when_all_conditions_hold((request, facts) in case()) {
        let decided = decide(&request, &facts);
        prop_assert_eq!(decided.is_ok(), oracle::permitted(&request, &facts), "{:?}", decided);
        if let Ok(permit) = decided {
            prop_assert!(permit.is_in_force(facts.now));
            for opened in permit.datasets() {
                prop_assert!(request.datasets.contains(&opened.dataset()));
                for column in opened.columns() {
                    prop_assert!(request.wants.classes.contains(&column.class));
                }
            }
        }
    }

    #[test]
    fn a_look_of_technical_help_is_permitted_exactly_as_far_as_it_was_approved((request, facts) in look()) {
        let decided = decide(&request, &facts);
        prop_assert_eq!(decided.is_ok(), oracle::permitted(&request, &facts), "{:?}", decided);
        if let Ok(permit) = decided {
            let approval = facts.help.and_then(|it| it.approval).unwrap();
            prop_assert!(permit.expires_at() <= approval.period.until);
            let help = permit.help().unwrap();
            let claim = request.help.unwrap();
            prop_assert_eq!((help.help(), help.operator()), (claim.help, claim.pseudonym));
        }
    }

    #[test]
    fn help_changes_nothing_about_a_request_that_names_none((request, facts) in look()) {
        let unnamed = Request { help: None, ..request };
        let without = Facts { help: None, ..facts.clone() };
        prop_assert_eq!(decide(&unnamed, &facts), decide(&unnamed, &without));
    }

    #[test]
    fn losing_a_fact_never_turns_a_refusal_into_a_permit((request, facts) in case(), which: Index) {
        if let Some(less) = without(&facts, which)
            && decide(&request, &facts).is_err()
        {
            prop_assert!(decide(&request, &less).is_err());
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer((request, facts) in case()) {
        prop_assert_eq!(decide(&request, &facts), decide(&request, &facts));
    }
}
