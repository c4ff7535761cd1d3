//! What every run shares: the instruction it cites, its datasets, and the answer with base, funnels and receipt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::consent::Funnel;
use yuntu_app::engine::{Base, Label, Query, ReceiptException, StageRules};
use yuntu_app::policy::Wants;
use yuntu_app::{Ask, Caller, Done};
use yuntu_terms::{
    DatasetId, ExceptionUseId, InstructionId, Operation, Purpose, ReceiptId, Recipient, Timestamp,
};

use crate::problem::Problem;
use crate::state::{Site, to_its_end};

/// A run: on which instruction, for which purpose, over which datasets, and the question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run<T> {
    /// What for.
    #[schema(value_type = String, example = "marketing.insight")]
    pub(super) purpose: Purpose,
    /// What is done with the answer: `process`, `share`, `transfer` or `publicise`; `process` when left out.
    #[serde(default = "process")]
    #[schema(value_type = String)]
    pub(super) operation: Operation,
    /// Who receives the answer, to whom you hand it on yourself: `"enterprise"`, `"public"` or `{"partner": id}`; the
    /// enterprise when left out.
    #[serde(default = "enterprise")]
    #[schema(value_type = Object)]
    pub(super) recipient: Recipient,
    /// On which instruction.
    #[schema(value_type = String)]
    pub(super) instruction: InstructionId,
    /// The use of a lawful exception on whose ground it is asked (R7, R21); on consent when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) exception: Option<ExceptionUseId>,
    /// The datasets, by the names the question uses.
    #[schema(value_type = Object)]
    pub(super) datasets: BTreeMap<String, DatasetId>,
    /// The stage rules, by the names the question uses.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) rules: BTreeMap<String, StageRules>,
    /// The moment for which the question is asked; now when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) as_of: Option<Timestamp>,
    /// The question. A rule in it may name a saved audience of the enterprise, `{"kind": "saved", "audience": id}`; it is
    /// evaluated anew under this purpose, this instruction and these datasets.
    #[schema(value_type = Object)]
    pub(super) ask: T,
}

const fn process() -> Operation {
    Operation::Process
}

const fn enterprise() -> Recipient {
    Recipient::Enterprise
}

/// The answer of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answered<T> {
    /// The answer.
    #[schema(value_type = Object)]
    pub(super) result: T,
    /// What its figures stand on.
    #[schema(value_type = Object)]
    pub(super) base: Base,
    /// For each dataset about persons, why people are missing.
    #[schema(value_type = Object)]
    pub(super) funnels: BTreeMap<String, Funnel>,
    /// How closely each column of the answer is tied to persons.
    #[schema(value_type = Vec<Object>)]
    pub(super) labels: Vec<Label>,
    /// The exception on whose ground people were admitted, where it was another than consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) exception: Option<ReceiptException>,
    /// The receipt of the run.
    #[schema(value_type = String)]
    pub(super) receipt: ReceiptId,
}

impl<T> Run<T> {
    /// Runs the question to its end.
    pub(super) async fn answer(
        self,
        site: &Site,
        caller: Caller,
        query: impl FnOnce(T) -> Query,
    ) -> Result<Done, Problem> {
        let platform = site.platform.clone();
        let ask = Ask {
            purpose: self.purpose,
            operation: self.operation,
            recipient: self.recipient,
            instruction: self.instruction,
            exception: self.exception,
            datasets: self.datasets,
            wants: Wants::default(),
            query: query(self.ask),
            rules: self.rules,
            as_of: self.as_of.unwrap_or_else(|| platform.now()),
        };
        let work = async move { platform.run(&caller, &ask).await?.done() };
        Ok(to_its_end(work).await?)
    }
}

impl<T> Answered<T> {
    /// Puts base, funnels, labels and receipt around a result.
    pub(super) fn new(done: Done, result: T) -> Self {
        Self {
            result,
            base: done.outcome.base,
            funnels: done.outcome.funnels,
            labels: done.outcome.labels,
            exception: done.outcome.receipt.exception,
            receipt: done.receipt,
        }
    }
}
