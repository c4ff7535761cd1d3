use serde_json::json;
use yuntu_policy::{Action, MeasureKind, decide_own_measures};
use yuntu_store::{CheckedFile, Measure, MeasureMessageKind, PaperOf, Tx};
use yuntu_terms::{ClauseId, MeasureId, Sink, clause};

use super::{MeasureWords, SHOWN_MAX, ShownMeasure, invalid};
use crate::caller::{Caller, entry};
use crate::certification::CertificationError;
use crate::error::AppError;
use crate::platform::Platform;

/// A paper that comes with an answer or an appeal.
pub struct MeasurePaper {
    /// The name it came with.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

// A paper may be about people.
impl std::fmt::Debug for MeasurePaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeasurePaper").finish_non_exhaustive()
    }
}

impl Platform {
    /// Lists the measures against the caller's enterprise with what was written of them, towards a page or the API.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not answer measures.
    /// # Clause
    /// U5, R23
    pub async fn own_measures(
        &self,
        caller: &Caller,
        sink: Sink,
    ) -> Result<Vec<ShownMeasure>, AppError> {
        self.authorise(caller, Action::AnswerMeasure).await?;
        let facts = self.facts_of(caller).await?;
        let view = decide_own_measures(caller.enterprise, caller.representative, &facts)?;
        let view = self.view_as(caller, view).await?;
        let read = self.store().read();
        let found = read
            .list_measures(Some(caller.enterprise), SHOWN_MAX)
            .await?;
        self.show_measures(found, &view, sink).await
    }

    /// Lists what stands against an enterprise now, without words, for who acts for it: asks for proof among it.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// U5
    pub async fn standing_measures(&self, caller: &Caller) -> Result<Vec<Measure>, AppError> {
        let read = self.store().read();
        let mut found = read.measures_standing(&[caller.enterprise]).await?;
        let now = self.now();
        found.retain(|it| it.stands(now));
        Ok(found)
    }

    /// Answers an ask for proof; what was announced for the day does not happen any more, and an operator looks at it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not; [`AppError::Missing`] when there is no such measure that stands;
    /// [`AppError::Invalid`] when it asks for nothing; [`CertificationError::File`] when the paper is hostile or damaged.
    /// # Clause
    /// U5
    pub async fn answer_measure(
        &self,
        caller: &Caller,
        id: MeasureId,
        written: (&MeasureWords, Option<MeasurePaper>),
    ) -> Result<(), AppError> {
        self.write_of_measure(caller, id, MeasureMessageKind::Answer, written)
            .await
    }

    /// Appeals against a measure.
    ///
    /// # Errors
    /// As [`Platform::answer_measure`].
    /// # Clause
    /// U5
    pub async fn appeal_measure(
        &self,
        caller: &Caller,
        id: MeasureId,
        written: (&MeasureWords, Option<MeasurePaper>),
    ) -> Result<(), AppError> {
        self.write_of_measure(caller, id, MeasureMessageKind::Appeal, written)
            .await
    }

    async fn write_of_measure(
        &self,
        caller: &Caller,
        id: MeasureId,
        kind: MeasureMessageKind,
        (words, paper): (&MeasureWords, Option<MeasurePaper>),
    ) -> Result<(), AppError> {
        clause::hit!(U5);
        self.authorise(caller, Action::AnswerMeasure).await?;
        let found = self.own_measure(caller, id).await?;
        if kind == MeasureMessageKind::Answer && found.told.kind != MeasureKind::AskProof {
            return invalid(
                "measure",
                "此措施未要求证明；请改为申诉",
                "the measure asks for no proof; appeal instead",
            );
        }
        let store = self.store();
        let file = paper.map(|it| CheckedFile::check(&it.name, it.bytes));
        let file = file.transpose().map_err(CertificationError::File)?;
        let of = PaperOf::Enterprise(caller.enterprise);
        let sealed = match &file {
            Some(file) => Some(store.seal_paper(of, file).await?),
            None => None,
        };
        let author = caller.representative.uuid();
        let written = (&words.0, sealed.as_ref().map(yuntu_store::SealedPaper::id));
        let message = store
            .seal_measure_message(&found, kind, author, written)
            .await?;
        let actor = self.pseudonym(caller).await?;
        let act = match kind {
            MeasureMessageKind::Answer => "measure.answered",
            MeasureMessageKind::Appeal
            | MeasureMessageKind::Reply
            | MeasureMessageKind::Lifting => "measure.appealed",
        };
        store
            .run_tx("measure.write", async |tx: Tx| {
                tx.add_measure_message(&message, sealed.as_ref()).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "measure": id,
                    "paper": sealed.as_ref().map(yuntu_store::SealedPaper::digest),
                });
                let clauses = [ClauseId::u(5)];
                let noted = entry(&tx, act, &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok(())
            })
            .await
    }

    async fn own_measure(&self, caller: &Caller, id: MeasureId) -> Result<Measure, AppError> {
        let found = self.standing_measure(id).await?;
        if found.told.enterprise == caller.enterprise {
            Ok(found)
        } else {
            Err(AppError::Missing { what: "measure" })
        }
    }
}
