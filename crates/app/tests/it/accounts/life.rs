use yuntu_app::accounts::{
    AccountError, CodeFor, Nickname, SESSION_IDLE, SignUp, SignedIn, TypedIn,
};
use yuntu_app::outbound::Kind;
use yuntu_app::store::{Choice, Session};
use yuntu_app::vault::{Password, PasswordFault};
use yuntu_app::{AppError, Platform, accounts};
use yuntu_statement::StatementVersion;
use yuntu_terms::{Purpose, clause};

use crate::desk::{Desk, MINUTE, PASSWORD, done, email, network, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    a_person_opens_an_account_and_lives_with_it,
    a_contact_changes_with_a_code_and_both_addresses_are_told,
    who_lost_her_password_gets_back_in_and_the_old_one_opens_nothing,
    nothing_is_on_that_was_not_chosen_and_nothing_opens_without_acceptance,
    a_password_that_is_easily_guessed_is_refused_with_its_reason,
    a_person_ends_her_sessions_and_an_idle_one_ends_itself,
    of_sign_ups_at_once_with_one_address_exactly_one_wins,
    no_value_of_an_account_reaches_the_disk_in_the_clear,
);

async fn a_person_opens_an_account_and_lives_with_it(desk: Desk) {
    let _marks = (clause::check!(R0), clause::check!(R2));
    let platform = &desk.platform;
    let typed = desk.code(CodeFor::SignUp, "li@example.cn").await;
    let telemetry: Purpose = "telemetry".parse().unwrap();
    let form = SignUp {
        nickname: Some(Nickname::parse(" 小李 ").unwrap()),
        password: Some(password(PASSWORD)),
        purposes: vec![telemetry.clone()],
        ..desk.form(typed, "li@example.cn")
    };
    let here = platform.sign_up(form, visit(1)).await.unwrap();
    let session = desk.session_of(&here).await;
    let on = async || -> Vec<String> {
        let choices = platform.choices(&session).await.unwrap();
        let on = choices.iter().filter(|it| it.choice == Choice::On);
        on.map(|it| it.rule.id.to_string()).collect()
    };
    assert_eq!(on().await, ["telemetry"]);
    platform
        .choose(&session, &telemetry, Choice::Off)
        .await
        .unwrap();
    assert!(on().await.is_empty());
    // By password, from elsewhere, and by code.
    let there = platform
        .sign_in_by_password(&email("Li@Example.cn"), password(PASSWORD), visit(2))
        .await;
    let there = done(there);
    assert_eq!(there.account, here.account);
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::SignIn, "li@example.cn").await;
    let third = platform
        .sign_in_by_code(&typed, &email("li@example.cn"), visit(3))
        .await;
    let third = done(third);
    assert_eq!(platform.sessions(&session).await.unwrap().len(), 3);
    let new = "a kettle sings at quarter past";
    let session = change_password(&desk, &session, &here, &[&there, &third], new).await;
    let (seen, _) = desk.drain().await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].kind, Kind::PasswordChanged);
    assert_eq!(seen[0].to, "li@example.cn");
    let old = platform
        .sign_in_by_password(&email("li@example.cn"), password(PASSWORD), visit(1))
        .await;
    assert_eq!(told(old), AccountError::WrongPassword);
    platform
        .sign_in_by_password(&email("li@example.cn"), password(new), visit(1))
        .await
        .unwrap();
    finds_her_acts(platform, &session).await;
    platform.sign_out(&session).await.unwrap();
    let out = platform.sign_out(&session).await;
    assert!(matches!(out, Err(AppError::Store(_))));
}

