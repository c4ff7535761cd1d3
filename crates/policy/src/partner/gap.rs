//! What a partner's registration can lack, each with its words and what to do about it.

use yuntu_terms::{ClauseId, Text};

use crate::role::coded;

coded! {
    /// The part of a registration, as forms and the API name it.
    ///
    /// # Clause
    /// R15, R16
    PartnerPart {
        /// Its unified social credit code.
        CreditCode = "credit_code";
        /// What it is to the enterprise.
        Role = "role";
        /// How it is reached.
        Contact = "contact";
        /// The purposes.
        Purposes = "purposes";
        /// The operations.
        Operations = "operations";
        /// The classes of column.
        Classes = "classes";
        /// In which way it gets and uses the data.
        Manner = "manner";
        /// What it owes.
        Obligations = "obligations";
        /// Whether it may entrust others.
        SubProcessing = "sub_processing";
        /// The period of the agreement.
        Period = "period";
        /// The impact assessment.
        Assessment = "assessment";
        /// The ground for sending data abroad.
        CrossBorder = "cross_border";
        /// The papers.
        Papers = "papers";
    }
}

macro_rules! gaps {
    ($($variant:ident, $code:literal, $part:ident, $row:literal,
        $zh:literal / $zh_remedy:literal, $en:literal / $en_remedy:literal;)+) => {
        coded! {
            /// What a partner's registration lacks.
            ///
            /// # Clause
            /// R13, R15, R16
            PartnerGap {
                $(#[doc = concat!($en, ".")] $variant = $code;)+
            }
        }

        impl PartnerGap {
            /// Returns the part that it is about.
            #[must_use]
            pub const fn part(self) -> PartnerPart {
                match self { $(Self::$variant => PartnerPart::$part,)+ }
            }

            /// Returns the clause that asks for it.
            #[must_use]
            pub const fn clause(self) -> ClauseId {
                match self { $(Self::$variant => ClauseId::r($row),)+ }
            }

            /// Says what is missing or wrong.
            #[must_use]
            pub fn what(self) -> Text {
                match self { $(Self::$variant => Text::new($zh, $en),)+ }
            }

            /// Says what to do about it.
            #[must_use]
            pub fn remedy(self) -> Text {
                match self { $(Self::$variant => Text::new($zh_remedy, $en_remedy),)+ }
            }
        }
    };
}

gaps! {
    CreditCode, "credit_code", CreditCode, 15,
        "没有境内合作方的统一社会信用代码" / "请填写营业执照上的 18 位代码",
        "The unified social credit code of a partner in China is not given" / "Give the 18 characters of its licence";
    Role, "role", Role, 15,
        "没有说明对方是受托方还是独立的接收方" / "请选择一种；为企业处理的是受托方，自主决定目的的是独立的接收方",
        "It is not said whether it is an entrusted processor or an independent recipient" / "Choose one: who works for the enterprise is entrusted, who decides its own purposes is independent";
    Contact, "contact", Contact, 15,
        "没有说明如何联系对方" / "请填写邮箱或电话；向个人告知时须写明接收方的联系方式",
        "It is not said how it is reached" / "Give an email address or a phone number; people are told how to reach a recipient";
    Purposes, "purposes", Purposes, 15,
        "没有说明为了什么目的" / "请至少选择一项协议所写的目的",
        "No purpose is named" / "Choose at least one that the agreement names";
    Operations, "operations", Operations, 16,
        "没有说明以何种方式处理" / "请至少选择一项",
        "No operation is named" / "Choose at least one";
    OperationsFit, "operations_fit", Operations, 16,
        "所选方式与对方的身份不符" / "受托方只能处理；独立的接收方只能被共享或受让",
        "An operation does not fit what the partner is" / "An entrusted processor processes; with an independent recipient data is shared, or transferred to it";
    Classes, "classes", Classes, 15,
        "没有说明涉及哪些类别的数据" / "请至少选择一类，且只选所必需的",
        "No class of data is named" / "Choose at least one, and no more than it needs";
    Manner, "manner", Manner, 15,
        "没有说明对方如何取得和使用数据" / "请写明取得、使用和保存的方式",
        "It is not said in which way it gets and uses the data" / "Say how it gets, uses and keeps the data";
    Obligations, "obligations", Obligations, 16,
        "没有说明对方的义务" / "请写明保护措施、双方的权利义务，以及协议终止后返还或删除",
        "It is not said what the partner owes" / "Say how it protects the data, the rights and duties of both, and that it returns or deletes the data at the end";
    SubProcessing, "sub_processing", SubProcessing, 16,
        "没有说明受托方能否转委托" / "请选择一项；未经企业同意，受托方不得转委托",
        "It is not said whether the entrusted processor may entrust others" / "Choose one; without the enterprise's consent it may not";
    Period, "period", Period, 15,
        "没有说明协议的期限" / "请填写协议开始和结束的日期",
        "The period of the agreement is not given" / "Give its first and its last day";
    PeriodOrder, "period_order", Period, 15,
        "协议的结束早于开始" / "请更正两个日期",
        "The agreement ends before it begins" / "Correct the two days";
    PeriodOver, "period_over", Period, 15,
        "协议已经到期" / "请续签后填写新的期限",
        "The agreement has ended" / "Renew it and give the new period";
    PeriodLong, "period_long", Period, 15,
        "协议的期限超过三年" / "请填写三年以内的结束日期，届时复核后续期",
        "The agreement runs for more than three years" / "Give a last day within three years, and renew it when it was looked at again";
    AgreementPaper, "agreement_paper", Papers, 16,
        "没有签订的协议文件" / "请上传双方签订的协议",
        "The signed agreement is not on record" / "Add the agreement that both signed";
    Assessment, "assessment", Assessment, 15,
        "没有个人信息保护影响评估" / "委托处理或提供之前须先评估（个保法第五十五条）；请填写评估日期、结论与复核日期",
        "There is no impact assessment" / "It stands before data is entrusted or provided (PIPL 55): give when it was made, what it came to and when it is looked at again";
    AssessmentResult, "assessment_result", Assessment, 15,
        "影响评估的结论是风险不可接受" / "请落实措施并重新评估",
        "The impact assessment came to a risk that is not acceptable" / "Take measures and assess it anew";
    AssessmentMade, "assessment_made", Assessment, 15,
        "影响评估的日期在将来" / "请填写已经完成的评估的日期",
        "The impact assessment is dated in the future" / "Give the day on which it was made";
    AssessmentReview, "assessment_review", Assessment, 15,
        "影响评估已到复核日期，或复核日期在三年之后" / "请复核，并填写三年以内的下次复核日期",
        "The impact assessment is due for its review, or that lies more than three years ahead" / "Look at it again and give the next review, within three years";
    AssessmentPaper, "assessment_paper", Papers, 15,
        "没有影响评估报告的文件" / "请上传报告；报告至少保存三年",
        "The report of the impact assessment is not on record" / "Add the report; it is kept for three years at least";
    Border, "cross_border", CrossBorder, 13,
        "对方在境外，而没有出境的依据" / "请填写安全评估、认证或标准合同及其备案编号",
        "The partner is abroad, and there is no ground for sending data there" / "Give the security assessment, certification or standard contract with the number it was filed under";
    BorderFiling, "cross_border_filing", CrossBorder, 13,
        "没有出境机制的备案或批准编号" / "请填写编号",
        "The number under which the way abroad was filed or approved is not given" / "Give the number";
    BorderPeriod, "cross_border_period", CrossBorder, 13,
        "出境依据的期限不正确或已到期" / "请更正日期，或办理延期",
        "The period of the way abroad is not right, or is over" / "Correct the days, or have it extended";
    BorderPaper, "cross_border_paper", Papers, 13,
        "没有出境机制的文件" / "请上传评估决定、认证证书或已备案的标准合同",
        "The paper of the way abroad is not on record" / "Add the decision, the certificate or the standard contract that was filed";
    BorderFrom, "cross_border_from", CrossBorder, 13,
        "数据的出发地就是对方所在的地区" / "在同一地区内不需要出境依据；请去掉，或更正地区",
        "The data would leave the region in which the partner works" / "Within one region no ground is needed: leave it out, or correct the region";
}

impl PartnerGap {
    /// Says what is missing and what to do, in one sentence each.
    #[must_use]
    pub fn text(self) -> Text {
        let (what, remedy) = (self.what(), self.remedy());
        Text::new(
            format!("{}；{}。", what.zh, remedy.zh),
            format!("{}. {}.", what.en, remedy.en),
        )
    }
}
