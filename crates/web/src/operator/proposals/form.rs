//! The forms in which something is proposed: what is asked and how it is read.

use yuntu_app::policy::{OperatorRole, ProposalKind};
use yuntu_app::proposals::Proposed;
use yuntu_terms::{EmailAddress, IdentifierError, Lang, Text};

use super::{PATH, View};
use crate::forms::Fields;
use crate::report::{Block, FormView, InputView, Section, section};
use crate::view::Wrong;

/// Reads what is proposed.
pub(super) fn proposed(kind: ProposalKind, fields: &Fields) -> Result<Proposed, Text> {
    let object = fields.one("object").trim();
    let no_role = |_unknown| Text::new("请选择角色", "Please choose a role.");
    let role = || fields.one("role").parse::<OperatorRole>().map_err(no_role);
    let no_id = |_form| {
        Text::new(
            "编号有误：应为对象页面上显示的完整编号",
            "This is no such id; give it whole, as the page of the thing shows it.",
        )
    };
    match kind {
        ProposalKind::CloseEnterprise => {
            object.parse().map(Proposed::CloseEnterprise).map_err(no_id)
        }
        ProposalKind::ReclaimEnterprise => object
            .parse()
            .map(Proposed::ReclaimEnterprise)
            .map_err(no_id),
        ProposalKind::UnmaskBankAccount => object
            .parse()
            .map(Proposed::UnmaskBankAccount)
            .map_err(no_id),
        ProposalKind::EnforceAssessment => object
            .parse()
            .map(Proposed::EnforceAssessment)
            .map_err(no_id),
        ProposalKind::AddOperator => Ok(Proposed::AddOperator {
            address: EmailAddress::parse(object).map_err(IdentifierError::text)?,
            role: role()?,
        }),
        ProposalKind::ChangeOperatorRole => Ok(Proposed::ChangeOperatorRole {
            operator: object.parse().map_err(no_id)?,
            role: role()?,
        }),
        ProposalKind::RestoreOperator => {
            object.parse().map(Proposed::RestoreOperator).map_err(no_id)
        }
    }
}

impl View {
    pub(super) fn propose_form(
        &self,
        kind: ProposalKind,
        wrong: Option<(Wrong, &Fields)>,
    ) -> Section {
        let lang = self.lang;
        let (anchor, label) = (anchor_of(kind), object_label(kind, lang));
        let typed = |name: &str| wrong.as_ref().map_or("", |(_, typed)| typed.one(name));
        let mut inputs = vec![
            InputView::line("object", label)
                .with(typed("object"))
                .needed(),
        ];
        if matches!(
            kind,
            ProposalKind::AddOperator | ProposalKind::ChangeOperatorRole
        ) {
            let chosen = typed("role");
            let roles = OperatorRole::ALL.iter().map(|role| {
                let name = role.name(lang).to_owned();
                (role.code().to_owned(), name, role.code() == chosen)
            });
            let label = lang.pick("角色", "Role");
            inputs.push(InputView::one("role", label, roles.collect()));
        }
        let reason = InputView::line("reason", lang.pick("理由", "Why"))
            .with(typed("reason"))
            .because(lang.pick(
                "必填。供第二人判断并供审计；加密保存，账本中不出现。关闭企业或收回帐户时，理由会告知该企业。",
                "Necessary. For the second person to judge and for those who audit; kept encrypted, and not in the ledger. An enterprise that is closed or whose account is taken back is told it.",
            ))
            .needed();
        inputs.push(reason);
        let form = FormView {
            hidden: vec![("kind", kind.code().to_owned())],
            inputs,
            acts: vec![("propose", lang.pick("提出", "Propose").to_owned(), false)],
            ..self.form(anchor, PATH)
        };
        let form = match wrong {
            Some((wrong, _)) => wrong.into_form(form, lang),
            None => form,
        };
        let heading = lang.pick(
            format!("提出：{}", kind.name(lang)),
            format!("Propose to {}", kind.name(lang)),
        );
        section(anchor, &heading, vec![Block::Form(Box::new(form))])
    }
}

pub(super) const fn anchor_of(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::CloseEnterprise => "close",
        ProposalKind::ReclaimEnterprise => "reclaim",
        ProposalKind::UnmaskBankAccount => "unmask",
        ProposalKind::EnforceAssessment => "enforce",
        ProposalKind::AddOperator => "add",
        ProposalKind::ChangeOperatorRole => "change",
        ProposalKind::RestoreOperator => "restore",
    }
}

fn object_label(kind: ProposalKind, lang: Lang) -> &'static str {
    match kind {
        ProposalKind::CloseEnterprise | ProposalKind::ReclaimEnterprise => {
            lang.pick("企业编号", "Id of the enterprise")
        }
        ProposalKind::UnmaskBankAccount => lang.pick("认证申请编号", "Id of the application"),
        ProposalKind::EnforceAssessment => lang.pick("影响评估编号", "Id of the impact assessment"),
        ProposalKind::AddOperator => lang.pick("其邮箱", "Her mail address"),
        ProposalKind::ChangeOperatorRole | ProposalKind::RestoreOperator => {
            lang.pick("运营人员编号", "Id of the operator")
        }
    }
}
