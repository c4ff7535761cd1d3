use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use yuntu_app::consent::ConsentSource;
use yuntu_app::engine::{Audience, AudienceQuery, EngineConfig, Everyone, Query};
use yuntu_app::imports::IntakeConfig;
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm, IdentifierKind,
    LakeConfig, Mapping, SourceFormat, TimeFormat,
};
use yuntu_app::outbound::Outbound;
use yuntu_app::policy::{Collected, Confirms, EvidenceKind, Period, SourceKind, Wants};
use yuntu_app::store::{ConsentProof, Contact, DatabaseConfig, NewEnterprise, NewInstruction};
use yuntu_app::vault::{Argon2Costs, FileProvider, SecretText, Suite, Unlock};
use yuntu_app::{
    Ask, Caller, ConsentInput, Enrolment, NewEvidence, Platform, PlatformConfig, TypedDeclaration,
};
use yuntu_statement::render::Installation;
use yuntu_terms::{
    ColumnClass, ConsentKind, ConsentStatus, DatasetId, Digest, InstructionId, Lang, LegalBasis,
    Operation, Pii, Recipient, Region, SystemClock, SystemEntropy,
};

/// How many people there are; all of them agreed at first.
const MEMBERS: u64 = 1_000;
const PURPOSE: &str = "marketing.insight";

/// A whole platform over SQLite, whose people change their minds one by one.
pub(crate) struct Consents {
    platform: Platform,
    caller: Caller,
    dataset: DatasetId,
    instruction: InstructionId,
    changed: u64,
}

impl Consents {
    pub(crate) async fn build(work: &Path) -> Result<Self> {
        if work.exists() {
            fs::remove_dir_all(work)?;
        }
        fs::create_dir_all(work.join("lake"))?;
        let platform = open(work).await?;
        let caller = enrol(&platform).await?;
        let mapping = mapping();
        let dataset = platform.create_dataset(&caller, "people", &mapping).await?;
        let file = work.join("people.csv");
        let rows: Vec<String> = (0..MEMBERS).map(|it| format!("m{it},{it}\n")).collect();
        fs::write(&file, format!("member,age\n{}", rows.concat()))?;
        platform
            .import_file(&caller, dataset, &mapping, &file, &|_| {})
            .await?;
        declare(&platform, &caller, dataset).await?;
        let instruction = instruct(&platform, &caller, dataset).await?;
        let all = Self {
            platform,
            caller,
            dataset,
            instruction,
            changed: 0,
        };
        let everybody = (0..MEMBERS).map(|member| input(member, true));
        let everybody = everybody.collect::<Result<Vec<_>>>()?;
        all.record(everybody).await?;
        Ok(all)
    }

    /// Takes so many changes one after the other, each durable and in the ledger before the next; returns how many were taken.
    pub(crate) async fn change(&mut self, count: u64) -> Result<String> {
        for _ in 0..count {
            // Everybody in turn takes it back, and then everybody in turn gives it again.
            let gives = self.changed / MEMBERS % 2 == 1;
            let one = input(self.changed % MEMBERS, gives)?;
            self.record(vec![one]).await?;
            self.changed += 1;
        }
        Ok(count.to_string())
    }

    /// Withdraws so many times for one person and asks at once whom a run reaches, and gives it again; returns how many
    /// were one fewer.
    pub(crate) async fn withdraw(&mut self, count: u64) -> Result<String> {
        let mut fewer = 0;
        for turn in 0..count {
            let member = turn % MEMBERS;
            self.record(vec![input(member, true)?]).await?;
            let before = self.reached().await?;
            self.record(vec![input(member, false)?]).await?;
            fewer += before - self.reached().await?;
            self.record(vec![input(member, true)?]).await?;
        }
        Ok(fewer.to_string())
    }

    async fn record(&self, inputs: Vec<ConsentInput>) -> Result<()> {
        let platform = &self.platform;
        platform
            .record_consents(&self.caller, ConsentSource::Api, inputs)
            .await?;
        Ok(())
    }

    async fn reached(&self) -> Result<u64> {
        let ask = Ask {
            purpose: PURPOSE.parse()?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: self.instruction,
            datasets: BTreeMap::from([("people".to_owned(), self.dataset)]),
            wants: Wants::default(),
            query: Query::Audience(AudienceQuery {
                audience: Audience::Everyone(Everyone {}),
            }),
            rules: BTreeMap::new(),
            as_of: self.platform.now(),
        };
        let done = self.platform.run(&self.caller, &ask).await?.done()?;
        match done.audience_size() {
            Some(size) => Ok(size.people),
            None => bail!("an audience has no size"),
        }
    }
}

