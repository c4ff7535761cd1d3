//! From an identifier to the dense number of whom it names.

use yuntu_terms::{EnterpriseId, Pii, SubjectId, clause};
use yuntu_vault::KeyScope;

use crate::error::LakeError;
use crate::identity::Mac;
use crate::lake::Lake;
use crate::mapping::{IdentifierForm, IdentifierKind};
use crate::normalise;

impl Lake {
    /// Finds the subject that an identifier of an enterprise leads to.
    ///
    /// # Errors
    /// [`LakeError::Storage`], [`LakeError::Vault`], [`LakeError::Damaged`].
    ///
    /// # Clause
    /// R22
    pub async fn resolve(
        &self,
        enterprise: EnterpriseId,
        kind: &IdentifierKind,
        value: &Pii<String>,
    ) -> Result<Option<SubjectId>, LakeError> {
        clause::hit!(R22);
        let canonical =
            value.digest(|text| normalise::canonical(kind, IdentifierForm::Plain, text));
        let Ok(Some(canonical)) = canonical else {
            return Ok(None);
        };
        let domain = normalise::domain(kind, IdentifierForm::Plain);
        let scope = KeyScope::Enterprise(enterprise);
        let mac = Mac::new(
            &self
                .vault()
                .mac(&scope, &domain, canonical.as_slice())
                .await?,
        );
        let found = self.find_all(enterprise, &[mac]).await?;
        Ok(found.first().copied().flatten().map(SubjectId::new))
    }

    /// Finds the subjects that many identifiers of one kind lead to, in their order; nothing where one leads to nobody.
    ///
    /// # Errors
    /// As [`Lake::resolve`].
    ///
    /// # Clause
    /// R22
    pub async fn resolve_many(
        &self,
        enterprise: EnterpriseId,
        kind: &IdentifierKind,
        values: &[Pii<String>],
    ) -> Result<Vec<Option<SubjectId>>, LakeError> {
        let domain = normalise::domain(kind, IdentifierForm::Plain);
        let scope = KeyScope::Enterprise(enterprise);
        let hasher = self.vault().hasher(&scope, &domain).await?;
        let mac = |value: &Pii<String>| {
            let canonical =
                value.digest(|text| normalise::canonical(kind, IdentifierForm::Plain, text));
            let Ok(Some(canonical)) = canonical else {
                return Ok(None);
            };
            Ok(Some(Mac::new(&hasher.digest(canonical.as_slice())?)))
        };
        let macs: Vec<Option<Mac>> = values.iter().map(mac).collect::<Result<_, LakeError>>()?;
        let wanted: Vec<Mac> = macs.iter().flatten().copied().collect();
        let mut found = self.find_all(enterprise, &wanted).await?.into_iter();
        Ok(macs
            .iter()
            .map(|mac| mac.and_then(|_| found.next().flatten().map(SubjectId::new)))
            .collect())
    }

    /// Says where keyed hashes lead, in their order.
    async fn find_all(
        &self,
        enterprise: EnterpriseId,
        macs: &[Mac],
    ) -> Result<Vec<Option<u32>>, LakeError> {
        let identities = self.identities_of(enterprise);
        {
            let state = identities.state.read().await;
            if state.loaded
                // A file may be gone since the map was read; the way below looks at the map anew.
                && let Ok(found) = self.look_up(enterprise, &state.document, macs).await
                && found.iter().all(Option::is_some)
            {
                return Ok(found);
            }
        }
        // Another process may have added people since the map was read.
        let mut state = identities.state.write().await;
        self.refresh_identities(enterprise, &mut state).await?;
        self.find_macs(enterprise, &mut state, macs).await
    }
}
