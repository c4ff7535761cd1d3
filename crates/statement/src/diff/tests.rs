use std::collections::BTreeSet;

use proptest::prelude::*;
use yuntu_terms::{ColumnClass, ConsentKind, Lang, LegalBasis, Operation};

use super::*;
use crate::model::{
    Channel, ContactSlot, IncidentItem, Partner, PartnerRole, ProcessingRole, Proof, PurposeRule,
    RetentionStart, Right, SameSite, WhenReduced,
};

type Edit = fn(&mut Statement);

fn in_force() -> Statement {
    Statement::in_force().unwrap().clone()
}

fn purpose<'a>(statement: &'a mut Statement, id: &str) -> &'a mut PurposeRule {
    let mut purposes = statement.purposes.iter_mut();
    purposes.find(|rule| rule.id.as_str() == id).unwrap()
}

fn new_purpose(statement: &mut Statement, id: &str, necessary: bool, connected_to: &[&str]) {
    let mut rule = purpose(statement, "telemetry").clone();
    rule.id = id.parse().unwrap();
    rule.necessary = necessary;
    rule.connected_to = connected_to.iter().map(|id| id.parse().unwrap()).collect();
    statement.purposes.push(rule);
}

fn partner() -> Partner {
    Partner {
        id: "ptn_01890000000070008000000000000001".parse().unwrap(),
        name: Text::new("某合作方", "Some partner"),
        contact: "privacy@example.org".into(),
        role: PartnerRole::Recipient,
        purposes: vec!["support".parse().unwrap()],
        categories: Vec::new(),
        operations: vec![Operation::Share],
        method: Text::new("接口", "interface"),
        region: yuntu_terms::Region::CN,
        agreement_until: yuntu_terms::Timestamp::from_micros(0),
        clause: ClauseId::r(15),
    }
}

