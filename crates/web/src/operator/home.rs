//! Where an operator begins: what she is and what she may.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::minors::MinorWatch;
use yuntu_app::policy::{OperatorAction, operator_may};
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use super::Desk;
use crate::inside::Door;
use crate::problem::Problem;
use crate::report::{Block, Link, section};

/// What the rules give to roles and no page does yet; it is not promised.
const PAGELESS: [OperatorAction; 4] = [
    OperatorAction::AnswerPerson,
    OperatorAction::ServeRights,
    OperatorAction::SuspendAccount,
    OperatorAction::ViewLedger,
];

pub(super) async fn page(desk: Desk) -> Result<Response, Problem> {
    let (lang, role) = (desk.lang, desk.who.caller.role);
    let may: Vec<String> = OperatorAction::ALL
        .iter()
        .filter(|action| operator_may(role, **action) && !PAGELESS.contains(action))
        .map(|action| action.name(lang).to_owned())
        .collect();
    let until = minute(desk.who.session.ends);
    let ends = lang.pick(
        format!("闲置 15 分钟后会话结束，最迟于 {until} 结束。"),
        format!("The session ends after 15 minutes without use, and at {until} at the latest."),
    );
    let mut sections = Vec::new();
    let alarms = alarms(&desk).await?;
    if !alarms.is_empty() {
        let heading = lang.pick("需要处理", "What waits for you");
        sections.push(section("alarms", heading, alarms));
    }
    let heading = lang.pick("您可以使用的页面", "Your pages");
    sections.push(section("pages", heading, vec![Block::Links(links(&desk))]));
    let name = role.name(lang);
    let told = lang.pick(
        format!("您是平台的{name}，可以："),
        format!("Your role on the platform is {name}. You may:"),
    );
    let blocks = vec![Block::Text(told), Block::List(may), Block::Note(ends)];
    let heading = lang.pick("您的角色", "Your role");
    sections.push(section("role", heading, blocks));
    let frame = desk.frame(lang.pick("运营后台", "Operators"), "/operator");
    let lead = lang.pick(
        "这里只处理平台自身的事务；除企业自己申请并批准的技术协助外，任何企业的业务数据都无从查看。",
        "Only the platform's own affairs are here; no business data of any enterprise can be reached, but by technical help that it asks for and approves itself.",
    );
    desk.shown(frame, lead, sections, StatusCode::OK)
}

/// Lists the pages that the role opens, and those that every operator has of herself.
#[expect(clippy::too_many_lines, reason = "one link after another")]
fn links(desk: &Desk) -> Vec<Link> {
    let may = |action| operator_may(desk.who.caller.role, action);
    let here = !desk.site.platform.kept_here().is_empty();
    let pages = [
        (
            may(OperatorAction::ReviewCertification),
            "/operator/reviews",
            "待审核的企业认证",
            "Certifications under review",
        ),
        (
            may(OperatorAction::ReviewMinorReports),
            "/operator/minors",
            "未成年人帐号举报",
            "Reports of minors' accounts",
        ),
        (
            may(OperatorAction::ViewAssessments),
            "/operator/assessments",
            "个人信息保护影响评估",
            "Impact assessments",
        ),
        (
            may(OperatorAction::ViewDuties),
            "/operator/duties",
            "审计、培训与演练",
            "Audits, training and exercises",
        ),
        (
            may(OperatorAction::ViewMeasures),
            "/operator/measures",
            "对企业的措施",
            "Measures against enterprises",
        ),
        (
            may(OperatorAction::GiveHelp),
            "/operator/help",
            "企业申请的技术协助",
            "Technical help that enterprises ask for",
        ),
        (
            may(OperatorAction::ViewProposals),
            "/operator/proposals",
            "双人核准",
            "Two-person rule",
        ),
        (
            may(OperatorAction::ViewOperators),
            "/operator/people",
            "运营人员名册",
            "Register of operators",
        ),
        (
            here && may(OperatorAction::ReadOutbox),
            "/operator/outbox",
            "本机发件箱（未发出）",
            "Local outbox (not sent)",
        ),
        (
            true,
            Door::Operator.factors(),
            "您的第二验证方式",
            "Your second factors",
        ),
        (true, Door::Operator.log(), "您的操作日志", "Your log"),
        (
            true,
            Door::Operator.sessions(),
            "您的登录会话",
            "Your sessions",
        ),
    ];
    let open = pages.into_iter().filter(|(open, ..)| *open);
    open.map(|(_, path, zh, en)| desk.link(path, zh, en))
        .collect()
}

/// Rings for what is due or late, for whoever the role makes answer for it.
async fn alarms(desk: &Desk) -> Result<Vec<Block>, Problem> {
    let platform = &desk.site.platform;
    let may = |action| operator_may(desk.who.caller.role, action);
    let mut alarms = Vec::new();
    if may(OperatorAction::ViewAssessments) && platform.assessment_state().await?.alarm {
        alarms.push(Block::Text(desk.t(
            "警报：没有有效的影响评估，或即将到复核日。",
            "Alarm: no impact assessment is in force, or its review is near.",
        )));
    }
    if may(OperatorAction::ViewDuties) && platform.duties_state().await?.alarm() {
        alarms.push(Block::Text(desk.t(
            "警报：有合规审计、培训或演练即将到期或已逾期，或有发现项逾期未整改。",
            "Alarm: an audit, a training or an exercise is due or overdue, or a finding is not mended in time.",
        )));
    }
    if may(OperatorAction::ReviewMinorReports) {
        let watch = platform.watch_minor_reports().await?;
        alarms.extend(alarm(watch, desk.lang));
    }
    Ok(alarms)
}

/// Says that reports are near their deadline or past it.
fn alarm(watch: MinorWatch, lang: Lang) -> Option<Block> {
    let MinorWatch { near, late, .. } = watch;
    if near == 0 && late == 0 {
        return None;
    }
    Some(Block::Text(lang.pick(
        format!("警报：未成年人帐号举报中，{late} 份已逾期，{near} 份将在 24 小时内到期。"),
        format!(
            "Alarm: of the reports of minors' accounts, {late} are past the deadline and {near} are due within 24 hours."
        ),
    )))
}
