//! An enterprise applies for its certification, from the first draft to the answer.

use std::collections::{BTreeMap, BTreeSet};

use yuntu_app::assessments::AssessmentReport;
use yuntu_app::certification::{
    ApplicationView, CertificationError, FieldFault, Shown, Typed, industries,
};
use yuntu_app::outbound::{Kind, Link};
use yuntu_app::policy::{
    ApplicationField as F, ApplicationState, AssessmentResult, MissingFact, Role,
};
use yuntu_app::store::{FileFault, FileKind};
use yuntu_app::{AppError, Caller, Platform};
use yuntu_terms::{
    ApplicationId, DocumentId, EnterpriseName, IdentifierError, Pii, UnifiedSocialCreditCode,
    clause,
};
use yuntu_testkit::{contact, pdf};

use crate::desk::Desk;

crate::on_both!(crate::desk::Desk =>
    an_enterprise_fills_in_its_application_and_hands_it_in,
    each_wrong_field_is_named_and_the_right_ones_are_kept,
    a_minor_is_refused_and_no_row_and_no_log_keeps_the_number,
    without_the_separate_consent_neither_number_is_kept,
    a_hostile_file_is_refused_and_nothing_of_it_is_kept,
    a_code_of_another_enterprise_is_refused_without_saying_whose,
    an_application_that_was_taken_back_gives_way_to_a_new_one,
    who_may_not_apply_and_who_is_of_another_enterprise_gets_nowhere,
    what_waited_too_long_is_checked_again_when_it_is_handed_in,
);

pub(crate) const ID: &str = "11010519491231002X";
pub(crate) const MINOR: &str = "510107201201010039";
pub(crate) const BANK: &str = "4111111111111111";
pub(crate) const CODE: &str = "91350100M000100Y43";

/// A person who has just created an enterprise.
pub(crate) async fn owner(desk: &Desk, address: &str) -> Caller {
    let here = desk.sign_up(address).await;
    desk.drain().await;
    let session = desk.session_of(&here).await;
    let name = EnterpriseName::parse("样本商贸有限公司").unwrap();
    let platform = &desk.platform;
    platform
        .create_enterprise(&session, &name, "retail")
        .await
        .unwrap();
    assess(platform).await;
    let session = desk.session_of(&here).await;
    platform.caller(&session).await.unwrap().unwrap()
}

pub(crate) fn link() -> Link {
    Link::try_from("https://yuntu.example/console/certification").unwrap()
}

pub(crate) fn typed<const N: usize>(values: [(F, &str); N]) -> Typed {
    let values = values.map(|(field, text)| (field, Pii::new(text.to_owned())));
    Typed {
        values: BTreeMap::from(values),
        removes: BTreeSet::new(),
        agrees: true,
    }
}

pub(crate) fn whole() -> Typed {
    typed([
        (F::EnterpriseName, "样本商贸有限公司"),
        (F::CreditCode, CODE),
        (F::Industry, "retail"),
        (F::LegalRepresentative, "样本法人"),
        (F::Agent, ""),
        (F::Address, "样本市样本路 1 号"),
        (F::BankAccount, BANK),
        (F::IdNumber, ID),
        (F::LetterUntil, "2026-12-31"),
        (F::LicenceUntil, ""),
    ])
}

/// Puts an impact assessment in force, as whoever sets the platform up does.
pub(crate) async fn assess(platform: &Platform) {
    let now = platform.now();
    let report = AssessmentReport {
        name: "评估报告.pdf".to_owned(),
        bytes: pdf("report"),
        made: now.plus_days(-1),
        review: now.plus_days(365),
        result: AssessmentResult::WithMeasures,
    };
    platform.enforce_assessment_here(report).await.unwrap();
}

/// Fills in everything and adds both papers.
pub(crate) async fn fill_in(desk: &Desk, caller: &Caller) -> ApplicationId {
    let platform = &desk.platform;
    let id = platform.begin_certification(caller).await.unwrap();
    platform
        .save_certification(caller, id, &whole())
        .await
        .unwrap();
    for (field, name) in [(F::Letter, "授权书.pdf"), (F::Licence, "营业执照.pdf")] {
        add(desk, caller, (id, field), name, pdf("canary of a paper"))
            .await
            .unwrap();
    }
    id
}

