//! What a declaration can lack, each with its words and what to do about it.

use yuntu_terms::Text;

use super::{Confirms, EvidenceKind};
use crate::role::coded;

coded! {
    /// The part of a declaration, as forms and the API name it.
    ///
    /// # Clause
    /// U3
    DeclarationPart {
        /// The kind of source.
        SourceKind = "source_kind";
        /// How it was collected.
        CollectedHow = "collected_how";
        /// When it was collected.
        Collected = "collected";
        /// The grounds.
        Bases = "bases";
        /// The notice.
        Notice = "notice";
        /// Whom to ask.
        Contact = "contact";
        /// The period it speaks for.
        Period = "period";
        /// The papers.
        Evidence = "evidence";
        /// What is confirmed.
        Confirms = "confirms";
    }
}

impl DeclarationPart {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::SourceKind => Text::new("来源类型", "kind of source"),
            Self::CollectedHow => Text::new("收集方式", "how it was collected"),
            Self::Collected => Text::new("收集期间", "when it was collected"),
            Self::Bases => Text::new("合法性基础", "lawful grounds"),
            Self::Notice => Text::new("向个人的告知", "notice to people"),
            Self::Contact => Text::new("联系人", "whom to ask"),
            Self::Period => Text::new("说明的有效期", "period it speaks for"),
            Self::Evidence => Text::new("证明文件", "papers"),
            Self::Confirms => Text::new("确认事项", "what is confirmed"),
        }
    }
}

macro_rules! gaps {
    ($($variant:ident, $code:literal, $part:ident,
        $zh:literal / $zh_remedy:literal, $en:literal / $en_remedy:literal;)+) => {
        coded! {
            /// What a declaration lacks.
            ///
            /// # Clause
            /// U3
            DeclarationGap {
                $(#[doc = concat!($en, ".")] $variant = $code;)+
            }
        }

        impl DeclarationGap {
            /// Returns the part that it is about.
            #[must_use]
            pub const fn part(self) -> DeclarationPart {
                match self { $(Self::$variant => DeclarationPart::$part,)+ }
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
    SourceKind, "source_kind", SourceKind,
        "没有说明数据从何而来" / "请选择一种来源类型",
        "It is not said where the data comes from" / "Choose a kind of source";
    CollectedHow, "collected_how", CollectedHow,
        "没有说明如何收集" / "请写明在何处、由谁、以何种方式收集",
        "It is not said how the data was collected" / "Say where, by whom and in which way it was collected";
    Collected, "collected", Collected,
        "没有说明何时收集" / "请填写收集开始的日期；已停止收集的，再填写结束的日期",
        "It is not said when the data was collected" / "Give the day on which collecting began, and the last one if it has ended";
    CollectedOrder, "collected_order", Collected,
        "收集的结束早于开始" / "请更正两个日期",
        "Collecting ends before it begins" / "Correct the two days";
    CollectedAhead, "collected_ahead", Collected,
        "收集的开始晚于现在" / "请填写已经开始收集的日期",
        "Collecting begins later than now" / "Give a day on which it had begun";
    Bases, "bases", Bases,
        "没有说明合法性基础" / "请至少选择一项；以同意为基础的，请选择个人同意",
        "No lawful ground is named" / "Choose at least one; choose consent where people consented";
    Contact, "contact", Contact,
        "没有说明向谁询问" / "请填写负责此数据的联系人的邮箱或电话",
        "Nobody is named whom to ask" / "Give the email address or phone number of who answers for the data";
    Period, "period", Period,
        "没有说明本说明的有效期" / "请填写开始与结束的日期",
        "It is not said for which period this declaration speaks" / "Give its first and its last day";
    PeriodOrder, "period_order", Period,
        "有效期的结束早于开始" / "请更正两个日期",
        "The period ends before it begins" / "Correct the two days";
    PeriodOver, "period_over", Period,
        "有效期已经结束" / "请填写尚未到来的结束日期",
        "The period is over already" / "Give a last day that is still to come";
    PeriodLong, "period_long", Period,
        "有效期超过三年" / "请填写三年以内的结束日期，届时重新确认",
        "The period is longer than three years" / "Give a last day within three years; it is confirmed anew then";
    Notice, "notice", Notice,
        "没有说明向个人告知了什么" / "请填写告知的文本，或上传告知文本作为证明",
        "It is not said what people were told" / "Write down the notice, or add it as a paper";
    Evidence, "evidence", Evidence,
        "没有证明文件" / "请上传至少一份证明文件",
        "There is no paper that proves it" / "Add at least one paper";
    Agreement, "agreement", Evidence,
        "由合作方提供的数据没有合作协议" / "请上传与合作方的协议",
        "Data from a partner has no agreement" / "Add the agreement with the partner";
    Contract, "contract", Evidence,
        "购买的数据没有采购合同" / "请上传采购合同",
        "Bought data has no contract" / "Add the contract of the purchase";
    Publication, "publication", Evidence,
        "公开来源的数据没有公开来源的证明" / "请上传证明，例如发布页面的截图",
        "Data from a public source has no proof of it" / "Add the proof, such as a picture of the page";
    SourceLawful, "source_lawful", Confirms,
        "没有确认来源合法" / "请核对后勾选",
        "It is not confirmed that the source is lawful" / "Check it and tick the box";
    ConsentCovers, "consent_covers", Confirms,
        "没有确认同意或其他基础涵盖所声明的处理" / "请核对后勾选",
        "It is not confirmed that consent or another ground covers it" / "Check it and tick the box";
    MayBind, "may_bind", Confirms,
        "没有确认有权代表企业" / "请核对后勾选",
        "It is not confirmed that you may bind the enterprise" / "Check it and tick the box";
}

impl DeclarationGap {
    /// Says what is missing and what to do, in one sentence each.
    #[must_use]
    pub fn text(self) -> Text {
        let (what, remedy) = (self.what(), self.remedy());
        Text::new(
            format!("{}；{}。", what.zh, remedy.zh),
            format!("{}. {}.", what.en, remedy.en),
        )
    }

    pub(super) const fn of_missing(kind: EvidenceKind) -> Self {
        match kind {
            EvidenceKind::Agreement => Self::Agreement,
            EvidenceKind::Contract => Self::Contract,
            EvidenceKind::Publication => Self::Publication,
            EvidenceKind::Notice => Self::Notice,
            EvidenceKind::ConsentForm | EvidenceKind::Other => Self::Evidence,
        }
    }

    pub(super) const fn of_unconfirmed(it: Confirms) -> Self {
        match it {
            Confirms::SourceLawful => Self::SourceLawful,
            Confirms::ConsentCovers => Self::ConsentCovers,
            Confirms::MayBind => Self::MayBind,
        }
    }
}
