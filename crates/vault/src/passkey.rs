//! Passkeys (`WebAuthn` level 3): the two ceremonies, and what is kept of a passkey between them.
//!
//! Every passkey is discoverable and made sure of its person when it was made, and does so whenever it is used: it is
//! two factors at once. The state of a ceremony is bytes that whoever stores them gives back once; the ceremony's own
//! end is in them too.

mod kept;
mod site;

use std::fmt;

use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::ExtensionInfo;
use webauthn_rp::request::auth::{
    AuthenticationVerificationOptions, DiscoverableCredentialRequestOptions,
};
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialCreationOptions, PublicKeyCredentialUserEntity,
    RegistrationVerificationOptions, UserHandle16,
};
use webauthn_rp::{
    DiscoverableAuthentication16, DiscoverableAuthenticationServerState, Registration,
    RegistrationServerState,
};
use yuntu_terms::clause;

use kept::Kept;
pub use site::{InvalidOrigin, PasskeySite};

/// The most bytes of an answer that are read; browsers send a few thousand.
pub const PASSKEY_ANSWER_MAX: usize = 32 << 10;

/// Why a passkey proves nothing; neither what came nor what was expected is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// The answer is not what a browser sends.
    #[error("the answer of the passkey cannot be read")]
    Malformed,
    /// The answer is not right: another challenge, origin, person or key, a counter that went back, or too late.
    #[error("the answer of the passkey is not right")]
    Refused,
    /// What was kept of the ceremony or of the passkey cannot be read: a fault of ours.
    #[error("the state of a passkey cannot be read")]
    Damaged,
}

/// A ceremony that has begun.
pub struct Begun {
    /// What is kept until the answer comes.
    pub state: Vec<u8>,
    /// What the browser is asked, as JSON of the `WebAuthn` dictionaries.
    pub options: String,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

/// A passkey that was just made.
pub struct NewPasskey {
    /// The id of its credential, by which it is found.
    pub credential: Vec<u8>,
    /// What is kept of it.
    pub kept: Vec<u8>,
}

impl fmt::Debug for NewPasskey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPasskey").finish_non_exhaustive()
    }
}

/// The answer of a passkey that is used.
pub struct PasskeyAnswer(DiscoverableAuthentication16);

impl PasskeyAnswer {
    /// Reads the JSON that a browser sends.
    ///
    /// # Errors
    /// [`PasskeyError::Malformed`].
    pub fn parse(json: &str) -> Result<Self, PasskeyError> {
        if json.len() > PASSKEY_ANSWER_MAX {
            return Err(PasskeyError::Malformed);
        }
        // The detail would quote what came.
        serde_json::from_str(json)
            .map(Self)
            .map_err(|_detail| PasskeyError::Malformed)
    }

    /// Returns the id of the credential, by which what is kept is found.
    #[must_use]
    pub fn credential(&self) -> Vec<u8> {
        self.0.raw_id().as_ref().to_vec()
    }
}

impl fmt::Debug for PasskeyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasskeyAnswer([redacted])")
    }
}

/// Whose passkey is made.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyPerson<'a> {
    /// The account, in 16 bytes; the passkey brings them back.
    pub handle: [u8; 16],
    /// What the browser lists the passkey under.
    pub name: &'a str,
}

type NoOrigin = webauthn_rp::request::DomainOrigin<'static, 'static>;

impl PasskeySite {
    /// Begins to make a passkey; an authenticator that holds one of those `known` makes no second.
    ///
    /// # Errors
    /// [`PasskeyError::Damaged`] when what is kept of a known one cannot be read.
    ///
    /// # Clause
    /// R2, R22
    pub fn begin_registration(
        &self,
        person: PasskeyPerson<'_>,
        known: &[&[u8]],
    ) -> Result<Begun, PasskeyError> {
        let mut exclude = Vec::with_capacity(known.len());
        for kept in known {
            exclude.push(Kept::parse(kept)?.descriptor()?);
        }
        let handle = handle_of(person.handle)?;
        let user = PublicKeyCredentialUserEntity {
            name: person
                .name
                .try_into()
                .map_err(|_name| PasskeyError::Damaged)?,
            id: &handle,
            display_name: None,
        };
        let mut options = PublicKeyCredentialCreationOptions::passkey(self.rp(), user, exclude);
        // Asked for, not insisted on: a browser turns away every authenticator without this extension where a site does,
        // and a proof without a verified person opens nothing here anyway.
        let wished = ExtensionInfo::AllowDontEnforceValue;
        options.extensions.cred_protect = CredProtect::UserVerificationRequired(wished);
        let (server, client) = options
            .start_ceremony()
            .map_err(|_options| PasskeyError::Damaged)?;
        let state = server.encode().map_err(|_time| PasskeyError::Damaged)?;
        begun(state.as_ref(), &client)
    }

