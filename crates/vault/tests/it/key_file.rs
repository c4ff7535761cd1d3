use std::fs;
use std::path::Path;

use yuntu_terms::SystemEntropy;
use yuntu_vault::{
    Argon2Costs, FileProvider, KeyProvider, ProviderError, RootKey, SecretText, Suite, Unlock,
};

use crate::house::{credential, set_mode};

const COSTS: Argon2Costs = Argon2Costs::LEAST;

fn passphrase(text: &str) -> Unlock {
    Unlock::Passphrase(SecretText::new(text.to_owned()))
}

fn create(path: &Path, unlock: &Unlock) -> Result<FileProvider, ProviderError> {
    FileProvider::create(path, unlock, Suite::International, COSTS, &SystemEntropy)
}

/// Wraps a key with one provider and unwraps it with another.
fn agree(one: &FileProvider, other: &FileProvider) -> bool {
    let key = RootKey::generate(&SystemEntropy).unwrap();
    let (kek, wrapped) = one.wrap(&SystemEntropy, b"here", &key).unwrap();
    other
        .unwrap(kek, b"here", &wrapped)
        .is_ok_and(|unwrapped| unwrapped.expose() == key.expose())
}

#[test]
fn a_key_file_opens_with_its_passphrase_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let right = passphrase("correct horse battery staple");
    let made = create(&path, &right).unwrap();
    assert!(agree(&made, &FileProvider::open(&path, &right).unwrap()));
    let wrong = passphrase("correct horse battery stapler");
    let error = FileProvider::open(&path, &wrong).unwrap_err();
    assert!(matches!(error, ProviderError::WrongSecret));
    assert_eq!(
        error.to_string(),
        "the passphrase, credential or PIN does not open the key encryption key"
    );
    let error = FileProvider::open(&path, &credential(dir.path())).unwrap_err();
    assert!(matches!(error, ProviderError::WrongSecret));
}

#[test]
fn a_key_file_opens_with_its_credential_and_no_other() {
    for suite in Suite::ALL {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek.json");
        let unlock = credential(dir.path());
        let made = FileProvider::create(&path, &unlock, suite, COSTS, &SystemEntropy).unwrap();
        assert!(agree(&made, &FileProvider::open(&path, &unlock).unwrap()));
        fs::write(dir.path().join("credential"), [8; 32]).unwrap();
        assert!(matches!(
            FileProvider::open(&path, &unlock),
            Err(ProviderError::WrongSecret)
        ));
    }
}

#[test]
fn a_credential_of_another_length_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let unlock = credential(dir.path());
    for len in [0, 31, 33, 1_000_000] {
        fs::write(dir.path().join("credential"), vec![7; len]).unwrap();
        assert!(matches!(
            create(&dir.path().join("kek.json"), &unlock),
            Err(ProviderError::CredentialLength)
        ));
    }
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let unlock = credential(dir.path());
    create(&path, &unlock).unwrap();
    for open in [path.clone(), dir.path().join("credential")] {
        for mode in [0o640, 0o620, 0o604, 0o666, 0o610] {
            set_mode(&open, mode);
            assert!(matches!(
                FileProvider::open(&path, &unlock),
                Err(ProviderError::OpenPermissions)
            ));
        }
        set_mode(&open, 0o400);
        assert!(FileProvider::open(&path, &unlock).is_ok());
    }
}

#[test]
fn a_new_key_file_is_the_owners_alone_and_never_overwrites() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let unlock = credential(dir.path());
    let made = create(&path, &unlock).unwrap();
    let permissions = fs::metadata(&path).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    assert!(matches!(create(&path, &unlock), Err(ProviderError::Exists)));
    assert!(agree(&made, &FileProvider::open(&path, &unlock).unwrap()));
}

#[test]
fn a_key_file_cut_short_or_changed_is_reported_as_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let unlock = credential(dir.path());
    create(&path, &unlock).unwrap();
    let whole = fs::read(&path).unwrap();
    let open = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        FileProvider::open(&path, &unlock)
    };
    // The last two bytes are the brace and the line end; without the line end the file is whole.
    for len in 0..whole.len() - 1 {
        let error = open(&whole[..len]).unwrap_err();
        assert!(
            matches!(error, ProviderError::KeyFileDamaged),
            "{len} bytes: {error}"
        );
    }
    for bit in (0..whole.len() * 8).step_by(3) {
        let mut content = whole.clone();
        content[bit / 8] ^= 1 << (bit % 8);
        // A changed blank or letter case of the layout may leave the meaning as it was.
        if let Err(error) = open(&content) {
            assert!(
                matches!(error, ProviderError::KeyFileDamaged),
                "bit {bit}: {error}"
            );
        } else {
            let blank = whole[bit / 8].is_ascii_whitespace();
            assert!(blank, "bit {bit} of `{}`", char::from(whole[bit / 8]));
        }
    }
    assert!(open(&vec![b' '; 1 << 20]).is_err());
    assert!(open(&whole).is_ok());
}

