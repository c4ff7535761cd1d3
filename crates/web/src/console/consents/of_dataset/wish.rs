//! The way beyond a scope: whom another purpose would reach, and the list of those to ask.

use axum::response::Response;
use yuntu_app::policy::{Standing, recipient_fits};
use yuntu_app::store::Dataset;
use yuntu_app::words::{grouped, operation_text};
use yuntu_app::{Reach, Widening};
use yuntu_terms::{DatasetId, InstructionId, Operation, Recipient, Text};

use super::{Sending, View, path};
use crate::api::consents::widening::download;
use crate::console::choices::recipient;
use crate::console::consents::person::identifier;
use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, opened, section};
use crate::view::Wrong;

impl View {
    pub(super) async fn wish(
        &self,
        dataset: &Dataset,
        (typed, reach): (&Fields, Option<Reach>),
        wrong: Wrong,
    ) -> Result<Section, Problem> {
        let lang = self.lang;
        let title = lang.pick("超出范围：征询同意", "Beyond the scope: ask for consent");
        let text = self.t(
            "选择想要的目的、操作与接收方，查看能触达多少人、应征询多少人、多少人已拒绝。名单只交给本企业，只含同意了指示目的的人，格式即同意文件：填上各人的答复与证明后上传，此后的运行只多准入同意的人。尚无人同意任何目的时不能导出名单：平台没有依据读取他们的标识，请由企业以自己的方式征询，再上传同意文件。",
            "Choose the purpose, the operation and the recipient you would like: see how many it reaches, how many are to be asked and how many said no. The list goes to this enterprise alone and holds only people who agreed to the purpose of the instruction. It is a consent file: fill in what each of them says with the proof, upload it, and the next run admits exactly those who agreed. Where nobody has agreed to anything yet no list is made, since nothing allows the platform to read their identifiers: ask them by your own means, and upload the file of consents.",
        );
        let mut blocks = vec![Block::Text(text)];
        if let Some(reach) = reach {
            blocks.push(Block::Facts(self.reach(&reach)));
        }
        let caller = &self.who.caller;
        let instructions = self.site.platform.list_instructions(caller, None).await?;
        let now = self.site.platform.now();
        let usable = instructions.iter().filter(|it| !it.is_to_import());
        let usable = usable.map(|it| &it.facts).filter(|it| {
            it.datasets.contains(&dataset.id)
                && it.standing == Some(Standing::Active)
                && it.period.is_some_and(|period| period.holds(now))
        });
        let options: Vec<_> = usable
            .map(|it| {
                let id = it.id.to_string();
                let names: Vec<_> = it.purposes.iter().map(|it| self.purpose(it)).collect();
                let on = id == typed.one("instruction");
                (id, names.join(lang.pick("；", "; ")), on)
            })
            .collect();
        if options.is_empty() {
            blocks.push(Block::Text(self.t(
                "没有涉及此数据集的有效指示；请先登记指示。",
                "No instruction in force names this dataset; record one first.",
            )));
            return Ok(section("wish", title, blocks));
        }
        let form = FormView {
            inputs: vec![
                InputView::one("instruction", self.t("依据的指示", "On which instruction"), options).because(self.t("必填。许可以此指示为依据，只用于他们已同意的目的。", "Necessary. The permit stands on it, for the purpose that they did agree to.")),
                self.purposes("agreed", self.t("他们已同意的目的", "The purpose they agreed to"), typed.one("agreed")),
                self.purposes("wanted", self.t("想要的目的", "The purpose that is wanted"), typed.one("wanted")),
                self.operation(typed),
                self.recipient(typed).await?,
                self.identifiers(typed.one("kind")).because(self.t(
                    "名单以此标识列出；只有导入时选择保留原值的标识可以列出。",
                    "The list names people by it; only identifiers that were kept sealed at the import can be listed.",
                )),
            ],
            acts: vec![
                ("reach", self.t("查看人数", "Show how many"), false),
                ("list", self.t("导出征询名单（CSV）", "Export whom to ask (CSV)"), true),
            ],
            ..self.form("wish", &path(dataset.id))
        };
        let form = wrong.into_form(form, lang);
        blocks.push(Block::Form(Box::new(form)));
        Ok(section("wish", title, blocks))
    }

