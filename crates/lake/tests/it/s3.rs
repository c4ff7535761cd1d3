use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use yuntu_lake::{ImportOutcome, Lake, LakeConfig, LakeError, S3Settings};
use yuntu_terms::{ClauseId, ErrorKind, MockClock, Region, SystemEntropy, clause};

use crate::support::{
    World, dataset, enterprise, import, now, purchases, purchases_csv, rows, texts, vault,
};

/// Starts a server that speaks S3 over HTTP on a port of this machine.
pub(crate) async fn server(folder: &std::path::Path) -> S3Settings {
    std::fs::create_dir_all(folder.join("lake")).unwrap();
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single("access", "secret"));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                drop(server.serve_connection(TokioIo::new(socket), service).await);
            });
        }
    });
    S3Settings {
        endpoint,
        bucket: "lake".to_owned(),
        service_region: "cn-north-1".to_owned(),
        access_key_id: "access".to_owned(),
        secret_access_key: "secret".to_owned(),
        allow_http: true,
    }
}

#[tokio::test]
async fn a_lake_on_storage_that_speaks_s3_does_what_one_in_a_folder_does() {
    let dir = tempfile::tempdir().unwrap();
    let settings = server(&dir.path().join("s3")).await;
    let clock = MockClock::new(now());
    let vault = vault(&dir.path().join("vault"), &clock).await;
    let open = async || {
        let config = LakeConfig::s3(&settings, Region::CN).unwrap();
        let config = LakeConfig {
            chunk_rows: 200,
            parts_per_bucket: 3,
            prefix: "some/folder".into(),
            ..config
        };
        let clock = Arc::new(clock.clone());
        Lake::open(config, Arc::clone(&vault), clock, Arc::new(SystemEntropy))
            .await
            .unwrap()
    };
    let lake = open().await;
    let text = purchases_csv(1_000, 60);
    let report = import(&lake, dataset(), &purchases(), &text).await.unwrap();
    assert_eq!((report.rows, report.quarantined), (1_000, 0));
    let local = World::new().await;
    local.import(&purchases(), &text).await.unwrap();
    let wanted = texts(&local.rows().await, 0);
    assert_eq!(texts(&rows(&lake, dataset()).await, 0), wanted);
    let other = open().await;
    let again = import(&other, dataset(), &purchases(), &text)
        .await
        .unwrap();
    assert_eq!(again.outcome, ImportOutcome::AlreadyImported);
    other.verify(enterprise(), dataset()).await.unwrap();

    // Each writer knows an older state of the identity map than the store holds: the conditional write sends it back.
    let newcomers = |from: usize, rows: usize| {
        let row = |row: usize| format!("n{},2026-01-01,x,{row}\n", from + row);
        "member,at,product,amount\n".to_owned() + &(0..rows).map(row).collect::<String>()
    };
    let mapping = purchases();
    import(&lake, dataset(), &mapping, newcomers(0, 600))
        .await
        .unwrap();
    import(&other, dataset(), &mapping, newcomers(300, 601))
        .await
        .unwrap();
    import(&lake, dataset(), &mapping, newcomers(5_000, 10))
        .await
        .unwrap();
    let map = lake.identities(enterprise()).await.unwrap();
    assert_eq!(
        (map.identifiers, map.numbers_given),
        (60 + 901 + 10, 60 + 901 + 10)
    );
    assert_eq!(rows(&lake, dataset()).await.num_rows(), 2_211);

    let erased = roaring::RoaringBitmap::from_iter([5]);
    lake.forget(enterprise(), &erased).await.unwrap();
    let report = lake
        .rewrite_without(enterprise(), dataset(), &erased)
        .await
        .unwrap();
    assert!(report.rows_removed > 0);
    clock.set(now().plus_days(2));
    lake.collect().await.unwrap();
    lake.verify(enterprise(), dataset()).await.unwrap();
}

#[tokio::test]
async fn a_store_in_another_region_is_refused_by_name_of_the_clause() {
    let _mark = clause::check!(R13);
    let dir = tempfile::tempdir().unwrap();
    let clock = MockClock::new(now());
    let vault = vault(&dir.path().join("vault"), &clock).await;
    let config = LakeConfig::local(&dir.path().join("lake"), "US".parse().unwrap()).unwrap();
    let refused = Lake::open(config, vault, Arc::new(clock), Arc::new(SystemEntropy)).await;
    let error = refused.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(matches!(error, LakeError::Region { clause, .. } if clause == ClauseId::r(13)));
    assert_eq!(
        error.to_string(),
        "R13: the store is in US, the data must stay in CN"
    );
}
