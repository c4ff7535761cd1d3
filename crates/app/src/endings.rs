//! Who is told that a letter, a certification, a declaration of source, the agreement with a partner or an impact assessment
//! ends soon or has ended, or that people are still to be told of an exception: each step once.

use serde_json::json;
use yuntu_outbound::{EndingNews, EndingPaper, Line, Link, Message};
use yuntu_policy::{Action, EndingAbout, EndingStep, OperatorRole, Role, Standing, may};
use yuntu_store::{AccountStanding, EndingOf, Tx};
use yuntu_terms::{AccountId, ClauseId, EnterpriseId, RepresentativeId, Timestamp, clause};

use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How many members or enterprises one page of the search has.
const PAGE: u64 = 200;

/// Who is told of an end, and of which paper.
struct Told {
    account: AccountId,
    paper: EndingPaper,
    path: String,
}

impl Platform {
    /// Tells what ends or is due within thirty or seven days, or has ended or is overdue, to whom it concerns; returns how many ends it told.
    ///
    /// # Errors
    /// [`AppError::Store`]; what was told by then is not told again.
    /// # Clause
    /// U1, U3, R3, R7, R15
    pub async fn tell_endings(&self) -> Result<u64, AppError> {
        clause::hit!(R3);
        let mut told = self.tell_letters().await?;
        told += self.tell_certifications().await?;
        told += self.tell_declarations().await?;
        told += self.tell_assessment().await?;
        told += self.tell_partners().await?;
        told += self.tell_owed_notices().await?;
        Ok(told)
    }

    /// Returns the moments between which an end is news.
    fn window(&self) -> (Timestamp, Timestamp) {
        let now = self.now();
        (
            now.plus_days(-EndingStep::OVER_DAYS),
            now.plus_days(EndingStep::MONTH_DAYS + 1),
        )
    }

    async fn tell_letters(&self) -> Result<u64, AppError> {
        let (mut after, mut told) = (None, 0);
        loop {
            let page = (self.now(), PAGE);
            let read = self.store().read();
            let found = read.list_letters_ending(self.window(), after, page).await?;
            let Some((last, _)) = found.last() else {
                return Ok(told);
            };
            after = Some(last.id);
            for (seat, period) in found {
                let Some(period) = period else { continue };
                let of = EndingOf::letter(seat.id, period.until);
                let path = format!("/console/members/{}", seat.id);
                let mut whom: Vec<Told> = seat
                    .account
                    .map(|account| Told {
                        account,
                        paper: EndingPaper::OwnLetter,
                        path: "/account/seats".to_owned(),
                    })
                    .into_iter()
                    .collect();
                for account in self.managers(seat.enterprise, Some(seat.id)).await? {
                    whom.push(Told {
                        account,
                        paper: EndingPaper::MembersLetter,
                        path: path.clone(),
                    });
                }
                let about = json!({ "representative": seat.id, "enterprise": seat.enterprise });
                told += self.tell(of, Some(seat.enterprise), &whom, about).await?;
            }
        }
    }

    async fn tell_certifications(&self) -> Result<u64, AppError> {
        let (mut after, mut told) = (None, 0);
        loop {
            let read = self.store().read();
            let found = read
                .list_certifications_ending(self.window(), after, PAGE)
                .await?;
            let Some((last, _)) = found.last() else {
                return Ok(told);
            };
            after = Some(*last);
            for (enterprise, ends) in found {
                let of = EndingOf::certification(enterprise, ends);
                let whom = self.managers(enterprise, None).await?;
                let whom: Vec<Told> = whom
                    .into_iter()
                    .map(|account| Told {
                        account,
                        paper: EndingPaper::Certification,
                        path: "/console/certification".to_owned(),
                    })
                    .collect();
                let about = json!({ "enterprise": enterprise });
                told += self.tell(of, Some(enterprise), &whom, about).await?;
            }
        }
    }

