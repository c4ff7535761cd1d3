//! The public ledger: what anybody can check, and that no entry is there.

use sha2::{Digest as _, Sha256};
use yuntu_ledger::Checkpoint;
use yuntu_terms::clause;

use crate::site::{Site, nothing};

#[tokio::test(flavor = "multi_thread")]
async fn anybody_can_check_the_ledger_and_nobody_reads_an_entry() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    site.furnish().await;
    site.platform.sequence().await.unwrap();
    let get =
        async |path: &str, status| site.call(None, "GET", path, nothing()).await.expect(status);
    let note = get("/ledger/checkpoint", 200).await;
    let checkpoint = Checkpoint::open(note.text.as_bytes(), site.platform.verifier()).unwrap();
    let entries = checkpoint.size();
    assert!((2..256).contains(&entries), "{entries}");
    assert_eq!(
        get("/ledger/key", 200).await.text,
        format!("{}\n", site.platform.verifier())
    );
    // The root is made of nothing but the public hashes.
    let tile = site.bytes(&format!("/ledger/tile/0/000.p/{entries}")).await;
    assert_eq!(tile.len() as u64, entries * 32);
    let leaves: Vec<[u8; 32]> = tile.chunks(32).map(|it| it.try_into().unwrap()).collect();
    assert_eq!(root(&leaves), *checkpoint.root().as_bytes());
    for hidden in [
        "/ledger/tile/entries/000".to_owned(),
        format!("/ledger/tile/entries/000.p/{entries}"),
        "/ledger/tile/0/001".to_owned(),
        "/ledger/tile/0/..%2F..%2Fcheckpoint".to_owned(),
        "/ledger/tile/..%2F..%2F..%2Fkeys%2Fledger".to_owned(),
        "/ledger/tile/0".to_owned(),
    ] {
        get(&hidden, 404).await;
    }
    for (lang, word) in [("zh", "公开账本"), ("en", "The public ledger")] {
        let page = get(&format!("/ledger?lang={lang}"), 200).await;
        assert!(
            page.text.contains(word) && page.text.contains(&site.platform.verifier().to_string())
        );
    }
}

/// The root of RFC 6962, straight from its definition.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let half = (many.len()).next_power_of_two() / 2;
            let (left, right) = many.split_at(half);
            let mut hash = Sha256::new_with_prefix([1]);
            hash.update(root(left));
            hash.update(root(right));
            hash.finalize().into()
        }
    }
}
