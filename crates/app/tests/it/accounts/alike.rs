use std::collections::BTreeMap;

use yuntu_app::accounts::{AccountError, CodeFor};
use yuntu_app::policy::ADDRESS_FAILURES;
use yuntu_terms::clause;
use yuntu_testkit::Person;

use crate::desk::{Desk, MINUTE, email, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    an_address_with_an_account_and_one_without_leave_the_same_rows,
);

/// The people with an account, and as many numbers from here on that nobody has.
const PEOPLE: u32 = 12;
const NOBODY: u32 = 5_000;

async fn rows(desk: &Desk) -> BTreeMap<String, i64> {
    let database = desk.parts.store.database();
    database.live_rows().await.unwrap()
}

/// How many rows each table has more than before, but for those that have as many.
async fn written(desk: &Desk, before: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let mut after = rows(desk).await;
    for (table, count) in &mut after {
        *count -= before[table];
    }
    after.retain(|_, count| *count != 0);
    after
}

async fn an_address_with_an_account_and_one_without_leave_the_same_rows(desk: Desk) {
    let _mark = clause::check!(R2);
    for number in 0..PEOPLE {
        Person::enter(&desk.parts.store, number).await.unwrap();
    }
    let ways = [
        Some(CodeFor::SignIn),
        Some(CodeFor::SignUp),
        Some(CodeFor::Recover),
        None,
    ];
    for way in ways {
        for number in 0..PEOPLE {
            desk.clock.advance(MINUTE);
            let mut pair = Vec::new();
            for person in [number, NOBODY + number] {
                let before = rows(&desk).await;
                let address = email(&format!("person-{person:04}@example.com"));
                let platform = &desk.platform;
                if let Some(code_for) = way {
                    let asked = platform.ask_code(code_for, address, &visit(person)).await;
                    asked.unwrap();
                } else {
                    // More than a strange browser is doubted after, which shows to nobody who has shown nothing.
                    for _ in 0..=ADDRESS_FAILURES {
                        let wrong = password("not the password");
                        let tried = platform.sign_in_by_password(&address, wrong, visit(person));
                        assert_eq!(told(tried.await), AccountError::WrongPassword);
                    }
                }
                pair.push(written(&desk, &before).await);
            }
            assert_eq!(pair[0], pair[1], "{way:?}, pair {number}");
            assert!(pair[0].len() >= 2, "{:?}", pair[0]);
        }
    }
}
