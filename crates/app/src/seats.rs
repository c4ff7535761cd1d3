//! Seats: for which enterprise a person acts, and in which role.

use serde_json::json;
use yuntu_policy::{Role, Standing};
use yuntu_store::{NewEnterprise, Session, Tx};
use yuntu_terms::{ClauseId, EnterpriseId, EnterpriseName, RepresentativeId, clause};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many characters the name of an industry has at most.
const INDUSTRY_CHARS_MAX: usize = 100;

/// A seat of a person in an enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The seat.
    pub representative: RepresentativeId,
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// The name of the enterprise.
    pub name: String,
    /// The person's role there.
    pub role: Role,
    /// Whether it is the one in which the session acts.
    pub taken: bool,
}

impl Platform {
    /// Lists the seats of a person that have not ended.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R3
    pub async fn seats(&self, session: &Session) -> Result<Vec<Seat>, AppError> {
        let read = self.store().read();
        let mut seats = Vec::new();
        for seat in read.list_seats(session.account).await? {
            if seat.standing == Standing::Ended {
                continue;
            }
            seats.push(Seat {
                representative: seat.id,
                enterprise: seat.enterprise,
                name: self.enterprise_name(seat.enterprise).await?,
                role: seat.role,
                taken: session.seat == Some(seat.id),
            });
        }
        Ok(seats)
    }

    /// Finds on whose behalf the person of a session acts: in the seat that she took, or in the only one that she has.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R3, R23
    pub async fn caller(&self, session: &Session) -> Result<Option<Caller>, AppError> {
        let read = self.store().read();
        let mut seats = read.list_seats(session.account).await?;
        seats.retain(|seat| seat.standing != Standing::Ended);
        let taken = seats.iter().find(|seat| session.seat == Some(seat.id));
        let found = match (taken, &seats[..]) {
            (Some(seat), _) => Some(seat),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        Ok(found.map(|seat| Caller {
            origin: session.origin.clone(),
            ..Caller::of(seat.enterprise, seat.id)
        }))
    }

    /// Lets a session act in one of its person's seats.
    ///
    /// # Errors
    /// [`AppError::Store`] when the person has no such seat.
    /// # Clause
    /// R3
    pub async fn take_seat(
        &self,
        session: &Session,
        seat: RepresentativeId,
    ) -> Result<(), AppError> {
        let account = session.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("seat.take", async |tx: Tx| {
                tx.take_seat(account, session.id, seat).await?;
                let body = json!({ "session": session.id, "representative": seat });
                let taken = entry(&tx, "seat.taken", &[ClauseId::r(3)], actor, body)?;
                tx.append_own(session, &taken).await?;
                Ok(())
            })
            .await
    }

    /// Creates an enterprise, which the person of the session owns and for which she acts from now on. It waits for its
    /// certification.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when the industry cannot be used.
    /// # Clause
    /// R3
    pub async fn create_enterprise(
        &self,
        session: &Session,
        name: &EnterpriseName,
        industry: &str,
    ) -> Result<EnterpriseId, AppError> {
        clause::hit!(R3);
        let new = NewEnterprise {
            name: name.as_str().to_owned(),
            credit_code: None,
            industry: checked_industry(industry)?,
            region: self.inner.region,
        };
        let account = session.account;
        let seat = self.store().new_seat()?;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("enterprise.create", async |tx: Tx| {
                let enterprise = tx.create_enterprise(&new).await?;
                let representative = tx
                    .create_representative(enterprise, Role::Owner, &seat)
                    .await?;
                tx.seat_account(enterprise, representative, account).await?;
                tx.take_seat(account, session.id, representative).await?;
                let body = json!({
                    "enterprise": enterprise, "representative": representative,
                });
                let clauses = [ClauseId::r(3)];
                let created = entry(&tx, "enterprise.created", &clauses, actor, body)?;
                tx.append_own(session, &created).await?;
                Ok(enterprise)
            })
            .await
    }

    /// Says whether an enterprise has a certification in force.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is no such enterprise.
    /// # Clause
    /// R3
    pub async fn is_certified(&self, enterprise: EnterpriseId) -> Result<bool, AppError> {
        let found = self.store().read().find_enterprise(enterprise).await?;
        let found = found.ok_or(AppError::Missing { what: "enterprise" })?;
        let now = self.now();
        Ok(found.certified.is_some_and(|period| period.holds(now)))
    }
}

fn checked_industry(typed: &str) -> Result<String, AppError> {
    let industry = typed.trim();
    let fits = (1..=INDUSTRY_CHARS_MAX).contains(&industry.chars().count());
    if fits && !industry.chars().any(char::is_control) {
        Ok(industry.to_owned())
    } else {
        Err(AppError::Invalid {
            what: "industry",
            reason: Said::new(
                "应为一行一至一百个字符",
                "it has 1 to 100 characters in one line",
            ),
        })
    }
}
