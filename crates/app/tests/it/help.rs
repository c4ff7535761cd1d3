//! Technical help: asked for, offered, approved, looked, ended; and nothing is seen before, beside or after it.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;
use yuntu_app::accounts::AccountError;
use yuntu_app::engine::{Budget, EngineError, QueryResult};
use yuntu_app::help::{
    HELP_BYTES_MAX, HELP_ROWS_MAX, HelpName, HelpStatement, HelpToAsk, HelpView, HelpWords,
    ShownLook, help_until,
};
use yuntu_app::lake::{IdentifierKind, LakeError};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{
    DeclarationGap, HelpEnd, HelpScope, OperatorRole, Period, Role, Standing, StopReason,
};
use yuntu_app::store::{Contact, HELP_REFUSALS_QUOTA, HelpLookOutcome, StoreError, Tx};
use yuntu_app::{AppError, Caller, Done, TypedDeclaration, Waiting};
use yuntu_ledger::Pseudonym;
use yuntu_terms::{AudienceId, Digest, HelpId, InstructionId, Lang, Pii, Sink, Timestamp, clause};
use yuntu_vault::KeyScope;

use crate::desk::{Desk, noted};
use crate::measures::{mail, on_desk};
use crate::operators::operator;
use crate::running::endless_over;
use crate::world::{MEMBERS, PURPOSE, World, enrol, open_beside};

crate::on_both!(
    from_the_request_to_its_end_every_look_stands_in_the_log,
    without_an_approval_or_beyond_it_each_look_is_refused_and_logged,
    structure_of_a_dataset_in_quarantine_is_seen_and_its_rows_are_not,
    what_a_look_rests_on_ends_it,
    ending_help_stops_a_look_that_runs,
    what_another_process_ended_stops_a_look_within_five_seconds,
    a_withdrawal_takes_exactly_that_person_from_the_next_look,
    a_whole_dataset_in_one_cell_is_no_answer,
    refused_looks_tell_no_counts_and_have_their_limit,
    what_an_operator_gives_up_while_it_is_approved_is_over,
    whom_nobody_can_write_to_keeps_no_help_from_ending,
    a_request_that_nobody_approves_lapses_and_an_approval_ends_by_time,
    nobody_asks_offers_or_approves_beyond_her_role,
    what_does_not_hold_together_is_refused,
    of_two_who_offer_at_once_one_bears_the_name,
);

const HOUR: Duration = Duration::from_hours(1);
const WITHIN: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_millis(500);
const WORDS: &str = "the ages of our members come out as text; please look why";
const AGES: &str = "SELECT age FROM d1 ORDER BY age";

struct Staff {
    support: OperatorCaller,
    security: OperatorCaller,
    auditor: OperatorCaller,
}

async fn staffed(world: World) -> (World, Staff) {
    let (world, staff) = on_desk(world, async |desk: &Desk| {
        let hired = async |address, role| operator(desk, address, role).await.caller;
        Staff {
            auditor: hired("wu@operator.example", OperatorRole::Auditor).await,
            support: hired("lin@operator.example", OperatorRole::Support).await,
            security: hired("zhou@operator.example", OperatorRole::Security).await,
        }
    })
    .await;
    (mail(world).await.0, staff)
}

fn wish(world: &World, instruction: InstructionId, scopes: &[HelpScope]) -> HelpToAsk {
    HelpToAsk {
        datasets: BTreeSet::from([world.people]),
        instruction,
        purpose: PURPOSE.parse().unwrap(),
        scopes: scopes.iter().copied().collect(),
        words: HelpWords::parse(WORDS).unwrap(),
    }
}

async fn ask(world: &World, instruction: InstructionId, scopes: &[HelpScope]) -> HelpId {
    let new = wish(world, instruction, scopes);
    world.platform.ask_help(&world.caller, new).await.unwrap()
}

/// Offers as this operator and approves her for some hours.
async fn approve(world: &World, operator: &OperatorCaller, help: HelpId, hours: u64) -> Timestamp {
    let platform = &world.platform;
    let name = HelpName::parse("Lin of support").unwrap();
    let offer = platform.offer_help(operator, help, &name).await.unwrap();
    let until = help_until(platform.now(), hours);
    platform
        .approve_help(&world.caller, help, (offer, until))
        .await
        .unwrap();
    until
}

/// Asks for everything and approves the operator for two hours.
async fn granted(world: &World, operator: &OperatorCaller, instruction: InstructionId) -> HelpId {
    let help = ask(world, instruction, HelpScope::ALL).await;
    approve(world, operator, help, 2).await;
    help
}

async fn rows(world: &World, operator: &OperatorCaller, help: HelpId) -> Result<Done, AppError> {
    let statement = HelpStatement::parse(AGES).unwrap();
    let platform = &world.platform;
    platform.look_at_rows(operator, help, &statement).await
}

