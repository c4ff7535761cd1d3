use std::fmt;

use yuntu_terms::Lang;

use super::{Change, Diff, Reduction, Section};

impl Reduction {
    /// Writes the reduction in one language.
    pub fn show(&self, lang: Lang) -> impl fmt::Display + '_ {
        let Self {
            kind,
            id,
            clause,
            detail,
        } = self;
        let (kind, detail) = (kind.name(lang), detail.get(lang));
        match lang {
            Lang::Zh => format!("{kind}：`{id}`（{clause}），{detail}"),
            Lang::En => format!("{kind}: `{id}` ({clause}), {detail}"),
        }
    }
}

impl Change {
    /// Writes the change in one language.
    pub fn show(&self, lang: Lang) -> impl fmt::Display + '_ {
        let kind = self.kind.name(lang);
        let fields = self.fields.join(", ");
        match (lang, fields.is_empty()) {
            (_, true) => format!("{kind} `{}`", self.id),
            (Lang::Zh, false) => format!("{kind} `{}`（{fields}）", self.id),
            (Lang::En, false) => format!("{kind} `{}` ({fields})", self.id),
        }
    }
}

impl Diff {
    /// Writes the whole difference in one language, what it takes from people first.
    pub fn show(&self, lang: Lang) -> impl fmt::Display + '_ {
        Shown { diff: self, lang }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(Lang::En).fmt(f)
    }
}

struct Shown<'a> {
    diff: &'a Diff,
    lang: Lang,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { diff, lang } = *self;
        let (from, to) = (diff.from, diff.to);
        match lang {
            Lang::Zh => writeln!(f, "声明 {from} 与 {to} 的差异")?,
            Lang::En => writeln!(f, "Differences between statement {from} and {to}")?,
        }
        if diff.is_empty() {
            return f.write_str(lang.pick("没有差异。\n", "There are none.\n"));
        }
        if diff.reduces_rights() {
            f.write_str(lang.pick(
                "\n减少权利，未经本人明示同意不生效：\n",
                "\nReductions of rights, not binding without express consent:\n",
            ))?;
            for reduction in &diff.reductions {
                writeln!(f, "- {}", reduction.show(lang))?;
            }
        } else {
            f.write_str(lang.pick(
                "\n未发现减少权利之处。\n",
                "\nNo reduction of rights was found.\n",
            ))?;
        }
        if !diff.asked_anew.is_empty() {
            f.write_str(lang.pick(
                "\n与原有目的无关联，须另行告知并征得同意：\n",
                "\nConnected to no earlier purpose, to be told and asked anew:\n",
            ))?;
            for purpose in &diff.asked_anew {
                writeln!(f, "- `{purpose}`")?;
            }
        }
        if !diff.reworded.is_empty() {
            f.write_str(lang.pick(
                "\n措辞有变，须由人阅读：",
                "\nReworded, for a person to read: ",
            ))?;
            let ids: Vec<String> = diff.reworded.iter().map(ToString::to_string).collect();
            writeln!(f, "{}", ids.join(lang.pick("、", ", ")))?;
        }
        for section in Section::ALL {
            let mut changes = diff.section(*section).peekable();
            if changes.peek().is_some() {
                writeln!(f, "\n{}", section.name(lang))?;
            }
            for change in changes {
                writeln!(f, "- {}", change.show(lang))?;
            }
        }
        Ok(())
    }
}
