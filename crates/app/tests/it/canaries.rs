//! A dump of everything that the platform keeps and says: no value of a person stands in it in the clear.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use yuntu_app::accounts::{AccountError, Address, CodeFor, Nickname, SignUp, TypedIn};
use yuntu_app::certification::{LookFor, Question};
use yuntu_app::factors::{CeremonyAnswer, PasskeyLabel, Second};
use yuntu_app::policy::{ApplicationField, LookReason, OperatorRole, Role};
use yuntu_app::store::{Choice, Session};
use yuntu_app::vault::PasskeySite;
use yuntu_app::{Caller, Platform};
use yuntu_terms::{Clock as _, EnterpriseName, Pii, clause};
use yuntu_testkit::SoftPasskey;

use crate::certification::{BANK, ID, fill_in, link};
use crate::desk::{Desk, MINUTE, code_in, email, network, password, told, visit};
use crate::factors::set_up;
use crate::operators::operator;
use crate::seats::invite;
use crate::world;

crate::on_both!(crate::desk::Desk =>
    nothing_that_is_kept_or_said_shows_a_value_of_a_person,
);

const ORIGIN: &str = "https://yuntu.example";
const FIRST: &str = "canary-first@example.cn";
const SECOND: &str = "canary-second@example.cn";
const STRANGER: &str = "canary-stranger@example.cn";
const GUEST: &str = "canary-guest@example.cn";
const REVIEWER: &str = "canary-reviewer@operator.example";
const MOBILE: &str = "13912345678";
const PASSWORD: &str = "canary ferry oxide lamp";
const NEW_PASSWORD: &str = "canary kettle sings at quarter past";
const WRONG_PASSWORD: &str = "canary typed by mistake";

/// What is searched for, beside the secrets that come up on the way.
const VALUES: [&str; 19] = [
    "canary-",
    "example.cn",
    // The owner of the enterprise that is enrolled; its own name is public.
    "enrolled@example.com",
    "Enrolled owner",
    "operator.example",
    MOBILE,
    PASSWORD,
    NEW_PASSWORD,
    WRONG_PASSWORD,
    "$argon2id$",
    "198.51.",
    "Firefox 150",
    ID,
    BANK,
    "样本法人",
    "样本市样本路",
    "canary of a paper",
    "授权书",
    "营业执照",
];

/// What the whole process logs at every level.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What the test itself logs, to see that it is heard.
const LISTENED: &str = "somebody listens";

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() {
    static LISTENS: OnceLock<()> = OnceLock::new();
    LISTENS.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Log)
            .init();
    });
}

/// Something that was told once and must lie nowhere as it is.
struct Secret {
    name: &'static str,
    bytes: Vec<u8>,
}

async fn nothing_that_is_kept_or_said_shows_a_value_of_a_person(desk: Desk) {
    let _marks = (clause::check!(R22), clause::check!(R23));
    listen();
    tracing::trace!("{LISTENED}");
    let desk = Desk {
        platform: desk.platform.at_origin(PasskeySite::new(ORIGIN).unwrap()),
        ..desk
    };
    let mut needles: Vec<Secret> = Vec::new();
    needles.extend(VALUES.map(|name| Secret {
        name,
        bytes: name.as_bytes().to_vec(),
    }));
    let session = a_person_lives_with_her_account(&desk, &mut needles).await;
    let session = she_adds_second_factors(&desk, &session, &mut needles).await;
    let caller = she_applies_for_an_enterprise(&desk, &session).await;
    somebody_joins(&desk, &caller, &mut needles).await;
    data_comes_in(&desk.platform).await;
    desk.platform.upkeep().await.unwrap();
    desk.platform.sequence().await.unwrap();

    let database = desk.parts.raw_bytes().unwrap();
    assert!(holds(&database, b"account.opened"), "the dump is one");
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(holds(&log, LISTENED.as_bytes()), "the log is listened to");
    let mut places = vec![
        ("the database".to_owned(), database),
        ("the log".to_owned(), log),
    ];
    collect(desk.parts.folder(), &mut places);
    for folder in ["/ledger/", "/lake/"] {
        let files = places.iter().filter(|(place, _)| place.contains(folder));
        assert!(files.count() > 0, "{folder} holds files");
    }
    for (place, bytes) in &places {
        for needle in &needles {
            let shown = holds(bytes, &needle.bytes) || holds(place.as_bytes(), &needle.bytes);
            assert!(!shown, "{} in {place}", needle.name);
        }
    }
    // A value that does lie somewhere would be found.
    std::fs::write(desk.parts.folder().join("lake/planted"), format!("x{ID}x")).unwrap();
    collect(desk.parts.folder(), &mut places);
    assert!(places.iter().any(|(_, bytes)| holds(bytes, ID.as_bytes())));
}

