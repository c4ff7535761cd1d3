//! Receipts and the ledger, verified without the platform.

use yuntu_app::verify_receipt;
use yuntu_ledger::verify_dir;
use yuntu_terms::clause;

use crate::world::{PURPOSE, World, enrol};

crate::on_both!(
    a_receipt_verifies_offline_and_every_flipped_bit_is_found,
    every_act_is_in_the_ledger,
    a_receipt_of_another_enterprise_does_not_exist,
);

async fn a_receipt_verifies_offline_and_every_flipped_bit_is_found(world: World) {
    let _mark = clause::check!(R23);
    let instruction = world.complete().await;
    let done = world.done(instruction, PURPOSE).await;
    let text = world
        .platform
        .receipt_file(&world.caller, done.receipt)
        .await
        .unwrap();
    let key = world.platform.verifier().clone();
    let verified = verify_receipt(text.as_bytes(), Some(&key)).unwrap();
    assert_eq!(verified.body, done.outcome.receipt);
    let mut bytes = text.into_bytes();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            bytes[place] ^= 1 << bit;
            assert!(
                verify_receipt(&bytes, Some(&key)).is_err(),
                "byte {place}, bit {bit}"
            );
            bytes[place] ^= 1 << bit;
        }
    }
}

async fn every_act_is_in_the_ledger(world: World) {
    let instruction = world.complete().await;
    world.done(instruction, PURPOSE).await;
    let size = world.platform.sequence().await.unwrap();
    let key = world.platform.verifier().clone();
    let report = verify_dir(world.platform.ledger_folder(), Some(&key)).unwrap();
    assert_eq!(report.checkpoint.size(), size);
    let reader = yuntu_ledger::Reader::open(world.platform.ledger_folder(), key).unwrap();
    let leaves = reader.leaves(0).unwrap();
    let kinds: Vec<String> = leaves
        .iter()
        .map(|leaf| leaf.entry().unwrap().kind.as_str().to_owned())
        .collect();
    for kind in [
        "enterprise.enrolled",
        "statement.accepted",
        "dataset.created",
        "import.started",
        "import.finished",
        "source.declared",
        "consent.appended",
        "instruction.recorded",
        "permit.recorded",
        "receipt.recorded",
    ] {
        assert!(kinds.iter().any(|it| it == kind), "{kind}");
    }
    for leaf in &leaves {
        let text = String::from_utf8(leaf.as_bytes().to_vec()).unwrap();
        assert!(
            !text.contains("@example.com") && !text.contains("owner"),
            "personal data"
        );
    }
}

async fn a_receipt_of_another_enterprise_does_not_exist(world: World) {
    let instruction = world.complete().await;
    let done = world.done(instruction, PURPOSE).await;
    let other = enrol(&world.platform, "Second").await;
    assert!(
        world
            .platform
            .receipt_file(&other, done.receipt)
            .await
            .is_err()
    );
}