async fn add(
    desk: &Desk,
    caller: &Caller,
    place: (ApplicationId, F),
    name: &str,
    bytes: Vec<u8>,
) -> Result<DocumentId, AppError> {
    let platform = &desk.platform;
    platform
        .add_certification_file(caller, place, name, bytes)
        .await
}

pub(crate) async fn current(desk: &Desk, caller: &Caller) -> ApplicationView {
    let found = desk.platform.certification(caller).await.unwrap();
    found.current.unwrap()
}

/// Why an act was not done.
#[track_caller]
pub(crate) fn refused<T>(outcome: Result<T, AppError>) -> CertificationError {
    match outcome {
        Ok(_) => panic!("done"),
        Err(AppError::Certification(error)) => error,
        Err(other) => panic!("another fault: {other:?}"),
    }
}

fn faults<T>(outcome: Result<T, AppError>) -> Vec<(F, FieldFault)> {
    let error = refused(outcome);
    if let CertificationError::Faults(faults) = error {
        return faults;
    }
    panic!("another reason: {error:?}");
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

async fn an_enterprise_fills_in_its_application_and_hands_it_in(desk: Desk) {
    let _marks = (clause::check!(U1), clause::check!(R22));
    let caller = owner(&desk, "li@example.cn").await;
    let platform = &desk.platform;
    let id = fill_in(&desk, &caller).await;
    // The draft is there for who comes back to it; the numbers are masked even then.
    let draft = current(&desk, &caller).await;
    assert_eq!(draft.application.state, ApplicationState::Draft);
    assert!(draft.application.consented.is_some());
    assert_eq!(
        draft.values[&F::IdNumber],
        Shown::Masked("110***********002X".to_owned())
    );
    assert_eq!(
        draft.values[&F::BankAccount],
        Shown::Masked("************1111".to_owned())
    );
    assert_eq!(
        draft.values[&F::Address],
        Shown::Plain("样本市样本路 1 号".to_owned())
    );
    assert!(!draft.values.contains_key(&F::Agent));
    let mut names: Vec<_> = draft
        .files
        .iter()
        .map(|file| file.name.clone().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["授权书.pdf", "营业执照.pdf"]);
    let file = platform
        .certification_file(&caller, draft.files[0].document.id)
        .await
        .unwrap();
    assert_eq!(
        (file.kind, file.bytes),
        (FileKind::Pdf, pdf("canary of a paper"))
    );
    let before = desk.entries().await;
    platform
        .submit_certification(&caller, id, None, &link())
        .await
        .unwrap();
    assert_eq!(desk.entries().await, before + 1);
    let (seen, _) = desk.drain().await;
    assert_eq!(
        (seen.len(), seen[0].kind, seen[0].to.as_str()),
        (1, Kind::CertificationChanged, "li@example.cn")
    );
    let submitted = current(&desk, &caller).await;
    assert_eq!(submitted.application.state, ApplicationState::Submitted);
    assert_eq!(submitted.history.len(), 1);
    // What lies with the reviewer stays as it is.
    let late = platform.save_certification(&caller, id, &whole()).await;
    assert_eq!(refused(late), CertificationError::MovedOn);
    let late = add(&desk, &caller, (id, F::Letter), "a.pdf", pdf("a")).await;
    assert_eq!(refused(late), CertificationError::MovedOn);
    let twice = platform
        .submit_certification(&caller, id, None, &link())
        .await;
    assert_eq!(refused(twice), CertificationError::MovedOn);
    let second = platform.begin_certification(&caller).await;
    assert_eq!(refused(second), CertificationError::OpenAlready);
    // What the person did stands in her own log, in words.
    let bytes = desk.parts.raw_bytes().unwrap();
    assert!(holds(&bytes, "样本商贸有限公司") && holds(&bytes, "certification.submitted"));
    for personal in [ID, BANK, "样本法人", "样本路", "canary of", "授权书"] {
        assert!(!holds(&bytes, personal), "{personal}");
    }
}

async fn each_wrong_field_is_named_and_the_right_ones_are_kept(desk: Desk) {
    let _mark = clause::check!(U1);
    let caller = owner(&desk, "li@example.cn").await;
    let platform = &desk.platform;
    let id = platform.begin_certification(&caller).await.unwrap();
    let form = typed([
        (F::EnterpriseName, "样本商贸有限公司"),
        (F::CreditCode, "91310115MA1H8R7C6D"),
        (F::BankAccount, "12345"),
        (F::IdNumber, "110101199003070012"),
        (F::LegalRepresentative, "王"),
        (F::Industry, "sorcery"),
        (F::LetterUntil, "2026-03-20"),
    ]);
    let found = faults(platform.save_certification(&caller, id, &form).await);
    let check_character = FieldFault::Identifier(IdentifierError::CheckCharacter);
    let length = IdentifierError::Length {
        found: 5,
        least: 8,
        most: 32,
    };
    let expected = [
        (F::CreditCode, check_character),
        (F::Industry, FieldFault::Industry),
        (
            F::LegalRepresentative,
            FieldFault::Line { least: 2, most: 60 },
        ),
        (F::BankAccount, FieldFault::Identifier(length)),
        (F::IdNumber, check_character),
        (F::LetterUntil, FieldFault::Over),
    ];
    assert_eq!(found, expected);
    let kept: Vec<_> = current(&desk, &caller).await.values.into_keys().collect();
    assert_eq!(kept, [F::EnterpriseName]);
    // Handing it in names everything that is missing, and nothing that is optional.
    let missing = faults(
        platform
            .submit_certification(&caller, id, None, &link())
            .await,
    );
    let necessary: Vec<_> = F::ALL
        .iter()
        .filter(|it| it.is_necessary() && **it != F::EnterpriseName)
        .collect();
    assert_eq!(
        missing.iter().map(|(field, _)| field).collect::<Vec<_>>(),
        necessary
    );
    assert!(
        missing
            .iter()
            .all(|(_, fault)| *fault == FieldFault::Missing)
    );
    // An empty text removes what was kept.
    platform
        .save_certification(&caller, id, &typed([(F::EnterpriseName, " ")]))
        .await
        .unwrap();
    assert!(current(&desk, &caller).await.values.is_empty());
    assert_eq!(industries().count(), 20);
}

async fn a_minor_is_refused_and_no_row_and_no_log_keeps_the_number(desk: Desk) {
    let _mark = clause::check!(R29);
    let caller = owner(&desk, "li@example.cn").await;
    let platform = &desk.platform;
    let id = platform.begin_certification(&caller).await.unwrap();
    platform
        .save_certification(&caller, id, &typed([(F::IdNumber, ID)]))
        .await
        .unwrap();
    let form = typed([(F::IdNumber, MINOR), (F::Address, "样本市样本路 1 号")]);
    let found = faults(platform.save_certification(&caller, id, &form).await);
    assert_eq!(found, [(F::IdNumber, FieldFault::Minor)]);
    // The number that was kept before is gone as well; the rest stays.
    let kept: Vec<_> = current(&desk, &caller).await.values.into_keys().collect();
    assert_eq!(kept, [F::Address]);
    platform.sequence().await.unwrap();
    let bytes = desk.parts.raw_bytes().unwrap();
    let ledger = std::fs::read_dir(platform.ledger_folder()).unwrap();
    assert!(ledger.count() > 0);
    assert!(holds(&bytes, "certification.saved"));
    for part in [MINOR, "20120101", "201201010039"] {
        assert!(!holds(&bytes, part), "{part}");
        assert!(!ledger_holds(platform.ledger_folder(), part), "{part}");
    }
}

fn ledger_holds(folder: &std::path::Path, needle: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            ledger_holds(&path, needle)
        } else {
            holds(&std::fs::read(path).unwrap(), needle)
        }
    })
}

