//! Measures against an enterprise or one of its datasets (U5): asked, taken, confirmed, answered, appealed, lifted.
//!
//! A measure is a row of its own beside what it stops, so that lifting it restores everything as it was, and nothing is
//! ever deleted by one.

mod answer;
mod sweep;

use std::time::Duration;

use serde_json::json;
use yuntu_outbound::{Line, Link, MeasureNews, Message, TakenMeasure};
use yuntu_policy::{
    Action, MeasureEnd, MeasureGround, MeasureKind, OperatorAction, Standing, decide_measure_view,
    limitable,
};
use yuntu_store::{
    Measure, MeasureMessageKind, MeasureTexts, NewMeasure, PaperOf, SealedMeasure,
    SealedMeasureMessage, Tx,
};
use yuntu_terms::{
    ClauseId, DatasetId, EnterpriseId, MeasureId, PaperId, Pii, Sink, Timestamp, Warrant, clause,
};

use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::certification::{OpenedFile, file_of};
use crate::error::{AppError, Said};
use crate::imports::IMPORT_KINDS;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

pub use answer::MeasurePaper;

/// How long a freeze waits for a second person before it ends by itself.
pub const CONFIRM_WITHIN: Duration = Duration::from_hours(24);
/// How long an ask for proof gives at least.
const ASK_LEAST: Duration = Duration::from_hours(1);
/// How many days an ask gives at most.
const ASK_DAYS_MAX: i32 = 366;
/// How many of the newest measures are listed.
pub(crate) const SHOWN_MAX: u64 = 200;

/// What somebody writes of a measure: 10 to 2000 characters.
#[derive(Debug)]
pub struct MeasureWords(pub(crate) Pii<String>);

impl MeasureWords {
    /// Takes words as a person types them.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    /// # Clause
    /// U5
    pub fn parse(typed: &str) -> Result<Self, AppError> {
        let text = typed.trim();
        let fits = (10..=2_000).contains(&text.chars().count());
        let odd = |sign: char| sign.is_control() && sign != '\n' && sign != '\r';
        if fits && !text.chars().any(odd) {
            return Ok(Self(Pii::new(text.to_owned())));
        }
        Err(AppError::Invalid {
            what: "words",
            reason: Said::new(
                "请写明内容（10 至 2000 个字符）",
                "write 10 to 2000 characters",
            ),
        })
    }
}

/// A measure to take, as an operator says it.
#[derive(Debug)]
pub struct MeasureToTake {
    /// Against which enterprise.
    pub enterprise: EnterpriseId,
    /// Against which of its datasets.
    pub dataset: Option<DatasetId>,
    /// What.
    pub kind: MeasureKind,
    /// Why.
    pub ground: MeasureGround,
    /// What is limited.
    pub actions: Vec<Action>,
    /// Until when proof is given, and what happens then without an answer.
    pub due: Option<(Timestamp, MeasureKind)>,
    /// The words to the enterprise.
    pub words: MeasureWords,
}

/// A measure with what was written of it, as it is shown to one side.
#[derive(Debug)]
pub struct ShownMeasure {
    /// The measure.
    pub measure: Measure,
    /// Whether it stands now.
    pub stands: bool,
    /// The name of the enterprise.
    pub enterprise: String,
    /// The words to the enterprise.
    pub words: String,
    /// The messages in their order: what each is, what it says, a paper with it, when it was sent.
    pub messages: Vec<(MeasureMessageKind, String, Option<PaperId>, Timestamp)>,
}

impl ShownMeasure {
    /// Says whether an appeal waits for its answer.
    #[must_use]
    pub fn waits_for_reply(&self) -> bool {
        let last = self
            .messages
            .iter()
            .rev()
            .find(|(kind, ..)| *kind != MeasureMessageKind::Answer);
        self.stands && last.is_some_and(|(kind, ..)| *kind == MeasureMessageKind::Appeal)
    }
}

fn invalid<T>(what: &'static str, zh: &'static str, en: &'static str) -> Result<T, AppError> {
    let reason = Said::new(zh, en);
    Err(AppError::Invalid { what, reason })
}

