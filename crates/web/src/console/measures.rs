//! Measures of the platform against the enterprise: what stands and why, the answer to an ask for proof, the appeal.

use axum::response::Response;
use yuntu_app::measures::{MeasurePaper, MeasureWords, ShownMeasure};
use yuntu_app::policy::MeasureKind;
use yuntu_terms::{MeasureId, Sink, clause};

use super::Console;
use crate::either::measure_part;
use crate::files::{KINDS, Upload};
use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, section};
use crate::view::{Asked, Wrong};

pub(super) const PATH: &str = "/console/measures";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let done = match asked.done.as_str() {
        "sent" => view.lang.pick(
            "已提交，运营人员会答复。",
            "It is sent; an operator will answer.",
        ),
        _ => "",
    };
    view.show(done, None).await
}

/// Takes an answer or an appeal, with a paper where one comes along.
pub(super) async fn sent(view: View, upload: Upload) -> Result<Response, Problem> {
    clause::hit!(U5);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let id: MeasureId = fields.id("measure")?;
    let words = match MeasureWords::parse(fields.one("words")) {
        Ok(words) => words,
        Err(error) => return view.show("", Some((Wrong::of(error)?, &fields))).await,
    };
    let paper = (!bytes.is_empty()).then_some(MeasurePaper { name, bytes });
    let (platform, written) = (&view.site.platform, (&words, paper));
    let done = match fields.one("act") {
        "answer" => platform.answer_measure(&view.who.caller, id, written).await,
        "appeal" => platform.appeal_measure(&view.who.caller, id, written).await,
        _ => return Err(Problem::no_such_act()),
    };
    match done {
        Ok(()) => Ok(view.on_to(PATH, "sent")),
        Err(error) => view.show("", Some((Wrong::of(error)?, &fields))).await,
    }
}

impl View {
    async fn show(
        &self,
        done: &str,
        mut typed: Option<(Wrong, &Fields)>,
    ) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let found = platform.own_measures(&self.who.caller, Sink::Page).await?;
        let status = typed
            .as_ref()
            .map_or_else(|| Wrong::default().status(), |(wrong, _)| wrong.status());
        let (mut standing, mut over) = (Vec::new(), Vec::new());
        for it in &found {
            let part = Block::Part(measure_part(it, false, lang));
            if it.stands {
                standing.push(part);
                let id = it.measure.id.to_string();
                let own = typed.take_if(|(_, fields)| fields.one("measure") == id);
                standing.push(self.write(it, own));
            } else {
                over.push(part);
            }
        }
        let none = || Block::Text(lang.pick("没有。", "None.").to_owned());
        if standing.is_empty() {
            standing.push(none());
        }
        if over.is_empty() {
            over.push(none());
        }
        let sections = vec![
            section("standing", lang.pick("有效的措施", "In force"), standing),
            section("over", lang.pick("已结束", "Over"), over),
        ];
        let title = lang.pick("措施", "Measures");
        let mut frame = self.frame(title, PATH);
        frame.warning = None;
        frame.up = Some(self.up());
        done.clone_into(&mut frame.done);
        let lead = lang.pick(
            "平台对本企业采取的措施、理由与申诉。任何措施都不会删除数据，解除后一切恢复如前；只有关闭或收回时未接受的邀请随之作废，解除后须重新发出。",
            "What the platform does about this enterprise, why, and how to appeal. No measure deletes data; once lifted, everything is as it was. Only invitations that were open when an enterprise was closed or its account taken back end with that, and are sent anew once it is lifted.",
        );
        self.shown(frame, lead, sections, status)
    }

    /// Offers the answer to an ask for proof, and the appeal.
    fn write(&self, it: &ShownMeasure, typed: Option<(Wrong, &Fields)>) -> Block {
        let lang = self.lang;
        let words = typed.as_ref().map_or("", |(_, fields)| fields.one("words"));
        let mut acts = Vec::new();
        let asks = it.measure.told.kind == MeasureKind::AskProof;
        if asks {
            acts.push((
                "answer",
                lang.pick("提交证明", "Give the proof").to_owned(),
                false,
            ));
        }
        acts.push(("appeal", lang.pick("提出申诉", "Appeal").to_owned(), asks));
        let mut input = InputView::lines("words", lang.pick("说明", "In your words"))
            .with(words)
            .because(lang.pick(
                "必填，10 至 2000 个字符；加密保存。",
                "Necessary, 10 to 2000 characters; kept encrypted.",
            ))
            .needed();
        input.apart = it.measure.id.to_string();
        let mut file = InputView::file(lang.pick("证明文件", "A paper"), KINDS).because(lang.pick(
            "选填。PDF、PNG 或 JPEG；加密保存，仅供处理此措施的运营人员查看。",
            "Optional. PDF, PNG or JPEG; kept encrypted, and seen only by operators who handle the measure.",
        ));
        file.apart = it.measure.id.to_string();
        let form = FormView {
            hidden: vec![("measure", it.measure.id.to_string())],
            inputs: vec![input, file],
            acts,
            ..self.form("write", PATH)
        };
        Block::Form(Box::new(match typed {
            Some((wrong, _)) => wrong.into_form(form, lang),
            None => form,
        }))
    }
}