    async fn tell_declarations(&self) -> Result<u64, AppError> {
        clause::hit!(U3);
        let (mut after, mut told) = (None, 0);
        loop {
            let read = self.store().read();
            let found = read
                .list_declarations_ending(self.window(), after, PAGE)
                .await?;
            let Some((last, _)) = found.last() else {
                return Ok(told);
            };
            after = Some(last.id);
            for (it, dataset) in found {
                let Some(period) = it.declared.period else {
                    continue;
                };
                let of = EndingOf::declaration(it.id, period.until);
                let path = format!("/console/datasets/{}/source", it.dataset);
                let whom = self
                    .who_may(it.enterprise, None, Action::DeclareSource)
                    .await?;
                let whom: Vec<Told> = whom
                    .into_iter()
                    .map(|account| Told {
                        account,
                        paper: EndingPaper::Declaration,
                        path: path.clone(),
                    })
                    .collect();
                let about = json!({
                    "enterprise": it.enterprise, "dataset": it.dataset, "declaration": it.id,
                });
                let named = Some((it.enterprise, Some(dataset.as_str())));
                told += self.tell_named(of, named, &whom, about).await?;
            }
        }
    }

    /// Tells who keeps the register that a partner may soon receive no more, or may receive no more since then.
    async fn tell_partners(&self) -> Result<u64, AppError> {
        clause::hit!(R15);
        let (mut after, mut told) = (None, 0);
        loop {
            let read = self.store().read();
            let found = read
                .list_partners_ending(self.window(), after, PAGE)
                .await?;
            let Some(last) = found.last() else {
                return Ok(told);
            };
            after = Some(last.facts.id);
            for partner in found {
                let (id, enterprise) = (partner.facts.id, partner.facts.enterprise);
                let Some(ends) = partner.facts.ends() else {
                    continue;
                };
                let whom = self
                    .who_may(enterprise, None, Action::ManagePartners)
                    .await?;
                let whom: Vec<Told> = whom
                    .into_iter()
                    .map(|account| Told {
                        account,
                        paper: EndingPaper::Partner,
                        path: format!("/console/partners/{id}"),
                    })
                    .collect();
                let about = json!({ "enterprise": enterprise, "partner": id });
                let named = Some((enterprise, Some(partner.name.as_str())));
                let of = EndingOf::partner(id, ends);
                told += self.tell_named(of, named, &whom, about).await?;
            }
        }
    }

    /// Tells the owners of an enterprise, and who invoked the exception, that people are still to be told of its use.
    async fn tell_owed_notices(&self) -> Result<u64, AppError> {
        clause::hit!(R7);
        let (mut after, mut told) = (None, 0);
        loop {
            let read = self.store().read();
            let found = read.list_notices_owed(self.window(), after, PAGE).await?;
            let Some(last) = found.last() else {
                return Ok(told);
            };
            after = Some(last.facts.id);
            for owed in found {
                let Some(due) = owed.notice_due else { continue };
                let (facts, enterprise) = (&owed.facts, owed.facts.enterprise);
                let read = self.store().read();
                let members = read.list_members(enterprise, self.now()).await?;
                let concerned = members.into_iter().map(|it| it.seat).filter(|seat| {
                    let own = seat.role == Role::Owner || facts.invoked_by == Some(seat.id);
                    seat.standing == Standing::Active && own
                });
                let whom: Vec<Told> = concerned
                    .filter_map(|seat| seat.account)
                    .map(|account| Told {
                        account,
                        paper: EndingPaper::OwedNotice,
                        path: format!("/console/exceptions/{}", facts.id),
                    })
                    .collect();
                let about = json!({
                    "enterprise": enterprise, "exception_use": facts.id, "exception": facts.clause,
                });
                let clause = facts.clause.to_string();
                let of = EndingOf::notice(facts.id, due);
                let named = Some((enterprise, Some(clause.as_str())));
                told += self.tell_named(of, named, &whom, about).await?;
            }
        }
    }

    async fn tell_assessment(&self) -> Result<u64, AppError> {
        let read = self.store().read();
        let Some(found) = read.find_assessment_in_force().await? else {
            return Ok(0);
        };
        let mut whom = Vec::new();
        for operator in read.list_operators().await? {
            let account = read.find_account(operator.account).await?;
            let active = account.is_some_and(|it| it.standing == AccountStanding::Active);
            if active && operator.enrolled.is_some() && operator.role == OperatorRole::Privacy {
                whom.push(Told {
                    account: operator.account,
                    paper: EndingPaper::Assessment,
                    path: "/operator/assessments".to_owned(),
                });
            }
        }
        let of = EndingOf::assessment(found.id, found.told.review);
        let about = json!({ "assessment": found.id });
        self.tell(of, None, &whom, about).await
    }

