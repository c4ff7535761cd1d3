use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;
use yuntu_consent::DatasetScope;
use yuntu_ledger::{Entry, EntryKind};
use yuntu_policy::{
    Collected, Confirms, Declared, Evidence, EvidenceKind, Period, Role, SourceKind, Standing,
};
use yuntu_store::{
    About, CheckedFile, Contact, DatasetColumn, NewDataset, NewDeclaration, NewEnterprise,
    NewInstruction, PaperOf, SealedPaper, Store, StoreError, Tx,
};
use yuntu_terms::{
    ColumnClass, ConsentKind, DatasetId, Digest, EnterpriseId, InstructionId, LegalBasis,
    Operation, Pii, Recipient, Region, RepresentativeId, Timestamp,
};

use crate::papers::pdf;

/// An enterprise with one representative, ready to instruct: certified, with a letter, an active dataset that is
/// declared and scoped, and an instruction for marketing.
#[derive(Debug, Clone, Copy)]
pub struct Party {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// The representative.
    pub representative: RepresentativeId,
    /// The dataset.
    pub dataset: DatasetId,
    /// The instruction.
    pub instruction: InstructionId,
}

impl Party {
    /// Enters a party; different numbers give different people.
    ///
    /// # Errors
    /// When a row is refused.
    pub async fn enter(store: &Store, number: u32) -> Result<Self> {
        let sealed = store.seal_representative(&contact(number)).await?;
        let actor = store.pseudonym(sealed.id()).await?;
        let (enterprise, representative, dataset) = store
            .run_tx("testkit.party", async |tx: Tx| {
                let enterprise = tx.create_enterprise(&enterprise(number)).await?;
                let representative = tx
                    .create_representative(enterprise, Role::Owner, &sealed)
                    .await?;
                let now = tx.now();
                tx.certify_enterprise(enterprise, period(now, 365)).await?;
                let document = Digest::new([3; 32]);
                tx.record_letter(enterprise, representative, document, period(now, 365))
                    .await?;
                let dataset = tx.create_dataset(enterprise, &purchases()).await?;
                tx.confirm_columns(enterprise, dataset, representative)
                    .await?;
                tx.set_dataset_standing(enterprise, dataset, Standing::Active, None)
                    .await?;
                tx.append(&Entry {
                    kind: EntryKind::known("testkit.party"),
                    at: now,
                    clauses: Vec::new(),
                    actor,
                    body: json!({ "enterprise": enterprise }),
                })
                .await?;
                Ok::<_, StoreError>((enterprise, representative, dataset))
            })
            .await?;
        let file = CheckedFile::check("membership form.pdf", pdf("membership form"));
        let of = PaperOf::Enterprise(enterprise);
        let paper = store.seal_paper(of, &file?).await?;
        let declaration = declaration(store.database().now(), &paper);
        let declaration = store.seal_declaration(enterprise, &declaration).await?;
        let instruction = store
            .run_tx("testkit.instruct", async |tx: Tx| {
                let own = (enterprise, dataset);
                tx.add_evidence(own, representative, EvidenceKind::ConsentForm, &paper)
                    .await?;
                let declared = (&scope(tx.now())?, &[paper.digest()][..]);
                tx.record_scope(enterprise, dataset, representative, declared)
                    .await?;
                tx.record_declaration(enterprise, dataset, representative, &declaration)
                    .await?;
                let new = instruction(tx.now(), dataset)?;
                let id = tx
                    .record_instruction(enterprise, representative, &new)
                    .await?;
                tx.append(&Entry {
                    kind: EntryKind::known("testkit.instruction"),
                    at: tx.now(),
                    clauses: Vec::new(),
                    actor,
                    body: json!({ "instruction": id }),
                })
                .await?;
                Ok::<_, StoreError>(id)
            })
            .await?;
        Ok(Self {
            enterprise,
            representative,
            dataset,
            instruction,
        })
    }
}

/// The personal values of a made-up representative; the numbers are not in use by anybody.
#[must_use]
pub fn contact(number: u32) -> Contact {
    Contact {
        name: Pii::new(format!("样本代表{number:04}")),
        phone: Some(Pii::new(format!("1990000{number:04}"))),
        email: Some(Pii::new(format!("representative-{number:04}@example.com"))),
    }
}

fn enterprise(number: u32) -> NewEnterprise {
    NewEnterprise {
        name: format!("样本企业{number:04}"),
        credit_code: None,
        industry: "retail".to_owned(),
        region: Region::CN,
    }
}

fn purchases() -> NewDataset {
    let column = |name: &str, role: &str, class, data_type: &str| DatasetColumn {
        name: name.to_owned(),
        role: role.to_owned(),
        class,
        data_type: data_type.to_owned(),
    };
    NewDataset {
        name: "purchases".to_owned(),
        about: About::Persons,
        region: Region::CN,
        columns: vec![
            column("phone", "identifier", ColumnClass::Identifier, "text"),
            column(
                "bought_at",
                "event_time",
                ColumnClass::Personal,
                "timestamp",
            ),
            column("amount", "property", ColumnClass::Personal, "decimal"),
            column("shop", "property", ColumnClass::NonPersonal, "text"),
        ],
    }
}

fn declaration(now: Timestamp, paper: &SealedPaper) -> NewDeclaration {
    let declared = Declared {
        kind: Some(SourceKind::Direct),
        collected_how: "at the till, with the membership form".to_owned(),
        collected: Some(Collected {
            from: now.plus_days(-365),
            until: None,
        }),
        bases: vec![LegalBasis::Consent],
        notice: Some("the notice on the membership form".to_owned()),
        period: Some(period(now, 365)),
        evidence: vec![Evidence {
            paper: paper.id(),
            kind: EvidenceKind::ConsentForm,
            digest: paper.digest(),
        }],
        confirms: Confirms::ALL.to_vec(),
    };
    NewDeclaration {
        declared,
        contact: Some(Pii::new("privacy@example.com".to_owned())),
    }
}

/// A period from a moment on.
#[must_use]
pub fn period(from: Timestamp, days: i32) -> Period {
    Period {
        from,
        until: from.plus_days(days),
    }
}

/// A scope that opens marketing by the enterprise itself for a year.
///
/// # Errors
/// [`StoreError::Invalid`] never happens: the purpose is well formed.
pub fn scope(now: Timestamp) -> Result<DatasetScope, StoreError> {
    Ok(DatasetScope {
        purposes: BTreeSet::from([marketing()?]),
        operations: BTreeSet::from([Operation::Process]),
        recipients: BTreeSet::from([Recipient::Enterprise]),
        kind: ConsentKind::Expressed,
        from: now,
        until: Some(now.plus_days(365)),
    })
}

/// An instruction for marketing on one dataset for thirty days.
///
/// # Errors
/// As [`scope`].
pub fn instruction(now: Timestamp, dataset: DatasetId) -> Result<NewInstruction, StoreError> {
    Ok(NewInstruction {
        purposes: vec![marketing()?],
        operations: vec![Operation::Process],
        recipients: vec![Recipient::Enterprise],
        datasets: vec![dataset],
        period: period(now, 30),
        note: None,
    })
}

fn marketing() -> Result<yuntu_terms::Purpose, StoreError> {
    "marketing"
        .parse()
        .map_err(|_malformed| StoreError::Invalid {
            what: "purpose",
            reason: "expected a purpose",
        })
}
