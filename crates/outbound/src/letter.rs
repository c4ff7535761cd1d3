use std::fmt;

use yuntu_terms::Lang;
use zeroize::Zeroize;

use crate::html;
use crate::notice::{Notice, Variable};
use crate::recipient::Medium;
use crate::texts;

/// What a person reads: whom it goes to, and the words.
///
/// Lent by [`Message::open`](crate::Message::open) to a reader that has a warrant; wiped when dropped.
pub struct Letter {
    /// The address or the number.
    pub to: String,
    /// The subject; a text message has none.
    pub subject: Option<String>,
    /// The words.
    pub text: String,
    /// The same words as a page; a text message has none.
    pub html: Option<String>,
    pub(crate) variable: Option<Variable>,
}

impl Letter {
    pub(crate) fn new(medium: Medium, lang: Lang, to: &str, notice: &Notice) -> Self {
        match medium {
            Medium::Mail => {
                let draft = texts::mail(notice, lang);
                Self {
                    to: to.to_owned(),
                    subject: Some(draft.subject.to_owned()),
                    text: draft.text(),
                    html: Some(html::page(&draft, lang)),
                    variable: None,
                }
            }
            Medium::Sms => {
                let variable = notice.sms_variable(|at| texts::moment(at, lang));
                let template = notice.kind().sms_template(lang);
                let text = match &variable {
                    Some(Variable(name, value)) => template.replace(&format!("${{{name}}}"), value),
                    None => template.to_owned(),
                };
                Self {
                    to: to.to_owned(),
                    subject: None,
                    text,
                    html: None,
                    variable,
                }
            }
        }
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        self.to.zeroize();
        self.text.zeroize();
        self.html.zeroize();
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter([redacted])")
    }
}