async fn without_the_separate_consent_neither_number_is_kept(desk: Desk) {
    let _mark = clause::check!(U1);
    let caller = owner(&desk, "li@example.cn").await;
    let platform = &desk.platform;
    let id = platform.begin_certification(&caller).await.unwrap();
    let form = |agrees| Typed {
        agrees,
        ..typed([
            (F::IdNumber, ID),
            (F::BankAccount, BANK),
            (F::Address, "样本市样本路 1 号"),
        ])
    };
    let found = faults(platform.save_certification(&caller, id, &form(false)).await);
    assert_eq!(
        found,
        [
            (F::BankAccount, FieldFault::Consent),
            (F::IdNumber, FieldFault::Consent)
        ]
    );
    assert_eq!(current(&desk, &caller).await.values.len(), 1);
    platform
        .save_certification(&caller, id, &form(true))
        .await
        .unwrap();
    let agreed = current(&desk, &caller).await;
    assert_eq!(
        (agreed.values.len(), agreed.application.consented.is_some()),
        (3, true)
    );
    // An empty box leaves a number, a removal takes it, and who no longer agrees takes both.
    let empty = typed([(F::IdNumber, ""), (F::BankAccount, "")]);
    platform
        .save_certification(&caller, id, &empty)
        .await
        .unwrap();
    assert_eq!(current(&desk, &caller).await.values.len(), 3);
    let removal = Typed {
        removes: [F::IdNumber].into(),
        ..typed([(F::IdNumber, "")])
    };
    platform
        .save_certification(&caller, id, &removal)
        .await
        .unwrap();
    assert_eq!(current(&desk, &caller).await.values.len(), 2);
    platform
        .save_certification(&caller, id, &Typed::default())
        .await
        .unwrap();
    let left = current(&desk, &caller).await;
    assert_eq!(left.application.consented, None);
    assert_eq!(left.values.into_keys().collect::<Vec<_>>(), [F::Address]);
}

