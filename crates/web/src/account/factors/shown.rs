//! What is shown of second factors, on this page and where somebody enrols.

use fast_qr::QRBuilder;
use fast_qr::convert::svg::SvgBuilder;
use yuntu_app::factors::{NewAuthenticator, ShownFactor};
use yuntu_app::store::FactorKind;
use yuntu_app::vault::RecoveryCode;
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use crate::problem::Problem;
use crate::report::{Block, InputView, Part, Picture};

pub(super) fn new_password(lang: Lang) -> InputView {
    InputView::secret(
        "password",
        lang.pick("新密码", "New password"),
        "new-password",
    )
    .because(lang.pick(
        "现有密码只够配合第二验证方式使用；移除后请改用至少 15 个字符的密码。",
        "Your password does only beside a second factor; without one it needs at least 15 characters.",
    ))
    .needed()
}

/// Makes the field for the code that an authenticator shows.
pub(crate) fn code_of_app(lang: Lang) -> InputView {
    InputView {
        autocomplete: "one-time-code",
        keys: "numeric",
        ..InputView::line("code", lang.pick("验证器的验证码", "Code of the authenticator"))
    }
    .because(lang.pick(
        "必填。验证器此刻显示的六位数字；用来确认已设置成功，不保存。",
        "Necessary. The six digits that it shows now; they show that it is set up and are not kept.",
    ))
    .needed()
}

/// Shows what an app reads to become the authenticator, as a picture and as text.
pub(crate) fn authenticator(new: &NewAuthenticator, lang: Lang) -> Result<Vec<Block>, Problem> {
    let drawn = new.read(|uri, secret| {
        let code = QRBuilder::new(uri).build().ok()?;
        Some((SvgBuilder::default().to_str(&code), grouped(secret)))
    });
    let (svg, secret) = drawn.ok_or_else(|| Problem::internal("a picture that cannot be drawn"))?;
    let title = lang.pick(
        "验证器要扫描的二维码；也可改为手动输入下面的密钥",
        "The picture that an authenticator scans; the secret below can be typed instead",
    );
    let text = lang.pick(
        "用手机上的验证器应用（支持 TOTP 的任何一种）扫描二维码，或手动输入密钥，然后填写它显示的六位数字。",
        "Scan the picture with an authenticator app on your phone (any that does TOTP), or type the secret into it; then give the six digits that it shows.",
    );
    Ok(vec![
        Block::Text(text.to_owned()),
        Block::Picture(Picture {
            title: title.to_owned(),
            svg,
        }),
        Block::Facts(vec![(lang.pick("密钥", "Secret").to_owned(), secret)]),
    ])
}

/// Writes a secret in groups of four, as it is read aloud.
fn grouped(secret: &str) -> String {
    let mut text = String::with_capacity(secret.len() * 5 / 4);
    for (place, sign) in secret.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(sign);
    }
    text
}

/// Shows recovery codes.
pub(crate) fn recovery_codes(codes: &[RecoveryCode], lang: Lang) -> Vec<Block> {
    if codes.is_empty() {
        let text = lang.pick("原有的恢复码仍然有效。", "Your recovery codes stay good.");
        return vec![Block::Text(text.to_owned())];
    }
    let text = lang.pick(
        "请抄写或打印下面的恢复码并妥善保管：只显示这一次，我们只保存其散列值。每个只能用一次，可在丢失验证器或通行密钥时代替它登录。",
        "Write these down or print them, and keep them safe: they are shown this once, and we keep only their hashes. Each works once, in the place of an authenticator or a passkey that is lost.",
    );
    let listed = (1..)
        .zip(codes)
        .map(|(number, code)| (number.to_string(), code.shown().to_string()));
    vec![Block::Text(text.to_owned()), Block::Facts(listed.collect())]
}

pub(super) fn name_of(factor: &ShownFactor, lang: Lang) -> String {
    match (&factor.label, factor.kind) {
        (Some(label), _) => label.clone(),
        (None, FactorKind::Totp) => lang.pick("验证器", "Authenticator").to_owned(),
        (None, FactorKind::Passkey) => lang.pick("通行密钥", "Passkey").to_owned(),
    }
}

pub(super) fn part(factor: &ShownFactor, title: String, lang: Lang) -> Part {
    let kind = match factor.kind {
        FactorKind::Totp => lang.pick("验证器（TOTP）", "authenticator (TOTP)"),
        FactorKind::Passkey => lang.pick("通行密钥", "passkey"),
    };
    let used = factor.used.map(minute);
    let never = lang.pick("从未", "never");
    Part {
        title,
        facts: vec![
            (lang.pick("类型", "Kind").to_owned(), kind.to_owned()),
            (
                lang.pick("启用于", "Since").to_owned(),
                minute(factor.confirmed),
            ),
            (
                lang.pick("最近使用", "Last used").to_owned(),
                used.unwrap_or_else(|| never.to_owned()),
            ),
        ],
    }
}
