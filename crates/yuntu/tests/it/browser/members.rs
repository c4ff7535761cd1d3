//! An owner invites a colleague by mail, who joins and is given another role.

use yuntu_testkit::Backend;

use super::house::{House, Someone, in_every_way};

in_every_way!(invites_a_colleague_who_joins);

const OWNER: Someone = Someone {
    address: "owner@east.example",
    nickname: "Qi",
    password: "eleven slow rivers bend",
};
const COLLEAGUE: Someone = Someone {
    address: "rui@east.example",
    nickname: "Rui",
    password: "forty small ferns unfold",
};

async fn invites_a_colleague_who_joins(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let (owner, colleague) = (house.browser().await, house.browser().await);
    house.register(&owner, OWNER).await;
    owner.fill("name", "East Store Limited").await.unwrap();
    owner.fill("industry", "retail").await.unwrap();
    owner.press("button[value='create']").await.unwrap();
    owner.goto(&house.at("/console/members")).await.unwrap();
    house.look(&owner, "members").await;
    owner.fill("address", COLLEAGUE.address).await.unwrap();
    owner.choose("role", "analyst").await.unwrap();
    owner.press("button[value='invite']").await.unwrap();
    house.look(&owner, "members-invited").await;

    let mail = house.mail_to(COLLEAGUE.address, "/account/join/").await;
    let (_, rest) = mail.split_once("/account/join/").unwrap();
    let secret: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    let join = house.at(&format!("/account/join/{secret}"));
    // The link alone opens nothing: whoever has it must have the address too.
    colleague.goto(&join).await.unwrap();
    assert!(
        colleague
            .path()
            .await
            .unwrap()
            .starts_with("/account/sign-in")
    );
    house.register(&colleague, COLLEAGUE).await;
    colleague.goto(&join).await.unwrap();
    house.look(&colleague, "join").await;
    colleague.press("button[value='accept']").await.unwrap();
    colleague.goto(&house.at("/console")).await.unwrap();
    assert!(
        colleague
            .text()
            .await
            .unwrap()
            .contains("East Store Limited")
    );
    // An analyst manages nobody.
    colleague.goto(&house.at("/console/members")).await.unwrap();
    assert!(!colleague.has("button[value='invite']").await.unwrap());
    house.look(&colleague, "members-analyst").await;

    owner.goto(&house.at("/console/members")).await.unwrap();
    owner.press_words(COLLEAGUE.nickname).await.unwrap();
    house.look(&owner, "member").await;
    owner.choose("role", "viewer").await.unwrap();
    owner.press("button[value='role']").await.unwrap();
    house.look(&owner, "member-viewer").await;
}
