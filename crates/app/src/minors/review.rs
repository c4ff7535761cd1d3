use std::collections::BTreeMap;

use yuntu_policy::{
    OperatorAction, RecordedReportLook, ReportLookReason, Role, Standing, decide_report_look,
    decide_report_words,
};
use yuntu_store::{Account, AccountContact, AccountStanding, MinorReport, Realm};
use yuntu_terms::{
    AccountId, EmailAddress, EnterpriseId, MinorReportId, MobileNumber, Pii, Sink, Timestamp,
    clause,
};

use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// A report as an operator sees it before she looks into it: what was told is masked.
#[derive(Debug)]
pub struct ReportReview {
    /// The report.
    pub report: MinorReport,
    /// What was told, by field; a value only after a recorded look.
    pub told: Vec<&'static str>,
    /// Why it was decided so.
    pub words: Option<String>,
    /// The accounts that it may be about.
    pub candidates: Vec<Candidate>,
}

/// What a recorded look opens.
#[derive(Debug, Default)]
pub struct OpenedReport {
    /// What was told, by field.
    pub told: BTreeMap<&'static str, String>,
    /// By what the accounts are known that it may be about: nickname, and addresses whose middle is hidden.
    pub known: BTreeMap<AccountId, String>,
}

/// An account that a report may be about, without personal values.
#[derive(Debug)]
pub struct Candidate {
    /// The account.
    pub account: AccountId,
    /// Whether it can be used.
    pub standing: AccountStanding,
    /// Since when.
    pub created: Timestamp,
    /// Whether the report names an address of it.
    pub by_address: bool,
    /// For whom the person acts.
    pub seats: Vec<CandidateSeat>,
}

/// For whom somebody acts.
#[derive(Debug)]
pub struct CandidateSeat {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// Its name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Whether nobody else owns the enterprise, which has no owner once this account is erased.
    pub only_owner: bool,
}

impl Platform {
    /// Lists the reports: those that are open, what is due first first, and those that are settled, the last first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not serve reports.
    /// # Clause
    /// R29, R23
    pub async fn minor_reports(
        &self,
        caller: &OperatorCaller,
    ) -> Result<(Vec<MinorReport>, Vec<MinorReport>), AppError> {
        self.serves_reports(caller).await?;
        let read = self.store().read();
        let open = read.list_open_minor_reports().await?;
        Ok((open, read.list_settled_minor_reports().await?))
    }

    /// Shows one report, masked, with the accounts that it may be about.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not serve reports; [`AppError::Missing`] when there is no such report.
    /// # Clause
    /// R29, R23
    pub async fn review_minor_report(
        &self,
        caller: &OperatorCaller,
        id: MinorReportId,
    ) -> Result<ReportReview, AppError> {
        clause::hit!(R29);
        let report = self.reported(caller, id).await?;
        let texts = self.store().report_texts(id).await?;
        let fields = [
            ("account", &texts.account),
            ("enterprise", &texts.enterprise),
            ("person", &texts.person),
            ("why", &texts.why),
        ];
        let told = fields.iter().filter(|(_, value)| value.is_some());
        let warrant = decide_report_words();
        let read = |words: &Pii<String>| words.open(&warrant, Sink::Page, String::clone);
        Ok(ReportReview {
            told: told.map(|(field, _)| *field).collect(),
            words: texts.words.as_ref().and_then(read),
            candidates: self.candidates_of(&report).await?,
            report,
        })
    }

