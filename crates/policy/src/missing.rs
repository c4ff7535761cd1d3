use std::fmt;

use yuntu_terms::{ClauseId, Lang};

use crate::Reason;

macro_rules! missing_facts {
    ($($variant:ident, $code:literal, $part:ident $row:literal, $zh:literal / $zh_remedy:literal, $en:literal / $en_remedy:literal;)+) => {
        /// The fact for want of which a request is refused.
        ///
        /// # Clause
        /// U2, U3, U4, U5
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MissingFact {
            $(#[doc = concat!("Code `", $code, "`: ", $en, ".")] $variant,)+
        }

        impl MissingFact {
            /// Every fact, in the order in which they are checked.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the stable code used in files and APIs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Returns the clause that asks for the fact.
            #[must_use]
            pub const fn clause(self) -> ClauseId {
                match self { $(Self::$variant => ClauseId::$part($row),)+ }
            }

            /// Says in one language what is missing.
            #[must_use]
            pub const fn what(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$variant, Lang::Zh) => $zh, (Self::$variant, Lang::En) => $en,)+
                }
            }

            /// Says in one language what would change the answer.
            #[must_use]
            pub const fn remedy(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$variant, Lang::Zh) => $zh_remedy, (Self::$variant, Lang::En) => $en_remedy,)+
                }
            }
        }
    };
}