/// One edit for each way of giving people less, and more where the way has several legs.
const REDUCTIONS: &[(ReductionKind, Edit)] = &[
    (ReductionKind::RightRemoved, |s| {
        s.rights.retain(|rule| rule.right != Right::Port);
    }),
    (ReductionKind::RightRemoved, |s| s.clauses[0].rights.clear()),
    (ReductionKind::RightWeakened, |s| {
        s.rights[0].answer_days_max = 14;
    }),
    (ReductionKind::RightWeakened, |s| {
        s.rights[1].for_subjects = false;
    }),
    (ReductionKind::RightWeakened, |s| {
        s.contacts
            .retain(|contact| contact.slot != ContactSlot::PrivacyPhone);
    }),
    (ReductionKind::ClauseRemoved, |s| {
        s.clauses.retain(|clause| clause.id != ClauseId::r(17));
    }),
    (ReductionKind::PromiseRemoved, |s| {
        drop(s.clauses[4].promises.remove(0));
    }),
    (ReductionKind::RetentionLengthened, |s| {
        s.retention[5].days_max = 366;
    }),
    (ReductionKind::RetentionLengthened, |s| {
        purpose(s, "share_page").retention_days_max = 31;
    }),
    (ReductionKind::RetentionExceptionAdded, |s| {
        let mut rule = s.retention_exceptions[0].clone();
        rule.id = "because_we_like".try_into().unwrap();
        s.retention_exceptions.push(rule);
    }),
    (ReductionKind::RetentionExceptionAdded, |s| {
        s.retention_exceptions[1].storage_only = false;
    }),
    (ReductionKind::OptionalMadeNecessary, |s| {
        purpose(s, "convenience").necessary = true;
    }),
    (ReductionKind::OptionalMadeNecessary, |s| {
        s.cookie_choices[1].necessary = true;
    }),
    (ReductionKind::NecessaryPurposeAdded, |s| {
        new_purpose(s, "profiling", true, &[]);
    }),
    (ReductionKind::BasisWidened, |s| {
        purpose(s, "recommendation")
            .bases
            .push(LegalBasis::Contract);
    }),
    (ReductionKind::BasisWidened, |s| {
        purpose(s, "share_page").consent = Some(ConsentKind::Expressed);
    }),
    (ReductionKind::BasisWidened, |s| {
        purpose(s, "marketing.insight").refusable = false;
    }),
    (ReductionKind::OperationWidened, |s| {
        purpose(s, "support").operations.push(Operation::Share);
    }),
    (ReductionKind::ClassWidened, |s| {
        purpose(s, "research.industry")
            .classes
            .push(ColumnClass::Sensitive);
    }),
    (ReductionKind::CategoryWidened, |s| {
        purpose(s, "convenience")
            .categories
            .push("browsing".try_into().unwrap());
    }),
    (ReductionKind::RecipientAdded, |s| {
        s.partners.push(partner());
    }),
    (ReductionKind::RegionAdded, |s| {
        let mut region = s.regions[0].clone();
        region.code = "SG".parse().unwrap();
        s.regions.push(region);
    }),
    (ReductionKind::ExceptionWidened, |s| {
        s.exceptions[8].ground = Some(LegalBasis::OtherLaw);
        s.exceptions[8].unavailable = None;
    }),
    (ReductionKind::ExceptionWidened, |s| {
        s.exceptions[4]
            .proofs
            .retain(|proof| *proof != Proof::LaterNotice);
    }),
    (ReductionKind::ExceptionWidened, |s| {
        s.exceptions[15].notice = false;
    }),
    (ReductionKind::ExceptionWidened, |s| {
        s.exceptions[6].days_max = Some(366);
    }),
    (ReductionKind::NotCollectedDropped, |s| {
        drop(s.not_collected.remove(1));
    }),
    (ReductionKind::CookieWidened, |s| {
        s.cookies[0].lifetime_seconds_max += 1;
    }),
    (ReductionKind::CookieWidened, |s| {
        let mut cookie = s.cookies[0].clone();
        cookie.name = "__Host-more".into();
        s.cookies.push(cookie);
    }),
    (ReductionKind::ProtectionLowered, |s| {
        s.cookies[1].same_site = SameSite::Lax;
    }),
    (ReductionKind::ProtectionLowered, |s| {
        s.cookies[2].http_only = false;
    }),
    (ReductionKind::ProtectionLowered, |s| {
        for category in &mut s.categories {
            category.sensitive = false;
        }
    }),
    (ReductionKind::ProtectionLowered, |s| {
        for rule in &mut s.retention {
            rule.pseudonymise_on_deregistration = false;
        }
    }),
    (ReductionKind::ProtectionLowered, |s| {
        s.retention[7].starts = RetentionStart::AccountClosed;
    }),
    (ReductionKind::ProtectionLowered, |s| {
        purpose(s, "service.care").role = ProcessingRole::Controller;
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        s.commitments.codes.valid_minutes_max = 9;
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        s.commitments.aggregates.cell_people_min = 49;
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        s.commitments.cookie_reask_days_min = 100;
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        let items = &mut s.commitments.incident.notice_items;
        items.retain(|item| *item != IncidentItem::Cause);
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        s.commitments.incident.fallback = Channel::Mail;
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        s.commitments.revision.when_reduced = WhenReduced::NoticeOnly;
    }),
    (ReductionKind::CommitmentWeakened, |s| {
        s.cross_border.conditions.truncate(3);
    }),
    (ReductionKind::SurfaceRemoved, |s| {
        drop(s.meta.surfaces.pop());
    }),
];

#[test]
fn a_statement_does_not_differ_from_itself() {
    let statement = in_force();
    let same = diff(&statement, &statement);
    assert!(same.is_empty() && !same.reduces_rights());
    assert!(same.asked_anew.is_empty() && same.reworded.is_empty());
    assert_eq!(
        same.show(Lang::Zh).to_string(),
        "声明 1.0 与 1.0 的差异\n没有差异。\n"
    );
}

#[test]
fn every_way_of_giving_people_less_is_found() {
    let _mark = clause::check!(R30);
    for (at, (kind, edit)) in REDUCTIONS.iter().enumerate() {
        let (old, mut new) = (in_force(), in_force());
        edit(&mut new);
        let found = diff(&old, &new);
        let kinds: Vec<_> = found.reductions.iter().map(|r| r.kind).collect();
        assert!(kinds.contains(kind), "case {at}, {kind}: {kinds:?}");
        assert!(!found.is_empty(), "case {at}, {kind}");
    }
}

#[test]
fn every_kind_of_reduction_is_tried() {
    let tried: BTreeSet<_> = REDUCTIONS.iter().map(|(kind, _)| *kind).collect();
    let all: BTreeSet<_> = ReductionKind::ALL.iter().copied().collect();
    assert_eq!(tried, all);
}

