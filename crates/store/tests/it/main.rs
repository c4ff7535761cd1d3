//! The contract of the store: each promise is kept on SQLite and on PostgreSQL, with real migrations.

mod columns;
mod consents;
mod durability;
mod facts;
mod isolation;
mod keys;
mod ledger;
mod migrations;
mod personal;
mod queues;
mod steps;
mod transactions;

/// Runs each case on both databases.
macro_rules! contract {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&yuntu_testkit::TestStore::sqlite().await.unwrap()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(&yuntu_testkit::TestStore::postgres().await.unwrap()).await;
            })+
        }
    };
}
pub(crate) use contract;
