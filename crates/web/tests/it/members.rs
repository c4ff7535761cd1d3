//! Members of an enterprise as a browser without scripts manages them, and what a letter opens.

use yuntu_app::outbound::Kind;
use yuntu_app::policy::Role;
use yuntu_terms::clause;
use yuntu_testkit::{long_pdf, pdf};

use crate::people::{FOREIGN, MINUTE, OWNER, VIEWER, hidden};
use crate::site::{Answer, MARK, OWN, Site, instruction, nothing};

const MEMBERS: &str = "/console/members";

impl Site {
    /// Uploads a letter of a member as a browser does.
    pub(crate) async fn letter(
        &self,
        (member, cookie): (&str, &str),
        (from, until): (&str, &str),
        (name, bytes): (&str, &[u8]),
    ) -> Answer {
        let fields = [
            ("mark", MARK),
            ("act", "letter"),
            ("from", from),
            ("until", until),
        ];
        let (member, query) = member.split_once('?').unwrap_or((member, "lang=en"));
        let path = format!("{member}/letters?{query}");
        self.hand_in((&path, cookie), &fields, (name, bytes)).await
    }
}

/// Invites somebody through the page, and reads the path of the link in the message.
pub(crate) async fn invite(site: &Site, cookie: &str, address: &str, role: Role) -> String {
    let body = format!("act=invite&address={address}&role={role}");
    // What a request says of its host must not decide where a message leads.
    let own = [OWN, ("cookie", cookie), ("host", "evil.example")];
    let cookies = format!("{cookie}; {}", crate::site::MARK_COOKIE);
    let headers = [own[0], ("cookie", cookies.as_str()), own[2]];
    let sent = site
        .post_form(MEMBERS, &headers, format!("mark={MARK}&{body}"))
        .await;
    sent.expect(303);
    let messages = site.messages().await;
    let [message] = &messages[..] else {
        panic!("one message, not {messages:?}");
    };
    assert_eq!(
        (message.kind, message.to.as_str()),
        (Kind::Invitation, address)
    );
    let (before, rest) = message.text.split_once("/account/join/").unwrap();
    assert!(before.ends_with("https://yuntu.example"), "{before}");
    let secret: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(secret.len(), 64);
    format!("/account/join/{secret}")
}

