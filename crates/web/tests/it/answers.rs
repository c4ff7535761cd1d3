//! Whether an address has an account shows in no answer: what comes back is compared byte by byte, how long it takes is
//! measured and reported.
//!
//! The report lies in `answers.md` of the tests' folder (`tmp` of cargo's target folder). Times are told and not judged: from
//! run to run z goes from below -7 to above +8 on a machine that does other things beside, for medians that differ by some
//! hundredths of a millisecond; a bound that always held would prove nothing.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use tokio::time::Instant;
use yuntu_app::vault::PasswordHash;
use yuntu_terms::clause;
use yuntu_testkit::{Person, new_account};

use crate::people::hidden;
use crate::site::{Answer, MARK, MARK_COOKIE, OWN, Site};

/// The people with an account, and as many numbers from here on that nobody has.
const PEOPLE: u32 = 2_000;
const NOBODY: u32 = 5_000;
/// How many of them have a password, whose check is slow on purpose.
const WITH_PASSWORD: u32 = 100;

/// A way to try an address, and the status with which it is answered.
struct Way {
    name: &'static str,
    path: &'static str,
    form: &'static str,
    status: u16,
}

const CODES: [Way; 3] = [
    Way {
        name: "sign in by a code",
        path: "/account/sign-in",
        form: "act=ask",
        status: 200,
    },
    Way {
        name: "register",
        path: "/account/register",
        form: "act=ask",
        status: 200,
    },
    Way {
        name: "recover",
        path: "/account/recover",
        form: "act=ask",
        status: 200,
    },
];

const PASSWORD: Way = Way {
    name: "sign in by a wrong password",
    path: "/account/sign-in?lang=zh",
    form: "act=password&password=not+the+password",
    status: 401,
};

/// What came back, without what differs for everybody.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

