//! Passkeys in forms: what the browser is asked goes out with a form, and the script of the page brings the answer back.

use yuntu_app::accounts::AccountError;
use yuntu_app::factors::{Ceremony, CeremonyAnswer};
use yuntu_terms::{Lang, Text};

use crate::forms::Fields;
use crate::report::{FormView, PasskeyTexts, PasskeyUse, PasskeyView};
use crate::view::Wrong;

/// The act of a form that brings the answer of a passkey.
pub(crate) const ACT: &str = "passkey";
/// The act of a form that asks for the page on which a passkey is used. Nothing is begun before somebody wants it: a
/// ceremony is a row.
pub(crate) const ASK: &str = "ask-passkey";

/// Reads the answer of a ceremony.
pub(crate) fn read(fields: &Fields) -> Result<CeremonyAnswer, Wrong> {
    let json = fields.one("answer");
    if json.is_empty() {
        return Err(Wrong::field(
            "",
            Text::new(
                "浏览器没有给出通行密钥的结果：它可能停用了脚本，或不支持通行密钥。请换用其他方式。",
                "Nothing came from a passkey: scripts may be off in your browser, or it knows no passkeys. Please take another way.",
            ),
        ));
    }
    let id = fields.one("ceremony").parse();
    let id = id.map_err(|_form| Wrong::field("", AccountError::Passkey.text()))?;
    Ok(CeremonyAnswer {
        id,
        json: json.to_owned(),
    })
}

/// Makes a form one that a passkey answers.
pub(crate) fn asking(
    mut form: FormView,
    ceremony: Ceremony,
    does: PasskeyUse,
    lang: Lang,
) -> FormView {
    form.hidden.push(("ceremony", ceremony.id.to_string()));
    FormView {
        passkey: Some(PasskeyView {
            does,
            options: ceremony.options,
            texts: texts(lang),
        }),
        ..form
    }
}

fn texts(lang: Lang) -> PasskeyTexts {
    PasskeyTexts {
        no_script: lang.pick(
            "通行密钥需要运行本站的一段脚本，而它没有运行。请允许本站脚本后刷新，或换用其他方式：其他方式都不需要脚本。",
            "Passkeys need one script of this site, and it does not run. Allow it and load the page again, or take another way; no other way needs a script.",
        ),
        none: lang.pick(
            "此浏览器不支持通行密钥，请换用其他方式。",
            "This browser knows no passkeys; please take another way.",
        ),
        wait: lang.pick(
            "请按浏览器或设备的提示操作。",
            "Please follow what your browser or device asks.",
        ),
        stopped: lang.pick(
            "操作已取消或超时，什么都没有改变。可以再试一次，或换用其他方式。",
            "It was stopped or took too long, and nothing has changed. Try again, or take another way.",
        ),
        known: lang.pick(
            "此设备上已有本帐号的通行密钥，无需再添加。",
            "This device already has a passkey of the account; another one is not needed.",
        ),
        failed: lang.pick(
            "通行密钥没有成功，什么都没有改变。可以再试一次，或换用其他方式。",
            "The passkey did not work, and nothing has changed. Try again, or take another way.",
        ),
    }
}