/// Finds the page of the member whose name the list shows.
pub(crate) fn page_of(list: &Answer, name: &str) -> String {
    let links = list.text.split("<a href=\"").skip(1);
    let mut found = links.filter(|link| link.starts_with("/console/members/rep_"));
    let link = found.find(|link| link.split("</a>").next().unwrap().contains(name));
    let link = link.unwrap_or_else(|| panic!("no {name}: {}", list.text));
    link.split('?').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_joins_gets_a_letter_and_loses_the_right_with_it() {
    let _mark = clause::check!(R3);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let join = invite(&site, &owner, "wei@example.cn", Role::Admin).await;
    // Whoever opens the link signs in or registers, and comes back.
    let nobody = site.page(&join, "").await.expect(303);
    assert!(
        nobody
            .header("location")
            .ends_with(&format!("&next={join}"))
    );
    let wei = site
        .register("wei@example.cn", &format!("&nickname=Wei&next={join}"))
        .await;
    for (lang, words) in [("zh", "接受邀请"), ("en", "Accept the invitation")] {
        let page = site
            .page(&format!("{join}?lang={lang}"), &wei)
            .await
            .expect(200);
        assert!(page.text.contains(words) && page.text.contains("North Store"));
    }
    site.submit(&join, &wei, "act=accept").await.expect(303);
    site.page(&join, &wei).await.expect(404);
    // Without a letter she reads no report and gives no instruction, and is told why.
    let refused = site.page("/console?lang=zh", &wei).await.expect(403);
    assert!(refused.text.contains("没有在有效期内的授权书"));
    let list = site
        .page(&format!("{MEMBERS}?lang=en"), &owner)
        .await
        .expect(200);
    assert!(list.text.contains("Wei · w**@example.cn") && list.text.contains("no letter"));
    let member = page_of(&list, "Wei");
    let today = site.platform.now().day_in_china().to_string();
    let paper = pdf("signed letter");
    site.letter(
        (&member, &owner),
        ("2026-01-01", &today),
        ("授权书.pdf", &paper),
    )
    .await
    .expect(303);
    comes_back_to_who_may(&site, (&owner, &wei), &member).await;
    site.page("/console", &wei).await.expect(200);
    let token = token(&site, &wei).await;
    let path = "/api/v1/instructions";
    let instruct = async || {
        let body = crate::site::as_json(&instruction(&made.dataset));
        site.call(Some(&token), "POST", path, body).await
    };
    instruct().await.expect(201);
    // The letter ends with its day; the same moment so does the right.
    site.parts.clock.advance(MINUTE * 24 * 60);
    let refused = instruct().await.expect(403).json();
    assert_eq!(refused["reasons"][0]["fact"], "letter");
    let listed = site.call(Some(&token), "GET", path, nothing()).await;
    listed.expect(403);
}

/// The file comes back under its own name to who manages members and to the member; each look is shown.
async fn comes_back_to_who_may(site: &Site, (owner, wei): (&str, &str), member: &str) {
    let file = format!("{member}/letters/1");
    let id = member.rsplit('/').next().unwrap();
    for (path, cookie) in [
        (file.clone(), owner),
        (file.clone(), wei),
        (format!("/account/letters/{id}/1"), wei),
    ] {
        let kept = site.page(&path, cookie).await.expect(200);
        assert_eq!(kept.text.as_bytes(), pdf("signed letter"));
        assert_eq!(kept.header("content-type"), "application/pdf");
        let name = kept.header("content-disposition").to_owned();
        assert!(
            name.starts_with("attachment; filename=\"___.pdf\""),
            "{name}"
        );
    }
    let (viewer, foreign) = (site.sign_in(VIEWER).await, site.sign_in(FOREIGN).await);
    for (cookie, console, own) in [("", 303, 303), (&viewer, 403, 404), (&foreign, 404, 404)] {
        site.page(&file, cookie).await.expect(console);
        site.page(&format!("/account/letters/{id}/1"), cookie)
            .await
            .expect(own);
    }
    for odd in ["2", "x", "-1"] {
        site.page(&format!("{member}/letters/{odd}"), owner)
            .await
            .expect(404);
    }
    for (lang, words) in [("zh", "谁下载过"), ("en", "Who downloaded it")] {
        let page = site
            .page(&format!("{member}?lang={lang}"), owner)
            .await
            .expect(200);
        assert!(page.text.contains(words), "{}", page.text);
        assert!(!page.text.contains("name=\"digest\""), "nobody types one");
    }
}

/// Makes a token for whoever has this session.
pub(crate) async fn token(site: &Site, cookie: &str) -> String {
    let cookie = cookie.split(';').next().unwrap();
    let secret = cookie.strip_prefix("__Host-session=").unwrap();
    let session = site.platform.session(secret).await.unwrap();
    let caller = site.platform.caller(&session).await.unwrap().unwrap();
    crate::site::token(&site.platform, &caller).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_for_its_address_alone_and_can_be_revoked() {
    let _mark = clause::check!(R3);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let join = invite(&site, &owner, "wei@example.cn", Role::Viewer).await;
    let other = site.register("other@example.cn", "").await;
    let page = site
        .page(&format!("{join}?lang=en"), &other)
        .await
        .expect(200);
    assert!(
        page.text.contains("went to another address") && !page.text.contains("value=\"accept\"")
    );
    site.submit(&join, &other, "act=accept").await.expect(404);
    let list = site.page(MEMBERS, &owner).await.expect(200);
    assert!(list.text.contains("w**@example.cn") && !list.text.contains("wei@example.cn"));
    let id = hidden(&list, "invitation").to_owned();
    let revoke = format!("act=revoke&invitation={id}");
    let foreign = site.sign_in(FOREIGN).await;
    site.submit(MEMBERS, &foreign, &revoke).await.expect(404);
    site.submit(MEMBERS, &owner, &revoke).await.expect(303);
    let wei = site.register("wei@example.cn", "").await;
    site.page(&join, &wei).await.expect(404);
    site.submit(&join, &wei, "act=accept").await.expect(404);
    // An open one ends after seven days; who sits there already is told so.
    site.parts.clock.advance(MINUTE);
    let join = invite(&site, &owner, "wei@example.cn", Role::Viewer).await;
    site.submit(&join, &wei, "act=accept").await.expect(303);
    // Too often is said on the page, with when it may be tried again.
    let body = "act=invite&address=wei%40example.cn&role=viewer";
    let soon = site
        .submit(&format!("{MEMBERS}?lang=en"), &owner, body)
        .await;
    assert!(soon.expect(429).text.contains("try again after"));
    site.parts.clock.advance(MINUTE);
    let twice = invite(&site, &owner, "wei@example.cn", Role::Viewer).await;
    let again = site
        .submit(&format!("{twice}?lang=zh"), &wei, "act=accept")
        .await;
    assert!(again.expect(409).text.contains("您已代表此企业"));
    for odd in ["/account/join/00", "/account/join/x"] {
        site.page(odd, &wei).await.expect(404);
        site.submit(odd, &wei, "act=accept").await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_told_at_its_field_and_the_last_owner_stays() {
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    for (body, zh, en) in [
        ("act=invite&address=&role=viewer", "请填写", "fill this in"),
        (
            "act=invite&address=wei%40example.cn&role=king",
            "请选择一个角色",
            "choose a role",
        ),
        (
            "act=leave",
            "至少须有一位所有者",
            "keeps at least one owner",
        ),
    ] {
        for (lang, told) in [("zh", zh), ("en", en)] {
            let path = format!("{MEMBERS}?lang={lang}");
            let page = site.submit(&path, &owner, body).await.expect(400);
            assert!(page.text.contains(told), "{body}: {}", page.text);
            assert_eq!(page.text.matches("role=\"alert\"").count(), 1);
        }
    }
    let list = site.page(MEMBERS, &owner).await.expect(200);
    assert!(list.text.contains("<option value=\"viewer\" selected>"));
    let own = page_of(&list, "(you)");
    let down = site.submit(&own, &owner, "act=role&role=viewer").await;
    assert!(down.expect(400).text.contains("at least one owner"));
    let viewer = page_of(
        &list,
        "viewer@store.example".replace("viewer", "v*****").as_str(),
    );
    site.submit(&viewer, &owner, "act=role&role=king")
        .await
        .expect(400);
    site.submit(&viewer, &owner, "act=fly").await.expect(400);
    site.submit(MEMBERS, &owner, "act=fly").await.expect(400);
    // What is right is done: another role, and the end of the seat.
    site.submit(&viewer, &owner, "act=role&role=analyst")
        .await
        .expect(303);
    let list = site.page(MEMBERS, &owner).await.expect(200);
    assert!(list.text.contains("Analyst; letter until"));
    let seat = site.sign_in(VIEWER).await;
    site.page("/console", &seat).await.expect(200);
    site.submit(&viewer, &owner, "act=remove").await.expect(303);
    site.page("/console", &seat).await.expect(303);
    site.page(&viewer, &owner).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_cannot_be_is_told_at_its_field_and_the_days_stay() {
    let _mark = clause::check!(R3);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let list = site.page(MEMBERS, &owner).await.expect(200);
    let viewer = page_of(&list, "v*****@store.example");
    let paper = pdf("a");
    for (from, until, field, zh, en) in [
        (
            "yesterday",
            "2027-01-01",
            "from",
            "应为日期",
            "a date such as",
        ),
        (
            "2026-01-01",
            "2026-13-01",
            "until",
            "应为日期",
            "a date such as",
        ),
        (
            "2027-01-01",
            "2026-12-01",
            "until",
            "结束不能早于开始",
            "ends before it begins",
        ),
        (
            "2026-01-01",
            "2026-02-01",
            "until",
            "此函件已到期",
            "over already",
        ),
        (
            "2026-01-01",
            "2099-01-01",
            "until",
            "五十年后",
            "fifty years",
        ),
    ] {
        for (lang, told) in [("zh", zh), ("en", en)] {
            let member = format!("{viewer}?lang={lang}");
            let page = site
                .letter((&member, &owner), (from, until), ("a.pdf", &paper))
                .await
                .expect(400);
            let wrong = format!("id=\"letter-{field}-wrong\"");
            assert!(page.text.contains(&wrong), "{from}: {}", page.text);
            assert!(page.text.contains(told), "{told}: {}", page.text);
            assert!(page.text.contains(&format!("value=\"{until}\"")));
        }
    }
    bad_files_are_told(&site, &viewer, &owner).await;
}

async fn bad_files_are_told(site: &Site, viewer: &str, owner: &str) {
    for (name, bytes, zh, en) in [
        (
            "a.pdf",
            b"MZ\x90\x00 this program cannot be run".to_vec(),
            "不是 PDF",
            "neither PDF",
        ),
        ("a.exe", pdf("a"), "扩展名", "ending of the file"),
        ("a.pdf", Vec::new(), "文件是空的", "is empty"),
        (
            "a.pdf",
            long_pdf("large", 6 << 20),
            "超过 5 MiB",
            "larger than 5 MiB",
        ),
    ] {
        for (lang, told) in [("zh", zh), ("en", en)] {
            let member = format!("{viewer}?lang={lang}");
            let days = ("2026-01-01", "2027-01-01");
            let page = site
                .letter((&member, owner), days, (name, &bytes))
                .await
                .expect(400);
            assert!(
                page.text.contains("id=\"letter-file-wrong\"") && page.text.contains(told),
                "{name}: {}",
                page.text
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_closed_to_strangers_to_other_enterprises_and_to_who_manages_none() {
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let list = site.page(MEMBERS, &owner).await.expect(200);
    let member = page_of(&list, "v*****@store.example");
    let bodies = [
        "act=invite&address=a%40example.cn&role=viewer",
        "act=role&role=viewer",
        "act=remove",
    ];
    for path in [MEMBERS, &member] {
        let answer = site.page(path, "").await.expect(303);
        assert!(answer.header("location").starts_with("/account/sign-in"));
        site.submit(path, "", bodies[0]).await.expect(303);
        let headers = [OWN, ("cookie", owner.as_str())];
        let forged = format!("mark={MARK}&{}", bodies[0]);
        site.post_form(path, &headers, forged).await.expect(403);
    }
    let viewer = site.sign_in(VIEWER).await;
    let refused = site
        .page(&format!("{MEMBERS}?lang=zh"), &viewer)
        .await
        .expect(403);
    assert!(refused.text.contains("您的角色无权进行此操作"));
    site.page(&member, &viewer).await.expect(403);
    site.submit(MEMBERS, &viewer, bodies[0]).await.expect(403);
    for body in &bodies[1..] {
        site.submit(&member, &viewer, body).await.expect(403);
    }
    let foreign = site.sign_in(FOREIGN).await;
    site.page(&member, &foreign).await.expect(404);
    for body in &bodies[1..] {
        site.submit(&member, &foreign, body).await.expect(404);
    }
    let (days, paper) = (("2026-01-01", "2030-01-01"), pdf("a"));
    for (cookie, status) in [("", 303), (viewer.as_str(), 403), (foreign.as_str(), 404)] {
        site.letter((&member, cookie), days, ("a.pdf", &paper))
            .await
            .expect(status);
    }
    for odd in [
        "rep_1",
        "ent_0192f0c1000070008000000000000001",
        "rep_0192f0c1000070008000000000000001",
    ] {
        site.page(&format!("{MEMBERS}/{odd}"), &owner)
            .await
            .expect(404);
    }
    site.page("/console", &viewer).await.expect(200);
}
