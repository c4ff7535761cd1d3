use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::PublicKeyCredentialDescriptor;
use webauthn_rp::request::register::UserHandle16;
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{AuthenticatedCredential, RegisteredCredential};

use super::PasskeyError;

const FORM: u8 = 1;

/// What is kept of a passkey: form, account (16), what changes with each use (7), transports (1), length of the
/// credential's id (2, big-endian) and the id, and the public key.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) handle: [u8; 16],
    dynamic: [u8; 7],
    transports: u8,
    credential: Vec<u8>,
    fixed: Vec<u8>,
}

/// The public key as it is read back.
type Key = CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>;

impl Kept {
    pub(super) fn of_new(made: &RegisteredCredential<'_, 16>) -> Result<Self, PasskeyError> {
        let damaged = PasskeyError::Damaged;
        let fixed = made.static_state();
        Ok(Self {
            handle: made.user_id().encode().map_err(|_never| damaged)?,
            dynamic: made.dynamic_state().encode().map_err(|_never| damaged)?,
            transports: made.transports().encode().map_err(|_never| damaged)?,
            credential: made.id().as_ref().to_vec(),
            fixed: fixed.encode().map_err(|_never| damaged)?,
        })
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PasskeyError> {
        Self::read(bytes).ok_or(PasskeyError::Damaged)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (&form, rest) = bytes.split_first()?;
        let (handle, rest) = rest.split_first_chunk::<16>()?;
        let (dynamic, rest) = rest.split_first_chunk::<7>()?;
        let (&transports, rest) = rest.split_first()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (credential, fixed) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        (form == FORM).then(|| Self {
            handle: *handle,
            dynamic: *dynamic,
            transports,
            credential: credential.to_vec(),
            fixed: fixed.to_vec(),
        })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        bytes.extend(self.handle);
        bytes.extend(self.dynamic);
        bytes.push(self.transports);
        // The id of a credential has 1023 bytes at most.
        let length = u16::try_from(self.credential.len()).unwrap_or(u16::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(&self.credential);
        bytes.extend(&self.fixed);
        bytes
    }

    fn id(&self) -> Result<CredentialId<&[u8]>, PasskeyError> {
        CredentialId::<&[u8]>::decode(&self.credential).map_err(|_length| PasskeyError::Damaged)
    }

    /// Returns what tells an authenticator that it holds this passkey already.
    pub(super) fn descriptor(
        &self,
    ) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>, PasskeyError> {
        let id = CredentialId::<Vec<u8>>::decode(self.credential.clone());
        let transports = AuthTransports::decode(self.transports);
        Ok(PublicKeyCredentialDescriptor {
            id: id.map_err(|_length| PasskeyError::Damaged)?,
            transports: transports.map_err(|_bits| PasskeyError::Damaged)?,
        })
    }

    pub(super) fn credential<'a>(
        &'a self,
        handle: &'a UserHandle16,
    ) -> Result<AuthenticatedCredential<'a, 'a, 16, Key>, PasskeyError> {
        let damaged = PasskeyError::Damaged;
        let fixed = StaticState::<Key>::decode(&self.fixed).map_err(|_bytes| damaged)?;
        let dynamic = DynamicState::decode(self.dynamic).map_err(|_bytes| damaged)?;
        AuthenticatedCredential::new(self.id()?, handle, fixed, dynamic).map_err(|_states| damaged)
    }

    pub(super) fn set_dynamic(&mut self, state: DynamicState) -> Result<(), PasskeyError> {
        self.dynamic = state.encode().map_err(|_never| PasskeyError::Damaged)?;
        Ok(())
    }
}
