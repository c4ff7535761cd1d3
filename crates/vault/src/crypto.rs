use aes_gcm::aead::{AeadInOut, KeyInit, Nonce, Tag};
use aes_gcm::{Aes256Gcm, AesGcm};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sm3::Sm3;
use sm4::Sm4;
use subtle::ConstantTimeEq;
use yuntu_terms::{Digest, Entropy};
use zeroize::Zeroizing;

use crate::key::RootKey;
use crate::{Suite, VaultError};

/// SM4 in the same Galois/counter mode, with a 96-bit nonce and a 128-bit tag (RFC 8998).
pub(crate) type Sm4Gcm = AesGcm<Sm4, aes_gcm::aead::consts::U12>;

pub(crate) const NONCE_LEN: usize = 24;
pub(crate) const TAG_LEN: usize = 16;

/// What a derived key is for.
///
/// No label is the beginning of another, and what follows a label is one field that runs to the end, so two
/// derivations for different ends never have the same input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Seal,
    Wrap,
    KeyFile,
    Mac,
    Data,
}

impl Use {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Seal => b"yuntu/seal/1/",
            Self::Wrap => b"yuntu/wrap/1/",
            Self::KeyFile => b"yuntu/key-file/1/",
            Self::Mac => b"yuntu/mac/1/",
            Self::Data => b"yuntu/data/1/",
        }
    }
}

/// Derives a key from a root key (HKDF-Expand; the root is uniform, so it serves as the pseudorandom key).
pub(crate) fn derive<const N: usize>(
    root: &RootKey,
    suite: Suite,
    end: Use,
    field: &[u8],
) -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut out = Zeroizing::new([0; N]);
    let info = [end.label(), field];
    let done = match suite {
        Suite::International => Hkdf::<Sha256>::from_prk(root.expose())
            .map(|hkdf| hkdf.expand_multi_info(&info, out.as_mut())),
        Suite::National => Hkdf::<Sm3>::from_prk(root.expose())
            .map(|hkdf| hkdf.expand_multi_info(&info, out.as_mut())),
    };
    match done {
        Ok(Ok(())) => Ok(out),
        Ok(Err(_)) | Err(_) => Err(VaultError::Primitive),
    }
}

/// Computes the keyed hash of the suite.
pub(crate) fn hmac(suite: Suite, key: &[u8; 32], data: &[u8]) -> Result<Digest, VaultError> {
    let bytes: [u8; 32] = match suite {
        Suite::International => mac_of::<Hmac<Sha256>>(key, data)?.into(),
        Suite::National => mac_of::<Hmac<Sm3>>(key, data)?.into(),
    };
    Ok(Digest::new(bytes))
}

fn mac_of<M: Mac + KeyInit>(
    key: &[u8],
    data: &[u8],
) -> Result<hmac::digest::Output<M>, VaultError> {
    let mut mac = M::new_from_slice(key).map_err(|_length| VaultError::Primitive)?;
    mac.update(data);
    Ok(mac.finalize().into_bytes())
}

/// Compares two digests in a time that does not tell where they differ.
pub(crate) fn same(one: &Digest, other: &Digest) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// Encrypts in place and appends the tag to `out`, whose first `head` bytes stay as they are.
pub(crate) fn encrypt<A: KeyInit + AeadInOut>(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    out: &mut Vec<u8>,
    head: usize,
) -> Result<(), VaultError> {
    let cipher = A::new_from_slice(key).map_err(|_length| VaultError::Primitive)?;
    let nonce = <&Nonce<A>>::try_from(nonce).map_err(|_length| VaultError::Primitive)?;
    let body = out.get_mut(head..).ok_or(VaultError::Primitive)?;
    let tag = cipher
        .encrypt_inout_detached(nonce, aad, body.into())
        .map_err(|_length| VaultError::Primitive)?;
    out.extend_from_slice(&tag);
    Ok(())
}

/// Decrypts `ciphertext || tag`; nothing of the plaintext is given out before the tag holds.
pub(crate) fn decrypt<A: KeyInit + AeadInOut>(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    body: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let cipher = A::new_from_slice(key).map_err(|_length| VaultError::Primitive)?;
    let nonce = <&Nonce<A>>::try_from(nonce).map_err(|_length| VaultError::Primitive)?;
    let (text, tag) = body
        .len()
        .checked_sub(TAG_LEN)
        .and_then(|at| body.split_at_checked(at))
        .ok_or(VaultError::Malformed)?;
    let tag = <&Tag<A>>::try_from(tag).map_err(|_length| VaultError::Malformed)?;
    let mut text = Zeroizing::new(text.to_vec());
    cipher
        .decrypt_inout_detached(nonce, aad, text.as_mut_slice().into(), tag)
        .map_err(|_tag| VaultError::Unreadable)?;
    Ok(text)
}

/// Seals under a subkey of its own and appends `nonce || ciphertext || tag` to `out`.
pub(crate) fn seal_into(
    root: &RootKey,
    suite: Suite,
    end: Use,
    (aad, plain): (&[u8], &[u8]),
    entropy: &dyn Entropy,
    out: &mut Vec<u8>,
) -> Result<(), VaultError> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce)?;
    let (choice, gcm) = split_nonce(&nonce)?;
    out.reserve_exact(NONCE_LEN + plain.len() + TAG_LEN);
    out.extend_from_slice(&nonce);
    let head = out.len();
    out.extend_from_slice(plain);
    match suite {
        Suite::International => {
            let key = derive::<32>(root, suite, end, choice)?;
            encrypt::<Aes256Gcm>(key.as_slice(), gcm, aad, out, head)
        }
        Suite::National => {
            let key = derive::<16>(root, suite, end, choice)?;
            encrypt::<Sm4Gcm>(key.as_slice(), gcm, aad, out, head)
        }
    }
}

/// Opens what [`seal_into`] wrote.
pub(crate) fn open(
    root: &RootKey,
    suite: Suite,
    end: Use,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, body) = sealed
        .split_at_checked(NONCE_LEN)
        .ok_or(VaultError::Malformed)?;
    let (choice, gcm) = split_nonce(nonce)?;
    match suite {
        Suite::International => {
            let key = derive::<32>(root, suite, end, choice)?;
            decrypt::<Aes256Gcm>(key.as_slice(), gcm, aad, body)
        }
        Suite::National => {
            let key = derive::<16>(root, suite, end, choice)?;
            decrypt::<Sm4Gcm>(key.as_slice(), gcm, aad, body)
        }
    }
}

fn split_nonce(nonce: &[u8]) -> Result<(&[u8], &[u8]), VaultError> {
    nonce
        .split_at_checked(NONCE_LEN / 2)
        .ok_or(VaultError::Malformed)
}

/// Appends a field with its length before it, so that no two lists of fields have the same bytes.
pub(crate) fn put_field(out: &mut Vec<u8>, field: &[u8]) {
    out.extend_from_slice(&(field.len() as u64).to_be_bytes());
    out.extend_from_slice(field);
}

#[cfg(test)]
mod tests;
