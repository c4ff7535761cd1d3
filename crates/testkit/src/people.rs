use anyhow::Result;
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind};
use yuntu_store::{NewAccount, Store, StoreError, Tx};
use yuntu_terms::{AccountId, Lang, Pii};

/// A person with an account who acts for no enterprise yet.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The account.
    pub account: AccountId,
}

impl Person {
    /// Opens the account of a person; different numbers give different people.
    ///
    /// # Errors
    /// When a row is refused.
    pub async fn enter(store: &Store, number: u32) -> Result<Self> {
        Self::open(store, &new_account(number)).await
    }

    /// Opens an account with these values.
    ///
    /// # Errors
    /// When a row is refused.
    pub async fn open(store: &Store, new: &NewAccount) -> Result<Self> {
        let sealed = store.seal_account(new).await?;
        let actor = store.account_pseudonym(sealed.id()).await?;
        let account = store
            .run_tx("testkit.person", async |tx: Tx| {
                tx.append(&Entry {
                    kind: EntryKind::known("testkit.person"),
                    at: tx.now(),
                    clauses: Vec::new(),
                    actor,
                    body: json!({ "account": sealed.id() }),
                })
                .await?;
                let account = tx.create_account(&sealed).await?;
                Ok::<_, StoreError>(account)
            })
            .await?;
        Ok(Self { account })
    }
}

/// The values of a made-up person's account; the number and the address are not in use by anybody.
#[must_use]
pub fn new_account(number: u32) -> NewAccount {
    NewAccount {
        nickname: Some(Pii::new(format!("样本昵称{number:04}"))),
        phone: Some(Pii::new(format!("1980000{number:04}"))),
        email: Some(Pii::new(format!("person-{number:04}@example.com"))),
        password: None,
        lang: Lang::Zh,
    }
}
