//! Where the key that wraps all others lies: in a file of the installation, or in a hardware module.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use yuntu_app::vault::{
    Argon2Costs, FileProvider, KeyProvider, Pkcs11Key, Pkcs11Provider, ProviderError, SecretText,
    Suite, Unlock,
};
use yuntu_terms::{Entropy as _, SystemEntropy, Text};

use crate::failure::{Failure, OrFail as _};

/// Says, by being there, that the installation's key lies in a hardware module.
const MARK: &str = "keys/hardware";

/// `[keys]`: who keeps the first key, and with which algorithms.
///
/// # Clause
/// R22
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KeysSection {
    /// The algorithms of keys made from now on.
    suite: Suite,
    /// The PKCS#11 library of a hardware module; a key file when left out.
    module: Option<PathBuf>,
    /// The label of the token.
    token: Option<String>,
    /// The label of the key on the token.
    label: Option<String>,
    /// The file with the PIN of the token, so that it is not in this file.
    pin_file: Option<PathBuf>,
}

impl KeysSection {
    /// Returns the algorithms of keys made from now on.
    pub(super) const fn suite(&self) -> Suite {
        self.suite
    }

    /// Opens what keeps the first key; a new installation makes the key there.
    pub(super) fn provider(&self, folder: &Path) -> Result<Arc<dyn KeyProvider>, Failure> {
        let in_module = folder.join(MARK).exists();
        match &self.module {
            Some(_) if folder.join("keys/kek").exists() => Err(elsewhere(
                "本安装的密钥在密钥文件中，不在硬件模块中",
                "the key of this installation is in a key file and in no hardware module",
            )),
            None if in_module => Err(elsewhere(
                "本安装的密钥在硬件模块中，而 yuntu.toml 的 [keys] 没有写明 module",
                "the key of this installation is in a hardware module, and [keys] of yuntu.toml names no `module`",
            )),
            Some(module) => self.hardware(folder, module, in_module),
            None => Ok(Arc::new(key_file(folder, self.suite)?)),
        }
    }

    fn hardware(
        &self,
        folder: &Path,
        module: &Path,
        known: bool,
    ) -> Result<Arc<dyn KeyProvider>, Failure> {
        let place = Pkcs11Key {
            module: module.to_owned(),
            token: required(self.token.as_ref(), "token")?.clone(),
            key: self.label.clone().unwrap_or_else(|| "yuntu".to_owned()),
        };
        let file = folder.join(required(self.pin_file.as_ref(), "pin_file")?);
        let pin = fs::read_to_string(file).or_fail(
            "[keys] 的 pin_file 无法读取",
            "`pin_file` of [keys] cannot be read",
        )?;
        let pin = SecretText::new(pin.trim_end_matches(['\r', '\n']).to_owned());
        let opened = match Pkcs11Provider::open(&place, &pin) {
            // A module that lost its key must not get another: nothing of the installation could be read again.
            Err(ProviderError::Token(_)) if !known => {
                Pkcs11Provider::create(&place, &pin, &SystemEntropy)
            }
            opened => opened,
        };
        let provider = opened.or_fail(
            "硬件模块中的密钥无法使用",
            "the key in the hardware module cannot be used",
        )?;
        if !known {
            fs::write(folder.join(MARK), "").or_fail(
                "无法记下密钥在硬件模块中",
                "it cannot be noted that the key is in a hardware module",
            )?;
        }
        Ok(Arc::new(provider))
    }
}

fn required<'a, T>(value: Option<&'a T>, name: &str) -> Result<&'a T, Failure> {
    value.ok_or_else(|| {
        Failure::new(
            format!("yuntu.toml 的 [keys] 写明了 module，而缺少 {name}"),
            format!("[keys] of yuntu.toml names a `module` and lacks `{name}`"),
        )
    })
}

fn elsewhere(zh: &str, en: &str) -> Failure {
    Failure::new(zh, en).remedy(Text::new(
        "安装建立之后，密钥所在不能更改：请恢复 [keys] 原来的设置",
        "where the key lies cannot be changed once the installation is made: put [keys] back as it was",
    ))
}

/// Opens the key file of the installation, or makes one that a credential file beside it unlocks.
fn key_file(folder: &Path, suite: Suite) -> Result<FileProvider, Failure> {
    let (kek, credential) = (folder.join("keys/kek"), folder.join("keys/credential"));
    let unlock = Unlock::Credential(credential.clone());
    if kek.exists() && !credential.exists() {
        return Err(Failure::new(
            "有密钥文件而没有凭据",
            "there is a key file but no credential",
        )
        .remedy(Text::new(
            "请由备份恢复 keys/credential",
            "restore keys/credential from the backup",
        )));
    }
    if kek.exists() {
        return FileProvider::open(&kek, &unlock).or_fail(
            format!("密钥文件 {} 无法打开", kek.display()),
            format!("the key file `{}` cannot be opened", kek.display()),
        );
    }
    if credential.exists() {
        return Err(Failure::new(
            "有凭据而没有密钥文件",
            "there is a credential but no key file",
        )
        .remedy(Text::new(
            "请由备份恢复 keys/kek",
            "restore keys/kek from the backup",
        )));
    }
    write_credential(&credential)?;
    let costs = Argon2Costs::STANDARD;
    FileProvider::create(&kek, &unlock, suite, costs, &SystemEntropy)
        .or_fail("密钥文件无法建立", "the key file cannot be made")
}

fn write_credential(path: &Path) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut secret = [0; 32];
    SystemEntropy
        .fill(&mut secret)
        .or_fail("没有可用的随机数", "there is no randomness")?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .or_fail("凭据文件无法建立", "the credential file cannot be made")?;
    file.write_all(&secret)
        .and_then(|()| file.sync_all())
        .or_fail("凭据文件无法写入", "the credential file cannot be written")
}

/// Refuses a folder that holds no installation, so that a mistyped path does not become one.
pub(crate) fn must_exist(folder: &Path) -> Result<(), Failure> {
    if folder.join("keys/kek").exists() || folder.join(MARK).exists() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{} 中没有安装", folder.display()),
        format!("there is no installation in `{}`", folder.display()),
    )
    .remedy(Text::new(
        "请用 --data 指定安装文件夹；新的安装由 yuntu serve 或 yuntu migrate 建立",
        "name its folder with --data; `yuntu serve` or `yuntu migrate` makes a new one",
    )))
}
