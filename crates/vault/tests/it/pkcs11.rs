//! The hardware module, played by SoftHSM2, which is a real PKCS#11 library.
//!
//! It reads its configuration from an environment variable when it is loaded, so each test runs itself again in a
//! process of its own that has the variable set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, AttributeType};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use yuntu_terms::{SystemClock, SystemEntropy};
use yuntu_vault::{
    FolderShelf, KekId, KeyProvider, KeyScope, Pkcs11Key, Pkcs11Provider, ProviderError,
    RewrapReport, RootKey, SecretText, Suite, Vault, VaultError, VaultParts,
};

use crate::house::{PHONE, holds, scopes};

const INSIDE: &str = "YUNTU_TEST_TOKEN_DIR";
const MODULES: [&str; 2] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
const PIN: &str = "648219";
const TOKEN: &str = "yuntu test";

fn module() -> PathBuf {
    MODULES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect(
            "SoftHSM2 is missing: install the Debian package `softhsm2` (apt-get install softhsm2)",
        )
}

/// Runs the body in a process of its own, with a fresh token.
fn with_token(test: &str, body: impl FnOnce(&Path)) {
    if let Some(dir) = std::env::var_os(INSIDE) {
        body(Path::new(&dir));
        return;
    }
    let _found = module();
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let config = dir.path().join("softhsm2.conf");
    let setting = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&config, setting).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("pkcs11::{test}"), "--nocapture"])
        .env("SOFTHSM2_CONF", &config)
        .env(INSIDE, dir.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{complaints}");
    assert!(
        printed.contains("1 passed"),
        "the test did not run itself: {printed}"
    );
}

fn context() -> Pkcs11 {
    let context = Pkcs11::new(module()).unwrap();
    // A second initialisation in the same process is refused, which is as good.
    let _done = context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    context
}

fn init_token(label: &str) {
    let context = context();
    let slot = *context.get_all_slots().unwrap().last().unwrap();
    let officer = AuthPin::from(String::from("0000"));
    context.init_token(slot, &officer, label).unwrap();
    let session = context.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&officer)).unwrap();
    session.init_pin(&AuthPin::from(String::from(PIN))).unwrap();
    session.logout().unwrap();
}

fn place() -> Pkcs11Key {
    Pkcs11Key {
        module: module(),
        token: TOKEN.to_owned(),
        key: "yuntu kek".to_owned(),
    }
}