    /// Lists the accounts of who manages the members of an enterprise, but for one member.
    async fn managers(
        &self,
        enterprise: EnterpriseId,
        without: Option<RepresentativeId>,
    ) -> Result<Vec<AccountId>, AppError> {
        self.who_may(enterprise, without, Action::ManageMembers)
            .await
    }

    /// Lists the accounts of the active members whose role may do something, but for one member.
    async fn who_may(
        &self,
        enterprise: EnterpriseId,
        without: Option<RepresentativeId>,
        action: Action,
    ) -> Result<Vec<AccountId>, AppError> {
        let read = self.store().read();
        let members = read.list_members(enterprise, self.now()).await?;
        let managers = members.into_iter().filter(|member| {
            let seat = &member.seat;
            seat.standing == Standing::Active && Some(seat.id) != without && may(seat.role, action)
        });
        Ok(managers.filter_map(|member| member.seat.account).collect())
    }

    /// Tells an end that is news and was not told yet, all at once and once only.
    async fn tell(
        &self,
        of: EndingOf,
        enterprise: Option<EnterpriseId>,
        whom: &[Told],
        about: serde_json::Value,
    ) -> Result<u64, AppError> {
        let named = enterprise.map(|enterprise| (enterprise, None));
        self.tell_named(of, named, whom, about).await
    }

    /// Tells an end of something of an enterprise that has a name of its own.
    async fn tell_named(
        &self,
        of: EndingOf,
        named: Option<(EnterpriseId, Option<&str>)>,
        whom: &[Told],
        about: serde_json::Value,
    ) -> Result<u64, AppError> {
        let Some(step) = EndingStep::at(of.ends, self.now()) else {
            return Ok(0);
        };
        if whom.is_empty() || self.store().read().is_ending_told(of, step).await? {
            return Ok(0);
        }
        let name = match named {
            Some((enterprise, None)) => self.enterprise_name(enterprise).await?,
            Some((enterprise, Some(name))) => {
                format!("{} · {name}", self.enterprise_name(enterprise).await?)
            }
            None => "Yuntu".to_owned(),
        };
        let news = match step {
            EndingStep::Quarter => EndingNews::Quarter,
            EndingStep::Month => EndingNews::Month,
            EndingStep::Week => EndingNews::Week,
            EndingStep::Over => EndingNews::Over,
        };
        let mut notices: Vec<Notice> = Vec::new();
        for one in whom {
            let read = self.store().read();
            let Some(account) = read.find_account(one.account).await? else {
                continue;
            };
            let link = self.origin().map(|origin| format!("{origin}{}", one.path));
            let link = link.and_then(|link| Link::try_from(link).ok());
            let message = |to| {
                Message::paper_ending(
                    to,
                    account.lang,
                    Line::lossy(&name),
                    (one.paper, news),
                    of.ends,
                    link.clone(),
                )
            };
            notices.extend(self.seal_to_all(one.account, message).await?);
        }
        let actor = self.store().platform_pseudonym().await?;
        let (notices, about) = (notices.as_slice(), &about);
        self.store()
            .run_tx("ending.tell", async |tx: Tx| {
                if !tx.note_ending(of, step).await? {
                    return Ok(0);
                }
                let mut body = json!({
                    "about": of.about(), "step": step, "ends": of.ends,
                    "told": notices.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                if let (Some(body), Some(about)) = (body.as_object_mut(), about.as_object()) {
                    body.extend(about.clone());
                }
                let clauses = [clause_of(of.about())];
                tx.append(&entry(&tx, "ending.told", &clauses, actor, body)?)
                    .await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok::<_, AppError>(1)
            })
            .await
    }
}

const fn clause_of(about: EndingAbout) -> ClauseId {
    match about {
        EndingAbout::Declaration => ClauseId::u(3),
        EndingAbout::Notice => ClauseId::r(7),
        EndingAbout::Partner => ClauseId::r(15),
        EndingAbout::Letter
        | EndingAbout::Certification
        | EndingAbout::Assessment
        | EndingAbout::Duty => ClauseId::r(3),
    }
}
