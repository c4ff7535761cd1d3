use std::collections::VecDeque;
use std::sync::Arc;

use roaring::RoaringBitmap;
use serde_json::json;
use yuntu_consent::{ConsentSnapshot, Question, SubjectSet};
use yuntu_lake::{CancelToken, IdentifierKind, LakeError};
use yuntu_policy::{RecordedPermit, StopReason};
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, Pii, ReceiptId, Sink, SubjectId, Timestamp, clause};

use super::{Found, Widening};
use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;
use crate::running::Entered;
use crate::runs::Ground;

/// How many people a piece is about: all of them are looked at once more before it leaves, in one statement.
const PIECE: usize = 500;

/// How many people's identifiers are opened at once, in whole pieces; a file of them is large.
const OPENED_AT_ONCE: usize = 40 * PIECE;

/// The list of those to ask, handed out a piece at a time as a consent file that waits for their answers.
#[derive(Debug)]
pub struct AskList {
    platform: Platform,
    caller: Caller,
    permit: RecordedPermit,
    wish: Widening,
    agreed: Question,
    wanted: Question,
    uploaded: Arc<SubjectSet>,
    consent: Arc<ConsentSnapshot>,
    kind: IdentifierKind,
    made: Timestamp,
    left: RoaringBitmap,
    /// Identifiers that were opened and have not left, by person.
    held: VecDeque<(SubjectId, Pii<String>)>,
    /// The last person whose identifiers were opened.
    held_to: Option<u32>,
    begun: bool,
    entered: Entered,
    /// How many people are on it.
    pub people: u64,
    /// The receipt of the run that found them.
    pub receipt: ReceiptId,
}

/// What a list is made of, once it is on record.
pub(super) struct Listed {
    pub(super) agreed: Question,
    pub(super) uploaded: Arc<SubjectSet>,
    pub(super) found: Found,
    pub(super) kind: IdentifierKind,
    pub(super) left: RoaringBitmap,
    pub(super) receipt: ReceiptId,
}

impl AskList {
    /// Begins to hand a list out. From here on it is work of its own: what stops the run would be deaf after the first
    /// withdrawal of anybody, also of somebody who is not on the list.
    pub(super) fn begin(
        platform: &Platform,
        caller: &Caller,
        (ground, run): (Ground, &Entered),
        wish: &Widening,
        listed: Listed,
    ) -> Self {
        let entered = platform.enter(run.under_way().work().clone(), CancelToken::new());
        Self {
            platform: platform.clone(),
            caller: caller.clone(),
            permit: ground.permit,
            wish: wish.clone(),
            agreed: listed.agreed,
            wanted: listed.found.question,
            uploaded: listed.uploaded,
            consent: ground.input.consent,
            kind: listed.kind,
            made: platform.now(),
            people: listed.left.len(),
            left: listed.left,
            held: VecDeque::new(),
            held_to: None,
            begun: false,
            entered,
            receipt: listed.receipt,
        }
    }

    /// Returns the next piece of the file; nothing when it is whole.
    ///
    /// It ends early, with an error and never as if it were whole, when somebody who waits on it says no meanwhile, and when
    /// what it stands on ends: the instruction, the token, whoever asked, or by a measure. How far it came is in the ledger.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when a person cuts it, [`AppError::Stopped`] when something else does; [`AppError::Lake`] when
    /// the permit has ended.
    /// # Clause
    /// U4, U5, R26
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, AppError> {
        let piece = self.piece().await;
        if let Err(error) = &piece
            && self.note_cut(error).await.is_err()
        {
            tracing::error!(
                "how far a list of those to ask came before it was cut is not in the ledger"
            );
        }
        piece
    }

