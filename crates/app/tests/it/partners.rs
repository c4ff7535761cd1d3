//! The register of partners: nothing is provided before it is whole, and nothing from the moment it ends (R15, R16).

use std::collections::BTreeSet;
use std::io::Cursor;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use yuntu_app::certification::CertificationError;
use yuntu_app::consent::{ConsentSource, DatasetScope};
use yuntu_app::outbound::Kind;
use yuntu_app::partners::{NewPartnerPaper, PartnerMove, TypedPartner};
use yuntu_app::policy::{
    AssessmentResult, BorderGround, EndingStep, Mechanism, PartnerAgreement, PartnerAssessment,
    PartnerGap, PartnerPaperKind, PartnerRole, Period, Role, Standing, StopReason, SubProcessing,
};
use yuntu_app::store::{CitedOutcome, Contact, NewInstruction};
use yuntu_app::{AppError, Ask, Caller, Platform};
use yuntu_terms::{
    ColumnClass, ConsentKind, Digest, Id, InstructionId, Lang, Operation, PartnerId, Pii,
    Recipient, Region, SystemEntropy, clause,
};
use yuntu_testkit::pdf;

use crate::declarations::entries;
use crate::desk::Desk;
use crate::running::{begin_on, stopped};
use crate::world::{World, everyone, open_beside};

crate::on_both!(
    a_partner_receives_nothing_before_its_registration_is_whole_and_in_force,
    suspending_and_ending_it_stops_what_runs_here_and_in_another_process,
    who_keeps_the_register_is_told_before_it_ends_and_the_day_after_nothing_is_permitted,
    a_correction_changes_nothing_before_it_is_put_in_force_and_every_version_is_kept,
    papers_are_sealed_and_opened_by_a_recorded_look_of_who_keeps_the_register,
    who_is_unknown_foreign_or_ended_is_named_nowhere_and_a_no_is_still_heard,
    what_cannot_be_is_told_with_its_field,
);

const SHARED: &str = "marketing.activation";
const SOON: Duration = Duration::from_millis(500);
const WITHIN: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_hours(24);

/// What is said of a partner that lacks nothing but its papers, for a year.
pub(crate) fn typed(platform: &Platform, role: PartnerRole, region: Region) -> TypedPartner {
    let now = platform.now();
    let (operations, sub_processing) = match role {
        PartnerRole::Entrusted => (vec![Operation::Process], Some(SubProcessing::Never)),
        PartnerRole::Independent => (vec![Operation::Share], None),
    };
    let abroad = region != Region::CN;
    let period = Period {
        from: now,
        until: now.plus_days(365),
    };
    let terms = PartnerAgreement {
        name: String::from("Partner"),
        credit_code: (!abroad).then(|| String::from("91350100M000100Y43")),
        role: Some(role),
        region,
        purposes: vec!["marketing".parse().unwrap()],
        operations,
        classes: vec![ColumnClass::Personal],
        manner: String::from("an encrypted file every week"),
        obligations: String::from("deletes it at the end"),
        sub_processing,
        period: Some(period),
        assessment: Some(PartnerAssessment {
            made: now.plus_days(-3),
            review: now.plus_days(362),
            result: AssessmentResult::WithMeasures,
        }),
        cross_border: abroad.then(|| BorderGround {
            mechanism: Mechanism::StandardContract,
            filing: String::from("2026-0001"),
            from: Region::CN,
            period,
        }),
    };
    TypedPartner {
        terms,
        contact: Some(Pii::new(String::from("privacy@partner.example"))),
    }
}

async fn add(world: &World, id: PartnerId, kind: PartnerPaperKind) {
    let new = NewPartnerPaper {
        kind,
        name: String::from("paper.pdf"),
        bytes: pdf(&format!("paper of {kind}")),
    };
    let (platform, caller) = (&world.platform, &world.caller);
    platform.add_partner_paper(caller, id, new).await.unwrap();
}

