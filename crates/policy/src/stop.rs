use yuntu_terms::{ClauseId, Lang, Text};

use crate::role::coded;

coded! {
    /// Why work that was under way was stopped: what it stood on no longer stands.
    ///
    /// # Clause
    /// U2, U4, U5, R3
    StopReason {
        /// The instruction was revoked.
        InstructionRevoked = "instruction_revoked";
        /// A dataset was frozen or ended.
        DatasetFrozen = "dataset_frozen";
        /// The enterprise was frozen.
        EnterpriseFrozen = "enterprise_frozen";
        /// The enterprise was closed.
        EnterpriseClosed = "enterprise_closed";
        /// A feature was limited by a measure.
        FeatureLimited = "feature_limited";
        /// A person whose data was read withdrew, or her data may not be processed any more.
        ConsentWithdrawn = "consent_withdrawn";
        /// Whoever asked no longer acts for the enterprise.
        MemberRemoved = "member_removed";
        /// The token by which a program asked was revoked or ended.
        TokenEnded = "token_ended";
        /// The lawful exception on which it stood was ended.
        ExceptionEnded = "exception_ended";
        /// The partner who was to receive may receive no more.
        PartnerEnded = "partner_ended";
        /// Technical help was ended.
        HelpEnded = "help_ended";
    }
}

impl StopReason {
    /// Returns the clause under which it was stopped.
    #[must_use]
    pub const fn clause(self) -> ClauseId {
        match self {
            Self::InstructionRevoked | Self::HelpEnded => ClauseId::u(2),
            Self::ConsentWithdrawn => ClauseId::u(4),
            Self::DatasetFrozen
            | Self::EnterpriseFrozen
            | Self::EnterpriseClosed
            | Self::FeatureLimited => ClauseId::u(5),
            Self::MemberRemoved => ClauseId::r(3),
            Self::TokenEnded => ClauseId::r(23),
            Self::ExceptionEnded => ClauseId::r(7),
            Self::PartnerEnded => ClauseId::r(15),
        }
    }

    /// Says in one language by what it was stopped.
    #[must_use]
    pub fn what(self, lang: Lang) -> &'static str {
        match self {
            Self::InstructionRevoked => {
                lang.pick("所依据的指示已撤回", "its instruction was revoked")
            }
            Self::DatasetFrozen => lang.pick(
                "所用的数据集已被冻结或终止",
                "a dataset it reads was frozen or ended",
            ),
            Self::EnterpriseFrozen => lang.pick("企业已被冻结", "the enterprise was frozen"),
            Self::EnterpriseClosed => lang.pick("企业已被关闭", "the enterprise was closed"),
            Self::FeatureLimited => lang.pick(
                "该功能已被一项措施限制",
                "a measure limited the feature it uses",
            ),
            Self::ConsentWithdrawn => lang.pick(
                "数据所涉及的人撤回了同意，或其数据不得再处理",
                "a person whose data it reads withdrew consent, or her data may not be processed any more",
            ),
            Self::MemberRemoved => lang.pick(
                "发起人不再代表该企业",
                "whoever asked for it no longer acts for the enterprise",
            ),
            Self::TokenEnded => lang.pick(
                "发起时所用的令牌已撤销或到期",
                "the token by which it was asked was revoked or has ended",
            ),
            Self::ExceptionEnded => lang.pick(
                "所依据的例外援引已终止",
                "the use of the lawful exception on which it stood was ended",
            ),
            Self::PartnerEnded => lang.pick(
                "接收方的合作已暂停、终止或到期",
                "the partner who was to receive it was suspended, or its agreement ended",
            ),
            Self::HelpEnded => lang.pick("技术协助已结束", "the technical help was ended"),
        }
    }

    /// Says in one language what can be done.
    #[must_use]
    pub fn remedy(self, lang: Lang) -> &'static str {
        match self {
            Self::InstructionRevoked => lang.pick(
                "请登记新的指示后重新发起",
                "Record a new instruction and ask again",
            ),
            Self::DatasetFrozen
            | Self::EnterpriseFrozen
            | Self::EnterpriseClosed
            | Self::FeatureLimited => lang.pick(
                "数据没有丢失；请查看措施的理由，按要求补充证明或申诉，解除后再发起",
                "Nothing is lost; read why in the measure, give the proof or appeal, and ask again once it is lifted",
            ),
            Self::ConsentWithdrawn => lang.pick(
                "请重新发起：新的运行不再包括此人",
                "Ask again: a new run leaves that person out",
            ),
            Self::MemberRemoved => lang.pick(
                "请由仍代表该企业的人重新发起",
                "Let somebody ask again who still acts for the enterprise",
            ),
            Self::TokenEnded => lang.pick(
                "请在控制台另建令牌后重新发起",
                "Make another token in the console and ask again",
            ),
            Self::ExceptionEnded => lang.pick(
                "请取得同意后重新发起，或另行援引并取得确认",
                "Ask again on the ground of consent, or invoke an exception anew and have it confirmed",
            ),
            Self::PartnerEnded => lang.pick(
                "请恢复合作或续签并登记协议后重新发起",
                "Resume the partner, or renew and register its agreement, and ask again",
            ),
            Self::HelpEnded => lang.pick(
                "仍需协助时，请由企业另开申请",
                "Where help is still needed, the enterprise opens another request",
            ),
        }
    }

    /// Says in both languages that work was stopped, and by what.
    #[must_use]
    pub fn text(self) -> Text {
        Text::new(
            format!("已停止：{}。没有给出任何结果", self.what(Lang::Zh)),
            format!(
                "it was stopped: {}. Nothing of its result was given out",
                self.what(Lang::En)
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_by_what_and_what_can_be_done() {
        for reason in StopReason::ALL {
            for said in [StopReason::what, StopReason::remedy] {
                let (zh, en) = (said(*reason, Lang::Zh), said(*reason, Lang::En));
                assert!(!zh.is_ascii() && en.is_ascii(), "{reason}");
            }
        }
    }
}
