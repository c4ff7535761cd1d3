use std::collections::BTreeSet;

use yuntu_policy::{Action, Period, Role, decide_colleagues};
use yuntu_statement::Invoker;
use yuntu_store::ContactKind;
use yuntu_terms::{
    EmailAddress, InvitationId, MobileNumber, Pii, RepresentativeId, Sink, Timestamp, Warrant,
};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

/// A member as who manages members sees her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The seat.
    pub representative: RepresentativeId,
    /// The role.
    pub role: Role,
    /// What she wants to be called, if she said so.
    pub name: Option<String>,
    /// An address of hers, most of it hidden.
    pub address: Option<String>,
    /// The functions that the owner gave her.
    pub functions: BTreeSet<Invoker>,
    /// The period in which her letters of authorisation let her act now, or the nearest one.
    pub letter: Option<Period>,
    /// Whether it is who looks.
    pub own: bool,
}

/// An invitation that nobody has accepted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvitation {
    /// The id.
    pub id: InvitationId,
    /// The role that waits.
    pub role: Role,
    /// To where it went, most of it hidden.
    pub address: String,
    /// When it ends.
    pub expires: Timestamp,
}

impl Platform {
    /// Lists the members of the caller's enterprise and the invitations that are open.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not manage members.
    /// # Clause
    /// R3
    pub async fn members(
        &self,
        caller: &Caller,
    ) -> Result<(Vec<MemberView>, Vec<OpenInvitation>), AppError> {
        let role = self.authorise(caller, Action::ManageMembers).await?;
        let view = decide_colleagues(role, caller.enterprise).ok_or(AppError::Internal {
            what: "the view of who manages members",
        })?;
        let warrant = self.view_as(caller, view).await?;
        let store = self.store();
        let mut functions = store.read().list_functions(caller.enterprise).await?;
        let mut members = Vec::new();
        for member in store
            .read()
            .list_members(caller.enterprise, self.now())
            .await?
        {
            let contact = match member.seat.account {
                Some(account) => store.account_contact(account).await?,
                None => None,
            };
            let (mut name, mut address) = (None, None);
            if let Some(contact) = &contact {
                name = contact
                    .nickname
                    .as_ref()
                    .and_then(|name| name.open(&warrant, Sink::Page, String::clone));
                address = [
                    (ContactKind::Email, &contact.email),
                    (ContactKind::Phone, &contact.phone),
                ]
                .into_iter()
                .find_map(|(kind, value)| masked(kind, value.as_ref()?, &warrant));
            }
            members.push(MemberView {
                representative: member.seat.id,
                role: member.seat.role,
                name,
                address,
                functions: functions.remove(&member.seat.id).unwrap_or_default(),
                letter: member.letter,
                own: member.seat.id == caller.representative,
            });
        }
        let invitations = store.list_invitations(caller.enterprise).await?;
        let invitations = invitations.iter().map(|(invitation, address)| {
            let kind = invitation.address.kind();
            OpenInvitation {
                id: invitation.id,
                role: invitation.role,
                address: masked(kind, address, &warrant).unwrap_or_default(),
                expires: invitation.expires,
            }
        });
        Ok((members, invitations.collect()))
    }
}

fn masked(kind: ContactKind, address: &Pii<String>, warrant: &dyn Warrant) -> Option<String> {
    let mask = |text: &String| match kind {
        ContactKind::Email => EmailAddress::parse(text).ok().map(|it| it.masked()),
        ContactKind::Phone => MobileNumber::parse(text).ok().map(|it| it.masked()),
    };
    address.open(warrant, Sink::Page, mask).flatten()
}
