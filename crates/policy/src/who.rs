//! Who may do what: the verdicts of the embedded Cedar policies, asked once for each role and action.

use std::collections::HashSet;
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use yuntu_terms::clause;

use crate::{Action, Resource, Role, WhoMayError};

const SCHEMA: &str = include_str!("../policies/yuntu.cedarschema");
const POLICIES: &str = include_str!("../policies/who_may.cedar");

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // Rules that cannot be used permit nothing; a test shows that the embedded ones can.
    Rules::embedded()
        .and_then(|rules| rules.table())
        .unwrap_or_default()
});

/// Says whether a role may do this inside its own enterprise, once certification and letter are in force.
///
/// # Clause
/// R3, R23
#[must_use]
pub fn may(role: Role, action: Action) -> bool {
    may_on(role, action, Grounds::BOTH)
}

/// Says whether a role may do this inside its own enterprise on no more than these grounds.
///
/// # Clause
/// R3, R23
#[must_use]
pub fn may_on(role: Role, action: Action, grounds: Grounds) -> bool {
    clause::hit!(R23);
    TABLE.allows(role, action, grounds)
}

/// What an enterprise and the person who acts for it can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// The enterprise has a certification in force.
    pub certified: bool,
    /// The person has a letter of authorisation in force.
    pub letter: bool,
}

impl Grounds {
    /// Both are in force.
    pub const BOTH: Self = Self {
        certified: true,
        letter: true,
    };

    const ALL: [Self; 4] = [
        Self {
            certified: false,
            letter: false,
        },
        Self {
            certified: false,
            letter: true,
        },
        Self {
            certified: true,
            letter: false,
        },
        Self::BOTH,
    ];

    const fn place(self) -> usize {
        (self.certified as usize) * 2 + self.letter as usize
    }
}

/// One bit for each action, one row for each role, for each of the grounds.
#[derive(Debug, Default)]
struct Table([[u32; Role::ALL.len()]; Grounds::ALL.len()]);

impl Table {
    fn allows(&self, role: Role, action: Action, grounds: Grounds) -> bool {
        let row = self
            .0
            .get(grounds.place())
            .and_then(|rows| rows.get(role as usize));
        row.is_some_and(|row| row >> (action as u32) & 1 == 1)
    }
}

/// Whose resource an action touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    #[cfg(test)]
    Foreign,
}

/// The parsed policies with their schema.
struct Rules {
    schema: Schema,
    policies: PolicySet,
}

impl Rules {
    fn embedded() -> Result<Self, WhoMayError> {
        Self::parse(SCHEMA, POLICIES)
    }

    fn parse(schema: &str, policies: &str) -> Result<Self, WhoMayError> {
        let (schema, _warnings) =
            Schema::from_cedarschema_str(schema).map_err(|e| WhoMayError::Schema(Box::new(e)))?;
        let policies =
            PolicySet::from_str(policies).map_err(|e| WhoMayError::Policies(Box::new(e)))?;
        let findings = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if findings.validation_passed_without_warnings() {
            Ok(Self { schema, policies })
        } else {
            Err(WhoMayError::Invalid(findings.to_string()))
        }
    }

    /// Asks the policies one question.
    fn ask(
        &self,
        role: Role,
        action: Action,
        resource: Resource,
        circumstances: (Whose, Grounds),
    ) -> Result<bool, WhoMayError> {
        let (whose, grounds) = circumstances;
        let own = uid("Enterprise", "own")?;
        let owner = match whose {
            Whose::Own => own.clone(),
            #[cfg(test)]
            Whose::Foreign => uid("Enterprise", "foreign")?,
        };
        let principal = uid("Representative", "r")?;
        let resource = uid(resource.code(), "x")?;
        let entities = Entities::from_entities(
            [
                entity(&principal, &own, HashSet::from([uid("Role", role.code())?]))?,
                entity(&resource, &owner, HashSet::new())?,
            ],
            Some(&self.schema),
        )
        .map_err(question)?;
        let facts = [("certified", grounds.certified), ("letter", grounds.letter)];
        let facts =
            facts.map(|(name, holds)| (name.to_owned(), RestrictedExpression::new_bool(holds)));
        let request = Request::new(
            principal,
            uid("Action", action.code())?,
            resource,
            Context::from_pairs(facts).map_err(question)?,
            Some(&self.schema),
        )
        .map_err(question)?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let clean = response.diagnostics().errors().next().is_none();
        Ok(clean && response.decision() == Decision::Allow)
    }

    fn table(&self) -> Result<Table, WhoMayError> {
        let mut table = Table::default();
        for (rows, grounds) in table.0.iter_mut().zip(Grounds::ALL) {
            for (row, &role) in rows.iter_mut().zip(Role::ALL) {
                for &action in Action::ALL {
                    if self.ask(role, action, action.resource(), (Whose::Own, grounds))? {
                        *row |= 1 << action as u32;
                    }
                }
            }
        }
        Ok(table)
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, WhoMayError> {
    let kind = EntityTypeName::from_str(&format!("Yuntu::{kind}")).map_err(question)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn entity(
    uid: &EntityUid,
    enterprise: &EntityUid,
    parents: HashSet<EntityUid>,
) -> Result<Entity, WhoMayError> {
    let enterprise = RestrictedExpression::new_entity_uid(enterprise.clone());
    let attributes = [("enterprise".to_owned(), enterprise)].into();
    Entity::new(uid.clone(), attributes, parents).map_err(question)
}

fn question(error: impl std::error::Error + Send + Sync + 'static) -> WhoMayError {
    WhoMayError::Question(Box::new(error))
}

#[cfg(test)]
mod tests;