fn count(done: &Done) -> u64 {
    let QueryResult::Rows(rows) = &done.outcome.result else {
        panic!("{:?}", done.outcome.result);
    };
    rows.len()
}

/// Returns the codes of what a refused look lacks.
fn lacks<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> Vec<&'static str> {
    let error = outcome.unwrap_err();
    let refusal = error.refusal().unwrap_or_else(|| panic!("{error:?}"));
    refusal.reasons().map(|it| it.fact().code()).collect()
}

async fn view(world: &World, help: HelpId) -> (HelpView, Vec<ShownLook>) {
    let at = (None, Sink::Page);
    let platform = &world.platform;
    platform.view_help(&world.caller, help, at).await.unwrap()
}

/// Returns what the enterprise reads of the latest look: the facts that were missing.
async fn logged(world: &World, help: HelpId) -> Vec<String> {
    let (_, looks) = view(world, help).await;
    let HelpLookOutcome::Refused(refusal) = &looks[0].look.outcome else {
        panic!("{:?}", looks[0].look);
    };
    let reasons = refusal["reasons"].as_array().unwrap();
    let facts = reasons
        .iter()
        .map(|reason| reason["fact"].as_str().unwrap());
    facts.map(str::to_owned).collect()
}

/// Expects both kinds of look to be refused for want of these, and that the log says so.
async fn refused(world: &World, operator: &OperatorCaller, help: HelpId, facts: &[&str]) {
    let before = view(world, help).await.1.len();
    assert_eq!(lacks(rows(world, operator, help).await), facts);
    assert_eq!(logged(world, help).await, facts);
    let structure = world.platform.look_at_structure(operator, help).await;
    assert_eq!(lacks(structure), facts);
    assert_eq!(logged(world, help).await, facts);
    assert_eq!(view(world, help).await.1.len(), before + 2);
}

/// The permit names the help and the operator, ends with it, and is among the work of the instruction.
async fn named_in_permit(
    world: &World,
    (help, until): (HelpId, Timestamp),
    done: &Done,
    operator: Pseudonym,
) {
    let caller = &world.caller;
    let body = &done.outcome.receipt;
    let read = world.parts.store.read();
    let kept = read
        .find_permit(caller.enterprise, body.permit)
        .await
        .unwrap();
    let kept = kept.unwrap().body;
    let claim = serde_json::json!({ "help": help, "operator": operator.as_digest() });
    assert_eq!(kept["help"], claim);
    let expires: Timestamp = serde_json::from_value(kept["expires_at"].clone()).unwrap();
    assert!(expires <= until);
    let jobs = world
        .platform
        .instruction_jobs(caller, body.instruction, None)
        .await;
    assert_eq!(jobs.unwrap()[0].help, Some(help));
}

async fn from_the_request_to_its_end_every_look_stands_in_the_log(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let help = ask(&world, instruction, HelpScope::ALL).await;
    // Operators see that somebody asks, and why after a recorded view; nothing of the data.
    let listed = platform.helps_offered(&staff.support).await.unwrap();
    assert_eq!((listed.len(), listed[0].row.offered), (1, false));
    let shown = platform.help_offered(&staff.support, help).await.unwrap();
    assert_eq!(shown.words.as_deref(), Some(WORDS));
    assert_eq!((shown.hers, shown.standing), (false, Standing::Pending));
    let own = async |operator: &OperatorCaller| {
        let own = world.parts.store.list_own_acts(operator.account, None, 1);
        own.await.unwrap().remove(0).entry
    };
    let seen = own(&staff.support).await;
    assert_eq!(
        (seen.kind.as_str(), &seen.body["view"]),
        ("values.opened", &"help".into())
    );
    let until = approve(&world, &staff.support, help, 8).await;
    let structure = platform.look_at_structure(&staff.support, help).await;
    let structure = structure.unwrap();
    let people = &structure.datasets[0];
    assert_eq!(
        (people.table.as_str(), people.name.as_str()),
        ("d1", "people")
    );
    assert_eq!((people.rows, people.columns.len()), (MEMBERS, 1));
    assert_eq!(people.imports[0].progress.rows_loaded, MEMBERS);
    let done = rows(&world, &staff.support, help).await.unwrap();
    assert_eq!(count(&done), 5, "whoever agreed, and nobody else");
    let entry = own(&staff.support).await;
    assert_eq!(entry.kind.as_str(), "help.looked");
    named_in_permit(&world, (help, until), &done, entry.actor).await;
    // The enterprise reads each look, the newest first, with its statement.
    let (shown, looks) = view(&world, help).await;
    assert_eq!(
        (shown.words.as_str(), shown.standing),
        (WORDS, Standing::Active)
    );
    assert_eq!(
        (shown.offers[0].name.as_str(), shown.offers[0].approved),
        ("Lin of support", true)
    );
    let outcomes: Vec<_> = looks.iter().map(|it| it.look.outcome.clone()).collect();
    assert_eq!(
        outcomes,
        [HelpLookOutcome::Done(done.receipt), HelpLookOutcome::Opened]
    );
    assert_eq!(looks[0].statement.as_deref(), Some(AGES));
    assert_eq!(looks[0].name.as_deref(), Some("Lin of support"));
    platform.end_help(caller, help).await.unwrap();
    let again = platform.end_help(caller, help).await;
    assert!(matches!(again, Err(AppError::Missing { .. })));
    refused(&world, &staff.support, help, &["help_standing"]).await;
    assert_eq!(view(&world, help).await.0.end, Some(HelpEnd::Enterprise));
    // Neither why nor what was asked lies anywhere in the clear.
    let raw = world.parts.raw_bytes().unwrap();
    for secret in [WORDS, AGES, "Lin of support"] {
        let secret = secret.as_bytes();
        assert!(!raw.windows(secret.len()).any(|window| window == secret));
    }
    let (_world, mail) = mail(world).await;
    // Mails of one millisecond have no order.
    let ended = mail.iter().filter(|it| it.text.contains("ended on"));
    assert_eq!((mail.len(), ended.count()), (2, 1), "{mail:?}");
    assert!(mail.iter().all(|it| it.kind == Kind::HelpNews), "{mail:?}");
    assert!(mail.iter().all(|it| !it.text.contains("Lin")), "{mail:?}");
}

