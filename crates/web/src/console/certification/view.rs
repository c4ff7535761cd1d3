//! The page of one enterprise's certification: where it stands, what is asked, what happened and who looked.

mod papers;

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::certification::{ApplicationView, Certification, Field, NoteView, industries};
use yuntu_app::policy::{ApplicationField, ApplicationState};
use yuntu_app::words::minute;

use super::{Again, PATH, form};
use crate::console::Console;
use crate::either::{account_standing, history_table, status_of};
use crate::problem::Problem;
use crate::report::{Block, FormView, Section, opened, section};
use crate::view::Wrong;

/// The page of one enterprise's certification.
pub(super) struct Topic {
    pub(super) fields: Vec<Field>,
}

type View = Console<Topic>;

impl View {
    pub(super) fn show(
        &self,
        enterprise: &str,
        found: &Certification,
        done: &str,
        again: &Again<'_>,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let error = again.error.as_ref();
        let wrong = error.map_or_else(Wrong::default, |error| {
            form::wrong(error, &self.about.fields)
        });
        let status = error.map_or(StatusCode::OK, status_of);
        let mut sections = vec![self.state(found, done)];
        if let Some(view) = &found.current {
            let editable = view.application.state.is_editable();
            if editable {
                sections.extend(self.files(view, again));
                sections.push(self.apply((view, found.assessed), again, wrong));
            } else {
                sections.push(self.told(view));
            }
            sections.push(self.history(&view.history));
        }
        sections.push(self.looks(found));
        let title = lang.pick("企业认证", "Certification of the enterprise");
        let frame = self.frame(title, PATH);
        let lead = lang.pick(
            format!("{enterprise}。认证核验企业的身份和您代表它的授权；每一项为何需要、是否必填、保存多久，都写在旁边。"),
            format!("{enterprise}. Certification checks who the enterprise is and that you may act for it; beside each field stands why it is asked, whether it is necessary and how long it is kept."),
        );
        self.shown(frame, lead, sections, status)
    }

    fn of(&self, id: &'static str, view: &ApplicationView) -> FormView {
        FormView {
            hidden: vec![("application", view.application.id.to_string())],
            ..self.form(id, PATH)
        }
    }

    fn state(&self, found: &Certification, done: &str) -> Section {
        let lang = self.lang;
        let mut facts = Vec::new();
        let certified = found.certified.map_or_else(
            || self.t("尚无", "none yet"),
            |period| {
                let (from, until) = (minute(period.from), minute(period.until));
                lang.pick(format!("{from} 至 {until}"), format!("{from} to {until}"))
            },
        );
        facts.push((self.t("有效期", "In force"), certified));
        if let Some(view) = &found.current {
            let application = &view.application;
            let state = application.state.name();
            facts.push((
                self.t("申请状态", "Application"),
                opened(state.get(lang), lang),
            ));
            facts.push((self.t("开始于", "Begun"), minute(application.created)));
            if let Some(submitted) = application.submitted {
                facts.push((self.t("提交于", "Submitted"), minute(submitted)));
            }
            if application.submitted.is_some() {
                let account = account_standing(&view.payments, view.account_verified, lang);
                facts.push((
                    self.t("银行账户核验", "Bank account"),
                    opened(&account, lang),
                ));
            }
            if let Some(decided) = application.decided {
                facts.push((self.t("办结于", "Ended"), minute(decided)));
            }
        }
        let mut blocks = Vec::new();
        if let Some(text) = self.done(done) {
            blocks.push(Block::Note(text));
        }
        blocks.push(Block::Facts(facts));
        let state = found.current.as_ref().map(|view| view.application.state);
        match (&found.current, state) {
            (Some(view), Some(ApplicationState::Submitted)) => {
                let withdraw = FormView {
                    acts: vec![(
                        "withdraw",
                        self.t("撤回申请", "Take the application back"),
                        true,
                    )],
                    ..self.of("withdraw", view)
                };
                blocks.push(Block::Form(Box::new(withdraw)));
            }
            (Some(_), Some(state)) if state.is_open() => {}
            (_, _) => {
                blocks.push(Block::Text(self.t(
                    "开始一份新的申请。到期之前或之后都可以重新认证；草稿会保存，提交之前只有本企业能看到。",
                    "Begin a new application. You can renew before or after the certification ends; a draft is kept, and nobody outside the enterprise sees it before you submit it.",
                )));
                let begin = FormView {
                    acts: vec![("begin", self.t("开始申请", "Begin an application"), false)],
                    ..self.form("begin", PATH)
                };
                blocks.push(Block::Form(Box::new(begin)));
            }
        }
        section("state", lang.pick("状态", "Where it stands"), blocks)
    }

    fn done(&self, done: &str) -> Option<String> {
        let (zh, en) = match done {
            "begun" => (
                "已开始申请，请逐项填写。",
                "The application is begun; please fill it in.",
            ),
            "saved" => ("草稿已保存。", "The draft is saved."),
            "added" => ("文件已加密保存。", "The file is kept, encrypted."),
            "removed" => ("文件已删除。", "The file is erased."),
            "submitted" => (
                "申请已提交，等待审核。",
                "The application is submitted and waits for review.",
            ),
            "withdrawn" => ("申请已撤回。", "The application is taken back."),
            _ => return None,
        };
        Some(self.t(zh, en))
    }

