//! A receipt in words, and as the file that anybody can verify.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use yuntu_app::engine::{ReceiptBody, ReceiptDataset};
use yuntu_app::policy::Action;
use yuntu_app::words::{grouped, minute, operation_text};
use yuntu_statement::render::basis_name;
use yuntu_terms::{HelpId, ReceiptId};

use super::datasets;
use super::instructions;
use super::labels::derivation;
use super::{Console, Seated};
use super::{exceptions, help};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, Details, Link, Section, funnel_table, section};
use crate::state::Site;

pub(super) const PATH: &str = "/console/receipts";

struct Topic {
    body: ReceiptBody,
    /// Under which technical help an operator looked, where one did.
    help: Option<HelpId>,
}

type View = Console<Topic>;

pub(super) async fn page(
    console: Console,
    Named(id): Named<ReceiptId>,
) -> Result<Response, Problem> {
    let (platform, caller) = (&console.site.platform, &console.who.caller);
    let body = platform.receipt_body(caller, id).await?;
    let may_take = platform.can(caller, Action::ViewLedger).await?;
    let help = platform.help_of_run(caller, body.permit).await?;
    let view = console.about(Topic { body, help });
    let frame = view
        .frame(view.lang.pick("收据", "Receipt"), format!("{PATH}/{id}"))
        .below(view.up());
    let lead = view.t(
        "收据记录一次运行用了什么、依据什么、准入了谁；其摘要在账本中，任何人无需本平台即可核验。",
        "A receipt says what a run used, on what grounds, and whom it admitted; its digest is in the ledger, and anybody can verify it without the platform.",
    );
    let recipient = view.recipient_names().await?.of(view.about.body.recipient);
    let mut sections = vec![view.run(id, recipient), view.funnels(), view.labels()];
    if may_take {
        sections.push(view.proof(id));
    }
    view.shown(frame, lead, sections, StatusCode::OK)
}

/// Gives the file of a receipt: what the run was, and the ledger's proof.
pub(super) async fn file(
    State(site): State<Site>,
    Seated { caller, .. }: Seated,
    Named(id): Named<ReceiptId>,
) -> Result<Response, Problem> {
    let file = site.platform.receipt_file(&caller, id).await?;
    let name = format!("attachment; filename=\"{id}.json\"");
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, file).into_response())
}

impl View {
    fn run(&self, id: ReceiptId, recipient: String) -> Section {
        let (lang, body) = (self.lang, &self.about.body);
        let facts = vec![
            (self.t("目的", "Purpose"), self.purpose(&body.purpose)),
            (
                self.t("操作", "Operation"),
                operation_text(body.operation).get(lang).to_owned(),
            ),
            (self.t("接收方", "Recipient"), recipient),
            (self.t("依据", "Ground"), self.ground()),
            (self.t("开始", "Began"), minute(body.started)),
            (self.t("结束", "Ended"), minute(body.finished)),
            (self.t("读取的行", "Rows read"), grouped(body.rows_in)),
            (
                self.t("结果", "Rows, people or cells that came out"),
                grouped(body.rows_out),
            ),
            (
                self.t("同意版本", "Version of the consents"),
                grouped(body.consent_version),
            ),
            (
                self.t("声明版本", "Version of the statement"),
                body.statement_version.clone(),
            ),
            (self.t("收据编号", "Id of the receipt"), id.to_string()),
        ];
        let digests = Details {
            summary: self.t("摘要", "Digests"),
            facts: vec![
                (self.t("许可", "Permit"), body.permit_digest.to_string()),
                (self.t("同意", "Consents"), body.consent_root.to_string()),
                (self.t("查询", "Query"), body.plan_hash.to_string()),
                (self.t("答案", "Answer"), body.output_hash.to_string()),
            ],
            code: body.permit.to_string(),
        };
        let blocks = vec![
            Block::Facts(facts),
            Block::Links(self.links()),
            Block::Details(digests),
        ];
        section("run", lang.pick("运行", "The run"), blocks)
    }

