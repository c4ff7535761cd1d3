use std::time::Duration;

use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{PageView, RecordedView, View};
use yuntu_terms::{ClauseId, clause};

use crate::acts::Whose;
use crate::error::StoreError;
use crate::store::Store;
use crate::tx::Tx;

/// For how long one entry stands for what a session shows of its own person: else each page would make one for ever.
pub const OWN_VIEW: Duration = Duration::from_mins(1);

impl Store {
    /// Makes a view of what is kept sealed durable in the ledger, before anything is opened by it: one entry for all that a
    /// request shows, and for what a session shows of its own person within [`OWN_VIEW`]. The own log of who looks at others'
    /// values has it too; of her own pages it would hold nothing else.
    ///
    /// # Errors
    /// A fault of the database; then nothing may be opened.
    ///
    /// # Clause
    /// R22, R23
    pub async fn record_view(
        &self,
        view: PageView,
        (actor, whose): (Pseudonym, Whose<'_>),
    ) -> Result<RecordedView, StoreError> {
        clause::hit!(R22);
        let what = view.view();
        let lasts = match what {
            View::Own => Some(OWN_VIEW.as_secs()),
            View::Colleagues(_)
            | View::Certification(_)
            | View::Consents(_)
            | View::Declaration(_)
            | View::Partners(_)
            | View::ExceptionPapers(_)
            | View::ConsentCounts(_)
            | View::Operators
            | View::Proposals
            | View::Duties
            | View::Measures
            | View::OwnMeasures(_)
            | View::Help(_)
            | View::OwnHelp(_) => None,
        };
        self.run_tx("view.record", async |tx: Tx| {
            let entry = Entry {
                kind: EntryKind::known("values.opened"),
                at: tx.now(),
                clauses: vec![ClauseId::r(22), ClauseId::r(23)],
                actor,
                body: json!({
                    "view": what.code(), "enterprise": what.enterprise(), "seconds": lasts,
                }),
            };
            match what {
                View::Own => tx.append(&entry).await,
                View::Colleagues(_)
                | View::Certification(_)
                | View::Consents(_)
                | View::Declaration(_)
                | View::Partners(_)
                | View::ExceptionPapers(_)
                | View::ConsentCounts(_)
                | View::Operators
                | View::Proposals
                | View::Duties
                | View::Measures
                | View::OwnMeasures(_)
                | View::Help(_)
                | View::OwnHelp(_) => tx.append_own(whose, &entry).await,
            }
        })
        .await?;
        Ok(RecordedView::recorded(view))
    }
}