/// Registers, signs in by every way, fails at some, and changes all that can be changed.
async fn a_person_lives_with_her_account(desk: &Desk, needles: &mut Vec<Secret>) -> Session {
    let platform = &desk.platform;
    for code_for in [CodeFor::SignIn, CodeFor::Recover, CodeFor::SignUp] {
        desk.ask(code_for, STRANGER).await.unwrap();
        desk.clock.advance(MINUTE);
    }
    desk.drain().await;
    let typed = desk.code(CodeFor::SignUp, FIRST).await;
    let form = SignUp {
        nickname: Some(Nickname::parse("canary-nickname").unwrap()),
        password: Some(password(PASSWORD)),
        purposes: vec!["telemetry".parse().unwrap()],
        ..desk.form(typed, FIRST)
    };
    let here = platform.sign_up(form, visit(1)).await.unwrap();
    needles.extend(both("the secret of a session", &here.secret.text()));
    let session = desk.session_of(&here).await;
    for address in [FIRST, STRANGER] {
        let wrong = password(WRONG_PASSWORD);
        let address = email(address);
        let tried = platform.sign_in_by_password(&address, wrong, visit(2));
        assert_eq!(told(tried.await), AccountError::WrongPassword);
    }
    let nickname = Nickname::parse("canary-other-name").unwrap();
    platform.set_nickname(&session, nickname).await.unwrap();
    let telemetry = "telemetry".parse().unwrap();
    platform
        .choose(&session, &telemetry, Choice::Off)
        .await
        .unwrap();
    change_contact(desk, &session, email(SECOND)).await;
    change_contact(desk, &session, Address::phone(MOBILE).unwrap()).await;
    platform
        .set_password(&session, Some(password(NEW_PASSWORD)))
        .await
        .unwrap();
    desk.drain().await;
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::Recover, SECOND).await;
    let back = platform.recover(&typed, &email(SECOND), visit(3)).await;
    let session = desk.session_of(&crate::desk::done(back)).await;
    platform
        .set_password(&session, Some(password(PASSWORD)))
        .await
        .unwrap();
    let proven = platform
        .prove_by_password(&session, password(PASSWORD), &network(4))
        .await;
    let session = platform.session(&proven.unwrap().text()).await.unwrap();
    platform.own_values(&session).await.unwrap();
    platform.own_acts(&session, None).await.unwrap();
    platform.sessions(&session).await.unwrap();
    platform.end_other_sessions(&session).await.unwrap();
    desk.drain().await;
    session
}

async fn change_contact(desk: &Desk, session: &Session, address: Address) {
    let platform = &desk.platform;
    desk.drain().await;
    let asked = platform
        .ask_new_contact(session, address, &visit(1))
        .await
        .unwrap();
    let (seen, _) = desk.drain().await;
    let typed = TypedIn {
        request: asked.request,
        code: code_in(&seen[0].text),
    };
    platform
        .change_contact(session, &typed, &network(1))
        .await
        .unwrap();
    desk.clock.advance(MINUTE);
}

async fn she_adds_second_factors(
    desk: &Desk,
    session: &Session,
    needles: &mut Vec<Secret>,
) -> Session {
    let platform = &desk.platform;
    let app = set_up(platform, session).await;
    needles.push(Secret {
        name: "the secret of an authenticator",
        bytes: app.secret().to_vec(),
    });
    let added = platform
        .confirm_totp(session, &app.code(desk.clock.now()))
        .await
        .unwrap();
    for code in &added.codes {
        needles.push(Secret {
            name: "a recovery code",
            bytes: code.shown().as_bytes().to_vec(),
        });
    }
    let session = platform.session(&added.secret.text()).await.unwrap();
    let mut passkey = SoftPasskey::new(1, ORIGIN);
    let ceremony = platform
        .begin_passkey(&session, &crate::desk::network(1))
        .await
        .unwrap();
    let made = CeremonyAnswer {
        id: ceremony.id,
        json: passkey.make(&ceremony.options).unwrap(),
    };
    let label = PasskeyLabel::parse("canary-passkey").unwrap();
    let added = platform.add_passkey(&session, &made, &label).await.unwrap();
    let session = platform.session(&added.secret.text()).await.unwrap();
    platform.sign_out(&session).await.unwrap();
    desk.clock.advance(MINUTE);
    let step = platform
        .sign_in_by_password(&email(SECOND), password(PASSWORD), visit(5))
        .await;
    let ticket = crate::desk::ticket(step);
    needles.extend(both("a ticket", &ticket));
    let second = Second::Totp(app.code(desk.clock.now()));
    let here = platform
        .finish_sign_in(&ticket, second, visit(5))
        .await
        .unwrap();
    let session = desk.session_of(&here).await;
    platform.new_recovery_codes(&session).await.unwrap();
    desk.drain().await;
    session
}