    /// Leads to what the run rests on and what it read.
    fn links(&self) -> Vec<Link> {
        let (lang, body) = (self.lang, &self.about.body);
        let path = format!("{}/{}", instructions::PATH, body.instruction);
        let mut links = vec![self.link(&path, "所依据的指示", "The instruction it rests on")];
        links.extend(self.about.help.map(|id| {
            self.link(
                &format!("{}/{id}", help::PATH),
                "运营人员在企业批准的技术协助中查看",
                "A look of an operator under technical help that the enterprise approved",
            )
        }));
        let link = |path: String, text| Link {
            address: self.address(&path),
            text,
            note: String::new(),
        };
        links.extend(body.exception.map(|it| {
            let text = lang.pick(
                format!("所援引的例外 {}", it.clause),
                format!("The exception {} that it claimed", it.clause),
            );
            link(format!("{}/{}", exceptions::PATH, it.id), text)
        }));
        links.extend(body.datasets.iter().map(|(name, used)| {
            let text = lang.pick(format!("数据集 {name}"), format!("Dataset {name}"));
            link(format!("{}/{}", datasets::PATH, used.dataset), text)
        }));
        links
    }

    fn ground(&self) -> String {
        let lang = self.lang;
        match self.about.body.exception {
            None => self.t("个人同意", "consent"),
            Some(it) => {
                let (name, clause) = (basis_name(it.basis, lang), it.clause);
                lang.pick(
                    format!("{name}（例外 {clause}）"),
                    format!("{name} (exception {clause})"),
                )
            }
        }
    }

    /// Says how many of the admitted are there on the ground of the exception alone.
    fn beyond(&self, used: &ReceiptDataset) -> Option<Block> {
        let (beyond, exception) = used.beyond_consent.zip(self.about.body.exception)?;
        let (people, clause) = (grouped(beyond), exception.clause);
        Some(Block::Note(self.lang.pick(
            format!("准入的人中，{people} 人没有覆盖此目的的同意，仅以例外 {clause} 为依据。"),
            format!("Of the admitted, {people} have no consent that covers this and are there on ground of exception {clause} alone."),
        )))
    }

    fn funnels(&self) -> Section {
        let lang = self.lang;
        let tables: Vec<_> = self
            .about
            .body
            .datasets
            .iter()
            .filter_map(|(name, used)| {
                let caption = lang.pick(format!("数据集 {name}"), format!("Dataset {name}"));
                let funnel = used.funnel.as_ref()?;
                let table = Block::Table(funnel_table(caption, funnel, lang));
                Some([Some(table), self.beyond(used)])
            })
            .flatten()
            .flatten()
            .collect();
        let blocks = if tables.is_empty() {
            vec![Block::Text(self.t(
                "没有涉及个人的数据集。",
                "No dataset about persons was read.",
            ))]
        } else {
            tables
        };
        section(
            "funnel",
            lang.pick("准入与排除", "Who was admitted, and who was not"),
            blocks,
        )
    }

    fn labels(&self) -> Section {
        let lang = self.lang;
        let block = if self.about.body.labels.is_empty() {
            Block::Text(self.t("答案只有人数。", "The answer has counts of people only."))
        } else {
            Block::Table(derivation(&self.about.body.labels, lang))
        };
        section("labels", lang.pick("标签", "Labels"), vec![block])
    }

    fn proof(&self, id: ReceiptId) -> Section {
        let file = format!("{PATH}/{id}/file");
        let link = Link {
            note: self.t(
                "用 yuntu verify 离线核验",
                "verify it offline with `yuntu verify`",
            ),
            ..self.link(&file, "下载收据文件", "Download the file of the receipt")
        };
        section(
            "proof",
            self.lang.pick("证明", "Proof"),
            vec![Block::Links(vec![link])],
        )
    }
}
