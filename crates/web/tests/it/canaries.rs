//! Neither a cookie nor an address of a page ever holds a value of a person.

use yuntu_terms::clause;

use crate::people::{MINUTE, PASSWORD, session};
use crate::site::{Answer, Site};

const VALUES: [&str; 6] = [
    "canary",
    "%E9%87%91%E4%B8%9D%E9%9B%80",
    "金丝雀",
    "brindle",
    "198.51.100",
    "example.cn",
];

/// Looks at every header of an answer.
#[track_caller]
fn keeps_silent(answer: &Answer) {
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        for canary in VALUES {
            assert!(!value.contains(canary), "{name}: {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_of_any_answer_holds_what_a_person_typed() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let address = "canary-li@example.cn";
    let (along, code) = site.code("/account/register", "", address).await;
    let good = format!("act=open&{along}&code={code}&version=1.0");
    let more = format!("&nickname=%E9%87%91%E4%B8%9D%E9%9B%80&password={PASSWORD}");
    let path = "/account/register?lang=zh";
    let refused = site
        .submit(path, "", &format!("{good}{more}"))
        .await
        .expect(400);
    // What was typed comes back on the page, and there alone.
    assert!(refused.text.contains("金丝雀"));
    keeps_silent(&refused);
    let opened = site
        .submit(path, "", &format!("{good}&accept=yes{more}"))
        .await
        .expect(303);
    keeps_silent(&opened);
    let cookie = session(&opened).unwrap();
    let typed = [
        ("/account/sign-in", format!("act=ask&address={address}")),
        (
            "/account/sign-in",
            format!("act=password&address={address}&password=canary"),
        ),
        (
            "/account/sign-in",
            format!("act=password&address={address}&password={PASSWORD}"),
        ),
        (
            "/account/sign-in",
            format!("act=password&address={address}&password={PASSWORD}&next=/account"),
        ),
        ("/account/recover", format!("act=ask&address={address}")),
        (
            "/account/nickname",
            "act=set&nickname=canary-name".to_owned(),
        ),
        (
            "/account/email",
            "act=ask&address=canary-wei@example.cn".to_owned(),
        ),
        (
            "/account/seats",
            "act=create&name=Canary+Works&industry=canary".to_owned(),
        ),
        (
            "/console/members",
            "act=invite&address=canary-wang@example.cn&role=viewer".to_owned(),
        ),
        ("/cookies", "act=canary".to_owned()),
    ];
    for (path, body) in typed {
        site.parts.clock.advance(MINUTE);
        let answer = site.submit(path, &cookie, &body).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
        assert_ne!(answer.status.as_u16(), 404, "{path}");
        keeps_silent(&answer);
    }
    for path in ["/account", "/account/sessions", "/account/log", "/console"] {
        let answer = site.page(path, &cookie).await;
        assert_ne!(answer.status.as_u16(), 404, "{path}");
        keeps_silent(&answer);
    }
}
