//! The declaration of a dataset as it is shown: every version with what changed, every paper with who looked.

use std::collections::BTreeMap;

use yuntu_policy::{
    Action, DeclarationAbout, DeclarationGap, DeclarationPart, EndingStep, Standing,
    decide_declaration_view, may,
};
use yuntu_store::{About, Dataset, Declaration, EvidencePaper, Paper, PaperLook, PaperOf};
use yuntu_terms::{DatasetId, DeclarationId, EnterpriseId, RepresentativeId, Sink, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

/// How whoever confirmed a declaration stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmer {
    /// She acts for the enterprise under a letter in force.
    InForce,
    /// Her letter has ended or was revoked.
    LetterEnded,
    /// She acts for the enterprise no longer.
    Left,
}

/// A version of a declaration as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclarationView {
    /// What was recorded.
    pub declaration: Declaration,
    /// Whom to ask, for who may declare.
    pub contact: Option<String>,
    /// What a draft lacks, or what a version in force lacks since a paper was taken back.
    pub gaps: Vec<DeclarationGap>,
    /// How near its end is, when it is in force and the end is news.
    pub ending: Option<EndingStep>,
    /// How who confirmed it stands today.
    pub confirmer: Confirmer,
    /// What it says otherwise than the version before it.
    pub changed: Vec<DeclarationPart>,
}

impl DeclarationView {
    /// Says whether decisions look at this version.
    #[must_use]
    pub const fn is_in_force(&self) -> bool {
        self.declaration.complete && self.declaration.superseded.is_none()
    }
}

/// A paper of a dataset as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceView {
    /// What was recorded of it.
    pub paper: EvidencePaper,
    /// The file; nothing when it is gone.
    pub file: Option<Paper>,
    /// Who of the enterprise looked into it, the latest first.
    pub looks: Vec<PaperLook>,
}

/// What is declared about the source of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// The dataset.
    pub dataset: Dataset,
    /// Whether the caller may declare.
    pub may_declare: bool,
    /// The versions, newest first; a draft is before them.
    pub versions: Vec<DeclarationView>,
    /// The papers, the first added first.
    pub papers: Vec<EvidenceView>,
}

impl SourceView {
    /// Returns the version in force.
    #[must_use]
    pub fn in_force(&self) -> Option<&DeclarationView> {
        self.versions.iter().find(|it| it.is_in_force())
    }

    /// Returns the draft.
    #[must_use]
    pub fn draft(&self) -> Option<&DeclarationView> {
        self.versions
            .iter()
            .find(|it| !it.declaration.complete && it.declaration.superseded.is_none())
    }
}

