//! The columns of a file as they are proposed: a person confirms the role and the class of each.

mod flags;
mod words;

use axum::response::Response;
use serde::Deserialize;
use yuntu_app::AppError;
use yuntu_app::imports::{ImportFrom, Lowered, LoweredBecause, NewDelivery};
use yuntu_app::lake::{ColumnMapping, ColumnRole, DatasetKind, Mapping, Proposal};
use yuntu_app::policy::Action;
use yuntu_app::words::class_text;
use yuntu_terms::{ColumnClass, Recipient, Text};

use self::words::{CLASSES, code_of, evidence_word, is_lowered, role_word, roles_for};
use super::new::{COLUMNS, PATH};
use super::wrong_of;
use crate::console::{Console, datasets};
use crate::forms::{Fields, Sent};
use crate::input::InQuery;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, section};
use crate::state::to_its_end;
use crate::view::Wrong;

/// Which file the page is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    deposit: String,
    path: String,
}

impl Which {
    fn of(fields: &Fields) -> Self {
        Self {
            deposit: fields.one("deposit").to_owned(),
            path: fields.one("path").to_owned(),
        }
    }

    fn from(&self) -> Result<ImportFrom, Problem> {
        if !self.path.is_empty() {
            return Ok(ImportFrom::Path(self.path.clone()));
        }
        let deposit = self.deposit.parse();
        deposit
            .map(ImportFrom::Deposit)
            .map_err(|_id| Problem::not_found())
    }
}

struct Topic {
    which: Which,
    /// How the file is called.
    file: String,
    proposal: Proposal,
    /// Who may receive what a flag of a consent speaks of.
    recipients: Vec<(Recipient, String)>,
}

type View = Console<Topic>;

pub(super) async fn page(
    console: Console,
    InQuery(which): InQuery<Which>,
) -> Result<Response, Problem> {
    let view = proposed(console, which).await?;
    view.show(None, Wrong::default())
}

/// Makes the dataset as it was confirmed, and begins its import.
pub(super) async fn sent(
    console: Console,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let view = proposed(console, Which::of(&fields)).await?;
    let (mapping, lowered) = match read(&fields, &view.about.proposal) {
        Ok(read) => read,
        Err(wrong) => return view.show(Some(&fields), wrong),
    };
    let delivery = NewDelivery {
        from: view.about.which.from()?,
        name: fields.one("name").trim().to_owned(),
        mapping,
        lowered,
    };
    let (platform, caller) = (view.site.platform.clone(), view.who.caller.clone());
    let work = async move { platform.create_from(&caller, &delivery).await };
    match to_its_end(work).await {
        Ok((dataset, import)) => {
            let path = format!("{}/{dataset}/imports/{import}", datasets::PATH);
            Ok(view.on_to(&path, ""))
        }
        Err(error) => view.show(Some(&fields), wrong(error)?),
    }
}

/// Looks into the file and proposes what its columns are.
async fn proposed(console: Console, which: Which) -> Result<View, Problem> {
    let (platform, caller) = (console.site.platform.clone(), console.who.caller.clone());
    platform.authorise(&caller, Action::ImportData).await?;
    let from = which.from()?;
    let work = async move { platform.propose_mapping(&caller, &from).await };
    let (file, proposal) = to_its_end(work).await?;
    let recipients = console.recipient_choices().await?;
    Ok(console.about(Topic {
        which,
        file,
        proposal,
        recipients,
    }))
}

/// Reads why the dataset was not made; a name that is taken or empty is told at its field.
fn wrong(error: AppError) -> Result<Wrong, Problem> {
    if let AppError::Store(_) = &error
        && error.kind() != yuntu_terms::ErrorKind::Unavailable
        && error.kind() != yuntu_terms::ErrorKind::Internal
    {
        return Ok(Wrong::field("name", error.text()));
    }
    wrong_of(error, "")
}

