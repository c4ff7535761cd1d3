//! Measures: what is asked, limited, frozen, closed and taken back, and that lifting restores it.

use std::time::Duration;

use yuntu_app::lake::{CancelToken, Source};
use yuntu_app::measures::{MeasurePaper, MeasureToTake, MeasureWords, ShownMeasure};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{
    Action, MeasureEnd, MeasureGround, MeasureKind, OperatorRole, Role, Standing, StopReason,
};
use yuntu_app::proposals::{ProposalReason, Proposed};
use yuntu_app::store::{Contact, MeasureMessageKind};
use yuntu_app::{Answer, AppError, Caller};
use yuntu_terms::{Digest, InstructionId, Lang, MeasureId, Pii, Sink, clause};

use crate::desk::{Desk, Seen};
use crate::operators::operator;
use crate::running::{begin, stopped};
use crate::world::{PURPOSE, World, enrol, everyone, mapping};

crate::on_both!(
    a_frozen_dataset_stops_work_names_the_measure_and_lifting_restores_it,
    a_freeze_that_nobody_confirms_ends_by_itself,
    an_ask_without_an_answer_does_what_it_announced,
    an_answer_keeps_what_was_announced_from_happening,
    limited_features_refuse_those_and_nothing_else,
    closing_tells_the_members_hears_an_appeal_and_can_be_lifted,
    nobody_measures_or_answers_beyond_her_role,
    what_does_not_hold_together_is_refused,
);

const HOUR: Duration = Duration::from_hours(1);

pub(crate) struct Two {
    pub(crate) security: OperatorCaller,
    pub(crate) administrator: OperatorCaller,
    auditor: OperatorCaller,
    reviewer: OperatorCaller,
}

/// Adds people who work for the platform to a world, which the tests of desks know how to do.
pub(crate) async fn staffed(world: World) -> (World, Two) {
    let (world, two) = on_desk(world, async |desk: &Desk| Two {
        reviewer: operator(desk, "chen@operator.example", OperatorRole::Reviewer)
            .await
            .caller,
        auditor: operator(desk, "wu@operator.example", OperatorRole::Auditor)
            .await
            .caller,
        security: operator(desk, "zhou@operator.example", OperatorRole::Security)
            .await
            .caller,
        administrator: operator(desk, "ad@operator.example", OperatorRole::Administrator)
            .await
            .caller,
    })
    .await;
    let (world, _) = mail(world).await;
    (world, two)
}

pub(crate) async fn on_desk<T>(world: World, work: impl AsyncFnOnce(&Desk) -> T) -> (World, T) {
    let World {
        platform,
        caller,
        people,
        parts,
    } = world;
    let desk = Desk {
        platform: platform.clone(),
        clock: parts.clock.clone(),
        parts,
    };
    let done = work(&desk).await;
    let world = World {
        platform,
        caller,
        people,
        parts: desk.parts,
    };
    (world, done)
}

pub(crate) async fn mail(world: World) -> (World, Vec<Seen>) {
    on_desk(world, async |desk: &Desk| desk.drain().await.0).await
}

fn words(text: &str) -> MeasureWords {
    MeasureWords::parse(text).unwrap()
}

/// Takes a measure and has it confirmed, or what ends an enterprise proposed and approved.
pub(crate) async fn take(world: &World, two: &Two, kind: MeasureKind) -> MeasureId {
    let platform = &world.platform;
    if !kind.is_taken_by_one() {
        return close(world, two).await;
    }
    let limited = (kind == MeasureKind::LimitFeatures).then_some(Action::ImportData);
    let new = MeasureToTake {
        actions: limited.into_iter().collect(),
        ..measure(world, kind)
    };
    let id = platform.take_measure(&two.security, new).await.unwrap();
    if kind.needs_second() {
        let confirmed = platform.confirm_measure(&two.administrator, id);
        confirmed.await.unwrap();
    }
    id
}

