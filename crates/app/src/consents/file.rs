use std::collections::BTreeMap;
use std::io::Read;

use roaring::RoaringBitmap;
use tokio::sync::mpsc;
use yuntu_consent::{ConsentRecord, ConsentSource, SubjectEvent};
use yuntu_lake::IdentifierKind;
use yuntu_policy::{Action, Standing};
use yuntu_store::{ConsentProof, Delivery, NewDelivery, NoticeShown, SealedProof};
use yuntu_terms::{ConsentRecordId, Digest, Pii, SubjectId, Timestamp, clause};

use super::lines::{self, Line, Rests, Rules, STRETCH, Speaks, Step};
use super::records::ConsentsRecorded;
use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many different things the records of one file may rest on.
const RESTS_MAX: usize = 20_000;

/// A line whose person was looked for.
struct Prepared {
    row: u32,
    id: ConsentRecordId,
    subject: SubjectId,
    speaks: u32,
    rests: u32,
    from: Timestamp,
    until: Option<Timestamp>,
    recorded: Option<Timestamp>,
}

/// A file as far as it was read: its lines without identifiers, and what they repeat once.
#[derive(Default)]
struct Taken {
    lines: Vec<Prepared>,
    unknown: RoaringBitmap,
    speaks: Vec<Speaks>,
    speaks_at: BTreeMap<Speaks, u32>,
    rests: Vec<Rests>,
    rests_at: BTreeMap<Rests, u32>,
}

impl Platform {
    /// Records a CSV file of consents, all of it or nothing. Its first line names the fields: an identifier (`member_id`,
    /// `phone`, `email`, `oaid` or `idfa`), `purpose,operation,recipient,kind,status,from,until`, and where there is more to
    /// say `recorded,method,notice,language,proof,paper`. A line that permits names its proof or a paper.
    ///
    /// The file is read as it comes and is laid down nowhere. The same file again changes nothing, but for people who were
    /// unknown and are known now.
    ///
    /// # Errors
    /// [`AppError::ConsentLines`] names the lines that cannot be used; [`AppError::Invalid`] says why the whole file cannot.
    /// # Clause
    /// U4
    pub async fn record_consent_file(
        &self,
        caller: &Caller,
        source: ConsentSource,
        content: impl Read + Send + 'static,
    ) -> Result<ConsentsRecorded, AppError> {
        clause::hit!(U4);
        self.authorise(caller, Action::RecordConsent).await?;
        let rules = self.consent_rules(caller).await?;
        let (sender, mut steps) = mpsc::channel(1);
        let reader = tokio::task::spawn_blocking(move || lines::read(content, &rules, &sender));
        let taken = self.take_lines(caller, &mut steps).await;
        drop(steps);
        let digest = reader.await.map_err(|_panicked| AppError::Internal {
            what: "reading a consent file",
        })?;
        // Who takes the lines may give up first, and then the reader only says that nobody is there.
        let (taken, digest) = (taken?, digest?);
        self.deliver_consents(caller, (source, digest), taken).await
    }

    /// Loads what the values of records are held against.
    pub(super) async fn consent_rules(&self, caller: &Caller) -> Result<Rules, AppError> {
        let partners = self.store().read().list_partners(caller.enterprise).await?;
        let papers = self.store().read();
        Ok(Rules {
            statement: self.statement(),
            partners: partners
                .iter()
                .map(|it| (it.facts.id, it.facts.standing == Some(Standing::Ended)))
                .collect(),
            papers: papers.papers_by_digest(caller.enterprise, None).await?,
            now: self.now(),
        })
    }

    async fn take_lines(
        &self,
        caller: &Caller,
        steps: &mut mpsc::Receiver<Step>,
    ) -> Result<Taken, AppError> {
        let mut taken = Taken::default();
        let mut kind = IdentifierKind::MemberId;
        while let Some(step) = steps.recv().await {
            let lines = match step {
                Step::Kind(named) => {
                    kind = named;
                    continue;
                }
                Step::Lines(lines) => lines,
            };
            let (values, lines): (Vec<Pii<String>>, Vec<_>) =
                lines.into_iter().map(Line::split).unzip();
            let lake = &self.inner.lake;
            let found = lake.resolve_many(caller.enterprise, &kind, &values).await?;
            for (line, subject) in lines.into_iter().zip(found) {
                match subject {
                    Some(subject) => taken.add(line, subject, self.new_id()?)?,
                    None => {
                        taken.unknown.insert(line.row);
                    }
                }
            }
        }
        Ok(taken)
    }

