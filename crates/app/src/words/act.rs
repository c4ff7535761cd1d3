//! What an entry of the ledger means to the person who did it: the words of her own log.

use serde_json::Value;
use yuntu_ledger::Entry;
use yuntu_policy::{Action, OperatorAction, ProposalKind, Role, StopReason};
use yuntu_statement::Statement;
use yuntu_terms::{Lang, Purpose, Text};

/// The kinds of which the kind alone tells what was done. Each kind that stands in somebody's log is here or in
/// [`act_text`], which a house check holds.
const ACTS: &[(&str, &str, &str)] = &[
    ("account.opened", "注册帐号", "Opened the account"),
    ("account.recovered", "找回帐号", "Recovered the account"),
    (
        "assessment.opened",
        "打开影响评估报告",
        "Opened the report of an impact assessment",
    ),
    (
        "assessment.recorded",
        "登记影响评估",
        "Recorded an impact assessment",
    ),
    ("audience.evaluated", "计算人群", "Evaluated an audience"),
    ("audience.saved", "保存人群", "Saved an audience"),
    (
        "certification.account_checked",
        "记录小额打款核验的结果",
        "Recorded how a payment to a bank account came out",
    ),
    (
        "certification.approved",
        "通过一份企业认证",
        "Approved a certification",
    ),
    (
        "certification.asked",
        "请企业补正认证申请",
        "Asked an enterprise about its application",
    ),
    (
        "certification.begun",
        "开始企业认证申请",
        "Began an application for certification",
    ),
    (
        "certification.file_added",
        "上传认证文件",
        "Added a file to the application for certification",
    ),
    (
        "certification.file_removed",
        "删除认证文件",
        "Removed a file from the application for certification",
    ),
    (
        "certification.looked_at",
        "查看一项被遮盖的内容",
        "Looked at a masked value",
    ),
    (
        "certification.rejected",
        "驳回一份认证申请",
        "Rejected an application for certification",
    ),
    (
        "certification.saved",
        "保存认证申请",
        "Saved the application for certification",
    ),
    (
        "certification.submitted",
        "提交认证申请",
        "Handed in the application for certification",
    ),
    (
        "certification.withdrawn",
        "撤回认证申请",
        "Took back the application for certification",
    ),
    (
        "column.reclassed",
        "变更字段的类别",
        "Changed the class of a column",
    ),
    (
        "consent.appended",
        "登记客户的同意或撤回",
        "Recorded consents or withdrawals of customers",
    ),
    (
        "consent.list_cut",
        "征询名单在导出途中被中止",
        "The list of customers to ask was cut while it was exported",
    ),
    (
        "consent.list_exported",
        "导出需征询同意的客户名单",
        "Exported the list of customers to ask for consent",
    ),
    (
        "consent.paper_kept",
        "提交一份同意证明",
        "Handed in a proof of consent",
    ),
    ("contact.changed", "更换邮箱或手机号", "Changed an address"),
    ("dataset.created", "建立数据集", "Created a dataset"),
    (
        "dataset.standing",
        "冻结或恢复数据集",
        "Froze a dataset or lifted it",
    ),
    (
        "deposit.laid",
        "上传一个待导入的文件",
        "Uploaded a file to be imported",
    ),
    ("device.forgotten", "忘记一个浏览器", "Forgot a browser"),
    (
        "device.met",
        "在新的浏览器中登录",
        "Signed in with a new browser",
    ),
    (
        "duty.finding_closed",
        "登记一项整改完成",
        "Recorded that a finding was mended",
    ),
    (
        "duty.opened",
        "打开合规审计、培训或演练的报告",
        "Opened the report of an audit, a training or an exercise",
    ),
    (
        "duty.recorded",
        "登记合规审计、培训或演练",
        "Recorded an audit, a training or an exercise",
    ),
    ("enterprise.created", "创建企业", "Created an enterprise"),
    (
        "evidence.added",
        "上传数据来源的证明",
        "Added a paper that proves the source of a dataset",
    ),
    (
        "evidence.opened",
        "查看数据来源的证明",
        "Opened a paper that proves the source of a dataset",
    ),
    (
        "evidence.revoked",
        "撤回数据来源的证明",
        "Took back a paper that proves the source of a dataset",
    ),
    (
        "exception.confirmed",
        "确认例外的援引",
        "Confirmed the use of an exception",
    ),
    (
        "exception.declined",
        "拒绝确认例外的援引",
        "Declined the use of an exception",
    ),
    (
        "exception.drafted",
        "起草例外的援引",
        "Drafted the use of an exception",
    ),
    (
        "exception.ended",
        "终止例外的援引",
        "Ended the use of an exception",
    ),
    ("exception.invoked", "援引例外", "Invoked an exception"),
    (
        "exception.notice_recorded",
        "登记例外的事后告知",
        "Recorded that people were told of an exception",
    ),
    (
        "exception.paper_opened",
        "查看例外的证明文件",
        "Opened a paper of the use of an exception",
    ),
    (
        "exception.proof_added",
        "登记例外的证明",
        "Put a proof of an exception on record",
    ),
    ("factor.added", "添加第二验证方式", "Added a second factor"),
    (
        "factor.begun",
        "开始设置验证器",
        "Began to set up an authenticator",
    ),
    ("factor.labelled", "为通行密钥命名", "Named a passkey"),
    (
        "factor.removed",
        "移除第二验证方式",
        "Removed a second factor",
    ),
    (
        "help.approved",
        "批准运营人员提供技术协助",
        "Approved an operator's technical help",
    ),
    ("help.asked", "申请技术协助", "Asked for technical help"),
    ("help.ended", "结束技术协助", "Ended technical help"),
    (
        "help.look_refused",
        "以技术协助查看企业数据，被拒绝",
        "Was refused a look under technical help",
    ),
    (
        "help.looked",
        "以技术协助查看企业数据",
        "Looked under technical help",
    ),
    (
        "help.offer_withdrawn",
        "收回提供技术协助的意愿",
        "Took back an offer of technical help",
    ),
    (
        "help.offered",
        "表示可以提供技术协助",
        "Offered technical help",
    ),
    ("import.cancelled", "取消一次导入", "Cancelled an import"),
    ("import.finished", "数据导入结束", "An import of data ended"),
    ("import.started", "开始导入数据", "Began to import data"),
    (
        "instruction.recorded",
        "登记处理指示",
        "Recorded an instruction",
    ),
    (
        "instruction.revoked",
        "撤销处理指示",
        "Revoked an instruction",
    ),
    ("invitation.revoked", "撤回邀请", "Revoked an invitation"),
    (
        "letter.opened",
        "查看授权函件",
        "Opened a letter of authorisation",
    ),
    (
        "letter.recorded",
        "登记成员的授权函件",
        "Recorded a member's letter",
    ),
    (
        "measure.answered",
        "答复一项提供证明的要求",
        "Answered an ask for proof",
    ),
    (
        "measure.appealed",
        "对一项措施提出申诉",
        "Appealed against a measure",
    ),
    ("measure.confirmed", "确认一项冻结", "Confirmed a freeze"),
    ("measure.ended", "解除一项措施", "Lifted a measure"),
    ("measure.replied", "答复一项申诉", "Answered an appeal"),
    (
        "measure.taken",
        "对企业采取一项措施",
        "Took a measure against an enterprise",
    ),
    (
        "member.function_given",
        "授予成员职能",
        "Gave a member a function",
    ),
    (
        "member.function_taken",
        "收回成员职能",
        "Took a function from a member",
    ),
    ("member.left", "退出企业", "Left an enterprise"),
    ("member.removed", "移除企业成员", "Removed a member"),
    (
        "minor_report.dismissed",
        "未支持一份未成年人帐号举报",
        "Did not uphold a report of a minor's account",
    ),
    (
        "minor_report.looked_at",
        "查看一份未成年人帐号举报",
        "Looked at a report of a minor's account",
    ),
    (
        "minor_report.upheld",
        "认定一份未成年人帐号举报属实",
        "Upheld a report of a minor's account",
    ),
    ("nickname.set", "修改昵称", "Changed the nickname"),
    (
        "operator.enrolled",
        "登记为运营人员",
        "Enrolled as an operator",
    ),
    (
        "operator.standing_changed",
        "停用运营人员",
        "Suspended an operator",
    ),
    (
        "outbox.shown",
        "查看本机待发信息",
        "Looked at the messages that wait here",
    ),
    (
        "partner.drafted",
        "更新合作方登记的草稿",
        "Changed the draft of a partner's registration",
    ),
    ("partner.ended", "终止与合作方的合作", "Ended a partner"),
    (
        "partner.enforced",
        "使合作方的登记生效",
        "Put a partner's registration in force",
    ),
    (
        "partner.paper_added",
        "上传合作方的文件",
        "Added a paper of a partner",
    ),
    (
        "partner.paper_opened",
        "查看合作方的文件",
        "Opened a paper of a partner",
    ),
    ("partner.registered", "登记合作方", "Registered a partner"),
    ("partner.resumed", "恢复与合作方的合作", "Resumed a partner"),
    (
        "partner.suspended",
        "暂停与合作方的合作",
        "Suspended a partner",
    ),
    ("recovery_code.used", "使用恢复码", "Used a recovery code"),
    (
        "recovery_codes.replaced",
        "重新生成恢复码",
        "Made the recovery codes anew",
    ),
    (
        "representative.added",
        "添加企业代表",
        "Added a representative",
    ),
    (
        "scope.declared",
        "声明同意范围",
        "Declared the scope of consent",
    ),
    (
        "seat.taken",
        "选择所代表的企业",
        "Chose the enterprise to act for",
    ),
    ("session.opened", "登录", "Signed in"),
    (
        "session.others_ended",
        "结束其他登录会话",
        "Ended the other sessions",
    ),
    ("session.proven", "再次确认身份", "Showed again who you are"),
    (
        "sign_in.begun",
        "登录的第一步（等待第二验证方式）",
        "First step of a sign-in (a second factor was asked for)",
    ),
    (
        "sign_in.held",
        "此前有多次失败，陌生浏览器中的登录被拦下，要求再次证明",
        "A sign-in in a strange browser was held after failures; another proof was asked for",
    ),
    (
        "source.declared",
        "声明数据来源",
        "Declared the source of a dataset",
    ),
    (
        "source.drafted",
        "保存数据来源说明的草稿",
        "Saved a draft of the declaration of a source",
    ),
    ("token.created", "创建接口令牌", "Made a token for the API"),
    (
        "token.revoked",
        "撤销接口令牌",
        "Revoked a token for the API",
    ),
];

