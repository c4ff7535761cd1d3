use serde_json::json;
use yuntu_outbound::MeasureNews;
use yuntu_policy::{MeasureEnd, MeasureGround, MeasureKind};
use yuntu_store::{Measure, NewMeasure, Tx};
use yuntu_terms::{ClauseId, Pii, clause};

use super::{CONFIRM_WITHIN, put, taken_body, taken_kind};
use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::AppError;
use crate::imports::IMPORT_KINDS;
use crate::platform::Platform;

/// What the enterprise reads when what was announced happens.
const FOLLOWED: &str = "要求的证明逾期未提供，现按预告采取此措施。 The proof that was asked for was not given in time; what was announced happens now.";

impl Platform {
    /// Ends what is over by time: a freeze that nobody confirmed, and an ask whose day passed without an answer, after
    /// which what was announced happens. Returns how many it ended.
    ///
    /// # Errors
    /// [`AppError::Store`]; what was done by then stays done.
    /// # Clause
    /// U5
    pub async fn sweep_measures(&self) -> Result<u64, AppError> {
        clause::hit!(U5);
        let over = self.store().read().measures_over(self.now()).await?;
        let mut ended = 0;
        for measure in over {
            ended += match measure.told.due {
                Some((_, then)) => self.follow(&measure, then).await?,
                None => self.lapse(&measure).await?,
            };
        }
        Ok(ended)
    }

    /// Ends a freeze that nobody confirmed.
    async fn lapse(&self, measure: &Measure) -> Result<u64, AppError> {
        let (id, enterprise) = (measure.id, measure.told.enterprise);
        let notices = self.tell_members(enterprise, MeasureNews::Lapsed).await?;
        let actor = self.store().platform_pseudonym().await?;
        let told = notices.as_slice();
        self.store()
            .run_tx("measure.lapse", async |tx: Tx| {
                if !tx.end_measure(id, MeasureEnd::Lapsed, None).await? {
                    return Ok(0);
                }
                tx.hasten_jobs(enterprise, &IMPORT_KINDS).await?;
                let body = json!({
                    "measure": id, "enterprise": enterprise, "ended": MeasureEnd::Lapsed,
                    "told": told.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                let clauses = [ClauseId::u(5)];
                let noted = entry(&tx, "measure.ended", &clauses, actor, body)?;
                tx.append(&noted).await?;
                put(&tx, told).await?;
                Ok(1)
            })
            .await
    }

    /// Does what an ask announced for the day that passed without an answer.
    async fn follow(&self, ask: &Measure, then: MeasureKind) -> Result<u64, AppError> {
        let new = NewMeasure {
            kind: then,
            ground: MeasureGround::NoProof,
            due: None,
            follows: Some(ask.id),
            confirm_by: then.needs_second().then(|| self.now().plus(CONFIRM_WITHIN)),
            ..ask.told.clone()
        };
        let words = Pii::new(FOLLOWED.to_owned());
        let store = self.store();
        let sealed = store.seal_measure(new.enterprise, &words).await?;
        let news = MeasureNews::Taken(taken_kind(then));
        let notices = self.tell_members(new.enterprise, news).await?;
        let actor = store.platform_pseudonym().await?;
        let (new, told) = (&new, notices.as_slice());
        let done = store
            .run_tx("measure.follow", async |tx: Tx| {
                // An answer that came meanwhile counts.
                let now = tx.read().find_measure(ask.id).await?;
                let waits = now.is_some_and(|it| it.answered.is_none() && it.ended.is_none());
                if !waits || !tx.end_measure(ask.id, MeasureEnd::Followed, None).await? {
                    return Ok::<_, AppError>(false);
                }
                tx.take_measure(&sealed, new).await?;
                let body = taken_body(sealed.id(), new, told);
                let clauses = [ClauseId::u(5)];
                let noted = entry(&tx, "measure.taken", &clauses, actor, body)?;
                tx.append(&noted).await?;
                put(&tx, told).await?;
                Ok(true)
            })
            .await?;
        if done {
            self.stop_measured(sealed.id()).await?;
        }
        Ok(u64::from(done))
    }
}
