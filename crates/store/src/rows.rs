//! What every file of rows needs: one-row inserts and the way from a column to a typed value.

use std::str::FromStr;

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;
use serde::de::DeserializeOwned;
use yuntu_terms::{Digest, Timestamp};

use crate::error::StoreError;
use crate::link::Link;

/// Inserts one row.
pub(crate) async fn insert<A>(link: &Link, model: impl IntoActiveModel<A>) -> Result<(), StoreError>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let row = model.into_active_model().reset_all();
    A::Entity::insert(row).exec_without_returning(link).await?;
    Ok(())
}

/// Names a place in the schema, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(pub(crate) &'static str, pub(crate) &'static str);

impl Place {
    pub(crate) fn broken(self) -> StoreError {
        StoreError::Inconsistent {
            table: self.0,
            column: self.1,
        }
    }

    pub(crate) fn parse<T: FromStr>(self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_unreadable| self.broken())
    }

    pub(crate) fn json<T: DeserializeOwned>(self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_unreadable| self.broken())
    }

    /// Reads the code of an enum, as serde writes it.
    pub(crate) fn code<T: DeserializeOwned>(self, code: &str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(code.to_owned()))
            .map_err(|_unreadable| self.broken())
    }

    pub(crate) fn digest(self, bytes: &[u8]) -> Result<Digest, StoreError> {
        <[u8; 32]>::try_from(bytes)
            .map(Digest::new)
            .map_err(|_unreadable| self.broken())
    }

    pub(crate) fn count(self, number: i64) -> Result<u64, StoreError> {
        u64::try_from(number).map_err(|_unreadable| self.broken())
    }
}

/// Writes a value as JSON text.
pub(crate) fn to_json<T: Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_unwritable| StoreError::Encoding { what })
}

/// Writes an enum as its code, as serde writes it.
pub(crate) fn to_code<T: Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => Ok(code),
        Ok(_) | Err(_) => Err(StoreError::Encoding { what }),
    }
}

/// Turns a count into what a column holds; counts beyond the column's range do not occur.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

pub(crate) fn moment_if(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

pub(crate) fn micros_if(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::as_micros)
}

const NAME_CHARS_MAX: usize = 200;

/// Checks a name that a person chose: something to read, in one line, that both databases can keep.
pub(crate) fn name(text: &str, what: &'static str) -> Result<String, StoreError> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(StoreError::Invalid {
            what,
            reason: "expected 1 to 200 characters in one line",
        });
    }
    Ok(text.to_owned())
}

/// Asks that exactly one row was changed.
pub(crate) fn one_row(rows: u64, what: &'static str) -> Result<(), StoreError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Missing { what })
    }
}
