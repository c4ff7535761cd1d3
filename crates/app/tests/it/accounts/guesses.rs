use std::time::Duration;

use yuntu_app::accounts::{AccountError, CodeFor, TypedIn};
use yuntu_app::outbound::Kind;
use yuntu_app::store::{AccountStanding, StoreError, Tx};
use yuntu_ledger::{Entry, EntryKind};
use yuntu_terms::clause;

use crate::desk::{Desk, MINUTE, PASSWORD, beside, code_in, email, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    a_code_opens_once_within_five_minutes_and_five_tries,
    a_sixth_code_within_an_hour_is_not_sent,
    ten_thousand_wrong_codes_over_a_hundred_accounts_let_nobody_in,
    an_address_without_an_account_gets_the_same_answer_and_the_same_rows,
    a_taken_address_is_told_of_its_account_and_gets_no_code,
    wrong_passwords_are_braked_and_tell_nothing,
    a_code_of_ones_own_excuses_no_failure_at_another_address,
    a_suspended_account_lets_nobody_in,
);

async fn a_code_opens_once_within_five_minutes_and_five_tries(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    desk.sign_up("li@example.cn").await;
    desk.clock.advance(MINUTE);
    let sign_in = async |typed: &TypedIn| {
        let address = email("li@example.cn");
        platform.sign_in_by_code(typed, &address, visit(1)).await
    };
    // Once.
    let typed = desk.code(CodeFor::SignIn, "li@example.cn").await;
    sign_in(&typed).await.unwrap();
    assert_eq!(told(sign_in(&typed).await), AccountError::SpentCode);
    // Within five minutes.
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::SignIn, "li@example.cn").await;
    desk.clock.advance(MINUTE * 5);
    assert_eq!(told(sign_in(&typed).await), AccountError::SpentCode);
    // For what it was sent for, to the address it was sent to.
    let typed = desk.code(CodeFor::SignIn, "li@example.cn").await;
    let recovered = platform
        .recover(&typed, &email("li@example.cn"), visit(1))
        .await;
    assert_eq!(told(recovered), AccountError::SpentCode);
    // With five tries.
    for left in (0..5).rev() {
        let wrong = TypedIn {
            request: typed.request,
            code: beside(&typed.code, 1 + left),
        };
        assert_eq!(
            told(sign_in(&wrong).await),
            AccountError::WrongCode { left }
        );
    }
    assert_eq!(told(sign_in(&typed).await), AccountError::SpentCode);
}

async fn a_sixth_code_within_an_hour_is_not_sent(desk: Desk) {
    desk.sign_up("li@example.cn").await;
    let start = desk.platform.now();
    for address in ["li@example.cn", "nobody@example.cn"] {
        desk.clock.set(start);
        let sent = i32::from(address == "li@example.cn");
        for _ in sent..5 {
            desk.clock.advance(MINUTE);
            desk.ask(CodeFor::SignIn, address).await.unwrap();
        }
        desk.clock.advance(MINUTE);
        let before = (desk.entries().await, desk.drain().await.0.len());
        let error = told(desk.ask(CodeFor::Recover, address).await);
        let AccountError::TooOften { until } = error else {
            panic!("{error:?}");
        };
        assert!(until > desk.platform.now() && until <= start.plus(MINUTE * 61));
        assert_eq!(desk.entries().await, before.0);
        assert!(desk.drain().await.0.is_empty());
    }
}