    fn apply(
        &self,
        (view, assessed): (&ApplicationView, bool),
        again: &Again<'_>,
        wrong: Wrong,
    ) -> Section {
        let lang = self.lang;
        let again_in_form = (again.typed, again.error.as_ref());
        let inputs = form::inputs(&self.about.fields, view, again_in_form, (assessed, lang));
        let mut acts = vec![("save", self.t("保存草稿", "Save the draft"), false)];
        // What could only be refused is not offered.
        if assessed {
            let submit = self.t("保存并提交审核", "Save and submit for review");
            acts.push(("submit", submit, false));
        }
        let give_up = self.t("放弃此申请", "Give up this application");
        acts.push(("withdraw", give_up, true));
        let form = FormView {
            inputs,
            acts,
            ..self.of("apply", view)
        };
        let form = if again.upload.is_some() {
            form
        } else {
            wrong.into_form(form, lang)
        };
        let mut blocks = Vec::new();
        if view.application.state == ApplicationState::Asked {
            let last = view.application.submitted;
            let asked = view
                .history
                .iter()
                .filter(|note| note.state == ApplicationState::Asked && Some(note.at) >= last);
            let asked = asked.map(|note| (self.about(note), note.text.clone().unwrap_or_default()));
            blocks.push(Block::Text(self.t(
                "审核人员请您补正以下各项：",
                "The reviewer asks you to mend or answer this:",
            )));
            blocks.push(Block::Facts(asked.collect()));
        }
        if !assessed {
            blocks.push(Block::Note(self.t(
                "平台的个人信息保护影响评估尚未生效，暂不收集身份证号与银行账户，故申请还不能提交；其余各项可以先填写并保存。",
                "The platform's impact assessment is not in force, so identity number and bank account are not asked for yet and the application cannot be submitted; everything else can be filled in and saved.",
            )));
        }
        blocks.push(Block::Form(Box::new(form)));
        section("form", lang.pick("申请表", "The form"), blocks)
    }

    fn told(&self, view: &ApplicationView) -> Section {
        let lang = self.lang;
        let told = self.about.fields.iter().filter_map(|field| {
            let value = view.values.get(&field.code)?.text();
            let industry = industries()
                .find(|(code, _)| field.code == ApplicationField::Industry && *code == value);
            let value =
                industry.map_or_else(|| value.to_owned(), |(_, name)| name.get(lang).to_owned());
            Some((field.name.get(lang).to_owned(), value))
        });
        let mut blocks = vec![Block::Facts(told.collect())];
        for code in [ApplicationField::Letter, ApplicationField::Licence] {
            blocks.extend(Self::listed(view, code));
        }
        if view.application.sensitive_erased.is_some() {
            blocks.push(Block::Note(self.t(
                "审核办结已满三十日，身份证号与银行账户的原号码已删除。",
                "Thirty days after the review the identity number and the bank account were erased.",
            )));
        }
        section(
            "told",
            lang.pick("已提交的内容", "What was handed in"),
            blocks,
        )
    }

    fn about(&self, note: &NoteView) -> String {
        let field = note
            .field
            .and_then(|code| self.about.fields.iter().find(|it| it.code == code));
        field.map_or_else(
            || self.t("总体", "In general"),
            |field| field.name.get(self.lang).to_owned(),
        )
    }

    fn history(&self, history: &[NoteView]) -> Section {
        let lang = self.lang;
        let title = lang.pick("经过", "What happened so far");
        if history.is_empty() {
            let text = self.t("尚未提交。", "Nothing was submitted yet.");
            return section("history", title, vec![Block::Text(text)]);
        }
        let who = [
            self.t("本企业", "your enterprise"),
            self.t("审核人员", "the reviewer"),
        ];
        let table = history_table(self, history, &who, |note| self.about(note));
        section("history", title, vec![Block::Table(table)])
    }

    fn looks(&self, found: &Certification) -> Section {
        let lang = self.lang;
        let title = lang.pick("谁查看过被遮挡的内容", "Looks at what is masked");
        let text = self.t(
            "审核人员只有先写明理由，才能看到被遮挡的一项；每次查看在显示之前就记入账本和这里。",
            "A reviewer sees a masked item only after giving a reason; each look is in the ledger, and here, before anything is shown.",
        );
        let mut blocks = vec![Block::Text(text)];
        if found.looks.is_empty() {
            blocks.push(Block::Note(
                self.t("还没有人查看过。", "Nobody has looked yet."),
            ));
            return section("looks", title, blocks);
        }
        let rows = found.looks.iter().map(|look| {
            let field = self
                .about
                .fields
                .iter()
                .find(|field| field.code == look.field);
            let reason = look.reason.text();
            vec![
                minute(look.at),
                field.map_or_else(String::new, |field| field.name.get(lang).to_owned()),
                opened(reason.get(lang), lang),
            ]
        });
        blocks.push(Block::Table(self.table(
            self.t("每次查看，最近的在前", "Each look, the latest first"),
            &[("时间", "When"), ("看了什么", "What"), ("理由", "Why")],
            rows,
        )));
        section("looks", title, blocks)
    }
}
