use std::str::FromStr;

use yuntu_terms::{Lang, Operation};

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the stable code used in files, APIs and the database.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// Finds the value with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}
pub(crate) use coded;

coded! {
    /// What a representative is in the enterprise.
    ///
    /// # Clause
    /// R3, R23
    Role {
        /// Binds the enterprise.
        Owner = "owner";
        /// Runs the account.
        Admin = "admin";
        /// Works on data.
        Analyst = "analyst";
        /// Reads reports.
        Viewer = "viewer";
        /// Answers to the people in the data.
        PrivacyContact = "privacy_contact";
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: expected owner, admin, analyst, viewer or privacy_contact")]
pub struct UnknownRole(());

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::from_code(text).ok_or(UnknownRole(()))
    }
}

impl Role {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Owner => lang.pick("所有者", "owner"),
            Self::Admin => lang.pick("管理员", "admin"),
            Self::Analyst => lang.pick("分析师", "analyst"),
            Self::Viewer => lang.pick("查看者", "viewer"),
            Self::PrivacyContact => lang.pick("隐私联系人", "privacy contact"),
        }
    }
}

coded! {
    /// What a representative wants to do inside the enterprise.
    ///
    /// # Clause
    /// R3, R23
    Action {
        /// Compute on a dataset.
        Process = "process";
        /// Provide data to a partner.
        Share = "share";
        /// Pass data to another controller for good.
        Transfer = "transfer";
        /// Make data public.
        Publicise = "publicise";
        /// Bring data in.
        ImportData = "import_data";
        /// Declare source and lawfulness (U3).
        DeclareSource = "declare_source";
        /// Write consent records (U4).
        RecordConsent = "record_consent";
        /// Serve the rights of a person in the data (R26).
        ServeRights = "serve_rights";
        /// Instruct the platform (U2).
        Instruct = "instruct";
        /// Accept the statement for the enterprise (U1).
        AcceptStatement = "accept_statement";
        /// Fill in, submit and follow the certification (U1, R3).
        ApplyForCertification = "apply_for_certification";
        /// Invite and remove representatives.
        ManageMembers = "manage_members";
        /// Give and take the functions that may invoke exceptions (R7, R21).
        SetFunction = "set_function";
        /// Draft, prove and invoke a lawful exception to consent (R7, R21).
        InvokeException = "invoke_exception";
        /// Confirm, decline or end what another one invoked (R7, R21).
        ConfirmException = "confirm_exception";
        /// Keep the register of partners (R15).
        ManagePartners = "manage_partners";
        /// Answer a measure: give the proof that was asked for, or appeal (U5).
        AnswerMeasure = "answer_measure";
        /// Ask for technical help, see what was looked at, and end it (U2).
        AskHelp = "ask_help";
        /// Let a named operator look, for a time (U2).
        ApproveHelp = "approve_help";
        /// Read results.
        ViewReport = "view_report";
        /// Read the enterprise's ledger.
        ViewLedger = "view_ledger";
    }
}

impl Action {
    /// What a token may be good for; what binds the enterprise or changes who acts for it is for a person in the console.
    ///
    /// # Clause
    /// R23
    pub const OF_TOKENS: &'static [Self] = &[
        Self::Process,
        Self::Share,
        Self::Transfer,
        Self::Publicise,
        Self::ImportData,
        Self::DeclareSource,
        Self::RecordConsent,
        Self::ServeRights,
        Self::Instruct,
        Self::InvokeException,
        Self::ConfirmException,
        Self::ManagePartners,
        Self::AnswerMeasure,
        Self::AskHelp,
        Self::ApproveHelp,
        Self::ViewReport,
        Self::ViewLedger,
    ];

    /// Returns what it is to do it, in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Process => lang.pick("处理数据", "process data"),
            Self::Share => lang.pick("共享数据", "share data"),
            Self::Transfer => lang.pick("转让数据", "transfer data"),
            Self::Publicise => lang.pick("公开数据", "make data public"),
            Self::ImportData => lang.pick("导入数据", "import data"),
            Self::DeclareSource => lang.pick("声明数据来源", "declare the source of data"),
            Self::RecordConsent => lang.pick("登记同意", "record consent"),
            Self::ServeRights => lang.pick("响应个人权利请求", "serve the rights of people"),
            Self::Instruct => lang.pick("下达处理指示", "instruct the platform"),
            Self::AcceptStatement => lang.pick(
                "代表企业接受声明",
                "accept the statement for the enterprise",
            ),
            Self::ApplyForCertification => lang.pick(
                "办理企业认证",
                "apply for the certification of the enterprise",
            ),
            Self::ManageMembers => lang.pick("管理成员", "manage members"),
            Self::SetFunction => lang.pick(
                "授予或收回援引例外的职能",
                "give and take the functions that invoke exceptions",
            ),
            Self::InvokeException => lang.pick("援引例外", "invoke a lawful exception"),
            Self::ConfirmException => lang.pick(
                "确认或终止例外的援引",
                "confirm or end the use of an exception",
            ),
            Self::ManagePartners => lang.pick("管理合作方", "manage partners"),
            Self::AnswerMeasure => lang.pick("答复措施或申诉", "answer a measure, or appeal"),
            Self::AskHelp => lang.pick(
                "申请技术协助、查看其记录或结束协助",
                "ask for technical help, see its log, or end it",
            ),
            Self::ApproveHelp => lang.pick("批准技术协助", "approve technical help"),
            Self::ViewReport => lang.pick("查看结果", "read results"),
            Self::ViewLedger => lang.pick("查看账本", "read the ledger"),
        }
    }

    /// Returns the action that an operation on data is.
    #[must_use]
    pub const fn of(operation: Operation) -> Self {
        match operation {
            Operation::Process => Self::Process,
            Operation::Share => Self::Share,
            Operation::Transfer => Self::Transfer,
            Operation::Publicise => Self::Publicise,
        }
    }

    /// Returns what the action is done to.
    #[must_use]
    pub const fn resource(self) -> Resource {
        match self {
            Self::Process
            | Self::Share
            | Self::Transfer
            | Self::Publicise
            | Self::ImportData
            | Self::DeclareSource
            | Self::RecordConsent
            | Self::ServeRights => Resource::Dataset,
            Self::Instruct
            | Self::AcceptStatement
            | Self::ApplyForCertification
            | Self::ManageMembers
            | Self::SetFunction
            | Self::InvokeException
            | Self::ConfirmException
            | Self::AnswerMeasure
            | Self::AskHelp
            | Self::ApproveHelp => Resource::Account,
            Self::ManagePartners => Resource::Partner,
            Self::ViewReport => Resource::Report,
            Self::ViewLedger => Resource::Ledger,
        }
    }
}

coded! {
    /// What an action is done to; each belongs to one enterprise.
    Resource {
        /// The enterprise's account.
        Account = "Account";
        /// A dataset.
        Dataset = "Dataset";
        /// The ledger.
        Ledger = "Ledger";
        /// A partner.
        Partner = "Partner";
        /// A report.
        Report = "Report";
    }
}
