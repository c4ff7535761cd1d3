//! An installation of its own for the demo: database, lake, keys and ledger in one folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use yuntu_app::engine::EngineConfig;
use yuntu_app::lake::{LakeConfig, Mapping};
use yuntu_app::policy::{Collected, Confirms, EvidenceKind, Period, SourceKind};
use yuntu_app::store::{Contact, DatabaseConfig, NewEnterprise, NewInstruction};
use yuntu_app::vault::{Argon2Costs, FileProvider, Suite, Unlock};
use yuntu_app::{Caller, Enrolment, NewEvidence, Platform, PlatformConfig, TypedDeclaration};
use yuntu_statement::ContactSlot;
use yuntu_statement::render::Installation;
use yuntu_terms::{
    Clock, DatasetId, Digest, Entropy, InstructionId, Lang, LegalBasis, Operation, Pii, Purpose,
    Recipient, Region, Timestamp,
};

use crate::error::DemoError;
use crate::mappings;
use crate::prepare::Prepared;
use crate::source::Tables;
use crate::teller::Teller;

/// A dataset that the demo loaded.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) id: DatasetId,
    pub(crate) rows: u64,
    pub(crate) quarantined: u64,
}

/// The name under which the demo's ledger signs.
const LEDGER_NAME: &str = "demo.yuntu.example/ledger";

/// Says who runs the demo: nobody, so the contacts are fictional and say so; one value serves both languages.
const OPERATOR: [(ContactSlot, &str, &str); 6] = [
    (
        ContactSlot::OperatorName,
        "name",
        "云图示例 Yuntu Demo (虚构 fictional)",
    ),
    (
        ContactSlot::OperatorAddress,
        "address",
        "示例路 1 号 / 1 Example Road (虚构 fictional)",
    ),
    (
        ContactSlot::PrivacyEmail,
        "privacy_email",
        "privacy@demo.yuntu.example",
    ),
    (
        ContactSlot::PrivacyPhone,
        "privacy_phone",
        "+86 000 0000 0000",
    ),
    (
        ContactSlot::PrivacyOfficer,
        "privacy_officer",
        "示例 Example (虚构 fictional)",
    ),
    (
        ContactSlot::Website,
        "website",
        "https://demo.yuntu.example/statement",
    ),
];

/// Writes the configuration with which `yuntu serve` opens the same installation.
fn write_configuration(folder: &Path, database: Option<&str>) -> Result<(), DemoError> {
    let contacts = OPERATOR.map(|(_, key, value)| format!("{key} = \"{value}\"\n"));
    let database = database.map(|url| format!("[database]\nurl = {url:?}\n\n"));
    let text = format!(
        "{}[ledger]\nname = \"{LEDGER_NAME}\"\n\n[operator]\n{}",
        database.unwrap_or_default(),
        contacts.concat()
    );
    let path = folder.join("yuntu.toml");
    fs::write(&path, text).map_err(|e| DemoError::file(&path, e))
}

/// Opens an installation in a folder.
///
/// # Errors
/// [`DemoError`] when the folder cannot be written or a part does not open.
pub async fn open(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Platform, DemoError> {
    open_on(folder, None, clock, entropy).await
}

/// Opens an installation whose rows are in another database than the one in its folder.
///
/// # Errors
/// As [`open`].
pub async fn open_on(
    folder: &Path,
    database: Option<&str>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Platform, DemoError> {
    let file = |name: &str| folder.join(name);
    for name in ["lake", "keys"] {
        let path = file(name);
        fs::create_dir_all(&path).map_err(|e| DemoError::file(&path, e))?;
    }
    write_configuration(folder, database)?;
    let secret = file("keys/credential");
    write_credential(&secret, &*entropy)?;
    let unlock = Unlock::Credential(secret);
    let (path, suite) = (file("keys/kek"), Suite::International);
    let keys = FileProvider::create(&path, &unlock, suite, Argon2Costs::STANDARD, &*entropy)
        .map_err(yuntu_app::AppError::from)?;
    let own = format!("sqlite://{}?mode=rwc", file("yuntu.db").display());
    let config = PlatformConfig {
        database: DatabaseConfig::new(database.unwrap_or(&own)),
        lake: LakeConfig::local(&file("lake"), Region::CN).map_err(yuntu_app::AppError::from)?,
        region: Region::CN,
        keys: Arc::new(keys),
        suite,
        ledger: file("ledger"),
        ledger_name: LEDGER_NAME.to_owned(),
        ledger_key: file("keys/ledger"),
        operator: Installation::new(OPERATOR.map(|(slot, _, value)| (slot, value.to_owned()))),
        outbound: yuntu_app::outbound::Outbound::local(),
        engine: EngineConfig::default(),
        intake: yuntu_app::imports::IntakeConfig::default(),
        clock,
        entropy,
    };
    Ok(Platform::open(config).await?)
}

fn write_credential(path: &Path, entropy: &dyn Entropy) -> Result<(), DemoError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut secret = [0; 32];
    entropy
        .fill(&mut secret)
        .map_err(yuntu_app::AppError::from)?;
    let mut options = fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    opened
        .and_then(|mut file| file.write_all(&secret))
        .map_err(|e| DemoError::file(path, e))
}

/// The address by which the owner of the demo's enterprise signs in.
pub(crate) const OWNER: &str = "owner@riverside.example";

/// Enrols an enterprise whose owner has accepted the statement.
///
/// # Errors
/// [`DemoError`] when the platform refuses it.
pub async fn enrol(
    platform: &Platform,
    name: &str,
    owner: &str,
    lang: Lang,
) -> Result<Caller, DemoError> {
    let until = platform.now().plus_days(365);
    enrol_until(platform, name, owner, lang, until).await
}

/// Enrols an enterprise whose owner's letter of authorisation ends at a moment.
pub(crate) async fn enrol_until(
    platform: &Platform,
    name: &str,
    owner: &str,
    lang: Lang,
    letter_until: Timestamp,
) -> Result<Caller, DemoError> {
    let now = platform.now();
    let year = Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    };
    let letter_period = Period {
        until: letter_until,
        ..year
    };
    let enrolment = Enrolment {
        enterprise: NewEnterprise {
            name: name.to_owned(),
            credit_code: None,
            industry: String::from("retail"),
            region: Region::CN,
        },
        owner: Contact {
            name: Pii::new(format!("{name} – owner")),
            phone: None,
            email: Some(Pii::new(owner.to_owned())),
        },
        lang,
        certified: year,
        letter: digest("letter of authorisation"),
        letter_period,
    };
    let caller = platform.enrol(enrolment).await?;
    platform.accept_statement(&caller, lang).await?;
    Ok(caller)
}

