//! Seats: for whom a person acts, who else does, and that nobody gets there by another way.

use yuntu_app::accounts::{AccountError, SignedIn};
use yuntu_app::certification::CertificationError;
use yuntu_app::outbound::{Kind, Link};
use yuntu_app::policy::{Period, Role, Standing};
use yuntu_app::store::{AccountStanding, Session, StoreError, Tx};
use yuntu_app::{AppError, Caller, Platform, SignedLetter};
use yuntu_terms::{EnterpriseName, Lang, RepresentativeId, Timestamp, clause};
use yuntu_testkit::{long_pdf, pdf};

use crate::desk::{Desk, MINUTE, email, noted};

crate::on_both!(crate::desk::Desk =>
    a_person_creates_an_enterprise_and_acts_as_its_owner,
    an_invitation_is_accepted_once_by_the_account_that_has_the_address,
    an_invitation_ends_with_its_time_its_revocation_or_a_newer_one,
    an_invitation_ends_with_the_rights_of_who_sent_it,
    an_invitation_waits_while_its_sender_or_her_enterprise_may_not_act,
    an_enterprise_that_is_closed_invites_nobody_any_more,
    an_address_and_an_enterprise_have_a_quota_of_invitations,
    the_last_owner_stays_and_only_an_owner_makes_owners,
    two_owners_who_remove_each_other_at_once_leave_one,
    a_letter_gives_the_right_to_act_until_it_ends,
    a_signed_letter_is_sealed_and_opened_by_a_recorded_look,
);

async fn create(platform: &Platform, session: &Session) -> Caller {
    let name = EnterpriseName::parse("Kettle Works").unwrap();
    let made = platform.create_enterprise(session, &name, "retail").await;
    let enterprise = made.unwrap();
    let seats = platform.seats(session).await.unwrap();
    let seat = seats.iter().find(|it| it.enterprise == enterprise).unwrap();
    Caller::of(enterprise, seat.representative)
}

async fn again(desk: &Desk, signed_in: &SignedIn) -> Session {
    desk.session_of(signed_in).await
}

/// Invites somebody and reads the secret of the link in the message.
pub(crate) async fn invite(desk: &Desk, caller: &Caller, address: &str, role: Role) -> String {
    let link = |secret: &str| Link::try_from(format!("https://yuntu.example/join/{secret}")).ok();
    let platform = &desk.platform;
    platform
        .invite(caller, email(address), role, Lang::En, link)
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    let [message] = &seen[..] else {
        panic!("one message, not {}", seen.len());
    };
    assert_eq!(
        (message.kind, message.to.as_str()),
        (Kind::Invitation, address)
    );
    let (_, rest) = message.text.split_once("/join/").unwrap();
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}

fn missing<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> bool {
    let error = outcome.unwrap_err();
    error.kind() == yuntu_terms::ErrorKind::NotFound
}

fn lacks<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> Vec<&'static str> {
    let error = outcome.unwrap_err();
    let refusal = error.refusal().unwrap();
    refusal.reasons().map(|it| it.fact().code()).collect()
}

