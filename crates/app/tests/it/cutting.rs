//! A list of those to ask that is handed out is cut by whatever ends what it stands on: before its next piece.

use std::io::Cursor;
use std::time::Duration;

use tokio::time::sleep;
use yuntu_app::consent::ConsentSource;
use yuntu_app::lake::{IdentifierKind, LakeError};
use yuntu_app::measures::MeasureToTake;
use yuntu_app::policy::{Action, MeasureKind, Period, Role, StopReason};
use yuntu_app::store::{Contact, NewApiToken};
use yuntu_app::{AppError, AskList, Caller, Platform};
use yuntu_terms::{Digest, Lang, MeasureId, Pii, clause};

use crate::asking::{HEAD, Shop, kept, shop, wish};
use crate::desk::visit;
use crate::measures::{Two, lift, measure, staffed};
use crate::world::{OTHER_PURPOSE, PURPOSE, World, instruct, open_beside};

crate::on_both!(
    what_ends_in_this_process_cuts_a_list_before_its_next_piece,
    what_another_process_did_cuts_a_list_within_five_seconds,
    whoever_says_no_cuts_a_list_on_which_she_waits,
);

/// How many members the shop has: three pieces of a list.
const CROWD: u32 = 1_200;

/// What a piece is about.
const PIECE: usize = 500;

/// Two looks at the rows.
const LOOKED: Duration = Duration::from_millis(2_200);

fn member(number: u32) -> String {
    format!("m{}", 10_000 + number)
}

/// A shop with many members who agreed to be known.
async fn crowd(world: &World) -> Shop {
    let rows: Vec<String> = (0..CROWD).map(|n| format!("{},30\n", member(n))).collect();
    let shop = shop(world, &kept(), &format!("member_id,age\n{}", rows.concat())).await;
    let numbers: Vec<u32> = (0..CROWD).collect();
    say(world, &numbers, (PURPOSE, "given")).await;
    shop
}

async fn say(world: &World, numbers: &[u32], (purpose, status): (&str, &str)) {
    let line = |n: &u32| {
        let member = member(*n);
        format!(
            "{member},{purpose},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,a card\n"
        )
    };
    let lines: Vec<String> = numbers.iter().map(line).collect();
    let file = Cursor::new(format!("{HEAD}{}", lines.concat()));
    let (platform, source) = (&world.platform, ConsentSource::Console);
    let done = platform.record_consent_file(&world.caller, source, file);
    assert_eq!(done.await.unwrap().recorded, numbers.len() as u64);
}

fn lines(piece: &[u8]) -> usize {
    std::str::from_utf8(piece).unwrap().lines().count()
}

/// Begins a list; its first piece, and no more, has left.
async fn begun(platform: &Platform, caller: &Caller, shop: &Shop) -> AskList {
    let kind = IdentifierKind::MemberId;
    let list = platform.list_to_ask(caller, &wish(shop), kind).await;
    let mut list = list.unwrap();
    let first = list.next().await.unwrap().unwrap();
    assert_eq!(lines(&first), PIECE + 1, "a piece and the head");
    list
}

#[track_caller]
fn cut(piece: Result<Option<Vec<u8>>, AppError>) -> StopReason {
    match piece {
        Err(AppError::Stopped(reason)) => reason,
        other => panic!("not cut: {:?}", other.map(|it| it.map(|text| lines(&text)))),
    }
}

/// Says what the own log of the owner tells of the list that was cut last.
async fn noted(world: &World) -> (u64, String) {
    let read = world.parts.store.read();
    let caller = &world.caller;
    let seat = read.find_representative(caller.enterprise, caller.representative);
    let account = seat.await.unwrap().unwrap().account.unwrap();
    let own = world.parts.store.list_own_acts(account, None, 5).await;
    let own = own.unwrap();
    let of_list = own
        .iter()
        .find(|it| it.entry.kind.as_str() == "consent.list_cut");
    let body = &of_list.unwrap().entry.body;
    assert_eq!(
        body["people"],
        body["left"].as_u64().unwrap() + body["handed"].as_u64().unwrap()
    );
    (
        body["left"].as_u64().unwrap(),
        body["cut"].as_str().unwrap().to_owned(),
    )
}

async fn freeze(platform: &Platform, (world, two): (&World, &Two), shop: &Shop) -> MeasureId {
    let new = MeasureToTake {
        dataset: Some(shop.dataset),
        ..measure(world, MeasureKind::FreezeDataset)
    };
    platform.take_measure(&two.security, new).await.unwrap()
}

