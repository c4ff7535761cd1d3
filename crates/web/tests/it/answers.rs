//! Whether an address has an account shows in no answer: what comes back is compared byte by byte, how long it takes is
//! measured and reported.
//!
//! The report lies in `answers.md` of the tests' folder (`tmp` of cargo's target folder). Times are told and not judged: a
//! machine that does other things beside moves them, and a bound that always held would prove nothing. That the same work is
//! done both ways is held by `an_address_with_an_account_and_one_without_cost_the_same_work` of the use-cases.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use tokio::time::Instant;
use yuntu_app::vault::PasswordHash;
use yuntu_terms::{Entropy as _, SystemEntropy, clause};
use yuntu_testkit::{Person, new_account};

use crate::people::hidden;
use crate::site::{Answer, MARK, MARK_COOKIE, OWN, Site};

/// The people with an account, and as many numbers from here on that nobody has.
const PEOPLE: u32 = 2_000;
const NOBODY: u32 = 5_000;
/// How many of them have a password. Its check takes a tenth of a second on purpose, so that as many pairs as of the others
/// would take minutes of every run of the tests.
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

/// Tosses a coin.
fn chance() -> bool {
    let mut byte = [0; 1];
    SystemEntropy.fill(&mut byte).unwrap();
    byte[0] & 1 == 1
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
         Every pair was asked one after the other, by chance who came first; each answer came from a network of its own.\n\
         Status, headers and body were equal in each. Times in ms; t is that of Welch's test, over all times and over the\n\
         quicker 95 and 50 hundredths of all, which leave out what else the machine did; below 4.5 no difference is known.\n\
         Nobody can ask as often as that: a code goes to an address at most ten times a day.\n\n\
         | way | pairs | median with | median without | mean with | mean without | t | t of 95 | t of 50 |\n\
         |---|---|---|---|---|---|---|---|---|\n",
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
            let known_first = chance();
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
        let mut all = [known.clone(), unknown.clone()].concat();
        all.sort_by(f64::total_cmp);
        let t_of = |percent: usize| {
            let most = quantile(&all, percent);
            let quick = |times: &[f64]| -> Vec<f64> {
                times.iter().copied().filter(|it| *it <= most).collect()
            };
            welch_t(&quick(&known), &quick(&unknown))
        };
        format!(
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:+.2} | {:+.2} | {:+.2} |",
            known.len(),
            quantile(&known, 50),
            quantile(&unknown, 50),
            mean(&known),
            mean(&unknown),
            t_of(100),
            t_of(95),
            t_of(50),
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

fn size(times: &[f64]) -> f64 {
    f64::from(u32::try_from(times.len()).unwrap())
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / size(times)
}

/// How far the means lie apart, in standard errors: Welch's t, which asks for no equal variances.
fn welch_t(first: &[f64], second: &[f64]) -> f64 {
    // The variance of the mean.
    let spread = |times: &[f64]| {
        let mean = mean(times);
        let squares: f64 = times.iter().map(|it| (it - mean).powi(2)).sum();
        squares / (size(times) - 1.0) / size(times)
    };
    (mean(first) - mean(second)) / (spread(first) + spread(second)).sqrt()
}

#[test]
fn the_statistic_sees_a_difference_and_none_where_there_is_none() {
    let times = |numbers: std::ops::Range<u32>, step: u32| -> Vec<f64> {
        numbers.map(|it| f64::from(it * step % 101)).collect()
    };
    let (one, other) = (times(0..100, 7), times(1..101, 7));
    assert!(welch_t(&one, &other).abs() < 0.5);
    let slower: Vec<f64> = other.iter().map(|it| it + 30.0).collect();
    assert!(welch_t(&one, &slower) < -4.5);
    assert!(welch_t(&slower, &one) > 4.5);
    // By hand: the means are 6 and 2, the variances 4 and 1 of three each.
    let t = welch_t(&[4.0, 6.0, 8.0], &[1.0, 2.0, 3.0]);
    assert!((t - 4.0 / (5.0_f64 / 3.0).sqrt()).abs() < 1e-9);
}