/// Fills in and hands in an application, which a reviewer opens, asks about and approves.
async fn she_applies_for_an_enterprise(desk: &Desk, session: &Session) -> Caller {
    let platform = &desk.platform;
    let name = EnterpriseName::parse("样本商贸有限公司").unwrap();
    platform
        .create_enterprise(session, &name, "retail")
        .await
        .unwrap();
    let seats = platform.seats(session).await.unwrap();
    let caller = Caller::of(seats[0].enterprise, seats[0].representative);
    crate::certification::assess(platform).await;
    let id = fill_in(desk, &caller).await;
    platform
        .submit_certification(&caller, id, None, &link())
        .await
        .unwrap();
    desk.drain().await;
    let desker = operator(desk, REVIEWER, OperatorRole::Reviewer).await;
    let reviewer = &desker.caller;
    platform.review(reviewer, id).await.unwrap();
    let look = LookFor {
        application: id,
        field: ApplicationField::IdNumber,
        reason: LookReason::CompareWithPaper,
    };
    assert_eq!(platform.look(reviewer, look).await.unwrap(), ID);
    let question = Question {
        field: Some(ApplicationField::Licence),
        words: Pii::new("canary-question about the paper".to_owned()),
    };
    platform
        .ask_about_certification(reviewer, id, &[question], &link())
        .await
        .unwrap();
    let answer = Pii::new("canary-answer about the paper".to_owned());
    platform
        .submit_certification(&caller, id, Some(&answer), &link())
        .await
        .unwrap();
    crate::reviews::pays(desk, &desker, id).await;
    platform
        .approve_certification(reviewer, id, &link())
        .await
        .unwrap();
    desk.drain().await;
    caller
}

async fn somebody_joins(desk: &Desk, caller: &Caller, needles: &mut Vec<Secret>) {
    let secret = invite(desk, caller, GUEST, Role::Analyst).await;
    needles.extend(both("the secret of an invitation", &secret));
    let guest = desk.sign_up(GUEST).await;
    let guest = desk.session_of(&guest).await;
    desk.platform
        .accept_invitation(&guest, &secret)
        .await
        .unwrap();
    desk.platform.members(caller).await.unwrap();
}

/// Fills the lake.
async fn data_comes_in(platform: &Platform) {
    let caller = world::enrol(platform, "Enrolled").await;
    let mapping = world::mapping();
    let people = platform
        .create_dataset(&caller, "people", &mapping)
        .await
        .unwrap();
    let upload = tempfile::tempdir().unwrap();
    let file = upload.path().join("people.csv");
    let rows: Vec<String> = (1..50)
        .map(|it| format!("canary-member-{it},{it}\n"))
        .collect();
    std::fs::write(&file, format!("member_id,age\n{}", rows.concat())).unwrap();
    let done = platform
        .import_file(&caller, people, &mapping, &file, &|_| {})
        .await
        .unwrap();
    assert_eq!(done.report.rows, 49);
}

/// A secret that is told in hexadecimal digits: so, and as the bytes that they mean.
fn both(name: &'static str, text: &str) -> [Secret; 2] {
    let digit = |sign: u8| u8::try_from(char::from(sign).to_digit(16).unwrap()).unwrap();
    let pairs = text.as_bytes().chunks_exact(2);
    let bytes = pairs
        .map(|pair| digit(pair[0]) * 16 + digit(pair[1]))
        .collect();
    let text = text.as_bytes().to_vec();
    [Secret { name, bytes }, Secret { name, bytes: text }]
}

fn collect(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, places);
        } else {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let mut windows = bytes.windows(needle.len());
    windows.any(|window| window[0] == needle[0] && window == needle)
}
