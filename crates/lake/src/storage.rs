//! Where things lie in the store, and documents that are replaced atomically and sealed against change.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion};
use serde::Serialize;
use serde::de::DeserializeOwned;
use yuntu_terms::{DatasetId, Digest, EnterpriseId, PartId};
use yuntu_vault::KeyScope;

use crate::error::LakeError;
use crate::lake::Lake;

const HEAD: &str = "{\"mac\":\"";
const MIDDLE: &str = "\",\"body\":";
const TAIL: &str = "}\n";

/// A document and the version of it that a replacement must follow.
#[derive(Debug, Clone)]
pub(crate) struct Loaded<T> {
    pub(crate) value: T,
    pub(crate) version: UpdateVersion,
}

/// What came of replacing a document.
#[derive(Debug)]
pub(crate) enum Replaced {
    Done(UpdateVersion),
    /// Somebody else was faster.
    Overtaken,
}

impl Lake {
    pub(crate) fn dataset_folder(&self, enterprise: EnterpriseId, dataset: DatasetId) -> Path {
        self.enterprise_folder(enterprise)
            .join("datasets")
            .join(dataset.to_string())
    }

    pub(crate) fn identity_folder(&self, enterprise: EnterpriseId) -> Path {
        self.enterprise_folder(enterprise).join("identity")
    }

    pub(crate) fn enterprise_folder(&self, enterprise: EnterpriseId) -> Path {
        self.config().prefix.clone().join(enterprise.to_string())
    }

    pub(crate) fn manifest_path(&self, enterprise: EnterpriseId, dataset: DatasetId) -> Path {
        self.dataset_folder(enterprise, dataset)
            .join("manifest.json")
    }

    pub(crate) fn part_path(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        part: PartId,
    ) -> Path {
        self.dataset_folder(enterprise, dataset)
            .join("parts")
            .join(format!("{part}.parquet"))
    }

    /// Reads an object whole, or nothing when it is not there.
    pub(crate) async fn read(
        &self,
        path: &Path,
    ) -> Result<Option<(Bytes, UpdateVersion)>, LakeError> {
        let found = match self.config().store.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let version = UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        Ok(Some((found.bytes().await?, version)))
    }

    /// Writes an object that nobody has written before.
    pub(crate) async fn create(&self, path: &Path, bytes: Bytes) -> Result<(), LakeError> {
        let options = PutOptions::from(PutMode::Create);
        self.config()
            .store
            .put_opts(path, PutPayload::from_bytes(bytes), options)
            .await?;
        Ok(())
    }

    /// Deletes an object; one that is not there is deleted already.
    pub(crate) async fn delete(&self, path: &Path) -> Result<(), LakeError> {
        match self.config().store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Loads a document, or nothing when there is none yet.
    pub(crate) async fn load_document<T: DeserializeOwned>(
        &self,
        enterprise: EnterpriseId,
        path: &Path,
    ) -> Result<Option<Loaded<T>>, LakeError> {
        let Some((bytes, version)) = self.read(path).await? else {
            return Ok(None);
        };
        let (mac, body) = split(&bytes).ok_or(LakeError::damaged("a manifest is cut short"))?;
        if self.document_mac(enterprise, path, body).await?.to_string() != mac {
            return Err(LakeError::damaged(
                "a manifest was changed or belongs elsewhere",
            ));
        }
        let value = serde_json::from_str(body)
            .map_err(|error| LakeError::damaged_by("a manifest is of another format", error))?;
        Ok(Some(Loaded { value, version }))
    }

    /// Replaces a document if it is still the version that was loaded; without one, if there is none yet.
    pub(crate) async fn replace_document<T: Serialize + Sync>(
        &self,
        enterprise: EnterpriseId,
        path: &Path,
        value: &T,
        after: Option<UpdateVersion>,
    ) -> Result<Replaced, LakeError> {
        let body = serde_json::to_string(value)
            .map_err(|error| LakeError::damaged_by("a manifest cannot be written", error))?;
        let mac = self.document_mac(enterprise, path, &body).await?;
        let bytes = format!("{HEAD}{mac}{MIDDLE}{body}{TAIL}");
        let options = PutOptions::from(match after {
            Some(version) => PutMode::Update(version),
            None => PutMode::Create,
        });
        match self
            .config()
            .store
            .put_opts(path, bytes.into(), options)
            .await
        {
            Ok(done) => Ok(Replaced::Done(UpdateVersion {
                e_tag: done.e_tag,
                version: done.version,
            })),
            Err(
                object_store::Error::Precondition { .. }
                | object_store::Error::AlreadyExists { .. }
                | object_store::Error::NotFound { .. },
            ) => Ok(Replaced::Overtaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Computes the keyed hash that binds a document to its enterprise and path.
    async fn document_mac(
        &self,
        enterprise: EnterpriseId,
        path: &Path,
        body: &str,
    ) -> Result<Digest, LakeError> {
        let mut bound = path.to_string().into_bytes();
        bound.push(0);
        bound.extend_from_slice(body.as_bytes());
        let scope = KeyScope::Enterprise(enterprise);
        Ok(self.vault().mac(&scope, "lake:document", &bound).await?)
    }
}

fn split(bytes: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.strip_prefix(HEAD)?
        .strip_suffix(TAIL)?
        .split_once(MIDDLE)
}
