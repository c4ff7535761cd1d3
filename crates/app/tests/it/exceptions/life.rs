//! What a use admits and leaves behind: receipts, stops, papers, functions, and the notice afterwards.

use std::io::Cursor;
use std::time::Duration;

use tokio::time::sleep;
use yuntu_app::consent::ConsentSource;
use yuntu_app::exceptions::{ExceptionError, ProofInput};
use yuntu_app::lake::IdentifierKind;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{ExceptionState, StopReason};
use yuntu_app::store::CitedOutcome;
use yuntu_app::{AppError, Ask};
use yuntu_statement::{Invoker, Proof};
use yuntu_terms::{ExceptionUseId, Pii, clause};
use yuntu_testkit::pdf;

use super::{Office, codes, exception, funnel_of};
use crate::declarations::entries;
use crate::desk::Desk;
use crate::running::{begin_on, stopped};
use crate::world::{MEMBERS, PURPOSE, World, open_beside};

crate::on_both!(
    what_is_admitted_beyond_consent_shows_in_the_receipt,
    ending_it_stops_what_runs_here_and_in_another_process,
    a_refusal_keeps_out_of_marketing_whatever_its_ground_and_of_no_service_under_a_contract,
    its_papers_are_sealed_replaced_while_it_is_a_draft_and_opened_by_a_recorded_look,
    people_are_told_after_an_emergency_and_until_then_it_is_due,
    who_answers_is_reminded_of_a_notice_that_is_owed_until_it_is_given,
    functions_are_given_and_taken_by_the_owner_alone,
    the_second_person_may_decline_and_the_ledger_tells_of_every_step,
);

const SOON: Duration = Duration::from_millis(500);
const WITHIN: Duration = Duration::from_secs(5);

/// Members 1 to 3 agree, member 4 refuses.
async fn some_say(world: &World) {
    world.consent(1..=3, PURPOSE).await;
    let line =
        format!("m4,{PURPOSE},process,enterprise,explicit,refused,2026-01-05T00:00:00Z,,box 7\n");
    let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
    world
        .platform
        .record_consent_file(
            &world.caller,
            ConsentSource::Api,
            Cursor::new(format!("{head}{line}")),
        )
        .await
        .unwrap();
}

fn insight(office: &Office, clause: &str, id: ExceptionUseId) -> Ask {
    let new = office.new_use(exception(clause), &PURPOSE.parse().unwrap());
    office.ask(id, &new)
}