async fn a_hostile_file_is_refused_and_nothing_of_it_is_kept(desk: Desk) {
    let _mark = clause::check!(R22);
    let caller = owner(&desk, "li@example.cn").await;
    let id = desk.platform.begin_certification(&caller).await.unwrap();
    let polyglot = [pdf("a"), b"<script>alert(1)</script>".to_vec()].concat();
    for (name, bytes, fault) in [
        ("a.html", b"<!doctype html>".to_vec(), FileFault::Kind),
        ("../../a.pdf", pdf("a"), FileFault::Name),
        ("a.exe", pdf("a"), FileFault::Ending),
        ("a.pdf", polyglot, FileFault::Appended),
        ("a.pdf", Vec::new(), FileFault::Empty),
    ] {
        let outcome = add(&desk, &caller, (id, F::Licence), name, bytes).await;
        assert_eq!(refused(outcome), CertificationError::File(fault));
    }
    let nowhere = add(&desk, &caller, (id, F::Address), "a.pdf", pdf("a")).await;
    assert!(matches!(nowhere, Err(AppError::Missing { what: "field" })));
    assert!(current(&desk, &caller).await.files.is_empty());
    for number in 0..12 {
        add(
            &desk,
            &caller,
            (id, F::Licence),
            "a.pdf",
            pdf(&number.to_string()),
        )
        .await
        .unwrap();
    }
    let more = add(&desk, &caller, (id, F::Licence), "a.pdf", pdf("more")).await;
    assert_eq!(refused(more), CertificationError::TooManyFiles);
    let first = current(&desk, &caller).await.files[0].document.id;
    desk.platform
        .remove_certification_file(&caller, id, first)
        .await
        .unwrap();
    assert_eq!(current(&desk, &caller).await.files.len(), 11);
    let gone = desk.platform.certification_file(&caller, first).await;
    assert!(matches!(gone, Err(AppError::Missing { what: "document" })));
}

async fn a_code_of_another_enterprise_is_refused_without_saying_whose(desk: Desk) {
    let _mark = clause::check!(U1);
    let first = owner(&desk, "li@example.cn").await;
    let code = UnifiedSocialCreditCode::parse(CODE).unwrap();
    let name = EnterpriseName::parse("第一家").unwrap();
    desk.identify(first.enterprise, &name, &code).await;
    desk.clock.advance(crate::desk::MINUTE);
    let second = owner(&desk, "wang@example.cn").await;
    let id = fill_in(&desk, &second).await;
    let found = faults(
        desk.platform
            .submit_certification(&second, id, None, &link())
            .await,
    );
    assert_eq!(found, [(F::CreditCode, FieldFault::Taken)]);
    let text = FieldFault::Taken.text();
    for told in [text.zh, text.en] {
        assert!(!told.contains("第一家") && !told.contains(CODE));
    }
    // The enterprise that bears it renews with the same code.
    let id = fill_in(&desk, &first).await;
    desk.platform
        .submit_certification(&first, id, None, &link())
        .await
        .unwrap();
}