/// Changes the password once the proof is old, which takes another proof and ends the other sessions.
async fn change_password(
    desk: &Desk,
    session: &Session,
    here: &SignedIn,
    others: &[&SignedIn],
    new: &str,
) -> Session {
    let platform = &desk.platform;
    // Ten minutes later the proof is old, and the password makes a new one.
    desk.clock.advance(MINUTE * 10);
    let stale = platform.set_password(session, Some(password(new))).await;
    assert_eq!(told(stale), AccountError::ProofNeeded);
    let wrong = platform
        .prove_by_password(session, password("not the password"), &network(1))
        .await;
    assert_eq!(told(wrong), AccountError::WrongPassword);
    let secret = platform
        .prove_by_password(session, password(PASSWORD), &network(1))
        .await
        .unwrap();
    // The old cookie opens nothing any more.
    let old = platform.session(&here.secret.text()).await;
    assert_eq!(told(old), AccountError::SignedOut);
    let session = platform.session(&secret.text()).await.unwrap();
    platform
        .set_password(&session, Some(password(new)))
        .await
        .unwrap();
    for ended in others {
        let gone = platform.session(&ended.secret.text()).await;
        assert_eq!(told(gone), AccountError::SignedOut);
    }
    session
}

async fn finds_her_acts(platform: &Platform, session: &Session) {
    let shown = platform.own_acts(session, None).await.unwrap();
    let (acts, older) = (shown.acts, shown.older);
    assert_eq!(older, None);
    let kinds: Vec<&str> = acts.iter().rev().map(|act| act.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "account.opened",
            "statement.accepted",
            "choice.recorded",
            "session.opened",
            "choice.recorded",
            "session.opened",
            "session.opened",
            "sign_in.failed",
            "sign_in.failed",
            "session.proven",
            "password.set",
            "session.opened",
        ]
    );
    assert!(
        acts.iter()
            .all(|act| !act.text.zh.contains('(') && !act.clauses.is_empty())
    );
}

async fn a_contact_changes_with_a_code_and_both_addresses_are_told(desk: Desk) {
    let platform = &desk.platform;
    let here = desk.sign_up("old@example.cn").await;
    let other = desk.sign_up("other@example.cn").await;
    let session = desk.session_of(&here).await;
    desk.clock.advance(MINUTE);
    let asked = platform
        .ask_new_contact(&session, email("new@example.cn"), &visit(1))
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    assert_eq!(seen[0].to, "new@example.cn");
    let typed = TypedIn {
        request: asked.request,
        code: crate::desk::code_in(&seen[0].text),
    };
    // The code is hers alone.
    let theirs = desk.session_of(&other).await;
    let foreign = platform.change_contact(&theirs, &typed, &network(1)).await;
    assert_eq!(told(foreign), AccountError::SpentCode);
    desk.clock.advance(MINUTE);
    let asked = platform
        .ask_new_contact(&session, email("new@example.cn"), &visit(1))
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    let typed = TypedIn {
        request: asked.request,
        code: crate::desk::code_in(&seen[0].text),
    };
    platform
        .change_contact(&session, &typed, &network(1))
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    let mut to: Vec<_> = seen
        .iter()
        .map(|seen| (seen.kind, seen.to.as_str()))
        .collect();
    to.sort_unstable();
    assert_eq!(
        to,
        [
            (Kind::ContactChanged, "new@example.cn"),
            (Kind::ContactChanged, "old@example.cn"),
        ]
    );
    // The old address opens nothing, the new one does.
    desk.clock.advance(MINUTE);
    desk.ask(CodeFor::SignIn, "old@example.cn").await.unwrap();
    assert!(desk.drain().await.0.is_empty());
    let typed = desk.code(CodeFor::SignIn, "new@example.cn").await;
    let again = platform
        .sign_in_by_code(&typed, &email("new@example.cn"), visit(1))
        .await;
    let again = done(again);
    assert_eq!(again.account, here.account);
    // An address of somebody else gets no code.
    platform
        .ask_new_contact(&session, email("other@example.cn"), &visit(1))
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    assert_eq!(seen[0].kind, Kind::AccountExists);
}