async fn without_an_approval_or_beyond_it_each_look_is_refused_and_logged(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    // There is none at all.
    let none = rows(
        &world,
        &staff.support,
        yuntu_terms::Id::from_uuid(instruction.uuid()),
    )
    .await;
    assert!(matches!(none, Err(AppError::Missing { .. })), "{none:?}");
    let help = ask(&world, instruction, HelpScope::ALL).await;
    refused(&world, &staff.support, help, &["help_approval"]).await;
    // Whom nobody approved, though another was.
    let until = approve(&world, &staff.support, help, 1).await;
    refused(&world, &staff.security, help, &["help_operator"]).await;
    // Another table than those that were named does not exist for her.
    let beside = HelpStatement::parse("SELECT * FROM d2").unwrap();
    let beside = platform.look_at_rows(&staff.support, help, &beside).await;
    assert!(matches!(beside, Err(AppError::Engine(_))), "{beside:?}");
    let look = view(&world, help).await.1.remove(0);
    assert_eq!(look.statement.as_deref(), Some("SELECT * FROM d2"));
    assert_eq!(look.look.outcome, HelpLookOutcome::Permitted);
    // Nor do saved audiences, whether there is such a one or not.
    let saved = AudienceId::from_uuid(instruction.uuid());
    let saved = HelpStatement::parse(&format!("SELECT * FROM d1 JOIN {saved} USING (subject)"));
    let saved = saved.unwrap();
    let saved = platform.look_at_rows(&staff.support, help, &saved).await;
    assert_eq!(lacks(saved), ["help_audience"]);
    assert_eq!(logged(&world, help).await, ["help_audience"]);
    // To the microsecond.
    world
        .parts
        .clock
        .set(Timestamp::from_micros(until.as_micros() - 1));
    assert_eq!(count(&rows(&world, &staff.support, help).await.unwrap()), 5);
    world.parts.clock.set(until);
    let over = ["help_standing", "help_period"];
    refused(&world, &staff.support, help, &over).await;
    // Of the two things that can be approved, each opens itself alone.
    let structure = ask(&world, instruction, &[HelpScope::Structure]).await;
    approve(&world, &staff.support, structure, 1).await;
    assert_eq!(
        lacks(rows(&world, &staff.support, structure).await),
        ["help_scope"]
    );
    assert_eq!(logged(&world, structure).await, ["help_scope"]);
    platform
        .look_at_structure(&staff.support, structure)
        .await
        .unwrap();
    let only_rows = ask(&world, instruction, &[HelpScope::Rows]).await;
    approve(&world, &staff.support, only_rows, 1).await;
    let looked = platform.look_at_structure(&staff.support, only_rows).await;
    assert_eq!(lacks(looked), ["help_scope"]);
    assert_eq!(
        count(&rows(&world, &staff.support, only_rows).await.unwrap()),
        5
    );
}

async fn structure_of_a_dataset_in_quarantine_is_seen_and_its_rows_are_not(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let instruction = world.instruct(0, 30).await;
    let help = granted(&world, &staff.support, instruction).await;
    let draft = TypedDeclaration::default();
    platform
        .declare_source(caller, world.people, draft)
        .await
        .unwrap();
    let seen = platform.look_at_structure(&staff.support, help).await;
    let people = seen.unwrap().datasets.remove(0);
    assert_eq!(people.standing, Standing::Pending);
    assert!(people.waiting.contains(&Waiting::Declaration), "{people:?}");
    assert!(
        people.gaps.contains(&DeclarationGap::Evidence),
        "{people:?}"
    );
    let missing = lacks(rows(&world, &staff.support, help).await);
    for fact in ["dataset_standing", "declaration", "consent"] {
        assert!(missing.contains(&fact), "{missing:?}");
    }
    assert_eq!(logged(&world, help).await, missing);
}