    async fn deliver_consents(
        &self,
        caller: &Caller,
        (source, digest): (ConsentSource, Digest),
        mut taken: Taken,
    ) -> Result<ConsentsRecorded, AppError> {
        let enterprise = caller.enterprise;
        let read = self.store().read();
        let known = read.find_delivery(enterprise, digest).await?;
        if let Some(known) = &known {
            let unknown = unknown_rows(known)?;
            taken.lines.retain(|line| unknown.contains(line.row));
        }
        let proofs: Vec<ConsentProof> = taken.rests.iter().map(proof_of).collect();
        let sealed = self.store().seal_proofs(enterprise, &proofs).await?;
        let mut unknown_rows = Vec::new();
        taken
            .unknown
            .serialize_into(&mut unknown_rows)
            .map_err(|_io| AppError::Internal {
                what: "the rows of a consent file",
            })?;
        let new = NewDelivery {
            digest,
            known: known.as_ref(),
            unknown_rows,
            proofs: &sealed,
        };
        let by = (caller.representative, caller.into());
        let (taken, now) = (&taken, self.now());
        let events = || taken.events(&taken.lines, (source, now), &sealed);
        let store = self.store();
        let delivery = store.take_delivery(enterprise, by, &new, events).await?;
        for events in taken.lines.chunks(STRETCH) {
            let told = taken.events(events, (source, now), &sealed);
            let told: Vec<SubjectEvent> = told.collect();
            self.inner.running.stop_left(enterprise, &told);
        }
        let already = known.map_or(0, |known| known.records);
        let version = match delivery.last {
            Some(last) => last,
            None => read.consent_version(enterprise).await?,
        };
        Ok(ConsentsRecorded {
            recorded: delivery.records - already,
            already,
            unknown_people: taken.unknown.len(),
            version,
        })
    }
}

impl Line {
    /// Parts the identifier from what is said of whom it names.
    fn split(mut self) -> (Pii<String>, Self) {
        let value = std::mem::replace(&mut self.value, Pii::new(String::new()));
        (value, self)
    }
}

impl Taken {
    fn add(&mut self, line: Line, subject: SubjectId, id: ConsentRecordId) -> Result<(), AppError> {
        let speaks = place(&mut self.speaks, &mut self.speaks_at, line.speaks);
        let rests = place(&mut self.rests, &mut self.rests_at, line.rests);
        if self.rests.len() > RESTS_MAX {
            return Err(AppError::Invalid {
                what: "consent file",
                reason: Said::new(
                    "method、notice、language、proof 与 paper 的不同组合超过两万种；请分成几个文件",
                    "its lines rest on more than 20,000 different proofs; send several files",
                ),
            });
        }
        self.lines.push(Prepared {
            row: line.row,
            id,
            subject,
            speaks,
            rests,
            from: line.from,
            until: line.until,
            recorded: line.recorded,
        });
        Ok(())
    }

    fn events<'a>(
        &'a self,
        lines: &'a [Prepared],
        (source, now): (ConsentSource, Timestamp),
        sealed: &'a [SealedProof],
    ) -> impl Iterator<Item = SubjectEvent> + Send + 'a {
        lines.iter().filter_map(move |line| {
            let speaks = self.speaks.get(line.speaks as usize)?;
            let rests = self.rests.get(line.rests as usize);
            let proof = sealed.get(line.rests as usize);
            let rests = rests.is_some_and(|rests| *rests != Rests::default());
            Some(SubjectEvent::Consent(ConsentRecord {
                id: line.id,
                subject: line.subject,
                purpose: speaks.purpose.clone(),
                operation: speaks.operation,
                recipient: speaks.recipient,
                kind: speaks.kind,
                status: speaks.status,
                from: line.from,
                until: line.until,
                recorded: line.recorded.unwrap_or(now),
                source,
                evidence: proof.filter(|_| rests).map(SealedProof::digest),
            }))
        })
    }
}

/// Finds the place of a value among the different ones, and adds it where it is new.
fn place<T: Clone + Ord>(all: &mut Vec<T>, places: &mut BTreeMap<T, u32>, value: T) -> u32 {
    if let Some(place) = places.get(&value) {
        return *place;
    }
    // INVARIANT: there are no more of them than lines, which a file has few enough of.
    let place = u32::try_from(all.len()).unwrap_or(u32::MAX);
    all.push(value.clone());
    places.insert(value, place);
    place
}

fn proof_of(rests: &Rests) -> ConsentProof {
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    ConsentProof {
        method: filled(&rests.method),
        notice: filled(&rests.notice).map(|version| NoticeShown {
            version,
            digest: None,
        }),
        language: filled(&rests.language),
        reference: filled(&rests.proof).map(Pii::new),
        paper: rests.paper,
    }
}

/// Reads which rows of an earlier delivery named nobody who was known then.
fn unknown_rows(known: &Delivery) -> Result<RoaringBitmap, AppError> {
    RoaringBitmap::deserialize_from(known.unknown_rows.as_slice()).map_err(|_form| {
        AppError::Internal {
            what: "the rows of a consent file",
        }
    })
}