async fn a_person_creates_an_enterprise_and_acts_as_its_owner(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let here = desk.sign_up("li@example.cn").await;
    let session = again(&desk, &here).await;
    assert_eq!(platform.caller(&session).await.unwrap(), None);
    let first = create(platform, &session).await;
    let session = again(&desk, &here).await;
    assert_eq!(
        platform.caller(&session).await.unwrap(),
        Some(first.clone())
    );
    // Another session of hers acts in the only seat there is; with two seats it has to say in which.
    desk.clock.advance(MINUTE);
    let typed = desk
        .code(yuntu_app::accounts::CodeFor::SignIn, "li@example.cn")
        .await;
    let there = platform
        .sign_in_by_code(&typed, &email("li@example.cn"), crate::desk::visit(2))
        .await;
    let there = crate::desk::done(there);
    let other = again(&desk, &there).await;
    assert_eq!(platform.caller(&other).await.unwrap(), Some(first.clone()));
    let second = create(platform, &session).await;
    assert_eq!(platform.caller(&other).await.unwrap(), None);
    platform
        .take_seat(&other, first.representative)
        .await
        .unwrap();
    let other = again(&desk, &there).await;
    assert_eq!(platform.caller(&other).await.unwrap(), Some(first.clone()));
    let session = again(&desk, &here).await;
    assert_eq!(
        platform.caller(&session).await.unwrap(),
        Some(second.clone())
    );
    // Nobody takes a seat of somebody else.
    let stranger = desk.sign_up("wei@example.cn").await;
    let stranger = again(&desk, &stranger).await;
    assert!(missing(
        platform.take_seat(&stranger, first.representative).await
    ));
    let acts = platform.own_acts(&session, None).await.unwrap().acts;
    let kinds: Vec<&str> = acts.iter().map(|act| act.kind.as_str()).collect();
    assert_eq!(kinds[0], "seat.taken");
    assert!(kinds.contains(&"enterprise.created"));
}

async fn an_invitation_is_accepted_once_by_the_account_that_has_the_address(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let caller = create(platform, &again(&desk, &owner).await).await;
    let secret = invite(&desk, &caller, "wei@example.cn", Role::Analyst).await;
    let other = desk.sign_up("other@example.cn").await;
    let other = again(&desk, &other).await;
    assert!(!platform.invitation(&other, &secret).await.unwrap().hers);
    assert!(missing(platform.accept_invitation(&other, &secret).await));
    let wei = desk.sign_up("wei@example.cn").await;
    let session = again(&desk, &wei).await;
    let shown = platform.invitation(&session, &secret).await.unwrap();
    assert!(shown.hers && shown.role == Role::Analyst && shown.enterprise == "Kettle Works");
    platform.accept_invitation(&session, &secret).await.unwrap();
    assert!(missing(platform.accept_invitation(&session, &secret).await));
    let session = again(&desk, &wei).await;
    let seat = platform.caller(&session).await.unwrap().unwrap();
    assert_eq!(seat.enterprise, caller.enterprise);
    // Who sits there already gets no second seat.
    desk.clock.advance(MINUTE);
    let secret = invite(&desk, &caller, "wei@example.cn", Role::Owner).await;
    let twice = platform.accept_invitation(&session, &secret).await;
    assert!(matches!(twice, Err(AppError::Store(_))));
    // An analyst manages nobody.
    assert!(lacks(platform.members(&seat).await).contains(&"role"));
    let (members, open) = platform.members(&caller).await.unwrap();
    assert_eq!((members.len(), open.len()), (2, 1));
    let analyst = members.iter().find(|it| it.role == Role::Analyst).unwrap();
    assert_eq!(analyst.address.as_deref(), Some("w**@example.cn"));
    assert_eq!(open[0].address, "w**@example.cn");
    // Nobody reaches into another enterprise.
    let elsewhere = create(platform, &other).await;
    for outcome in [
        platform
            .remove_member(&elsewhere, seat.representative)
            .await,
        platform
            .change_role(&elsewhere, seat.representative, Role::Viewer)
            .await,
        platform.revoke_invitation(&elsewhere, open[0].id).await,
        platform
            .record_letter(&elsewhere, seat.representative, signed(year(platform)))
            .await,
    ] {
        assert!(missing(outcome));
    }
    for secret in ["", "00", &"0".repeat(64)] {
        assert!(missing(platform.invitation(&session, secret).await));
    }
}

/// A signed letter for a period.
fn signed(period: Period) -> SignedLetter {
    SignedLetter {
        name: "授权书.pdf".to_owned(),
        bytes: pdf("canary of a letter"),
        period,
    }
}

fn year(platform: &Platform) -> Period {
    let now = platform.now();
    Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    }
}

