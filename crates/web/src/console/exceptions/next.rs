//! The forms for what comes next with a use: invoke, confirm or decline, tell the people, end.

use yuntu_app::exceptions::{ExceptionAct, ExceptionUseView};
use yuntu_app::policy::ExceptionState;

use super::one::{Again, View};
use super::parts::paper_input;
use crate::report::{Block, FormView, InputView, Section, section};

impl View {
    /// What comes next, for whoever looks: invoke, confirm or decline, tell the people, end.
    pub(super) fn next(
        &self,
        view: &ExceptionUseView,
        mut again: Option<Again<'_>>,
    ) -> Option<Section> {
        let mut blocks = Vec::new();
        if view.may.contains(&ExceptionAct::Invoke) {
            blocks.push(Block::Text(self.missing(view)));
            let own = again.take_if(|it| it.at == "invoke");
            let label = self.t("援引", "Invoke it");
            blocks.push(self.act("invoke", Vec::new(), (label, false), own));
        }
        if view.state == ExceptionState::Invoked && !view.may.contains(&ExceptionAct::Confirm) {
            blocks.push(Block::Text(self.t(
                "等待另一人确认：所有者、管理员，或担任某项职能的人，但不能是援引的人。",
                "It waits for a second person: the owner, an admin, or somebody with a function, and never who invoked it.",
            )));
        }
        if view.may.contains(&ExceptionAct::Confirm) {
            blocks.push(Block::Text(self.t(
                "确认之后即按上述内容生效。请先阅读理由和每一份证明；您确认的是上面的摘要所代表的内容。",
                "Once you confirm it, it opens what stands above. Read why it is invoked and each proof first; what you confirm is what the digest above stands for.",
            )));
            let digest = view
                .found
                .digest
                .map_or_else(String::new, |it| it.to_string());
            let own = again.take_if(|it| it.at == "confirm");
            let label = self.t("确认", "Confirm it");
            blocks.push(self.act("confirm", vec![("digest", digest)], (label, false), own));
            let own = again.take_if(|it| it.at == "decline");
            blocks.push(self.with_reason("decline", self.t("拒绝确认", "Decline it"), own));
        }
        if view.found.owes_notice() && view.may.contains(&ExceptionAct::Control) {
            let own = again.take_if(|it| it.at == "notice");
            blocks.push(self.notice(own));
        }
        if view.may.contains(&ExceptionAct::End) {
            blocks.push(Block::Text(self.t(
                "终止立即生效：依此进行的工作停止，之后的工作被拒绝。终止不能恢复，但可以重新援引。",
                "Ending works at once: what runs on its ground stops, and later work is refused. It cannot be undone, but the exception can be invoked anew.",
            )));
            let own = again.take_if(|it| it.at == "end");
            blocks.push(self.with_reason("end", self.t("终止", "End it"), own));
        }
        let title = self.lang.pick("接下来", "What next");
        (!blocks.is_empty()).then(|| section("next", title, blocks))
    }

    fn missing(&self, view: &ExceptionUseView) -> String {
        if view.lacks.is_empty() {
            return self.t(
                "证明已齐。援引后内容不能再改，并等待另一人确认。",
                "Every proof is on record. Once invoked it cannot be changed, and it waits for a second person.",
            );
        }
        let lang = self.lang;
        let names = view.lacks.iter().map(|proof| proof.name(lang));
        let names = names.collect::<Vec<_>>().join(lang.pick("、", ", "));
        lang.pick(
            format!("尚缺：{names}。缺少任何一项都不能援引。"),
            format!("Still missing: {names}. Without each of them it cannot be invoked."),
        )
    }

    fn act(
        &self,
        id: &'static str,
        hidden: Vec<(&'static str, String)>,
        (label, beside): (String, bool),
        again: Option<Again<'_>>,
    ) -> Block {
        let form = FormView {
            hidden,
            acts: vec![(id, label, beside)],
            ..self.of(id, "")
        };
        let wrong = again.map_or_else(Default::default, |it| it.wrong);
        Block::Form(Box::new(wrong.into_form(form, self.lang)))
    }

    fn with_reason(&self, id: &'static str, label: String, again: Option<Again<'_>>) -> Block {
        let typed = again.as_ref().map_or("", |it| it.typed.one("reason"));
        let label_of_reason = match id {
            "decline" => self.t("拒绝的理由", "Why it is declined"),
            _ => self.t("终止的理由", "Why it ends"),
        };
        let reason = InputView::line("reason", label_of_reason)
            .with(typed)
            .because(self.t(
                "一行，最多 200 个字符；请勿写入个人信息。",
                "One line of at most 200 characters; no personal data belongs here.",
            ))
            .needed();
        let form = FormView {
            inputs: vec![reason],
            acts: vec![(id, label, true)],
            ..self.of(id, "")
        };
        let wrong = again.map_or_else(Default::default, |it| it.wrong);
        Block::Form(Box::new(wrong.into_form(form, self.lang)))
    }

    fn notice(&self, again: Option<Again<'_>>) -> Block {
        let form = FormView {
            hidden: vec![("proof", String::from("notice"))],
            inputs: vec![paper_input(self.lang)],
            acts: vec![(
                "notice",
                self.t("登记已告知本人", "Record that people were told"),
                true,
            )],
            ..self.of("notice", "/papers")
        };
        let wrong = again.map_or_else(Default::default, |it| it.wrong);
        Block::Form(Box::new(wrong.into_form(form, self.lang)))
    }
}
