//! What a dataset declares its people agreed to, in versions; and the way beyond it: whom another purpose would reach, the
//! list of those to ask, the proof of what they said.

use axum::response::Response;
use yuntu_app::policy::EvidenceKind;
use yuntu_app::store::ScopeVersion;
use yuntu_app::words::{consent_kind_text, minute, operation_text};
use yuntu_app::{EvidenceView, NewEvidence, Reach};
use yuntu_terms::{DatasetId, Digest};

use self::scope::scope_of;
use super::View;
use crate::console::choices::RecipientNames;
use crate::console::{datasets, source};
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
        Some("paper") => view.t(
            "证明已封存；声明新版本时请勾选它。",
            "The proof is kept, sealed; tick it when you declare a version.",
        ),
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

/// Adds a proof to the papers of the dataset, so that a version or a record can name it.
pub(in crate::console) async fn paper(
    view: View,
    Named(id): Named<DatasetId>,
    upload: Upload,
) -> Result<Response, Problem> {
    let platform = &view.site.platform;
    let new = NewEvidence {
        kind: EvidenceKind::ConsentForm,
        name: upload.name,
        bytes: upload.bytes,
    };
    match platform.add_evidence(&view.who.caller, id, new).await {
        Ok(_paper) => Ok(view.on_to(&path(id), "paper")),
        Err(error) => {
            let sending = Sending {
                wrong: Wrong::of(error)?,
                ..Sending::default()
            };
            view.of_dataset(id, sending).await
        }
    }
}

/// Says whether a paper has this digest and still counts.
fn stands(view: &EvidenceView, digest: Digest) -> bool {
    let counts = view.paper.revoked.is_none() && view.file.is_some();
    counts && view.paper.evidence.digest == digest
}

impl View {
    async fn of_dataset(&self, id: DatasetId, sending: Sending<'_>) -> Result<Response, Problem> {
        let (lang, caller) = (self.lang, &self.who.caller);
        let platform = &self.site.platform;
        let dataset = platform.view_dataset(caller, id).await?;
        let versions = platform.scopes(caller, id).await?;
        let papers = platform.source_standing(caller, id).await?.papers;
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
            self.versions(&versions, &papers).await?,
            self.scope_form((id, &versions), (typed, &papers), of_scope)
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

    async fn versions(
        &self,
        versions: &[ScopeVersion],
        papers: &[EvidenceView],
    ) -> Result<Section, Problem> {
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
            versions.iter().map(|it| self.version(it, (papers, &names))),
        );
        let mut blocks = vec![Block::Table(table)];
        let proved = |it: &ScopeVersion| {
            let mut rests_on = it.evidence.iter();
            rests_on.any(|digest| papers.iter().any(|paper| stands(paper, *digest)))
        };
        if !versions.first().is_some_and(proved) {
            let text = self.t(
                "最新版本所依据的证明文件一份也不在了：它不再对任何人有效。请附上证明，声明新版本。",
                "None of the papers on which the newest version rests is left: it speaks for nobody any more. Declare a new version with its proof.",
            );
            blocks.insert(0, Block::Note(text));
        }
        Ok(section("versions", title, blocks))
    }

    fn version(
        &self,
        it: &ScopeVersion,
        (papers, names): (&[EvidenceView], &RecipientNames),
    ) -> Vec<String> {
        let lang = self.lang;
        let join = |parts: Vec<String>| parts.join(lang.pick("；", "; "));
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
            join(
                it.evidence
                    .iter()
                    .map(|digest| self.proof_named(*digest, papers))
                    .collect(),
            ),
            minute(it.recorded),
        ]
    }

    /// Names a proof by what it shows and when it came, or by its digest where it is no paper of the dataset.
    fn proof_named(&self, digest: Digest, papers: &[EvidenceView]) -> String {
        let named = |it: &&EvidenceView| it.paper.evidence.digest == digest;
        if let Some(view) = papers.iter().find(|it| stands(it, digest)) {
            return source::paper_title(view, self.lang);
        }
        let Some(view) = papers.iter().find(named) else {
            return digest.to_string();
        };
        let title = source::paper_title(view, self.lang);
        self.lang.pick(
            format!("{title}（已撤回）"),
            format!("{title} (taken back)"),
        )
    }

    fn paper_form(&self, id: DatasetId, wrong: Wrong) -> Section {
        let label = self.t(
            "书面证明（PDF、PNG 或 JPEG，最大 5 MiB）",
            "The written proof (PDF, PNG or JPEG, at most 5 MiB)",
        );
        let form = FormView {
            inputs: vec![InputView::file(label, KINDS).needed().because(self.t(
                "必填。封存于本企业的密钥之下，成为本数据集的一份证明文件。",
                "Necessary. It is sealed under the enterprise's key and becomes a paper of the dataset.",
            ))],
            acts: vec![("paper", self.t("封存证明", "Keep the proof"), false)],
            ..self.form("paper", &format!("{}/papers", path(id)))
        };
        let form = wrong.into_form(form, self.lang);
        let title = self.lang.pick("证明", "Proof");
        let papers = self.link(
            &source::path(id),
            "本数据集的证明文件：查看与撤回",
            "The papers of the dataset: look at them and take them back",
        );
        let blocks = vec![Block::Form(Box::new(form)), Block::Links(vec![papers])];
        section("paper", title, blocks)
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
