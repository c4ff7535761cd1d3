//! One person's consents: every record with its source and what it rests on, and a withdrawal for her. Who she is travels in
//! the body of a request and never in an address.

use axum::response::Response;
use yuntu_app::consent::{ConsentRecord, ConsentSource};
use yuntu_app::lake::IdentifierKind;
use yuntu_app::words::{consent_kind_text, consent_status_text, minute, operation_text};
use yuntu_app::{AppError, PersonConsents};
use yuntu_terms::{Pii, Purpose, Sink, Text};

use super::{PATH, View};
use crate::console::choices::RecipientNames;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, section};
use crate::view::Wrong;

const PERSON: &str = "/console/consents/person";

pub(in crate::console) async fn page(view: View) -> Result<Response, Problem> {
    view.person(None, &Fields::default(), Wrong::default())
        .await
}

/// Looks at a person's records, or withdraws for her.
pub(in crate::console) async fn sent(
    view: View,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let Some(kind) = identifier(fields.one("kind")) else {
        let wrong = Wrong::field("kind", unknown_kind());
        return view.person(None, &fields, wrong).await;
    };
    let value = Pii::new(fields.one("value").trim().to_owned());
    let platform = &view.site.platform;
    if fields.one("act") == "withdraw" {
        let Ok(purpose) = fields.one("withdrawn").parse::<Purpose>() else {
            let text = Text::new("请选择目的", "Choose a purpose.");
            return view
                .person(None, &fields, Wrong::field("withdrawn", text))
                .await;
        };
        let done = platform.withdraw(&view.who.caller, &kind, &value, &purpose);
        return match done.await {
            Ok(_) => Ok(view.on_to(PATH, "withdrawn")),
            Err(AppError::Missing { .. }) => {
                view.person(None, &fields, Wrong::field("value", nobody()))
                    .await
            }
            Err(error) => Err(error.into()),
        };
    }
    match platform
        .person_consents(
            &view.who.caller,
            &kind,
            &value,
            fields.one("before").parse().ok(),
        )
        .await
    {
        Ok(found) => view.person(Some(&found), &fields, Wrong::default()).await,
        Err(AppError::Missing { .. }) => {
            view.person(None, &fields, Wrong::field("value", nobody()))
                .await
        }
        Err(error) => Err(error.into()),
    }
}

fn nobody() -> Text {
    Text::new(
        "企业的数据中没有此人；请核对标识及其种类",
        "Nobody in the enterprise's data has this identifier; check it and its kind.",
    )
}

fn unknown_kind() -> Text {
    Text::new("请选择标识的种类", "Choose the kind of identifier.")
}

/// Reads the code of a kind of identifier.
pub(super) fn identifier(code: &str) -> Option<IdentifierKind> {
    let kinds = [
        IdentifierKind::MemberId,
        IdentifierKind::Phone,
        IdentifierKind::Email,
        IdentifierKind::Oaid,
        IdentifierKind::Idfa,
    ];
    kinds.into_iter().find(|kind| kind.code() == code)
}

impl View {
    /// Lists the kinds of identifier to choose one of.
    pub(super) fn identifiers(&self, chosen: &str) -> InputView {
        let options = [
            ("member_id", "会员号", "Member number"),
            ("phone", "手机号或电话", "Telephone number"),
            ("email", "邮箱", "Mail address"),
            ("oaid", "OAID", "OAID"),
            ("idfa", "IDFA", "IDFA"),
        ];
        let options =
            options.map(|(code, zh, en)| (code.to_owned(), self.t(zh, en), code == chosen));
        InputView::one(
            "kind",
            self.t("标识的种类", "Kind of identifier"),
            options.to_vec(),
        )
        .because(self.t(
            "必填。只用来找到此人，任何日志都不保留。",
            "Necessary, only to find the person; no log keeps it.",
        ))
    }

