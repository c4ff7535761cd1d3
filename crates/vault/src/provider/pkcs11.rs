use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use yuntu_terms::Entropy;
use zeroize::Zeroizing;

use crate::{KekId, KeyProvider, ProviderError, RootKey, SecretText};

const NONCE_LEN: usize = 12;
const TAG_BITS: u64 = 128;
const KEK_LEN: u64 = 32;

/// Which key of which token of which module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs11Key {
    /// The PKCS#11 library of the module's maker.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The label of the key encryption keys on the token.
    pub key: String,
}

/// Key encryption keys in a hardware module: AES-256 keys that never leave it.
///
/// The module wraps by AES-GCM encryption of the platform's key, with a random 96-bit nonce and the scope as
/// associated data; a platform key is wrapped a handful of times in its life, far below the bound of 2^32. The ids
/// on the token begin with a running number, so that the newest key is the one with the greatest id. A session that
/// was lost is opened again.
///
/// # Clause
/// R22
pub struct Pkcs11Provider {
    context: Pkcs11,
    slot: Slot,
    place: Pkcs11Key,
    pin: SecretText,
    session: Mutex<Option<Session>>,
    current: RwLock<KekId>,
}

impl fmt::Debug for Pkcs11Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Provider")
            .field("place", &self.place)
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

impl Pkcs11Provider {
    /// Makes the first key encryption key on the token.
    ///
    /// # Errors
    /// [`ProviderError::Exists`] when the token holds a key of this label, [`ProviderError::Token`],
    /// [`ProviderError::WrongSecret`], [`ProviderError::Module`].
    pub fn create(
        place: &Pkcs11Key,
        pin: &SecretText,
        entropy: &dyn Entropy,
    ) -> Result<Self, ProviderError> {
        let provider = Self::connect(place, pin)?;
        if !provider.ids()?.is_empty() {
            return Err(ProviderError::Exists);
        }
        provider.add_kek(entropy)?;
        Ok(provider)
    }

    /// Opens the token and finds the newest key encryption key.
    ///
    /// # Errors
    /// [`ProviderError::Token`] when there is no such token or key or the key could leave the module,
    /// [`ProviderError::WrongSecret`] when the PIN is another one, [`ProviderError::Module`].
    pub fn open(place: &Pkcs11Key, pin: &SecretText) -> Result<Self, ProviderError> {
        let provider = Self::connect(place, pin)?;
        let newest = provider.ids()?.pop();
        let newest = newest.ok_or(ProviderError::Token("no key has this label"))?;
        provider.find(newest)?;
        provider.set_current(newest);
        Ok(provider)
    }

    /// Makes a key encryption key on the token that wraps from now on; the older ones stay and unwrap.
    ///
    /// # Errors
    /// As [`Pkcs11Provider::open`].
    pub fn add_kek(&self, entropy: &dyn Entropy) -> Result<KekId, ProviderError> {
        let number = match self.ids()?.last().map(KekId::as_bytes) {
            Some([a, b, c, d, ..]) => u32::from_be_bytes([*a, *b, *c, *d]).checked_add(1),
            None => Some(1),
        };
        let number = number.ok_or(ProviderError::Token("the numbers of keys are used up"))?;
        let mut id = [0; KekId::LEN];
        entropy.fill(&mut id)?;
        for (to, from) in id.iter_mut().zip(number.to_be_bytes()) {
            *to = from;
        }
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(KEK_LEN.into()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Label(self.place.key.clone().into_bytes()),
            Attribute::Id(id.to_vec()),
        ];
        self.with_session(|session| session.generate_key(&Mechanism::AesKeyGen, &template))?;
        let id = KekId::new(id);
        self.find(id)?;
        self.set_current(id);
        Ok(id)
    }

