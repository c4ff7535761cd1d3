//! Measures of the platform against an enterprise or one of its datasets (U5).

use serde::{Deserialize, Serialize};
use yuntu_terms::{Lang, MeasureId, Timestamp, clause};

use crate::role::coded;
use crate::{Action, StopReason};

coded! {
    /// What is done.
    ///
    /// # Clause
    /// U5
    MeasureKind {
        /// Ask for proof until a day; it stops nothing by itself.
        AskProof = "ask_proof";
        /// Limit what the enterprise may do.
        LimitFeatures = "limit_features";
        /// Freeze one dataset.
        FreezeDataset = "freeze_dataset";
        /// Freeze the enterprise.
        FreezeEnterprise = "freeze_enterprise";
        /// Close the enterprise.
        CloseEnterprise = "close_enterprise";
        /// Take the account back.
        Reclaim = "reclaim";
    }
}

coded! {
    /// On which ground a measure stands; what the notice says of it.
    ///
    /// # Clause
    /// U5
    MeasureGround {
        /// The lawfulness of a source is in doubt.
        Source = "source";
        /// The consent of the people is in doubt.
        Consent = "consent";
        /// Proof that was asked for was not given.
        NoProof = "no_proof";
        /// Somebody complained.
        Complaint = "complaint";
        /// The agreement or the statement was broken.
        Breach = "breach";
        /// The security of data is at risk.
        Security = "security";
        /// An authority ordered it.
        Authority = "authority";
    }
}

coded! {
    /// How a measure ended.
    ///
    /// # Clause
    /// U5
    MeasureEnd {
        /// An operator lifted it.
        Lifted = "lifted";
        /// No second operator confirmed it in time.
        Lapsed = "lapsed";
        /// The proof that was asked for was given and accepted.
        Satisfied = "satisfied";
        /// The day passed without an answer, and what was announced happened.
        Followed = "followed";
    }
}

impl MeasureKind {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::AskProof => lang.pick("要求提供证明", "proof is asked for"),
            Self::LimitFeatures => lang.pick("限制功能", "features are limited"),
            Self::FreezeDataset => lang.pick("冻结数据集", "the dataset is frozen"),
            Self::FreezeEnterprise => lang.pick("冻结企业", "the enterprise is frozen"),
            Self::CloseEnterprise => lang.pick("关闭企业", "the enterprise is closed"),
            Self::Reclaim => lang.pick("收回帐户", "the account is taken back"),
        }
    }

    /// Says whether a second operator has to confirm it within a day.
    #[must_use]
    pub const fn needs_second(self) -> bool {
        matches!(self, Self::FreezeDataset | Self::FreezeEnterprise)
    }

    /// Says whether one operator may take it by herself; what ends an enterprise is proposed and decided by two.
    #[must_use]
    pub const fn is_taken_by_one(self) -> bool {
        !matches!(self, Self::CloseEnterprise | Self::Reclaim)
    }
}

impl MeasureGround {
    /// Says in one language why, as the notice does.
    #[must_use]
    pub fn why(self, lang: Lang) -> &'static str {
        match self {
            Self::Source => lang.pick(
                "数据来源的合法性存疑",
                "the lawfulness of the source is in doubt",
            ),
            Self::Consent => lang.pick(
                "个人同意的真实性或范围存疑",
                "the consent of the people, or its scope, is in doubt",
            ),
            Self::NoProof => lang.pick(
                "要求提供的证明逾期未提供",
                "the proof that was asked for was not given in time",
            ),
            Self::Complaint => lang.pick("收到投诉或举报", "somebody complained"),
            Self::Breach => lang.pick(
                "违反协议或声明",
                "the agreement or the statement was broken",
            ),
            Self::Security => lang.pick("数据安全存在风险", "the security of data is at risk"),
            Self::Authority => lang.pick("主管机关要求", "an authority ordered it"),
        }
    }
}

impl MeasureEnd {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Lifted => lang.pick("已解除", "lifted"),
            Self::Lapsed => lang.pick(
                "未经第二人确认，已自动失效",
                "ended by itself: no second person confirmed it",
            ),
            Self::Satisfied => lang.pick("证明已获认可", "the proof was accepted"),
            Self::Followed => lang.pick(
                "逾期未答复，已采取预告的措施",
                "the day passed without an answer, and what was announced happened",
            ),
        }
    }
}