async fn an_invitation_ends_with_its_time_its_revocation_or_a_newer_one(desk: Desk) {
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let caller = create(platform, &again(&desk, &owner).await).await;
    let wei = desk.sign_up("wei@example.cn").await;
    let session = again(&desk, &wei).await;
    let first = invite(&desk, &caller, "wei@example.cn", Role::Viewer).await;
    desk.clock.advance(MINUTE);
    let second = invite(&desk, &caller, "wei@example.cn", Role::Viewer).await;
    assert!(missing(platform.invitation(&session, &first).await));
    let (_, open) = platform.members(&caller).await.unwrap();
    assert_eq!(open.len(), 1);
    platform
        .revoke_invitation(&caller, open[0].id)
        .await
        .unwrap();
    assert!(missing(
        platform.revoke_invitation(&caller, open[0].id).await
    ));
    assert!(missing(platform.accept_invitation(&session, &second).await));
    desk.clock.advance(MINUTE);
    let third = invite(&desk, &caller, "wei@example.cn", Role::Viewer).await;
    desk.clock.advance(MINUTE * (7 * 24 * 60 - 1));
    platform.invitation(&session, &third).await.unwrap();
    desk.clock.advance(MINUTE);
    assert!(missing(platform.accept_invitation(&session, &third).await));
    assert!(platform.members(&caller).await.unwrap().1.is_empty());
}

async fn an_invitation_ends_with_the_rights_of_who_sent_it(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let owner = create(platform, &again(&desk, &owner).await).await;
    let removed = join(&desk, &owner, "removed@example.cn", Role::Admin).await;
    let demoted = join(&desk, &owner, "demoted@example.cn", Role::Admin).await;
    let second = join(&desk, &owner, "second@example.cn", Role::Owner).await;
    let left = join(&desk, &owner, "left@example.cn", Role::Admin).await;
    let mut asked = Vec::new();
    for (number, (inviter, role)) in [
        (&removed, Role::Viewer),
        (&demoted, Role::Viewer),
        (&second, Role::Owner),
        (&left, Role::Viewer),
        (&second, Role::Admin),
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("guest{number}@example.cn");
        let secret = invite(&desk, inviter, &address, role).await;
        let guest = desk.sign_up(&address).await;
        let guest = again(&desk, &guest).await;
        assert!(platform.invitation(&guest, &secret).await.unwrap().hers);
        asked.push((guest, secret));
    }
    let change = async |who: &Caller, role: Role| {
        let changed = platform.change_role(&owner, who.representative, role);
        changed.await.unwrap();
    };
    platform
        .remove_member(&owner, removed.representative)
        .await
        .unwrap();
    change(&demoted, Role::Analyst).await;
    change(&second, Role::Admin).await;
    platform.leave(&left).await.unwrap();
    // Only what the second may still give, who is no owner any more, waits.
    let (_, open) = platform.members(&owner).await.unwrap();
    assert_eq!(open.len(), 1);
    // What is over stays over, whatever she may do again.
    change(&demoted, Role::Admin).await;
    change(&second, Role::Owner).await;
    let (last, over) = asked.split_last().unwrap();
    for (guest, secret) in over {
        assert!(missing(platform.invitation(guest, secret).await));
        assert!(missing(platform.accept_invitation(guest, secret).await));
    }
    platform.accept_invitation(&last.0, &last.1).await.unwrap();
}

async fn an_invitation_waits_while_its_sender_or_her_enterprise_may_not_act(desk: Desk) {
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let session = again(&desk, &owner).await;
    let caller = create(platform, &session).await;
    let secret = invite(&desk, &caller, "wei@example.cn", Role::Viewer).await;
    let wei = desk.sign_up("wei@example.cn").await;
    let wei = again(&desk, &wei).await;
    let gone = async || {
        assert!(missing(platform.invitation(&wei, &secret).await));
        assert!(missing(platform.accept_invitation(&wei, &secret).await));
    };
    let account = async |standing: AccountStanding| {
        let done = desk.parts.store.run_tx("test.stand", async |tx: Tx| {
            tx.set_account_standing(session.account, standing).await?;
            tx.append(&noted(tx.now())).await?;
            Ok::<_, StoreError>(())
        });
        done.await.unwrap();
    };
    let enterprise = async |standing: Standing| {
        let done = desk.parts.store.run_tx("test.stand", async |tx: Tx| {
            tx.set_enterprise_standing(caller.enterprise, standing, None)
                .await?;
            tx.append(&noted(tx.now())).await?;
            Ok::<_, StoreError>(())
        });
        done.await.unwrap();
    };
    account(AccountStanding::Suspended).await;
    gone().await;
    account(AccountStanding::Active).await;
    for standing in [Standing::Frozen, Standing::Ended] {
        enterprise(standing).await;
        gone().await;
    }
    enterprise(Standing::Pending).await;
    platform.accept_invitation(&wei, &secret).await.unwrap();
}

