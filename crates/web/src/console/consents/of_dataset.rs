//! What a dataset declares its people agreed to, in versions; and the way beyond it: whom another purpose would reach, the
//! list of those to ask, the proof of what they said.

use std::collections::BTreeSet;

use axum::response::Response;
use yuntu_app::Reach;
use yuntu_app::consent::DatasetScope;
use yuntu_app::store::ScopeVersion;
use yuntu_app::words::{consent_kind_text, minute, operation_text, recipient_text};
use yuntu_terms::{ConsentKind, DatasetId, Digest, Operation, Purpose, Recipient, Text, Timestamp};

use super::View;
use crate::console::choices::recipient;
use crate::console::datasets;
use crate::files::{KINDS, Upload};
use crate::forms::{Fields, Sent};
use crate::input::{InQuery, Named};
use crate::problem::Problem;
use crate::report::{
    Block, ChoiceView, FormView, InputView, Link, Section, Table, opened, section,
};
use crate::view::Wrong;

mod wish;

/// What the address of the page asks.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::console) struct Asked {
    done: Option<String>,
}

/// What a form of the page was sent for, with what came of it.
#[derive(Default)]
struct Sending<'a> {
    typed: Option<&'a Fields>,
    wrong: Wrong,
    reach: Option<Reach>,
    paper: Option<Digest>,
    done: String,
}

fn path(id: DatasetId) -> String {
    format!("{}/{id}/consent", datasets::PATH)
}

pub(in crate::console) async fn page(
    view: View,
    Named(id): Named<DatasetId>,
    InQuery(asked): InQuery<Asked>,
) -> Result<Response, Problem> {
    let done = match asked.done.as_deref() {
        Some("scope") => view.t("新版本已登记。", "The new version is recorded."),
        _ => String::new(),
    };
    let sending = Sending {
        done,
        ..Sending::default()
    };
    view.of_dataset(id, sending).await
}

/// Declares a version, or asks what another purpose would reach, or hands the list of those to ask out.
pub(in crate::console) async fn sent(
    view: View,
    Named(id): Named<DatasetId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    match fields.one("act") {
        "reach" | "list" => view.widen(id, &fields).await,
        _ => view.declare(id, &fields).await,
    }
}

/// Keeps a proof, so that a version or a record can name its digest.
pub(in crate::console) async fn paper(
    view: View,
    Named(id): Named<DatasetId>,
    upload: Upload,
) -> Result<Response, Problem> {
    let platform = &view.site.platform;
    let kept = platform.keep_consent_paper(&view.who.caller, &upload.name, upload.bytes);
    match kept.await {
        Ok(digest) => {
            let sending = Sending {
                paper: Some(digest),
                done: view.t(
                    "证明已封存；其摘要已填入下方。",
                    "The proof is kept, sealed; its digest is filled in below.",
                ),
                ..Sending::default()
            };
            view.of_dataset(id, sending).await
        }
        Err(error) => {
            let sending = Sending {
                wrong: Wrong::of(error)?,
                ..Sending::default()
            };
            view.of_dataset(id, sending).await
        }
    }
}