/// Adds a member with a letter.
async fn member(world: &World, role: Role) -> Caller {
    let now = world.platform.now();
    let letter = Period {
        from: now,
        until: now.plus_days(1),
    };
    let contact = Contact {
        name: Pii::new(role.code().to_owned()),
        phone: None,
        email: None,
    };
    let letter = (Digest::new([3; 32]), letter);
    let added = world
        .platform
        .add_representative(&world.caller, role, contact, Lang::En, letter)
        .await;
    Caller::of(world.caller.enterprise, added.unwrap())
}

async fn what_a_look_rests_on_ends_it(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let (instruction, other) = (world.complete().await, world.instruct(0, 30).await);
    let platform = &world.platform;
    // Its instruction, for structure too.
    let help = granted(&world, &staff.support, instruction).await;
    platform
        .revoke_instruction(&world.caller, instruction)
        .await
        .unwrap();
    refused(&world, &staff.support, help, &["instruction_standing"]).await;
    // Whoever approved it.
    let admin = member(&world, Role::Admin).await;
    let help = ask(&world, other, HelpScope::ALL).await;
    let name = HelpName::parse("Lin").unwrap();
    let offer = platform.offer_help(&staff.support, help, &name).await;
    let until = help_until(platform.now(), 8);
    platform
        .approve_help(&admin, help, (offer.unwrap(), until))
        .await
        .unwrap();
    assert_eq!(count(&rows(&world, &staff.support, help).await.unwrap()), 5);
    platform
        .remove_member(&world.caller, admin.representative)
        .await
        .unwrap();
    let gone = lacks(rows(&world, &staff.support, help).await);
    assert!(gone.contains(&"actor_standing"), "{gone:?}");
    assert_eq!(logged(&world, help).await, gone);
    // Whoever looks.
    let help = granted(&world, &staff.support, other).await;
    platform
        .suspend_operator(&staff.security, staff.support.operator)
        .await
        .unwrap();
    let suspended = rows(&world, &staff.support, help).await;
    assert!(
        matches!(suspended, Err(AppError::Account(_))),
        "{suspended:?}"
    );
}

type Look = JoinHandle<Result<Done, AppError>>;

/// Begins a look that takes hours and waits until it has its permit.
async fn begin(world: &World, operator: &OperatorCaller, help: HelpId) -> Look {
    let store = &world.parts.store;
    let before = store.read().leaves_waiting().await.unwrap();
    let statement = HelpStatement::parse(&endless_over("d1")).unwrap();
    let (platform, operator) = (world.platform.clone(), operator.clone());
    let look =
        tokio::spawn(async move { platform.look_at_rows(&operator, help, &statement).await });
    while store.read().leaves_waiting().await.unwrap() == before {
        assert!(!look.is_finished(), "{:?}", look.await);
        sleep(Duration::from_millis(5)).await;
    }
    look
}

async fn stopped(look: Look, within: Duration) -> StopReason {
    let outcome = tokio::time::timeout(within, look).await;
    match outcome.expect("it runs on").unwrap() {
        Err(AppError::Stopped(reason)) => reason,
        other => panic!("not stopped: {other:?}"),
    }
}

async fn ending_help_stops_a_look_that_runs(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    // By the button of the enterprise; a look under other help runs on.
    let help = granted(&world, &staff.support, instruction).await;
    let other = granted(&world, &staff.security, instruction).await;
    let look = begin(&world, &staff.support, help).await;
    let beside = begin(&world, &staff.security, other).await;
    platform.end_help(&world.caller, help).await.unwrap();
    assert_eq!(stopped(look, SOON).await, StopReason::HelpEnded);
    let outcome = view(&world, help).await.1.remove(0).look.outcome;
    assert_eq!(outcome, HelpLookOutcome::Stopped(StopReason::HelpEnded));
    // In the log of who approved it, it is a look under this help.
    let store = &world.parts.store;
    let members = store.read();
    let members = members.list_members(world.caller.enterprise, platform.now());
    let owner = members.await.unwrap()[0].seat.account.unwrap();
    let own = store.list_own_acts(owner, None, 20).await.unwrap();
    let stop = own
        .iter()
        .find(|it| it.entry.kind.as_str() == "run.stopped")
        .unwrap();
    assert_eq!(stop.entry.body["help"], serde_json::json!(help));
    // By whoever gives it.
    assert!(!beside.is_finished());
    platform.give_up_help(&staff.security, other).await.unwrap();
    assert_eq!(stopped(beside, SOON).await, StopReason::HelpEnded);
    assert_eq!(view(&world, other).await.0.end, Some(HelpEnd::GivenUp));
    // By time, before the permit of the run would end.
    let help = ask(&world, instruction, HelpScope::ALL).await;
    let until = approve(&world, &staff.support, help, 1).await;
    world
        .parts
        .clock
        .set(Timestamp::from_micros(until.as_micros() - 30_000_000));
    let look = begin(&world, &staff.support, help).await;
    world.parts.clock.set(until);
    let outcome = tokio::time::timeout(WITHIN, look)
        .await
        .expect("it runs on");
    let over = matches!(
        outcome.as_ref().unwrap(),
        Err(AppError::Stopped(StopReason::HelpEnded)
            | AppError::Engine(EngineError::Expired)
            | AppError::Lake(LakeError::PermitExpired { .. }))
    );
    assert!(over, "{outcome:?}");
    let outcome = view(&world, help).await.1.remove(0).look.outcome;
    let nothing = matches!(
        outcome,
        HelpLookOutcome::Permitted | HelpLookOutcome::Stopped(StopReason::HelpEnded)
    );
    assert!(nothing, "{outcome:?}");
}

