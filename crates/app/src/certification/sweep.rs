use yuntu_terms::LookId;

use crate::error::AppError;
use crate::platform::Platform;

/// After how many days the sensitive numbers of an ended application go: a day less than the statement allows, so that a
/// worker that pauses keeps the promise.
const SENSITIVE_DAYS: i32 = 29;

impl Platform {
    /// Erases the sensitive numbers of applications that ended long enough ago; returns how many applications it took.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// U1, R14
    pub async fn sweep_certifications(&self) -> Result<u64, AppError> {
        // Nobody in particular does it: a name of its own for each turn ties nothing together.
        let turn: LookId = self.new_id()?;
        let actor = self.store().stranger_pseudonym(turn).await?;
        let before = self.now().plus_days(-SENSITIVE_DAYS);
        Ok(self
            .store()
            .erase_sensitive_values_before(before, actor)
            .await?)
    }
}
