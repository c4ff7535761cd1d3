//! Where data comes from and by what right: drafted, confirmed, proved, kept, and over when its time is.

use std::time::Duration;

use yuntu_app::certification::CertificationError;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{
    Confirms, DeclarationGap as Gap, DeclarationPart as Part, EndingStep, EvidenceKind, Period,
    Role, SourceKind, Standing,
};
use yuntu_app::store::Contact;
use yuntu_app::{AppError, Caller, Confirmer, NewEvidence, SourceView, TypedDeclaration};
use yuntu_ledger::Entry;
use yuntu_terms::{DatasetId, Digest, ErrorKind, Lang, PaperId, Pii, clause};
use yuntu_testkit::{long_pdf, pdf};

use crate::desk::Desk;
use crate::world::{PURPOSE, World, declaration, declare, enrol, everyone, mapping, prove};

crate::on_both!(
    a_draft_is_kept_and_opens_nothing_until_it_is_confirmed_whole,
    versions_are_kept_and_compared_and_the_ledger_has_their_digests,
    a_paper_is_looked_through_sealed_and_opened_by_a_recorded_look,
    a_declaration_whose_paper_is_taken_back_opens_nothing,
    who_declares_is_told_before_a_declaration_ends_and_then_nothing_runs,
    a_confirmation_stands_when_who_gave_it_leaves_and_is_asked_anew,
    what_is_about_no_person_is_declared_without_grounds,
);

const DAY: Duration = Duration::from_hours(24);

async fn source(world: &World) -> SourceView {
    let found = world.platform.source_of(&world.caller, world.people).await;
    found.unwrap()
}

/// The entries of this kind that the caller's own log has, the first written first.
pub(crate) async fn entries(world: &World, kind: &str) -> Vec<Entry> {
    let (store, caller) = (&world.parts.store, &world.caller);
    let read = store.read();
    let seat = read.find_representative(caller.enterprise, caller.representative);
    let account = seat.await.unwrap().unwrap().account.unwrap();
    let own = store.list_own_acts(account, None, 200).await.unwrap();
    let of_kind = own.into_iter().filter(|it| it.entry.kind.as_str() == kind);
    let mut entries: Vec<Entry> = of_kind.map(|it| it.entry).collect();
    entries.reverse();
    entries
}

fn draft() -> TypedDeclaration {
    TypedDeclaration {
        collected_how: String::from("at the till"),
        ..TypedDeclaration::default()
    }
}

fn is_missing<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> bool {
    outcome.unwrap_err().kind() == ErrorKind::NotFound
}

async fn a_draft_is_kept_and_opens_nothing_until_it_is_confirmed_whole(world: World) {
    let _mark = clause::check!(U3);
    let (platform, caller) = (&world.platform, &world.caller);
    world.consent(1..=5, PURPOSE).await;
    let instruction = world.instruct(0, 30).await;
    let ask = world.ask(instruction, PURPOSE, everyone());
    let done = platform.declare_source(caller, world.people, draft()).await;
    let done = done.unwrap();
    assert!(done.recorded.digest.is_none() && !done.gaps.contains(&Gap::CollectedHow));
    for gap in [Gap::SourceKind, Gap::Contact, Gap::Evidence, Gap::MayBind] {
        assert!(done.gaps.contains(&gap), "{gap}");
    }
    let shown = source(&world).await;
    assert_eq!(shown.draft().unwrap().gaps, done.gaps);
    assert!(shown.in_force().is_none() && shown.dataset.standing == Standing::Pending);
    let waits = ["dataset_standing", "declaration"];
    assert_eq!(world.refused(&ask).await, waits);
    // Confirmed with gaps it is refused with every gap, and the draft stays as it was.
    let hasty = TypedDeclaration {
        confirms: vec![Confirms::MayBind],
        collected_how: String::from("otherwise"),
        ..TypedDeclaration::default()
    };
    let error = platform.declare_source(caller, world.people, hasty).await;
    let Err(AppError::Declaration(gaps)) = error else {
        panic!("an incomplete declaration was confirmed");
    };
    assert!(gaps.contains(&Gap::SourceLawful) && !gaps.contains(&Gap::MayBind));
    let kept = source(&world).await;
    assert_eq!(
        kept.draft().unwrap().declaration.declared.collected_how,
        "at the till"
    );
    assert_eq!(world.refused(&ask).await, waits);
    // Whole, it takes the draft's place and lets the dataset in.
    world.declare().await;
    let shown = source(&world).await;
    let in_force = shown.in_force().unwrap();
    assert!(shown.draft().is_none() && shown.versions.len() == 1);
    assert_eq!(
        (in_force.declaration.version, shown.dataset.standing),
        (1, Standing::Active)
    );
    assert_eq!(in_force.contact.as_deref(), Some("privacy@store.example"));
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    // The next draft changes nothing of what is in force.
    platform
        .declare_source(caller, world.people, draft())
        .await
        .unwrap();
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    odd_input_is_told(&world).await;
}

