//! Every look that was taken under one request: by whom, at what, and what became of it.

use serde_json::Value;
use yuntu_app::help::{HELP_LOOKS_PAGE, ShownLook};
use yuntu_app::store::HelpLookOutcome;
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use super::{View, named};
use crate::console::receipts;
use crate::report::{Block, Link, Part, Section, opened, section};

impl View {
    pub(super) fn looks(&self, looks: &[ShownLook]) -> Section {
        let lang = self.lang;
        let title = lang.pick("每一次查看", "Every look");
        if looks.is_empty() {
            let text = self.t("还没有任何查看。", "Nothing was looked at yet.");
            return section("looks", title, vec![Block::Text(text)]);
        }
        let mut blocks = Vec::new();
        for it in looks {
            blocks.push(Block::Part(self.look(it)));
            if let HelpLookOutcome::Done(receipt) = it.look.outcome {
                let path = format!("{}/{receipt}", receipts::PATH);
                blocks.push(Block::Links(vec![Link {
                    note: receipt.to_string(),
                    ..self.link(&path, "收据", "Receipt")
                }]));
            }
        }
        let shown = (looks, HELP_LOOKS_PAGE);
        let earlier = ("更早的查看", "Earlier looks");
        let number = |it: &ShownLook| it.look.leaf.number();
        if let Some(mut older) = self.older(shown, &self.path(), number, earlier) {
            older.address.push_str("#looks");
            blocks.push(Block::Links(vec![older]));
        }
        section("looks", title, blocks)
    }

    fn look(&self, it: &ShownLook) -> Part {
        let lang = self.lang;
        let outcome = outcome(&it.look.outcome, lang);
        let who = named(it.name.as_deref(), it.role, it.look.operator, lang);
        let mut facts = vec![
            (self.t("谁", "Who"), who),
            (
                self.t("内容", "What"),
                opened(it.look.scope.name(lang), lang),
            ),
            (self.t("结果", "Outcome"), opened(&outcome, lang)),
        ];
        if let Some(statement) = &it.statement {
            facts.push((self.t("语句", "Statement"), statement.clone()));
        }
        Part {
            title: minute(it.look.at),
            facts,
        }
    }
}

/// Says what became of a look.
fn outcome(outcome: &HelpLookOutcome, lang: Lang) -> String {
    match outcome {
        HelpLookOutcome::Opened => lang
            .pick("已向其开放结构", "the structure was opened to her")
            .to_owned(),
        HelpLookOutcome::Permitted => lang
            .pick("已许可，未显示任何行", "permitted; no row was shown")
            .to_owned(),
        HelpLookOutcome::Done(_) => lang.pick("已显示数据行", "rows were shown").to_owned(),
        HelpLookOutcome::Stopped(reason) => {
            let what = reason.what(lang);
            lang.pick(format!("已停止：{what}"), format!("stopped: {what}"))
        }
        HelpLookOutcome::Refused(refusal) => {
            let texts = reasons(refusal, lang).join(lang.pick("；", "; "));
            lang.pick(format!("已拒绝：{texts}"), format!("refused: {texts}"))
        }
    }
}

/// Lists why a look was refused, as it was told.
fn reasons(refusal: &Value, lang: Lang) -> Vec<String> {
    let code = lang.pick("zh", "en");
    let list = refusal.get("reasons").and_then(Value::as_array);
    let what = |reason: &Value| {
        let text = reason.get("what")?.get(code)?.as_str()?;
        Some(text.to_owned())
    };
    list.into_iter().flatten().filter_map(what).collect()
}
