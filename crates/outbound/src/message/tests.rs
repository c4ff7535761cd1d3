use super::*;
use crate::notice::{CodeUse, HelpNews, MeasureNews, StandingNews, TakenMeasure};

struct Only(Sink);

impl Warrant for Only {
    fn opens(&self, sink: Sink) -> bool {
        sink == self.0
    }
}

const SINKS: [Sink; 7] = [
    Sink::Row,
    Sink::Page,
    Sink::Json,
    Sink::Mail,
    Sink::Sms,
    Sink::Destination,
    Sink::RegulatorReport,
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn li() -> Recipient {
    Recipient::mail(Pii::new("li@example.cn".to_owned())).unwrap()
}

fn phone() -> Recipient {
    Recipient::sms(Pii::new("13800000000".to_owned())).unwrap()
}

fn line(text: &str) -> Line {
    Line::try_from(text).unwrap()
}

fn link() -> Link {
    Link::try_from("https://yuntu.example/x?a=1&b=2").unwrap()
}

/// One message of each kind to the recipient that `to` makes.
fn one_of_each(to: impl Fn() -> Recipient, lang: Lang) -> Vec<Message> {
    let now = at("2026-03-21T08:00:00Z");
    let code = Code::try_from("004217").unwrap();
    vec![
        Message::code(
            to(),
            lang,
            CodeUse::SignUp,
            code,
            at("2026-03-21T08:05:00Z"),
        ),
        Message::contact_changed(to(), lang, Medium::Sms, Told::Old, now),
        Message::password_changed(to(), lang, now),
        Message::new_sign_in(to(), lang, line("<b>Firefox</b>"), now),
        Message::sign_in_held(
            to(),
            lang,
            ShownFirst::Password,
            line("<b>Firefox</b>"),
            now,
        ),
        Message::invitation(to(), lang, line("甲公司"), line("Li & Wang"), link(), now),
        Message::certification_changed(
            to(),
            lang,
            line("甲公司"),
            CertificationNews::Approved,
            link(),
        ),
        Message::statement_changed(to(), lang, line("3"), Asks::Consent, now, link()),
        Message::account_exists(to(), lang, now),
        Message::factor_changed(to(), lang, FactorNews::Added, now),
        Message::standing_changed(
            to(),
            lang,
            StandingNews::Suspended { erased_at: now },
            line("privacy@yuntu.example"),
            link(),
            now,
        ),
        Message::report_answered(to(), lang, link(), now),
        Message::paper_ending(
            to(),
            lang,
            line("甲公司"),
            (EndingPaper::OwnLetter, EndingNews::Month),
            now,
            Some(link()),
        ),
        Message::duty_due(
            to(),
            lang,
            (DueDuty::ComplianceAudit, EndingNews::Quarter),
            now,
            Some(link()),
        ),
        Message::operator_added(to(), lang, link(), now),
        Message::measure_news(
            to(),
            lang,
            line("甲公司"),
            MeasureNews::Taken(TakenMeasure::Freeze),
            now,
            Some(link()),
        ),
        Message::help_news(to(), lang, line("甲公司"), HelpNews::Offered, now, None),
    ]
}

fn shown(message: &Message) -> (Option<String>, String, Option<String>) {
    let copy = |letter: &Letter| {
        (
            letter.subject.clone(),
            letter.text.clone(),
            letter.html.clone(),
        )
    };
    message.open(&Only(Sink::Page), Sink::Page, copy).unwrap()
}

#[test]
fn every_kind_has_words_in_both_languages_and_survives_the_outbox() {
    for lang in Lang::ALL {
        let mut kinds = Vec::new();
        for message in one_of_each(li, lang) {
            let before = shown(&message);
            kinds.push(message.kind());
            let again = Message::from_payload(message.into_payload().unwrap()).unwrap();
            assert_eq!(shown(&again), before);
            let (subject, text, html) = before;
            let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            let subject = subject.unwrap();
            assert_eq!(han(&subject), lang == Lang::Zh, "{subject}");
            // The enterprise's own name is Chinese in both.
            assert_eq!(han(&text.replace("甲公司", "")), lang == Lang::Zh, "{text}");
            assert!(html.unwrap().contains(lang.tag()));
        }
        assert_eq!(kinds, Kind::ALL);
    }
}

#[test]
fn every_end_of_every_paper_is_told_apart() {
    let papers = [
        EndingPaper::OwnLetter,
        EndingPaper::MembersLetter,
        EndingPaper::Certification,
        EndingPaper::Declaration,
        EndingPaper::Assessment,
        EndingPaper::OwedNotice,
        EndingPaper::Partner,
    ];
    let news = [EndingNews::Month, EndingNews::Week, EndingNews::Over];
    for lang in Lang::ALL {
        let mut texts = std::collections::BTreeSet::new();
        for (paper, news) in papers
            .iter()
            .flat_map(|paper| news.map(|news| (*paper, news)))
        {
            let ends = at("2026-12-31T16:00:00Z");
            let told = (paper, news);
            let message = Message::paper_ending(li(), lang, line("甲公司"), told, ends, None);
            let (_, text, _) = shown(&message);
            assert!(text.contains("2027"), "{text}");
            texts.insert(text);
        }
        assert_eq!(texts.len(), 21);
    }
}

#[test]
fn every_news_of_a_measure_is_told_apart() {
    let news = [
        MeasureNews::Taken(TakenMeasure::Close),
        MeasureNews::Lifted,
        MeasureNews::LiftedWithoutInvitations,
        MeasureNews::Lapsed,
        MeasureNews::Satisfied,
        MeasureNews::Replied,
    ];
    for lang in Lang::ALL {
        let text = |news| {
            let at = at("2026-12-31T16:00:00Z");
            shown(&Message::measure_news(
                li(),
                lang,
                line("甲公司"),
                news,
                at,
                None,
            ))
            .1
        };
        let texts: std::collections::BTreeSet<String> = news.into_iter().map(text).collect();
        assert_eq!(texts.len(), news.len());
        let restored = lang.pick("一切恢复如前", "everything is as it was");
        assert!(text(MeasureNews::Lifted).contains(restored));
        let left_out = lang.pick("须重新发出", "sent anew");
        assert!(text(MeasureNews::LiftedWithoutInvitations).contains(left_out));
    }
}

#[test]
fn every_text_message_is_filled_in() {
    for lang in Lang::ALL {
        for message in one_of_each(phone, lang) {
            let (subject, text, html) = shown(&message);
            assert!(subject.is_none() && html.is_none());
            assert!(!text.contains('$'), "{text}");
        }
    }
}

#[test]
fn a_code_says_how_long_it_holds_and_that_nobody_asks_for_it() {
    for (lang, long, nobody) in [
        (Lang::Zh, "5 分钟", "不会向您索要"),
        (Lang::En, "5 minutes", "Nobody from us"),
    ] {
        let message = one_of_each(li, lang).remove(0);
        let (subject, text, html) = shown(&message);
        for words in [text, html.unwrap()] {
            for expected in ["004217", long, nobody] {
                assert!(words.contains(expected), "{words}");
            }
        }
        assert!(!subject.unwrap().contains("004217"));
    }
    assert!(Kind::Code.sms_template(Lang::En).contains("5 minutes"));
    assert!(Kind::Code.sms_template(Lang::Zh).contains("5分钟"));
}

#[test]
fn typed_words_are_escaped_on_the_page_and_plain_in_the_text() {
    let message = one_of_each(li, Lang::En).remove(3);
    let (_, text, html) = shown(&message);
    assert!(text.contains("<b>Firefox</b>"));
    let html = html.unwrap();
    assert!(html.contains("&lt;b&gt;Firefox"), "{html}");
    assert!(!html.contains("<b>"));
}

#[test]
fn times_are_those_of_the_mainland() {
    let message = one_of_each(li, Lang::Zh).remove(2);
    assert!(
        shown(&message)
            .1
            .contains("2026年3月21日 16:00（北京时间）")
    );
    let message = one_of_each(li, Lang::En).remove(2);
    let expected = "21 March 2026, 16:00 (Beijing time, UTC+8)";
    assert!(shown(&message).1.contains(expected));
}

#[test]
fn the_words_open_at_the_sink_of_the_warrant_alone() {
    let message = one_of_each(li, Lang::Zh).remove(0);
    for warranted in SINKS {
        for sink in SINKS {
            let opened = message.open(&Only(warranted), sink, |_letter| ());
            assert_eq!(opened.is_some(), warranted == sink);
        }
    }
    let printed = format!("{message:?}");
    assert!(
        !printed.contains("004217") && !printed.contains("li@"),
        "{printed}"
    );
}

#[test]
fn a_payload_that_we_did_not_write_is_no_message() {
    let good = one_of_each(li, Lang::Zh).remove(0);
    let bytes = good.into_payload().unwrap().digest(Clone::clone);
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("li@example.cn", "li@example.cn\\r\\nRCPT TO:<b@example.cn>"),
        ("004217", "00421"),
        ("\"form\":1", "\"form\":2"),
        ("\"sign_up\"", "\"sign_out\""),
        ("{", ""),
    ] {
        let bad = text.replace(from, to);
        assert_ne!(bad, text);
        let payload = Pii::new(bad.into_bytes());
        assert!(Message::from_payload(payload).is_err(), "{from} to {to}");
    }
    assert!(Message::from_payload(Pii::new(vec![b' '; 20_000])).is_err());
}
