//! What a dataset declares its people agreed to, in versions; and the way beyond it: whom another purpose would reach, the
//! list of those to ask, the proof of what they said.

use axum::response::Response;
use yuntu_app::Reach;
use yuntu_app::store::ScopeVersion;
use yuntu_app::words::{consent_kind_text, minute, operation_text};
use yuntu_terms::{DatasetId, Digest};

use self::scope::scope_of;
use super::View;
use crate::console::datasets;
use crate::files::{KINDS, Upload};
use crate::forms::{Fields, Sent};
use crate::input::{InQuery, Named};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, section};
use crate::view::Wrong;

mod scope;
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
            self.versions(&versions).await?,
            self.scope_form((id, &versions), (typed, sending.paper), of_scope)
                .await?,
            self.paper_form(id, of_paper),
            self.wish(&dataset, (typed, sending.reach), of_wish).await?,
        ];
        let title = lang.pick(
            format!("{}：同意范围", dataset.name),
            format!("{}: scope of consent", dataset.name),
        );
        let frame = self
            .frame(title, path(id))
            .saying(sending.done)
            .below(self.dataset_link(id, dataset.name));
        let lead = self.t(
            "默认范围只对没有本人记录的人有效；本人说过的话始终优先。",
            "The default speaks only for people without a record of their own; what a person said herself always comes first.",
        );
        self.shown(frame, lead, sections, status)
    }

    async fn versions(&self, versions: &[ScopeVersion]) -> Result<Section, Problem> {
        let lang = self.lang;
        let title = lang.pick("已声明的版本", "Versions declared");
        if versions.is_empty() {
            let text = self.t(
                "尚未声明默认范围：没有本人同意记录的人不会被任何运行准入。",
                "No default is declared: nobody without a consent of her own is admitted to any run.",
            );
            return Ok(section("versions", title, vec![Block::Text(text)]));
        }
        let names = self.recipient_names().await?;
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
                join(scope.recipients.iter().map(|it| names.of(*it)).collect()),
                consent_kind_text(scope.kind).get(lang).to_owned(),
                lang.pick(
                    format!("{} 至 {until}", minute(scope.from)),
                    format!("{} to {until}", minute(scope.from)),
                ),
                join(it.evidence.iter().map(ToString::to_string).collect()),
                minute(it.recorded),
            ]
        };
        let table = self.table(
            self.t(
                "最新在前；只有最新的版本有效",
                "The newest first; only the newest holds",
            ),
            &[
                ("版本", "Version"),
                ("目的", "Purposes"),
                ("操作", "Operations"),
                ("接收方", "Recipients"),
                ("方式", "How"),
                ("期限", "Period"),
                ("证明", "Proofs"),
                ("登记于", "Recorded"),
            ],
            versions.iter().map(row),
        );
        Ok(section("versions", title, vec![Block::Table(table)]))
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