/// Says what an entry means to the person who did it, or to whom it was refused.
pub(crate) fn act_text(entry: &Entry, statement: &Statement) -> Text {
    let body = &entry.body;
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    match entry.kind.as_str() {
        "act.refused" => refused(field("action")),
        "choice.recorded" => {
            let on = body.get("on").and_then(Value::as_bool) == Some(true);
            let (zh, en) = if on {
                ("打开可选目的", "Turned on the optional purpose ")
            } else {
                ("关闭可选目的", "Turned off the optional purpose ")
            };
            about_purpose((zh, en), field("purpose"), statement)
        }
        "invitation.accepted" => with_role(
            field("role"),
            ("接受邀请，成为企业的", "Accepted an invitation, as "),
        ),
        "member.invited" => with_role(
            field("role"),
            ("邀请他人成为企业的", "Invited somebody, as "),
        ),
        "member.role_changed" => with_role(field("role"), ("将企业成员改为", "Made a member ")),
        "password.set" => match body.get("set").and_then(Value::as_bool) {
            Some(false) => Text::new("取消密码", "Took the password away"),
            Some(true) | None => Text::new("设置密码", "Set the password"),
        },
        "permit.recorded" | "permit.refused" => about_purpose(
            if body.get("help").is_some() {
                (
                    "您所批准的技术协助查看客户数据，目的",
                    "Technical help that you approved looked at customers' data for the purpose ",
                )
            } else {
                (
                    "使用客户数据，目的",
                    "Used customers' data for the purpose ",
                )
            },
            field("purpose"),
            statement,
        ),
        "proposal.made" => with_proposal(field("kind"), ("提议：", "Proposed to ")),
        "proposal.approved" => with_proposal(field("kind"), ("同意提议：", "Approved: to ")),
        "proposal.ended" => match field("standing") {
            "withdrawn" => Text::new("收回一项提议", "Took a proposal back"),
            _ => Text::new("否决一项提议", "Declined a proposal"),
        },
        "run.stopped" => stopped(field("stopped"), body.get("help").is_some()),
        "session.ended" => match field("why") {
            "signed_out" => Text::new("退出登录", "Signed out"),
            _ => Text::new("结束一个登录会话", "Ended a session"),
        },
        "statement.accepted" => {
            let version = field("version");
            Text::new(
                format!("接受隐私声明 {version} 版"),
                format!("Accepted version {version} of the privacy statement"),
            )
        }
        "values.opened" => opened(field("view")),
        kind => ACTS
            .iter()
            .find(|(known, _, _)| *known == kind)
            .map_or_else(
                || Text::new("其他操作", "Something else"),
                |(_, zh, en)| Text::new(*zh, *en),
            ),
    }
}

