//! The papers of an application: what is there, and the forms to add and remove one.

use yuntu_app::certification::{ApplicationView, CertificationError, FileView};
use yuntu_app::policy::ApplicationField;
use yuntu_app::words::minute;

use super::View;
use crate::console::certification::{Again, PATH, form};
use crate::files::KINDS;
use crate::report::{Block, FormView, InputView, Link, Section, section};

impl View {
    pub(super) fn files(&self, view: &ApplicationView, again: &Again<'_>) -> Vec<Section> {
        let papers = [
            (ApplicationField::Letter, "letter"),
            (ApplicationField::Licence, "licence"),
        ];
        let fields = papers.iter().filter_map(|(code, anchor)| {
            let field = self.about.fields.iter().find(|field| field.code == *code)?;
            Some((field, *anchor))
        });
        fields
            .map(|(field, anchor)| {
                let mut blocks = Self::listed(view, field.code);
                for file in view
                    .files
                    .iter()
                    .filter(|it| it.document.field == field.code)
                {
                    blocks.push(Block::Form(Box::new(self.removal(view, file))));
                }
                let label = self.t(
                    "选择文件（PDF、PNG 或 JPEG，最大 5 MiB）",
                    "Choose a file (PDF, PNG or JPEG, at most 5 MiB)",
                );
                let mut input = InputView::file(label, KINDS).because(form::note(field, self.lang));
                if again.upload == Some(field.code) {
                    let text = again.error.as_ref().map(CertificationError::text);
                    input.wrong = text.map(|text| text.get(self.lang).to_owned());
                }
                let mut upload = FormView {
                    action: self.address(&format!("{PATH}/files")),
                    inputs: vec![input],
                    wrong_lead: self.lang.pick("文件未被保存", "The file was not kept"),
                    acts: vec![("add", self.t("上传", "Upload"), false)],
                    ..self.of(anchor, view)
                };
                upload.hidden.push(("field", field.code.code().to_owned()));
                blocks.push(Block::Form(Box::new(upload)));
                section(anchor, field.name.get(self.lang), blocks)
            })
            .collect()
    }

    pub(super) fn listed(view: &ApplicationView, code: ApplicationField) -> Vec<Block> {
        let own = view.files.iter().filter(|it| it.document.field == code);
        let links: Vec<_> = own
            .map(|file| Link {
                address: format!("{PATH}/files/{}", file.document.id),
                text: file.name.clone().unwrap_or_default(),
                note: format!(
                    "{} KiB, {}",
                    file.document.size_bytes.div_ceil(1_024),
                    minute(file.document.created)
                ),
            })
            .collect();
        if links.is_empty() {
            return Vec::new();
        }
        vec![Block::Links(links)]
    }

    fn removal(&self, view: &ApplicationView, file: &FileView) -> FormView {
        let name = file.name.as_deref().unwrap_or_default();
        let label = self
            .lang
            .pick(format!("删除“{name}”"), format!("Remove “{name}”"));
        let mut form = FormView {
            acts: vec![("remove", label, true)],
            ..self.of("remove", view)
        };
        form.hidden.push(("document", file.document.id.to_string()));
        form
    }
}
