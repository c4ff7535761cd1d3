use yuntu_terms::Lang;

use crate::notice::Kind;

impl Kind {
    /// Returns the words of the text message, as they are registered with the provider; `${code}` and `${time}` are
    /// filled in when it is sent.
    #[must_use]
    pub fn sms_template(self, lang: Lang) -> &'static str {
        match self {
            Self::Code => lang.pick(
                "验证码${code}，5分钟内有效，只能使用一次。我们的任何人员都不会索要验证码，请勿告诉他人。",
                "Your code is ${code}, valid for 5 minutes and once only. Nobody from us will ever ask you for it.",
            ),
            Self::AccountExists => lang.pick(
                "有人于${time}想用此号码注册云图或设为联系方式，但它已有帐号。如是本人请直接登录，否则不必理会。",
                "On ${time} somebody wanted to use this number for a Yuntu account, but it has one. If it was you, sign in; if not, do nothing.",
            ),
            Self::ContactChanged => lang.pick(
                "您的云图帐号联系方式已于${time}更换。如非本人操作，请立即登录更改密码或找回帐号。",
                "The contact of your Yuntu account was changed on ${time}. If it was not you, sign in and change the password, or recover the account.",
            ),
            Self::PasswordChanged => lang.pick(
                "您的云图帐号密码已于${time}更改。如非本人操作，请立即找回帐号。",
                "The password of your Yuntu account was changed on ${time}. If it was not you, recover the account at once.",
            ),
            Self::FactorChanged => lang.pick(
                "您的云图帐号第二验证方式已于${time}有变化。如非本人操作，请立即登录更改密码或找回帐号。",
                "The second factors of your Yuntu account changed on ${time}. If it was not you, sign in and change the password, or recover the account.",
            ),
            Self::NewSignIn => lang.pick(
                "您的云图帐号于${time}在新设备上登录。如非本人操作，请立即更改密码并结束其他会话。",
                "Your Yuntu account was signed in to from a new device on ${time}. If it was not you, change the password and end the other sessions.",
            ),
            Self::SignInHeld => lang.pick(
                "有人于${time}在新设备上登录您的云图帐号，因此前有多次失败，已被拦下并要求再次证明。如非本人操作，请立即登录更改密码。",
                "A sign-in to your Yuntu account from a new device was held on ${time} after failures and asked for another proof. If it was not you, sign in and change the password.",
            ),
            Self::Invitation => lang.pick(
                "有企业邀请您在云图代表其行事。如您愿意，请登录云图查看；如您不认识对方，不必理会。",
                "An enterprise invites you to act for it on Yuntu. If you wish to, sign in to Yuntu to see it; if you do not know it, do nothing.",
            ),
            Self::CertificationChanged => lang.pick(
                "您企业的云图认证有新进展，请登录云图查看。",
                "There is news about your enterprise's certification on Yuntu; sign in to see it.",
            ),
            Self::StandingChanged => lang.pick(
                "您的云图帐号状态于${time}因未成年人举报有变化。如有异议，请见云图网站隐私声明所列联系方式。",
                "The standing of your Yuntu account changed on ${time} after a report about minors. To object, see the contacts in the privacy statement on the Yuntu website.",
            ),
            Self::ReportAnswered => lang.pick(
                "您的未成年人帐号举报已于${time}处理，请凭回执在云图网站查看结果。",
                "Your report of a minor's account was decided on ${time}; see the outcome on the Yuntu website with your receipt.",
            ),
            Self::PaperEnding => lang.pick(
                "您在云图的授权函件、企业认证或评估的到期时间为${time}，请登录云图查看并及时更新。",
                "A letter, certification or assessment of yours on Yuntu ends on ${time}. Sign in to see it and renew it in time.",
            ),
            Self::DutyDue => lang.pick(
                "云图的一项合规审计、培训或演练的期限为${time}，请登录运营后台查看并安排。",
                "An audit, training or exercise of Yuntu is due on ${time}. Sign in to the operators' pages to see and arrange it.",
            ),
            // An operator has a mail address and nothing else, so that this never leaves.
            Self::OperatorAdded => lang.pick(
                "您已成为云图的运营人员，登记链接已发至您的邮箱。",
                "You were made an operator of Yuntu; the link with which you enrol is in your mail.",
            ),
            Self::MeasureNews => lang.pick(
                "您所代表的企业在云图有措施变动，时间为${time}，请登录云图查看理由、补充证明或申诉。",
                "A measure concerning your enterprise on Yuntu changed on ${time}. Sign in to read why, give proof or appeal.",
            ),
            Self::HelpNews => lang.pick(
                "您所代表的企业在云图申请的技术协助于${time}有新进展，请登录云图查看、批准或结束。",
                "There is news of ${time} about the technical help your enterprise asked Yuntu for. Sign in to see, approve or end it.",
            ),
            Self::StatementChanged => lang.pick(
                "云图隐私声明有新版本，请登录云图查看全文、变化和生效时间。",
                "There is a new version of the Yuntu privacy statement; sign in to see the text, the changes and when it takes effect.",
            ),
        }
    }
}