async fn who_lost_her_password_gets_back_in_and_the_old_one_opens_nothing(desk: Desk) {
    let platform = &desk.platform;
    let before = desk.sign_up_with_password("li@example.cn").await;
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::Recover, "li@example.cn").await;
    let back = platform
        .recover(&typed, &email("li@example.cn"), visit(1))
        .await;
    let back = done(back);
    assert_eq!(back.account, before.account);
    let gone = platform.session(&before.secret.text()).await;
    assert_eq!(told(gone), AccountError::SignedOut);
    let (seen, _) = desk.drain().await;
    assert_eq!(seen[0].kind, Kind::PasswordChanged);
    let sign_in = async |text| {
        let address = email("li@example.cn");
        platform
            .sign_in_by_password(&address, password(text), visit(1))
            .await
    };
    assert_eq!(told(sign_in(PASSWORD).await), AccountError::WrongPassword);
    let session = desk.session_of(&back).await;
    let new = "a kettle sings at quarter past";
    platform
        .set_password(&session, Some(password(new)))
        .await
        .unwrap();
    sign_in(new).await.unwrap();
}

async fn nothing_is_on_that_was_not_chosen_and_nothing_opens_without_acceptance(desk: Desk) {
    let _mark = clause::check!(R0);
    let platform = &desk.platform;
    let refused = async |form| told(platform.sign_up(form, visit(1)).await);
    let typed = || TypedIn {
        request: yuntu_terms::CodeId::generate(platform.now(), platform.entropy()).unwrap(),
        code: yuntu_app::vault::VerificationCode::parse("123456").unwrap(),
    };
    let form = || desk.form(typed(), "li@example.cn");
    let mut another = form();
    another.accepts.version = StatementVersion::new(0, 9);
    assert_eq!(refused(another).await, AccountError::NotAccepted);
    for purpose in ["account", "marketing", "nothing_of_the_kind"] {
        let mut form = form();
        form.purposes = vec![purpose.parse().unwrap()];
        assert_eq!(refused(form).await, AccountError::NotOptional, "{purpose}");
    }
    assert_eq!(desk.entries().await, 0);
    let here = desk.sign_up("li@example.cn").await;
    let session = desk.session_of(&here).await;
    let choices = platform.choices(&session).await.unwrap();
    assert!(choices.len() >= 4);
    assert!(
        choices
            .iter()
            .all(|it| it.choice == Choice::Off && it.since.is_none())
    );
    // Whoever refused everything optional does the rest as anybody.
    platform.own_acts(&session, None).await.unwrap();
    let account = "account".parse().unwrap();
    let necessary = platform.choose(&session, &account, Choice::Off).await;
    assert_eq!(told(necessary), AccountError::NotOptional);
}

async fn a_password_that_is_easily_guessed_is_refused_with_its_reason(desk: Desk) {
    let _mark = clause::check!(R24);
    let platform = &desk.platform;
    let here = desk.sign_up("lilei.chen@example.cn").await;
    let session = desk.session_of(&here).await;
    let before = desk.entries().await;
    for (typed, fault, zh, en) in [
        (
            "short one",
            PasswordFault::TooShort { least: 15 },
            "15 个字符",
            "15 characters",
        ),
        (
            "lilei.chen@example.cn",
            PasswordFault::OwnWords,
            "您的姓名",
            "your name",
        ),
        ("administrator123", PasswordFault::Common, "常用", "common"),
        (
            "aaaaaaaaaaaaaaaaaaaa",
            PasswordFault::Pattern,
            "规律",
            "pattern",
        ),
    ] {
        let password = Password::new(typed.to_owned()).unwrap();
        let error = told(platform.set_password(&session, Some(password)).await);
        assert_eq!(error, AccountError::Password(fault), "{typed}");
        let text = error.text();
        assert!(text.zh.contains(zh) && text.en.contains(en), "{text:?}");
    }
    assert_eq!(desk.entries().await, before);
    // At sign-up too, and the code is not used up by it.
    let typed = desk.code(CodeFor::SignUp, "wei@example.cn").await;
    let (request, code) = (typed.request, typed.code.expose().to_owned());
    let form = SignUp {
        password: Some(password("wei@example.cn 2026")),
        ..desk.form(typed, "wei@example.cn")
    };
    let error = told(platform.sign_up(form, visit(1)).await);
    assert_eq!(error, AccountError::Password(PasswordFault::OwnWords));
    let typed = TypedIn {
        request,
        code: yuntu_app::vault::VerificationCode::parse(&code).unwrap(),
    };
    let form = desk.form(typed, "wei@example.cn");
    platform.sign_up(form, visit(1)).await.unwrap();
}