#[test]
fn giving_people_more_is_no_reduction() {
    const GIFTS: &[Edit] = &[
        |s| s.commitments.codes.valid_minutes_max = 3,
        |s| s.commitments.revision.notice_days_min = 60,
        |s| purpose(s, "support").retention_days_max = 100,
        |s| s.retention[5].days_max = 100,
        |s| s.rights[1].answer_days_max = 7,
        |s| purpose(s, "telemetry").categories.truncate(1),
        |s| purpose(s, "marketing.insight").classes.truncate(1),
        |s| purpose(s, "service.care").refusable = true,
        |s| s.cookies.truncate(3),
        |s| s.exceptions[5].invokers.clear(),
        |s| s.exceptions[5].days_max = Some(7),
        |s| s.clauses[0].promises.push("one_more".try_into().unwrap()),
        |s| s.clauses[0].body.en.push_str(" More words."),
        |s| new_purpose(s, "surprise", false, &[]),
    ];
    for (at, gift) in GIFTS.iter().enumerate() {
        let (old, mut new) = (in_force(), in_force());
        gift(&mut new);
        let found = diff(&old, &new);
        assert!(!found.is_empty(), "gift {at}");
        assert!(!found.reduces_rights(), "gift {at}: {:?}", found.reductions);
    }
}

#[test]
fn an_unconnected_purpose_is_asked_anew_and_a_connected_one_is_not() {
    let _mark = clause::check!(R6);
    let (old, mut new) = (in_force(), in_force());
    new_purpose(&mut new, "surprise", false, &[]);
    new_purpose(&mut new, "account_recovery", true, &["account"]);
    let found = diff(&old, &new);
    let asked: Vec<_> = found.asked_anew.iter().map(Purpose::as_str).collect();
    assert_eq!(asked, ["surprise"]);
    assert!(!found.reduces_rights());
}

#[test]
fn a_promise_that_moves_inside_its_row_is_kept() {
    let (old, mut new) = (in_force(), in_force());
    let promise = new.clauses[0].promises.remove(0);
    new.clauses[1].promises.push(promise);
    assert!(!diff(&old, &new).reduces_rights());
}

#[test]
fn a_difference_reads_well_in_both_languages() {
    let (old, mut new) = (in_force(), in_force());
    new.meta.version = StatementVersion::new(1, 1);
    new.commitments.codes.valid_minutes_max = 8;
    new.clauses[0].body.zh.push('。');
    let found = diff(&old, &new);
    assert_eq!(
        found.show(Lang::En).to_string(),
        "Differences between statement 1.0 and 1.1\n\n\
         Reductions of rights, not binding without express consent:\n\
         - a commitment is loosened: `codes.valid_minutes_max` (R2), from 5 up to 8\n\n\
         Reworded, for a person to read: U1a\n\n\
         about the statement\n- changed `version`\n\n\
         clauses\n- changed `U1a` (body)\n\n\
         commitments\n- changed `codes` (valid_minutes_max)\n"
    );
    assert_eq!(
        found.show(Lang::Zh).to_string(),
        "声明 1.0 与 1.1 的差异\n\n\
         减少权利，未经本人明示同意不生效：\n\
         - 数值承诺放宽：`codes.valid_minutes_max`（R2），由 5 增至 8\n\n\
         措辞有变，须由人阅读：U1a\n\n\
         声明信息\n- 修改 `version`\n\n\
         条款\n- 修改 `U1a`（body）\n\n\
         数值承诺\n- 修改 `codes`（valid_minutes_max）\n"
    );
}

fn edited(picks: &[usize]) -> Statement {
    let mut statement = in_force();
    // Taken in one order and once each, so that positions in the lists stay what the edits expect.
    let picks: BTreeSet<usize> = picks.iter().map(|pick| pick % REDUCTIONS.len()).collect();
    for (at, (_, edit)) in REDUCTIONS.iter().enumerate().rev() {
        if picks.contains(&at) {
            edit(&mut statement);
        }
    }
    statement
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_statement_differs_from_itself(picks in prop::collection::vec(0usize..64, 0..6)) {
        let statement = edited(&picks);
        let same = diff(&statement, &statement);
        prop_assert!(same.is_empty() && !same.reduces_rights());
    }

    #[test]
    fn what_differs_differs_both_ways(picks in prop::collection::vec(0usize..64, 0..6)) {
        let (old, new) = (in_force(), edited(&picks));
        let (there, back) = (diff(&old, &new), diff(&new, &old));
        prop_assert_eq!(there.is_empty(), old == new);
        prop_assert_eq!(there.changes.len(), back.changes.len());
        prop_assert_eq!(there.is_empty(), old.digest() == new.digest());
        if !picks.is_empty() {
            prop_assert!(there.reduces_rights());
        }
    }
}