missing_facts! {
    Enterprise, "enterprise", r 3,
        "您不代表该企业，或该企业不存在" / "请以该企业的用户代表身份登录，或请其所有者邀请您",
        "there is no such enterprise for which you act" / "Sign in as a representative of the enterprise, or ask its owner to invite you";
    ActorStanding, "actor_standing", r 3,
        "您在该企业的代表资格未处于有效状态" / "请企业的所有者或管理员恢复您的资格",
        "your membership of the enterprise is not active" / "Ask the owner or an admin of the enterprise to restore it";
    Letter, "letter", r 3,
        "没有在有效期内的授权书" / "请上传有效的授权书并等待审核",
        "there is no letter of authorisation in force" / "Upload a valid letter of authorisation and wait for its review";
    Role, "role", r 23,
        "您的角色无权进行此操作" / "请由有此权限的角色操作，或请所有者变更您的角色",
        "your role may not do this" / "Ask somebody whose role may, or ask the owner to change yours";
    TokenScope, "token_scope", r 23,
        "所用令牌的权限不含此操作" / "请生成包含此权限的令牌，或登录控制台操作",
        "the token that is used is not good for this" / "Make a token that is, or do it in the console";
    OperatorRole, "operator_role", r 23,
        "您的运营角色无权进行此操作" / "请由有此权限的运营人员办理；变更角色由管理员提出、另一人核准",
        "your role as operator may not do this" / "Let an operator do it whose role may; a change of role is proposed by an administrator and approved by a second operator";
    EnterpriseStanding, "enterprise_standing", u 5,
        "企业账户未处于有效状态" / "请查看通知中的处置理由并申诉，或按要求补充证明",
        "the account of the enterprise is not active" / "Read the reason in the notice and appeal, or give the proof it asks for";
    Measure, "measure", u 5,
        "不知有无对其采取的措施" / "请稍后再试",
        "it is not known whether a measure stands against it" / "Try again later";
    Certification, "certification", r 3,
        "企业没有在有效期内的认证" / "请完成或更新企业认证",
        "the enterprise has no certification in force" / "Complete or renew the certification of the enterprise";
    Statement, "statement", r 30,
        "不知适用声明的哪一版本" / "请待声明版本生效后再试",
        "it is not known which version of the statement is in force" / "Try again when a version of the statement is in force";
    Acceptance, "acceptance", u 1,
        "企业尚未接受所适用的声明版本" / "请所有者阅读并接受该版本",
        "the enterprise has not accepted the version of the statement that applies" / "Ask the owner to read and accept that version";
    Instruction, "instruction", u 2,
        "没有该指示的记录" / "请由被授权的用户代表先记录指示",
        "there is no record of this instruction" / "Let an authorised representative record an instruction first";
    InstructionStanding, "instruction_standing", u 2,
        "该指示已撤回或未生效" / "请记录新的指示",
        "the instruction is revoked or not active" / "Record a new instruction";
    InstructionPeriod, "instruction_period", u 2,
        "现在不在该指示的期限内" / "请记录期限涵盖现在的指示",
        "the instruction is not in its period" / "Record an instruction whose period includes now";
    InstructionRecorded, "instruction_recorded", u 2,
        "该指示的记录时间晚于现在" / "请校准系统时钟后再试",
        "the instruction is recorded later than now" / "Set the clock right and try again";
    InstructionPurpose, "instruction_purpose", u 2,
        "该指示不包括此目的" / "请记录写明此目的的指示",
        "the instruction does not cover the purpose" / "Record an instruction that names the purpose";
    InstructionOperation, "instruction_operation", u 2,
        "该指示不包括此处理方式" / "请记录写明此处理方式的指示",
        "the instruction does not cover the operation" / "Record an instruction that names the operation";
    InstructionRecipient, "instruction_recipient", u 2,
        "该指示不包括此接收方" / "请记录写明此接收方的指示",
        "the instruction does not cover the recipient" / "Record an instruction that names the recipient";
    InstructionDataset, "instruction_dataset", u 2,
        "该指示不包括此数据集" / "请记录写明此数据集的指示",
        "the instruction does not cover the dataset" / "Record an instruction that names the dataset";
    Purpose, "purpose", u 4,
        "声明中没有此目的" / "请使用声明所列的目的",
        "the statement has no such purpose" / "Use a purpose that the statement lists";
    PurposeOperation, "purpose_operation", u 4,
        "声明不允许为此目的进行此处理方式" / "请使用声明允许的目的与处理方式",
        "the statement does not allow this operation for the purpose" / "Use a purpose for which the statement allows the operation";
    PurposeClass, "purpose_class", r 8,
        "此目的不得读取该类字段" / "请去掉该类字段，或使用允许读取它的目的",
        "the purpose may not read columns of this class" / "Leave out the class, or use a purpose that may read it";
    Basis, "basis", r 7,
        "此目的不得依据该合法性基础" / "请依据个人同意，或声明为此目的允许的其他基础",
        "the purpose may not stand on this ground" / "Rely on consent, or on another ground that the statement allows for the purpose";
    Exception, "exception", r 7,
        "没有声明所列且可援引的例外" / "请援引声明所列、与该基础相符的例外，或取得同意",
        "no exception that the statement lists and that fits the ground is invoked" / "Invoke one that fits, or obtain consent";
    ExceptionInvoker, "exception_invoker", r 7,
        "该例外未由有权援引的人援引" / "请由声明写明的负责人援引",
        "the exception was not invoked by somebody who may" / "Let a person whom the statement names invoke it";
    ExceptionProof, "exception_proof", r 7,
        "该例外所需的证明未记录" / "请先上传该例外要求的每一项证明",
        "the proof that the exception asks for is not on record" / "Upload every proof that the exception asks for first";
    ExceptionControl, "exception_control", r 7,
        "您不得确认、拒绝或终止例外的援引" / "请由所有者、管理员或担任法务、个人信息保护或安全负责人的成员办理",
        "you may not confirm, decline or end the use of an exception" / "Let the owner, an admin, or a member with the function of legal counsel, privacy officer or security officer do it";
    ExceptionConfirmed, "exception_confirmed", r 7,
        "该例外的援引未经另一人确认" / "请由援引人以外、有权确认的人确认",
        "the use of the exception was not confirmed by a second person" / "Let somebody who may, and who did not invoke it, confirm it";
    ExceptionStanding, "exception_standing", r 7,
        "该例外的援引未生效或已终止" / "请重新援引并取得确认",
        "the use of the exception is not in force, or has ended" / "Invoke the exception anew and have it confirmed";
    ExceptionPeriod, "exception_period", r 7,
        "现在不在该例外援引的期限内，或期限超过声明所允许的天数" / "请援引期限涵盖现在、且不超过声明所定天数的例外",
        "the use of the exception is not in its period, or lasts longer than the statement allows" / "Invoke the exception for a period that includes now and is no longer than the statement allows";
    ExceptionPurpose, "exception_purpose", r 7,
        "该例外的援引不包括此目的" / "请为此目的另行援引，或取得同意",
        "the use of the exception is not for this purpose" / "Invoke one for the purpose, or obtain consent";
    ExceptionOperation, "exception_operation", r 7,
        "该例外的援引不包括此处理方式" / "请为此处理方式另行援引，或取得同意",
        "the use of the exception is not for this operation" / "Invoke one for the operation, or obtain consent";
    ExceptionRecipient, "exception_recipient", r 7,
        "该例外的援引不包括此接收方" / "请为此接收方另行援引，或取得同意",
        "the use of the exception is not for this recipient" / "Invoke one for the recipient, or obtain consent";
    ExceptionDataset, "exception_dataset", r 7,
        "该例外的援引不包括此数据集" / "请为此数据集另行援引，或取得同意",
        "the use of the exception does not cover the dataset" / "Invoke one for the dataset, or obtain consent";
    ExceptionUnneeded, "exception_unneeded", r 7,
        "以同意为基础时不得同时援引例外" / "请去掉例外，或改用其合法性基础",
        "an exception is invoked although the ground is consent" / "Leave the exception out, or name its ground";
    NoDataset, "no_dataset", u 2,
        "没有写明数据集" / "请至少写明一个数据集",
        "the request names no dataset" / "Name at least one dataset";
    Dataset, "dataset", u 2,
        "没有此数据集" / "请核对数据集编号",
        "there is no such dataset" / "Check the id of the dataset";
    DatasetStanding, "dataset_standing", u 5,
        "数据集未处于有效状态" / "请查看通知中的理由，完成审核或申诉",
        "the dataset is not active" / "Read the reason in the notice, complete the review or appeal";
    Declaration, "declaration", u 3,
        "数据集没有完整的来源与合法性说明" / "请填写并确认来源与合法性说明",
        "the dataset has no complete declaration of source and lawfulness" / "Complete and confirm the declaration of source and lawfulness";
    DeclarationProof, "declaration_proof", u 3,
        "来源与合法性说明所依据的证明已撤回或不存在" / "请补充证明并重新确认来源与合法性说明",
        "a paper on which the declaration of source and lawfulness rests was taken back or is gone" / "Add the proof and confirm the declaration anew";
    DeclarationPeriod, "declaration_period", u 3,
        "现在不在来源与合法性说明的期限内" / "请更新来源与合法性说明",
        "the declaration of source and lawfulness is not in its period" / "Renew the declaration of source and lawfulness";
    DeclarationBasis, "declaration_basis", u 3,
        "来源与合法性说明未写明该合法性基础" / "请在说明中补充该基础及证明",
        "the declaration of source and lawfulness does not claim this ground" / "Add the ground and its proof to the declaration";
    Consent, "consent", u 4,
        "没有涵盖此目的、处理方式和接收方的同意" / "请在数据集的同意页查看可触达与应征询的人，导出征询名单（只列已同意过其他目的的人；从未同意任何目的的人，请由企业自行征询），再上传明示同意及书面证明，同意范围自此扩大",
        "no consent covers this purpose, operation and recipient" / "See on the dataset's page of consent whom it reaches and whom to ask, export the list of those to ask (it names people who agreed to another purpose already; whoever agreed to none is asked by the enterprise by its own means), and upload express consent with written proof; the scope is wider from then on";
    Columns, "columns", r 8,
        "字段分类未确认，或没有所要的字段" / "请确认字段分类，并核对字段名称",
        "the columns are not classified, or a wanted column does not exist" / "Confirm the classes of the columns and check the names";
    Subject, "subject", r 8,
        "有字段涉及个人，而数据集各行不指明是谁" / "请把文件作为涉及个人的数据集导入，并指定识别个人的字段；字段其实与个人无关的，说明理由后降低其类别",
        "a column is about persons, and the rows of the dataset name nobody" / "Import the file as data about persons, with the column that identifies them; lower the class, with the reason, where the column is about nobody";
    ColumnClass, "column_class", r 8,
        "所要的字段不属于请求写明的类别" / "请在请求中写明该类别，或去掉该字段",
        "a wanted column is not of a class that the request names" / "Name the class in the request, or leave out the column";
    Region, "region", r 13,
        "不知数据集或合作方所在的地区" / "请登记其所在地区",
        "the region of the dataset or of the partner is not known" / "Register where it is";
    CrossBorder, "cross_border", r 13,
        "没有涵盖此次出境的有效依据" / "请登记安全评估、认证或标准合同，并取得单独同意",
        "no recorded ground in force covers sending the data across the border" / "Record an assessment, a certification or a standard contract, and obtain separate consent";
    Recipient, "recipient", r 15,
        "此接收方与此处理方式不相符" / "处理须由企业或受托人进行，共享与转让须有合作方，公开须面向公众",
        "the recipient does not fit the operation" / "Process for the enterprise or an entrusted partner, share and transfer to a partner, publicise to the public";
    Partner, "partner", r 15,
        "没有登记此合作方" / "请先登记合作方",
        "the partner is not registered" / "Register the partner first";
    PartnerStanding, "partner_standing", r 15,
        "该合作方未处于有效状态" / "请使其登记生效；已暂停的，请恢复合作",
        "the partner is not active" / "Put its registration in force, or resume it where it was suspended";
    Agreement, "agreement", r 16,
        "与该合作方没有协议" / "请登记与合作方签订的协议",
        "there is no agreement with the partner" / "Register the agreement signed with the partner";
    AgreementPeriod, "agreement_period", r 15,
        "现在不在与该合作方协议的期限内" / "请续签并登记协议",
        "the agreement with the partner is not in its period" / "Renew and register the agreement";
    AgreementScope, "agreement_scope", r 16,
        "与该合作方的协议不包括此目的、处理方式或字段类别" / "请变更并登记协议",
        "the agreement with the partner does not cover this purpose, operation or class of column" / "Change and register the agreement";
    PartnerAssessment, "partner_assessment", r 15,
        "没有对此合作方的有效影响评估，或已到复核日期" / "请评估或复核，登记报告与下次复核的日期，并使新版本生效",
        "there is no impact assessment of the partner in force, or it is due for its review" / "Assess it or look at it again, register the report with the next review, and put the new version in force";
    Help, "help", u 2,
        "没有该技术协助的申请" / "请由企业先申请技术协助",
        "there is no such request for technical help" / "Let the enterprise ask for technical help first";
    HelpApproval, "help_approval", u 2,
        "企业尚未批准该技术协助" / "请由企业批准指定的运营人员、范围与时长",
        "the enterprise has not approved the technical help" / "Let the enterprise approve a named operator, with scope and time";
    HelpStanding, "help_standing", u 2,
        "该技术协助已结束" / "仍需协助时，请由企业另开申请",
        "the technical help has ended" / "Where help is still needed, let the enterprise open another request";
    HelpOperator, "help_operator", u 2,
        "企业批准的不是此运营人员，或其已不能提供协助" / "请由企业所批准的人查看，或由企业另开申请",
        "the enterprise did not approve this operator, or she may not give help any more" / "Let the operator look whom the enterprise approved, or let it open another request";
    HelpPeriod, "help_period", u 2,
        "现在不在所批准的时间内" / "仍需协助时，请由企业另开申请",
        "the time that was approved is over" / "Where help is still needed, let the enterprise open another request";
    HelpScope, "help_scope", u 2,
        "所批准的范围不包括此项查看" / "请只查看所批准的范围，或由企业另开申请",
        "the scope that was approved does not reach so far" / "Look at what was approved, or let the enterprise open another request";
    HelpApprover, "help_approver", u 2,
        "批准技术协助的人已不能批准" / "请由企业中有权批准的人另开并批准申请",
        "whoever approved the technical help may not approve it any more" / "Let somebody of the enterprise who may approve open and approve another request";
    HelpInstruction, "help_instruction", u 2,
        "技术协助是依据另一指示批准的" / "请引用所批准的指示",
        "the technical help was approved under another instruction" / "Cite the instruction that was approved";
    HelpPurpose, "help_purpose", u 2,
        "技术协助是为另一目的批准的" / "请使用所批准的目的",
        "the technical help was approved for another purpose" / "Use the purpose that was approved";
    HelpOperation, "help_operation", u 2,
        "技术协助只能查看：为企业自身、以同意为基础进行处理" / "请去掉其他处理方式、接收方与基础",
        "technical help only looks: it processes for the enterprise itself, on the ground of consent" / "Leave out any other operation, recipient or ground";
    HelpDataset, "help_dataset", u 2,
        "所批准的技术协助不包括此数据集" / "请只查看所批准的数据集，或由企业另开申请",
        "the technical help that was approved does not cover the dataset" / "Look at the datasets that were approved, or let the enterprise open another request";
    HelpAudience, "help_audience", u 2,
        "技术协助的查看不得引用已保存的人群" / "请改写语句，只用所批准的数据集（d1、d2……）",
        "a look under technical help uses no saved audience" / "Write the statement over the datasets that were approved alone (d1, d2 and so on)";
    ConsentIndex, "consent_index", u 4,
        "同意索引不可用" / "请待索引重建后再试",
        "the consent index is not available" / "Try again when the index is rebuilt";
}

impl MissingFact {
    /// Objects for want of the fact unless it holds.
    pub(crate) const fn unless(self, holds: bool) -> Option<Reason> {
        if holds { None } else { Some(Reason::of(self)) }
    }
}

impl fmt::Display for MissingFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