/// Says whether an entry is a refusal.
pub(crate) fn is_refusal(entry: &Entry) -> bool {
    matches!(
        entry.kind.as_str(),
        "act.refused" | "help.look_refused" | "permit.refused" | "run.stopped"
    )
}

fn refused(action: &str) -> Text {
    let name = |lang| {
        Action::from_code(action)
            .map(|action| action.name(lang))
            .or_else(|| OperatorAction::from_code(action).map(|action| action.name(lang)))
            .or_else(|| ProposalKind::from_code(action).map(|kind| kind.name(lang)))
            .unwrap_or("–")
    };
    Text::new(
        format!("尝试：{}", name(Lang::Zh)),
        format!("Tried to {}", name(Lang::En)),
    )
}

/// Says what was opened to be shown on a page.
fn opened(view: &str) -> Text {
    match view {
        "colleagues" => Text::new(
            "查看成员的名称与联系方式",
            "Looked at names and addresses of members",
        ),
        "certification" => Text::new(
            "查看本企业的认证申请",
            "Looked at the application of the enterprise",
        ),
        "consents" => Text::new(
            "查看一位客户的同意记录",
            "Looked at what one customer agreed to",
        ),
        "declaration" => Text::new(
            "查看数据来源说明的联系人或证明",
            "Looked at whom to ask about a source, or its proof",
        ),
        "consent_counts" => Text::new(
            "查看同意情况的人数",
            "Looked at how many customers agreed to what",
        ),
        "operators" => Text::new("查看运营人员名册", "Looked at the register of operators"),
        "measures" => Text::new("查看对企业的措施", "Looked at measures against enterprises"),
        "own_measures" => Text::new(
            "查看对本企业的措施",
            "Looked at the measures concerning the enterprise",
        ),
        "help" => Text::new(
            "查看企业申请技术协助的原因",
            "Looked at why an enterprise asks for technical help",
        ),
        "own_help" => Text::new(
            "查看本企业的技术协助",
            "Looked at the technical help for the enterprise",
        ),
        "duties" => Text::new(
            "查看审计、培训与演练",
            "Looked at audits, training and exercises",
        ),
        "partners" => Text::new(
            "查看合作方的联系方式与文件",
            "Looked at how partners are reached",
        ),
        "proposals" => Text::new("查看待决提议", "Looked at the proposals that wait"),
        _ => Text::new("查看本人的信息", "Looked at one's own data"),
    }
}

