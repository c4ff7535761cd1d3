//! What is shown of a partner: how it stands, every version, its papers, and what names it.

use yuntu_policy::{
    Action, AgreementAbout, EndingStep, PartnerGap, PartnerPaper, Standing, decide_partner_view,
    may,
};
use yuntu_store::{
    Cited, CitedWork, Instruction, LeafId, Paper, PaperLook, PaperOf, Partner, PartnerPaperRow,
    PartnerVersion,
};
use yuntu_terms::{DatasetId, PartnerId, Recipient, Sink, Timestamp, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::instructions::JOBS_PAGE;
use crate::platform::Platform;

/// How many instructions the page of a partner lists.
const INSTRUCTIONS_SHOWN: u64 = 50;

/// A version of what is said of a partner, with how it is reached where whoever looks may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerVersionView {
    /// The version.
    pub version: PartnerVersion,
    /// How the partner is reached.
    pub contact: Option<String>,
}

/// A paper of a partner, with what is known of the file and who looked into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerPaperView {
    /// The paper.
    pub row: PartnerPaperRow,
    /// The file, unless it was erased.
    pub file: Option<Paper>,
    /// Who looked into it, the latest first.
    pub looks: Vec<PaperLook>,
}

/// What is shown of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerView {
    /// How it stands.
    pub partner: Partner,
    /// How near its end is, from thirty days before on.
    pub ending: Option<EndingStep>,
    /// Whether whoever looks may keep the register.
    pub may_manage: bool,
    /// The versions, the newest first.
    pub versions: Vec<PartnerVersionView>,
    /// What the draft lacks.
    pub gaps: Vec<PartnerGap>,
    /// The papers, the newest first.
    pub papers: Vec<PartnerPaperView>,
    /// The datasets whose scope in force names it, with their names.
    pub datasets: Vec<(DatasetId, String)>,
    /// The newest instructions that name it.
    pub instructions: Vec<Instruction>,
}

impl PartnerView {
    /// Returns the draft, where there is one.
    #[must_use]
    pub fn draft(&self) -> Option<&PartnerVersionView> {
        let newest = self.versions.first();
        newest.filter(|it| it.version.enforced.is_none())
    }
}

/// Lists what a draft lacks at a moment.
pub(super) fn gaps_of(
    draft: &PartnerVersion,
    papers: &[PartnerPaper],
    now: Timestamp,
) -> Vec<PartnerGap> {
    draft.terms.lacks(AgreementAbout {
        papers,
        has_contact: draft.has_contact,
        now,
    })
}

impl Platform {
    /// Says how near the end is of what entitles a partner to receive; nothing of one that receives nothing anyway.
    ///
    /// # Clause
    /// R15
    #[must_use]
    pub fn partner_ending(&self, partner: &Partner) -> Option<EndingStep> {
        clause::hit!(R15);
        let ends = partner.facts.ends()?;
        if partner.facts.standing != Some(Standing::Active) {
            return None;
        }
        let step = EndingStep::at(ends, self.now());
        // Whoever looks later than it is told still sees that it is over.
        step.or((ends <= self.now()).then_some(EndingStep::Over))
    }

    /// Shows a partner: every version, every paper with who looked into it, and what names it. How it is reached is opened to
    /// who may keep the register.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports; [`AppError::Missing`] when there is no such partner.
    /// # Clause
    /// R15, R16, R22
    pub async fn view_partner(
        &self,
        caller: &Caller,
        id: PartnerId,
    ) -> Result<PartnerView, AppError> {
        clause::hit!(R16);
        let role = self.authorise(caller, Action::ViewReport).await?;
        let partner = self.own_partner(caller, id).await?;
        let enterprise = caller.enterprise;
        let read = self.store().read();
        let found = read.list_partner_versions(enterprise, id).await?;
        let newest = read.newest_partner_papers(enterprise, id).await?;
        let draft = found.first().filter(|it| it.enforced.is_none());
        let gaps = draft.map_or_else(Vec::new, |it| gaps_of(it, &newest, self.now()));
        let mut versions: Vec<PartnerVersionView> = found
            .into_iter()
            .map(|version| PartnerVersionView {
                version,
                contact: None,
            })
            .collect();
        if let Some(view) = decide_partner_view(role, enterprise) {
            let warrant = self.view_as(caller, view).await?;
            for it in &mut versions {
                let contact = self.store().partner_contact(enterprise, it.version.id);
                it.contact = contact
                    .await?
                    .and_then(|it| it.open(&warrant, Sink::Page, String::clone));
            }
        }
        let mut papers = Vec::new();
        for row in read.list_partner_papers(enterprise, id).await? {
            let paper = row.paper.paper;
            papers.push(PartnerPaperView {
                file: read
                    .find_paper(PaperOf::Enterprise(enterprise), paper)
                    .await?,
                looks: read.list_paper_looks(enterprise, paper).await?,
                row,
            });
        }
        let instructions = read
            .list_instructions_to(enterprise, id, INSTRUCTIONS_SHOWN)
            .await?;
        Ok(PartnerView {
            ending: self.partner_ending(&partner),
            may_manage: may(role, Action::ManagePartners),
            versions,
            gaps,
            papers,
            datasets: self.datasets_towards(caller, id).await?,
            instructions,
            partner,
        })
    }

    /// Lists the datasets whose scope in force names a partner.
    async fn datasets_towards(
        &self,
        caller: &Caller,
        id: PartnerId,
    ) -> Result<Vec<(DatasetId, String)>, AppError> {
        let all = self.list_datasets(caller).await?;
        let ids: Vec<DatasetId> = all.iter().map(|it| it.id).collect();
        let facts = self.store().facts();
        let facts = facts.datasets(caller.enterprise, &ids).await?;
        let names = |dataset: DatasetId| {
            let found = facts.iter().find(|it| it.id == dataset);
            let scope = found.and_then(|it| it.scope.as_ref());
            scope.is_some_and(|it| it.recipients.contains(&Recipient::Partner(id)))
        };
        let towards = all.into_iter().filter(|it| names(it.id));
        Ok(towards.map(|it| (it.id, it.name)).collect())
    }

    /// Lists a page of the work whose result a partner was to receive, newest first: what was refused, what was permitted, and
    /// the receipt of what was done. `before` is the entry of the last one of the page before.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such partner.
    /// # Clause
    /// R15, R23
    pub async fn partner_jobs(
        &self,
        caller: &Caller,
        id: PartnerId,
        before: Option<LeafId>,
    ) -> Result<Vec<CitedWork>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        self.own_partner(caller, id).await?;
        let read = self.store().read();
        let cited = Cited::Partner(id);
        Ok(read
            .list_cited_work(caller.enterprise, cited, before, JOBS_PAGE)
            .await?)
    }
}