    /// Finishes making a passkey.
    ///
    /// # Errors
    /// [`PasskeyError`].
    ///
    /// # Clause
    /// R2, R22
    pub fn finish_registration(
        &self,
        state: &[u8],
        answer: &str,
    ) -> Result<NewPasskey, PasskeyError> {
        clause::hit!(R2);
        if answer.len() > PASSKEY_ANSWER_MAX {
            return Err(PasskeyError::Malformed);
        }
        let answer: Registration =
            serde_json::from_str(answer).map_err(|_detail| PasskeyError::Malformed)?;
        let server =
            RegistrationServerState::<16>::decode(state).map_err(|_bytes| PasskeyError::Damaged)?;
        let origins = [self.origin()];
        let options = RegistrationVerificationOptions::<_, NoOrigin> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = server
            .verify(self.rp(), &answer, &options)
            .map_err(|_reason| PasskeyError::Refused)?;
        let credential = made.id().as_ref().to_vec();
        let kept = Kept::of_new(&made)?.to_bytes();
        Ok(NewPasskey { credential, kept })
    }

    /// Begins a proof by any passkey of this site.
    ///
    /// # Errors
    /// [`PasskeyError::Damaged`]: a fault of ours.
    ///
    /// # Clause
    /// R2
    pub fn begin_proof(&self) -> Result<Begun, PasskeyError> {
        let options = DiscoverableCredentialRequestOptions::passkey(self.rp());
        let (server, client) = options
            .start_ceremony()
            .map_err(|_options| PasskeyError::Damaged)?;
        let state = server.encode().map_err(|_time| PasskeyError::Damaged)?;
        begun(state.as_ref(), &client)
    }

    /// Finishes a proof by the passkey of which this is kept; returns what is kept of it from now on, with its counter
    /// and whether it is backed up.
    ///
    /// # Errors
    /// [`PasskeyError`].
    ///
    /// # Clause
    /// R2, R22
    pub fn finish_proof(
        &self,
        state: &[u8],
        answer: &PasskeyAnswer,
        kept: &[u8],
    ) -> Result<Vec<u8>, PasskeyError> {
        clause::hit!(R2);
        let server = DiscoverableAuthenticationServerState::decode(state)
            .map_err(|_bytes| PasskeyError::Damaged)?;
        let mut kept = Kept::parse(kept)?;
        let origins = [self.origin()];
        let options = AuthenticationVerificationOptions::<_, NoOrigin> {
            allowed_origins: &origins,
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        let dynamic = {
            let handle = handle_of(kept.handle)?;
            let mut credential = kept.credential(&handle)?;
            server
                .verify(self.rp(), &answer.0, &mut credential, &options)
                .map_err(|_reason| PasskeyError::Refused)?;
            credential.dynamic_state()
        };
        kept.set_dynamic(dynamic)?;
        Ok(kept.to_bytes())
    }
}

fn begun(state: &[u8], client: &impl serde::Serialize) -> Result<Begun, PasskeyError> {
    let options = serde_json::to_string(client).map_err(|_json| PasskeyError::Damaged)?;
    Ok(Begun {
        state: state.to_vec(),
        options,
    })
}

fn handle_of(bytes: [u8; 16]) -> Result<UserHandle16, PasskeyError> {
    UserHandle16::decode(bytes).map_err(|never| match never {})
}

#[cfg(test)]
mod tests;