async fn close(world: &World, two: &Two) -> MeasureId {
    let (platform, read) = (&world.platform, world.parts.store.read());
    let why = ProposalReason::parse("the agreement was broken twice").unwrap();
    let closing = Proposed::CloseEnterprise(world.caller.enterprise);
    let proposal = platform.propose(&two.administrator, closing, &why).await;
    let proposal = proposal.unwrap();
    let digest = read.find_proposal(proposal).await.unwrap().unwrap().digest;
    platform
        .approve_proposal(&two.security, proposal, digest)
        .await
        .unwrap();
    let standing = read.measures_standing(&[world.caller.enterprise]).await;
    standing.unwrap()[0].id
}

pub(crate) async fn lift(world: &World, two: &Two, id: MeasureId) {
    let why = words("the proof is convincing, thank you");
    let lifted = world.platform.lift_measure(&two.security, id, &why);
    lifted.await.unwrap();
}

pub(crate) fn measure(world: &World, kind: MeasureKind) -> MeasureToTake {
    MeasureToTake {
        enterprise: world.caller.enterprise,
        dataset: (kind == MeasureKind::FreezeDataset).then_some(world.people),
        kind,
        ground: MeasureGround::Source,
        actions: Vec::new(),
        due: None,
        words: words("we cannot see where these people come from"),
    }
}

async fn own(world: &World, id: MeasureId) -> ShownMeasure {
    let own = world.platform.own_measures(&world.caller, Sink::Page).await;
    let mut own = own.unwrap().into_iter();
    own.find(|it| it.measure.id == id).unwrap()
}

/// Asks and expects a refusal because of a measure; returns what is said in English.
async fn measured(world: &World, instruction: InstructionId) -> String {
    let ask = world.ask(instruction, PURPOSE, everyone());
    match world.platform.run(&world.caller, &ask).await.unwrap() {
        Answer::Refused(refusal) => {
            assert_eq!(world.refused(&ask).await, ["measure"]);
            let reason = refusal.first();
            assert_eq!(reason.clause().to_string(), "U5");
            assert!(reason.text(Lang::Zh).contains("申诉"));
            reason.text(Lang::En)
        }
        Answer::Done(_) => panic!("done instead of refused"),
    }
}

fn is_missing<T>(outcome: &Result<T, AppError>) -> bool {
    matches!(outcome, Err(AppError::Missing { .. }))
}

async fn a_frozen_dataset_stops_work_names_the_measure_and_lifting_restores_it(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let before = world.done(instruction, PURPOSE).await.outcome.receipt;
    let (platform, caller) = (&world.platform, &world.caller);
    let run = begin(&world, caller, instruction, PURPOSE).await;
    let new = measure(&world, MeasureKind::FreezeDataset);
    let id = platform.take_measure(&two.security, new).await.unwrap();
    let by = stopped(run, Duration::from_secs(5)).await;
    assert_eq!(by, StopReason::DatasetFrozen);
    let said = measured(&world, instruction).await;
    for part in [
        "the dataset is frozen since",
        "the lawfulness of the source is in doubt",
        "/console/measures",
        &id.to_string(),
    ] {
        assert!(said.contains(part), "{said}");
    }
    // The enterprise cannot thaw it by declaring anew, and nothing comes in either.
    world.declare().await;
    measured(&world, instruction).await;
    let file = world.parts.folder().join("people.csv");
    let source = Source::open(&file).unwrap();
    let watch: (&(dyn Fn(_) + Send + Sync), _) = (&|_| {}, &CancelToken::new());
    let import = platform
        .import(caller, world.people, &mapping(), source, watch)
        .await;
    let refusal = import.unwrap_err();
    assert_eq!(refusal.refusal().unwrap().first().fact().code(), "measure");
    // A second operator confirms it, the first one does not; then it stays.
    assert!(is_missing(
        &platform.confirm_measure(&two.security, id).await
    ));
    platform
        .confirm_measure(&two.administrator, id)
        .await
        .unwrap();
    world.parts.clock.advance(HOUR * 25);
    assert_eq!(platform.sweep_measures().await.unwrap(), 0);
    measured(&world, instruction).await;
    let why = words("the proof is convincing, thank you");
    platform
        .lift_measure(&two.administrator, id, &why)
        .await
        .unwrap();
    assert!(is_missing(
        &platform.lift_measure(&two.administrator, id, &why).await
    ));
    let after = world.done(instruction, PURPOSE).await.outcome.receipt;
    assert_eq!(after.output_hash, before.output_hash);
    assert_eq!(after.datasets, before.datasets);
    let shown = own(&world, id).await;
    assert!(!shown.stands);
    assert_eq!(shown.words, "we cannot see where these people come from");
    assert_eq!(shown.messages[0].0, MeasureMessageKind::Lifting);
    // Its words stand nowhere in the clear, and the members were told of both.
    let raw = world.parts.raw_bytes().unwrap();
    let secret = b"where these people come from";
    assert!(!raw.windows(secret.len()).any(|window| window == secret));
    let (_world, mail) = mail(world).await;
    let kinds: Vec<Kind> = mail.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::MeasureNews, Kind::MeasureNews]);
    assert!(mail[0].text.contains("a dataset is frozen"), "{mail:?}");
}