async fn what_another_process_ended_stops_a_look_within_five_seconds(world: World) {
    let _mark = clause::check!(U2);
    let beside = open_beside(&world.parts).await;
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let help = granted(&world, &staff.support, instruction).await;
    let look = begin(&world, &staff.support, help).await;
    beside.end_help(&world.caller, help).await.unwrap();
    assert_eq!(stopped(look, WITHIN).await, StopReason::HelpEnded);
    // Nor does anybody look further who is no helper any more.
    let help = granted(&world, &staff.security, instruction).await;
    let look = begin(&world, &staff.security, help).await;
    let changed = world.parts.store.run_tx("test.role", async |tx: Tx| {
        tx.set_operator_role(staff.security.operator, OperatorRole::Reviewer)
            .await?;
        tx.append(&noted(tx.now())).await?;
        Ok::<_, StoreError>(())
    });
    changed.await.unwrap();
    assert_eq!(stopped(look, WITHIN).await, StopReason::HelpEnded);
    let changed = world.parts.store.run_tx("test.role", async |tx: Tx| {
        tx.set_operator_role(staff.security.operator, OperatorRole::Security)
            .await?;
        tx.append(&noted(tx.now())).await?;
        Ok::<_, StoreError>(())
    });
    changed.await.unwrap();
    // Who is suspended looks no further either.
    let help = granted(&world, &staff.support, instruction).await;
    let look = begin(&world, &staff.support, help).await;
    let (security, support) = (&staff.security, staff.support.operator);
    beside.suspend_operator(security, support).await.unwrap();
    assert_eq!(stopped(look, WITHIN).await, StopReason::HelpEnded);
}

async fn a_withdrawal_takes_exactly_that_person_from_the_next_look(world: World) {
    let _mark = clause::check!(U4);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let help = granted(&world, &staff.support, instruction).await;
    // How many rows there are, and who stands in them.
    let present = async |world: &World| {
        let platform = &world.platform;
        let mut found = Vec::new();
        for age in 21..=28 {
            let sql = format!("SELECT age FROM d1 WHERE age = '{age}'");
            let statement = HelpStatement::parse(&sql).unwrap();
            let look = platform
                .look_at_rows(&staff.support, help, &statement)
                .await;
            if count(&look.unwrap()) == 1 {
                found.push(age);
            }
        }
        (
            count(&rows(world, &staff.support, help).await.unwrap()),
            found,
        )
    };
    assert_eq!(present(&world).await, (5, vec![21, 22, 23, 24, 25]));
    let (kind, member) = (IdentifierKind::MemberId, Pii::new(String::from("m3")));
    let purpose = PURPOSE.parse().unwrap();
    world
        .platform
        .withdraw(&world.caller, &kind, &member, &purpose)
        .await
        .unwrap();
    assert_eq!(present(&world).await, (4, vec![21, 22, 24, 25]));
    // More rows than one look may show are no answer.
    let many = "SELECT a.age FROM d1 a, d1 b, d1 c, d1 d";
    let many = HelpStatement::parse(many).unwrap();
    let platform = &world.platform;
    let outcome = platform.look_at_rows(&staff.support, help, &many).await;
    assert!(matches!(outcome, Err(AppError::Engine(_))), "{outcome:?}");
    let few = "SELECT a.age FROM d1 a, d1 b, d1 c, d1 d LIMIT 100";
    let few = HelpStatement::parse(few).unwrap();
    let outcome = platform.look_at_rows(&staff.support, help, &few).await;
    assert_eq!(count(&outcome.unwrap()), HELP_ROWS_MAX);
}

