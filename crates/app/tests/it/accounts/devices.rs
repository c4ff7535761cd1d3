use yuntu_app::accounts::{Arrival, SignedIn, Visit};
use yuntu_app::outbound::Kind;
use yuntu_app::store::{DEVICES_MAX, ListedDevice};
use yuntu_app::vault::SessionSecret;
use yuntu_terms::clause;

use crate::desk::{Desk, MINUTE, PASSWORD, Seen, done, email, password, visit};

crate::on_both!(crate::desk::Desk =>
    only_a_browser_that_the_account_does_not_know_is_told_of,
    a_mark_that_another_person_has_is_unknown,
    of_too_many_browsers_the_one_away_longest_goes,
    a_browser_that_was_forgotten_is_new_again,
);

/// Somebody whose browser brings this mark.
fn comes(brought: Option<&str>) -> Visit {
    Visit {
        mark: brought.and_then(|text| SessionSecret::parse(text).ok()),
        ..visit(7)
    }
}

async fn meet(desk: &Desk, who: &SignedIn, brought: Option<&str>, arrival: Arrival) -> String {
    desk.clock.advance(MINUTE);
    let visit = comes(brought);
    let met = desk.platform.meet_device(who, &visit, arrival);
    met.await.unwrap().text().to_string()
}

async fn enter(desk: &Desk, address: &str, brought: Option<&str>) -> (String, Vec<Seen>) {
    let entered = desk
        .platform
        .sign_in_by_password(&email(address), password(PASSWORD), comes(brought))
        .await;
    let mark = meet(desk, &done(entered), brought, Arrival::SignedIn).await;
    (mark, desk.drain().await.0)
}

async fn known(desk: &Desk, who: &SignedIn) -> Vec<ListedDevice> {
    let session = desk.session_of(who).await;
    desk.platform.devices(&session).await.unwrap()
}

async fn only_a_browser_that_the_account_does_not_know_is_told_of(desk: Desk) {
    let _mark = clause::check!(R9);
    let li = desk.sign_up_with_password("li@example.cn").await;
    let mark = meet(&desk, &li, None, Arrival::Registered).await;
    assert!(desk.drain().await.0.is_empty(), "nobody is to be warned");
    let before = desk.entries().await;
    let (again, seen) = enter(&desk, "li@example.cn", Some(&mark)).await;
    assert_eq!((again.as_str(), seen.len()), (mark.as_str(), 0));
    assert_eq!(
        desk.entries().await,
        before + 2,
        "the session and the browser"
    );
    // A mark that is none counts as none, and is replaced.
    for brought in [None, Some(""), Some("0000"), Some("x; y")] {
        let (other, seen) = enter(&desk, "li@example.cn", brought).await;
        assert_ne!(other, mark);
        let [told] = &seen[..] else {
            panic!("one notice, not {seen:?}");
        };
        assert_eq!(
            (told.kind, told.to.as_str()),
            (Kind::NewSignIn, "li@example.cn")
        );
        assert!(told.text.contains("Firefox · Linux"), "{}", told.text);
        let (_, seen) = enter(&desk, "li@example.cn", Some(&other)).await;
        assert!(seen.is_empty(), "told once");
    }
    let session = desk.session_of(&li).await;
    let own = desk.platform.own_acts(&session, None).await.unwrap();
    let met = own.acts.iter().filter(|act| act.kind == "device.met");
    assert_eq!(met.count(), 5);
    assert_eq!(known(&desk, &li).await.len(), 5);
}

async fn a_mark_that_another_person_has_is_unknown(desk: Desk) {
    let _mark = clause::check!(R9);
    let li = desk.sign_up_with_password("li@example.cn").await;
    let wang = desk.sign_up_with_password("wang@example.cn").await;
    let mark = meet(&desk, &li, None, Arrival::Registered).await;
    let (same, seen) = enter(&desk, "wang@example.cn", Some(&mark)).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].to, "wang@example.cn");
    // Both know the one browser from now on, each by a row of its own.
    assert_eq!(same, mark);
    assert!(
        enter(&desk, "li@example.cn", Some(&mark))
            .await
            .1
            .is_empty()
    );
    assert!(
        enter(&desk, "wang@example.cn", Some(&mark))
            .await
            .1
            .is_empty()
    );
    let (of_li, of_wang) = (known(&desk, &li).await, known(&desk, &wang).await);
    assert_eq!((of_li.len(), of_wang.len()), (1, 1));
    // Neither forgets what the other knows.
    let session = desk.session_of(&li).await;
    let foreign = desk.platform.forget_device(&session, of_wang[0].id).await;
    assert!(foreign.is_err());
    assert_eq!(known(&desk, &wang).await.len(), 1);
}

async fn of_too_many_browsers_the_one_away_longest_goes(desk: Desk) {
    let _mark = clause::check!(R9);
    let li = desk.sign_up_with_password("li@example.cn").await;
    let most = usize::try_from(DEVICES_MAX).unwrap();
    let mut marks = Vec::new();
    for _ in 0..most {
        marks.push(meet(&desk, &li, None, Arrival::Registered).await);
    }
    // The first comes again, so the second is the one away longest.
    meet(&desk, &li, Some(&marks[0]), Arrival::SignedIn).await;
    meet(&desk, &li, None, Arrival::SignedIn).await;
    assert_eq!(known(&desk, &li).await.len(), most);
    desk.drain().await;
    meet(&desk, &li, Some(&marks[0]), Arrival::SignedIn).await;
    assert!(desk.drain().await.0.is_empty());
    meet(&desk, &li, Some(&marks[1]), Arrival::SignedIn).await;
    assert_eq!(desk.drain().await.0.len(), 1);
    assert_eq!(known(&desk, &li).await.len(), most);
}

async fn a_browser_that_was_forgotten_is_new_again(desk: Desk) {
    let _mark = clause::check!(R9);
    let li = desk.sign_up_with_password("li@example.cn").await;
    let mark = meet(&desk, &li, None, Arrival::Registered).await;
    let session = desk.session_of(&li).await;
    let here = known(&desk, &li).await;
    let own = desk.platform.own_values(&session).await.unwrap();
    let read = |value: Option<&_>| value.and_then(|it| own.read(it));
    assert_eq!(
        read(here[0].agent.as_ref()).as_deref(),
        Some("Firefox 150 on Linux")
    );
    assert_eq!(
        read(here[0].network.as_ref()).as_deref(),
        Some("198.51.7.0/24")
    );
    desk.platform
        .forget_device(&session, here[0].id)
        .await
        .unwrap();
    assert!(known(&desk, &li).await.is_empty());
    let twice = desk.platform.forget_device(&session, here[0].id).await;
    assert!(twice.is_err());
    assert_eq!(enter(&desk, "li@example.cn", Some(&mark)).await.1.len(), 1);
    let log = desk.platform.own_acts(&session, None).await.unwrap();
    assert!(log.acts.iter().any(|act| act.kind == "device.forgotten"));
}