async fn a_freeze_that_nobody_confirms_ends_by_itself(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    let new = measure(&world, MeasureKind::FreezeEnterprise);
    let run = begin(&world, &world.caller, instruction, PURPOSE).await;
    let id = platform.take_measure(&two.security, new).await.unwrap();
    let by = stopped(run, Duration::from_secs(5)).await;
    assert_eq!(by, StopReason::EnterpriseFrozen);
    measured(&world, instruction).await;
    // People are served, and withdrawals taken, all the same.
    world.consent(6..=6, PURPOSE).await;
    world
        .parts
        .clock
        .advance(HOUR * 23 + Duration::from_secs(3_599));
    measured(&world, instruction).await;
    world.parts.clock.advance(Duration::from_secs(1));
    // It has ended before anybody swept.
    assert_eq!(world.count(instruction, PURPOSE).await, 6);
    assert!(is_missing(
        &platform.confirm_measure(&two.administrator, id).await
    ));
    assert_eq!(platform.sweep_measures().await.unwrap(), 1);
    assert_eq!(platform.sweep_measures().await.unwrap(), 0);
    let ended = own(&world, id).await.measure.ended.unwrap();
    assert_eq!((ended.0, ended.2), (MeasureEnd::Lapsed, None));
}

fn ask(world: &World) -> MeasureToTake {
    MeasureToTake {
        dataset: Some(world.people),
        due: Some((
            world.platform.now().plus_days(3),
            MeasureKind::FreezeDataset,
        )),
        ..measure(world, MeasureKind::AskProof)
    }
}

async fn an_ask_without_an_answer_does_what_it_announced(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    let id = platform.take_measure(&two.security, ask(&world)).await;
    let id = id.unwrap();
    world.parts.clock.advance(HOUR * 71);
    assert_eq!(platform.sweep_measures().await.unwrap(), 0);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    world.parts.clock.advance(HOUR);
    let swept = platform.sweep_measures().await.unwrap();
    assert_eq!(swept, 1);
    let said = measured(&world, instruction).await;
    assert!(said.contains("was not given in time"), "{said}");
    let ask = own(&world, id).await.measure;
    assert_eq!(ask.ended.unwrap().0, MeasureEnd::Followed);
    let measures = platform.measures(&two.auditor).await.unwrap();
    let freeze = &measures[0].measure;
    assert_eq!(freeze.told.follows, Some(id));
    // The one who asked does not confirm what followed.
    let (first, second) = (&two.security, &two.administrator);
    assert!(is_missing(
        &platform.confirm_measure(first, freeze.id).await
    ));
    platform.confirm_measure(second, freeze.id).await.unwrap();
}

async fn an_answer_keeps_what_was_announced_from_happening(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let id = platform.take_measure(&two.security, ask(&world)).await;
    let id = id.unwrap();
    let bad = MeasurePaper {
        name: String::from("proof.pdf"),
        bytes: b"MZ no paper".to_vec(),
    };
    let answer = words("the contract with our loyalty partner is attached");
    let refused = platform
        .answer_measure(caller, id, (&answer, Some(bad)))
        .await;
    assert!(
        matches!(refused, Err(AppError::Certification(_))),
        "{refused:?}"
    );
    let paper = MeasurePaper {
        name: String::from("proof.pdf"),
        bytes: yuntu_testkit::pdf("contract"),
    };
    platform
        .answer_measure(caller, id, (&answer, Some(paper)))
        .await
        .unwrap();
    world.parts.clock.advance(HOUR * 24 * 4);
    assert_eq!(platform.sweep_measures().await.unwrap(), 0);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    let shown = platform.measures(&two.administrator).await.unwrap();
    let (kind, said, paper, _) = &shown[0].messages[0];
    assert_eq!(*kind, MeasureMessageKind::Answer);
    assert!(said.contains("loyalty partner") && paper.is_some());
    let enough = words("this is what we asked for");
    platform
        .lift_measure(&two.administrator, id, &enough)
        .await
        .unwrap();
    let ended = own(&world, id).await.measure.ended.unwrap();
    assert_eq!(ended.0, MeasureEnd::Satisfied);
}