/// Reads what was chosen for each column; the mapping is checked as a whole later.
fn read(fields: &Fields, proposal: &Proposal) -> Result<(Mapping, Vec<Lowered>), Wrong> {
    let mut wrong = Wrong::default();
    if fields.one("name").trim().is_empty() {
        wrong.add("name", Text::new("请填写名称", "Give it a name."));
    }
    let mut mapping = proposal.mapping.clone();
    let mut lowered = Vec::new();
    let chosen = fields
        .all("role")
        .zip(fields.all("class"))
        .zip(fields.all("because"));
    for (column, ((role, class), because)) in mapping.columns.iter_mut().zip(chosen) {
        let role = serde_json::from_str::<ColumnRole>(role);
        let class = serde_json::from_value::<ColumnClass>(class.into());
        let (Ok(role), Ok(class)) = (role, class) else {
            wrong.add(
                "role",
                Text::new("请从列表中选择", "Choose from the lists."),
            );
            break;
        };
        column.class = if matches!(role, ColumnRole::Identifier { .. }) {
            // Whatever names a person is an identifier.
            ColumnClass::Identifier
        } else {
            class
        };
        column.role = role;
        let because = LoweredBecause::ALL
            .into_iter()
            .find(|it| it.code() == because);
        lowered.extend(because.map(|because| Lowered {
            column: column.source.clone(),
            because,
        }));
    }
    let names_persons =
        |column: &ColumnMapping| matches!(column.role, ColumnRole::Identifier { .. });
    mapping.kind = if mapping.columns.iter().any(names_persons) {
        DatasetKind::Persons
    } else {
        DatasetKind::Lookup
    };
    mapping.consents = flags::read(fields, &mapping, &mut wrong);
    if wrong.is_nothing() {
        Ok((mapping, lowered))
    } else {
        Err(wrong)
    }
}

