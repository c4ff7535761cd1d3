//! The story: what is asked, what comes of it, what is refused.

use std::collections::BTreeMap;

use yuntu_app::consent::Funnel;
use yuntu_app::engine::{
    Audience, AudienceQuery, Dimension, EngineError, Everyone, FlowQuery, FlowResult, Moment,
    OverlapPair, OverlapQuery, Profile, ProfileQuery, Query, QueryResult, SqlQuery,
    StageDistribution, StagesQuery,
};
use yuntu_app::lake::IdentifierKind;
use yuntu_app::policy::{Period, Refusal, Wants};
use yuntu_app::{Answer, AppError, Ask, AudienceSpec, Caller, Done, Evaluation, Platform};
use yuntu_terms::{
    AudienceId, DatasetId, InstructionId, Lang, Operation, Pii, ReceiptId, Recipient, Text,
};

use crate::error::DemoError;
use crate::install::{Loaded, declare, enrol, instruct, purpose};
use crate::mappings;
use crate::questions::{self, RULES};

/// The two purposes under which the same questions are asked.
pub(crate) const PURPOSES: [&str; 2] = ["marketing.insight", "marketing.measurement"];

/// An audience under each purpose.
#[derive(Debug, Clone)]
pub(crate) struct AudienceRun {
    pub(crate) id: AudienceId,
    pub(crate) name: Text,
    pub(crate) rule: Text,
    /// People and why others are missing, by purpose.
    pub(crate) by_purpose: BTreeMap<&'static str, (u64, BTreeMap<String, Funnel>)>,
}

/// The brand's relation with people under each purpose.
#[derive(Debug, Clone)]
pub(crate) struct Insight {
    pub(crate) stages: BTreeMap<&'static str, StageDistribution>,
    pub(crate) flows: BTreeMap<&'static str, FlowResult>,
    pub(crate) profiles: BTreeMap<&'static str, Profile>,
    pub(crate) overlaps: BTreeMap<&'static str, Vec<OverlapPair>>,
}

/// One person's withdrawal and its effect.
#[derive(Debug, Clone)]
pub(crate) struct Withdrawal {
    pub(crate) audience: Text,
    pub(crate) before: u64,
    pub(crate) after: u64,
    pub(crate) other_purpose_before: u64,
    pub(crate) other_purpose_after: u64,
}

/// What was refused, in the words of the policy or of the engine.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) asked: Text,
    /// Clause, fact, remedy.
    pub(crate) reasons: Vec<(String, Text, Text)>,
}

/// The people and things of the story.
pub(crate) struct Cast<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) caller: Caller,
    pub(crate) datasets: &'a BTreeMap<String, Loaded>,
    pub(crate) instruction: InstructionId,
}