async fn what_ends_in_this_process_cuts_a_list_before_its_next_piece(world: World) {
    let _marks = (clause::check!(U4), clause::check!(U5));
    let (world, two) = staffed(world).await;
    let shop = crowd(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    // Untouched, it comes to its end.
    let mut whole = begun(platform, caller, &shop).await;
    assert_eq!(lines(&whole.next().await.unwrap().unwrap()), PIECE);
    assert_eq!(lines(&whole.next().await.unwrap().unwrap()), 200);
    assert!(whole.next().await.unwrap().is_none());
    // The withdrawal of somebody whose line has left stops nothing, and hides no freeze that comes after.
    let mut list = begun(platform, caller, &shop).await;
    let (kind, gone) = (IdentifierKind::MemberId, Pii::new(member(0)));
    let purpose = PURPOSE.parse().unwrap();
    platform
        .withdraw(caller, &kind, &gone, &purpose)
        .await
        .unwrap();
    assert_eq!(lines(&list.next().await.unwrap().unwrap()), PIECE);
    let frozen = freeze(platform, (&world, &two), &shop).await;
    assert_eq!(cut(list.next().await), StopReason::DatasetFrozen);
    assert_eq!(noted(&world).await, (200, String::from("dataset_frozen")));
    lift(&world, &two, frozen).await;

    token_ends(&world, &shop).await;
    member_leaves(&world, &shop).await;

    let mut list = begun(platform, caller, &shop).await;
    world.parts.clock.advance(Duration::from_mins(16));
    let ended = list.next().await;
    assert!(matches!(
        ended,
        Err(AppError::Lake(LakeError::PermitExpired { .. }))
    ));
    let mut list = begun(platform, caller, &shop).await;
    let revoked = platform.revoke_instruction(caller, shop.instruction).await;
    revoked.unwrap();
    assert_eq!(cut(list.next().await), StopReason::InstructionRevoked);
    assert_eq!(
        noted(&world).await,
        (699, String::from("instruction_revoked"))
    );
}

/// The token by which a program asks is revoked.
async fn token_ends(world: &World, shop: &Shop) {
    let (platform, caller) = (&world.platform, &world.caller);
    let new = NewApiToken {
        label: String::from("nightly"),
        scopes: Action::OF_TOKENS.iter().copied().collect(),
        expires: platform.now().plus_days(30),
    };
    let (id, secret) = platform.create_token(caller, &new).await.unwrap();
    let program = platform.caller_of_token(&secret, &visit(7)).await;
    let program = program.unwrap().unwrap();
    let mut list = begun(platform, &program, shop).await;
    let mut other = begun(platform, caller, shop).await;
    platform.revoke_token(caller, id).await.unwrap();
    assert_eq!(cut(list.next().await), StopReason::TokenEnded);
    assert!(
        other.next().await.unwrap().is_some(),
        "it is not the token's"
    );
}

/// She who asks is taken out of the enterprise.
async fn member_leaves(world: &World, shop: &Shop) {
    let (platform, caller) = (&world.platform, &world.caller);
    let now = platform.now();
    let period = Period {
        from: now,
        until: now.plus_days(30),
    };
    let contact = Contact {
        name: Pii::new(String::from("Admin")),
        phone: None,
        email: None,
    };
    let letter = (Digest::new([3; 32]), period);
    let admin = platform.add_representative(caller, Role::Admin, contact, Lang::En, letter);
    let admin = admin.await.unwrap();
    let hers = Caller::of(caller.enterprise, admin);
    let instruction = instruct(platform, &hers, shop.dataset, period).await;
    let shop = Shop {
        instruction: instruction.unwrap(),
        ..*shop
    };
    let mut list = begun(platform, &hers, &shop).await;
    platform.remove_member(caller, admin).await.unwrap();
    assert_eq!(cut(list.next().await), StopReason::MemberRemoved);
}

async fn what_another_process_did_cuts_a_list_within_five_seconds(world: World) {
    let _mark = clause::check!(U5);
    let beside = open_beside(&world.parts).await;
    let (world, two) = staffed(world).await;
    let shop = crowd(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let mut list = begun(platform, caller, &shop).await;
    let frozen = freeze(&beside, (&world, &two), &shop).await;
    sleep(LOOKED).await;
    assert_eq!(cut(list.next().await), StopReason::DatasetFrozen);
    lift(&world, &two, frozen).await;
    let new = NewApiToken {
        label: String::from("nightly"),
        scopes: Action::OF_TOKENS.iter().copied().collect(),
        expires: platform.now().plus_days(30),
    };
    let (id, secret) = platform.create_token(caller, &new).await.unwrap();
    let program = platform.caller_of_token(&secret, &visit(7)).await;
    let mut list = begun(platform, &program.unwrap().unwrap(), &shop).await;
    beside.revoke_token(caller, id).await.unwrap();
    sleep(LOOKED).await;
    assert_eq!(cut(list.next().await), StopReason::TokenEnded);
    // A withdrawal is seen without waiting: each piece looks at the log.
    let mut list = begun(platform, caller, &shop).await;
    let (kind, waits) = (IdentifierKind::MemberId, Pii::new(member(CROWD - 1)));
    let purpose = PURPOSE.parse().unwrap();
    beside
        .withdraw(caller, &kind, &waits, &purpose)
        .await
        .unwrap();
    let ended = list.next().await;
    assert!(matches!(ended, Err(AppError::Invalid { what: "list", .. })));
    assert_eq!(
        noted(&world).await,
        (700, String::from("consent_withdrawn"))
    );
}

async fn whoever_says_no_cuts_a_list_on_which_she_waits(world: World) {
    let _mark = clause::check!(U4);
    let shop = crowd(&world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    // She says no to what she would be asked, not to what she agreed to: she is not to be asked any more.
    let mut list = begun(platform, caller, &shop).await;
    say(&world, &[CROWD - 1], (OTHER_PURPOSE, "refused")).await;
    let ended = list.next().await;
    assert!(matches!(ended, Err(AppError::Invalid { what: "list", .. })));
    // A yes cuts nothing.
    let mut list = begun(platform, caller, &shop).await;
    assert_eq!(list.people, u64::from(CROWD) - 1);
    say(&world, &[CROWD - 2], (OTHER_PURPOSE, "given")).await;
    assert_eq!(lines(&list.next().await.unwrap().unwrap()), PIECE);
}
