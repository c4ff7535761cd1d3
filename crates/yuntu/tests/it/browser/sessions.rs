//! Who is signed in in two places sees both, and ends one from the other.

use yuntu_testkit::Backend;

use super::house::{House, Someone, in_every_way};

in_every_way!(ends_a_session_from_another);

const BO: Someone = Someone {
    address: "bo.chen@north.example",
    nickname: "Bo",
    password: "three green kettles hum",
};

async fn ends_a_session_from_another(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let here = house.browser().await;
    house.register(&here, BO).await;
    let there = house.browser().await;
    house.sign_in(&there, BO).await;
    there.goto(&house.at("/account")).await.unwrap();
    assert!(there.path().await.unwrap().starts_with("/account?"));

    here.goto(&house.at("/account/sessions")).await.unwrap();
    house.look(&here, "sessions-two").await;
    here.press("button[value='others']").await.unwrap();
    there.goto(&house.at("/account")).await.unwrap();
    assert!(there.path().await.unwrap().starts_with("/account/sign-in"));
    // The one from which it was done stays.
    here.goto(&house.at("/account")).await.unwrap();
    assert!(here.path().await.unwrap().starts_with("/account?"));
}
