use anyhow::{Context as _, Result};
use data_encoding::BASE64URL_NOPAD as BASE64;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// An authenticator in software, with one passkey at most: it makes and uses it as a browser would have it do, or
/// wrongly where a test wants that.
///
/// It signs by Ed25519 and gives no attestation.
#[derive(Debug, Clone)]
pub struct SoftPasskey {
    key: SigningKey,
    credential: [u8; 32],
    handle: Option<String>,
    /// The origin that the browser says the page has.
    pub origin: String,
    /// What the next signature's counter says.
    pub counter: u32,
    /// Whether it makes sure of its person.
    pub verifies: bool,
}

/// Bits of the flags: present, verified, eligible for and in a backup, with a new credential.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP: u8 = 1 << 3 | 1 << 4;
const NEW: u8 = 1 << 6;

impl SoftPasskey {
    /// Makes an authenticator; different numbers give different keys.
    #[must_use]
    pub fn new(number: u8, origin: &str) -> Self {
        Self {
            key: SigningKey::from_bytes(&[number; 32]),
            credential: Sha256::digest([number]).into(),
            handle: None,
            origin: origin.to_owned(),
            counter: 0,
            verifies: true,
        }
    }

    /// Answers to the options of a registration.
    ///
    /// # Errors
    /// When the options are not what a browser takes.
    pub fn make(&mut self, options: &str) -> Result<String> {
        let options: Value = serde_json::from_str(options)?;
        self.handle = Some(text(&options, "/user/id")?.to_owned());
        let client = self.client_data("webauthn.create", &options)?;
        let mut data = self.data(text(&options, "/rp/id")?, NEW);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.credential);
        let key = self.cose_key();
        data.extend(&key);
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        let length = u8::try_from(data.len())?;
        object.extend([0x58, length]);
        object.extend(&data);
        // What a browser gives beside it: the key as X.509 has it (RFC 8410).
        let mut spki = vec![
            0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
        ];
        spki.extend(self.key.verifying_key().as_bytes());
        let id = BASE64.encode(&self.credential);
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client.as_bytes()),
                "attestationObject": BASE64.encode(&object),
                "authenticatorData": BASE64.encode(&data),
                "publicKey": BASE64.encode(&spki),
                "publicKeyAlgorithm": -8,
                "transports": ["internal"],
            },
        });
        Ok(answer.to_string())
    }

    /// Answers to the options of a proof.
    ///
    /// # Errors
    /// When the options are not what a browser takes, or there is no passkey yet.
    pub fn prove(&mut self, options: &str) -> Result<String> {
        let options: Value = serde_json::from_str(options)?;
        let client = self.client_data("webauthn.get", &options)?;
        self.counter += 1;
        let data = self.data(text(&options, "/rpId")?, 0);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(client.as_bytes()));
        let signature = self.key.sign(&signed);
        let id = BASE64.encode(&self.credential);
        let handle = self.handle.as_ref().context("there is no passkey yet")?;
        let answer = json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client.as_bytes()),
                "authenticatorData": BASE64.encode(&data),
                "signature": BASE64.encode(&signature.to_bytes()),
                "userHandle": handle,
            },
        });
        Ok(answer.to_string())
    }

    fn client_data(&self, kind: &str, options: &Value) -> Result<String> {
        Ok(format!(
            r#"{{"type":"{kind}","challenge":"{}","origin":"{}","crossOrigin":false}}"#,
            text(options, "/challenge")?,
            self.origin
        ))
    }

    fn data(&self, rp: &str, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(rp.as_bytes()).to_vec();
        data.push(PRESENT | verified | BACKUP | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// `{1: 1, 3: -8, -1: 6, -2: key}`: an octet key pair for `EdDSA` on Ed25519.
    fn cose_key(&self) -> Vec<u8> {
        let mut key = vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
        key.extend(self.key.verifying_key().as_bytes());
        key
    }
}

fn text<'a>(options: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = options.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("no text at {pointer}"))
}
