use std::collections::BTreeMap;

use yuntu_policy::{ApplicationField, ApplicationState, Role, Standing};
use yuntu_terms::{ColumnClass, RepresentativeId, Timestamp, clause};

use super::form::masked;
use super::show::opened;
use crate::accounts::OwnValues;
use crate::error::AppError;
use crate::members::LetterView;
use crate::platform::Platform;

/// A seat of a person with the letters that lie for it, as the privacy centre shows it.
///
/// # Clause
/// R3, R26
#[derive(Debug)]
pub struct OwnSeat {
    /// The seat.
    pub representative: RepresentativeId,
    /// The name of the enterprise.
    pub enterprise: String,
    /// Her role there.
    pub role: Role,
    /// Whether the seat has ended.
    pub ended: bool,
    /// Since when she sits there.
    pub since: Timestamp,
    /// Her letters, the first recorded first.
    pub letters: Vec<LetterView>,
}

/// An application that a person handled, as the privacy centre shows it: her values partly hidden.
///
/// # Clause
/// U1, R26
#[derive(Debug)]
pub struct OwnApplication {
    /// The name of the enterprise.
    pub enterprise: String,
    /// Where it stands.
    pub state: ApplicationState,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was agreed to the use of the sensitive numbers.
    pub consented: Option<Timestamp>,
    /// When the sensitive numbers were erased.
    pub sensitive_erased: Option<Timestamp>,
    /// What is kept, by field; for a file, how many there are.
    pub kept: BTreeMap<ApplicationField, String>,
}

impl Platform {
    /// Shows a person what is kept of her as somebody who acts for enterprises: seats, letters, and the applications for
    /// certification that she handled.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// U1, R3, R26
    pub async fn own_papers(
        &self,
        own: &OwnValues,
    ) -> Result<(Vec<OwnSeat>, Vec<OwnApplication>), AppError> {
        clause::hit!(R26);
        // Nobody else's: what follows is found by her account alone.
        let account = own.account.id;
        let read = self.store().read();
        let (mut seats, mut applications) = (Vec::new(), Vec::new());
        for seat in read.list_seats(account).await? {
            let enterprise = self.enterprise_name(seat.enterprise).await?;
            for application in read.list_applications(seat.enterprise).await? {
                if application.applicant != seat.id {
                    continue;
                }
                let values = self.store().application_values(&application).await?;
                let mut kept = BTreeMap::new();
                for (field, value) in &values {
                    let shown = match field.class() {
                        ColumnClass::NonPersonal => opened(value, own.warrant())?,
                        ColumnClass::Personal
                        | ColumnClass::Sensitive
                        | ColumnClass::Identifier => masked(*field, value),
                    };
                    kept.insert(*field, shown);
                }
                let files = read.list_documents(seat.enterprise, application.id).await?;
                for field in [ApplicationField::Letter, ApplicationField::Licence] {
                    let count = files.iter().filter(|file| file.field == field).count();
                    if count > 0 {
                        kept.insert(field, count.to_string());
                    }
                }
                applications.push(OwnApplication {
                    enterprise: enterprise.clone(),
                    state: application.state,
                    created: application.created,
                    consented: application.consented,
                    sensitive_erased: application.sensitive_erased,
                    kept,
                });
            }
            seats.push(OwnSeat {
                representative: seat.id,
                enterprise,
                role: seat.role,
                ended: seat.standing == Standing::Ended,
                since: seat.created,
                letters: self.letters_of(seat.enterprise, seat.id).await?,
            });
        }
        Ok((seats, applications))
    }
}
