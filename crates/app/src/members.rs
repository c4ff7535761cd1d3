//! Members of an enterprise: who acts for it, who is invited, in which role, with which letter.

use std::time::Duration;

use serde_json::{Value, json};
use yuntu_ledger::Entry;
use yuntu_outbound::{Line, Link, Message};
use yuntu_policy::{Action, Facts, Period, Role, StopReason, decide_act};
use yuntu_store::{
    Invitation, Member, NewInvitation, Reader, SealedInvitation, SealedPaper, Session, StoreError,
    Tx,
};
use yuntu_terms::{
    AccountId, ClauseId, EnterpriseId, InvitationId, Lang, RepresentativeId, Timestamp, clause,
};
use yuntu_vault::SessionSecret;

use crate::accounts::notice::Notice;
use crate::accounts::{AccountError, Address};
use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

mod functions;
mod letters;
mod show;

pub use letters::{LetterView, SignedLetter};
pub use show::{MemberView, OpenInvitation};

/// How long an invitation is good.
const INVITATION_LIFE: Duration = Duration::from_hours(7 * 24);

/// What somebody who follows the link of an invitation sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The name of the enterprise that invites.
    pub enterprise: String,
    /// The role that waits.
    pub role: Role,
    /// When the invitation ends.
    pub expires: Timestamp,
    /// Whether it went to an address of the person who looks.
    pub hers: bool,
}

impl Platform {
    /// Invites somebody to act for the caller's enterprise; the link in the message is good for seven days.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not manage members, or invites an owner without being one;
    /// [`AccountError::TooOften`] when the address or the enterprise has had as many invitations as it may.
    /// # Clause
    /// R3
    pub async fn invite(
        &self,
        caller: &Caller,
        address: Address,
        role: Role,
        lang: Lang,
        link: impl FnOnce(&str) -> Option<Link> + Send,
    ) -> Result<InvitationId, AppError> {
        clause::hit!(R3);
        self.may_grant(caller, role).await?;
        let expires = self.now().plus(INVITATION_LIFE);
        let new = NewInvitation {
            enterprise: caller.enterprise,
            inviter: caller.representative,
            role,
            kind: address.kind(),
            address: address.as_pii(),
            expires,
        };
        let sealed = self.store().seal_invitation(&new).await?;
        let to = address.into_recipient()?;
        let link = link(&sealed.secret().text()).ok_or(AppError::Internal {
            what: "the address of this site",
        })?;
        let enterprise = Line::lossy(&self.enterprise_name(caller.enterprise).await?);
        let inviter = Line::lossy(lang.pick("企业的管理者", "an administrator of the enterprise"));
        let message = Message::invitation(to, lang, enterprise, inviter, link, expires);
        let notice = self.seal_notice(message).await?;
        let body = json!({ "invitation": sealed.id(), "role": role, "told": notice.noted() });
        self.act(caller, MemberAct::Invite(&sealed, &notice), body)
            .await?;
        Ok(sealed.id())
    }