impl View {
    async fn of_dataset(&self, id: DatasetId, sending: Sending<'_>) -> Result<Response, Problem> {
        let (lang, caller) = (self.lang, &self.who.caller);
        let platform = &self.site.platform;
        let dataset = platform.view_dataset(caller, id).await?;
        let versions = platform.scopes(caller, id).await?;
        let status = sending.wrong.status();
        let act = sending.typed.map_or("", |typed| typed.one("act"));
        let mut wrongs = [Wrong::default(), Wrong::default(), Wrong::default()];
        let place = match act {
            "reach" | "list" => 1,
            "" => 2,
            _ => 0,
        };
        if let Some(slot) = wrongs.get_mut(place) {
            *slot = sending.wrong;
        }
        let [of_scope, of_wish, of_paper] = wrongs;
        let empty = Fields::default();
        let typed = sending.typed.unwrap_or(&empty);
        let sections = vec![
            self.versions(&versions),
            self.scope_form((id, &versions), (typed, sending.paper), of_scope)
                .await?,
            self.paper_form(id, of_paper),
            self.wish(&dataset, (typed, sending.reach), of_wish).await?,
        ];
        let title = lang.pick(
            format!("{}：同意范围", dataset.name),
            format!("{}: scope of consent", dataset.name),
        );
        let mut frame = self.frame(title, path(id));
        frame.done = sending.done;
        frame.up = Some(Link {
            address: format!("{}/{id}?lang={}", datasets::PATH, lang.pick("zh", "en")),
            text: dataset.name,
            note: String::new(),
        });
        let lead = self.t(
            "默认范围只对没有本人记录的人有效；本人说过的话始终优先。",
            "The default speaks only for people without a record of their own; what a person said herself always comes first.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn versions(&self, versions: &[ScopeVersion]) -> Section {
        let lang = self.lang;
        let title = lang.pick("已声明的版本", "Versions declared");
        if versions.is_empty() {
            let text = self.t(
                "尚未声明默认范围：没有本人同意记录的人不会被任何运行准入。",
                "No default is declared: nobody without a consent of her own is admitted to any run.",
            );
            return section("versions", title, vec![Block::Text(text)]);
        }
        let join = |parts: Vec<String>| parts.join(lang.pick("；", "; "));
        let row = |it: &ScopeVersion| {
            let scope = &it.scope;
            let until = scope.until.map_or_else(|| String::from("–"), minute);
            vec![
                it.version.to_string(),
                join(scope.purposes.iter().map(|it| self.purpose(it)).collect()),
                join(
                    scope
                        .operations
                        .iter()
                        .map(|it| operation_text(*it).get(lang).to_owned())
                        .collect(),
                ),
                join(
                    scope
                        .recipients
                        .iter()
                        .map(|it| recipient_text(*it).get(lang).to_owned())
                        .collect(),
                ),
                consent_kind_text(scope.kind).get(lang).to_owned(),
                lang.pick(
                    format!("{} 至 {until}", minute(scope.from)),
                    format!("{} to {until}", minute(scope.from)),
                ),
                join(it.evidence.iter().map(ToString::to_string).collect()),
                minute(it.recorded),
            ]
        };
        let head = [
            self.t("版本", "Version"),
            self.t("目的", "Purposes"),
            self.t("操作", "Operations"),
            self.t("接收方", "Recipients"),
            self.t("方式", "How"),
            self.t("期限", "Period"),
            self.t("证明", "Proofs"),
            self.t("登记于", "Recorded"),
        ];
        let table = Table {
            caption: self.t(
                "最新在前；只有最新的版本有效",
                "The newest first; only the newest holds",
            ),
            head: head.to_vec(),
            rows: versions.iter().map(row).collect(),
            ..Table::default()
        };
        section("versions", title, vec![Block::Table(table)])
    }

    async fn scope_form(
        &self,
        (id, versions): (DatasetId, &[ScopeVersion]),
        (typed, paper): (&Fields, Option<Digest>),
        wrong: Wrong,
    ) -> Result<Section, Problem> {
        let lang = self.lang;
        let newest = versions.first().map(|it| &it.scope);
        let mut inputs = self.choices(newest, typed).await?;
        inputs.extend(self.terms(typed, paper));
        let form = FormView {
            inputs,
            acts: vec![(
                "scope",
                self.t("声明新版本", "Declare a new version"),
                false,
            )],
            ..self.form("scope", &path(id))
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("声明默认范围", "Declare the default");
        Ok(section("scope", title, vec![Block::Form(Box::new(form))]))
    }

    /// What may be ticked: purposes, operations, recipients; as the newest version has it, or as it was sent.
    async fn choices(
        &self,
        newest: Option<&DatasetScope>,
        typed: &Fields,
    ) -> Result<Vec<InputView>, Problem> {
        let lang = self.lang;
        let sent = typed.one("act") == "scope";
        let ticked = |name: &'static str, value: &str, before: bool| {
            if sent {
                typed.all(name).any(|it| it == value)
            } else {
                before
            }
        };
        let statement = self.site.platform.statement();
        let purposes = super::business(statement).map(|purpose| {
            let before = newest.is_some_and(|it| it.purposes.contains(purpose));
            ChoiceView {
                on: ticked("purposes", purpose.as_str(), before),
                value: purpose.to_string(),
                label: self.purpose(purpose),
                note: String::new(),
            }
        });
        let operations = Operation::ALL.map(|operation| {
            let before = newest.is_some_and(|it| it.operations.contains(&operation));
            ChoiceView {
                on: ticked("operations", operation.code(), before),
                value: operation.code().to_owned(),
                label: opened(operation_text(operation).get(lang), lang),
                note: self.takes(operation),
            }
        });
        let recipients = self.recipients().await?;
        let recipients = recipients.into_iter().map(|(recipient, label)| {
            let before = newest.is_some_and(|it| it.recipients.contains(&recipient));
            let value = recipient.to_string();
            ChoiceView {
                on: ticked("recipients", &value, before),
                value,
                label: opened(&label, lang),
                note: String::new(),
            }
        });
        Ok(vec![
            InputView::several("purposes", self.t("目的", "Purposes"), purposes.collect()).because(
                self.t(
                    "必填。数据集中的人同意了哪些目的。",
                    "Necessary. What the people of the dataset agreed to be used for.",
                ),
            ),
            InputView::several(
                "operations",
                self.t("操作", "Operations"),
                operations.to_vec(),
            )
            .because(self.t(
                "必填。他们同意了哪些操作。",
                "Necessary. What they agreed may be done.",
            )),
            InputView::several(
                "recipients",
                self.t("接收方", "Recipients"),
                recipients.collect(),
            )
            .because(self.t(
                "必填。他们同意由谁接收。",
                "Necessary. Whom they agreed may receive it.",
            )),
        ])
    }

    /// Says which operations take more than any consent.
    fn takes(&self, operation: Operation) -> String {
        match operation {
            Operation::Process => String::new(),
            Operation::Share | Operation::Transfer | Operation::Publicise => {
                self.t("须有单独同意", "takes separate consent")
            }
        }
    }

    /// How people said it, for how long, and the proofs.
    fn terms(&self, typed: &Fields, paper: Option<Digest>) -> Vec<InputView> {
        let lang = self.lang;
        let sent = typed.one("act") == "scope";
        let mut inputs = Vec::new();
        let kind = if sent { typed.one("kind") } else { "explicit" };
        let kinds = [
            ("expressed", ConsentKind::Expressed),
            ("explicit", ConsentKind::Explicit),
            ("separate", ConsentKind::Separate),
        ];
        let kinds = kinds.map(|(code, of)| {
            let text = consent_kind_text(of).get(lang).to_owned();
            (code.to_owned(), text, code == kind)
        });
        inputs.push(
            InputView::one("kind", self.t("个人如何表示同意", "How people said it"), kinds.to_vec())
                .because(self.t(
                    "共享、转让、公开披露以及敏感个人信息须有单独同意；声明其他方式时，敏感字段不会被读取。",
                    "To share, transfer or publicise, and sensitive values, take separate consent; with any other kind no sensitive column is read.",
                )),
        );
        let date =
            |name, zh: &str, en: &str| InputView::day(name, self.t(zh, en)).with(typed.one(name));
        inputs.push(
            date("from", "自（含当日）", "From (that day included)")
                .needed()
                .because(self.t(
                    "必填。以告知书或书面证明所载为准。",
                    "Necessary. As the notice or the proof says.",
                )),
        );
        inputs.push(
            date(
                "until",
                "至（含当日），可不填",
                "Until (that day included), if it ends",
            )
            .because(self.t(
                "选填。留空即没有终期。",
                "Optional. Empty means that it has no end.",
            )),
        );
        let evidence = paper.map_or_else(
            || typed.one("evidence").to_owned(),
            |digest| digest.to_string(),
        );
        inputs.push(
            InputView::lines("evidence", self.t("证明的摘要（每行一个）", "Digests of the proofs (one a line)"))
                .with(evidence)
                .because(self.t(
                    "超出上一版的范围须有书面的明示同意证明；先在下方上传，摘要会自动填入。",
                    "What goes beyond the version before needs written proof of express consent; upload it below first, and its digest is filled in.",
                )),
        );
        inputs
    }

    /// Lists who may receive, each with how it is called.
    async fn recipients(&self) -> Result<Vec<(Recipient, String)>, Problem> {
        let lang = self.lang;
        let partners = self.site.platform.partners(&self.who.caller).await?;
        let fixed = [Recipient::Enterprise, Recipient::Public];
        let fixed = fixed.map(|it| (it, recipient_text(it).get(lang).to_owned()));
        let partners = partners
            .into_iter()
            .map(|it| (Recipient::Partner(it.facts.id), it.name));
        Ok(fixed.into_iter().chain(partners).collect())
    }

    fn paper_form(&self, id: DatasetId, wrong: Wrong) -> Section {
        let label = self.t(
            "书面证明（PDF、PNG 或 JPEG，最大 5 MiB）",
            "The written proof (PDF, PNG or JPEG, at most 5 MiB)",
        );
        let form = FormView {
            inputs: vec![InputView::file(label, KINDS).needed().because(self.t(
                "必填。封存于本企业的密钥之下，只以摘要引用。",
                "Necessary. It is sealed under the enterprise's key and named by its digest alone.",
            ))],
            acts: vec![("paper", self.t("封存证明", "Keep the proof"), false)],
            ..self.form("paper", &format!("{}/papers", path(id)))
        };
        let form = wrong.into_form(form, self.lang);
        let title = self.lang.pick("证明", "Proof");
        section("paper", title, vec![Block::Form(Box::new(form))])
    }

    async fn declare(&self, id: DatasetId, fields: &Fields) -> Result<Response, Problem> {
        let declared = match scope_of(fields) {
            Ok((scope, evidence)) => {
                let (platform, caller) = (&self.site.platform, &self.who.caller);
                let done = platform.declare_scope(caller, id, (&scope, &evidence));
                match done.await {
                    Ok(_version) => Ok(()),
                    Err(error) => Err(Wrong::of(error)?),
                }
            }
            Err(wrong) => Err(wrong),
        };
        match declared {
            Ok(()) => Ok(self.on_to(&path(id), "scope")),
            Err(wrong) => {
                let sending = Sending {
                    typed: Some(fields),
                    wrong,
                    ..Sending::default()
                };
                self.of_dataset(id, sending).await
            }
        }
    }
}

/// Reads a scope with its proofs, or says what is wrong with which field.
fn scope_of(fields: &Fields) -> Result<(DatasetScope, Vec<Digest>), Wrong> {
    let mut wrong = Wrong::default();
    let from = wrong.day("from", fields.one("from"), false);
    let until = match fields.one("until").trim() {
        "" => None,
        typed => wrong.day("until", typed, true),
    };
    let evidence: Result<Vec<Digest>, _> = fields
        .one("evidence")
        .split_whitespace()
        .map(str::parse)
        .collect();
    let evidence = evidence.unwrap_or_else(|_form| {
        let text = Text::new(
            "摘要为 64 位十六进制数字，每行一个",
            "A digest has 64 hexadecimal digits, one digest a line.",
        );
        wrong.add("evidence", text);
        Vec::new()
    });
    let kind = match fields.one("kind") {
        "expressed" => ConsentKind::Expressed,
        "separate" => ConsentKind::Separate,
        _ => ConsentKind::Explicit,
    };
    if !wrong.is_nothing() {
        return Err(wrong);
    }
    let purposes: BTreeSet<Purpose> = fields
        .all("purposes")
        .filter_map(|it| it.parse().ok())
        .collect();
    let operations = fields
        .all("operations")
        .filter_map(|it| it.parse().ok())
        .collect();
    let recipients = fields.all("recipients").filter_map(recipient).collect();
    let scope = DatasetScope {
        purposes,
        operations,
        recipients,
        kind,
        from: from.unwrap_or(Timestamp::from_micros(0)),
        until,
    };
    Ok((scope, evidence))
}