/// Registers a partner with its papers and puts it in force.
pub(crate) async fn register(world: &World, role: PartnerRole, region: Region) -> Recipient {
    let (platform, caller) = (&world.platform, &world.caller);
    let typed = typed(platform, role, region);
    let id = platform.register_partner(caller, typed).await.unwrap();
    for kind in PartnerPaperKind::ALL {
        add(world, id, *kind).await;
    }
    platform.enforce_partner(caller, id, 1).await.unwrap();
    Recipient::Partner(id)
}

fn id_of(recipient: Recipient) -> PartnerId {
    let Recipient::Partner(id) = recipient else {
        panic!("no partner");
    };
    id
}

async fn instruct(world: &World, recipient: Recipient) -> Result<InstructionId, AppError> {
    let now = world.platform.now();
    let new = NewInstruction {
        purposes: vec!["marketing".parse().unwrap()],
        operations: vec![Operation::Process, Operation::Share],
        recipients: vec![Recipient::Enterprise, recipient],
        datasets: vec![world.people],
        period: Period {
            from: now,
            until: now.plus_days(360),
        },
        note: None,
    };
    world.platform.instruct(&world.caller, &new).await
}

/// Says for members 1 to 3 that they agree to be shared with a recipient.
async fn agree(world: &World, recipient: &str, status: &str) -> Result<(), AppError> {
    let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
    let line = |m| {
        format!("m{m},{SHARED},share,{recipient},separate,{status},2026-01-05T00:00:00Z,,a card\n")
    };
    let lines: Vec<String> = (1..=3).map(line).collect();
    let file = Cursor::new(format!("{head}{}", lines.concat()));
    let done = world
        .platform
        .record_consent_file(&world.caller, ConsentSource::Api, file);
    done.await.map(drop)
}

fn sharing(world: &World, instruction: InstructionId, recipient: Recipient) -> Ask {
    Ask {
        operation: Operation::Share,
        recipient,
        ..world.ask(instruction, SHARED, everyone())
    }
}

/// A world in which sharing with a partner is permitted.
async fn open_to(world: &World) -> (Recipient, Ask) {
    world.declare().await;
    let partner = register(world, PartnerRole::Independent, Region::CN).await;
    agree(world, &partner.to_string(), "given").await.unwrap();
    let instruction = instruct(world, partner).await.unwrap();
    (partner, sharing(world, instruction, partner))
}

async fn permitted(world: &World, ask: &Ask) -> u64 {
    let done = world.platform.run(&world.caller, ask).await.unwrap();
    done.done().unwrap().audience_size().unwrap().people
}

async fn member(world: &World, role: Role) -> Caller {
    let now = world.platform.now();
    let contact = Contact {
        name: Pii::new(format!("the {role}")),
        phone: None,
        email: Some(Pii::new(format!("{role}@example.com").replace('_', "-"))),
    };
    let period = Period {
        from: now.plus_days(-1),
        until: now.plus_days(600),
    };
    let letter = (Digest::new([3; 32]), period);
    let added = world
        .platform
        .add_representative(&world.caller, role, contact, Lang::En, letter);
    Caller::of(world.caller.enterprise, added.await.unwrap())
}