async fn an_enterprise_that_is_closed_invites_nobody_any_more(desk: Desk) {
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let caller = create(platform, &again(&desk, &owner).await).await;
    invite(&desk, &caller, "wei@example.cn", Role::Viewer).await;
    let open = async || {
        let open = desk.parts.store.list_invitations(caller.enterprise).await;
        open.unwrap().len()
    };
    assert_eq!(open().await, 1);
    crate::proposals::close(&desk, caller.enterprise).await;
    assert_eq!(open().await, 0);
}

/// Tries to invite somebody; says until when that is too often.
async fn too_often(desk: &Desk, caller: &Caller, address: &str) -> Option<Timestamp> {
    let link = |secret: &str| Link::try_from(format!("https://yuntu.example/join/{secret}")).ok();
    let platform = &desk.platform;
    let invited = platform.invite(caller, email(address), Role::Viewer, Lang::En, link);
    match invited.await {
        Ok(_) => None,
        Err(AppError::Account(AccountError::TooOften { until })) => Some(until),
        Err(error) => panic!("{error:?}"),
    }
}

async fn an_address_and_an_enterprise_have_a_quota_of_invitations(desk: Desk) {
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let session = again(&desk, &owner).await;
    let one = create(platform, &session).await;
    let two = create(platform, &session).await;
    // Whether an account has the address makes no difference.
    for address in ["owner@example.cn", "nobody@example.cn"] {
        let begun = platform.now();
        let end = begun.plus(MINUTE * 24 * 60);
        assert_eq!(too_often(&desk, &one, address).await, None);
        // Revoking gives nothing back, and it is one address for every enterprise.
        let (_, open) = platform.members(&one).await.unwrap();
        platform.revoke_invitation(&one, open[0].id).await.unwrap();
        for caller in [&one, &two] {
            let until = too_often(&desk, caller, address).await;
            assert_eq!(until, Some(begun.plus(MINUTE)));
        }
        for caller in [&two, &one] {
            desk.clock.advance(MINUTE);
            assert_eq!(too_often(&desk, caller, address).await, None);
        }
        desk.clock.advance(MINUTE);
        platform.sweep_certifications().await.unwrap();
        assert_eq!(too_often(&desk, &two, address).await, Some(end));
    }
    let (begun, day) = (platform.now(), MINUTE * 24 * 60);
    desk.clock.set(begun.plus(day));
    let begun = platform.now();
    for number in 0..20 {
        let address = format!("guest{number}@example.cn");
        assert_eq!(too_often(&desk, &one, &address).await, None);
    }
    let next = too_often(&desk, &one, "guest20@example.cn").await;
    assert_eq!(next, Some(begun.plus(day)));
    // Each enterprise has its own.
    assert_eq!(too_often(&desk, &two, "guest20@example.cn").await, None);
    desk.clock.set(begun.plus(day));
    assert_eq!(too_often(&desk, &one, "guest21@example.cn").await, None);
    // An enterprise that is certified has more.
    let certified = crate::world::enrol(platform, "Certified").await;
    for number in 30..51 {
        let address = format!("guest{number}@example.cn");
        assert_eq!(too_often(&desk, &certified, &address).await, None);
    }
}

