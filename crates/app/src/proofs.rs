//! Proofs that leave the platform: receipts as files, and their verification without it.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use yuntu_engine::ReceiptBody;
use yuntu_ledger::{Flaw, HashTile, Verified, VerifierKey, verify_bundle};
use yuntu_store::LeafId;
use yuntu_terms::{Digest, ReceiptId, Text};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;
use yuntu_policy::Action;

/// Why a receipt file does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFlaw {
    /// The file has not the one form that a receipt has.
    #[error("the file is not a receipt in its one form")]
    Form,
    /// The ledger's proof does not hold.
    #[error("the proof of the ledger does not hold")]
    Ledger(#[source] Flaw),
    /// The ledger recorded another receipt.
    #[error("the ledger recorded another receipt")]
    Other,
}

impl ReceiptFlaw {
    /// Says what is wrong in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Form => Text::new(
                "该文件不是规定格式的收据：有内容被改动、增加或删除",
                "the file is not a receipt in its one form: something was changed, added or removed",
            ),
            Self::Ledger(flaw) => flaw.text(),
            Self::Other => Text::new(
                "收据内容与账本所记录的摘要不符",
                "the receipt is not the one whose digest the ledger recorded",
            ),
        }
    }
}

/// A receipt that holds.
#[derive(Debug)]
pub struct VerifiedReceipt {
    /// What it says.
    pub body: ReceiptBody,
    /// What the ledger says.
    pub ledger: Verified,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptFile<'a> {
    #[serde(borrow)]
    proof: &'a RawValue,
    receipt: ReceiptBody,
}

impl Platform {
    /// Numbers the waiting ledger leaves, integrates them into the tree and signs a checkpoint.
    ///
    /// # Errors
    /// [`AppError::Store`] or [`AppError::Ledger`] when a part fails; nothing acknowledged is lost.
    /// # Clause
    /// R23
    pub async fn sequence(&self) -> Result<u64, AppError> {
        let mut log = self.log().await?;
        Ok(self.store().sequence(&mut log).await?.size)
    }

    /// Makes the file of a receipt: what the run was, and the ledger's proof that it was recorded.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such receipt.
    /// # Clause
    /// R23
    pub async fn receipt_file(
        &self,
        caller: &Caller,
        receipt: ReceiptId,
    ) -> Result<String, AppError> {
        self.authorise(caller, Action::ViewLedger).await?;
        let found = self
            .store()
            .read()
            .find_receipt(caller.enterprise, receipt)
            .await?;
        let found = found.ok_or(AppError::Missing { what: "receipt" })?;
        let proof = self.proof_of(found.leaf).await?;
        let body = String::from_utf8(found.body).map_err(|_bytes| AppError::Internal {
            what: "text of a receipt",
        })?;
        Ok(assemble(&proof, &body))
    }

    /// Returns what a receipt of the enterprise says, for a page; its proof is in [`Platform::receipt_file`].
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such receipt.
    /// # Clause
    /// R23
    pub async fn receipt_body(
        &self,
        caller: &Caller,
        receipt: ReceiptId,
    ) -> Result<ReceiptBody, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let reader = self.store().read();
        let found = reader.find_receipt(caller.enterprise, receipt).await?;
        let found = found.ok_or(AppError::Missing { what: "receipt" })?;
        serde_json::from_slice(&found.body).map_err(|_detail| AppError::Internal {
            what: "body of a receipt",
        })
    }

    /// Returns the signed checkpoint of the ledger after everything that waits is in it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read the ledger.
    /// # Clause
    /// R23
    pub async fn checkpoint(&self, caller: &Caller) -> Result<String, AppError> {
        self.authorise(caller, Action::ViewLedger).await?;
        self.sequence().await?;
        let log = self.log().await?;
        Ok(log.checkpoint().note().to_owned())
    }

    /// Returns the newest signed checkpoint, for everybody; what waits comes with the next one.
    ///
    /// # Errors
    /// [`AppError::Ledger`] when the ledger cannot be opened.
    /// # Clause
    /// R23
    pub async fn public_checkpoint(&self) -> Result<String, AppError> {
        Ok(self.log().await?.checkpoint().note().to_owned())
    }

    /// Returns a tile of the ledger's hashes by its name below `tile/`, if there is one; entries are none.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the file cannot be read.
    /// # Clause
    /// R23
    pub async fn public_tile(&self, name: &str) -> Result<Option<Vec<u8>>, AppError> {
        let Some(tile) = HashTile::parse(name) else {
            return Ok(None);
        };
        let folder = self.inner.ledger.clone();
        let read = tokio::task::spawn_blocking(move || tile.read(&folder)).await;
        read.ok().and_then(Result::ok).ok_or(AppError::Internal {
            what: "a tile of the ledger",
        })
    }

    async fn proof_of(&self, leaf: LeafId) -> Result<String, AppError> {
        let reader = self.store().read();
        let index = if let Some(index) = reader.leaf_index(leaf).await? {
            index
        } else {
            self.sequence().await?;
            let index = reader.leaf_index(leaf).await?;
            index.ok_or(AppError::Internal {
                what: "index of a ledger leaf",
            })?
        };
        // Numbered by another process, perhaps, and not in this one's files yet.
        let size = self.log().await?.size();
        if size <= index {
            self.sequence().await?;
        }
        let bundle = self.log().await?.prove(index)?;
        let bytes = bundle.to_bytes().map_err(|_leaf| AppError::Internal {
            what: "bytes of a proof",
        })?;
        String::from_utf8(bytes).map_err(|_bytes| AppError::Internal {
            what: "text of a proof",
        })
    }
}

/// Verifies a receipt file without the platform.
///
/// The file has one form; a file that differs from it in a single bit does not hold.
///
/// # Errors
/// [`ReceiptFlaw`] says what does not hold.
/// # Clause
/// R23
pub fn verify_receipt(
    bytes: &[u8],
    key: Option<&VerifierKey>,
) -> Result<VerifiedReceipt, ReceiptFlaw> {
    let file: ReceiptFile<'_> =
        serde_json::from_slice(bytes).map_err(|_detail| ReceiptFlaw::Form)?;
    let body = file
        .receipt
        .to_canonical_json()
        .map_err(|_detail| ReceiptFlaw::Form)?;
    if assemble(file.proof.get(), &body).as_bytes() != bytes {
        return Err(ReceiptFlaw::Form);
    }
    let proof = format!("{}\n", file.proof.get());
    let ledger = verify_bundle(proof.as_bytes(), key).map_err(ReceiptFlaw::Ledger)?;
    let digest = Digest::new(Sha256::digest(&body).into()).to_string();
    let recorded = ledger
        .entry
        .body
        .get("digest")
        .and_then(serde_json::Value::as_str);
    let is_receipt = ledger.entry.kind.as_str() == "receipt.recorded";
    if !is_receipt || recorded != Some(digest.as_str()) {
        return Err(ReceiptFlaw::Other);
    }
    Ok(VerifiedReceipt {
        body: file.receipt,
        ledger,
    })
}

fn assemble(proof: &str, body: &str) -> String {
    format!(
        "{{\"proof\":{},\"receipt\":{body}}}\n",
        proof.trim_end_matches('\n')
    )
}