async fn a_whole_dataset_in_one_cell_is_no_answer(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let help = granted(&world, &staff.support, instruction).await;
    let platform = &world.platform;
    let look = async |sql: &str| {
        let statement = HelpStatement::parse(sql).unwrap();
        platform
            .look_at_rows(&staff.support, help, &statement)
            .await
    };
    // Five people seven times over: 78125 ages, and a comma between each two.
    let many = "FROM d1 a, d1 b, d1 c, d1 d, d1 e, d1 f, d1 g";
    for cell in ["string_agg(a.age, ',')", "array_agg(a.age)"] {
        let outcome = look(&format!("SELECT {cell} {many}")).await;
        let over = matches!(
            &outcome,
            Err(AppError::Engine(EngineError::Budget(Budget::Bytes)))
        );
        assert!(over, "{cell}: {outcome:?}");
        let latest = view(&world, help).await.1.remove(0).look;
        // There is no receipt: nothing was shown.
        assert_eq!(latest.outcome, HelpLookOutcome::Permitted);
    }
    let few = look("SELECT string_agg(age, ',') FROM d1").await.unwrap();
    assert_eq!(count(&few), 1);
    // As many bytes as are allowed, and one more.
    let (piece, pieces) = ("x".repeat(64), HELP_BYTES_MAX / 64);
    let from = format!("FROM (SELECT '{piece}' AS x {many} LIMIT {pieces})");
    let whole = look(&format!("SELECT string_agg(x, '') {from}")).await;
    assert_eq!(count(&whole.unwrap()), 1);
    let beyond = look(&format!("SELECT string_agg(x, ''), 'x' {from}")).await;
    assert!(matches!(beyond, Err(AppError::Engine(_))), "{beyond:?}");
}

async fn refused_looks_tell_no_counts_and_have_their_limit(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.instruct(0, 30).await;
    world.declare().await;
    let platform = &world.platform;
    // Only consent is missing, where a member of the enterprise would be told how many there are to ask.
    let help = granted(&world, &staff.support, instruction).await;
    let refused = rows(&world, &staff.support, help).await.unwrap_err();
    let refusal = refused.refusal().unwrap();
    let facts: Vec<_> = refusal.reasons().map(|it| it.fact().code()).collect();
    assert_eq!(facts, ["consent"]);
    assert!(refusal.reasons().all(|it| it.reach().is_none()));
    let kept = view(&world, help).await.1.remove(0).look.outcome;
    let HelpLookOutcome::Refused(kept) = kept else {
        panic!("{kept:?}");
    };
    assert!(!kept.to_string().contains("to_ask"), "{kept}");
    // Whom nobody approved fills nobody's log.
    for _ in 0..HELP_REFUSALS_QUOTA.times_max {
        let refused = rows(&world, &staff.security, help).await;
        assert_eq!(lacks(refused), ["help_operator"]);
    }
    let looks = view(&world, help).await.1.len();
    let until = platform.now().plus(HELP_REFUSALS_QUOTA.within);
    let limited = |outcome: Option<AppError>| match outcome {
        Some(AppError::Account(AccountError::TooOften { until })) => until,
        other => panic!("{other:?}"),
    };
    let again = rows(&world, &staff.security, help).await;
    assert_eq!(limited(again.err()), until);
    let again = platform.look_at_structure(&staff.security, help).await;
    assert_eq!(limited(again.err()), until);
    assert_eq!(view(&world, help).await.1.len(), looks);
    // Others look on, and so does she in an hour.
    let seen = platform.look_at_structure(&staff.support, help).await;
    assert_eq!(seen.unwrap().datasets.len(), 1);
    world.parts.clock.set(until);
    let refused = rows(&world, &staff.security, help).await;
    assert_eq!(lacks(refused), ["help_operator"]);
}

async fn what_an_operator_gives_up_while_it_is_approved_is_over(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    let name = HelpName::parse("Lin").unwrap();
    for _ in 0..10 {
        let help = ask(&world, instruction, HelpScope::ALL).await;
        let offer = platform.offer_help(&staff.support, help, &name).await;
        let approval = (offer.unwrap(), help_until(platform.now(), 1));
        let (approved, given_up) = tokio::join!(
            platform.approve_help(&world.caller, help, approval),
            platform.give_up_help(&staff.support, help),
        );
        given_up.unwrap();
        let (found, _) = view(&world, help).await;
        let expected = match approved {
            Ok(()) => Standing::Ended,
            Err(_withdrawn) => Standing::Pending,
        };
        assert_eq!(found.standing, expected);
    }
}

async fn whom_nobody_can_write_to_keeps_no_help_from_ending(world: World) {
    let _mark = clause::check!(U2);
    // It has opened no address yet and remembers no key.
    let beside = open_beside(&world.parts).await;
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let (platform, store) = (&world.platform, &world.parts.store);
    let given = granted(&world, &staff.support, instruction).await;
    let ends = granted(&world, &staff.security, instruction).await;
    let read = store.read();
    let members = read.list_members(world.caller.enterprise, platform.now());
    for member in members.await.unwrap() {
        let account = member.seat.account.unwrap();
        let key = KeyScope::Account(account);
        store.vault().destroy(&key).await.unwrap();
        assert!(store.account_contact(account).await.is_err());
    }
    let ended = async |help| {
        let found = store.read().find_help(help).await.unwrap();
        found.unwrap().ended.map(|(end, _)| end)
    };
    let look = begin(&world, &staff.support, given).await;
    beside.give_up_help(&staff.support, given).await.unwrap();
    assert_eq!(stopped(look, WITHIN).await, StopReason::HelpEnded);
    assert_eq!(ended(given).await, Some(HelpEnd::GivenUp));
    world.parts.clock.advance(HOUR * 2);
    assert_eq!(beside.sweep_helps().await.unwrap(), 1);
    assert_eq!(ended(ends).await, Some(HelpEnd::Time));
}