impl View {
    fn show(&self, typed: Option<&Fields>, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let name = self.t("数据集名称", "Name of the dataset");
        let note = self.t(
            "必填。在本企业内不重复；请不要写入个人信息。",
            "Necessary. No other dataset of the enterprise has it; no personal data belongs in it.",
        );
        let mut inputs = vec![
            InputView::line("name", name)
                .with(typed.map_or("", |fields| fields.one("name")))
                .because(note)
                .needed(),
        ];
        let mut hidden = vec![
            ("deposit", self.about.which.deposit.clone()),
            ("path", self.about.which.path.clone()),
        ];
        for place in 0..self.about.proposal.mapping.columns.len() {
            inputs.extend(self.column(place, typed));
            let of_flag = self.flag(place, typed);
            hidden.extend((!of_flag.is_empty()).then(|| (flags::COLUMN, place.to_string())));
            inputs.extend(of_flag);
        }
        let form = FormView {
            hidden,
            inputs,
            acts: vec![(
                "confirm",
                self.t("确认并开始导入", "Confirm and import"),
                false,
            )],
            ..self.form("columns", COLUMNS)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("确认字段", "Confirm the columns");
        let mut frame = self.frame(title, COLUMNS);
        frame.query = if self.about.which.path.is_empty() {
            format!("deposit={}&", self.about.which.deposit)
        } else {
            let path: String =
                url::form_urlencoded::byte_serialize(self.about.which.path.as_bytes()).collect();
            format!("path={path}&")
        };
        frame.up = Some(self.link(PATH, "换一个文件", "Another file"));
        let file = &self.about.file;
        let lead = lang.pick(
            format!("文件“{file}”：以下由文件开头推断，样本已遮盖。类别可以提高；把“标识符”或“敏感”降低须选择理由，理由记入账本。"),
            format!("The file “{file}”: what follows was inferred from its beginning, with samples masked. A class may be raised; lowering one from identifier or sensitive needs a reason, which goes to the ledger."),
        );
        let heading = lang.pick("字段", "Columns");
        let mut blocks: Vec<Block> = self.placeholders().into_iter().collect();
        blocks.push(Block::Form(Box::new(form)));
        let sections = vec![section("columns", heading, blocks)];
        self.shown(frame, lead, sections, status)
    }

    /// What the identifier columns hold instead of an identifier, and is read as empty.
    fn placeholders(&self) -> Option<Block> {
        let nulls = &self.about.proposal.mapping.nulls;
        let text = self.lang.pick(
            format!("标识列中有占位值，将按空值读取：{}", nulls.join("、")),
            format!(
                "The columns that identify people hold placeholders, which are read as empty: {}",
                nulls.join(", ")
            ),
        );
        (!nulls.is_empty()).then_some(Block::Note(text))
    }

    /// The three fields of a column: what it is for, its class, and why the class is lower than proposed.
    fn column(&self, place: usize, typed: Option<&Fields>) -> Vec<InputView> {
        let Some(column) = self.about.proposal.mapping.columns.get(place) else {
            return Vec::new();
        };
        let lang = self.lang;
        let role = self.role(place, typed);
        let typed =
            |name: &str| typed.and_then(|fields| fields.all(name).nth(place).map(str::to_owned));
        let class = typed("class").unwrap_or_else(|| column.class.code().to_owned());
        let because = typed("because").unwrap_or_default();
        let unexplained = because.is_empty() && is_lowered(column, (&role, &class));
        let name = &column.source;
        let samples = self
            .about
            .proposal
            .samples
            .get(place)
            .map(|it| it.join(lang.pick("、", ", ")));
        let samples = samples.filter(|it| !it.is_empty());
        let samples = samples.unwrap_or_else(|| self.t("没有值", "no values"));
        let evidence = self.about.proposal.evidence.get(place);
        let evidence = evidence.map_or("", |it| evidence_word(*it, lang));
        let note = lang.pick(
            format!("样本（已遮盖）：{samples}。依据：{evidence}。"),
            format!("Samples (masked): {samples}. From: {evidence}."),
        );
        let roles = roles_for(column).into_iter().map(|choice| {
            let value = code_of(&choice);
            let chosen = value == role;
            (value, role_word(&choice, lang), chosen)
        });
        let classes = CLASSES.into_iter().map(|it| {
            let chosen = it.code() == class;
            (
                it.code().to_owned(),
                class_text(it).get(lang).to_owned(),
                chosen,
            )
        });
        let reasons = self.reasons(&because);
        let field = |input: InputView| InputView {
            apart: format!("-{}", place + 1),
            ..input
        };
        let [label_role, label_class, label_because] = [
            lang.pick(format!("{name}：作用"), format!("{name}: role")),
            lang.pick(format!("{name}：类别"), format!("{name}: class")),
            lang.pick(
                format!("{name}：降低类别的理由"),
                format!("{name}: why the class is lower"),
            ),
        ];
        let class_note = self.t(
            "必填。决定谁、为何目的可以使用它。",
            "Necessary. It decides who may use it and for what.",
        );
        let reason_note = self.t(
            "仅在类别低于所提议的“标识符”或“敏感”时必填。",
            "Necessary only when the class is lower than identifier or sensitive, as proposed.",
        );
        vec![
            field(InputView::one("role", label_role, roles.collect()).because(note)),
            field(InputView::one("class", label_class, classes.collect()).because(class_note)),
            field(InputView {
                wrong: unexplained.then(|| self.t("请选择理由。", "Choose the reason.")),
                ..InputView::one("because", label_because, reasons).because(reason_note)
            }),
        ]
    }

    /// Returns the code of what a column is for, as it was sent or as it is proposed.
    fn role(&self, place: usize, typed: Option<&Fields>) -> String {
        let sent = typed.and_then(|fields| fields.all("role").nth(place));
        let proposed = self.about.proposal.mapping.columns.get(place);
        let proposed = || proposed.map_or_else(String::new, |it| code_of(&it.role));
        sent.map_or_else(proposed, str::to_owned)
    }

    /// Lists the reasons for which a class may be lower than was proposed.
    fn reasons(&self, because: &str) -> Vec<(String, String, bool)> {
        let nothing = (
            String::new(),
            self.t("未降低", "not lowered"),
            because.is_empty(),
        );
        let reasons = LoweredBecause::ALL.into_iter().map(|it| {
            let chosen = it.code() == because;
            (
                it.code().to_owned(),
                it.text().get(self.lang).to_owned(),
                chosen,
            )
        });
        [nothing].into_iter().chain(reasons).collect()
    }
}