async fn odd_input_is_told(world: &World) {
    let (platform, caller) = (&world.platform, &world.caller);
    let what = async |typed| match platform.declare_source(caller, world.people, typed).await {
        Err(AppError::Invalid { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let long = "字".repeat(yuntu_app::DECLARATION_TEXT_CHARS_MAX + 1);
    let typed = TypedDeclaration {
        collected_how: long.clone(),
        ..draft()
    };
    assert_eq!(what(typed).await, "collected_how");
    let typed = TypedDeclaration {
        notice: Some(String::from("a\u{0}b")),
        ..draft()
    };
    assert_eq!(what(typed).await, "notice");
    let typed = TypedDeclaration {
        contact: Some(Pii::new(String::from("ask the boss"))),
        ..draft()
    };
    assert_eq!(what(typed).await, "contact");
}

async fn versions_are_kept_and_compared_and_the_ledger_has_their_digests(world: World) {
    let _mark = clause::check!(U3);
    let (platform, caller) = (&world.platform, &world.caller);
    world.declare().await;
    let papers: Vec<PaperId> = source(&world)
        .await
        .papers
        .iter()
        .map(|it| it.paper.evidence.paper)
        .collect();
    let second = TypedDeclaration {
        notice: Some(String::from("the new terms")),
        contact: Some(Pii::new(String::from("other@store.example"))),
        ..declaration(platform, papers)
    };
    platform
        .declare_source(caller, world.people, second)
        .await
        .unwrap();
    let shown = source(&world).await;
    let [new, old] = &shown.versions[..] else {
        panic!("two versions, not {}", shown.versions.len());
    };
    assert_eq!(new.changed, [Part::Notice, Part::Contact]);
    assert_eq!((new.declaration.version, old.declaration.version), (2, 1));
    assert!(new.is_in_force() && old.declaration.superseded.is_some() && old.changed.is_empty());
    for (view, place) in [(old, 0), (new, 1)] {
        let entry = &entries(&world, "source.declared").await[place];
        let digest = view.declaration.digest.unwrap();
        assert_eq!(entry.body["digest"], digest.to_string());
        let text = view.declaration.confirmed_text.as_deref().unwrap();
        for it in Confirms::ALL {
            assert!(text.contains(&it.text().zh) && text.contains(&it.text().en));
        }
        let again = view
            .declaration
            .declared
            .digest(world.people, view.declaration.version, text);
        assert_eq!(again, Some(digest));
    }
    let one = platform
        .declaration(caller, world.people, old.declaration.id)
        .await;
    assert_eq!(one.unwrap().declaration, old.declaration);
    // Whom to ask lies nowhere in plain.
    let bytes = world.parts.raw_bytes().unwrap();
    let canary = b"other@store.example";
    assert!(!bytes.windows(canary.len()).any(|window| window == canary));
    foreign_eyes_see_nothing(&world, old.declaration.id).await;
}

async fn foreign_eyes_see_nothing(world: &World, id: yuntu_terms::DeclarationId) {
    let platform = &world.platform;
    let other = enrol(platform, "Second").await;
    let paper = source(world).await.papers[0].paper.evidence.paper;
    assert!(is_missing(platform.source_of(&other, world.people).await));
    assert!(is_missing(
        platform.declaration(&other, world.people, id).await
    ));
    assert!(is_missing(
        platform.open_evidence(&other, world.people, paper).await
    ));
    assert!(is_missing(
        platform
            .revoke_evidence(&other, world.people, paper, "x")
            .await
    ));
    let typed = declaration(platform, Vec::new());
    assert!(is_missing(
        platform.declare_source(&other, world.people, typed).await
    ));
    // A viewer reads what is declared, and neither whom to ask nor the papers.
    let viewer = colleague(world, Role::Viewer, 100).await;
    let shown = platform.source_of(&viewer, world.people).await.unwrap();
    assert!(!shown.may_declare && shown.versions.iter().all(|it| it.contact.is_none()));
    let closed = platform.open_evidence(&viewer, world.people, paper).await;
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::Refused);
    let closed = platform
        .declare_source(&viewer, world.people, draft())
        .await;
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::Refused);
}

/// Lets somebody act for the enterprise in a role, with a letter for so many days.
async fn colleague(world: &World, role: Role, days: i32) -> Caller {
    let now = world.platform.now();
    let contact = Contact {
        name: Pii::new(format!("the {role}")),
        phone: None,
        email: Some(Pii::new(format!("{role}@example.com").replace('_', "-"))),
    };
    let period = Period {
        from: now.plus_days(-1),
        until: now.plus_days(days),
    };
    let letter = (Digest::new([3; 32]), period);
    let id = world
        .platform
        .add_representative(&world.caller, role, contact, Lang::En, letter)
        .await
        .unwrap();
    Caller::of(world.caller.enterprise, id)
}

async fn a_paper_is_looked_through_sealed_and_opened_by_a_recorded_look(world: World) {
    let _marks = (clause::check!(R22), clause::check!(R23));
    let (platform, caller) = (&world.platform, &world.caller);
    let add = async |name: &str, bytes| {
        let new = NewEvidence {
            kind: EvidenceKind::Contract,
            name: name.to_owned(),
            bytes,
        };
        platform.add_evidence(caller, world.people, new).await
    };
    for (name, bytes) in [
        ("proof.pdf", Vec::new()),
        ("proof.pdf", b"MZ\x90\x00 no paper".to_vec()),
        ("proof.exe", pdf("a")),
        ("proof.pdf", long_pdf("large", 6 << 20)),
    ] {
        let refused = add(name, bytes).await.unwrap_err();
        let file = matches!(
            refused,
            AppError::Certification(CertificationError::File(_))
        );
        assert!(file, "{refused:?}");
    }
    assert!(source(&world).await.papers.is_empty());
    let canary = pdf("canary of a contract");
    let paper = add("合同.pdf", canary.clone()).await.unwrap();
    let bytes = world.parts.raw_bytes().unwrap();
    assert!(
        !bytes
            .windows(20)
            .any(|window| window == b"canary of a contract")
    );
    let opened = platform
        .open_evidence(caller, world.people, paper)
        .await
        .unwrap();
    assert_eq!((opened.name.as_str(), opened.bytes), ("合同.pdf", canary));
    let shown = source(&world).await;
    let [view] = &shown.papers[..] else {
        panic!("one paper");
    };
    assert_eq!(view.looks.len(), 1);
    assert_eq!(view.looks[0].by, caller.representative);
    for kind in ["evidence.added", "evidence.opened"] {
        let found = entries(&world, kind).await;
        assert_eq!(found.len(), 1, "{kind}");
        assert_eq!(found[0].body["paper"], paper.to_string());
    }
}

async fn a_declaration_whose_paper_is_taken_back_opens_nothing(world: World) {
    let _mark = clause::check!(U3);
    let (platform, caller) = (&world.platform, &world.caller);
    let instruction = world.complete().await;
    let ask = world.ask(instruction, PURPOSE, everyone());
    let paper = source(&world).await.papers[0].paper.evidence.paper;
    // Nobody rests on a paper of another dataset, of another enterprise, or that does not exist.
    let second = platform
        .create_dataset(caller, "second", &mapping())
        .await
        .unwrap();
    let elsewhere = prove(platform, caller, second, EvidenceKind::Other).await;
    let other = enrol(platform, "Other").await;
    let theirs = platform
        .create_dataset(&other, "theirs", &mapping())
        .await
        .unwrap();
    let foreign = prove(platform, &other, theirs, EvidenceKind::Other).await;
    let nowhere: PaperId = "pap_00000000000070008000000000000001".parse().unwrap();
    for strange in [elsewhere, foreign, nowhere] {
        let typed = declaration(platform, vec![paper, strange]);
        assert!(is_missing(
            platform.declare_source(caller, world.people, typed).await
        ));
    }
    let blank = platform
        .revoke_evidence(caller, world.people, paper, " ")
        .await;
    assert!(matches!(
        blank,
        Err(AppError::Invalid { what: "reason", .. })
    ));
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    revoke(&world, world.people, paper).await;
    assert_eq!(world.refused(&ask).await, ["declaration_proof"]);
    let shown = source(&world).await;
    assert_eq!(shown.in_force().unwrap().gaps, [Gap::Evidence]);
    assert_eq!(shown.papers[0].paper.reason.as_deref(), Some("replaced"));
    // It is taken back once, and nothing rests on it anew.
    assert!(is_missing(
        platform
            .revoke_evidence(caller, world.people, paper, "x")
            .await
    ));
    let typed = declaration(platform, vec![paper]);
    assert!(is_missing(
        platform.declare_source(caller, world.people, typed).await
    ));
    declare(platform, caller, world.people).await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    // Of two papers, one proves enough; data from a partner needs its agreement among them.
    let (one, two) = (
        prove(platform, caller, world.people, EvidenceKind::Agreement).await,
        prove(platform, caller, world.people, EvidenceKind::Other).await,
    );
    let typed = TypedDeclaration {
        kind: Some(SourceKind::Partner),
        ..declaration(platform, vec![one, two])
    };
    platform
        .declare_source(caller, world.people, typed)
        .await
        .unwrap();
    revoke(&world, world.people, two).await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    revoke(&world, world.people, one).await;
    assert_eq!(world.refused(&ask).await, ["declaration_proof"]);
}

async fn revoke(world: &World, dataset: DatasetId, paper: PaperId) {
    world
        .platform
        .revoke_evidence(&world.caller, dataset, paper, "replaced")
        .await
        .unwrap();
}

async fn who_declares_is_told_before_a_declaration_ends_and_then_nothing_runs(world: World) {
    let _mark = clause::check!(U3);
    let instruction = world.complete().await;
    let people = world.people;
    let (platform, caller) = (&world.platform, world.caller.clone());
    colleague(&world, Role::PrivacyContact, 300).await;
    colleague(&world, Role::Analyst, 300).await;
    let papers = source(&world).await.papers;
    let now = platform.now();
    let typed = TypedDeclaration {
        period: Some(Period {
            from: now,
            until: now.plus_days(100),
        }),
        ..declaration(platform, vec![papers[0].paper.evidence.paper])
    };
    platform
        .declare_source(&caller, people, typed)
        .await
        .unwrap();
    let long = world.instruct(0, 200).await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    let shown = |step| (Some(step), true);
    let mut left = 100;
    for (days, step, words) in [
        (30, EndingStep::Month, "ends within thirty days"),
        (7, EndingStep::Week, "ends within seven days"),
        (0, EndingStep::Over, "has ended"),
    ] {
        world
            .parts
            .clock
            .advance(DAY * u32::try_from(left - days).unwrap());
        left = days;
        assert_eq!(platform.tell_endings().await.unwrap(), 1, "{words}");
        assert_eq!(platform.tell_endings().await.unwrap(), 0, "{words}");
        let (seen, _) = Desk::drain_of(&world.parts.store).await;
        let mut to: Vec<&str> = seen.iter().map(|it| it.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["first@example.com", "privacy-contact@example.com"]);
        for it in &seen {
            assert_eq!(it.kind, Kind::PaperEnding);
            assert!(
                it.text.contains(words) && it.text.contains("First · people"),
                "{it:?}"
            );
        }
        let view = source(&world).await;
        let view = view.in_force().unwrap();
        assert_eq!((view.ending, view.is_in_force()), shown(step));
    }
    let ask = world.ask(long, PURPOSE, everyone());
    assert_eq!(world.refused(&ask).await, ["declaration_period"]);
    // Whoever looks long afterwards still sees that it is over; confirmed anew, work goes on.
    world.parts.clock.advance(DAY * 60);
    let view = source(&world).await;
    assert_eq!(view.in_force().unwrap().ending, Some(EndingStep::Over));
    declare(platform, &caller, people).await;
    assert_eq!(world.count(long, PURPOSE).await, 5);
    assert_eq!(platform.tell_endings().await.unwrap(), 0);
}

async fn a_confirmation_stands_when_who_gave_it_leaves_and_is_asked_anew(world: World) {
    let _mark = clause::check!(U3);
    let instruction = world.complete().await;
    let (platform, people) = (&world.platform, world.people);
    let admin = colleague(&world, Role::Admin, 10).await;
    declare(platform, &admin, people).await;
    let confirmer = async || source(&world).await.in_force().unwrap().confirmer;
    assert_eq!(confirmer().await, Confirmer::InForce);
    world.parts.clock.advance(DAY * 10);
    assert_eq!(confirmer().await, Confirmer::LetterEnded);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    // Nobody confirms anything without a letter in force.
    let late = declaration(platform, Vec::new());
    let late = platform
        .declare_source(&admin, people, late)
        .await
        .unwrap_err();
    assert_eq!(late.refusal().unwrap().first().fact().code(), "letter");
    platform
        .remove_member(&world.caller, admin.representative)
        .await
        .unwrap();
    assert_eq!(confirmer().await, Confirmer::Left);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
    declare(platform, &world.caller, people).await;
    assert_eq!(confirmer().await, Confirmer::InForce);
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

async fn what_is_about_no_person_is_declared_without_grounds(world: World) {
    let _mark = clause::check!(U3);
    let (platform, caller) = (&world.platform, &world.caller);
    let mut things = mapping();
    things.kind = yuntu_app::lake::DatasetKind::Lookup;
    things.columns.retain(|it| it.name == "age");
    for column in &mut things.columns {
        column.class = yuntu_terms::ColumnClass::NonPersonal;
    }
    let id = platform
        .create_dataset(caller, "things", &things)
        .await
        .unwrap();
    let typed = TypedDeclaration {
        bases: Vec::new(),
        notice: None,
        confirms: vec![Confirms::SourceLawful, Confirms::MayBind],
        ..declaration(platform, Vec::new())
    };
    let done = platform.declare_source(caller, id, typed).await.unwrap();
    assert!(done.gaps.is_empty() && done.recorded.digest.is_some());
    let shown = platform.source_of(caller, id).await.unwrap();
    assert_eq!(shown.dataset.standing, Standing::Active);
}
