use std::collections::BTreeMap;

use yuntu_app::accounts::{AccountError, CodeFor, TypedIn};
use yuntu_app::policy::ADDRESS_FAILURES;
use yuntu_app::vault::{PasswordHash, VerificationCode};
use yuntu_terms::clause;
use yuntu_testkit::{Person, new_account};

use crate::desk::{Desk, MINUTE, email, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    an_address_with_an_account_and_one_without_cost_the_same_work,
);

/// The people with an account, every other with a password, and as many numbers from here on that nobody has.
const PEOPLE: u32 = 12;
const NOBODY: u32 = 5_000;

/// What a try at an address cost.
#[derive(Debug, PartialEq, Eq)]
struct Work {
    /// How many statements the database was asked.
    statements: u64,
    /// How many rows each table has more than before, but for those that have as many.
    rows: BTreeMap<String, i64>,
}

async fn rows(desk: &Desk) -> BTreeMap<String, i64> {
    let database = desk.parts.store.database();
    database.live_rows().await.unwrap()
}

/// Does something and says what it cost.
async fn cost<T>(desk: &Desk, done: impl Future<Output = T>) -> (T, Work) {
    let before = (desk.platform.database_statements(), rows(desk).await);
    let done = done.await;
    let statements = desk.platform.database_statements() - before.0;
    let mut rows = rows(desk).await;
    for (table, count) in &mut rows {
        *count -= before.1[table];
    }
    rows.retain(|_, count| *count != 0);
    (done, Work { statements, rows })
}

async fn open_accounts(desk: &Desk) {
    // A hash is as slow to check whosever it is; nobody types the password that it is of.
    let salt = "c2FsdHNhbHRzYWx0c2FsdA";
    let text = format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${}", "A".repeat(43));
    for number in 0..PEOPLE {
        let mut new = new_account(number);
        if number % 2 == 0 {
            new.password = Some(PasswordHash::parse(&text).unwrap());
        }
        Person::open(&desk.parts.store, &new).await.unwrap();
    }
}

/// Asks for a code and types a wrong one.
async fn by_code(desk: &Desk, code_for: CodeFor, person: u32) -> Vec<Work> {
    let platform = &desk.platform;
    let address = || email(&format!("person-{person:04}@example.com"));
    let (asked, asking) = cost(
        desk,
        platform.ask_code(code_for, address(), &visit(person % 250)),
    )
    .await;
    let typed = TypedIn {
        request: asked.unwrap().request,
        code: VerificationCode::parse("000000").unwrap(),
    };
    let (address, visit) = (address(), visit(person % 250));
    let typing = match code_for {
        CodeFor::SignUp => return vec![asking],
        CodeFor::SignIn => {
            let tried = platform.sign_in_by_code(&typed, &address, visit);
            let (tried, work) = cost(desk, tried).await;
            assert_eq!(told(tried), AccountError::WrongCode { left: 4 });
            work
        }
        CodeFor::Recover => {
            let (tried, work) = cost(desk, platform.recover(&typed, &address, visit)).await;
            assert_eq!(told(tried), AccountError::WrongCode { left: 4 });
            work
        }
    };
    vec![asking, typing]
}

/// Types a wrong password again and again: the second time the keys of an account that is there would be at hand, and after
/// some a strange browser is doubted, which shows to nobody who has shown nothing.
async fn by_password(desk: &Desk, person: u32) -> Vec<Work> {
    let mut works = Vec::new();
    for _ in 0..=ADDRESS_FAILURES {
        let address = email(&format!("person-{person:04}@example.com"));
        let wrong = password("not the password");
        let platform = &desk.platform;
        let tried = platform.sign_in_by_password(&address, wrong, visit(person % 250));
        let (tried, work) = cost(desk, tried).await;
        assert_eq!(told(tried), AccountError::WrongPassword);
        works.push(work);
    }
    works
}

async fn an_address_with_an_account_and_one_without_cost_the_same_work(desk: Desk) {
    let _mark = clause::check!(R2);
    open_accounts(&desk).await;
    let ways = [
        Some(CodeFor::SignIn),
        Some(CodeFor::SignUp),
        Some(CodeFor::Recover),
        None,
    ];
    for way in ways {
        for number in 0..PEOPLE {
            desk.clock.advance(MINUTE);
            // Whoever comes first after a minute has the platform's own key loaded anew.
            let first = email(&format!("first-{number}@example.com"));
            let asked = desk
                .platform
                .ask_code(CodeFor::SignIn, first, &visit(251))
                .await;
            asked.unwrap();
            let mut pair = Vec::new();
            for person in [number, NOBODY + number] {
                pair.push(match way {
                    Some(code_for) => by_code(&desk, code_for, person).await,
                    None => by_password(&desk, person).await,
                });
            }
            assert_eq!(pair[0], pair[1], "{way:?}, pair {number}");
            assert!(
                pair[0]
                    .iter()
                    .all(|work| work.statements >= 5 && work.rows.len() >= 2),
                "{pair:?}"
            );
        }
    }
}