impl Platform {
    /// Takes a measure against an enterprise: at once, by one operator. A freeze waits for a second operator for
    /// [a day](CONFIRM_WITHIN) and ends by itself without her; what ends an enterprise is proposed instead.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not; [`AppError::Invalid`] when the measure does not hold together;
    /// [`AppError::Missing`] when there is no such enterprise or dataset.
    /// # Clause
    /// U5, R23
    pub async fn take_measure(
        &self,
        caller: &OperatorCaller,
        taken: MeasureToTake,
    ) -> Result<MeasureId, AppError> {
        clause::hit!(U5);
        self.authorise_operator(caller, OperatorAction::TakeMeasure)
            .await?;
        self.check_measure(&taken).await?;
        let new = NewMeasure {
            enterprise: taken.enterprise,
            dataset: taken.dataset,
            kind: taken.kind,
            ground: taken.ground,
            actions: taken.actions,
            due: taken.due,
            follows: None,
            by: caller.operator,
            confirm_by: taken
                .kind
                .needs_second()
                .then(|| self.now().plus(CONFIRM_WITHIN)),
        };
        let store = self.store();
        let sealed = store.seal_measure(new.enterprise, &taken.words.0).await?;
        let notices = self
            .tell_members(new.enterprise, MeasureNews::Taken(taken_kind(new.kind)))
            .await?;
        let actor = store.account_pseudonym(caller.account).await?;
        let (new_measure, told) = (&new, notices.as_slice());
        store
            .run_tx("measure.take", async |tx: Tx| {
                tx.take_measure(&sealed, new_measure).await?;
                let body = taken_body(sealed.id(), new_measure, told);
                let clauses = [ClauseId::u(5)];
                let noted = entry(&tx, "measure.taken", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                put(&tx, told).await
            })
            .await?;
        self.stop_measured(sealed.id()).await?;
        Ok(sealed.id())
    }

    /// Confirms a freeze that another operator took.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not; [`AppError::Missing`] when it does not wait, or she took it herself.
    /// # Clause
    /// U5, R23
    pub async fn confirm_measure(
        &self,
        caller: &OperatorCaller,
        id: MeasureId,
    ) -> Result<(), AppError> {
        clause::hit!(R23);
        self.authorise_operator(caller, OperatorAction::TakeMeasure)
            .await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        self.store()
            .run_tx("measure.confirm", async |tx: Tx| {
                if !tx.confirm_measure(id, caller.operator).await? {
                    return Err(AppError::Missing { what: "measure" });
                }
                let body = json!({ "measure": id });
                let clauses = [ClauseId::u(5), ClauseId::r(23)];
                let noted = entry(&tx, "measure.confirmed", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok(())
            })
            .await
    }

    /// Lifts a measure with a reason; for an ask for proof, accepts the proof. Everything is as it was before, and an import that
    /// it held goes on.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not; [`AppError::Missing`] when it has ended.
    /// # Clause
    /// U5, R23
    pub async fn lift_measure(
        &self,
        caller: &OperatorCaller,
        id: MeasureId,
        words: &MeasureWords,
    ) -> Result<(), AppError> {
        clause::hit!(U5);
        self.authorise_operator(caller, OperatorAction::TakeMeasure)
            .await?;
        let found = self.standing_measure(id).await?;
        let (end, news) = if found.told.kind == MeasureKind::AskProof {
            (MeasureEnd::Satisfied, MeasureNews::Satisfied)
        } else {
            (MeasureEnd::Lifted, self.lifted(&found).await?)
        };
        let message = self.seal_words(&found, MeasureMessageKind::Lifting, caller, words);
        let message = message.await?;
        let notices = self.tell_members(found.told.enterprise, news).await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        let told = notices.as_slice();
        self.store()
            .run_tx("measure.lift", async |tx: Tx| {
                if !tx.end_measure(id, end, Some(caller.operator)).await? {
                    return Err(AppError::Missing { what: "measure" });
                }
                tx.hasten_jobs(found.told.enterprise, &IMPORT_KINDS).await?;
                tx.add_measure_message(&message, None).await?;
                let body = json!({
                    "measure": id, "enterprise": found.told.enterprise, "ended": end,
                    "told": told.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                let clauses = [ClauseId::u(5)];
                let noted = entry(&tx, "measure.ended", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                put(&tx, told).await
            })
            .await
    }

    /// Answers an appeal and leaves the measure as it is.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not; [`AppError::Missing`] when the measure has ended.
    /// # Clause
    /// U5
    pub async fn reply_to_appeal(
        &self,
        caller: &OperatorCaller,
        id: MeasureId,
        words: &MeasureWords,
    ) -> Result<(), AppError> {
        self.authorise_operator(caller, OperatorAction::TakeMeasure)
            .await?;
        let found = self.standing_measure(id).await?;
        let message = self.seal_words(&found, MeasureMessageKind::Reply, caller, words);
        let message = message.await?;
        let news = MeasureNews::Replied;
        let notices = self.tell_members(found.told.enterprise, news).await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        let told = notices.as_slice();
        self.store()
            .run_tx("measure.reply", async |tx: Tx| {
                tx.add_measure_message(&message, None).await?;
                let body = json!({ "measure": id, "enterprise": found.told.enterprise });
                let clauses = [ClauseId::u(5)];
                let noted = entry(&tx, "measure.replied", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                put(&tx, told).await
            })
            .await
    }

    /// Lists the newest measures with what was written of them.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not.
    /// # Clause
    /// U5, R23
    pub async fn measures(&self, caller: &OperatorCaller) -> Result<Vec<ShownMeasure>, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewMeasures)
            .await?;
        let view = decide_measure_view(self.role_of(caller).await?)?;
        let view = self.view_as_operator(caller, view).await?;
        let found = self.store().read().list_measures(None, SHOWN_MAX).await?;
        self.show_measures(found, &view, Sink::Page).await
    }

    /// Opens a paper that came with an answer or an appeal; the look is recorded first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not; [`AppError::Missing`] when no message of the measure has this paper.
    /// # Clause
    /// U5, R23
    pub async fn measure_paper(
        &self,
        caller: &OperatorCaller,
        id: MeasureId,
        paper: PaperId,
    ) -> Result<OpenedFile, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewMeasures)
            .await?;
        let none = || AppError::Missing { what: "document" };
        let (store, read) = (self.store(), self.store().read());
        let measure = read.find_measure(id).await?.ok_or_else(none)?;
        let texts = store.measure_texts(id).await?.ok_or_else(none)?;
        if !texts.messages.iter().any(|it| it.paper == Some(paper)) {
            return Err(none());
        }
        let view = decide_measure_view(self.role_of(caller).await?)?;
        let view = self.view_as_operator(caller, view).await?;
        let of = PaperOf::Enterprise(measure.told.enterprise);
        let found = store.open_paper(of, paper).await?.ok_or_else(none)?;
        file_of((&found.name, &found.bytes), found.paper.kind, &view)
    }

    async fn show_measures(
        &self,
        found: Vec<Measure>,
        warrant: &(impl Warrant + Sync),
        sink: Sink,
    ) -> Result<Vec<ShownMeasure>, AppError> {
        let now = self.now();
        let mut shown = Vec::with_capacity(found.len());
        for measure in found {
            let texts = self.store().measure_texts(measure.id).await?;
            let MeasureTexts { words, messages } =
                texts.ok_or(AppError::Missing { what: "measure" })?;
            let open = |text: &Pii<String>| text.open(warrant, sink, Clone::clone);
            shown.push(ShownMeasure {
                stands: measure.stands(now),
                enterprise: self.enterprise_name(measure.told.enterprise).await?,
                words: open(&words).unwrap_or_default(),
                messages: messages
                    .iter()
                    .map(|it| {
                        let words = open(&it.words).unwrap_or_default();
                        (it.kind, words, it.paper, it.sent)
                    })
                    .collect(),
                measure,
            });
        }
        Ok(shown)
    }

    /// Says what of a measure does not hold together.
    async fn check_measure(&self, new: &MeasureToTake) -> Result<(), AppError> {
        let read = self.store().read();
        let found = read.find_enterprise(new.enterprise).await?;
        let open = found.filter(|it| it.standing != Standing::Ended);
        open.ok_or(AppError::Missing { what: "enterprise" })?;
        if !new.kind.is_taken_by_one() {
            return invalid(
                "kind",
                "关闭与收回须在双人核准页提出",
                "closing and taking back are proposed on the page of the two-person rule",
            );
        }
        let then = new.due.map(|(_, then)| then);
        let of_dataset = [Some(new.kind), then].contains(&Some(MeasureKind::FreezeDataset));
        if of_dataset != new.dataset.is_some() {
            return invalid(
                "dataset",
                "冻结数据集须且仅须写明数据集编号",
                "a dataset is named where one is frozen, and nowhere else",
            );
        }
        if let Some(dataset) = new.dataset {
            let known = read.find_dataset(new.enterprise, dataset).await?;
            known.ok_or(AppError::Missing { what: "dataset" })?;
        }
        let limits = [Some(new.kind), then].contains(&Some(MeasureKind::LimitFeatures));
        let known = limitable();
        let fits = new.actions.iter().all(|action| known.contains(action));
        if limits == new.actions.is_empty() || !fits {
            return invalid(
                "actions",
                "限制功能须选择功能，其他措施不选",
                "features are chosen where they are limited, and nowhere else",
            );
        }
        self.check_due(new)
    }

    fn check_due(&self, new: &MeasureToTake) -> Result<(), AppError> {
        let now = self.now();
        match (new.kind, new.due) {
            (MeasureKind::AskProof, Some((due, then))) => {
                let stops = [
                    MeasureKind::LimitFeatures,
                    MeasureKind::FreezeDataset,
                    MeasureKind::FreezeEnterprise,
                ];
                let between = now.plus(ASK_LEAST) <= due && due <= now.plus_days(ASK_DAYS_MAX);
                if between && stops.contains(&then) {
                    return Ok(());
                }
                invalid(
                    "due",
                    "期限应在一小时后至一年内，并写明逾期将采取的措施",
                    "the day lies between an hour and a year ahead, with what happens without an answer",
                )
            }
            (MeasureKind::AskProof, None) | (_, Some(_)) => invalid(
                "due",
                "要求证明须写明期限与逾期措施，其他措施不写",
                "an ask for proof has a day and what happens then, and nothing else has",
            ),
            (_, None) => Ok(()),
        }
    }

    async fn standing_measure(&self, id: MeasureId) -> Result<Measure, AppError> {
        let found = self.store().read().find_measure(id).await?;
        found
            .filter(|it| it.stands(self.now()))
            .ok_or(AppError::Missing { what: "measure" })
    }

    async fn seal_words(
        &self,
        measure: &Measure,
        kind: MeasureMessageKind,
        caller: &OperatorCaller,
        words: &MeasureWords,
    ) -> Result<SealedMeasureMessage, AppError> {
        let author = caller.operator.uuid();
        let written = (&words.0, None);
        Ok(self
            .store()
            .seal_measure_message(measure, kind, author, written)
            .await?)
    }

    /// Stops in this process what a measure stops; other processes see it in the rows.
    pub(crate) async fn stop_measured(&self, id: MeasureId) -> Result<(), AppError> {
        if let Some(measure) = self.store().read().find_measure(id).await? {
            let (now, facts) = (self.now(), measure.facts());
            self.stop_where(facts.stop(), |work| work.measured(&measure, now).is_some());
        }
        Ok(())
    }

    /// Says what lifting a measure restores: all but the invitations that ended with it. Whoever is closed sends and ends none
    /// herself meanwhile.
    async fn lifted(&self, measure: &Measure) -> Result<MeasureNews, AppError> {
        let read = self.store().read();
        let ends = !measure.told.kind.is_taken_by_one();
        let ended = read.were_invitations_ended(measure.told.enterprise, measure.taken);
        Ok(if ends && ended.await? {
            MeasureNews::LiftedWithoutInvitations
        } else {
            MeasureNews::Lifted
        })
    }

    /// Seals a notice to each address of everybody who acts for an enterprise.
    pub(crate) async fn tell_members(
        &self,
        enterprise: EnterpriseId,
        news: MeasureNews,
    ) -> Result<Vec<Notice>, AppError> {
        let (read, now) = (self.store().read(), self.now());
        let name = self.enterprise_name(enterprise).await?;
        let link = self
            .origin()
            .and_then(|origin| Link::try_from(format!("{origin}/console/measures")).ok());
        let mut notices = Vec::new();
        for member in read.list_members(enterprise, now).await? {
            let seated = member.seat.standing == Standing::Active;
            let Some(account) = member.seat.account.filter(|_| seated) else {
                continue;
            };
            let Some(found) = read.find_account(account).await? else {
                continue;
            };
            let message = |to| {
                let name = Line::lossy(&name);
                Message::measure_news(to, found.lang, name, news, now, link.clone())
            };
            notices.extend(self.seal_to_all(account, message).await?);
        }
        Ok(notices)
    }

    /// Seals the measure that the approval of a proposal takes, and the notices that go with it.
    pub(crate) async fn seal_ending(
        &self,
        enterprise: EnterpriseId,
        kind: MeasureKind,
        words: &Pii<String>,
    ) -> Result<(SealedMeasure, Vec<Notice>), AppError> {
        let sealed = self.store().seal_measure(enterprise, words).await?;
        let news = MeasureNews::Taken(taken_kind(kind));
        Ok((sealed, self.tell_members(enterprise, news).await?))
    }
}

/// What the ledger has of a measure that is taken.
pub(crate) fn taken_body(id: MeasureId, new: &NewMeasure, told: &[Notice]) -> serde_json::Value {
    json!({
        "measure": id, "enterprise": new.enterprise, "dataset": new.dataset, "kind": new.kind,
        "ground": new.ground, "actions": new.actions, "due": new.due.map(|(due, _)| due),
        "then": new.due.map(|(_, then)| then), "follows": new.follows,
        "confirm_by": new.confirm_by, "told": told.iter().map(Notice::noted).collect::<Vec<_>>(),
    })
}

pub(crate) async fn put(tx: &Tx, notices: &[Notice]) -> Result<(), AppError> {
    for notice in notices {
        notice.put(tx).await?;
    }
    Ok(())
}

/// Says which words a notice has for a measure.
pub(crate) const fn taken_kind(kind: MeasureKind) -> TakenMeasure {
    match kind {
        MeasureKind::AskProof => TakenMeasure::Ask,
        MeasureKind::LimitFeatures => TakenMeasure::Limit,
        MeasureKind::FreezeDataset => TakenMeasure::Dataset,
        MeasureKind::FreezeEnterprise => TakenMeasure::Freeze,
        MeasureKind::CloseEnterprise => TakenMeasure::Close,
        MeasureKind::Reclaim => TakenMeasure::Reclaim,
    }
}