async fn an_application_that_was_taken_back_gives_way_to_a_new_one(desk: Desk) {
    let caller = owner(&desk, "li@example.cn").await;
    let platform = &desk.platform;
    let id = fill_in(&desk, &caller).await;
    platform
        .submit_certification(&caller, id, None, &link())
        .await
        .unwrap();
    desk.drain().await;
    platform
        .withdraw_certification(&caller, id, &link())
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    assert_eq!((seen.len(), seen[0].kind), (1, Kind::CertificationChanged));
    let again = platform.withdraw_certification(&caller, id, &link()).await;
    assert_eq!(refused(again), CertificationError::MovedOn);
    desk.clock.advance(crate::desk::MINUTE);
    let next = platform.begin_certification(&caller).await.unwrap();
    let shown = platform.certification(&caller).await.unwrap();
    assert_eq!(shown.current.unwrap().application.id, next);
    let earlier: Vec<_> = shown.earlier.iter().map(|it| (it.id, it.state)).collect();
    assert_eq!(earlier, [(id, ApplicationState::Withdrawn)]);
}

async fn who_may_not_apply_and_who_is_of_another_enterprise_gets_nowhere(desk: Desk) {
    let _mark = clause::check!(R23);
    let caller = owner(&desk, "li@example.cn").await;
    let platform = &desk.platform;
    let id = fill_in(&desk, &caller).await;
    let document = current(&desk, &caller).await.files[0].document.id;
    desk.clock.advance(crate::desk::MINUTE);
    let other = owner(&desk, "wang@example.cn").await;
    let missing = |outcome: Result<(), AppError>| {
        assert!(
            matches!(outcome, Err(AppError::Missing { .. })),
            "{outcome:?}"
        );
    };
    missing(platform.save_certification(&other, id, &whole()).await);
    missing(
        platform
            .submit_certification(&other, id, None, &link())
            .await,
    );
    missing(platform.withdraw_certification(&other, id, &link()).await);
    missing(
        platform
            .remove_certification_file(&other, id, document)
            .await,
    );
    missing(
        platform
            .certification_file(&other, document)
            .await
            .map(|_file| ()),
    );
    missing(
        add(&desk, &other, (id, F::Licence), "a.pdf", pdf("a"))
            .await
            .map(|_id| ()),
    );
    assert!(
        platform
            .certification(&other)
            .await
            .unwrap()
            .current
            .is_none()
    );
    a_viewer_does_nothing(&desk, &caller, id, document).await;
}

async fn a_viewer_does_nothing(
    desk: &Desk,
    caller: &Caller,
    id: ApplicationId,
    document: DocumentId,
) {
    let platform = &desk.platform;
    let viewer = desk
        .seat(caller.enterprise, Role::Viewer, &contact(9))
        .await;
    let role = |outcome: Result<(), AppError>| {
        let error = outcome.unwrap_err();
        assert!(
            error.refusal().unwrap().lacks(MissingFact::Role),
            "{error:?}"
        );
    };
    role(platform.certification(&viewer).await.map(|_view| ()));
    role(platform.begin_certification(&viewer).await.map(|_id| ()));
    role(platform.save_certification(&viewer, id, &whole()).await);
    role(
        platform
            .submit_certification(&viewer, id, None, &link())
            .await,
    );
    role(platform.withdraw_certification(&viewer, id, &link()).await);
    role(
        platform
            .remove_certification_file(&viewer, id, document)
            .await,
    );
    role(
        platform
            .certification_file(&viewer, document)
            .await
            .map(|_file| ()),
    );
    role(
        add(desk, &viewer, (id, F::Licence), "a.pdf", pdf("a"))
            .await
            .map(|_id| ()),
    );
    assert_eq!(
        current(desk, caller).await.application.state,
        ApplicationState::Draft
    );
}

async fn what_waited_too_long_is_checked_again_when_it_is_handed_in(desk: Desk) {
    let caller = owner(&desk, "li@example.cn").await;
    let id = fill_in(&desk, &caller).await;
    desk.clock
        .advance(std::time::Duration::from_hours(24 * 300));
    let found = faults(
        desk.platform
            .submit_certification(&caller, id, None, &link())
            .await,
    );
    assert_eq!(found, [(F::LetterUntil, FieldFault::Over)]);
}
