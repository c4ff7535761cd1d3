//! The use-cases on real parts: a lake of files, a ledger, and both databases.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod asking;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod certification;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod cutting;
#[cfg(test)]
mod declarations;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod exceptions;
#[cfg(test)]
mod factors;
#[cfg(test)]
mod help;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod joined;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod measures;
#[cfg(test)]
mod minors;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod partners;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod proposals;
#[cfg(test)]
mod proved;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod reviews;
#[cfg(test)]
mod running;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod seats;
#[cfg(test)]
mod world;

/// Runs each case on both databases.
#[cfg(test)]
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        crate::on_both!(crate::world::World => $($case),+);
    };
    ($world:path => $($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(<$world>::on(yuntu_testkit::Backend::Sqlite).await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::$case(<$world>::on(yuntu_testkit::Backend::Postgres).await).await;
            })+
        }
    };
}
#[cfg(test)]
pub(crate) use on_both;