async fn a_person_ends_her_sessions_and_an_idle_one_ends_itself(desk: Desk) {
    let platform = &desk.platform;
    let first = desk.sign_up_with_password("li@example.cn").await;
    let sign_in = async |number| {
        let address = email("li@example.cn");
        let step = platform
            .sign_in_by_password(&address, password(PASSWORD), visit(number))
            .await;
        done(step)
    };
    let (second, third, fourth) = (sign_in(2).await, sign_in(3).await, sign_in(4).await);
    let session = desk.session_of(&first).await;
    platform
        .end_session(&session, second.session)
        .await
        .unwrap();
    let again = platform.end_session(&session, second.session).await;
    assert!(matches!(again, Err(AppError::Store(_))));
    let foreign = desk.sign_up("other@example.cn").await;
    let not_hers = platform.end_session(&session, foreign.session).await;
    assert!(matches!(not_hers, Err(AppError::Store(_))));
    assert_eq!(platform.end_other_sessions(&session).await.unwrap(), 2);
    for ended in [&second, &third, &fourth] {
        let gone = platform.session(&ended.secret.text()).await;
        assert_eq!(told(gone), AccountError::SignedOut);
    }
    // Use moves the idle end; without use the session ends.
    desk.clock.advance(SESSION_IDLE.saturating_sub(MINUTE));
    desk.session_of(&first).await;
    desk.clock.advance(SESSION_IDLE.saturating_sub(MINUTE));
    desk.session_of(&first).await;
    desk.clock.advance(SESSION_IDLE);
    let idle = platform.session(&first.secret.text()).await;
    assert_eq!(told(idle), AccountError::SignedOut);
    let nonsense = platform.session("yuntu").await;
    assert_eq!(told(nonsense), AccountError::SignedOut);
}

async fn of_sign_ups_at_once_with_one_address_exactly_one_wins(desk: Desk) {
    let mut forms = Vec::new();
    for _ in 0..3 {
        let typed = desk.code(CodeFor::SignUp, "li@example.cn").await;
        forms.push(desk.form(typed, "li@example.cn"));
        desk.clock.advance(MINUTE);
    }
    let racing: Vec<_> = forms
        .into_iter()
        .map(|form| {
            let platform = desk.platform.clone();
            tokio::spawn(async move { platform.sign_up(form, visit(1)).await })
        })
        .collect();
    let mut won = 0;
    for one in racing {
        match one.await.unwrap() {
            Ok(_) => won += 1,
            Err(AppError::Account(error)) => assert_eq!(error, AccountError::AddressTaken),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
}

async fn no_value_of_an_account_reaches_the_disk_in_the_clear(desk: Desk) {
    let address = "canary-address@example.cn";
    let typed = desk.code(CodeFor::SignUp, address).await;
    let code = typed.code.expose().to_owned();
    let form = SignUp {
        nickname: Some(accounts::Nickname::parse("canary-nickname").unwrap()),
        password: Some(password("canary ferry oxide lamp")),
        ..desk.form(typed, address)
    };
    let here = desk.platform.sign_up(form, visit(1)).await.unwrap();
    desk.clock.advance(MINUTE);
    desk.ask(CodeFor::SignIn, address).await.unwrap();
    desk.ask(CodeFor::SignIn, "canary-stranger@example.cn")
        .await
        .unwrap();
    let kept = desk.parts.raw_bytes().unwrap();
    let holds = |needle: &[u8]| kept.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"account.opened"));
    for canary in [
        "canary-",
        "canary ferry",
        "example.cn",
        "198.51.1",
        "Firefox 150",
        &here.secret.text(),
        &format!("\"{code}\""),
        &format!(" {code}"),
    ] {
        assert!(!holds(canary.as_bytes()), "{canary}");
    }
}
