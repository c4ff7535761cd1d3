//! The one room in which a look under technical help reaches data: every function takes a look that was decided, and acts in
//! the seat of who approved it. Who works for the platform is named nowhere in it; a house check holds both.
//!
//! # Clause
//! U2

use std::collections::BTreeMap;

use futures::TryStreamExt;
use yuntu_engine::{Query, SqlQuery};
use yuntu_lake::{CancelToken, QuarantinedRow};
use yuntu_policy::{Action, DeclarationGap, HelpGrant, RecordedHelp, Standing, Wants};
use yuntu_store::{About, DatasetColumn, Import, ImportProgress, ImportStatus, NewLook};
use yuntu_terms::{DatasetId, ImportId, Operation, Recipient, Timestamp, clause};

use super::look::HELP_ROWS_MAX;
use super::table_name;
use crate::caller::Caller;
use crate::error::AppError;
use crate::overview::Waiting;
use crate::platform::Platform;
use crate::running::{Task, Work};
use crate::runs::{Answer, Ask, Looking};

/// How many lines that did not fit are shown of one import.
const LINES_MAX: usize = 20;

/// What there is to see of datasets without any value of their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpStructure {
    /// The datasets, in the order of the request.
    pub datasets: Vec<HelpDataset>,
}

/// A dataset without any value of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpDataset {
    /// The name under which a statement knows it.
    pub table: String,
    /// The dataset.
    pub id: DatasetId,
    /// Its name.
    pub name: String,
    /// What its rows are about.
    pub about: About,
    /// How it stands.
    pub standing: Standing,
    /// Its columns with role, class and type.
    pub columns: Vec<DatasetColumn>,
    /// What it waits for.
    pub waiting: Vec<Waiting>,
    /// What its declaration lacks.
    pub gaps: Vec<DeclarationGap>,
    /// How many rows are live.
    pub rows: u64,
    /// The newest imports, newest first.
    pub imports: Vec<HelpImport>,
}

/// An import without the name of its file, which may be about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpImport {
    /// The import.
    pub id: ImportId,
    /// How far it has come.
    pub status: ImportStatus,
    /// The rows handled.
    pub progress: ImportProgress,
    /// Why it failed, by code.
    pub failure: Option<String>,
    /// When it was recorded.
    pub created: Timestamp,
    /// The first rows that did not fit: lines, columns and reasons.
    pub quarantine: Vec<QuarantinedRow>,
}

impl Platform {
    /// Runs a statement under a look that was decided, with everything that is asked of any run.
    pub(super) async fn rows_in_help(
        &self,
        grant: &HelpGrant,
        sql: &str,
        look: NewLook<'_>,
    ) -> Result<Answer, AppError> {
        clause::hit!(U2);
        let caller = Caller::helped(grant);
        let named = grant.datasets().iter().enumerate();
        let datasets: BTreeMap<String, DatasetId> = named
            .map(|(place, dataset)| (table_name(place), *dataset))
            .collect();
        let ask = Ask {
            purpose: grant.purpose().clone(),
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: grant.instruction(),
            datasets,
            wants: Wants::default(),
            query: Query::Sql(SqlQuery {
                sql: sql.to_owned(),
            }),
            rules: BTreeMap::new(),
            as_of: self.now(),
        };
        let looking = Looking {
            claim: grant.request().claim.clone(),
            look,
            rows_max: HELP_ROWS_MAX,
        };
        let entered = self.enter_run(&caller, &ask, Some(looking.claim.help))?;
        Box::pin(self.run_entered(&caller, &ask, (&entered, Some(&looking)))).await
    }

    /// Gathers what there is to see without any value, under a look whose entry is durable; nothing leaves once the help has
    /// ended.
    pub(super) async fn structure_in_help(
        &self,
        look: &RecordedHelp,
    ) -> Result<HelpStructure, AppError> {
        clause::hit!(U2);
        let caller = Caller::helped(look.grant());
        // How its datasets stand is what is looked at, so that no standing of theirs stops the look.
        let mut work = Work::of(Task::Run(self.new_id()?), &caller, []);
        work.help = Some(look.grant().request().claim.help);
        work.action = Action::ApproveHelp;
        let entered = self.enter(work, CancelToken::new());
        let structure = Box::pin(self.structure_of(&caller, look.grant()));
        let structure = entered.cut(structure).await?;
        let read = self.store().read();
        match self.stop_of(&read, entered.under_way()).await? {
            Some(reason) => Err(AppError::Stopped(reason)),
            None => Ok(structure),
        }
    }

    async fn structure_of(
        &self,
        caller: &Caller,
        grant: &HelpGrant,
    ) -> Result<HelpStructure, AppError> {
        let mut datasets = Vec::new();
        for (place, id) in grant.datasets().iter().enumerate() {
            let overview = self.dataset_overview(caller, *id).await?;
            let source = self.source_standing(caller, *id).await?;
            let version = source.draft().or_else(|| source.in_force());
            let gaps = version.map(|it| it.gaps.clone()).unwrap_or_default();
            let mut imports = Vec::with_capacity(overview.imports.len());
            for import in overview.imports {
                imports.push(self.import_in_help(caller, import).await?);
            }
            let dataset = overview.dataset;
            datasets.push(HelpDataset {
                table: table_name(place),
                id: dataset.id,
                name: dataset.name,
                about: dataset.about,
                standing: dataset.standing,
                columns: dataset.columns,
                waiting: overview.waiting,
                gaps,
                rows: overview.rows,
                imports,
            });
        }
        Ok(HelpStructure { datasets })
    }

    async fn import_in_help(
        &self,
        caller: &Caller,
        import: Import,
    ) -> Result<HelpImport, AppError> {
        let quarantine = self.quarantine_of_import(caller, import.dataset, import.id);
        let mut batches = quarantine.await?.batches;
        let mut lines = Vec::new();
        while lines.len() < LINES_MAX
            && let Some(batch) = batches.try_next().await?
        {
            lines.extend(batch);
        }
        lines.truncate(LINES_MAX);
        Ok(HelpImport {
            id: import.id,
            status: import.status,
            progress: import.progress,
            failure: import.failure,
            created: import.created,
            quarantine: lines,
        })
    }
}