/// Says that a run was stopped, and by what.
fn stopped(reason: &str, helps: bool) -> Text {
    let reason = StopReason::from_code(reason);
    let what = |lang| reason.map_or("–", |reason| reason.what(lang));
    let (zh, en) = if helps {
        (
            "您所批准的技术协助的一次查看被停止",
            "A look under technical help that you approved was stopped",
        )
    } else {
        ("一次运行被停止", "A run was stopped")
    };
    Text::new(
        format!("{zh}：{}", what(Lang::Zh)),
        format!("{en}: {}", what(Lang::En)),
    )
}

fn about_purpose((zh, en): (&str, &str), purpose: &str, statement: &Statement) -> Text {
    let purpose: Option<Purpose> = purpose.parse().ok();
    let rule = purpose.and_then(|id| statement.purpose(&id));
    let name = |lang| rule.map_or("–", |rule| rule.name.get(lang));
    Text::new(
        format!("{zh}“{}”", name(Lang::Zh)),
        format!("{en}“{}”", name(Lang::En)),
    )
}

fn with_role(role: &str, (zh, en): (&str, &str)) -> Text {
    let role = Role::from_code(role);
    let name = |lang| role.map_or("–", |role| role.name(lang));
    Text::new(
        format!("{zh}{}", name(Lang::Zh)),
        format!("{en}{}", name(Lang::En)),
    )
}

fn with_proposal(kind: &str, (zh, en): (&str, &str)) -> Text {
    let kind = ProposalKind::from_code(kind);
    let name = |lang| kind.map_or("–", |kind| kind.name(lang));
    Text::new(
        format!("{zh}{}", name(Lang::Zh)),
        format!("{en}{}", name(Lang::En)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_told_in_both_languages_once() {
        let mut kinds: Vec<&str> = ACTS.iter().map(|(kind, _, _)| *kind).collect();
        assert!(kinds.is_sorted(), "{kinds:?}");
        kinds.dedup();
        assert_eq!(kinds.len(), ACTS.len());
        for (kind, zh, en) in ACTS {
            assert!(!zh.is_ascii() && en.is_ascii(), "{kind}");
        }
    }

    #[test]
    fn what_stopped_of_technical_help_is_told_as_that() {
        let (own, helped) = (stopped("help_ended", false), stopped("help_ended", true));
        assert!(own.zh.starts_with("一次运行") && own.en.starts_with("A run "));
        assert!(helped.zh.contains("技术协助的一次查看"), "{}", helped.zh);
        assert!(helped.en.starts_with("A look under technical help"));
    }

    #[test]
    fn every_action_that_can_be_refused_has_its_words() {
        let all = Action::ALL.iter().map(|action| action.code());
        let all = all.chain(OperatorAction::ALL.iter().map(|action| action.code()));
        for code in all.chain(ProposalKind::ALL.iter().map(|kind| kind.code())) {
            let text = refused(code);
            assert!(!text.zh.contains('–') && !text.en.contains('–'), "{code}");
        }
    }
}
