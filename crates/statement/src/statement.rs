use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{ClauseId, Digest, Purpose};

use crate::canonical;
use crate::error::StatementError;
use crate::model::{
    Category, CategoryId, Clause, Commitments, Contact, Control, Cookie, CookieChoice, CrossBorder,
    Exception, Meta, NotCollected, Partner, PurposeRule, RegionRule, RetentionException,
    RetentionRule, Right, RightRule, StatementVersion,
};
use crate::sources::Sources;

/// One version of the statement, whole.
///
/// # Clause
/// R27, R30
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    pub(crate) meta: Meta,
    pub(crate) commitments: Commitments,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) controls: Vec<Control>,
    pub(crate) purposes: Vec<PurposeRule>,
    pub(crate) categories: Vec<Category>,
    pub(crate) not_collected: Vec<NotCollected>,
    pub(crate) cookie_choices: Vec<CookieChoice>,
    pub(crate) cookies: Vec<Cookie>,
    pub(crate) regions: Vec<RegionRule>,
    pub(crate) cross_border: CrossBorder,
    pub(crate) retention: Vec<RetentionRule>,
    pub(crate) retention_exceptions: Vec<RetentionException>,
    pub(crate) rights: Vec<RightRule>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) partners: Vec<Partner>,
    pub(crate) exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseFile {
    clause: Vec<Clause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlFile {
    control: Vec<Control>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposeFile {
    purpose: Vec<PurposeRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryFile {
    category: Vec<Category>,
    not_collected: Vec<NotCollected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CookieFile {
    choice: Vec<CookieChoice>,
    cookie: Vec<Cookie>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    cross_border: CrossBorder,
    region: Vec<RegionRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionFile {
    rule: Vec<RetentionRule>,
    exception: Vec<RetentionException>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RightFile {
    right: Vec<RightRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactFile {
    contact: Vec<Contact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnerFile {
    partner: Vec<Partner>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionFile {
    exception: Vec<Exception>,
}

impl Statement {
    /// Returns the version in force that is part of the program; it is parsed once.
    ///
    /// # Errors
    /// [`StatementError`] when the program was built with broken files; the tests of this crate keep that from a release.
    pub fn in_force() -> Result<&'static Self, StatementError> {
        static IN_FORCE: OnceLock<Result<Statement, StatementError>> = OnceLock::new();
        IN_FORCE
            .get_or_init(|| Self::parse(&Sources::v1()))
            .as_ref()
            .map_err(StatementError::clone)
    }

    /// Returns every version ever in force, the oldest first (R27).
    ///
    /// # Errors
    /// [`StatementError`] when the program was built with broken files.
    pub fn all() -> Result<Vec<&'static Self>, StatementError> {
        Ok(vec![Self::in_force()?])
    }

    /// Parses a statement from the texts of its files.
    ///
    /// # Errors
    /// [`StatementError`] names the file, the line and what to do.
    pub fn parse(sources: &Sources) -> Result<Self, StatementError> {
        let meta = sources.parse("meta.toml")?;
        let commitments = sources.parse("commitments.toml")?;
        let part_u: ClauseFile = sources.parse("clauses-u.toml")?;
        let part_r: ClauseFile = sources.parse("clauses-r.toml")?;
        let controls: ControlFile = sources.parse("controls.toml")?;
        let purposes: PurposeFile = sources.parse("purposes.toml")?;
        let categories: CategoryFile = sources.parse("categories.toml")?;
        let cookies: CookieFile = sources.parse("cookies.toml")?;
        let regions: RegionFile = sources.parse("regions.toml")?;
        let retention: RetentionFile = sources.parse("retention.toml")?;
        let rights: RightFile = sources.parse("rights.toml")?;
        let contacts: ContactFile = sources.parse("contacts.toml")?;
        let partners: PartnerFile = sources.parse("partners.toml")?;
        let exceptions: ExceptionFile = sources.parse("exceptions.toml")?;
        Ok(Self {
            meta,
            commitments,
            clauses: part_u.clause.into_iter().chain(part_r.clause).collect(),
            controls: controls.control,
            purposes: purposes.purpose,
            categories: categories.category,
            not_collected: categories.not_collected,
            cookie_choices: cookies.choice,
            cookies: cookies.cookie,
            regions: regions.region,
            cross_border: regions.cross_border,
            retention: retention.rule,
            retention_exceptions: retention.exception,
            rights: rights.right,
            contacts: contacts.contact,
            partners: partners.partner,
            exceptions: exceptions.exception,
        })
    }

    /// Reads and parses the statement in a folder.
    ///
    /// # Errors
    /// [`StatementError`] names the file, the line and what to do.
    pub fn read_dir(folder: &Path) -> Result<Self, StatementError> {
        Self::parse(&Sources::read_dir(folder)?)
    }

    /// Returns the version.
    pub fn version(&self) -> StatementVersion {
        self.meta.version
    }

    /// Returns the SHA-256 of the canonical JSON, which acceptances, permits and receipts name.
    pub fn digest(&self) -> Digest {
        Digest::new(Sha256::digest(self.canonical_json().as_bytes()).into())
    }

    /// Returns the statement as canonical JSON: keys sorted, no spaces.
    pub fn canonical_json(&self) -> String {
        // INVARIANT: strings, integers, booleans and lists only, which always serialise.
        canonical::to_string(self).unwrap_or_default()
    }

    /// Returns what the statement says about itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Returns the promises that are numbers or lists.
    pub fn commitments(&self) -> &Commitments {
        &self.commitments
    }

    /// Lists the clauses in reading order.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Finds a clause by its id; a lettered id that has no clause of its own is answered by its row.
    pub fn clause(&self, id: ClauseId) -> Option<&Clause> {
        let find = |id| self.clauses.iter().find(|clause| clause.id == id);
        find(id).or_else(|| find(id.row()))
    }

    /// Lists the mechanisms that clauses name.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// Lists the purposes, parents before children.
    pub fn purposes(&self) -> &[PurposeRule] {
        &self.purposes
    }

    /// Finds the rule of a purpose.
    pub fn purpose(&self, id: &Purpose) -> Option<&PurposeRule> {
        self.purposes.iter().find(|rule| rule.id == *id)
    }

    /// Says whether other purposes lie below this one.
    pub fn is_heading(&self, id: &Purpose) -> bool {
        self.purposes
            .iter()
            .any(|rule| rule.id != *id && id.covers(&rule.id))
    }

    /// Lists the categories of data the platform collects.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// Finds a category.
    pub fn category(&self, id: &CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == *id)
    }

    /// Lists what the platform does not collect.
    pub fn not_collected(&self) -> &[NotCollected] {
        &self.not_collected
    }

    /// Lists the cookie categories a person can switch.
    pub fn cookie_choices(&self) -> &[CookieChoice] {
        &self.cookie_choices
    }

    /// Lists the cookies the server may set.
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    /// Finds a declared cookie; what is not declared may not be set.
    pub fn cookie(&self, name: &str) -> Option<&Cookie> {
        self.cookies.iter().find(|cookie| cookie.name == name)
    }

    /// Lists the regions where data may be stored.
    pub fn regions(&self) -> &[RegionRule] {
        &self.regions
    }

    /// Returns when personal data may cross the border.
    pub fn cross_border(&self) -> &CrossBorder {
        &self.cross_border
    }

    /// Lists the retention rules.
    pub fn retention(&self) -> &[RetentionRule] {
        &self.retention
    }

    /// Lists the closed list of cases in which data outlives its period.
    pub fn retention_exceptions(&self) -> &[RetentionException] {
        &self.retention_exceptions
    }

    /// Lists the rights and how each is exercised.
    pub fn rights(&self) -> &[RightRule] {
        &self.rights
    }

    /// Finds how a right is exercised.
    pub fn right(&self, right: Right) -> Option<&RightRule> {
        self.rights.iter().find(|rule| rule.right == right)
    }

    /// Lists the contacts an installation fills in.
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Lists the partners that receive representatives' data.
    pub fn partners(&self) -> &[Partner] {
        &self.partners
    }

    /// Lists the exceptions to consent: twelve for collection, nine for provision.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Finds an exception by its lettered clause.
    pub fn exception(&self, id: ClauseId) -> Option<&Exception> {
        self.exceptions
            .iter()
            .find(|exception| exception.clause == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_in_force_parses_and_always_has_the_same_digest() {
        let statement = Statement::in_force().unwrap();
        assert_eq!(statement.version(), StatementVersion::new(1, 0));
        let again = Statement::parse(&Sources::v1()).unwrap();
        assert_eq!(statement.digest(), again.digest());
    }
}