/// How long each address of the pairs took.
#[derive(Default)]
struct Times {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_pairs_of_known_and_unknown_addresses_are_answered_alike() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    people(&site).await;
    let mut report = String::from(
        "# Answers to addresses with an account and without one\n\n\
         Every pair was asked one after the other, in turns who came first; each answer came from a network of its own.\n\
         Status, headers and body were equal in each. Times in ms; z is that of the Mann-Whitney test.\n\
         Nobody can ask as often as that: a code goes to an address at most ten times a day.\n\n\
         | way | pairs | median with | median without | p95 with | p95 without | z |\n|---|---|---|---|---|---|---|\n",
    );
    let mut networks = 0;
    for (way, pairs) in CODES
        .iter()
        .map(|way| (way, PEOPLE))
        .chain([(&PASSWORD, WITH_PASSWORD)])
    {
        let mut times = Times::default();
        for number in 0..pairs {
            // The brake on failures of all together is not what is asked here.
            let pause = if way.status == 401 { 60 } else { 2 };
            site.parts.clock.advance(Duration::from_secs(pause));
            let known_first = number % 2 == 0;
            let mut told = Vec::new();
            for known in [known_first, !known_first] {
                let person = if known { number } else { NOBODY + number };
                let before = Instant::now();
                let answer = ask(&site, way, person, networks).await;
                let took = before.elapsed();
                networks += 1;
                if known {
                    times.known.push(took);
                } else {
                    times.unknown.push(took);
                }
                told.push(told_of(&answer.expect(way.status), person));
            }
            assert_eq!(told[0], told[1], "{}, pair {number}", way.name);
        }
        writeln!(report, "{}", times.row(way.name)).unwrap();
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answers.md");
    std::fs::write(file, report).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_when_too_many_passwords_are_checked_is_asked_to_come_again() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    for number in 0..60 {
        Person::enter(&site.parts.store, number).await.unwrap();
    }
    // More than are checked and wait together, which are 42; half of them for addresses that have an account.
    let crowd = |way: Way, networks: u32| {
        let site = &site;
        async move {
            let tries = (0..120).map(|number| {
                let person = (number % 2) * NOBODY + number / 2;
                ask(site, &way, person, networks + number)
            });
            futures::future::join_all(tries).await
        }
    };
    let mut sent_away = [0, 0];
    for (number, answer) in crowd(PASSWORD, 0).await.into_iter().enumerate() {
        if answer.status.as_u16() == 401 {
            assert_eq!(answer.header("retry-after"), "");
            continue;
        }
        let answer = answer.expect(503);
        assert_eq!(answer.header("retry-after"), "5");
        assert!(answer.text.contains("现在无法完成"), "{}", answer.text);
        assert!(answer.text.contains("此刻登录的人太多，请稍后再试"));
        // What was typed is kept, but for the secret.
        let person = u32::try_from(number).unwrap();
        assert!(
            answer
                .text
                .contains(&address((person % 2) * NOBODY + person / 2))
        );
        assert!(!answer.text.contains("not the password"));
        sent_away[number % 2] += 1;
    }
    assert!(sent_away.iter().all(|times| *times > 0), "{sent_away:?}");
    // The queue is done, and who comes next is served.
    ask(&site, &PASSWORD, 0, 1_000).await.expect(401);
    let english = Way {
        path: "/account/sign-in?lang=en",
        ..PASSWORD
    };
    let answers = crowd(english, 2_000).await;
    let busy = answers.iter().find(|answer| answer.status.as_u16() == 503);
    let busy = &busy.unwrap().text;
    assert!(busy.contains("This cannot be done right now"), "{busy}");
    assert!(busy.contains("Too many people are signing in at the moment; try again shortly."));
}

/// Opens the accounts, some with a password.
async fn people(site: &Site) {
    let store = &site.parts.store;
    // A hash is as slow to check whosever it is; nobody types the password that it is of.
    let salt = "c2FsdHNhbHRzYWx0c2FsdA";
    let text = format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${}", "A".repeat(43));
    for number in 0..PEOPLE {
        let mut new = new_account(number);
        if number < WITH_PASSWORD {
            new.password = Some(PasswordHash::parse(&text).unwrap());
        }
        Person::open(store, &new).await.unwrap();
    }
}

/// Sends the form as a browser in a network of its own, which a proxy on this machine speaks for.
async fn ask(site: &Site, way: &Way, person: u32, network: u32) -> Answer {
    let [_, a, b, c] = network.to_be_bytes();
    let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let request = Request::post(way.path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", MARK_COOKIE)
        .header(OWN.0, OWN.1)
        .header("x-forwarded-for", format!("{}.{b}.{c}.7", 11 + a))
        .extension(ConnectInfo(peer));
    let body = format!("mark={MARK}&{}&address={}", way.form, address(person));
    site.send(request.body(Body::from(body)).unwrap()).await
}

/// The address of a person's account, or one that looks like it.
fn address(number: u32) -> String {
    format!("person-{number:04}@example.com")
}

/// Takes out what was typed, and the number that every request has of its own.
fn told_of(answer: &Answer, person: u32) -> Told {
    let mut text = answer.text.replace(&address(person), "ADDRESS");
    if answer.status.is_success() {
        text = text.replace(hidden(answer, "request"), "REQUEST");
    }
    let headers = answer.headers.iter().map(|(name, value)| {
        let changes = ["set-cookie", "date"].contains(&name.as_str());
        let value = if changes { "" } else { value.to_str().unwrap() };
        (name.to_string(), value.to_owned())
    });
    Told {
        status: answer.status.as_u16(),
        headers: headers.collect(),
        text,
    }
}

impl Times {
    fn row(&self, name: &str) -> String {
        let (known, unknown) = (milliseconds(&self.known), milliseconds(&self.unknown));
        let z = mann_whitney_z(&self.known, &self.unknown);
        format!(
            "| {name} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {z:+.2} |",
            known.len(),
            quantile(&known, 50),
            quantile(&unknown, 50),
            quantile(&known, 95),
            quantile(&unknown, 95),
        )
    }
}

/// Milliseconds in ascending order.
fn milliseconds(times: &[Duration]) -> Vec<f64> {
    let mut times: Vec<f64> = times.iter().map(|it| it.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn quantile(ascending: &[f64], percent: usize) -> f64 {
    ascending[(ascending.len() - 1) * percent / 100]
}

/// How far the ranks of the first group lie above what chance would give, in standard deviations; times that are equal to
/// the nanosecond are too rare to matter.
fn mann_whitney_z(first: &[Duration], second: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = first.iter().map(|it| (*it, true)).collect();
    all.extend(second.iter().map(|it| (*it, false)));
    all.sort_unstable();
    let ranks = (1_u32..).zip(&all);
    let sum: f64 = ranks
        .filter(|(_, (_, is_first))| *is_first)
        .map(|(rank, _)| f64::from(rank))
        .sum();
    let size = |group: &[Duration]| f64::from(u32::try_from(group.len()).unwrap());
    let (m, n) = (size(first), size(second));
    let above = sum - m * (m + n + 1.0) / 2.0;
    above / (m * n * (m + n + 1.0) / 12.0).sqrt()
}

#[test]
fn the_statistic_sees_a_difference_and_none_where_there_is_none() {
    let millis = |numbers: std::ops::Range<u64>, step: u64| -> Vec<Duration> {
        numbers
            .map(|it| Duration::from_millis(it * step % 101))
            .collect()
    };
    let (one, other) = (millis(0..100, 7), millis(1..101, 7));
    assert!(mann_whitney_z(&one, &other).abs() < 0.5);
    let slower: Vec<Duration> = other
        .iter()
        .map(|it| *it + Duration::from_millis(30))
        .collect();
    assert!(mann_whitney_z(&one, &slower) < -4.0);
    assert!(mann_whitney_z(&slower, &one) > 4.0);
    // By hand: of {1, 4} among {1, 2, 3, 4} the ranks sum to 5, as chance gives.
    let of = |numbers: [u64; 2]| numbers.map(Duration::from_millis);
    assert!(mann_whitney_z(&of([1, 4]), &of([2, 3])).abs() < 1e-9);
    // Of {3, 4}: 7 instead of 5, where the variance is 2 * 2 * 5 / 12.
    let z = mann_whitney_z(&of([3, 4]), &of([1, 2]));
    assert!((z - 2.0 / (20.0_f64 / 12.0).sqrt()).abs() < 1e-9);
}