fn invalid(outcome: Result<impl std::fmt::Debug, AppError>) -> &'static str {
    match outcome {
        Err(AppError::Invalid { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

async fn a_partner_receives_nothing_before_its_registration_is_whole_and_in_force(world: World) {
    let _marks = (
        clause::check!(R15),
        clause::check!(R16),
        clause::check!(R13),
    );
    world.declare().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let whole = typed(platform, PartnerRole::Independent, Region::CN);
    let bare = TypedPartner {
        terms: PartnerAgreement {
            assessment: None,
            manner: String::new(),
            ..whole.terms.clone()
        },
        contact: None,
    };
    let id = platform.register_partner(caller, bare).await.unwrap();
    let partner = Recipient::Partner(id);
    agree(&world, &partner.to_string(), "given").await.unwrap();
    let instruction = instruct(&world, partner).await.unwrap();
    let ask = sharing(&world, instruction, partner);
    let nothing = ["partner_standing", "agreement", "partner_assessment"];
    assert_eq!(world.refused(&ask).await, nothing);
    let refused = platform.enforce_partner(caller, id, 1).await;
    let Err(AppError::Partner(gaps)) = refused else {
        panic!("{refused:?}");
    };
    let lacking = [
        PartnerGap::Contact,
        PartnerGap::Manner,
        PartnerGap::AgreementPaper,
        PartnerGap::Assessment,
        PartnerGap::AssessmentPaper,
    ];
    assert_eq!(gaps, lacking);
    assert_eq!(
        platform.view_partner(caller, id).await.unwrap().gaps,
        lacking
    );
    // What it lacks is put right, by a second draft that takes the place of the first.
    let version = platform.correct_partner(caller, id, whole).await.unwrap();
    for kind in [PartnerPaperKind::Agreement, PartnerPaperKind::Assessment] {
        add(&world, id, kind).await;
    }
    // Nobody puts in force what she was not shown, such as what took the place of what she was shown.
    for shown in [version - 1, version + 1] {
        let other = platform.enforce_partner(caller, id, shown).await;
        assert!(matches!(other, Err(AppError::Missing { what: "draft" })));
    }
    assert_eq!(world.refused(&ask).await, nothing);
    let digest = platform.enforce_partner(caller, id, version).await.unwrap();
    assert_eq!(permitted(&world, &ask).await, 3);
    // To work for the enterprise is not what was agreed, and sensitive values are not either.
    let process = Ask {
        operation: Operation::Process,
        ..ask.clone()
    };
    assert!(world.refused(&process).await.contains(&"agreement_scope"));
    let sensitive = Ask {
        wants: ask.wants.clone().and_class(ColumnClass::Sensitive),
        ..ask.clone()
    };
    assert!(world.refused(&sensitive).await.contains(&"agreement_scope"));
    shows_what_is_in_force(&world, id, digest).await;
}

async fn shows_what_is_in_force(world: &World, id: PartnerId, digest: Digest) {
    let (platform, caller) = (&world.platform, &world.caller);
    let view = platform.view_partner(caller, id).await.unwrap();
    assert_eq!(view.partner.facts.standing, Some(Standing::Active));
    let [in_force] = &view.versions[..] else {
        panic!("one version");
    };
    assert_eq!(in_force.version.digest, Some(digest));
    assert_eq!(in_force.contact.as_deref(), Some("privacy@partner.example"));
    assert_eq!(in_force.version.papers.len(), 2);
    assert_eq!(view.instructions.len(), 1);
    let noted = entries(world, "partner.enforced").await;
    assert_eq!(noted[0].body["digest"], digest.to_string());
    let jobs = platform.partner_jobs(caller, id, None).await.unwrap();
    assert_eq!(jobs.len(), 5);
    let done = jobs
        .iter()
        .filter(|it| matches!(it.outcome, CitedOutcome::Done(_)));
    assert_eq!(done.count(), 1);
}

async fn suspending_and_ending_it_stops_what_runs_here_and_in_another_process(world: World) {
    let _mark = clause::check!(R15);
    let (partner, ask) = open_to(&world).await;
    let id = id_of(partner);
    let (platform, caller) = (&world.platform, &world.caller);
    let run = begin_on(&world, caller, ask.clone()).await;
    let own = world.instruct(0, 30).await;
    world.consent(1..=5, crate::world::PURPOSE).await;
    let apart = begin_on(
        &world,
        caller,
        world.ask(own, crate::world::PURPOSE, everyone()),
    )
    .await;
    let suspend = (PartnerMove::Suspend, "an incident at the partner");
    platform.move_partner(caller, id, suspend).await.unwrap();
    assert_eq!(stopped(run, SOON).await, StopReason::PartnerEnded);
    assert_eq!(world.refused(&ask).await, ["partner_standing"]);
    sleep(Duration::from_millis(2_200)).await;
    assert!(
        !apart.is_finished(),
        "what the enterprise runs for itself is not concerned"
    );
    apart.abort();
    assert_eq!(
        invalid(platform.move_partner(caller, id, suspend).await),
        "act"
    );
    let resume = (PartnerMove::Resume, "it was mended");
    platform.move_partner(caller, id, resume).await.unwrap();
    assert_eq!(permitted(&world, &ask).await, 3);
    let beside = begin_on(&world, caller, ask.clone()).await;
    let process = open_beside(&world.parts).await;
    let end = (PartnerMove::End, "the contract was terminated");
    process.move_partner(caller, id, end).await.unwrap();
    assert_eq!(stopped(beside, WITHIN).await, StopReason::PartnerEnded);
    assert_eq!(world.refused(&ask).await, ["partner_standing"]);
    let jobs = platform.partner_jobs(caller, id, None).await.unwrap();
    let stop = CitedOutcome::Stopped(StopReason::PartnerEnded);
    assert_eq!(jobs.iter().filter(|it| it.outcome == stop).count(), 2);
    // What has ended is not brought back, and nothing more is said of it.
    assert_eq!(
        invalid(platform.move_partner(caller, id, resume).await),
        "act"
    );
    let again = typed(platform, PartnerRole::Independent, Region::CN);
    assert_eq!(
        invalid(platform.correct_partner(caller, id, again).await),
        "partner"
    );
    for kind in ["partner.suspended", "partner.resumed"] {
        assert_eq!(entries(&world, kind).await.len(), 1, "{kind}");
    }
}

async fn who_keeps_the_register_is_told_before_it_ends_and_the_day_after_nothing_is_permitted(
    world: World,
) {
    let _mark = clause::check!(R15);
    let (partner, ask) = open_to(&world).await;
    let id = id_of(partner);
    let (platform, caller) = (&world.platform, &world.caller);
    for role in [Role::PrivacyContact, Role::Analyst] {
        member(&world, role).await;
    }
    let mut new = typed(platform, PartnerRole::Independent, Region::CN);
    new.terms.period.as_mut().unwrap().until = platform.now().plus_days(100);
    let version = platform.correct_partner(caller, id, new).await.unwrap();
    platform.enforce_partner(caller, id, version).await.unwrap();
    drop(Desk::drain_of(&world.parts.store).await);
    let mut left = 100;
    for (days, step, words) in [
        (30, EndingStep::Month, "ends within thirty days"),
        (7, EndingStep::Week, "ends within seven days"),
        (0, EndingStep::Over, "has ended"),
    ] {
        assert_eq!(permitted(&world, &ask).await, 3);
        let days_gone = DAY * u32::try_from(left - days).unwrap();
        world.parts.clock.advance(days_gone);
        left = days;
        assert_eq!(platform.tell_endings().await.unwrap(), 1, "{words}");
        assert_eq!(platform.tell_endings().await.unwrap(), 0, "{words}");
        let (seen, _) = Desk::drain_of(&world.parts.store).await;
        let mut to: Vec<&str> = seen.iter().map(|it| it.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["first@example.com", "privacy-contact@example.com"]);
        for it in &seen {
            assert_eq!(it.kind, Kind::PaperEnding);
            let said = it.text.contains(words) && it.text.contains("First · Partner");
            assert!(said, "{it:?}");
        }
        let view = platform.view_partner(caller, id).await.unwrap();
        assert_eq!(view.ending, Some(step));
    }
    assert_eq!(world.refused(&ask).await, ["agreement_period"]);
    // Renewed, it goes on; and what runs ends with the assessment, as its permit does.
    let mut new = typed(platform, PartnerRole::Independent, Region::CN);
    new.terms.assessment.as_mut().unwrap().review = platform.now().plus_days(2);
    let version = platform.correct_partner(caller, id, new).await.unwrap();
    platform.enforce_partner(caller, id, version).await.unwrap();
    let run = begin_on(&world, caller, ask.clone()).await;
    world.parts.clock.advance(DAY * 2);
    let outcome = timeout(WITHIN, run).await.expect("it runs on").unwrap();
    assert!(outcome.is_err(), "{outcome:?}");
    assert_eq!(world.refused(&ask).await, ["partner_assessment"]);
}

async fn a_correction_changes_nothing_before_it_is_put_in_force_and_every_version_is_kept(
    world: World,
) {
    let _mark = clause::check!(R16);
    let (partner, ask) = open_to(&world).await;
    let id = id_of(partner);
    let (platform, caller) = (&world.platform, &world.caller);
    let mut narrower = typed(platform, PartnerRole::Independent, Region::CN);
    narrower.terms.purposes = vec!["marketing.measurement".parse().unwrap()];
    narrower.terms.name = String::from("Partner, renamed");
    narrower.contact = Some(Pii::new(String::from("new@partner.example")));
    let version = platform.correct_partner(caller, id, narrower).await;
    assert_eq!(version.unwrap(), 2);
    assert_eq!(permitted(&world, &ask).await, 3);
    let view = platform.view_partner(caller, id).await.unwrap();
    assert_eq!(
        (view.partner.name.as_str(), view.partner.version),
        ("Partner", Some(1))
    );
    assert!(view.draft().is_some() && view.gaps.is_empty());
    platform.enforce_partner(caller, id, 2).await.unwrap();
    assert_eq!(world.refused(&ask).await, ["agreement_scope"]);
    let view = platform.view_partner(caller, id).await.unwrap();
    assert_eq!(view.partner.name, "Partner, renamed");
    let contacts: Vec<_> = view
        .versions
        .iter()
        .map(|it| (it.version.version, it.contact.as_deref().unwrap()))
        .collect();
    assert_eq!(
        contacts,
        [(2, "new@partner.example"), (1, "privacy@partner.example")]
    );
    // Without a draft there is nothing to put in force.
    let nothing = platform.enforce_partner(caller, id, 2).await;
    assert!(matches!(nothing, Err(AppError::Missing { what: "draft" })));
}

async fn papers_are_sealed_and_opened_by_a_recorded_look_of_who_keeps_the_register(world: World) {
    let _marks = (
        clause::check!(R16),
        clause::check!(R22),
        clause::check!(R23),
    );
    let (platform, caller) = (&world.platform, &world.caller);
    let new = typed(platform, PartnerRole::Entrusted, Region::CN);
    let id = platform.register_partner(caller, new).await.unwrap();
    let paper = |name: &str, bytes| NewPartnerPaper {
        kind: PartnerPaperKind::Agreement,
        name: name.to_owned(),
        bytes,
    };
    let hostile = paper("agreement.pdf", b"MZ\x90\x00 no paper".to_vec());
    let refused = platform.add_partner_paper(caller, id, hostile).await;
    assert!(matches!(
        refused,
        Err(AppError::Certification(CertificationError::File(_)))
    ));
    let canary = pdf("canary of an agreement");
    let new = paper("协议.pdf", canary.clone());
    let added = platform.add_partner_paper(caller, id, new).await.unwrap();
    let bytes = world.parts.raw_bytes().unwrap();
    for secret in ["canary of an agreement", "privacy@partner.example"] {
        let secret = secret.as_bytes();
        assert!(!bytes.windows(secret.len()).any(|it| it == secret));
    }
    let opened = platform
        .open_partner_paper(caller, id, added)
        .await
        .unwrap();
    assert_eq!((opened.name.as_str(), opened.bytes), ("协议.pdf", canary));
    let view = platform.view_partner(caller, id).await.unwrap();
    assert_eq!(view.papers[0].looks.len(), 1);
    assert_eq!(entries(&world, "partner.paper_opened").await.len(), 1);
    // Who reads reports sees the partner, and neither how it is reached nor its papers.
    let viewer = member(&world, Role::Viewer).await;
    let seen = platform.view_partner(&viewer, id).await.unwrap();
    assert_eq!(seen.versions[0].contact, None);
    assert!(!seen.may_manage);
    let refused = platform.open_partner_paper(&viewer, id, added).await;
    assert!(matches!(refused, Err(AppError::Refused(_))));
    let new = typed(platform, PartnerRole::Entrusted, Region::CN);
    let refused = platform.register_partner(&viewer, new).await;
    assert!(matches!(refused, Err(AppError::Refused(_))));
    // Another enterprise knows nothing of it.
    let foreign = crate::world::enrol(platform, "Second").await;
    for outcome in [
        platform.view_partner(&foreign, id).await.map(drop),
        platform
            .open_partner_paper(&foreign, id, added)
            .await
            .map(drop),
        platform.enforce_partner(&foreign, id, 1).await.map(drop),
        platform.partner_jobs(&foreign, id, None).await.map(drop),
        platform
            .move_partner(&foreign, id, (PartnerMove::End, "over"))
            .await,
    ] {
        assert!(
            matches!(outcome, Err(AppError::Missing { .. })),
            "{outcome:?}"
        );
    }
    assert!(platform.partners(&foreign).await.unwrap().is_empty());
}

async fn who_is_unknown_foreign_or_ended_is_named_nowhere_and_a_no_is_still_heard(world: World) {
    let _marks = (clause::check!(R15), clause::check!(U4));
    let (partner, _) = open_to(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let foreign = crate::world::enrol(platform, "Second").await;
    let theirs = typed(platform, PartnerRole::Independent, Region::CN);
    let theirs = platform.register_partner(&foreign, theirs).await.unwrap();
    let unknown: PartnerId = Id::generate(platform.now(), &SystemEntropy).unwrap();
    let end = (PartnerMove::End, "over");
    platform
        .move_partner(caller, id_of(partner), end)
        .await
        .unwrap();
    let scope = |recipient| DatasetScope {
        purposes: BTreeSet::from([SHARED.parse().unwrap()]),
        operations: BTreeSet::from([Operation::Share]),
        recipients: BTreeSet::from([recipient]),
        kind: ConsentKind::Separate,
        from: platform.now(),
        until: None,
    };
    for recipient in [
        Recipient::Partner(unknown),
        Recipient::Partner(theirs),
        partner,
    ] {
        assert_eq!(invalid(instruct(&world, recipient).await), "recipient");
        let scope = scope(recipient);
        let declared = platform.declare_scope(caller, world.people, (&scope, &[]));
        assert_eq!(invalid(declared.await), "recipient");
        let said = agree(&world, &recipient.to_string(), "given").await;
        assert!(matches!(said, Err(AppError::ConsentLines { total: 3, .. })));
    }
    agree(&world, &partner.to_string(), "withdrawn")
        .await
        .unwrap();
    let said = agree(&world, &theirs.to_string(), "withdrawn").await;
    assert!(matches!(said, Err(AppError::ConsentLines { .. })));
}

/// Spoils what is said of a partner.
type Change = &'static (dyn Fn(&mut TypedPartner) + Sync);

async fn what_cannot_be_is_told_with_its_field(world: World) {
    let _mark = clause::check!(R15);
    let (platform, caller) = (&world.platform, &world.caller);
    let cases: &[(&str, Change)] = &[
        ("name", &|it| it.terms.name = String::from(" ")),
        ("name", &|it| it.terms.name = "n".repeat(201)),
        ("credit_code", &|it| {
            it.terms.credit_code = Some(String::from("91350100M000100Y4Z"));
        }),
        ("manner", &|it| it.terms.manner = "m".repeat(4_001)),
        ("obligations", &|it| {
            it.terms.obligations = String::from("\0");
        }),
        ("purposes", &|it| {
            it.terms.purposes = vec!["account".parse().unwrap()];
        }),
        ("contact", &|it| {
            it.contact = Some(Pii::new(String::from("somebody")));
        }),
    ];
    for (field, spoil) in cases {
        let mut new = typed(platform, PartnerRole::Independent, Region::CN);
        spoil(&mut new);
        let outcome = platform.register_partner(caller, new).await;
        assert_eq!(invalid(outcome), *field);
    }
    let new = typed(platform, PartnerRole::Independent, Region::CN);
    let id = platform.register_partner(caller, new).await.unwrap();
    let silent = (PartnerMove::End, " ");
    assert_eq!(
        invalid(platform.move_partner(caller, id, silent).await),
        "reason"
    );
    // A code that is typed in another form is kept in the normal one.
    let mut new = typed(platform, PartnerRole::Independent, Region::CN);
    new.terms.credit_code = Some(String::from("91350100m000100y43"));
    let id = platform.register_partner(caller, new).await.unwrap();
    let view = platform.view_partner(caller, id).await.unwrap();
    let code = view.versions[0].version.terms.credit_code.clone();
    assert_eq!(code.as_deref(), Some("91350100M000100Y43"));
}
