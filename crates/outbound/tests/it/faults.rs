//! Servers that hang, hang up, flood or lie, each following a script on a real socket.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use yuntu_outbound::{Cause, Security, SendError};

use crate::rig::{Authority, config, send};

/// What the server does, step by step; the connection closes after the last.
enum Act {
    /// Says these bytes.
    Say(&'static str),
    /// Waits for one line of the client.
    Hear,
    /// Waits for the line that ends a mail.
    HearMail,
    /// Says nothing until the client goes away.
    Hang,
    /// Says far more than a reply may hold, without an end.
    Flood,
}

use Act::{Flood, Hang, Hear, HearMail, Say};

type Class = fn(&SendError) -> bool;

/// Serves one connection by the script and returns what the client said.
async fn server(acts: Vec<Act>) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let accepted = tokio::time::timeout(Duration::from_secs(10), listener.accept()).await;
        let (stream, _) = accepted.expect("nobody came").unwrap();
        let mut stream = BufReader::new(stream);
        let mut heard = Vec::new();
        for act in acts {
            match act {
                Say(words) => stream.write_all(words.as_bytes()).await.unwrap(),
                Hear => {
                    let mut line = String::new();
                    stream.read_line(&mut line).await.unwrap();
                    heard.push(line.trim_end().to_owned());
                }
                HearMail => {
                    let mut line = String::new();
                    while line.trim_end() != "." {
                        line.clear();
                        stream.read_line(&mut line).await.unwrap();
                    }
                }
                Hang => {
                    let mut rest = Vec::new();
                    // A client that gave up may have reset the connection.
                    stream.read_to_end(&mut rest).await.ok();
                }
                Flood => {
                    let chunk = [b'x'; 8_192];
                    // Ends when the client has had enough.
                    while stream.write_all(&chunk).await.is_ok() {}
                }
            }
        }
        heard
    });
    (port, served)
}

async fn outcome(acts: Vec<Act>) -> (Result<(), SendError>, Vec<String>) {
    let (port, served) = server(acts).await;
    let mut config = config(port, Security::Plain, None);
    config.time_limit_seconds = Some(1);
    let sent = send(&config, "li@example.cn").await;
    (sent, served.await.unwrap())
}

fn until_data() -> Vec<Act> {
    vec![
        Say("220 mail.yuntu.test\r\n"),
        Hear,
        Say("250-mail.yuntu.test\r\n250 SIZE 100000\r\n"),
        Hear,
        Say("250 2.1.0 good\r\n"),
        Hear,
        Say("250 2.1.5 good\r\n"),
        Hear,
    ]
}

#[tokio::test]
async fn a_server_that_hangs_is_left_after_the_time_limit() {
    for acts in [
        vec![Hang],
        vec![Say("220 mail.yuntu.test\r\n"), Hear, Hang],
        vec![Say("220-mail.yuntu"), Hang],
        [until_data(), vec![Say("354 go on\r\n"), HearMail, Hang]]
            .into_iter()
            .flatten()
            .collect(),
    ] {
        let (sent, _) = tokio::time::timeout(Duration::from_secs(10), outcome(acts))
            .await
            .unwrap();
        let error = sent.unwrap_err();
        assert!(matches!(error, SendError::Temporary(_)), "{error}");
        assert_eq!(error.code(), "timed_out");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_or_babbles_is_tried_again() {
    for acts in [
        vec![],
        vec![Say("220 mail.yuntu.test\r\n")],
        vec![Say("HTTP/1.1 400 Bad Request\r\n\r\n"), Hang],
        vec![Say("220 a\r\n250 b\r\n"), Hang],
        vec![Flood],
        until_data(),
        [until_data(), vec![Say("354 go on\r\n"), HearMail]]
            .into_iter()
            .flatten()
            .collect(),
    ] {
        let (sent, _) = outcome(acts).await;
        let error = sent.unwrap_err();
        assert!(matches!(error, SendError::Temporary(_)), "{error}");
        assert_eq!(error.failure().cause(), Cause::Interrupted);
    }
}

#[tokio::test]
async fn each_step_judges_its_own_reply() {
    let greet = |words| vec![Say(words), Hang];
    let at_end = |words| {
        let rest = vec![Say("354 go on\r\n"), HearMail, Say(words), Hang];
        [until_data(), rest].into_iter().flatten().collect()
    };
    let sender_refused = vec![
        Say("220 a\r\n"),
        Hear,
        Say("250 a\r\n"),
        Hear,
        Say("553 5.7.1 not your address\r\n"),
        Hang,
    ];
    let cases: [(Vec<Act>, &str, Class); 6] = [
        (greet("421 4.3.2 away\r\n"), "busy.greeting.421", |e| {
            matches!(e, SendError::Temporary(_))
        }),
        (greet("554 5.7.1 no\r\n"), "refused.greeting.554", |e| {
            matches!(e, SendError::Configuration(_))
        }),
        (sender_refused, "refused.mail.553", |e| {
            matches!(e, SendError::Configuration(_))
        }),
        (at_end("552 5.3.4 too big\r\n"), "refused.end.552", |e| {
            matches!(e, SendError::Permanent(_))
        }),
        (at_end("451 4.7.1 greylisted\r\n"), "busy.end.451", |e| {
            matches!(e, SendError::Temporary(_))
        }),
        (at_end("299 what\r\n"), "interrupted", |e| {
            matches!(e, SendError::Temporary(_))
        }),
    ];
    for (acts, code, class) in cases {
        let error = outcome(acts).await.0.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(class(&error), "{error}");
    }
}

#[tokio::test]
async fn a_mail_that_was_taken_is_sent_whatever_follows() {
    let rest = vec![Say("354 go on\r\n"), HearMail, Say("250 kept\r\n")];
    let acts = [until_data(), rest].into_iter().flatten().collect();
    let (sent, heard) = outcome(acts).await;
    sent.unwrap();
    let expected = [
        "EHLO yuntu.example",
        "MAIL FROM:<no-reply@yuntu.example>",
        "RCPT TO:<li@example.cn>",
        "DATA",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn what_is_slipped_in_before_encryption_counts_for_nothing() {
    let acts = vec![
        Say("220 a\r\n"),
        Hear,
        Say("250-a\r\n250 STARTTLS\r\n"),
        Hear,
        Say("220 go on\r\n250-a\r\n250 AUTH PLAIN\r\n"),
        Hang,
    ];
    let (port, served) = server(acts).await;
    let authority = Authority::new();
    let config = config(port, Security::StartTls, Some(authority.ca()));
    let error = send(&config, "li@example.cn").await.unwrap_err();
    assert_eq!(error.code(), "interrupted");
    assert_eq!(served.await.unwrap(), ["EHLO yuntu.example", "STARTTLS"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let config = config(port, Security::Plain, None);
    let error = send(&config, "li@example.cn").await.unwrap_err();
    assert!(matches!(error, SendError::Temporary(_)), "{error}");
    assert_eq!(error.code(), "unreachable");
}