    async fn piece(&mut self) -> Result<Option<Vec<u8>>, AppError> {
        let piece: RoaringBitmap = self.left.iter().take(PIECE).collect();
        let Some(last) = piece.max() else {
            return Ok(None);
        };
        self.hold(last).await?;
        // Last of all, so that nothing lies between the look and the piece.
        self.check().await?;
        let mut text = Vec::new();
        if !self.begun {
            self.begun = true;
            let head = format!(
                "{},purpose,operation,recipient,kind,status,from,until,proof\n",
                self.kind.code()
            );
            text.extend(head.into_bytes());
        }
        let kind = serde_json::to_value(self.wanted.kind_required()).unwrap_or_default();
        let kind = kind.as_str().unwrap_or_default();
        let recipient = self.wish.recipient.to_string();
        let made = self.made.to_string();
        let theirs = self.held.partition_point(|(it, _)| it.get() <= last);
        let mut writer = csv::Writer::from_writer(&mut text);
        for (_subject, value) in self.held.drain(..theirs) {
            let written = value.open(&self.permit, Sink::OwnFile, |value| {
                writer.write_record([
                    value.as_str(),
                    self.wish.wanted.as_str(),
                    self.wish.operation.code(),
                    &recipient,
                    kind,
                    "requested",
                    &made,
                    "",
                    // Whoever is asked answers here, and what proves it comes beside it.
                    "",
                ])
            });
            if !matches!(written, Some(Ok(()))) {
                return Err(AppError::Internal {
                    what: "a line of the list of those to ask",
                });
            }
        }
        drop(writer);
        self.left -= &piece;
        Ok(Some(text))
    }

    /// Opens the identifiers of the next people, unless they are open as far as this one.
    async fn hold(&mut self, last: u32) -> Result<(), AppError> {
        if self.held_to.is_some_and(|held| last <= held) {
            return Ok(());
        }
        let next: RoaringBitmap = self.left.iter().take(OPENED_AT_ONCE).collect();
        let lake = &self.platform.inner.lake;
        let mut found = lake.originals(&self.permit, &next, &self.kind).await?;
        found.sort_by_key(|(subject, _)| subject.get());
        self.held = found.into();
        self.held_to = next.max();
        Ok(())
    }

    /// Cuts the list when what it stands on has ended, or when somebody who waits on it may not be asked any more.
    async fn check(&mut self) -> Result<(), AppError> {
        clause::hit!(U5);
        if let Some(reason) = self.entered.stopped() {
            return Err(AppError::Stopped(reason));
        }
        if !self.permit.is_in_force(self.platform.now()) {
            return Err(AppError::Lake(LakeError::PermitExpired {
                clause: ClauseId::u(4),
            }));
        }
        let consent = self.platform.consent(&self.caller).await?;
        // The same look, which neither an event nor a moment has made another.
        if Arc::ptr_eq(&consent, &self.consent) {
            return Ok(());
        }
        let now = consent.what_if(&self.wanted, &self.uploaded);
        let allowed = consent.allowed(&self.agreed);
        let may_be_asked = self.left.is_subset(allowed.bitmap())
            && self.left.is_disjoint(now.declined.bitmap())
            && self.left.is_disjoint(now.barred.bitmap());
        if !may_be_asked {
            return Err(AppError::Invalid {
                what: "list",
                reason: Said::new(
                    "导出期间有人撤回了同意，导出已中止；请重新导出",
                    "somebody on it withdrew meanwhile and it was cut; export it again",
                ),
            });
        }
        self.consent = consent;
        Ok(())
    }

    async fn note_cut(&self, error: &AppError) -> Result<(), AppError> {
        let by = if let AppError::Stopped(reason) = error {
            reason.code()
        } else if matches!(error, AppError::Invalid { .. }) {
            StopReason::ConsentWithdrawn.code()
        } else if matches!(error, AppError::Lake(LakeError::PermitExpired { .. })) {
            "permit_ended"
        } else {
            "fault"
        };
        let (caller, wish) = (&self.caller, &self.wish);
        let left = self.left.len();
        let actor = self.platform.pseudonym(caller).await?;
        let store = self.platform.store();
        store
            .run_tx("consent.list_cut", async |tx: Tx| {
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": wish.dataset,
                    "instruction": wish.instruction, "receipt": self.receipt,
                    "people": self.people, "handed": self.people - left, "left": left, "cut": by,
                });
                let clauses = [ClauseId::u(4), ClauseId::u(5)];
                let cut = entry(&tx, "consent.list_cut", &clauses, actor, body)?;
                tx.append_own(caller, &cut).await?;
                Ok(())
            })
            .await
    }
}
