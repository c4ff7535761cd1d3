//! What is told before something ends or is due.

use yuntu_terms::{Lang, Timestamp};

use super::{Draft, moment};
use crate::notice::{DueDuty, EndingNews, EndingPaper};
use crate::words::{Line, Link};

/// Says how near the end of a paper is, and what the mail of it is called.
fn how_near(news: EndingNews, lang: Lang) -> (&'static str, &'static str) {
    match news {
        EndingNews::Quarter => (
            lang.pick("九十日内到期", "ends within ninety days"),
            lang.pick(
                "云图：有文件九十日内到期",
                "Yuntu: a paper ends within ninety days",
            ),
        ),
        EndingNews::Month => (
            lang.pick("三十日内到期", "ends within thirty days"),
            lang.pick(
                "云图：有文件三十日内到期",
                "Yuntu: a paper ends within thirty days",
            ),
        ),
        EndingNews::Week => (
            lang.pick("七日内到期", "ends within seven days"),
            lang.pick(
                "云图：有文件七日内到期",
                "Yuntu: a paper ends within seven days",
            ),
        ),
        EndingNews::Over => (
            lang.pick("已到期", "has ended"),
            lang.pick("云图：有文件已到期", "Yuntu: a paper has ended"),
        ),
    }
}

/// Names in both languages what ends.
fn named(paper: EndingPaper, name: &str) -> (String, String) {
    match paper {
        EndingPaper::OwnLetter => (
            format!("您代表“{name}”的授权函件"),
            format!("Your letter of authorisation for “{name}”"),
        ),
        EndingPaper::MembersLetter => (
            format!("“{name}”一位成员的授权函件"),
            format!("The letter of authorisation of a member of “{name}”"),
        ),
        EndingPaper::Certification => (
            format!("“{name}”的企业认证"),
            format!("The certification of “{name}”"),
        ),
        EndingPaper::Declaration => (
            format!("“{name}”的数据来源与合法性说明"),
            format!("The declaration of source and lawfulness of “{name}”"),
        ),
        EndingPaper::Partner => (
            format!("“{name}”这一合作方接收数据的依据"),
            format!("The agreement, assessment or way abroad of the partner “{name}”"),
        ),
        EndingPaper::OwedNotice => (
            format!("“{name}”依例外处理后对本人的告知"),
            format!("Telling people of the exception “{name}”"),
        ),
        EndingPaper::Assessment => (
            "收集身份证号与银行账户所依据的个人信息保护影响评估".to_owned(),
            "The impact assessment on which identity numbers and bank accounts are collected"
                .to_owned(),
        ),
    }
}

pub(super) fn paper_ending(
    enterprise: &Line,
    (paper, news): (EndingPaper, EndingNews),
    ends_at: Timestamp,
    link: Option<&Link>,
    lang: Lang,
) -> Draft {
    let (name, time) = (enterprise.as_str(), moment(ends_at, lang));
    let (zh, en) = named(paper, name);
    let (left, subject) = match paper {
        EndingPaper::OwedNotice => due_within(news, lang),
        EndingPaper::OwnLetter
        | EndingPaper::MembersLetter
        | EndingPaper::Certification
        | EndingPaper::Declaration
        | EndingPaper::Partner
        | EndingPaper::Assessment => how_near(news, lang),
    };
    let what = match paper {
        EndingPaper::OwnLetter | EndingPaper::MembersLetter => lang.pick(
            "到期的同一刻，其下达指示、处理数据的权限随之停止。请由企业的管理者上传新的函件。",
            "The moment it ends, so does the right to instruct and to work on data. Whoever manages members uploads a new letter.",
        ),
        EndingPaper::Certification => lang.pick(
            "到期后，导入、指示和报告都会停止，直至重新认证。请及时重新申请。",
            "After that imports, instructions and reports stop until it is renewed. Please apply in time.",
        ),
        EndingPaper::Declaration => lang.pick(
            "到期的同一刻，对该数据集的处理随之停止，数据不会丢失。请核对说明与证明，并重新确认。",
            "The moment it ends, so does all work on that dataset; nothing is lost. Look the declaration and its papers over and confirm it anew.",
        ),
        EndingPaper::Partner => lang.pick(
            "到期的同一刻，向其提供或委托其处理的工作随之停止，新的一律拒绝。请续签协议、复核评估或办理出境延期，并使新版本生效。",
            "The moment it ends, whatever the partner was to receive is stopped and nothing more is permitted. Renew the agreement, look the assessment over or have the way abroad extended, and put the new version in force.",
        ),
        EndingPaper::OwedNotice => lang.pick(
            "依该例外可以不经同意，但不免除告知。告知本人后请上传证明；提醒随之停止。",
            "The exception dispensed with consent, not with notice. Once the people are told, upload the paper that shows it; the reminders end with that.",
        ),
        EndingPaper::Assessment => lang.pick(
            "到期后，平台不再收集这两类号码，直至新的评估生效。",
            "After that the platform collects neither until a new assessment is in force.",
        ),
    };
    let draft = Draft::new(subject)
        .say(lang.pick(
            format!("{zh}{left}（{time}）。"),
            format!("{en} {left}: {time}."),
        ))
        .say(what);
    match link {
        Some(link) => draft.say(lang.pick("请见：", "See:")).link(link),
        None => draft,
    }
}

pub(super) fn duty_due(
    (duty, news): (DueDuty, EndingNews),
    due_at: Timestamp,
    link: Option<&Link>,
    lang: Lang,
) -> Draft {
    let time = moment(due_at, lang);
    let name = match duty {
        DueDuty::ComplianceAudit => lang.pick("个人信息保护合规审计", "The compliance audit"),
        DueDuty::MinorsAudit => lang.pick(
            "未成年人个人信息合规审计",
            "The audit of what concerns minors",
        ),
        DueDuty::Training => lang.pick("个人信息保护培训", "The training in data protection"),
        DueDuty::EmergencyDrill => lang.pick("应急预案演练", "The exercise of the emergency plan"),
    };
    let (left, subject) = due_within(news, lang);
    let draft = Draft::new(subject)
        .say(lang.pick(
            format!("{name}{left}（期限 {time}）。"),
            format!("{name} {left}: {time}."),
        ))
        .say(lang.pick(
            "完成后请登记日期、执行机构、结论和报告；提醒随之停止。",
            "Once it is done, record the day, who did it, what it came to and the report; the reminders end with that.",
        ));
    match link {
        Some(link) => draft.say(lang.pick("请见：", "See:")).link(link),
        None => draft,
    }
}

/// Says how near the day is by which something is to be done, and what the mail of it is called.
fn due_within(news: EndingNews, lang: Lang) -> (&'static str, &'static str) {
    match news {
        EndingNews::Quarter => (
            lang.pick("须在九十日内完成", "is due within ninety days"),
            lang.pick(
                "云图：有事项须在九十日内完成",
                "Yuntu: a duty is due within ninety days",
            ),
        ),
        EndingNews::Month => (
            lang.pick("须在三十日内完成", "is due within thirty days"),
            lang.pick(
                "云图：有事项须在三十日内完成",
                "Yuntu: a duty is due within thirty days",
            ),
        ),
        EndingNews::Week => (
            lang.pick("须在七日内完成", "is due within seven days"),
            lang.pick(
                "云图：有事项须在七日内完成",
                "Yuntu: a duty is due within seven days",
            ),
        ),
        EndingNews::Over => (
            lang.pick("已逾期", "is overdue"),
            lang.pick("云图：有事项已逾期", "Yuntu: a duty is overdue"),
        ),
    }
}
