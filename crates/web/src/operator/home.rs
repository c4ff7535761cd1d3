//! Where an operator begins: what she is and what she may.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::policy::{OperatorAction, OperatorRole, operator_may};
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use super::OperatorIn;
use crate::forms::FormMark;
use crate::input::Language;
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, FormView, Link, Section};
use crate::state::Site;

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let role = operator.caller.role;
    let may: Vec<(String, String)> = OperatorAction::ALL
        .iter()
        .filter(|action| operator_may(role, **action))
        .map(|action| (action.code().to_owned(), name(*action, lang).to_owned()))
        .collect();
    let until = minute(operator.session.ends);
    let ends = lang.pick(
        format!("闲置 15 分钟后会话结束，最迟于 {until} 结束。"),
        format!("The session ends after 15 minutes without use, and at {until} at the latest."),
    );
    let alarm = alarm(&site, role, lang).await?;
    let mut blocks = vec![
        Block::Text(role.name(lang).to_owned()),
        Block::Facts(may),
        Block::Links(links(role, lang)),
        Block::Note(ends),
        Block::Form(Box::new(FormView {
            id: "out",
            action: format!("/operator/sign-out?lang={}", lang.pick("zh", "en")),
            mark: mark.text(),
            acts: vec![("out", lang.pick("退出登录", "Sign out").to_owned(), true)],
            ..FormView::default()
        })),
    ];
    if let Some(alarm) = alarm {
        blocks.insert(1, alarm);
    }
    let page = show(&Page {
        frame: Frame::open(lang, lang.pick("运营后台", "Operators"), "/operator"),
        lead: lang
            .pick(
                "这里只处理平台自身的事务；任何企业的业务数据都不在此处，也无从查看。",
                "Only the platform's own affairs are here; no business data of any enterprise can be reached.",
            )
            .to_owned(),
        sections: vec![Section {
            anchor: "role",
            title: lang.pick("您的角色", "Your role").to_owned(),
            blocks,
        }],
    })?;
    mark.keep(&site, page)
}

/// Lists the pages that she may open.
fn links(role: OperatorRole, lang: Lang) -> Vec<Link> {
    let pages = [
        (
            OperatorAction::ViewProposals,
            link("/operator/proposals", ("双人核准", "Two-person rule"), lang),
        ),
        (
            OperatorAction::ReviewCertification,
            link(
                "/operator/reviews",
                ("待审核的企业认证", "Certifications under review"),
                lang,
            ),
        ),
        (
            OperatorAction::ViewAssessments,
            link(
                "/operator/assessments",
                ("个人信息保护影响评估", "Impact assessments"),
                lang,
            ),
        ),
    ];
    let own = pages
        .into_iter()
        .filter(|(action, _)| operator_may(role, *action));
    own.map(|(_, link)| link).collect()
}

/// Rings for who answers for it when no impact assessment is in force, or its review is near.
async fn alarm(site: &Site, role: OperatorRole, lang: Lang) -> Result<Option<Block>, Problem> {
    if !operator_may(role, OperatorAction::ViewAssessments)
        || !site.platform.assessment_state().await?.alarm
    {
        return Ok(None);
    }
    let text = lang.pick(
        "警报：没有有效的影响评估，或即将到复核日。",
        "Alarm: no impact assessment is in force, or its review is near.",
    );
    Ok(Some(Block::Note(text.to_owned())))
}

fn link(path: &str, (zh, en): (&str, &str), lang: Lang) -> Link {
    Link {
        address: format!("{path}?lang={}", lang.pick("zh", "en")),
        text: lang.pick(zh, en).to_owned(),
        note: String::new(),
    }
}

fn name(action: OperatorAction, lang: Lang) -> &'static str {
    match action {
        OperatorAction::ReviewCertification => lang.pick("审核企业认证", "review certifications"),
        OperatorAction::OpenMaskedValue => lang.pick(
            "查看被遮盖的值（先记录理由）",
            "open a masked value, recorded with its reason first",
        ),
        OperatorAction::AnswerPerson => lang.pick("答复个人", "answer people"),
        OperatorAction::ServeRights => {
            lang.pick("处理个人的权利请求", "serve the rights of people")
        }
        OperatorAction::SuspendAccount => lang.pick("暂停帐号", "suspend an account"),
        OperatorAction::ViewOperators => lang.pick("查看运营人员名册", "see the operators"),
        OperatorAction::SuspendOperator => lang.pick("停用运营人员", "suspend an operator"),
        OperatorAction::ViewLedger => lang.pick("查看账本", "read the ledger"),
        OperatorAction::RecordAssessment => {
            lang.pick("登记影响评估", "record an impact assessment")
        }
        OperatorAction::ViewAssessments => lang.pick("查看影响评估", "see the impact assessments"),
        OperatorAction::ViewProposals => lang.pick(
            "查看待双人核准的操作",
            "see the acts that wait for a second person",
        ),
    }
}