impl Platform {
    /// Shows what is declared about the source of a dataset: every version, and every paper with who looked into it. Whom to
    /// ask is opened to who may declare.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports; [`AppError::Missing`] when there is no such dataset.
    /// # Clause
    /// U3, R22
    pub async fn source_of(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<SourceView, AppError> {
        self.source_view(caller, dataset, true).await
    }

    /// Shows how the declaration of a dataset stands, without opening whom to ask.
    ///
    /// # Errors
    /// As [`Platform::source_of`].
    /// # Clause
    /// U3
    pub async fn source_standing(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<SourceView, AppError> {
        self.source_view(caller, dataset, false).await
    }

    async fn source_view(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        opens: bool,
    ) -> Result<SourceView, AppError> {
        clause::hit!(U3);
        let role = self.authorise(caller, Action::ViewReport).await?;
        let described = self.own_dataset(caller, dataset).await?;
        let papers = self.evidence_of(caller.enterprise, dataset).await?;
        let read = self.store().read();
        let found = read.list_declarations(caller.enterprise, dataset).await?;
        let mut versions = Vec::with_capacity(found.len());
        let mut confirmers = BTreeMap::new();
        for declaration in found {
            let by = declaration.by;
            let confirmer = match confirmers.get(&by) {
                Some(known) => *known,
                None => self.confirmer(caller.enterprise, by).await?,
            };
            confirmers.insert(by, confirmer);
            versions.push(DeclarationView {
                gaps: self.gaps_of(&described, &declaration, &papers),
                ending: self.ending_of(&declaration),
                contact: None,
                confirmer,
                changed: Vec::new(),
                declaration,
            });
        }
        let may_declare = may(role, Action::DeclareSource);
        let view = decide_declaration_view(role, caller.enterprise);
        if let Some(view) = view.filter(|_| opens && !versions.is_empty()) {
            let warrant = self.view_as(caller, view).await?;
            for it in &mut versions {
                let id = it.declaration.id;
                let contact = self.store().declaration_contact(caller.enterprise, id);
                it.contact = contact
                    .await?
                    .and_then(|it| it.open(&warrant, Sink::Page, String::clone));
            }
        }
        compare(&mut versions);
        Ok(SourceView {
            dataset: described,
            may_declare,
            versions,
            papers,
        })
    }

    /// Shows one version.
    ///
    /// # Errors
    /// As [`Platform::source_of`]; [`AppError::Missing`] when the dataset has no such declaration.
    /// # Clause
    /// U3
    pub async fn declaration(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        id: DeclarationId,
    ) -> Result<DeclarationView, AppError> {
        let source = self.source_of(caller, dataset).await?;
        let mut versions = source.versions.into_iter();
        versions
            .find(|it| it.declaration.id == id)
            .ok_or(AppError::Missing {
                what: "declaration",
            })
    }

    pub(super) fn about_source(&self, dataset: &Dataset, has_contact: bool) -> DeclarationAbout {
        DeclarationAbout {
            about_persons: dataset.about == About::Persons,
            has_contact,
            now: self.now(),
        }
    }

    fn gaps_of(
        &self,
        dataset: &Dataset,
        it: &Declaration,
        papers: &[EvidenceView],
    ) -> Vec<DeclarationGap> {
        if it.superseded.is_some() {
            return Vec::new();
        }
        let mut left = it.declared.clone();
        left.evidence.retain(|named| {
            let paper = papers.iter().find(|one| one.paper.evidence == *named);
            paper.is_some_and(|one| one.paper.revoked.is_none() && one.file.is_some())
        });
        if !it.complete {
            left.lacks(self.about_source(dataset, it.has_contact))
        } else if it.digest.is_none() {
            Vec::new()
        } else {
            left.lacks_proof(dataset.about == About::Persons)
        }
    }

    fn ending_of(&self, it: &Declaration) -> Option<EndingStep> {
        let ends = it.declared.period.map(|it| it.until)?;
        if !it.complete || it.superseded.is_some() {
            return None;
        }
        let step = EndingStep::at(ends, self.now());
        // Whoever looks later than it is told still sees that it is over.
        step.or((ends <= self.now()).then_some(EndingStep::Over))
    }

    async fn confirmer(
        &self,
        enterprise: EnterpriseId,
        by: RepresentativeId,
    ) -> Result<Confirmer, AppError> {
        let now = self.now();
        let actor = self.store().facts().actor(enterprise, by, now).await?;
        Ok(match actor {
            Some(actor) if actor.standing == Some(Standing::Active) => {
                match actor.letter.filter(|period| period.holds(now)) {
                    Some(_) => Confirmer::InForce,
                    None => Confirmer::LetterEnded,
                }
            }
            Some(_) | None => Confirmer::Left,
        })
    }

    async fn evidence_of(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<Vec<EvidenceView>, AppError> {
        let read = self.store().read();
        let mut views = Vec::new();
        for paper in read.list_evidence(enterprise, dataset).await? {
            let (of, id) = (PaperOf::Enterprise(enterprise), paper.evidence.paper);
            views.push(EvidenceView {
                file: read.find_paper(of, id).await?,
                looks: read.list_paper_looks(enterprise, id).await?,
                paper,
            });
        }
        Ok(views)
    }
}

/// Says of each version what is otherwise than in the one before it.
fn compare(versions: &mut [DeclarationView]) {
    let olds = versions.to_vec();
    for (it, old) in versions.iter_mut().zip(olds.iter().skip(1)) {
        it.changed = it.declaration.declared.differs(&old.declaration.declared);
        if it.contact != old.contact {
            it.changed.push(DeclarationPart::Contact);
            it.changed.sort_unstable();
        }
    }
}