async fn what_is_admitted_beyond_consent_shows_in_the_receipt(world: World) {
    let _mark = clause::check!(R7);
    let office = Office::of(world).await;
    some_say(&office.world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let id = office.open("R7g", PURPOSE).await;
    let ask = insight(&office, "R7g", id);
    let plain = Ask {
        exception: None,
        ..ask.clone()
    };
    let done = platform.run(owner, &plain).await.unwrap().done().unwrap();
    let receipt = &done.outcome.receipt;
    assert_eq!(funnel_of(&done).admitted, 3);
    assert_eq!(receipt.exception, None);
    assert_eq!(receipt.datasets["people"].beyond_consent, None);

    let done = platform.run(owner, &ask).await.unwrap().done().unwrap();
    let receipt = &done.outcome.receipt;
    // All but the one who refused.
    assert_eq!(funnel_of(&done).admitted, MEMBERS - 1);
    let named = receipt.exception.unwrap();
    assert_eq!(
        (named.clause.to_string(), named.id),
        (String::from("R7g"), id)
    );
    let beyond = receipt.datasets["people"].beyond_consent;
    assert_eq!(beyond, Some(MEMBERS - 1 - 3));
    // The permit and the ledger name both too.
    let read = office.world.parts.store.read();
    let permit = read.find_permit(owner.enterprise, receipt.permit).await;
    let permit = permit.unwrap().unwrap().body;
    assert_eq!(permit["exception"], "R7g");
    assert_eq!(permit["exception_use"], id.to_string());
    assert_eq!(permit["basis"], "contract");
    let recorded = entries(&office.world, "permit.recorded").await;
    let last = recorded.last().unwrap();
    assert_eq!(last.body["exception_use"], id.to_string());
    assert!(last.clauses.iter().any(|it| it.to_string() == "R7g"));
    let jobs = platform.exception_jobs(&office.viewer, id).await.unwrap();
    assert_eq!(jobs.len(), 1, "the run on consent is not among them");
    assert_eq!(jobs[0].outcome, CitedOutcome::Done(done.receipt));
}

async fn ending_it_stops_what_runs_here_and_in_another_process(world: World) {
    let _mark = clause::check!(R7);
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let id = office.open("R7g", PURPOSE).await;
    let other = office.open("R7g", PURPOSE).await;
    let run = begin_on(&office.world, owner, insight(&office, "R7g", id)).await;
    let beside = begin_on(&office.world, owner, insight(&office, "R7g", other)).await;
    platform.end_exception(owner, id, "over").await.unwrap();
    assert_eq!(stopped(run, SOON).await, StopReason::ExceptionEnded);
    sleep(Duration::from_millis(2_200)).await;
    assert!(!beside.is_finished(), "another use is not concerned");
    let process = open_beside(&office.world.parts).await;
    process.end_exception(owner, other, "over").await.unwrap();
    assert_eq!(stopped(beside, WITHIN).await, StopReason::ExceptionEnded);
    let jobs = platform.exception_jobs(owner, other).await.unwrap();
    let stop = CitedOutcome::Stopped(StopReason::ExceptionEnded);
    assert_eq!(jobs[0].outcome, stop);
}

async fn a_refusal_keeps_out_of_marketing_whatever_its_ground_and_of_no_service_under_a_contract(
    world: World,
) {
    let _marks = (clause::check!(R7), clause::check!(U4));
    let office = Office::of(world).await;
    some_say(&office.world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let service = "service.care";
    for member in ["m4", "m5"] {
        take_back(&office, member, service).await;
    }
    let marketing = insight(&office, "R7g", office.open("R7g", PURPOSE).await);
    let public = insight(&office, "R7h", office.open("R7h", PURPOSE).await);
    let care = office.new_use(exception("R7g"), &service.parse().unwrap());
    let care = office.ask(office.open("R7g", service).await, &care);
    let admits = async |ask: &Ask| {
        let done = platform.run(owner, ask).await.unwrap().done().unwrap();
        (funnel_of(&done).admitted, funnel_of(&done).objected)
    };
    assert_eq!(admits(&marketing).await, (MEMBERS - 1, 1));
    assert_eq!(admits(&public).await, (MEMBERS - 1, 1));
    assert_eq!(admits(&care).await, (MEMBERS, 0), "the contract is served");
    // A refusal stops the marketing that runs, on both grounds, and not the service.
    let on_contract = begin_on(&office.world, owner, marketing.clone()).await;
    let of_the_public = begin_on(&office.world, owner, public.clone()).await;
    let serving = begin_on(&office.world, owner, care.clone()).await;
    take_back(&office, "m3", PURPOSE).await;
    take_back(&office, "m3", service).await;
    for run in [on_contract, of_the_public] {
        assert_eq!(stopped(run, SOON).await, StopReason::ConsentWithdrawn);
    }
    sleep(Duration::from_millis(1_200)).await;
    assert!(!serving.is_finished());
    serving.abort();
    assert_eq!(admits(&marketing).await, (MEMBERS - 2, 2));
    assert_eq!(admits(&public).await, (MEMBERS - 2, 2));
    assert_eq!(admits(&care).await, (MEMBERS, 0));
    // Whoever agrees anew has not refused.
    office.world.consent(4..=4, PURPOSE).await;
    assert_eq!(admits(&marketing).await, (MEMBERS - 1, 1));
}

async fn take_back(office: &Office, member: &str, purpose: &str) {
    let (kind, member) = (IdentifierKind::MemberId, Pii::new(String::from(member)));
    let purpose = purpose.parse().unwrap();
    let withdrawn = office
        .platform()
        .withdraw(&office.world.caller, &kind, &member, &purpose);
    withdrawn.await.unwrap();
}

async fn its_papers_are_sealed_replaced_while_it_is_a_draft_and_opened_by_a_recorded_look(
    world: World,
) {
    let _mark = clause::check!(R23);
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let gist = exception("R7g");
    let counsel = office.invoker(gist);
    let new = office.new_use(gist, &PURPOSE.parse().unwrap());
    let id = office.draft(gist, &new).await;
    let file = |bytes: Vec<u8>| ProofInput::File {
        name: String::from("contract.pdf"),
        bytes,
    };
    let add = async |proof, input| {
        platform
            .add_exception_proof(counsel, id, proof, input)
            .await
    };
    let hostile = add(Proof::Contract, file(b"MZ\x90\0 not a paper".to_vec())).await;
    assert!(matches!(hostile, Err(AppError::Certification(_))));
    for (proof, input) in [
        (
            Proof::CitedLaw,
            ProofInput::Words(String::from("Article 1")),
        ),
        (
            Proof::Contract,
            ProofInput::Words(String::from("a promise")),
        ),
        (
            Proof::Contract,
            ProofInput::Day(platform.now().plus_days(1)),
        ),
    ] {
        let error = add(proof, input).await.unwrap_err();
        let expected = matches!(error, AppError::Exception(ExceptionError::NotAsked { .. }));
        assert!(expected, "{error:?}");
    }
    for line in ["first", "second"] {
        add(Proof::Contract, file(pdf(line))).await.unwrap();
    }
    add(Proof::Necessity, file(pdf("necessity"))).await.unwrap();
    let view = platform.view_exception_use(owner, id).await.unwrap();
    assert!(view.lacks.is_empty());
    assert_eq!(view.found.proofs.len(), 2, "the later one took the place");
    let paper = view.found.proofs[0].paper.unwrap();
    let opened = platform.open_exception_paper(owner, id, paper).await;
    assert_eq!(opened.unwrap().bytes, pdf("second"));
    let looks = entries(&office.world, "exception.paper_opened").await;
    assert_eq!(looks.len(), 1);
    let refused = platform
        .open_exception_paper(&office.viewer, id, paper)
        .await;
    assert_eq!(codes(&refused.unwrap_err()), ["exception_control"]);
    platform.invoke_exception(counsel, id).await.unwrap();
    let late = add(Proof::Contract, file(pdf("third"))).await.unwrap_err();
    assert!(matches!(late, AppError::Exception(ExceptionError::Changed)));
    let again = platform.invoke_exception(counsel, id).await.unwrap_err();
    assert!(matches!(
        again,
        AppError::Exception(ExceptionError::Changed)
    ));
}

async fn people_are_told_after_an_emergency_and_until_then_it_is_due(world: World) {
    let _mark = clause::check!(R7);
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let emergency = exception("R7e");
    let officer = office.invoker(emergency);
    let new = office.new_use(emergency, &"service".parse().unwrap());
    let draft = office.draft(emergency, &new).await;
    for days in [0, 32] {
        let day = ProofInput::Day(platform.now().plus_days(days));
        let added = platform.add_exception_proof(officer, draft, Proof::LaterNotice, day);
        assert!(
            matches!(added.await, Err(AppError::Invalid { .. })),
            "{days}"
        );
    }
    let shows = || (("notice.pdf"), pdf("the people were told"));
    let early = platform
        .record_exception_notice(owner, draft, shows())
        .await;
    assert!(
        matches!(early, Err(AppError::Invalid { .. })),
        "nothing is due"
    );
    let id = office.open("R7e", "service").await;
    let view = platform.view_exception_use(owner, id).await.unwrap();
    assert_eq!(view.found.notice_due, Some(platform.now().plus_days(2)));
    assert!(view.found.owes_notice());
    platform
        .end_exception(officer, id, "it is over")
        .await
        .unwrap();
    let view = platform.view_exception_use(owner, id).await.unwrap();
    assert!(view.found.owes_notice(), "whatever became of it");
    let told = platform.record_exception_notice(officer, id, shows());
    told.await.unwrap();
    let view = platform.view_exception_use(owner, id).await.unwrap();
    assert!(!view.found.owes_notice());
    let paper = view.found.notice.unwrap().paper;
    let opened = platform.open_exception_paper(owner, id, paper).await;
    assert_eq!(opened.unwrap().bytes, shows().1);
}

async fn who_answers_is_reminded_of_a_notice_that_is_owed_until_it_is_given(world: World) {
    let _mark = clause::check!(R7);
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let owed = async || platform.notices_owed(owner).await.unwrap();
    let forgotten = office.open("R7e", "service").await;
    let given = office.open("R7e", "service").await;
    let due = platform.now().plus_days(2);
    assert_eq!(owed().await, [due, due]);
    let told = async |times: u64, words: &str| {
        assert_eq!(platform.tell_endings().await.unwrap(), times, "{words}");
        assert_eq!(platform.tell_endings().await.unwrap(), 0, "{words}");
        let (seen, _) = Desk::drain_of(&office.world.parts.store).await;
        // The owner; whoever invoked it has no account in these tests.
        let to: Vec<&str> = seen.iter().map(|it| it.to.as_str()).collect();
        let expected = usize::try_from(times).unwrap();
        assert_eq!(to, vec!["first@example.com"; expected]);
        for it in &seen {
            assert_eq!(it.kind, Kind::PaperEnding);
            assert!(it.text.contains(words), "{it:?}");
            assert!(it.text.contains("First · R7e"), "{it:?}");
        }
    };
    told(2, "is due within seven days").await;
    let proof = ("notice.pdf", pdf("the people were told"));
    let recorded = platform.record_exception_notice(owner, given, proof).await;
    recorded.unwrap();
    assert_eq!(owed().await, [due]);
    // What is given is owed no more; what is forgotten is overdue, whatever became of the use.
    office.world.parts.clock.set(due);
    told(1, "is overdue").await;
    let view = platform.view_exception_use(owner, forgotten).await;
    assert!(view.unwrap().found.owes_notice());
}

async fn functions_are_given_and_taken_by_the_owner_alone(world: World) {
    let _marks = (clause::check!(R7), clause::check!(R21));
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let counsel = &office.staff[&Invoker::LegalCounsel];
    for caller in [&office.viewer, counsel] {
        let own = caller.representative;
        let given = platform.set_function(caller, own, Invoker::PrivacyOfficer, true);
        assert!(codes(&given.await.unwrap_err()).contains(&"role"));
    }
    let given = entries(&office.world, "member.function_given").await;
    assert_eq!(given.len(), Invoker::ALL.len());
    let set = async |given| {
        let member = counsel.representative;
        let set = platform.set_function(owner, member, Invoker::LegalCounsel, given);
        set.await.unwrap();
    };
    // What is so already is not done twice.
    set(true).await;
    let again = entries(&office.world, "member.function_given").await;
    assert_eq!(again.len(), given.len());
    let id = office.open("R7b", "service").await;
    set(false).await;
    let taken = entries(&office.world, "member.function_taken").await;
    assert_eq!(taken.len(), 1);
    let counselled = exception("R7b");
    let new = office.new_use(counselled, &"service".parse().unwrap());
    let drafted = platform.draft_exception(counsel, &new).await;
    assert_eq!(codes(&drafted.unwrap_err()), ["exception_invoker"]);
    // What she invoked while she could stands.
    assert!(office.lacks(&office.ask(id, &new)).await.is_empty());
    let (members, _) = platform.members(owner).await.unwrap();
    let held = members.iter().filter(|it| !it.functions.is_empty());
    assert_eq!(held.count(), Invoker::ALL.len() - 1);
    // Who acts for the enterprise no longer has none.
    let officer = office.staff[&Invoker::SecurityOfficer].representative;
    platform.remove_member(owner, officer).await.unwrap();
    let read = office.world.parts.store.read();
    let functions = read.list_functions(owner.enterprise).await.unwrap();
    assert_eq!(functions.len(), Invoker::ALL.len() - 2);
}

async fn the_second_person_may_decline_and_the_ledger_tells_of_every_step(world: World) {
    let _marks = (clause::check!(R7), clause::check!(R23));
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let gist = exception("R7g");
    let counsel = office.invoker(gist);
    let new = office.new_use(gist, &PURPOSE.parse().unwrap());
    let id = office.draft(gist, &new).await;
    let early = platform.decline_exception(owner, id, "no").await;
    assert_eq!(
        codes(&early.unwrap_err()),
        ["exception_confirmed"],
        "nobody invoked it"
    );
    for proof in &gist.proofs {
        office.put(gist, id, *proof).await;
    }
    let digest = platform.invoke_exception(counsel, id).await.unwrap();
    for reason in ["", "two\nlines", &"x".repeat(201)] {
        let declined = platform.decline_exception(owner, id, reason).await;
        assert!(matches!(declined, Err(AppError::Invalid { .. })));
    }
    platform
        .decline_exception(owner, id, "not needed")
        .await
        .unwrap();
    let view = platform.view_exception_use(owner, id).await.unwrap();
    assert_eq!(view.state, ExceptionState::Ended);
    assert_eq!(view.found.ended.unwrap().3, "not needed");
    let confirmed = platform.confirm_exception(owner, id, digest).await;
    assert!(matches!(
        confirmed,
        Err(AppError::Exception(ExceptionError::Changed))
    ));
    let id = office.open("R7g", PURPOSE).await;
    let stranger = platform.end_exception(&office.viewer, id, "why not").await;
    assert_eq!(codes(&stranger.unwrap_err()), ["exception_control"]);
    platform.end_exception(owner, id, "done").await.unwrap();
    for (kind, times) in [
        ("exception.declined", 1),
        ("exception.confirmed", 1),
        ("exception.ended", 1),
    ] {
        let found = entries(&office.world, kind).await;
        assert_eq!(found.len(), times, "{kind}");
        assert!(found[0].clauses.iter().any(|it| it.to_string() == "R7g"));
    }
    let count = office.world.parts.store.read();
    let now = platform.now();
    let counted = count
        .count_entries(now.plus_days(-1), now.plus_days(1))
        .await
        .unwrap();
    for (kind, times) in [
        ("exception.drafted", 2),
        ("exception.proof_added", 4),
        ("exception.invoked", 2),
    ] {
        let found = counted.iter().find(|it| it.kind == kind);
        assert_eq!(found.map(|it| it.count), Some(times), "{kind}");
    }
}
