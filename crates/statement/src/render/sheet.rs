use yuntu_terms::Lang;

/// The form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Markdown,
    Plain,
}

impl Form {
    /// Writes a value of the installation: the address of a site becomes a link where the form has links.
    pub(super) fn value(self, text: &str) -> String {
        match self {
            Self::Markdown if is_address(text) => format!("<{text}>"),
            Self::Markdown | Self::Plain => self.escape(text),
        }
    }

    /// Makes foreign text harmless in this form.
    fn escape(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Markdown => text
                .chars()
                .flat_map(|c| {
                    let special = matches!(
                        c,
                        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|'
                    );
                    special.then_some('\\').into_iter().chain([c])
                })
                .collect(),
        }
    }
}

/// Says whether a text is the address of a site and nothing beside it that would end a link or a cell of a table.
fn is_address(text: &str) -> bool {
    let begins = ["https://", "http://"]
        .iter()
        .any(|it| text.starts_with(it));
    let ends = |c: char| c.is_whitespace() || c.is_control() || r"<>|\`".contains(c);
    begins && !text.contains(ends)
}

/// What stands below one heading, line by line: a paragraph or a row of a table each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The level of the heading, from 1.
    pub(crate) level: usize,
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
}

/// A document being written.
#[derive(Debug)]
pub(super) struct Sheet {
    form: Form,
    lang: Lang,
    text: String,
    parts: Vec<Part>,
}

impl Sheet {
    pub(super) fn new(form: Form, lang: Lang) -> Self {
        Self {
            form,
            lang,
            text: String::new(),
            parts: Vec::new(),
        }
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if self.form == Form::Markdown {
            self.text.push_str(&"#".repeat(level));
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.text.push('\n');
        self.parts.push(Part {
            level,
            title: text.to_owned(),
            lines: Vec::new(),
        });
    }

    fn note_line(&mut self, line: &str) {
        if let Some(part) = self.parts.last_mut() {
            part.lines.push(line.to_owned());
        }
    }

    /// Writes paragraphs, which blank lines part.
    pub(super) fn paragraphs(&mut self, text: &str) {
        for paragraph in text.trim().split("\n\n") {
            self.text.push('\n');
            self.text.push_str(paragraph.trim());
            self.text.push('\n');
            self.note_line(paragraph.trim());
        }
    }

    /// Writes a table; in plain text each row becomes a line of `name: value` pairs.
    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        self.text.push('\n');
        match self.form {
            Form::Markdown => {
                self.markdown_row(head.iter().copied());
                self.markdown_row(head.iter().map(|_| "---"));
                for row in rows {
                    self.markdown_row(row.iter().map(String::as_str));
                }
            }
            Form::Plain => {
                let (colon, stop) = self.lang.pick(("：", "；"), (": ", "; "));
                for row in rows {
                    let cells: Vec<String> = head
                        .iter()
                        .zip(row)
                        .map(|(name, cell)| format!("{name}{colon}{cell}"))
                        .collect();
                    let line = cells.join(stop);
                    self.text.push_str("- ");
                    self.text.push_str(&line);
                    self.text.push('\n');
                    self.note_line(&line);
                }
            }
        }
    }

    fn markdown_row<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        self.text.push('|');
        for cell in cells {
            self.text.push(' ');
            self.text.push_str(cell);
            self.text.push_str(" |");
        }
        self.text.push('\n');
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    pub(super) fn into_parts(self) -> Vec<Part> {
        self.parts
    }
}