fn pin(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn created() -> Pkcs11Provider {
    init_token(TOKEN);
    Pkcs11Provider::create(&place(), &pin(PIN), &SystemEntropy).unwrap()
}

#[test]
fn a_module_wraps_and_unwraps_and_binds_to_the_scope() {
    with_token("a_module_wraps_and_unwraps_and_binds_to_the_scope", |_| {
        let provider = created();
        let key = RootKey::generate(&SystemEntropy).unwrap();
        let (kek, wrapped) = provider.wrap(&SystemEntropy, b"here", &key).unwrap();
        assert_eq!(wrapped.len(), 12 + 32 + 16);
        assert_eq!(kek, provider.current());
        let opened = provider.unwrap(kek, b"here", &wrapped).unwrap();
        assert_eq!(opened.expose(), key.expose());

        let unreadable = |associated: &[u8], wrapped: &[u8]| {
            let error = provider.unwrap(kek, associated, wrapped).unwrap_err();
            matches!(error, ProviderError::Unreadable)
        };
        assert!(unreadable(b"there", &wrapped));
        for bit in 0..wrapped.len() * 8 {
            let mut changed = wrapped.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(unreadable(b"here", &changed), "bit {bit}");
        }
        for len in 0..wrapped.len() {
            assert!(unreadable(b"here", &wrapped[..len]), "{len} bytes");
        }
        assert!(matches!(
            provider.unwrap(KekId::new([9; 16]), b"here", &wrapped),
            Err(ProviderError::UnknownKek)
        ));
        // A failure leaves the session in order.
        assert!(provider.unwrap(kek, b"here", &wrapped).is_ok());
    });
}

#[test]
fn the_key_never_leaves_the_module() {
    with_token("the_key_never_leaves_the_module", |_| {
        let provider = created();
        let context = context();
        let slot = context.get_slots_with_initialized_token().unwrap()[0];
        let session = context.open_rw_session(slot).unwrap();
        let id = Attribute::Id(provider.current().as_bytes().to_vec());
        let key = session.find_objects(&[id]).unwrap()[0];
        let shown = session.get_attributes(key, &[AttributeType::Value]);
        assert!(shown.is_ok_and(|attributes| attributes.is_empty()));
        let loosened = session.update_attributes(key, &[Attribute::Extractable(true)]);
        assert!(loosened.is_err());
    });
}

#[test]
fn a_key_that_could_leave_the_module_is_refused() {
    with_token("a_key_that_could_leave_the_module_is_refused", |_| {
        init_token(TOKEN);
        let context = context();
        let slot = context.get_slots_with_initialized_token().unwrap()[0];
        let session = context.open_rw_session(slot).unwrap();
        let secret = AuthPin::from(String::from(PIN));
        session.login(UserType::User, Some(&secret)).unwrap();
        let template = [
            Attribute::Token(true),
            Attribute::ValueLen(32.into()),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Label(place().key.into_bytes()),
            Attribute::Id(vec![1; 16]),
        ];
        let mechanism = cryptoki::mechanism::Mechanism::AesKeyGen;
        session.generate_key(&mechanism, &template).unwrap();
        assert!(matches!(
            Pkcs11Provider::open(&place(), &pin(PIN)),
            Err(ProviderError::Token(_))
        ));
    });
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    with_token("what_is_missing_or_wrong_is_named", |_| {
        init_token(TOKEN);
        let open = |place: &Pkcs11Key, text| Pkcs11Provider::open(place, &pin(text)).unwrap_err();
        assert!(matches!(
            open(&place(), "000000"),
            ProviderError::WrongSecret
        ));
        let error = open(&place(), PIN);
        assert!(
            matches!(error, ProviderError::Token("no key has this label")),
            "{error}"
        );
        let elsewhere = Pkcs11Key {
            token: "other".to_owned(),
            ..place()
        };
        let error = open(&elsewhere, PIN);
        assert!(
            matches!(error, ProviderError::Token("no token has this label")),
            "{error}"
        );
        let nowhere = Pkcs11Key {
            module: "/nowhere/module.so".into(),
            ..place()
        };
        assert!(matches!(open(&nowhere, PIN), ProviderError::Module(_)));
        Pkcs11Provider::create(&place(), &pin(PIN), &SystemEntropy).unwrap();
        assert!(matches!(
            Pkcs11Provider::create(&place(), &pin(PIN), &SystemEntropy),
            Err(ProviderError::Exists)
        ));
        init_token(TOKEN);
        let error = open(&place(), PIN);
        assert!(
            matches!(
                error,
                ProviderError::Token("more than one token has this label")
            ),
            "{error}"
        );
    });
}

#[test]
fn a_session_that_was_logged_out_is_opened_again() {
    with_token("a_session_that_was_logged_out_is_opened_again", |_| {
        let provider = created();
        let key = RootKey::generate(&SystemEntropy).unwrap();
        let (kek, wrapped) = provider.wrap(&SystemEntropy, b"here", &key).unwrap();
        let context = context();
        let slot = context.get_slots_with_initialized_token().unwrap()[0];
        context.open_rw_session(slot).unwrap().logout().unwrap();
        assert!(provider.unwrap(kek, b"here", &wrapped).is_ok());
        assert!(provider.wrap(&SystemEntropy, b"here", &key).is_ok());
    });
}

#[test]
fn a_vault_lives_on_a_module_and_follows_its_new_key() {
    with_token("a_vault_lives_on_a_module_and_follows_its_new_key", |dir| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(live_on_a_module(dir));
    });
}

async fn live_on_a_module(dir: &Path) {
    let shelf_path = dir.join("shelf");
    let parts = async |provider: Arc<Pkcs11Provider>, suite| VaultParts {
        provider,
        shelf: Arc::new(FolderShelf::open(&shelf_path).await.unwrap()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        suite,
    };
    let provider = Arc::new(created());
    let vault = Vault::open(parts(Arc::clone(&provider), Suite::National).await)
        .await
        .unwrap();
    let mut sealed = Vec::new();
    for scope in scopes() {
        sealed.push((scope, vault.seal(&scope, &PHONE, b"secret").await.unwrap()));
    }
    assert!(!holds(dir, b"secret"));

    provider.add_kek(&SystemEntropy).unwrap();
    let report = vault.rewrap(&KeyScope::Platform).await.unwrap();
    assert_eq!(
        report,
        RewrapReport {
            rewrapped: 1,
            current: 5,
            changed: 0
        }
    );

    let again = Arc::new(Pkcs11Provider::open(&place(), &pin(PIN)).unwrap());
    assert_eq!(again.current(), provider.current());
    let later = Vault::open(parts(again, Suite::International).await)
        .await
        .unwrap();
    for (scope, sealed) in &sealed {
        let opened = later.unseal(scope, &PHONE, sealed).await.unwrap();
        assert_eq!(opened.expose(), b"secret");
    }

    let other = Pkcs11Key {
        key: "another kek".to_owned(),
        ..place()
    };
    let stranger = Pkcs11Provider::create(&other, &pin(PIN), &SystemEntropy).unwrap();
    let refused = Vault::open(parts(Arc::new(stranger), Suite::National).await).await;
    assert!(matches!(
        refused,
        Err(VaultError::Provider(ProviderError::UnknownKek))
    ));
}
