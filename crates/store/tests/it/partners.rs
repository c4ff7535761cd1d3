//! The register of partners: what is said of one, the papers it rests on, and when it ends (R15, R16).

use yuntu_policy::{
    AssessmentResult, BorderGround, Mechanism, PartnerAgreement, PartnerAssessment,
    PartnerPaperKind, PartnerRole, Standing,
};
use yuntu_store::{CheckedFile, NewPartnerAgreement, PaperOf, StandsOn, StoreError, Tx};
use yuntu_terms::{ColumnClass, Operation, Pii, Region, Timestamp, clause};
use yuntu_testkit::{Party, TestStore, pdf, period};

use crate::contract;
use crate::steps::{beside, entry};

contract! {
    facts_of_a_partner_come_back_as_they_were_put_in_force,
}

/// What is said of a partner abroad that lacks nothing.
fn said(now: Timestamp) -> NewPartnerAgreement {
    let terms = PartnerAgreement {
        name: "合作方".to_owned(),
        credit_code: None,
        role: Some(PartnerRole::Independent),
        region: "SG".parse().unwrap(),
        purposes: vec!["marketing".parse().unwrap()],
        operations: vec![Operation::Share],
        classes: vec![ColumnClass::NonPersonal],
        manner: "by file".to_owned(),
        obligations: "deletes it".to_owned(),
        sub_processing: None,
        period: Some(period(now, 90)),
        assessment: Some(PartnerAssessment {
            made: now,
            review: now.plus_days(60),
            result: AssessmentResult::Acceptable,
        }),
        cross_border: Some(BorderGround {
            mechanism: Mechanism::StandardContract,
            filing: "2026-1".to_owned(),
            from: Region::CN,
            period: period(now, 30),
        }),
    };
    NewPartnerAgreement {
        terms,
        contact: Some(Pii::new("privacy@partner.example".to_owned())),
    }
}

/// Does something in the register in a transaction of its own.
macro_rules! in_register {
    ($test:ident, |$tx:ident| $act:expr) => {
        $test.store.run_tx("test.partner", async |$tx: Tx| {
            $tx.append(&entry($tx.now(), 1)).await?;
            $act.await
        })
    };
}

async fn facts_of_a_partner_come_back_as_they_were_put_in_force(test: &TestStore) {
    let _marks = (clause::check!(R15), clause::check!(R16));
    let party = Party::enter(&test.store, 1).await.unwrap();
    let (enterprise, by) = (party.enterprise, party.representative);
    let now = test.store.database().now();
    let new = said(now);
    let store = &test.store;
    let sealed = store
        .seal_partner_agreement(enterprise, &new)
        .await
        .unwrap();
    let id = in_register!(test, |tx| tx.register_partner(enterprise, by, &sealed));
    let id = id.await.unwrap();
    let facts = async || store.facts().partner(enterprise, id).await.unwrap();
    let drafted = facts().await.unwrap();
    assert_eq!(drafted.standing, Some(Standing::Pending));
    assert_eq!((drafted.agreement, drafted.assessed_until), (None, None));
    let enforce = async |shown| {
        let of = (enterprise, id);
        in_register!(test, |tx| tx.enforce_partner(of, by, shown)).await
    };
    // Without its papers it is not put in force, whoever asks.
    assert!(matches!(enforce(1).await, Err(StoreError::Invalid { .. })));
    for kind in PartnerPaperKind::ALL {
        let file = CheckedFile::check("paper.pdf", pdf(kind.code())).unwrap();
        let of = PaperOf::Enterprise(enterprise);
        let paper = store.seal_paper(of, &file).await.unwrap();
        let own = (enterprise, id);
        let added = in_register!(test, |tx| tx.add_partner_paper(own, by, *kind, &paper));
        added.await.unwrap();
    }
    assert!(matches!(enforce(2).await, Err(StoreError::Missing { .. })));
    let digest = enforce(1).await.unwrap();
    let found = facts().await.unwrap();
    let (agreement, border, assessed) = new.terms.facts().unwrap();
    assert_eq!(found.agreement, Some(agreement));
    assert_eq!(found.cross_border, border);
    assert_eq!(found.assessed_until, Some(assessed));
    assert_eq!(found.standing, Some(Standing::Active));
    assert_eq!(found.ends(), Some(now.plus_days(30)));
    let versions = store.read().list_partner_versions(enterprise, id).await;
    let [version] = &versions.unwrap()[..] else {
        panic!("one version");
    };
    assert_eq!((version.digest, version.papers.len()), (Some(digest), 3));
    let contact = store.partner_contact(enterprise, version.id).await;
    assert!(contact.unwrap().is_some());
    // How it stands follows the first thing that ends, and is looked up in one statement.
    let on = StandsOn {
        partners: [id].into(),
        ..StandsOn::default()
    };
    for (days, standing) in [(29, Standing::Active), (30, Standing::Ended)] {
        let standings = store.read().standings(&on, now.plus_days(days)).await;
        assert_eq!(standings.unwrap().partners[&id], standing, "{days}");
    }
    let window = (now.plus_days(29), now.plus_days(31));
    let ending = store.read().list_partners_ending(window, None, 10).await;
    assert_eq!(ending.unwrap().len(), 1);
    let early = (now, now.plus_days(29));
    let ending = store.read().list_partners_ending(early, None, 10).await;
    assert!(ending.unwrap().is_empty());
    // A row that says something else than what was put in force is an error, and opens nothing.
    let db = beside(test).await;
    let changed = "UPDATE partner_agreement SET terms = REPLACE(terms, 'by file', 'by hand')";
    crate::steps::run(&db, changed).await;
    let read = store.read().list_partner_versions(enterprise, id).await;
    assert!(matches!(read, Err(StoreError::Inconsistent { .. })));
    let other = Party::enter(&test.store, 2).await.unwrap();
    let foreign = store.facts().partner(other.enterprise, id).await;
    assert_eq!(foreign.unwrap(), None);
}