/// A measure in force.
///
/// # Clause
/// U5
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureFacts {
    /// The measure.
    pub id: MeasureId,
    /// What it is.
    pub kind: MeasureKind,
    /// Since when.
    pub since: Timestamp,
    /// Until when, where it ends by itself unless a second person confirms it.
    pub until: Option<Timestamp>,
    /// Why.
    pub ground: MeasureGround,
    /// What it limits, where it limits features.
    pub actions: Vec<Action>,
}

impl MeasureFacts {
    /// Says whether an act is stopped at this moment. Who serves people, shows proof or reads what was is never stopped by
    /// a freeze.
    #[must_use]
    pub fn stops(&self, action: Action, now: Timestamp) -> bool {
        clause::hit!(U5);
        if self.until.is_some_and(|until| until <= now) {
            return false;
        }
        match self.kind {
            MeasureKind::AskProof => false,
            MeasureKind::LimitFeatures => self.actions.contains(&action),
            MeasureKind::FreezeDataset | MeasureKind::FreezeEnterprise => is_work(action),
            MeasureKind::CloseEnterprise | MeasureKind::Reclaim => {
                action != Action::AnswerMeasure && action != Action::ViewLedger
            }
        }
    }

    /// Says by what it stops work that is under way.
    #[must_use]
    pub const fn stop(&self) -> StopReason {
        match self.kind {
            MeasureKind::AskProof | MeasureKind::LimitFeatures => StopReason::FeatureLimited,
            MeasureKind::FreezeDataset => StopReason::DatasetFrozen,
            MeasureKind::FreezeEnterprise => StopReason::EnterpriseFrozen,
            MeasureKind::CloseEnterprise | MeasureKind::Reclaim => StopReason::EnterpriseClosed,
        }
    }

    /// Says in one language what is in force, since when and why.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let (name, why, since) = (
            self.kind.name(lang),
            self.ground.why(lang),
            self.since.day_in_china(),
        );
        match lang {
            Lang::Zh => format!("{name}（自 {since} 起，{why}）"),
            Lang::En => format!("{name} since {since}, because {why}"),
        }
    }

    /// Says in one language where to answer and to appeal.
    #[must_use]
    pub fn remedy(&self, lang: Lang) -> String {
        let id = self.id;
        match lang {
            Lang::Zh => format!(
                "请在控制台的“措施”页（/console/measures，编号 {id}）查看理由、补充证明或申诉"
            ),
            Lang::En => format!(
                "Read why, give proof or appeal on the page of measures in the console (/console/measures, {id})"
            ),
        }
    }
}

/// Says whether an act is work that a freeze stops.
const fn is_work(action: Action) -> bool {
    match action {
        Action::Process
        | Action::Share
        | Action::Transfer
        | Action::Publicise
        | Action::ImportData
        | Action::Instruct
        | Action::ApproveHelp
        | Action::InvokeException
        | Action::ManagePartners => true,
        Action::DeclareSource
        | Action::RecordConsent
        | Action::ServeRights
        | Action::AcceptStatement
        | Action::ApplyForCertification
        | Action::ManageMembers
        | Action::SetFunction
        | Action::ConfirmException
        | Action::AnswerMeasure
        // By it help is ended, too.
        | Action::AskHelp
        | Action::ViewReport
        | Action::ViewLedger => false,
    }
}

/// The features that a measure may limit: work, and nothing by which people are served.
#[must_use]
pub fn limitable() -> Vec<Action> {
    let all = Action::ALL.iter().copied();
    all.filter(|action| is_work(*action)).collect()
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Id, SeededEntropy};

    use super::*;

    #[test]
    fn people_are_served_and_appeals_heard_whatever_is_in_force() {
        let _mark = clause::check!(U5);
        for &kind in MeasureKind::ALL {
            let facts = MeasureFacts {
                id: Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(1)).unwrap(),
                kind,
                since: Timestamp::from_micros(0),
                until: Some(Timestamp::from_micros(9)),
                ground: MeasureGround::Source,
                actions: limitable(),
            };
            let now = Timestamp::from_micros(8);
            assert!(!facts.stops(Action::AnswerMeasure, now), "{kind}");
            let ends = matches!(kind, MeasureKind::CloseEnterprise | MeasureKind::Reclaim);
            assert_eq!(facts.stops(Action::ServeRights, now), ends, "{kind}");
            let stops = kind != MeasureKind::AskProof;
            assert_eq!(facts.stops(Action::Process, now), stops, "{kind}");
            let over = Timestamp::from_micros(9);
            assert!(!facts.stops(Action::Process, over), "nobody confirmed it");
            for lang in Lang::ALL {
                assert!(facts.text(lang).contains("1970-01-01"), "{kind}");
                assert!(facts.remedy(lang).contains("/console/measures"));
            }
        }
    }
}
