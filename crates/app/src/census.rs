//! Of how many persons the platform keeps data: some duties of the law come more often the more there are.

use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Counts the persons of whom data is kept: those with an account, and the numbers that enterprises have handed out to
    /// people in their data. Somebody in the data of two enterprises counts twice, so it is never too few.
    ///
    /// # Errors
    /// [`AppError::Store`] or [`AppError::Lake`].
    /// # Clause
    /// R23
    pub async fn persons_counted(&self) -> Result<u64, AppError> {
        let read = self.store().read();
        let mut persons = read.count_accounts().await?;
        for enterprise in read.list_enterprise_ids().await? {
            let given = self.inner.lake.numbers_given(enterprise).await?;
            persons = persons.saturating_add(given);
        }
        Ok(persons)
    }
}