    /// Revokes an open invitation of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not manage members, [`AppError::Store`] when there is no such invitation.
    /// # Clause
    /// R3
    pub async fn revoke_invitation(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<(), AppError> {
        self.authorise(caller, Action::ManageMembers).await?;
        let body = json!({ "invitation": id });
        self.act(caller, MemberAct::Revoke(id), body).await
    }

    /// Finds the open invitation that a link names.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is none, it was used or revoked, has ended, or who sent it may not give its role any
    /// more.
    /// # Clause
    /// R3
    pub async fn invitation(&self, session: &Session, secret: &str) -> Result<Invited, AppError> {
        let found = self.open_invitation(secret).await?;
        Ok(Invited {
            enterprise: self.enterprise_name(found.enterprise).await?,
            role: found.role,
            expires: found.expires,
            hers: self.went_to(session.account, &found).await?,
        })
    }

    /// Accepts an invitation: the person of the session acts for the enterprise from now on. Only an account that has the
    /// address to which the invitation went can accept it.
    ///
    /// # Errors
    /// [`AppError::Missing`] as [`Platform::invitation`], and when it went to somebody else; [`AppError::Store`] when she
    /// acts for the enterprise already.
    /// # Clause
    /// R3
    pub async fn accept_invitation(&self, session: &Session, secret: &str) -> Result<(), AppError> {
        clause::hit!(R3);
        let found = self.open_invitation(secret).await?;
        let account = session.account;
        if !self.went_to(account, &found).await? {
            return Err(AppError::Missing { what: "invitation" });
        }
        let (enterprise, role) = (found.enterprise, found.role);
        let seat = self.store().new_seat()?;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("invitation.accept", async |tx: Tx| {
                let seats = tx.read().list_members(enterprise, tx.now()).await?;
                if seats
                    .iter()
                    .any(|member| member.seat.account == Some(account))
                {
                    return Err(StoreError::Conflict {
                        what: "representative",
                    }
                    .into());
                }
                // What the inviter and her enterprise may do is asked again here, where the seat is given.
                if !still_granted(&tx.read(), &found, tx.now()).await? {
                    return Err(AppError::Missing { what: "invitation" });
                }
                tx.use_invitation(enterprise, found.id).await?;
                let representative = tx.create_representative(enterprise, role, &seat).await?;
                tx.seat_account(enterprise, representative, account).await?;
                tx.take_seat(account, session.id, representative).await?;
                let body = json!({
                    "enterprise": enterprise, "representative": representative,
                    "invitation": found.id, "role": role,
                });
                let clauses = [ClauseId::r(3)];
                let accepted = entry(&tx, "invitation.accepted", &clauses, actor, body)?;
                tx.append_own(session, &accepted).await?;
                Ok::<_, AppError>(())
            })
            .await
    }

    /// Gives a member of the caller's enterprise another role.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not; [`AppError::Invalid`] when nobody would own the enterprise;
    /// [`AppError::Missing`] when there is no such member.
    /// # Clause
    /// R3
    pub async fn change_role(
        &self,
        caller: &Caller,
        member: RepresentativeId,
        role: Role,
    ) -> Result<(), AppError> {
        let found = self.member(caller, member).await?;
        self.may_grant(caller, role).await?;
        self.may_grant(caller, found.seat.role).await?;
        let body = json!({ "representative": member, "role": role });
        self.act(caller, MemberAct::Role(member, role), body).await
    }

    /// Ends the seat of a member of the caller's enterprise.
    ///
    /// # Errors
    /// As [`Platform::change_role`].
    /// # Clause
    /// R3
    pub async fn remove_member(
        &self,
        caller: &Caller,
        member: RepresentativeId,
    ) -> Result<(), AppError> {
        let found = self.member(caller, member).await?;
        self.may_grant(caller, found.seat.role).await?;
        let body = json!({ "representative": member });
        self.act(caller, MemberAct::Remove(member), body).await
    }

    /// Ends the caller's own seat.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when nobody would own the enterprise.
    /// # Clause
    /// R3, R26
    pub async fn leave(&self, caller: &Caller) -> Result<(), AppError> {
        let body = json!({ "representative": caller.representative });
        self.act(caller, MemberAct::Leave, body).await
    }

    /// Finds a member, once the caller may manage members at all.
    async fn member(&self, caller: &Caller, id: RepresentativeId) -> Result<Member, AppError> {
        self.authorise(caller, Action::ManageMembers).await?;
        let members = self
            .store()
            .read()
            .list_members(caller.enterprise, self.now())
            .await?;
        members
            .into_iter()
            .find(|member| member.seat.id == id)
            .ok_or(AppError::Missing {
                what: "representative",
            })
    }

    /// Refuses who may not give or take this role.
    async fn may_grant(&self, caller: &Caller, role: Role) -> Result<(), AppError> {
        for action in granting(role) {
            self.authorise(caller, *action).await?;
        }
        Ok(())
    }

    async fn open_invitation(&self, secret: &str) -> Result<Invitation, AppError> {
        let missing = || AppError::Missing { what: "invitation" };
        let secret = SessionSecret::parse(secret).map_err(|_form| missing())?;
        let read = self.store().read();
        let found = read.find_invitation(&secret, self.now()).await?;
        let found = found.ok_or_else(missing)?;
        if still_granted(&read, &found, self.now()).await? {
            Ok(found)
        } else {
            Err(missing())
        }
    }

    async fn went_to(&self, account: AccountId, found: &Invitation) -> Result<bool, AppError> {
        let macs = self.store().read().list_address_macs(account).await?;
        Ok(macs.contains(&found.address))
    }

    /// Does an act of a member in one transaction with its entry, which her own log has too.
    async fn act(
        &self,
        caller: &Caller,
        act: MemberAct<'_>,
        mut body: Value,
    ) -> Result<(), AppError> {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(String::from("enterprise"), json!(caller.enterprise));
        }
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("member.act", async |tx: Tx| {
                act.run(&tx, caller).await?;
                let clauses = [ClauseId::r(3)];
                let noted: Entry = entry(&tx, act.kind(), &clauses, actor, body.clone())?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        if let Some(gone) = act.ends(caller) {
            self.stop_where(StopReason::MemberRemoved, |work| {
                work.representative == gone
            });
        }
        Ok(())
    }
}

/// What somebody does to the members of her enterprise.
#[derive(Clone, Copy)]
enum MemberAct<'a> {
    Invite(&'a SealedInvitation, &'a Notice),
    Revoke(InvitationId),
    Role(RepresentativeId, Role),
    Remove(RepresentativeId),
    Leave,
    Letter(RepresentativeId, &'a SealedPaper, Period),
}

impl MemberAct<'_> {
    /// Returns the kind of its ledger entry.
    const fn kind(self) -> &'static str {
        match self {
            Self::Invite(..) => "member.invited",
            Self::Revoke(_) => "invitation.revoked",
            Self::Role(..) => "member.role_changed",
            Self::Remove(_) => "member.removed",
            Self::Leave => "member.left",
            Self::Letter(..) => "letter.recorded",
        }
    }