async fn a_request_that_nobody_approves_lapses_and_an_approval_ends_by_time(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    let help = ask(&world, instruction, HelpScope::ALL).await;
    let name = HelpName::parse("Lin").unwrap();
    let offer = platform
        .offer_help(&staff.support, help, &name)
        .await
        .unwrap();
    world
        .parts
        .clock
        .advance(Duration::from_micros(7 * 24 * 3_600_000_000 - 1));
    assert_eq!(platform.sweep_helps().await.unwrap(), 0);
    world.parts.clock.advance(Duration::from_micros(1));
    // It has lapsed before anybody noted it.
    let late = (offer, help_until(platform.now(), 1));
    let late = platform.approve_help(&world.caller, help, late).await;
    assert!(matches!(late, Err(AppError::Missing { .. })), "{late:?}");
    assert_eq!(platform.sweep_helps().await.unwrap(), 1);
    assert_eq!(platform.sweep_helps().await.unwrap(), 0);
    assert_eq!(view(&world, help).await.0.end, Some(HelpEnd::Lapsed));
    // Her session ended meanwhile, but not what she may do; the second one ends by its time.
    let help = granted(&world, &staff.support, instruction).await;
    world.parts.clock.advance(HOUR * 2);
    assert_eq!(view(&world, help).await.0.end, Some(HelpEnd::Time));
    let ended = platform.end_help(&world.caller, help).await;
    assert!(matches!(ended, Err(AppError::Missing { .. })), "{ended:?}");
    assert_eq!(platform.sweep_helps().await.unwrap(), 1);
    let ended = view(&world, help).await.0.help.ended.unwrap();
    assert_eq!(ended.0, HelpEnd::Time);
    let (_world, mail) = mail(world).await;
    let told = |text: &str| mail.iter().filter(|it| it.text.contains(text)).count();
    assert_eq!(
        (told("lapsed on"), told("ended on"), told("offered on")),
        (1, 1, 2)
    );
}

async fn nobody_asks_offers_or_approves_beyond_her_role(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    let viewer = member(&world, Role::Viewer).await;
    let analyst = member(&world, Role::Analyst).await;
    let asked = platform.ask_help(&viewer, wish(&world, instruction, HelpScope::ALL));
    assert_eq!(lacks(asked.await), ["role"]);
    let new = wish(&world, instruction, HelpScope::ALL);
    let help = platform.ask_help(&analyst, new).await.unwrap();
    let name = HelpName::parse("Wu").unwrap();
    let offered = platform.offer_help(&staff.auditor, help, &name).await;
    assert_eq!(lacks(offered), ["operator_role"]);
    assert_eq!(
        lacks(rows(&world, &staff.auditor, help).await),
        ["operator_role"]
    );
    assert_eq!(
        lacks(platform.helps_offered(&staff.auditor).await),
        ["operator_role"]
    );
    let offer = platform
        .offer_help(&staff.support, help, &name)
        .await
        .unwrap();
    let until = help_until(platform.now(), 1);
    let approved = platform.approve_help(&analyst, help, (offer, until)).await;
    assert_eq!(lacks(approved), ["role"]);
    // Of another enterprise there is no such request.
    let stranger = enrol(platform, "Second").await;
    let at = (None, Sink::Page);
    let none = |outcome: Result<(), AppError>| matches!(outcome, Err(AppError::Missing { .. }));
    let seen = platform.view_help(&stranger, help, at).await.map(drop);
    assert!(none(seen));
    assert!(none(
        platform.approve_help(&stranger, help, (offer, until)).await
    ));
    assert!(none(platform.end_help(&stranger, help).await));
    assert!(
        platform
            .list_helps(&stranger, None)
            .await
            .unwrap()
            .is_empty()
    );
    let foreign = platform.ask_help(&stranger, wish(&world, instruction, HelpScope::ALL));
    assert!(none(foreign.await.map(drop)));
    // Who asked may end it, and what ended is approved no more.
    platform.end_help(&analyst, help).await.unwrap();
    let late = platform
        .approve_help(&world.caller, help, (offer, until))
        .await;
    assert!(none(late));
    assert!(none(platform.give_up_help(&staff.support, help).await));
}

