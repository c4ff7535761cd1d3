//! An owner invites a colleague by mail, who joins and is given another role.

use yuntu_testkit::{Backend, Browser, long_pdf, pdf};

use super::house::{House, Someone, in_every_way, today};

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
    records_a_letter(&house, &owner).await;
    reads_her_letter(&house, &colleague).await;
    owner.goto(&house.at("/console/members")).await.unwrap();
    owner.press_words(COLLEAGUE.nickname).await.unwrap();
    house.look(&owner, "member-letters").await;
}

/// Wrong in every way that a person may be wrong, then right.
async fn records_a_letter(house: &House, owner: &Browser) {
    owner.goto(&house.at("/console/members")).await.unwrap();
    owner.press_words(COLLEAGUE.nickname).await.unwrap();
    let program = b"MZ\x90\x00 this program cannot be run in DOS mode".to_vec();
    let large = long_pdf("large", 6 << 20);
    let (past, today, later) = (today(-10), today(0), today(300));
    let letter = pdf("letter of authorisation");
    for (page, bytes, from, until, field) in [
        ("program", &program, &today, &later, "file"),
        ("empty", &Vec::new(), &today, &later, "file"),
        ("large", &large, &today, &later, "file"),
        ("backwards", &letter, &later, &today, "until"),
        ("over", &letter, &past, &past, "until"),
    ] {
        hands_in(house, owner, bytes, (from, until)).await;
        owner
            .find(&format!("main [name='{field}'][aria-invalid='true']"))
            .await
            .unwrap();
        let kept = owner.find("main [name='until']").await.unwrap();
        assert_eq!(&kept.prop("value").await.unwrap().unwrap(), until);
        house.look(owner, &format!("letter-{page}")).await;
    }
    hands_in(house, owner, &letter, (&today, &later)).await;
    assert!(!owner.has("[aria-invalid='true']").await.unwrap());
    house.look(owner, "letter-recorded").await;
    // Its file can be replaced, and both versions stay.
    owner.press_words(COLLEAGUE.nickname).await.unwrap();
    let kept = owner.find("main [name='until']").await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().unwrap(), later);
    let again = pdf("letter of authorisation, signed again");
    hands_in(house, owner, &again, (&today, &later)).await;
    owner.press_words(COLLEAGUE.nickname).await.unwrap();
    assert!(owner.has("main a[href$='/letters/1']").await.unwrap());
    assert!(owner.has("main a[href$='/letters/2']").await.unwrap());
}

async fn hands_in(house: &House, owner: &Browser, bytes: &[u8], (from, until): (&str, &str)) {
    let path = house.data().join("letter.pdf");
    std::fs::write(&path, bytes).unwrap();
    owner
        .fill_in("main [name='file']", path.to_str().unwrap())
        .await
        .unwrap();
    owner.fill("from", from).await.unwrap();
    owner.fill("until", until).await.unwrap();
    owner.press("button[value='letter']").await.unwrap();
}

/// The colleague finds her own letter in the privacy centre.
async fn reads_her_letter(house: &House, colleague: &Browser) {
    colleague.goto(&house.at("/account")).await.unwrap();
    let own = "main a[href^='/account/letters/'][href$='/2']";
    assert!(colleague.has(own).await.unwrap());
    house.look(colleague, "centre-seats").await;
}