async fn ten_thousand_wrong_codes_over_a_hundred_accounts_let_nobody_in(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let address = |number: u32| format!("person{number}@example.cn");
    for number in 0..100 {
        desk.sign_up(&address(number)).await;
    }
    desk.clock.advance(MINUTE);
    let mut codes = Vec::new();
    for number in 0..100 {
        codes.push(desk.code(CodeFor::SignIn, &address(number)).await);
    }
    let (mut wrong, mut braked, mut spent) = (0, 0, 0);
    for round in 1..=100 {
        // The guesser waits whenever all sign-ins are braked, and comes from many networks.
        if round % 10 == 0 {
            desk.clock.advance(MINUTE * 2);
        }
        for (number, typed) in (0..).zip(&codes) {
            let guess = TypedIn {
                request: typed.request,
                code: beside(&typed.code, round),
            };
            let outcome = platform
                .sign_in_by_code(&guess, &email(&address(number)), visit(number))
                .await;
            let error = told(outcome);
            if matches!(error, AccountError::WrongCode { .. }) {
                wrong += 1;
            } else if matches!(error, AccountError::TooOften { .. }) {
                braked += 1;
            } else {
                assert_eq!(error, AccountError::SpentCode);
                spent += 1;
            }
        }
    }
    assert_eq!(wrong + braked + spent, 10_000);
    // However the guesser waits, no code bears more than five tries, and the brake holds the rest.
    assert!(wrong <= 500, "{wrong}");
    assert!(braked >= 9_000, "{braked}");
    // Whoever has the right code is let in once the brake is off.
    desk.clock.advance(Duration::from_mins(20));
    let typed = desk.code(CodeFor::SignIn, &address(7)).await;
    platform
        .sign_in_by_code(&typed, &email(&address(7)), visit(7))
        .await
        .unwrap();
}

async fn an_address_without_an_account_gets_the_same_answer_and_the_same_rows(desk: Desk) {
    let _mark = clause::check!(R2);
    desk.sign_up("known@example.cn").await;
    for code_for in [CodeFor::SignUp, CodeFor::SignIn, CodeFor::Recover] {
        desk.clock.advance(MINUTE);
        let mut rows = Vec::new();
        for address in ["known@example.cn", "unknown@example.cn"] {
            let before = desk.entries().await;
            let asked = desk.ask(code_for, address).await.unwrap();
            assert_eq!(asked.expires, desk.platform.now().plus(MINUTE * 5));
            let (seen, nobody) = desk.drain().await;
            // One entry of the ledger and one message in the outbox, even if it goes to nobody.
            rows.push((desk.entries().await - before, seen.len() + nobody));
            let again = told(desk.ask(code_for, address).await);
            assert!(matches!(again, AccountError::TooOften { .. }));
            let guess = TypedIn {
                request: asked.request,
                code: yuntu_app::vault::VerificationCode::parse("000000").unwrap(),
            };
            let counted = desk.entries().await;
            let answer = match code_for {
                CodeFor::SignUp => {
                    let form = desk.form(guess, address);
                    told(desk.platform.sign_up(form, visit(1)).await)
                }
                CodeFor::SignIn => {
                    let address = email(address);
                    told(
                        desk.platform
                            .sign_in_by_code(&guess, &address, visit(1))
                            .await,
                    )
                }
                CodeFor::Recover => {
                    let address = email(address);
                    told(desk.platform.recover(&guess, &address, visit(1)).await)
                }
            };
            assert_eq!(answer, AccountError::WrongCode { left: 4 });
            assert_eq!(desk.entries().await - counted, 1);
        }
        assert_eq!(rows, [(1, 1), (1, 1)], "{code_for:?}");
    }
}

async fn a_taken_address_is_told_of_its_account_and_gets_no_code(desk: Desk) {
    desk.sign_up("li@example.cn").await;
    desk.clock.advance(MINUTE);
    desk.ask(CodeFor::SignUp, "LI@example.cn").await.unwrap();
    let (seen, nobody) = desk.drain().await;
    assert_eq!((seen.len(), nobody), (1, 0));
    assert_eq!(seen[0].kind, Kind::AccountExists);
    assert_eq!(seen[0].to, "li@example.cn");
    let digits = seen[0].text.split(|sign: char| !sign.is_ascii_digit());
    assert!(digits.into_iter().all(|word| word.len() != 6));
    // Nobody gets a message about an account that does not exist.
    desk.ask(CodeFor::SignIn, "nobody@example.cn")
        .await
        .unwrap();
    assert_eq!(desk.drain().await, (Vec::new(), 1));
}