impl Cast<'_> {
    fn ids(&self) -> BTreeMap<String, DatasetId> {
        self.datasets
            .iter()
            .map(|(name, loaded)| (name.clone(), loaded.id))
            .collect()
    }

    fn ask(&self, purpose_id: &str, query: Query) -> Result<Ask, DemoError> {
        Ok(Ask {
            purpose: purpose(purpose_id)?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            instruction: self.instruction,
            exception: None,
            datasets: self.ids(),
            wants: Wants::default(),
            query,
            rules: questions::named_rules(),
            as_of: questions::end_of_year(),
        })
    }

    async fn run(&self, purpose_id: &str, query: Query) -> Result<Done, DemoError> {
        let ask = self.ask(purpose_id, query)?;
        Ok(self.platform.run(&self.caller, &ask).await?.done()?)
    }

    async fn evaluate(&self, id: AudienceId, purpose_id: &str) -> Result<Done, DemoError> {
        let evaluation = Evaluation {
            purpose: purpose(purpose_id)?,
            instruction: self.instruction,
            exception: None,
            as_of: questions::end_of_year(),
        };
        Ok(self
            .platform
            .evaluate_audience(&self.caller, id, &evaluation)
            .await?
            .done()?)
    }

    /// Saves and evaluates the audiences under both purposes.
    pub(crate) async fn audiences(
        &self,
        receipts: &mut Vec<ReceiptId>,
        lang: Lang,
    ) -> Result<Vec<AudienceRun>, DemoError> {
        let mut runs = Vec::new();
        for asked in questions::audiences() {
            let spec = AudienceSpec {
                audience: asked.audience,
                datasets: self.ids(),
                rules: BTreeMap::new(),
            };
            let saved_for = purpose(PURPOSES[0])?;
            let name = asked.name.get(lang);
            let id = self
                .platform
                .save_audience(&self.caller, name, &saved_for, &spec)
                .await?;
            let mut by_purpose = BTreeMap::new();
            for purpose_id in PURPOSES {
                let done = self.evaluate(id, purpose_id).await?;
                receipts.push(done.receipt);
                let size = done.audience_size();
                let size = size.ok_or(DemoError::Broken("an audience has no size"))?;
                if !size.funnels.values().all(Funnel::adds_up) {
                    return Err(DemoError::Broken("a funnel does not add up"));
                }
                by_purpose.insert(purpose_id, (size.people, size.funnels));
            }
            runs.push(AudienceRun {
                id,
                name: asked.name,
                rule: asked.rule,
                by_purpose,
            });
        }
        Ok(runs)
    }

    /// Computes stages, flow, profile and overlap under both purposes.
    pub(crate) async fn insight(
        &self,
        receipts: &mut Vec<ReceiptId>,
    ) -> Result<Insight, DemoError> {
        let mut insight = Insight {
            stages: BTreeMap::new(),
            flows: BTreeMap::new(),
            profiles: BTreeMap::new(),
            overlaps: BTreeMap::new(),
        };
        let other = || DemoError::Broken("a run answered another question");
        for purpose_id in PURPOSES {
            let done = self.run(purpose_id, stages()).await?;
            receipts.push(done.receipt);
            let QueryResult::Stages(stages) = done.outcome.result else {
                return Err(other());
            };
            insight.stages.insert(purpose_id, stages);

            let done = self.run(purpose_id, flow()).await?;
            receipts.push(done.receipt);
            let QueryResult::Flow(flow) = done.outcome.result else {
                return Err(other());
            };
            insight.flows.insert(purpose_id, *flow);

            let done = self.run(purpose_id, profile()).await?;
            receipts.push(done.receipt);
            let QueryResult::Profile(profile) = done.outcome.result else {
                return Err(other());
            };
            insight.profiles.insert(purpose_id, profile);

            let done = self.run(purpose_id, overlap()).await?;
            receipts.push(done.receipt);
            let QueryResult::Overlap(pairs) = done.outcome.result else {
                return Err(other());
            };
            insight.overlaps.insert(purpose_id, pairs);
        }
        Ok(insight)
    }

    /// Withdraws the consent of one member of an audience and evaluates it again.
    pub(crate) async fn withdraw(
        &self,
        audience: &AudienceRun,
        member: i64,
        receipts: &mut Vec<ReceiptId>,
    ) -> Result<Withdrawal, DemoError> {
        let [first, second] = PURPOSES;
        let size = |id| audience.by_purpose.get(id).map_or(0, |(people, _)| *people);
        let value = Pii::new(member.to_string());
        let kind = IdentifierKind::MemberId;
        self.platform
            .withdraw(&self.caller, &kind, &value, &purpose(first)?)
            .await?;
        let mut after = BTreeMap::new();
        for purpose_id in PURPOSES {
            let done = self.evaluate(audience.id, purpose_id).await?;
            receipts.push(done.receipt);
            after.insert(
                purpose_id,
                done.audience_size().map_or(0, |size| size.people),
            );
        }
        let after = |id| after.get(id).copied().unwrap_or(0);
        let told = Withdrawal {
            audience: audience.name.clone(),
            before: size(first),
            after: after(first),
            other_purpose_before: size(second),
            other_purpose_after: after(second),
        };
        if told.before != told.after + 1 || told.other_purpose_before != told.other_purpose_after {
            return Err(DemoError::Broken(
                "a withdrawal did not change exactly one person",
            ));
        }
        Ok(told)
    }

    /// Tries what must be refused.
    pub(crate) async fn refusals(&self, lang: Lang) -> Result<Vec<Refused>, DemoError> {
        Ok(vec![
            self.outside_scope().await?,
            self.undeclared().await?,
            self.expired().await?,
            self.foreign(lang).await?,
            self.slipping_past().await?,
        ])
    }

    async fn outside_scope(&self) -> Result<Refused, DemoError> {
        let asked = Text::new(
            "以“行业研究”为目的统计人群（无人为此同意）",
            "count people for industry research, to which nobody consented",
        );
        let ask = self.ask("research.industry", everyone())?;
        refused(asked, self.platform.run(&self.caller, &ask).await)
    }

    async fn undeclared(&self) -> Result<Refused, DemoError> {
        let asked = Text::new(
            "使用尚未说明来源与合法性的数据集",
            "use a dataset whose source and lawfulness nobody declared",
        );
        let mapping = mappings::coupons();
        let id = self
            .platform
            .create_dataset(&self.caller, "undeclared", &mapping)
            .await?;
        let instruction = self.instruct_for(vec![id], 0, 30).await?;
        let mut ask = self.ask(PURPOSES[0], sql("SELECT count(*) FROM undeclared"))?;
        ask.datasets = BTreeMap::from([(String::from("undeclared"), id)]);
        ask.instruction = instruction;
        refused(asked, self.platform.run(&self.caller, &ask).await)
    }

    async fn expired(&self) -> Result<Refused, DemoError> {
        let asked = Text::new(
            "依据已过期的指示运行",
            "run on an instruction that has ended",
        );
        let datasets = self.datasets.values().map(|it| it.id).collect();
        let instruction = self.instruct_for(datasets, -30, -1).await?;
        let mut ask = self.ask(PURPOSES[0], everyone())?;
        ask.instruction = instruction;
        refused(asked, self.platform.run(&self.caller, &ask).await)
    }

    async fn foreign(&self, lang: Lang) -> Result<Refused, DemoError> {
        let asked = Text::new(
            "另一家企业请求使用本企业的数据集",
            "another enterprise asks for this enterprise's datasets",
        );
        let (name, owner) = ("Hillside Books", "owner@hillside.example");
        let other = enrol(self.platform, name, owner, lang).await?;
        let mapping = mappings::coupons();
        let own = self
            .platform
            .create_dataset(&other, "own", &mapping)
            .await?;
        declare(self.platform, &other, own).await?;
        let now = self.platform.now();
        let period = Period {
            from: now,
            until: now.plus_days(30),
        };
        let instruction =
            instruct(self.platform, &other, &["marketing"], vec![own], period).await?;
        let mut ask = self.ask(PURPOSES[0], everyone())?;
        ask.instruction = instruction;
        refused(asked, self.platform.run(&other, &ask).await)
    }

    async fn slipping_past(&self) -> Result<Refused, DemoError> {
        let asked = Text::new(
            "以 SQL 更改目的：SET yuntu.purpose = 'service.care'",
            "slip past with SQL: SET yuntu.purpose = 'service.care'",
        );
        let ask = self.ask(PURPOSES[0], sql("SET yuntu.purpose = 'service.care'"))?;
        refused(asked, self.platform.run(&self.caller, &ask).await)
    }

    async fn instruct_for(
        &self,
        datasets: Vec<DatasetId>,
        from_days: i32,
        until_days: i32,
    ) -> Result<InstructionId, DemoError> {
        let now = self.platform.now();
        let period = Period {
            from: now.plus_days(from_days),
            until: now.plus_days(until_days),
        };
        instruct(
            self.platform,
            &self.caller,
            &["marketing"],
            datasets,
            period,
        )
        .await
    }
}