    /// Returns the seat that it ends, if it ends one.
    const fn ends(self, caller: &Caller) -> Option<RepresentativeId> {
        match self {
            Self::Remove(id) => Some(id),
            Self::Leave => Some(caller.representative),
            Self::Invite(..) | Self::Revoke(_) | Self::Role(..) | Self::Letter(..) => None,
        }
    }

    async fn run(self, tx: &Tx, caller: &Caller) -> Result<(), AppError> {
        let &Caller {
            enterprise,
            representative,
            ..
        } = caller;
        match self {
            Self::Invite(sealed, notice) => {
                let (read, now) = (tx.read(), tx.now());
                let facts = read.facts().enterprise(enterprise).await?;
                let certified = facts.and_then(|facts| facts.certified);
                let certified = certified.is_some_and(|period| period.holds(now));
                if let Some(limit) = read.invitation_limit(sealed, certified, now).await? {
                    return Err(AccountError::TooOften { until: limit.until }.into());
                }
                tx.invite(sealed).await?;
                notice.put(tx).await?;
                Ok(())
            }
            Self::Revoke(id) => Ok(tx.revoke_invitation(enterprise, id).await?),
            Self::Role(id, role) => {
                let done = tx.set_role(enterprise, id, role).await;
                done.map_err(last_owner)?;
                revoke_not_granted(tx, enterprise, id).await
            }
            Self::Remove(id) => tx.end_seat(enterprise, id).await.map_err(last_owner),
            Self::Leave => {
                let done = tx.end_seat(enterprise, representative).await;
                done.map_err(last_owner)
            }
            Self::Letter(id, sealed, period) => {
                let done = tx.record_letter_file(enterprise, id, sealed, period).await;
                done.map_err(too_many)
            }
        }
    }
}

/// What somebody must be allowed who gives or takes a role: what only an owner may do, only an owner gives and takes.
const fn granting(role: Role) -> &'static [Action] {
    match role {
        Role::Owner => &[Action::ManageMembers, Action::AcceptStatement],
        Role::Admin | Role::Analyst | Role::Viewer | Role::PrivacyContact => {
            &[Action::ManageMembers]
        }
    }
}

/// Says whether the one who sent an invitation may still give its role, and her enterprise act: the same as when she sent
/// it.
async fn still_granted(
    read: &Reader,
    invitation: &Invitation,
    now: Timestamp,
) -> Result<bool, AppError> {
    let &Invitation {
        enterprise,
        inviter,
        role,
        ..
    } = invitation;
    let reader = read.facts();
    let facts = Facts {
        enterprise: reader.enterprise(enterprise).await?,
        actor: reader.actor(enterprise, inviter, now).await?,
        ..Facts::nothing(now)
    };
    Ok(granting(role)
        .iter()
        .all(|action| decide_act(*action, enterprise, inviter, &facts).is_ok()))
}

/// Revokes the open invitations of somebody whose role changed, as far as she may not give what waits any more.
async fn revoke_not_granted(
    tx: &Tx,
    enterprise: EnterpriseId,
    inviter: RepresentativeId,
) -> Result<(), AppError> {
    let (read, now) = (tx.read(), tx.now());
    for sent in read.list_invitations_by(enterprise, inviter, now).await? {
        if !still_granted(&read, &sent, now).await? {
            tx.revoke_invitation(enterprise, sent.id).await?;
        }
    }
    Ok(())
}

/// Tells a person in her language that a member has as many letters as she may.
fn too_many(error: StoreError) -> AppError {
    if let StoreError::Invalid { what: "letter", .. } = error {
        return AppError::Invalid {
            what: "letter",
            reason: Said::new(
                "每位成员最多登记 60 份授权函件",
                "a member has at most 60 letters",
            ),
        };
    }
    error.into()
}

/// Tells a person in her language that the last owner stays.
fn last_owner(error: StoreError) -> AppError {
    if let StoreError::Invalid {
        what: "representative",
        ..
    } = error
    {
        return AppError::Invalid {
            what: "representative",
            reason: Said::new(
                "企业至少须有一位所有者，请先把所有者交给他人",
                "an enterprise keeps at least one owner; make somebody else owner first",
            ),
        };
    }
    error.into()
}