    fn operation(&self, typed: &Fields) -> InputView {
        let chosen = match typed.one("operation") {
            "" => Operation::Process.code(),
            sent => sent,
        };
        let options = Operation::ALL.map(|it| {
            let text = opened(operation_text(it).get(self.lang), self.lang);
            (it.code().to_owned(), text, it.code() == chosen)
        });
        InputView::one("operation", self.t("想要的操作", "The operation that is wanted"), options.to_vec())
            .because(self.t(
                "必填。共享、转让与公开须征得单独同意，名单按此征询。",
                "Necessary. To share, transfer or make public takes separate consent, and the list asks for that.",
            ))
    }

    async fn recipient(&self, typed: &Fields) -> Result<InputView, Problem> {
        let chosen = match typed.one("recipient") {
            "" => Recipient::Enterprise.to_string(),
            sent => sent.to_owned(),
        };
        let offered = self.recipient_choices().await?.into_iter();
        let options = offered.map(|(recipient, label)| {
            let value = recipient.to_string();
            let on = value == chosen;
            (value, label, on)
        });
        let label = self.t("想要的接收方", "The recipient that is wanted");
        Ok(InputView::one("recipient", label, options.collect()).because(self.t(
            "必填。处理由本企业或受托方进行；共享与转让给合作方；公开面向公众。",
            "Necessary. The enterprise or an entrusted processor processes; with a partner data is shared, or transferred to it; what is made public goes to the public.",
        )))
    }

    fn reach(&self, reach: &Reach) -> Vec<(String, String)> {
        vec![
            (
                self.t("数据集中的人", "People in the dataset"),
                grouped(reach.people),
            ),
            (
                self.t("现在即可触达", "Reached at once"),
                grouped(reach.reached),
            ),
            (self.t("应征询", "To be asked"), grouped(reach.to_ask)),
            (
                self.t(
                    "其中同意指示目的、可凭名单征询（名单只列已保留标识的人）",
                    "Of them agreed to the purpose of the instruction (the list names those whose identifier is kept)",
                ),
                grouped(reach.to_ask_listed),
            ),
            (
                self.t("已拒绝或撤回，不再征询", "Said no, not to be asked again"),
                grouped(reach.declined),
            ),
            (
                self.t(
                    "不得触达（已删除、暂停或未成年）",
                    "Barred (erased, suspended, minors)",
                ),
                grouped(reach.barred),
            ),
        ]
    }

    pub(super) async fn widen(&self, id: DatasetId, fields: &Fields) -> Result<Response, Problem> {
        let sending = |wrong, reach| Sending {
            typed: Some(fields),
            wrong,
            reach,
            ..Sending::default()
        };
        let chosen = wish_of(id, fields).zip(identifier(fields.one("kind")));
        if let Some((wish, _)) = &chosen
            && !recipient_fits(wish.operation, wish.recipient)
        {
            let text = Text::new(
                "接收方与操作不相符：处理由本企业或受托方进行，共享与转让给合作方，公开面向公众",
                "The recipient does not fit the operation: the enterprise or an entrusted processor processes, with a partner data is shared, or transferred to it, and what is made public goes to the public.",
            );
            let wrong = Wrong::field("recipient", text);
            return self.of_dataset(id, sending(wrong, None)).await;
        }
        let Some((wish, kind)) = chosen else {
            let text = Text::new("请从列表中选择", "Choose from the lists.");
            let wrong = Wrong::field("", text);
            return self.of_dataset(id, sending(wrong, None)).await;
        };
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        if fields.one("act") == "list" {
            return match platform.list_to_ask(caller, &wish, kind).await {
                Ok(list) => download(list).await,
                Err(error) => {
                    let wrong = Wrong::of(error)?;
                    self.of_dataset(id, sending(wrong, None)).await
                }
            };
        }
        match platform.consent_reach(caller, &wish).await {
            Ok(reach) => {
                self.of_dataset(id, sending(Wrong::default(), Some(reach)))
                    .await
            }
            Err(error) => {
                let wrong = Wrong::of(error)?;
                self.of_dataset(id, sending(wrong, None)).await
            }
        }
    }
}

fn wish_of(dataset: DatasetId, fields: &Fields) -> Option<Widening> {
    let instruction: InstructionId = fields.one("instruction").parse().ok()?;
    Some(Widening {
        dataset,
        agreed: fields.one("agreed").parse().ok()?,
        instruction,
        wanted: fields.one("wanted").parse().ok()?,
        operation: match fields.one("operation") {
            "" => Operation::Process,
            typed => typed.parse().ok()?,
        },
        recipient: match fields.one("recipient") {
            "" => Recipient::Enterprise,
            typed => recipient(typed)?,
        },
    })
}