    fn connect(place: &Pkcs11Key, pin: &SecretText) -> Result<Self, ProviderError> {
        let context = Pkcs11::new(&place.module).map_err(module_error)?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(module_error(error)),
        }
        let slot = slot_of(&context, &place.token)?;
        let session = login(&context, slot, pin).map_err(module_error)?;
        Ok(Self {
            context,
            slot,
            place: place.clone(),
            pin: pin.clone(),
            session: Mutex::new(Some(session)),
            current: RwLock::new(KekId::new([0; KekId::LEN])),
        })
    }

    fn set_current(&self, kek: KekId) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = kek;
    }

    /// Works in the session, opening a new one when it was lost or logged out.
    fn with_session<T>(
        &self,
        work: impl Fn(&Session) -> Result<T, Error>,
    ) -> Result<T, ProviderError> {
        let mut held = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        // Without the login the token does not fail but shows no private keys, so the state is asked for first.
        if let Some(session) = held.take_if(|session| is_logged_in(session)) {
            match work(&session) {
                Err(error) if is_lost(&error) => {}
                done => {
                    *held = Some(session);
                    return done.map_err(module_error);
                }
            }
        }
        *held = None;
        let session = login(&self.context, self.slot, &self.pin).map_err(module_error)?;
        let done = work(&session);
        *held = Some(session);
        done.map_err(module_error)
    }

    /// Lists the ids of the keys with the wanted label, oldest first.
    fn ids(&self) -> Result<Vec<KekId>, ProviderError> {
        let label = Attribute::Label(self.place.key.clone().into_bytes());
        let template = [Attribute::Class(ObjectClass::SECRET_KEY), label];
        let attributes = self.with_session(|session| {
            let mut all = Vec::new();
            for handle in session.find_objects(&template)? {
                all.extend(session.get_attributes(handle, &[AttributeType::Id])?);
            }
            Ok(all)
        })?;
        let mut ids: Vec<_> = attributes
            .into_iter()
            .filter_map(|attribute| {
                if let Attribute::Id(id) = attribute {
                    id.try_into().ok()
                } else {
                    None
                }
            })
            .collect();
        ids.sort_unstable();
        Ok(ids.into_iter().map(KekId::new).collect())
    }

    /// Finds a key and makes sure that it cannot leave the module.
    fn find(&self, kek: KekId) -> Result<ObjectHandle, ProviderError> {
        const WANTED: [AttributeType; 3] = [
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::ValueLen,
        ];
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Label(self.place.key.clone().into_bytes()),
            Attribute::Id(kek.as_bytes().to_vec()),
        ];
        let (handle, attributes) = self.with_session(|session| {
            let Some(handle) = session.find_objects(&template)?.pop() else {
                return Ok((None, Vec::new()));
            };
            Ok((Some(handle), session.get_attributes(handle, &WANTED)?))
        })?;
        let handle = handle.ok_or(ProviderError::UnknownKek)?;
        let safe = [
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::ValueLen(KEK_LEN.into()),
        ];
        if safe.iter().all(|wanted| attributes.contains(wanted)) {
            Ok(handle)
        } else {
            Err(ProviderError::Token(
                "the key is not an AES-256 key that stays in the module",
            ))
        }
    }
}

impl KeyProvider for Pkcs11Provider {
    fn current(&self) -> KekId {
        *self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrap(
        &self,
        entropy: &dyn Entropy,
        associated: &[u8],
        key: &RootKey,
    ) -> Result<(KekId, Vec<u8>), ProviderError> {
        let kek = self.current();
        let handle = self.find(kek)?;
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce)?;
        let body = self.with_session(|session| {
            let mut iv = nonce;
            let params = GcmParams::new(&mut iv, associated, TAG_BITS.into())?;
            session.encrypt(&Mechanism::AesGcm(params), handle, key.expose())
        })?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&body);
        Ok((kek, out))
    }

    fn unwrap(
        &self,
        kek: KekId,
        associated: &[u8],
        wrapped: &[u8],
    ) -> Result<RootKey, ProviderError> {
        let handle = self.find(kek)?;
        let (nonce, body) = wrapped
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(ProviderError::Unreadable)?;
        let opened = self.with_session(|session| {
            let mut iv = *nonce;
            let params = GcmParams::new(&mut iv, associated, TAG_BITS.into())?;
            match session.decrypt(&Mechanism::AesGcm(params), handle, body) {
                Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
                Err(error) if is_refused(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        opened
            .and_then(|bytes| RootKey::from_slice(&bytes))
            .ok_or(ProviderError::Unreadable)
    }
}

fn slot_of(context: &Pkcs11, label: &str) -> Result<Slot, ProviderError> {
    let mut found = None;
    for slot in context
        .get_slots_with_initialized_token()
        .map_err(module_error)?
    {
        let token = context.get_token_info(slot).map_err(module_error)?;
        if token.label() != label {
            continue;
        }
        if found.replace(slot).is_some() {
            return Err(ProviderError::Token("more than one token has this label"));
        }
    }
    found.ok_or(ProviderError::Token("no token has this label"))
}

fn login(context: &Pkcs11, slot: Slot, pin: &SecretText) -> Result<Session, Error> {
    let session = context.open_rw_session(slot)?;
    let pin = AuthPin::from(pin.expose().to_owned());
    match session.login(UserType::User, Some(&pin)) {
        // The login counts for all sessions of the process.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(error) => Err(error),
    }
}

fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| {
        matches!(
            info.session_state(),
            SessionState::RoUser | SessionState::RwUser
        )
    })
}

const fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn
                | RvError::DeviceRemoved
                | RvError::TokenNotPresent,
            _
        )
    )
}

/// The answers of modules to a tag that does not hold; SoftHSM2 gives the general error.
const fn is_refused(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange | RvError::GeneralError,
            _
        )
    )
}

fn module_error(error: Error) -> ProviderError {
    let Error::Pkcs11(code, _) = &error else {
        return ProviderError::Module(Box::new(error));
    };
    if matches!(
        code,
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange
    ) {
        ProviderError::WrongSecret
    } else if matches!(code, RvError::PinLocked) {
        ProviderError::Token("the PIN is locked after too many wrong ones")
    } else {
        ProviderError::Module(Box::new(error))
    }
}