/// Lets somebody join by invitation, and returns her seat.
async fn join(desk: &Desk, caller: &Caller, address: &str, role: Role) -> Caller {
    let secret = invite(desk, caller, address, role).await;
    let signed_in = desk.sign_up(address).await;
    let session = again(desk, &signed_in).await;
    let platform = &desk.platform;
    platform.accept_invitation(&session, &secret).await.unwrap();
    let session = again(desk, &signed_in).await;
    platform.caller(&session).await.unwrap().unwrap()
}

async fn the_last_owner_stays_and_only_an_owner_makes_owners(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let owner = desk.sign_up("owner@example.cn").await;
    let caller = create(platform, &again(&desk, &owner).await).await;
    let own = caller.representative;
    let invalid = |outcome: Result<(), AppError>| {
        assert!(
            matches!(outcome, Err(AppError::Invalid { .. })),
            "{outcome:?}"
        );
    };
    invalid(platform.leave(&caller).await);
    invalid(platform.remove_member(&caller, own).await);
    invalid(platform.change_role(&caller, own, Role::Admin).await);
    let admin = join(&desk, &caller, "admin@example.cn", Role::Admin).await;
    // An admin neither makes an owner nor touches one.
    let up = platform.change_role(&admin, admin.representative, Role::Owner);
    assert!(lacks(up.await).contains(&"role"));
    assert!(lacks(platform.remove_member(&admin, own).await).contains(&"role"));
    let link = |_: &str| None;
    let made = platform.invite(&admin, email("x@example.cn"), Role::Owner, Lang::En, link);
    assert!(lacks(made.await).contains(&"role"));
    platform
        .change_role(&caller, admin.representative, Role::Owner)
        .await
        .unwrap();
    platform.leave(&caller).await.unwrap();
    invalid(platform.leave(&admin).await);
    // Who has left acts no more, and her session has no seat.
    let session = again(&desk, &owner).await;
    assert_eq!(platform.caller(&session).await.unwrap(), None);
    assert!(lacks(platform.members(&caller).await).contains(&"actor_standing"));
    let (members, _) = platform.members(&admin).await.unwrap();
    assert_eq!(members.len(), 1);
}

