use yuntu_terms::Text;

use crate::accounts::AccountError;

impl AccountError {
    /// Says why a second proof did not do, and what to do.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only what is about second proofs is asked here"
    )]
    pub(crate) fn factor_text(&self) -> Text {
        match self {
            Self::WrongFactor { left } => Text::new(
                format!(
                    "动态码或恢复码不正确，还可以再试 {left} 次；动态码每 30 秒更换，且只能使用一次"
                ),
                format!(
                    "The code is wrong; tries left: {left}. A code of the authenticator changes every 30 seconds and works once."
                ),
            ),
            Self::WrongNextPassword { left } => Text::new(
                format!("密码不正确，还可以再试 {left} 次；忘记密码时请找回帐号"),
                format!(
                    "The password is wrong; tries left: {left}. If you have lost it, recover the account."
                ),
            ),
            Self::WrongProof => Text::new(
                "动态码或恢复码不正确；动态码每 30 秒更换，且只能使用一次",
                "The code is wrong. A code of the authenticator changes every 30 seconds and works once.",
            ),
            Self::SpentTicket => Text::new(
                "这一步已过期或尝试次数过多，请重新登录",
                "This step took too long or was tried too often; please sign in again.",
            ),
            Self::FactorLocked => Text::new(
                "验证器连续输错次数过多，已停用；请使用恢复码或通行密钥",
                "The authenticator was wrong too often and is locked; use a recovery code or a passkey.",
            ),
            Self::FactorExists => Text::new(
                "已有验证器；如要更换，请先移除原来的",
                "There is an authenticator already; remove it first to set up another.",
            ),
            Self::NoFactor => Text::new(
                "设置已超时，请重新开始并扫描新的二维码",
                "The set-up took too long; begin again and scan the new picture.",
            ),
            Self::PasswordNeedsFactor => Text::new(
                "现有密码只有在配合第二验证方式时才够安全；请同时设置新密码（至少 15 个字符）",
                "Your password is safe enough only beside a second factor; set a new one of at least 15 characters with this.",
            ),
            Self::Passkey => Text::new(
                "通行密钥未被接受：可能已超时、不属于此帐号，或未验证本人；请重试",
                "The passkey was not accepted: it took too long, is not of this account, or did not make sure that it is you. Please try again.",
            ),
            Self::Label => Text::new(
                "名称须为一行一至四十个字符",
                "A name has 1 to 40 characters in one line.",
            ),
            _ => Text::new(
                "运营人员至少保留一种第二验证方式；请先添加另一种",
                "An operator keeps at least one second factor; add another one first.",
            ),
        }
    }
}