/// Loads every file as a dataset with its declaration.
pub(crate) async fn load(
    platform: &Platform,
    caller: &Caller,
    tables: &Tables,
    prepared: &Prepared,
    teller: &dyn Teller,
) -> Result<BTreeMap<String, Loaded>, DemoError> {
    let plans: [(&str, Mapping, PathBuf); 7] = [
        ("people", mappings::people(), prepared.people.clone()),
        ("contacts", mappings::contacts(), prepared.contacts.clone()),
        (
            "redemptions",
            mappings::redemptions(),
            tables.path("coupon_redemptions"),
        ),
        (
            "purchases",
            mappings::purchases(),
            tables.path("transactions"),
        ),
        ("products", mappings::products(), tables.path("products")),
        ("coupons", mappings::coupons(), tables.path("coupons")),
        (
            "promotions",
            mappings::promotions(),
            tables.path("promotions"),
        ),
    ];
    let mut loaded = BTreeMap::new();
    for (name, mapping, path) in plans {
        let id = platform.create_dataset(caller, name, &mapping).await?;
        let watch = |it: yuntu_app::lake::Progress| {
            teller.progress(name, it.bytes_done, it.bytes_total);
        };
        let done = platform
            .import_file(caller, id, &mapping, &path, &watch)
            .await?;
        teller.progress_done();
        declare(platform, caller, id).await?;
        let (rows, quarantined) = (done.report.rows, done.report.quarantined);
        loaded.insert(
            name.to_owned(),
            Loaded {
                id,
                rows,
                quarantined,
            },
        );
    }
    Ok(loaded)
}

/// Declares source and lawfulness of a dataset, with a paper that proves it.
///
/// # Errors
/// [`DemoError`] when the platform refuses it.
pub async fn declare(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
) -> Result<(), DemoError> {
    let now = platform.now();
    let period = Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    };
    declare_for(platform, caller, dataset, period).await
}

/// Declares source and lawfulness of a dataset for a period, on the ground of consent.
pub(crate) async fn declare_for(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
    period: Period,
) -> Result<(), DemoError> {
    declare_on(platform, caller, dataset, (period, &[LegalBasis::Consent])).await
}

/// Declares source and lawfulness of a dataset for a period, on these grounds.
pub(crate) async fn declare_on(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
    (period, bases): (Period, &[LegalBasis]),
) -> Result<(), DemoError> {
    let now = platform.now();
    let terms = NewEvidence {
        kind: EvidenceKind::ConsentForm,
        name: String::from("terms of the loyalty programme.pdf"),
        bytes: paper("terms of the loyalty programme, fictional"),
    };
    let paper = platform.add_evidence(caller, dataset, terms).await?;
    let declaration = TypedDeclaration {
        kind: Some(SourceKind::Direct),
        collected_how: String::from("loyalty programme of the stores"),
        collected: Some(Collected {
            from: now.plus_days(-730),
            until: None,
        }),
        bases: bases.to_vec(),
        notice: Some(String::from(
            "the terms of the loyalty programme, handed out at the till",
        )),
        period: Some(period),
        contact: Some(Pii::new(String::from("privacy@store.example"))),
        evidence: vec![paper],
        confirms: Confirms::ALL.to_vec(),
    };
    platform
        .declare_source(caller, dataset, declaration)
        .await?;
    Ok(())
}

/// A page in PDF that says one line.
pub(crate) fn paper(line: &str) -> Vec<u8> {
    let start = format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Note ({line}) >>\nendobj\n");
    let place = start.len();
    let end = "xref\n0 1\n0000000000 65535 f \ntrailer << /Root 1 0 R >>\nstartxref\n";
    format!("{start}{end}{place}\n%%EOF\n").into_bytes()
}

/// Records an instruction over datasets.
///
/// # Errors
/// [`DemoError`] when a purpose has no valid id or the platform refuses it.
pub async fn instruct(
    platform: &Platform,
    caller: &Caller,
    purposes: &[&str],
    datasets: Vec<DatasetId>,
    period: Period,
) -> Result<InstructionId, DemoError> {
    let mut named = Vec::with_capacity(purposes.len());
    for purpose in purposes {
        named.push(self::purpose(purpose)?);
    }
    let new = NewInstruction {
        purposes: named,
        operations: vec![Operation::Process],
        recipients: vec![Recipient::Enterprise],
        datasets,
        period,
        note: None,
    };
    Ok(platform.instruct(caller, &new).await?)
}

/// Reads the id of a purpose.
pub(crate) fn purpose(text: &str) -> Result<Purpose, DemoError> {
    text.parse()
        .map_err(|_text| DemoError::Broken("a purpose of the demo has no valid id"))
}

fn digest(text: &str) -> Digest {
    Digest::new(Sha256::digest(text).into())
}