async fn limited_features_refuse_those_and_nothing_else(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    let new = MeasureToTake {
        actions: vec![Action::Process],
        ..measure(&world, MeasureKind::LimitFeatures)
    };
    let id = platform.take_measure(&two.security, new).await.unwrap();
    let said = measured(&world, instruction).await;
    assert!(said.contains("features are limited"), "{said}");
    world.instruct(0, 5).await;
    // One operator is enough for a mild one, and it does not end by itself.
    world.parts.clock.advance(HOUR * 48);
    platform.sweep_measures().await.unwrap();
    measured(&world, instruction).await;
    let why = words("the limit is not needed any more");
    platform
        .lift_measure(&two.security, id, &why)
        .await
        .unwrap();
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

/// Finds the one measure that stands: those of one millisecond have no order.
fn standing(shown: &[ShownMeasure]) -> &ShownMeasure {
    let mut standing = shown.iter().filter(|it| it.stands);
    let found = standing.next().unwrap();
    assert!(standing.next().is_none());
    assert_eq!(found.words, "the agreement was broken twice");
    found
}

async fn closing_tells_the_members_hears_an_appeal_and_can_be_lifted(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    // Its address goes when it is closed, so that lifting has nothing to bring back.
    let caller = world.caller.clone();
    let (world, _link) = on_desk(world, async |desk: &Desk| {
        crate::seats::invite(desk, &caller, "wei@example.cn", Role::Viewer).await
    })
    .await;
    let (platform, caller) = (&world.platform, &world.caller);
    let invited = async || {
        let open = world.parts.store.list_invitations(caller.enterprise);
        open.await.unwrap().len()
    };
    assert_eq!(invited().await, 1);
    for closing in [Proposed::CloseEnterprise, Proposed::ReclaimEnterprise] {
        let why = ProposalReason::parse("the agreement was broken twice").unwrap();
        let closing = closing(caller.enterprise);
        let proposal = platform.propose(&two.administrator, closing, &why).await;
        let proposal = proposal.unwrap();
        let read = world.parts.store.read();
        let digest = read.find_proposal(proposal).await.unwrap().unwrap().digest;
        let run = begin(&world, caller, instruction, PURPOSE).await;
        platform
            .approve_proposal(&two.security, proposal, digest)
            .await
            .unwrap();
        let by = stopped(run, Duration::from_secs(5)).await;
        assert_eq!(by, StopReason::EnterpriseClosed);
        let ask = world.ask(instruction, PURPOSE, everyone());
        let missing = world.refused(&ask).await;
        assert_eq!(missing, ["enterprise_standing", "measure"]);
        // Who was closed is heard, and reads why.
        let id = standing(&platform.own_measures(caller, Sink::Page).await.unwrap())
            .measure
            .id;
        let appeal = words("it was broken once, by a mistake that is mended");
        platform
            .appeal_measure(caller, id, (&appeal, None))
            .await
            .unwrap();
        let shown = platform.measures(&two.auditor).await.unwrap();
        assert!(standing(&shown).waits_for_reply());
        let reply = words("we look at it again next week");
        platform
            .reply_to_appeal(&two.security, id, &reply)
            .await
            .unwrap();
        let shown = platform.measures(&two.auditor).await.unwrap();
        assert!(!standing(&shown).waits_for_reply());
        let why = words("the mistake is mended, as we see");
        platform
            .lift_measure(&two.security, id, &why)
            .await
            .unwrap();
        let found = read.find_enterprise(caller.enterprise).await.unwrap();
        assert_eq!(found.unwrap().standing, Standing::Active);
        assert_eq!(invited().await, 0);
        assert_eq!(world.count(instruction, PURPOSE).await, 5);
        world.parts.clock.advance(Duration::from_mins(1));
    }
    closings_are_told(&mail(world).await.1);
}

fn closings_are_told(mail: &[Seen]) {
    let told = |text: &str| mail.iter().any(|it| it.text.contains(text));
    assert!(told("the enterprise is closed") && told("the account is taken back"));
    assert!(told("The appeal of") && told("was lifted"));
    // The first closing ended an invitation and the second had none to end: each mail says what was so.
    let count = |text: &str| mail.iter().filter(|it| it.text.contains(text)).count();
    let lifted = count("was lifted");
    let sent_anew = count("have ended and are to be sent anew; everything else is as it was");
    assert_eq!(count("; everything is as it was before"), sent_anew);
    assert_eq!(lifted, 2 * sent_anew);
    assert!(sent_anew > 0);
}

async fn nobody_measures_or_answers_beyond_her_role(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let refused = |outcome: &AppError| outcome.refusal().is_some();
    for nobody in [&two.reviewer, &two.auditor] {
        let new = measure(&world, MeasureKind::FreezeEnterprise);
        let taken = platform.take_measure(nobody, new).await;
        assert!(refused(&taken.unwrap_err()));
    }
    assert!(refused(
        &platform.measures(&two.reviewer).await.unwrap_err()
    ));
    let new = measure(&world, MeasureKind::FreezeEnterprise);
    let id = platform.take_measure(&two.security, new).await.unwrap();
    let viewer = Contact {
        name: Pii::new(String::from("Viewer")),
        phone: None,
        email: None,
    };
    let letter = (
        Digest::new([3; 32]),
        yuntu_app::policy::Period {
            from: platform.now(),
            until: platform.now().plus_days(30),
        },
    );
    let viewer = platform
        .add_representative(caller, Role::Viewer, viewer, Lang::En, letter)
        .await
        .unwrap();
    let viewer = Caller::of(caller.enterprise, viewer);
    let appeal = words("we do not see why this is so");
    let outcome = platform.appeal_measure(&viewer, id, (&appeal, None)).await;
    assert!(refused(&outcome.unwrap_err()));
    // Another enterprise finds no such measure.
    let other = enrol(platform, "Second").await;
    let outcome = platform.appeal_measure(&other, id, (&appeal, None)).await;
    assert!(is_missing(&outcome));
    assert!(
        platform
            .own_measures(&other, Sink::Page)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn what_does_not_hold_together_is_refused(world: World) {
    let (world, two) = staffed(world).await;
    let platform = &world.platform;
    let freeze = || measure(&world, MeasureKind::FreezeDataset);
    let day = platform.now().plus_days(1);
    let bad = [
        measure(&world, MeasureKind::CloseEnterprise),
        measure(&world, MeasureKind::Reclaim),
        measure(&world, MeasureKind::LimitFeatures),
        measure(&world, MeasureKind::AskProof),
        MeasureToTake {
            dataset: None,
            ..freeze()
        },
        MeasureToTake {
            due: Some((day, MeasureKind::FreezeDataset)),
            ..freeze()
        },
        MeasureToTake {
            actions: vec![Action::ServeRights],
            ..measure(&world, MeasureKind::LimitFeatures)
        },
        MeasureToTake {
            due: Some((platform.now(), MeasureKind::FreezeDataset)),
            ..ask(&world)
        },
        MeasureToTake {
            due: Some((day, MeasureKind::CloseEnterprise)),
            dataset: None,
            ..ask(&world)
        },
    ];
    for (number, new) in bad.into_iter().enumerate() {
        let outcome = platform.take_measure(&two.security, new).await;
        let invalid = matches!(outcome, Err(AppError::Invalid { .. }));
        assert!(invalid, "{number}: {outcome:?}");
    }
    for bad in [
        "",
        "too short",
        "a\u{7}bell in these words",
        &"x".repeat(2_001),
    ] {
        assert!(MeasureWords::parse(bad).is_err(), "{bad}");
    }
    let own = platform.own_measures(&world.caller, Sink::Page).await;
    assert!(own.unwrap().is_empty());
}