    async fn person(
        &self,
        found: Option<&PersonConsents>,
        typed: &Fields,
        wrong: Wrong,
    ) -> Result<Response, Problem> {
        let status = wrong.status();
        let lang = self.lang;
        let mut sections = Vec::new();
        if let Some(found) = found {
            let names = self.recipient_names().await?;
            sections.push(self.records((found, &names), typed));
        }
        let withdrawing = typed.one("act") == "withdraw";
        let (look_wrong, withdraw_wrong) = if withdrawing {
            (Wrong::default(), wrong)
        } else {
            (wrong, Wrong::default())
        };
        sections.push(self.look(typed, look_wrong));
        sections.push(self.withdrawal(typed, withdraw_wrong));
        let title = lang.pick("一位客户的同意", "One customer's consents");
        let frame = self
            .frame(title, PERSON)
            .below(self.link(PATH, "同意", "Consents"));
        let lead = self.t(
            "每次查看都先记入账本和您本人的操作日志，然后才显示。标识不会出现在地址或日志中。",
            "Each look is in the ledger and in your own log before anything is shown. The identifier stands in no address and no log.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn look(&self, typed: &Fields, wrong: Wrong) -> Section {
        let form = FormView {
            inputs: vec![
                self.identifiers(typed.one("kind")),
                self.value(typed.one("value")),
            ],
            acts: vec![("look", self.t("查看记录", "Show the records"), false)],
            ..self.form("look", PERSON)
        };
        let form = wrong.into_form(form, self.lang);
        let title = self.lang.pick("查看", "Look");
        section("look", title, vec![Block::Form(Box::new(form))])
    }

    fn value(&self, typed: &str) -> InputView {
        InputView::line("value", self.t("标识", "Identifier"))
            .with(typed)
            .needed()
            .because(self.t(
                "必填。只用来找到此人，任何日志都不保留。",
                "Necessary, only to find the person; no log keeps it.",
            ))
    }

    fn withdrawal(&self, typed: &Fields, wrong: Wrong) -> Section {
        let label = self.t("撤回的目的", "The purpose that is withdrawn");
        let form = FormView {
            inputs: vec![
                self.identifiers(typed.one("kind")),
                self.value(typed.one("value")),
                self.purposes("withdrawn", label, typed.one("withdrawn")).because(self.t(
                    "其下的目的一并撤回，涉及任何操作与任何接收方。",
                    "The purposes below it are withdrawn with it, for every operation and every recipient.",
                )),
            ],
            acts: vec![("withdraw", self.t("登记撤回", "Record the withdrawal"), false)],
            ..self.form("withdraw", PERSON)
        };
        let form = wrong.into_form(form, self.lang);
        let text = self.t(
            "客户向企业提出撤回后在此登记。提交成功即已持久保存：此后开始的任何运行都不再读取此人用于该目的，正在进行的名单导出会中止。",
            "Record here what a customer asked the enterprise for. Once it is answered it is durable: no run that starts afterwards reads this person for that purpose, and an export under way is cut.",
        );
        let title = self.lang.pick("撤回", "Withdraw");
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("withdraw", title, blocks)
    }

    fn records(
        &self,
        (found, names): (&PersonConsents, &RecipientNames),
        typed: &Fields,
    ) -> Section {
        let mut facts = Vec::new();
        if found.erased {
            facts.push((self.t("状态", "State"), self.t("已删除", "erased")));
        }
        if found.restricted {
            facts.push((
                self.t("状态", "State"),
                self.t("暂停处理", "processing is suspended"),
            ));
        }
        if let Some(until) = found.minor_until {
            facts.push((self.t("未成年至", "A minor until"), minute(until)));
        }
        if found.numbers > 1 {
            let known = self.lang.pick(
                format!(
                    "此人先后有 {} 个编号，后经一行数据得知是同一人。各编号所说以最严者为准，不论先后：在一个编号下的拒绝、撤回或暂停对此人整体有效，须以同一标识改变；同意只对所指编号有效。",
                    found.numbers
                ),
                format!(
                    "Known under {} numbers, until a row of data showed that they are one person. The strictest of what is said under each counts, whenever it was said: a refusal, a withdrawal or a suspension under one takes the whole person out until it is changed by the same identifier; a consent counts only for the number it names.",
                    found.numbers
                ),
            );
            facts.push((self.t("合并", "Joined"), known));
        }
        let mut blocks = Vec::new();
        if !facts.is_empty() {
            blocks.push(Block::Facts(facts));
        }
        if found.records.is_empty() {
            blocks.push(Block::Text(self.t(
                "此人在数据中，但没有任何同意记录。",
                "This person is in the data and no record says anything of her consent.",
            )));
        } else {
            let is_all = found.more_before.is_none() && typed.one("before").is_empty();
            let caption = if is_all {
                self.t("全部记录，最新在前", "Every record, the latest first")
            } else {
                self.t(
                    "一部分记录，最新在前；其余见“更早的记录”",
                    "Some of the records, the latest first; go on by “Earlier records”",
                )
            };
            blocks.push(Block::Table(
                self.table(
                    caption,
                    &[
                        ("生效", "From"),
                        ("到期", "Until"),
                        ("状态", "Status"),
                        ("目的", "Purpose"),
                        ("操作与接收方", "Operation and recipient"),
                        ("方式", "How"),
                        ("来源", "Source"),
                        ("依据", "Proof"),
                    ],
                    found
                        .records
                        .iter()
                        .map(|it| self.record((found, names), &it.record)),
                ),
            ));
        }
        if let Some(before) = found.more_before {
            blocks.push(Block::Form(Box::new(self.earlier(before, typed))));
        }
        section("records", self.lang.pick("记录", "Records"), blocks)
    }

    /// The way to the records before those that are shown.
    fn earlier(&self, before: u64, typed: &Fields) -> FormView {
        FormView {
            hidden: vec![
                ("kind", typed.one("kind").to_owned()),
                ("value", typed.one("value").to_owned()),
                ("before", before.to_string()),
            ],
            acts: vec![("look", self.t("更早的记录", "Earlier records"), false)],
            ..self.form("earlier", PERSON)
        }
    }

    fn record(
        &self,
        (found, names): (&PersonConsents, &RecipientNames),
        record: &ConsentRecord,
    ) -> Vec<String> {
        let lang = self.lang;
        let recipient = names.of(record.recipient);
        let operation = operation_text(record.operation);
        vec![
            minute(record.from),
            record.until.map_or_else(|| String::from("–"), minute),
            consent_status_text(record.status).get(lang).to_owned(),
            self.purpose(&record.purpose),
            lang.pick(
                format!("{}；{recipient}", operation.zh),
                format!("{}; {recipient}", operation.en),
            ),
            consent_kind_text(record.kind).get(lang).to_owned(),
            self.source(record.source),
            self.proof(found, record),
        ]
    }

    fn source(&self, source: ConsentSource) -> String {
        match source {
            ConsentSource::Import(import) => self
                .lang
                .pick(format!("导入 {import}"), format!("import {import}")),
            ConsentSource::Api => self.t("接口或文件", "API or file"),
            ConsentSource::Console => self.t("控制台", "console"),
            ConsentSource::Request => self.t("本人请求", "her own request"),
            ConsentSource::Platform => self.t("平台", "the platform"),
        }
    }

    fn proof(&self, found: &PersonConsents, record: &ConsentRecord) -> String {
        let Some(digest) = record.evidence else {
            return String::from("–");
        };
        let Some(proof) = found.proofs.get(&digest) else {
            return digest.to_string();
        };
        let mut parts: Vec<String> = proof.method.clone().into_iter().collect();
        if let Some(notice) = &proof.notice {
            let version = &notice.version;
            parts.push(
                self.lang
                    .pick(format!("告知 {version}"), format!("notice {version}")),
            );
        }
        let reference = proof.reference.as_ref();
        parts.extend(reference.and_then(|it| it.open(&found.view, Sink::Page, String::clone)));
        parts.extend(proof.language.clone());
        parts.extend(proof.paper.map(|(_, digest)| {
            if found.papers.contains(&digest) {
                self.lang
                    .pick(format!("证明文件 {digest}"), format!("paper {digest}"))
            } else {
                self.lang.pick(
                    format!("证明文件 {digest}（已撤回）"),
                    format!("paper {digest} (taken back)"),
                )
            }
        }));
        parts.join(self.lang.pick("；", "; "))
    }
}
