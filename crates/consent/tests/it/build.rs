//! Short ways to write events and questions.

use yuntu_consent::{
    ConsentIndex, ConsentRecord, ConsentSource, DatasetScope, Question, SubjectEvent,
};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, EnterpriseId, Id, Kind, Operation, PartnerId,
    Purpose, Recipient, SeededEntropy, SubjectId, Timestamp,
};

/// One log of one enterprise, in order.
pub(crate) type Log = Vec<SubjectEvent>;

pub(crate) fn id<K: Kind>(seed: u64) -> Id<K> {
    Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
}

pub(crate) fn enterprise() -> EnterpriseId {
    id(1)
}

pub(crate) fn partner(seed: u64) -> Recipient {
    let partner: PartnerId = id(100 + seed);
    Recipient::Partner(partner)
}

pub(crate) fn at(moment: i64) -> Timestamp {
    Timestamp::from_micros(moment)
}

pub(crate) fn purpose(text: &str) -> Purpose {
    text.parse().unwrap()
}

/// A separate consent to process `p.q` for the enterprise, from the beginning and without end.
pub(crate) fn given(subject: u32) -> ConsentRecord {
    let id: ConsentRecordId = id(2);
    ConsentRecord {
        id,
        subject: SubjectId::new(subject),
        purpose: purpose("p.q"),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Separate,
        status: ConsentStatus::Given,
        from: at(0),
        until: None,
        recorded: at(0),
        source: ConsentSource::Api,
        evidence: None,
    }
}

/// May `p.q` be processed by the enterprise?
pub(crate) fn question(population: u32) -> Question {
    Question::new(
        purpose("p.q"),
        Operation::Process,
        Recipient::Enterprise,
        population,
    )
}

/// The default that covers what the question asks.
pub(crate) fn covering(question: &Question) -> DatasetScope {
    DatasetScope {
        purposes: [question.purpose.clone()].into(),
        operations: [question.operation].into(),
        recipients: [question.recipient].into(),
        kind: ConsentKind::Separate,
        from: at(0),
        until: None,
    }
}

pub(crate) fn index(log: &[SubjectEvent]) -> ConsentIndex {
    let mut index = ConsentIndex::new(enterprise());
    for (seq, event) in (1..).zip(log) {
        index.apply(seq, event).unwrap();
    }
    index
}