    /// Opens what was told in a report, and by what the accounts are known that it may be about. The look is in the ledger
    /// before anything leaves.
    ///
    /// # Errors
    /// As [`Platform::review_minor_report`].
    /// # Clause
    /// R29, R23
    pub async fn look_into_report(
        &self,
        caller: &OperatorCaller,
        id: MinorReportId,
        reason: ReportLookReason,
    ) -> Result<OpenedReport, AppError> {
        clause::hit!(R29);
        let report = self.reported(caller, id).await?;
        let role = self.role_of(caller).await?;
        let look = decide_report_look(role, id, reason)?;
        let store = self.store();
        let actor = store.account_pseudonym(caller.account).await?;
        let look = store
            .record_report_look(look, caller.operator, (actor, caller.into()))
            .await?;
        let texts = store.report_texts(id).await?;
        let fields = [
            ("account", texts.account),
            ("enterprise", texts.enterprise),
            ("person", texts.person),
            ("why", texts.why),
        ];
        let read = |value: &Pii<String>| value.open(&look, Sink::Page, String::clone);
        let told = fields
            .iter()
            .filter_map(|(field, value)| Some((*field, read(value.as_ref()?)?)));
        let mut opened = OpenedReport {
            told: told.collect(),
            known: BTreeMap::new(),
        };
        for candidate in self.candidates_of(&report).await? {
            if let Some(contact) = store.account_contact(candidate.account).await? {
                let known = known_by(&contact, &look);
                opened.known.insert(candidate.account, known);
            }
        }
        Ok(opened)
    }

    pub(super) async fn serves_reports(&self, caller: &OperatorCaller) -> Result<(), AppError> {
        let action = OperatorAction::ReviewMinorReports;
        self.authorise_operator(caller, action).await
    }

    /// Finds a report for an operator who serves reports.
    pub(super) async fn reported(
        &self,
        caller: &OperatorCaller,
        id: MinorReportId,
    ) -> Result<MinorReport, AppError> {
        self.serves_reports(caller).await?;
        let found = self.store().read().find_minor_report(id).await?;
        found.ok_or(AppError::Missing { what: "report" })
    }

    /// Finds the accounts of the public that a report may be about: the one with the address, those of the enterprise, and
    /// the one that was decided on.
    pub(super) async fn candidates_of(
        &self,
        report: &MinorReport,
    ) -> Result<Vec<Candidate>, AppError> {
        let (store, read) = (self.store(), self.store().read());
        let mut found = BTreeMap::new();
        let by_address = store.account_of_report(report.id).await?;
        if let Some(account) = by_address {
            found.insert(account.id, true);
        }
        for account in store.accounts_at_report(report.id).await? {
            found.entry(account).or_insert(false);
        }
        if let Some(account) = report.account {
            found.entry(account).or_insert(false);
        }
        let mut candidates = Vec::new();
        for (id, by_address) in found {
            let account = read.find_account(id).await?;
            if let Some(account) = account.filter(|account| account.realm == Realm::Public) {
                candidates.push(self.candidate(&account, by_address).await?);
            }
        }
        Ok(candidates)
    }

    async fn candidate(&self, account: &Account, by_address: bool) -> Result<Candidate, AppError> {
        let read = self.store().read();
        let alone = read.solely_owned(account.id).await?;
        let mut seats = Vec::new();
        for seat in read.list_seats(account.id).await? {
            if seat.standing == Standing::Ended {
                continue;
            }
            let enterprise = read.find_enterprise(seat.enterprise).await?;
            seats.push(CandidateSeat {
                enterprise: seat.enterprise,
                name: enterprise.map(|it| it.name).unwrap_or_default(),
                role: seat.role,
                only_owner: alone.contains(&seat.enterprise),
            });
        }
        Ok(Candidate {
            account: account.id,
            standing: account.standing,
            created: account.created,
            by_address,
            seats,
        })
    }
}

/// Says by what an account is known: enough to compare it with the report, and no more.
fn known_by(contact: &AccountContact, look: &RecordedReportLook) -> String {
    let open = |value: Option<&Pii<String>>, masked: fn(&String) -> Option<String>| {
        value.and_then(|value| value.open(look, Sink::Page, masked).flatten())
    };
    let parts = [
        open(contact.nickname.as_ref(), |text| Some(text.clone())),
        open(contact.email.as_ref(), |text| {
            EmailAddress::parse(text).ok().map(|it| it.masked())
        }),
        open(contact.phone.as_ref(), |text| {
            MobileNumber::parse(text).ok().map(|it| it.masked())
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}
