//! The contract of the store: each promise is kept on SQLite and on PostgreSQL, with real migrations.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod certification;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod declarations;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod exceptions;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod minors;
#[cfg(test)]
mod partners;
#[cfg(test)]
mod personal;
#[cfg(test)]
mod queues;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod transactions;

/// Runs each case on both databases.
#[cfg(test)]
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
#[cfg(test)]
pub(crate) use contract;