async fn two_owners_who_remove_each_other_at_once_leave_one(desk: Desk) {
    let platform = &desk.platform;
    let first = desk.sign_up("first@example.cn").await;
    let one = create(platform, &again(&desk, &first).await).await;
    let two = join(&desk, &one, "second@example.cn", Role::Owner).await;
    let (left, right) = tokio::join!(
        platform.remove_member(&one, two.representative),
        platform.remove_member(&two, one.representative),
    );
    let done = [left.is_ok(), right.is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    let store = &desk.parts.store;
    let members = store
        .read()
        .list_members(one.enterprise, platform.now())
        .await
        .unwrap();
    assert_eq!(members.len(), 1);
}

async fn a_letter_gives_the_right_to_act_until_it_ends(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let owner = crate::world::enrol(platform, "First").await;
    let member = join(&desk, &owner, "analyst@example.cn", Role::Admin).await;
    let may = async || {
        let action = yuntu_app::policy::Action::Instruct;
        platform.authorise(&member, action).await
    };
    assert_eq!(lacks(may().await), ["letter"]);
    let now = platform.now();
    let record = async |caller: &Caller, id: RepresentativeId, from: i32, until: i32| {
        let period = Period {
            from: now.plus_days(from),
            until: now.plus_days(until),
        };
        platform.record_letter(caller, id, signed(period)).await
    };
    // It ends where it begins, before that, in the past, or in another age.
    for (from, until) in [(0, 0), (0, -1), (-9, -1), (0, 60 * 366)] {
        let empty = record(&owner, member.representative, from, until).await;
        assert!(
            matches!(empty, Err(AppError::Invalid { what: "until", .. })),
            "{from} {until}"
        );
    }
    // Nobody vouches for herself.
    let own = record(&owner, owner.representative, 0, 30).await;
    assert!(matches!(own, Err(AppError::Invalid { .. })));
    record(&owner, member.representative, 0, 10).await.unwrap();
    may().await.unwrap();
    // A renewal that is recorded ahead takes nothing away; the right goes on without a gap.
    record(&owner, member.representative, 10, 20).await.unwrap();
    may().await.unwrap();
    desk.clock.set(now.plus_days(10));
    may().await.unwrap();
    // A new file for a shorter time counts at once, and the right ends the moment it does.
    record(&owner, member.representative, 10, 12).await.unwrap();
    let left = std::time::Duration::from_hours(48) - std::time::Duration::from_micros(1);
    desk.clock.advance(left);
    may().await.unwrap();
    desk.clock.advance(std::time::Duration::from_micros(1));
    assert_eq!(lacks(may().await), ["letter"]);
    let letters = platform.letters(&owner, member.representative).await;
    let numbers: Vec<_> = letters.unwrap().iter().map(|it| it.letter.number).collect();
    assert_eq!(numbers, [1, 2, 3], "every version is kept");
}

async fn a_signed_letter_is_sealed_and_opened_by_a_recorded_look(desk: Desk) {
    let _marks = (clause::check!(R22), clause::check!(R23));
    let platform = &desk.platform;
    let owner = crate::world::enrol(platform, "First").await;
    let member = join(&desk, &owner, "analyst@example.cn", Role::Analyst).await;
    let id = member.representative;
    for (name, bytes) in [
        ("letter.pdf", Vec::new()),
        (
            "letter.pdf",
            b"MZ\x90\x00 this program cannot be run".to_vec(),
        ),
        ("letter.exe", pdf("a")),
        ("../letter.pdf", pdf("a")),
        ("letter.pdf", long_pdf("large", 6 << 20)),
    ] {
        let period = year(platform);
        let bad = SignedLetter {
            name: name.to_owned(),
            bytes,
            period,
        };
        let refused = platform.record_letter(&owner, id, bad).await;
        let refused = refused.unwrap_err();
        assert!(
            matches!(
                refused,
                AppError::Certification(CertificationError::File(_))
            ),
            "{name} {refused:?}"
        );
    }
    assert!(platform.letters(&owner, id).await.unwrap().is_empty());
    platform
        .record_letter(&owner, id, signed(year(platform)))
        .await
        .unwrap();
    let kept = platform.letters(&owner, id).await.unwrap();
    let paper = kept[0].paper.unwrap();
    assert_eq!(paper.digest, kept[0].letter.digest);
    let bytes = desk.parts.raw_bytes().unwrap();
    for personal in ["canary of a letter", "授权书"] {
        let found = bytes
            .windows(personal.len())
            .any(|window| window == personal.as_bytes());
        assert!(!found, "{personal}");
    }
    // The look and what opens the file are in the ledger before it leaves, and the look is beside the letter.
    let before = desk.entries().await;
    let file = platform.open_letter(&owner, id, 1).await.unwrap();
    assert_eq!(
        (file.name.as_str(), file.bytes),
        ("授权书.pdf", pdf("canary of a letter"))
    );
    assert_eq!(desk.entries().await, before + 2);
    platform.open_letter(&member, id, 1).await.unwrap();
    let looks = platform.letters(&member, id).await.unwrap();
    let by: Vec<_> = looks[0].looks.iter().map(|look| look.by).collect();
    assert_eq!(by, [id, owner.representative]);
    // Nobody else: another member, another enterprise, another number.
    desk.clock.advance(MINUTE);
    let other = join(&desk, &owner, "viewer@example.cn", Role::Viewer).await;
    assert!(lacks(platform.open_letter(&other, id, 1).await).contains(&"role"));
    assert!(lacks(platform.letters(&other, id).await).contains(&"role"));
    let elsewhere = crate::world::enrol(platform, "Second").await;
    assert!(missing(platform.open_letter(&elsewhere, id, 1).await));
    assert!(missing(platform.letters(&elsewhere, id).await));
    assert!(missing(platform.open_letter(&owner, id, 2).await));
}