#[test]
fn costs_outside_the_accepted_range_are_refused_before_they_are_paid() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let unlock = passphrase("correct horse battery staple");
    create(&path, &unlock).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for (field, value) in [
        ("memory_kib", "4294967295"),
        ("memory_kib", "8"),
        ("passes", "1"),
    ] {
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let number: u64 = value.parse().unwrap();
        document["unlock"]["argon2id"]["costs"][field] = number.into();
        fs::write(&path, document.to_string()).unwrap();
        assert!(matches!(
            FileProvider::open(&path, &unlock),
            Err(ProviderError::Costs | ProviderError::KeyFileDamaged)
        ));
    }
}

#[test]
fn a_short_passphrase_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    assert!(matches!(
        create(&path, &passphrase("fourteen chars")),
        Err(ProviderError::PassphraseTooShort)
    ));
    assert!(!path.exists());
}

#[test]
fn the_secret_of_a_key_file_can_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let (old, new) = (
        credential(dir.path()),
        passphrase("correct horse battery staple"),
    );
    let made = create(&path, &old).unwrap();
    made.change_unlock(&new, COSTS, &SystemEntropy).unwrap();
    assert!(matches!(
        FileProvider::open(&path, &old),
        Err(ProviderError::WrongSecret)
    ));
    assert!(agree(&made, &FileProvider::open(&path, &new).unwrap()));
}

#[test]
fn a_new_kek_wraps_and_the_old_one_unwraps_until_it_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let unlock = credential(dir.path());
    let provider = create(&path, &unlock).unwrap();
    let key = RootKey::generate(&SystemEntropy).unwrap();
    let (old, wrapped) = provider.wrap(&SystemEntropy, b"here", &key).unwrap();
    let new = provider.add_kek(&SystemEntropy).unwrap();
    assert_ne!(old, new);
    let reopened = FileProvider::open(&path, &unlock).unwrap();
    for provider in [&provider, &reopened] {
        assert_eq!(provider.current(), new);
        assert!(provider.unwrap(old, b"here", &wrapped).is_ok());
    }
    provider.drop_old_keks(&SystemEntropy).unwrap();
    let reopened = FileProvider::open(&path, &unlock).unwrap();
    for provider in [&provider, &reopened] {
        assert!(matches!(
            provider.unwrap(old, b"here", &wrapped),
            Err(ProviderError::UnknownKek)
        ));
    }
}

#[test]
fn a_wrapped_key_is_bound_to_its_scope() {
    let dir = tempfile::tempdir().unwrap();
    let provider = create(&dir.path().join("kek.json"), &credential(dir.path())).unwrap();
    let key = RootKey::generate(&SystemEntropy).unwrap();
    let (kek, wrapped) = provider.wrap(&SystemEntropy, b"here", &key).unwrap();
    assert!(matches!(
        provider.unwrap(kek, b"there", &wrapped),
        Err(ProviderError::Unreadable)
    ));
}

#[test]
fn another_process_finds_a_key_that_was_added_after_it_opened_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    for unlock in [
        credential(dir.path()),
        passphrase("correct horse battery staple"),
    ] {
        let one = create(&path, &unlock).unwrap();
        let other = FileProvider::open(&path, &unlock).unwrap();
        one.add_kek(&SystemEntropy).unwrap();
        one.add_kek(&SystemEntropy).unwrap();
        assert!(agree(&one, &other));
        assert_eq!(one.current(), other.current());
        // What the other adds now is on top of it.
        other.add_kek(&SystemEntropy).unwrap();
        assert!(agree(&other, &one));
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn what_a_crash_left_beside_a_key_file_does_it_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kek.json");
    let unlock = credential(dir.path());
    let made = create(&path, &unlock).unwrap();
    // Between making the name and removing the other one, both lead to the same file.
    fs::hard_link(&path, dir.path().join("kek.json.new")).unwrap();
    assert!(matches!(create(&path, &unlock), Err(ProviderError::Exists)));
    assert!(agree(&made, &FileProvider::open(&path, &unlock).unwrap()));
    fs::hard_link(&path, dir.path().join("kek.json.new")).unwrap();
    made.add_kek(&SystemEntropy).unwrap();
    assert!(agree(&made, &FileProvider::open(&path, &unlock).unwrap()));
}
