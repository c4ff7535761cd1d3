//! Forms as a page shows them: every field with why it is asked, and with what is wrong with it.

use super::Link;

/// A form.
#[derive(Debug, Clone, Default)]
pub struct FormView {
    /// What tells its fields from those of other forms on the page.
    pub id: &'static str,
    /// Where it is sent.
    pub action: String,
    /// The mark that says that the form is of this site.
    pub mark: String,
    /// What goes along unseen.
    pub hidden: Vec<(&'static str, String)>,
    /// What is wrong with no field in particular.
    pub wrong: Vec<String>,
    /// What introduces the list of what is wrong.
    pub wrong_lead: &'static str,
    /// The fields.
    pub inputs: Vec<InputView>,
    /// The buttons: the value of `act`, the label, and whether it is one beside the main one.
    pub acts: Vec<(&'static str, String, bool)>,
    /// What a passkey is asked, where one answers for the person.
    pub passkey: Option<PasskeyView>,
    /// What is said while a large file is on its way.
    pub upload: Option<UploadTexts>,
}

/// What a person reads while a file is on its way; `{}` stands for a figure.
#[derive(Debug, Clone, Copy)]
pub struct UploadTexts {
    /// How much of how much is sent, how fast, how long it takes still.
    pub sent: &'static str,
    /// The button that stops it.
    pub stop: &'static str,
    /// It was stopped.
    pub stopped: &'static str,
    /// The connection broke.
    pub broken: &'static str,
}

/// What a passkey is asked by the script of the page.
#[derive(Debug, Clone)]
pub struct PasskeyView {
    /// What the browser does.
    pub does: PasskeyUse,
    /// What it is asked, as JSON.
    pub options: String,
    /// What it tells the person on the way.
    pub texts: PasskeyTexts,
}

/// What a browser does with a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyUse {
    /// It makes one.
    Create,
    /// It shows that it has one.
    Get,
}

/// What a person reads while her browser is asked.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyTexts {
    /// No script runs.
    pub no_script: &'static str,
    /// The browser knows no passkeys.
    pub none: &'static str,
    /// It is her turn.
    pub wait: &'static str,
    /// She stopped, or it took too long.
    pub stopped: &'static str,
    /// The device has a passkey of the account already.
    pub known: &'static str,
    /// It did not work.
    pub failed: &'static str,
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// A line, with the type of the browser's field.
    Line(&'static str),
    /// Several lines of text.
    Lines,
    /// A box to tick.
    Tick {
        /// Whether it is ticked.
        on: bool,
    },
    /// One of a list: value, label, whether it is chosen.
    One(Vec<(String, String, bool)>),
    /// Any of a list, each a box to tick.
    Several(Vec<ChoiceView>),
    /// A file, with the kinds that the browser offers.
    File(&'static str),
}

/// One of several boxes under the name of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceView {
    /// What it sends.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What it means; may be empty.
    pub note: String,
    /// Whether it is ticked.
    pub on: bool,
}

/// A field.
#[derive(Debug, Clone)]
pub struct InputView {
    /// The name under which it is sent.
    pub name: &'static str,
    /// What tells it from fields of the same name; may be empty.
    pub apart: String,
    /// What it is called.
    pub label: String,
    /// How it is filled in.
    pub kind: InputKind,
    /// What is in it, or what a tick sends.
    pub value: String,
    /// Why it is asked, whether it is necessary, how long it is kept.
    pub note: String,
    /// Where more is said.
    pub link: Option<Link>,
    /// What the browser may fill in.
    pub autocomplete: &'static str,
    /// Which keys a small keyboard shows; may be empty.
    pub keys: &'static str,
    /// Whether it must be filled in.
    pub required: bool,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

impl InputView {
    /// Makes a line of text.
    #[must_use]
    pub fn line(name: &'static str, label: impl Into<String>) -> Self {
        Self {
            name,
            apart: String::new(),
            label: label.into(),
            kind: InputKind::Line("text"),
            value: String::new(),
            note: String::new(),
            link: None,
            autocomplete: "off",
            keys: "",
            required: false,
            wrong: None,
        }
    }

    /// Makes several lines of text.
    #[must_use]
    pub fn lines(name: &'static str, label: impl Into<String>) -> Self {
        Self {
            kind: InputKind::Lines,
            ..Self::line(name, label)
        }
    }

    /// Makes a line whose content is hidden and never shown again.
    #[must_use]
    pub fn secret(name: &'static str, label: impl Into<String>, complete: &'static str) -> Self {
        Self {
            kind: InputKind::Line("password"),
            autocomplete: complete,
            ..Self::line(name, label)
        }
    }

    /// Makes a box to tick, which sends a value.
    #[must_use]
    pub fn tick(name: &'static str, value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            kind: InputKind::Tick { on: false },
            value: value.into(),
            ..Self::line(name, label)
        }
    }

    /// Makes a list of which one is chosen.
    #[must_use]
    pub fn one(
        name: &'static str,
        label: impl Into<String>,
        options: Vec<(String, String, bool)>,
    ) -> Self {
        Self {
            kind: InputKind::One(options),
            ..Self::line(name, label)
        }
    }

    /// Makes a list of which any are chosen.
    #[must_use]
    pub fn several(name: &'static str, label: impl Into<String>, choices: Vec<ChoiceView>) -> Self {
        Self {
            kind: InputKind::Several(choices),
            ..Self::line(name, label)
        }
    }

    /// Makes a day.
    #[must_use]
    pub fn day(name: &'static str, label: impl Into<String>) -> Self {
        Self {
            kind: InputKind::Line("date"),
            ..Self::line(name, label)
        }
    }

    /// Makes a field that takes a file.
    #[must_use]
    pub fn file(label: impl Into<String>, kinds: &'static str) -> Self {
        Self {
            kind: InputKind::File(kinds),
            ..Self::line("file", label)
        }
    }

    /// Says what stands in the field.
    #[must_use]
    pub fn with(self, value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            ..self
        }
    }

    /// Says why it is asked.
    #[must_use]
    pub fn because(self, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }

    /// Says where more is told.
    #[must_use]
    pub fn linked(self, link: Link) -> Self {
        Self {
            link: Some(link),
            ..self
        }
    }

    /// Says that it must be filled in.
    #[must_use]
    pub fn needed(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
}

impl PasskeyUse {
    /// Returns the word by which the script knows it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
        }
    }
}

impl FormView {
    pub(crate) fn id_of(&self, input: &InputView) -> String {
        let (form, name, apart) = (self.id, input.name, &input.apart);
        format!("{form}-{name}{apart}")
    }

    /// Lists the ids of what describes a field, for `aria-describedby`.
    pub(crate) fn described(&self, input: &InputView) -> String {
        let id = self.id_of(input);
        let mut ids = Vec::new();
        if !input.note.is_empty() || input.link.is_some() {
            ids.push(format!("{id}-note"));
        }
        if input.wrong.is_some() {
            ids.push(format!("{id}-wrong"));
        }
        ids.join(" ")
    }

    /// Says whether a file goes along.
    pub(crate) fn has_file(&self) -> bool {
        let mut kinds = self.inputs.iter().map(|input| &input.kind);
        kinds.any(|kind| matches!(kind, InputKind::File(_)))
    }

    /// Says whether anything is wrong with what was sent.
    pub(crate) fn is_wrong(&self) -> bool {
        !self.wrong.is_empty() || self.inputs.iter().any(|input| input.wrong.is_some())
    }
}