async fn wrong_passwords_are_braked_and_tell_nothing(desk: Desk) {
    let platform = &desk.platform;
    desk.sign_up_with_password("li@example.cn").await;
    desk.sign_up("without@example.cn").await;
    let sign_in = async |address: &str, text: &str, number| {
        platform
            .sign_in_by_password(&email(address), password(text), visit(number))
            .await
    };
    for address in ["li@example.cn", "without@example.cn", "nobody@example.cn"] {
        let before = desk.entries().await;
        for _ in 0..10 {
            let error = told(sign_in(address, "not the password", 1).await);
            assert_eq!(error, AccountError::WrongPassword);
        }
        assert_eq!(desk.entries().await - before, 10);
        let error = told(sign_in(address, "not the password", 2).await);
        assert!(matches!(error, AccountError::TooOften { .. }));
    }
    // The right one waits as well, and opens when the quarter is over.
    let braked = told(sign_in("li@example.cn", PASSWORD, 3).await);
    assert!(matches!(braked, AccountError::TooOften { .. }));
    desk.clock.advance(MINUTE * 15);
    sign_in("li@example.cn", PASSWORD, 3).await.unwrap();
}

async fn a_suspended_account_lets_nobody_in(desk: Desk) {
    let platform = &desk.platform;
    let here = desk.sign_up_with_password("li@example.cn").await;
    let store = &desk.parts.store;
    let actor = store.account_pseudonym(here.account).await.unwrap();
    store
        .run_tx("test.suspend", async |tx: Tx| {
            tx.append(&Entry {
                kind: EntryKind::known("test.suspended"),
                at: tx.now(),
                clauses: Vec::new(),
                actor,
                body: serde_json::Value::Null,
            })
            .await?;
            let suspended = AccountStanding::Suspended;
            tx.set_account_standing(here.account, suspended).await?;
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let gone = platform.session(&here.secret.text()).await;
    assert_eq!(told(gone), AccountError::SignedOut);
    let address = || email("li@example.cn");
    let wrong = platform
        .sign_in_by_password(&address(), password("not the password"), visit(1))
        .await;
    assert_eq!(told(wrong), AccountError::WrongPassword);
    let right = platform
        .sign_in_by_password(&address(), password(PASSWORD), visit(1))
        .await;
    assert_eq!(told(right), AccountError::Suspended);
    for code_for in [CodeFor::SignIn, CodeFor::Recover] {
        desk.clock.advance(MINUTE);
        let asked = desk.ask(code_for, "li@example.cn").await.unwrap();
        let (seen, _) = desk.drain().await;
        let typed = TypedIn {
            request: asked.request,
            code: code_in(&seen[0].text),
        };
        let error = if code_for == CodeFor::SignIn {
            told(platform.sign_in_by_code(&typed, &address(), visit(1)).await)
        } else {
            told(platform.recover(&typed, &address(), visit(1)).await)
        };
        assert_eq!(error, AccountError::Suspended);
    }
}

async fn a_code_of_ones_own_excuses_no_failure_at_another_address(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    desk.sign_up_with_password("li@example.cn").await;
    desk.sign_up("guesser@example.cn").await;
    desk.clock.advance(MINUTE);
    let own = desk.code(CodeFor::SignIn, "guesser@example.cn").await;
    let victim = email("li@example.cn");
    let guess = async || {
        let wrong = password("not the right one at all");
        told(platform.sign_in_by_password(&victim, wrong, visit(2)).await)
    };
    for _ in 0..9 {
        assert_eq!(guess().await, AccountError::WrongPassword);
    }
    let tried = platform.sign_in_by_code(&own, &victim, visit(2)).await;
    assert_eq!(told(tried), AccountError::SpentCode);
    assert_eq!(guess().await, AccountError::WrongPassword);
    assert!(matches!(guess().await, AccountError::TooOften { .. }));
}