fn everyone() -> Query {
    Query::Audience(AudienceQuery {
        audience: Audience::Everyone(Everyone::default()),
    })
}

fn sql(text: &str) -> Query {
    Query::Sql(SqlQuery {
        sql: text.to_owned(),
    })
}

fn stages() -> Query {
    Query::Stages(StagesQuery {
        rules: RULES.to_owned(),
        at: Moment::Now,
        within: None,
    })
}

fn flow() -> Query {
    Query::Flow(FlowQuery {
        rules: RULES.to_owned(),
        start: Moment::At(questions::mid_year()),
        end: Moment::Now,
        within: None,
        reordered: None,
    })
}

/// How small a group may be before its figures are shown as undefined.
const GROUP_MIN: u64 = 10;

fn profile() -> Query {
    let profiled = named_audiences().remove(questions::PROFILED);
    let dimension = |column: &str| Dimension {
        dataset: String::from("people"),
        column: column.to_owned(),
    };
    Query::Profile(ProfileQuery {
        target: profiled.unwrap_or(Audience::Everyone(Everyone::default())),
        base: None,
        dimensions: vec![dimension("age"), dimension("household_size")],
        group_min: GROUP_MIN,
    })
}

fn overlap() -> Query {
    Query::Overlap(OverlapQuery {
        audiences: named_audiences(),
        group_min: GROUP_MIN,
    })
}

fn named_audiences() -> BTreeMap<String, Audience> {
    let asked = questions::audiences().into_iter().map(|it| it.audience);
    let names = questions::KEYS.into_iter().map(str::to_owned);
    names.zip(asked).collect()
}

fn refused(asked: Text, answer: Result<Answer, AppError>) -> Result<Refused, DemoError> {
    let reasons = match answer {
        Ok(Answer::Refused(refusal)) => reasons_of(&refusal),
        Ok(Answer::Done(_)) => return Err(DemoError::Broken("what must be refused was done")),
        Err(AppError::Engine(error)) => vec![engine_reason(&error)],
        Err(error) => return Err(error.into()),
    };
    Ok(Refused { asked, reasons })
}

fn reasons_of(refusal: &Refusal) -> Vec<(String, Text, Text)> {
    let both = |f: &dyn Fn(Lang) -> &'static str| Text::new(f(Lang::Zh), f(Lang::En));
    let mut reasons: Vec<_> = refusal
        .reasons()
        .map(|reason| {
            let fact = reason.fact();
            let what = both(&|lang| fact.what(lang));
            (
                reason.clause().to_string(),
                what,
                both(&|lang| fact.remedy(lang)),
            )
        })
        .collect();
    reasons.dedup();
    reasons
}

/// The engine's refusals of statements stand on U2: what a run may do comes from the instruction, never from its text.
fn engine_reason(error: &EngineError) -> (String, Text, Text) {
    let clause = if let EngineError::Refused(refused) = error {
        refused.clause()
    } else {
        yuntu_terms::ClauseId::u(2)
    };
    let what = yuntu_app::engine_text(error);
    let remedy = Text::new(
        "请以一条 SELECT 语句提问；目的由指示和许可决定，语句无法更改",
        "Ask with one SELECT; the purpose comes from instruction and permit, and no statement can change it",
    );
    (clause.to_string(), what, remedy)
}