fn input(member: u64, gives: bool) -> Result<ConsentInput> {
    Ok(ConsentInput {
        id: None,
        identifier: IdentifierKind::MemberId,
        value: Pii::new(format!("m{member}")),
        purpose: PURPOSE.parse()?,
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        kind: ConsentKind::Explicit,
        status: if gives {
            ConsentStatus::Given
        } else {
            ConsentStatus::Withdrawn
        },
        from: "2026-01-05T00:00:00Z".parse()?,
        until: None,
        recorded: None,
        proof: ConsentProof::default(),
    })
}

async fn open(work: &Path) -> Result<Platform> {
    let unlock = Unlock::Passphrase(SecretText::new("a passphrase for measuring".to_owned()));
    let (suite, costs) = (Suite::default(), Argon2Costs::LEAST);
    let keys = FileProvider::create(&work.join("keys"), &unlock, suite, costs, &SystemEntropy)?;
    let database = work.join("yuntu.db");
    let config = PlatformConfig {
        database: DatabaseConfig::new(format!("sqlite://{}?mode=rwc", database.display())),
        lake: LakeConfig::local(&work.join("lake"), Region::CN)?,
        region: Region::CN,
        keys: Arc::new(keys),
        suite,
        ledger: work.join("ledger"),
        ledger_name: "bench.example/ledger".to_owned(),
        ledger_key: work.join("ledger-key"),
        operator: Installation::default(),
        outbound: Outbound::local(),
        engine: EngineConfig::default(),
        intake: IntakeConfig::default(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    Ok(Platform::open(config).await?)
}

async fn enrol(platform: &Platform) -> Result<Caller> {
    let year = Period {
        from: platform.now().plus_days(-1),
        until: platform.now().plus_days(365),
    };
    let enrolment = Enrolment {
        enterprise: NewEnterprise {
            name: "Bench".to_owned(),
            credit_code: None,
            industry: "retail".to_owned(),
            region: Region::CN,
        },
        owner: Contact {
            name: Pii::new("Owner".to_owned()),
            phone: None,
            email: Some(Pii::new("owner@example.com".to_owned())),
        },
        lang: Lang::En,
        certified: year,
        letter: Digest::new([9; 32]),
        letter_period: year,
    };
    let caller = platform.enrol(enrolment).await?;
    platform.accept_statement(&caller, Lang::En).await?;
    Ok(caller)
}

async fn declare(platform: &Platform, caller: &Caller, dataset: DatasetId) -> Result<()> {
    let now = platform.now();
    let form = NewEvidence {
        kind: EvidenceKind::ConsentForm,
        name: "form.pdf".to_owned(),
        bytes: b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer << >>\nstartxref\n9\n%%EOF\n"
            .to_vec(),
    };
    let paper = platform.add_evidence(caller, dataset, form).await?;
    let declaration = TypedDeclaration {
        kind: Some(SourceKind::Direct),
        collected_how: "made up for measuring".to_owned(),
        collected: Some(Collected {
            from: now.plus_days(-100),
            until: None,
        }),
        bases: vec![LegalBasis::Consent],
        notice: Some("made up for measuring".to_owned()),
        period: Some(Period {
            from: now.plus_days(-1),
            until: now.plus_days(365),
        }),
        contact: Some(Pii::new("privacy@example.com".to_owned())),
        evidence: vec![paper],
        confirms: Confirms::ALL.to_vec(),
    };
    platform
        .declare_source(caller, dataset, declaration)
        .await?;
    Ok(())
}

async fn instruct(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
) -> Result<InstructionId> {
    let new = NewInstruction {
        purposes: vec![PURPOSE.parse()?],
        operations: vec![Operation::Process],
        recipients: vec![Recipient::Enterprise],
        datasets: vec![dataset],
        period: Period {
            from: platform.now(),
            until: platform.now().plus_days(30),
        },
        note: None,
    };
    Ok(platform.instruct(caller, &new).await?)
}

fn mapping() -> Mapping {
    let member = ColumnRole::Identifier {
        kind: IdentifierKind::MemberId,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    let column = |name: &str, role, class| ColumnMapping {
        source: name.to_owned(),
        name: name.to_owned(),
        role,
        class,
        column_type: ColumnType::Int,
        time_format: TimeFormat::Iso,
    };
    Mapping {
        source: SourceFormat::Csv {
            delimiter: b',',
            header: true,
            encoding: Encoding::Utf8,
        },
        kind: DatasetKind::Persons,
        columns: vec![
            column("member", member, ColumnClass::Identifier),
            column("age", ColumnRole::Attribute, ColumnClass::Personal),
        ],
        time_zone: "UTC".to_owned(),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}