async fn what_does_not_hold_together_is_refused(world: World) {
    let (world, staff) = staffed(world).await;
    let instruction = world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let good = || wish(&world, instruction, HelpScope::ALL);
    let revoked = world.instruct(0, 30).await;
    platform.revoke_instruction(caller, revoked).await.unwrap();
    let bad = [
        HelpToAsk {
            datasets: BTreeSet::new(),
            ..good()
        },
        HelpToAsk {
            scopes: BTreeSet::new(),
            ..good()
        },
        HelpToAsk {
            purpose: "fishing".parse().unwrap(),
            ..good()
        },
        // The statement knows it, and the instruction does not name it.
        HelpToAsk {
            purpose: "service.care".parse().unwrap(),
            ..good()
        },
        HelpToAsk {
            instruction: revoked,
            ..good()
        },
    ];
    for (number, new) in bad.into_iter().enumerate() {
        let outcome = platform.ask_help(caller, new).await;
        let invalid = matches!(outcome, Err(AppError::Invalid { .. }));
        assert!(invalid, "{number}: {outcome:?}");
    }
    texts_have_their_length();
    approvals_hold_together(&world, &staff, good()).await;
}

async fn approvals_hold_together(world: &World, staff: &Staff, new: HelpToAsk) {
    let (platform, caller) = (&world.platform, &world.caller);
    let help = platform.ask_help(caller, new).await.unwrap();
    let name = HelpName::parse("Lin").unwrap();
    let offer = platform
        .offer_help(&staff.support, help, &name)
        .await
        .unwrap();
    let wrong = |outcome| match outcome {
        Err(AppError::Invalid { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let twice = platform.offer_help(&staff.support, help, &name).await;
    assert_eq!(wrong(twice), "offer");
    // Nobody passes for another, however she writes it.
    let alike = HelpName::parse("l I N").unwrap();
    let alike = platform.offer_help(&staff.security, help, &alike).await;
    assert_eq!(wrong(alike), "name");
    let now = platform.now();
    for until in [now, help_until(now, 8).plus(Duration::from_micros(1))] {
        let outcome = platform.approve_help(caller, help, (offer, until)).await;
        assert!(
            matches!(outcome, Err(AppError::Invalid { .. })),
            "{outcome:?}"
        );
    }
    // Nor does the transaction itself take more, whoever calls it.
    for until in [now, help_until(now, 8).plus(Duration::from_micros(1))] {
        let tried = world.parts.store.run_tx("test.approve", async |tx: Tx| {
            let by = caller.representative;
            let operator = tx.approve_help(help, offer, by, until).await?;
            tx.append(&noted(tx.now())).await?;
            Ok::<_, StoreError>(operator)
        });
        assert_eq!(tried.await.unwrap(), None);
    }
    // An offer that was taken back is approved no more.
    platform.give_up_help(&staff.support, help).await.unwrap();
    let gone = (offer, help_until(now, 1));
    let gone = platform.approve_help(caller, help, gone).await;
    assert!(matches!(gone, Err(AppError::Missing { .. })), "{gone:?}");
    // Nor one of an operator who may not help any more.
    let name = HelpName::parse("Zhou").unwrap();
    let offer = platform
        .offer_help(&staff.security, help, &name)
        .await
        .unwrap();
    let until = (offer, help_until(now, 8));
    platform.approve_help(caller, help, until).await.unwrap();
    let again = platform.approve_help(caller, help, until).await;
    assert!(matches!(again, Err(AppError::Missing { .. })), "{again:?}");
}

fn texts_have_their_length() {
    for words in ["too short", &"x".repeat(2_001), "a\u{7}bell in these words"] {
        assert!(HelpWords::parse(words).is_err(), "{words}");
    }
    for name in ["", "x", &"x".repeat(41), "two\nlines"] {
        assert!(HelpName::parse(name).is_err(), "{name}");
    }
    assert!(HelpStatement::parse(" ").is_err());
}

async fn of_two_who_offer_at_once_one_bears_the_name(world: World) {
    let _mark = clause::check!(U2);
    let (world, staff) = staffed(world).await;
    // It sets the clock.
    let beside = open_beside(&world.parts).await;
    let instruction = world.complete().await;
    let platform = &world.platform;
    for _ in 0..5 {
        let help = ask(&world, instruction, HelpScope::ALL).await;
        let (lin, alike) = (HelpName::parse("Lin"), HelpName::parse("LIN"));
        let (lin, alike) = (lin.unwrap(), alike.unwrap());
        let (one, other) = tokio::join!(
            platform.offer_help(&staff.support, help, &lin),
            beside.offer_help(&staff.security, help, &alike),
        );
        let refused = match (one, other) {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            both => panic!("both or none: {both:?}"),
        };
        assert!(refused.text().en.contains("under this name"), "{refused:?}");
        // Under a name of her own whoever came second offers all the same.
        let own = HelpName::parse("Zhou").unwrap();
        let support = platform.offer_help(&staff.support, help, &own).await;
        let security = platform.offer_help(&staff.security, help, &own).await;
        assert!(support.is_ok() != security.is_ok());
    }
}
