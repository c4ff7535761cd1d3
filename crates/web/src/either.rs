//! What an enterprise in its console and operators at theirs see alike: the course of a certification, measures, and what a
//! dataset waits for.

use axum::http::StatusCode;
use yuntu_app::Waiting;
use yuntu_app::certification::{CertificationError, NoteView};
use yuntu_app::measures::ShownMeasure;
use yuntu_app::store::{AccountCheck, MeasureMessageKind, NoteAuthor};
use yuntu_app::words::{minute, waiting_text};
use yuntu_terms::{ErrorKind, Lang};

use crate::report::{Part, Table, opened};
use crate::view::{Comer, View};

/// Returns the status with which the page is shown again.
pub(crate) fn status_of(error: &CertificationError) -> StatusCode {
    match error.kind() {
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Refused => StatusCode::FORBIDDEN,
        ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Unavailable | ErrorKind::Internal => {
            StatusCode::BAD_REQUEST
        }
    }
}

/// Shows each change of an application, to either side: by whom, as the enterprise and the operator are called there, and
/// about what.
pub(crate) fn history_table<W: Comer, P>(
    view: &View<W, P>,
    history: &[NoteView],
    [enterprise, operator]: &[String; 2],
    about: impl Fn(&NoteView) -> String,
) -> Table {
    let lang = view.lang;
    let row = |note: &NoteView| {
        let who = match note.author {
            NoteAuthor::Enterprise => enterprise,
            NoteAuthor::Operator => operator,
        };
        vec![
            minute(note.at),
            who.clone(),
            opened(note.state.name().get(lang), lang),
            about(note),
            note.text.clone().unwrap_or_default(),
        ]
    };
    view.table(
        view.t("每次变化，最早的在前", "Each change, the earliest first"),
        &[
            ("时间", "When"),
            ("由谁", "By whom"),
            ("变为", "Became"),
            ("关于", "About"),
            ("说明", "Words"),
        ],
        history.iter().map(row),
    )
}

/// Says in a word how the account of an application stands.
pub(crate) fn account_standing(payments: &[AccountCheck], verified: bool, lang: Lang) -> String {
    match (payments.first(), verified) {
        (Some(last), true) => {
            let at = minute(last.recorded);
            lang.pick(format!("已核验（{at}）"), format!("verified ({at})"))
        }
        (Some(last), false) => match last.payment.reason {
            Some(reason) => {
                let why = reason.text();
                let why = why.get(lang);
                lang.pick(format!("未通过：{why}"), format!("failed: {why}"))
            }
            // It was verified, and the number was changed afterwards.
            None => lang
                .pick(
                    "账户已变更，须重新核验",
                    "the number changed; it is to be verified anew",
                )
                .to_owned(),
        },
        (None, _) => lang.pick("尚未打款", "no payment yet").to_owned(),
    }
}

/// Shows a measure with what was written of it, to either side.
pub(crate) fn measure_part(it: &ShownMeasure, to_operator: bool, lang: Lang) -> Part {
    let (measure, told) = (&it.measure, &it.measure.told);
    let fact = |zh: &str, en: &str, value: String| (lang.pick(zh, en).to_owned(), value);
    let mut facts = Vec::new();
    if to_operator {
        facts.push(fact("企业", "Enterprise", it.enterprise.clone()));
        facts.push(fact("采取人", "Taken by", told.by.to_string()));
    }
    facts.push(fact("编号", "Number", measure.id.to_string()));
    if let Some(dataset) = told.dataset {
        facts.push(fact("数据集", "Dataset", dataset.to_string()));
    }
    let why = opened(told.ground.why(lang), lang);
    facts.push(fact("依据", "Ground", why));
    facts.push(fact("说明", "Why", it.words.clone()));
    if !told.actions.is_empty() {
        let names: Vec<_> = told.actions.iter().map(|it| it.name(lang)).collect();
        let names = names.join(lang.pick("、", ", "));
        facts.push(fact("受限功能", "Limited", names));
    }
    if !told.kind.is_taken_by_one() {
        let text = lang.pick(
            "当时未接受的邀请已作废，解除后不会恢复",
            "those that were open have ended, and lifting does not bring them back",
        );
        facts.push(fact("邀请", "Invitations", opened(text, lang)));
    }
    if let Some((due, then)) = told.due {
        facts.push(fact("期限", "Until", minute(due)));
        let then = opened(then.name(lang), lang);
        facts.push(fact("逾期未答复时", "Without an answer", then));
    }
    if let Some(until) = told.confirm_by.filter(|_| it.stands) {
        let until = minute(until);
        let text = lang.pick(
            format!("须由第二名运营人员于 {until} 前确认，否则自动失效"),
            format!("a second operator confirms it by {until}, or it ends by itself"),
        );
        facts.push(fact("确认", "Confirmation", text));
    }
    for (kind, words, paper, sent) in &it.messages {
        let (zh, en) = match kind {
            MeasureMessageKind::Answer => ("企业的证明", "Proof of the enterprise"),
            MeasureMessageKind::Appeal => ("企业的申诉", "Appeal of the enterprise"),
            MeasureMessageKind::Reply => ("对申诉的答复", "Answer to the appeal"),
            MeasureMessageKind::Lifting => ("解除的理由", "Why it ended"),
        };
        let with = paper.map_or("", |_| lang.pick("（附文件）", " (with a paper)"));
        let at = minute(*sent);
        facts.push(fact(zh, en, format!("{at} · {words}{with}")));
    }
    if let Some((end, at, _)) = measure.ended {
        let text = format!("{} · {}", minute(at), end.name(lang));
        facts.push(fact("结束", "Ended", text));
    }
    let name = opened(told.kind.name(lang), lang);
    let title = format!("{name} · {}", minute(measure.taken));
    Part { title, facts }
}

/// Says in one line whether a dataset can be used, or everything that it waits for.
pub(crate) fn waiting_line(waiting: &[Waiting], lang: Lang) -> String {
    if waiting.is_empty() {
        return lang.pick("可用", "ready for use").to_owned();
    }
    let texts: Vec<_> = waiting.iter().map(waiting_text).collect();
    let texts: Vec<_> = texts.iter().map(|it| it.get(lang)).collect();
    texts.join(lang.pick("；", "; "))
}
