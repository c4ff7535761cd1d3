//! Lawful exceptions to consent: each of the statement's twelve and nine, walked from its data (R7, R21).

use std::collections::BTreeMap;

use yuntu_app::consent::Funnel;
use yuntu_app::exceptions::{ExceptionError, ProofInput};
use yuntu_app::policy::{ExceptionState, PartnerRole, Period, Role};
use yuntu_app::store::{Contact, NewExceptionUse, NewInstruction};
use yuntu_app::{AppError, Ask, Caller, Platform, TypedDeclaration};
use yuntu_statement::{Exception, ExceptionList, Invoker, Proof, ProofForm, Statement};
use yuntu_terms::{
    DatasetId, Digest, ExceptionUseId, InstructionId, Lang, LegalBasis, Operation, Pii, Purpose,
    Recipient, Region, Timestamp, clause,
};
use yuntu_testkit::pdf;

use crate::declarations::entries;
use crate::partners::register;
use crate::world::{World, declaration, everyone, mapping, prove};

mod life;

crate::on_both!(
    each_exception_is_walked_from_the_data_of_the_statement,
    what_has_no_ground_in_law_is_refused_with_the_reason_of_the_statement,
    a_use_opens_its_datasets_and_nothing_beside_them,
    what_a_use_says_is_checked_before_it_is_kept,
);

/// An enterprise whose declaration claims every ground, with somebody for each function, and a partner.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) instruction: InstructionId,
    pub(crate) partner: Recipient,
    pub(crate) staff: BTreeMap<Invoker, Caller>,
    /// A member without a function.
    pub(crate) viewer: Caller,
}

impl Office {
    pub(crate) async fn of(world: World) -> Self {
        declare_all(&world, world.people).await;
        let partner = register(&world, PartnerRole::Independent, Region::CN).await;
        let instruction = instruct(&world, vec![world.people], partner).await;
        let viewer = member(&world, Role::Viewer).await;
        let mut staff = BTreeMap::new();
        for function in Invoker::ALL {
            let who = member(&world, Role::Viewer).await;
            let given =
                world
                    .platform
                    .set_function(&world.caller, who.representative, *function, true);
            given.await.unwrap();
            staff.insert(*function, who);
        }
        Self {
            world,
            instruction,
            partner,
            staff,
            viewer,
        }
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.world.platform
    }

    /// Somebody who may invoke it.
    pub(crate) fn invoker(&self, exception: &Exception) -> &Caller {
        &self.staff[exception.invokers.first().unwrap()]
    }

    pub(crate) fn new_use(&self, exception: &Exception, purpose: &Purpose) -> NewExceptionUse {
        let now = self.platform().now();
        let (operation, recipient) = match exception.list {
            ExceptionList::Collection => (Operation::Process, Recipient::Enterprise),
            ExceptionList::Provision => (Operation::Share, self.partner),
        };
        NewExceptionUse {
            clause: exception.clause,
            datasets: vec![self.world.people],
            purpose: purpose.clone(),
            operation,
            recipient,
            period: Period {
                from: now,
                until: now.plus_days(1),
            },
            why: String::from("the case at hand"),
        }
    }

    pub(crate) async fn draft(
        &self,
        exception: &Exception,
        new: &NewExceptionUse,
    ) -> ExceptionUseId {
        let drafted = self
            .platform()
            .draft_exception(self.invoker(exception), new);
        drafted.await.unwrap()
    }

    pub(crate) async fn put(&self, exception: &Exception, id: ExceptionUseId, proof: Proof) {
        let input = input(proof, self.platform().now());
        let added = self
            .platform()
            .add_exception_proof(self.invoker(exception), id, proof, input);
        added.await.unwrap();
    }

    /// Brings a use into force: drafted, proved, invoked, and confirmed by the owner.
    pub(crate) async fn open(&self, clause: &str, purpose: &str) -> ExceptionUseId {
        let exception = exception(clause);
        let new = self.new_use(exception, &purpose.parse().unwrap());
        let id = self.draft(exception, &new).await;
        for proof in &exception.proofs {
            self.put(exception, id, *proof).await;
        }
        let platform = self.platform();
        let digest = platform.invoke_exception(self.invoker(exception), id);
        let digest = digest.await.unwrap();
        let confirmed = platform.confirm_exception(&self.world.caller, id, digest);
        confirmed.await.unwrap();
        id
    }

    pub(crate) fn ask(&self, id: ExceptionUseId, new: &NewExceptionUse) -> Ask {
        Ask {
            operation: new.operation,
            recipient: new.recipient,
            exception: Some(id),
            ..self
                .world
                .ask(self.instruction, new.purpose.as_str(), everyone())
        }
    }

    /// The codes of what a run lacks; nothing when it was done.
    pub(crate) async fn lacks(&self, ask: &Ask) -> Vec<&'static str> {
        let answer = self.platform().run(&self.world.caller, ask).await.unwrap();
        match answer.done() {
            Ok(_) => Vec::new(),
            Err(error) => codes(&error),
        }
    }
}

pub(crate) fn exception(clause: &str) -> &'static Exception {
    let statement = Statement::in_force().unwrap();
    statement.exception(clause.parse().unwrap()).unwrap()
}

fn input(proof: Proof, now: Timestamp) -> ProofInput {
    match proof.form() {
        ProofForm::Paper => ProofInput::File {
            name: String::from("paper.pdf"),
            bytes: pdf(proof.code()),
        },
        ProofForm::Words => ProofInput::Words(String::from("Article 9 of the Act")),
        ProofForm::Day => ProofInput::Day(now.plus_days(2)),
    }
}

pub(crate) fn codes(error: &AppError) -> Vec<&'static str> {
    let refusal = error.refusal().unwrap_or_else(|| panic!("{error:?}"));
    refusal.reasons().map(|it| it.fact().code()).collect()
}

async fn member(world: &World, role: Role) -> Caller {
    let now = world.platform.now();
    let period = Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    };
    let contact = Contact {
        name: Pii::new(String::from("Member")),
        phone: None,
        email: None,
    };
    let letter = (Digest::new([3; 32]), period);
    let added = world
        .platform
        .add_representative(&world.caller, role, contact, Lang::En, letter);
    Caller::of(world.caller.enterprise, added.await.unwrap())
}

async fn declare_all(world: &World, dataset: DatasetId) {
    let (platform, caller) = (&world.platform, &world.caller);
    let kind = yuntu_app::policy::EvidenceKind::ConsentForm;
    let paper = prove(platform, caller, dataset, kind).await;
    let declared = TypedDeclaration {
        bases: LegalBasis::ALL.to_vec(),
        ..declaration(platform, vec![paper])
    };
    platform
        .declare_source(caller, dataset, declared)
        .await
        .unwrap();
}

async fn instruct(world: &World, datasets: Vec<DatasetId>, partner: Recipient) -> InstructionId {
    let now = world.platform.now();
    let purposes = ["marketing", "research", "service"];
    let new = NewInstruction {
        purposes: purposes.map(|it| it.parse().unwrap()).to_vec(),
        operations: vec![Operation::Process, Operation::Share],
        recipients: vec![Recipient::Enterprise, partner],
        datasets,
        period: Period {
            from: now,
            until: now.plus_days(300),
        },
        note: None,
    };
    world.platform.instruct(&world.caller, &new).await.unwrap()
}

async fn each_exception_is_walked_from_the_data_of_the_statement(world: World) {
    let _marks = (clause::check!(R7), clause::check!(R21), clause::check!(R23));
    let office = Office::of(world).await;
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    let view = office
        .platform()
        .exceptions(&office.viewer, None)
        .await
        .unwrap();
    assert_eq!(view.rows.len(), 21);
    for row in view.rows {
        let Some(rule) = row.purposes.first() else {
            nothing_opens(&office, row.exception).await;
            closed.push(row.exception.clause.to_string());
            continue;
        };
        let new = office.new_use(row.exception, &rule.id);
        let others = row.purposes.iter().map(|it| it.id.clone());
        let other = others.into_iter().find(|it| *it != new.purpose);
        let id = from_draft_to_invoked(&office, row.exception, &new).await;
        from_invoked_to_ended(&office, row.exception, (id, &new), other).await;
        opened.push(row.exception.clause.to_string());
    }
    let provided = ["R21a", "R21g", "R21h"];
    let processed = ["R7a", "R7b", "R7c", "R7d", "R7e", "R7f", "R7g", "R7h"];
    assert_eq!(opened, [&processed[..], &provided[..]].concat());
    assert_eq!(closed.len(), 10, "{closed:?}");
}

/// What is not available, and what opens no purpose at present, is refused before anything is kept.
async fn nothing_opens(office: &Office, exception: &Exception) {
    let new = office.new_use(exception, &"marketing".parse().unwrap());
    for caller in office.staff.values() {
        let error = office.platform().draft_exception(caller, &new).await;
        let error = error.unwrap_err();
        if let AppError::Exception(ExceptionError::Unavailable { because, .. }) = &error {
            assert_eq!(*because, exception.unavailable);
            let (text, reason) = (error.text(), exception.unavailable.clone().unwrap());
            assert!(text.en.contains(&reason.en) && text.zh.contains(&reason.zh));
        } else if let AppError::Exception(ExceptionError::OpensNothing { purposes, .. }) = &error {
            assert!(purposes.is_empty() && exception.is_available());
        } else {
            assert_eq!(codes(&error), ["exception_invoker"], "{}", exception.clause);
        }
    }
}

async fn from_draft_to_invoked(
    office: &Office,
    exception: &Exception,
    new: &NewExceptionUse,
) -> ExceptionUseId {
    let platform = office.platform();
    let invoker = office.invoker(exception);
    // Who has no function, and who has another one, may not.
    let others = office.staff.iter();
    let others = others.filter(|(function, _)| !exception.invokers.contains(function));
    let others = others.map(|(_, caller)| caller);
    for caller in [&office.world.caller, &office.viewer]
        .into_iter()
        .chain(others)
    {
        let error = platform.draft_exception(caller, new).await.unwrap_err();
        assert_eq!(codes(&error), ["exception_invoker"], "{}", exception.clause);
    }
    // Without each single proof.
    for missing in &exception.proofs {
        let id = office.draft(exception, new).await;
        for proof in exception.proofs.iter().filter(|it| *it != missing) {
            office.put(exception, id, *proof).await;
        }
        let error = platform.invoke_exception(invoker, id).await.unwrap_err();
        let AppError::Exception(ExceptionError::Lacks { proofs, .. }) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(proofs, &[*missing], "{}", exception.clause);
        assert!(error.text().en.contains(missing.name(Lang::En)));
        let end = platform.end_exception(invoker, id, "a try");
        end.await.unwrap();
        let lacking = office.lacks(&office.ask(id, new)).await;
        for fact in ["exception_invoker", "exception_proof", "exception_standing"] {
            assert!(lacking.contains(&fact), "{lacking:?}");
        }
    }
    let id = office.draft(exception, new).await;
    for proof in &exception.proofs {
        office.put(exception, id, *proof).await;
    }
    let lacking = office.lacks(&office.ask(id, new)).await;
    let before = [
        "exception_invoker",
        "exception_confirmed",
        "exception_standing",
    ];
    assert_eq!(lacking, before, "{}", exception.clause);
    id
}

async fn from_invoked_to_ended(
    office: &Office,
    exception: &Exception,
    (id, new): (ExceptionUseId, &NewExceptionUse),
    other: Option<Purpose>,
) {
    let (platform, owner) = (office.platform(), &office.world.caller);
    let (invoker, ask) = (office.invoker(exception), office.ask(id, new));
    let digest = platform.invoke_exception(invoker, id).await.unwrap();
    let waiting = ["exception_confirmed", "exception_standing"];
    assert_eq!(office.lacks(&ask).await, waiting, "{}", exception.clause);
    let refused = async |caller| {
        let confirmed = platform.confirm_exception(caller, id, digest).await;
        codes(&confirmed.unwrap_err())
    };
    assert_eq!(refused(invoker).await, ["exception_confirmed"]);
    assert_eq!(refused(&office.viewer).await, ["exception_control"]);
    let another = platform
        .confirm_exception(owner, id, Digest::new([8; 32]))
        .await;
    let changed = AppError::Exception(ExceptionError::Changed);
    assert_eq!(another.unwrap_err().to_string(), changed.to_string());
    assert_eq!(office.lacks(&ask).await, waiting);
    platform.confirm_exception(owner, id, digest).await.unwrap();

    assert!(office.lacks(&ask).await.is_empty(), "{}", exception.clause);
    if let Some(purpose) = other {
        let outside = Ask {
            purpose,
            ..ask.clone()
        };
        let lacking = office.lacks(&outside).await;
        assert!(lacking.contains(&"exception_purpose"), "{lacking:?}");
    }
    let clock = &office.world.parts.clock;
    clock.set(Timestamp::from_micros(new.period.until.as_micros() - 1));
    assert!(
        office.lacks(&ask).await.is_empty(),
        "the last moment inside"
    );
    clock.set(new.period.until);
    assert_eq!(office.lacks(&ask).await, ["exception_period"]);

    let next = NewExceptionUse {
        period: Period {
            from: new.period.until,
            until: new.period.until.plus_days(1),
        },
        ..new.clone()
    };
    let id = office
        .open(&exception.clause.to_string(), next.purpose.as_str())
        .await;
    let ask = office.ask(id, &next);
    assert!(office.lacks(&ask).await.is_empty());
    platform
        .end_exception(invoker, id, "no longer needed")
        .await
        .unwrap();
    assert_eq!(office.lacks(&ask).await, ["exception_standing"]);
    let found = platform
        .view_exception_use(&office.viewer, id)
        .await
        .unwrap();
    assert_eq!(found.state, ExceptionState::Ended);
}

async fn what_has_no_ground_in_law_is_refused_with_the_reason_of_the_statement(world: World) {
    let _marks = (clause::check!(R7), clause::check!(R21));
    let office = Office::of(world).await;
    let unavailable: Vec<_> = Statement::in_force()
        .unwrap()
        .exceptions()
        .iter()
        .filter(|it| !it.is_available())
        .collect();
    let named: Vec<String> = unavailable.iter().map(|it| it.clause.to_string()).collect();
    assert_eq!(named, ["R7i", "R7k"]);
    for exception in unavailable {
        let new = office.new_use(exception, &"service".parse().unwrap());
        for caller in office.staff.values() {
            let error = office.platform().draft_exception(caller, &new).await;
            let text = error.unwrap_err().text();
            let because = exception.unavailable.as_ref().unwrap();
            assert!(text.zh.ends_with(&because.zh) && text.en.ends_with(&because.en));
        }
    }
    let view = office
        .platform()
        .exceptions(&office.viewer, None)
        .await
        .unwrap();
    assert!(view.uses.is_empty(), "nothing was kept");
}

async fn a_use_opens_its_datasets_and_nothing_beside_them(world: World) {
    let _mark = clause::check!(R7);
    let office = Office::of(world).await;
    let (platform, owner) = (office.platform(), &office.world.caller);
    let beside = platform.create_dataset(owner, "beside", &mapping()).await;
    let beside = beside.unwrap();
    declare_all(&office.world, beside).await;
    let both = vec![office.world.people, beside];
    let instruction = instruct(&office.world, both, office.partner).await;
    let id = office.open("R7g", "marketing.insight").await;
    let new = office.new_use(exception("R7g"), &"marketing.insight".parse().unwrap());
    let mut ask = Ask {
        instruction,
        ..office.ask(id, &new)
    };
    assert!(office.lacks(&ask).await.is_empty());
    ask.datasets.insert(String::from("beside"), beside);
    assert_eq!(office.lacks(&ask).await, ["exception_dataset"]);
    // Another enterprise knows nothing of it.
    let foreign = crate::world::enrol(platform, "Second").await;
    let seen = platform.view_exception_use(&foreign, id).await;
    assert!(matches!(seen, Err(AppError::Missing { .. })));
    let run = platform.run(&foreign, &ask).await;
    assert!(matches!(run, Err(AppError::Missing { .. })));
}

/// The longest use that there may be, and what is wrong in one way each.
fn wrong_uses(
    exception: &Exception,
    good: &NewExceptionUse,
) -> (NewExceptionUse, [NewExceptionUse; 10]) {
    let days = i32::try_from(exception.days_max.unwrap()).unwrap();
    let longest = Period {
        from: good.period.from,
        until: good.period.from.plus_days(days),
    };
    let until = Timestamp::from_micros(longest.until.as_micros() + 1);
    let period = |period| NewExceptionUse {
        period,
        ..good.clone()
    };
    let wrong = [
        period(Period { until, ..longest }),
        period(Period {
            until: longest.from,
            ..longest
        }),
        period(Period {
            from: longest.from.plus_days(-2),
            until: longest.from,
        }),
        NewExceptionUse {
            why: String::from(" "),
            ..good.clone()
        },
        NewExceptionUse {
            why: "x".repeat(2_001),
            ..good.clone()
        },
        NewExceptionUse {
            datasets: Vec::new(),
            ..good.clone()
        },
        NewExceptionUse {
            datasets: vec![good.datasets[0]; 11],
            ..good.clone()
        },
        NewExceptionUse {
            recipient: Recipient::Public,
            ..good.clone()
        },
        NewExceptionUse {
            operation: Operation::Publicise,
            ..good.clone()
        },
        NewExceptionUse {
            purpose: "research".parse().unwrap(),
            ..good.clone()
        },
    ];
    (period(longest), wrong)
}

async fn what_a_use_says_is_checked_before_it_is_kept(world: World) {
    let _mark = clause::check!(R7);
    let office = Office::of(world).await;
    let platform = office.platform();
    for clause in ["R7a", "R7e", "R21a"] {
        let exception = exception(clause);
        let invoker = office.invoker(exception);
        let purpose: Purpose = match clause {
            "R21a" => "marketing",
            _ => "service",
        }
        .parse()
        .unwrap();
        let good = office.new_use(exception, &purpose);
        let (longest, wrong) = wrong_uses(exception, &good);
        platform.draft_exception(invoker, &longest).await.unwrap();
        for new in wrong {
            let error = platform.draft_exception(invoker, &new).await.unwrap_err();
            let text = error.text();
            assert_eq!(error.kind(), yuntu_terms::ErrorKind::Invalid, "{new:?}");
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
        }
    }
    let view = platform.exceptions(&office.viewer, None).await.unwrap();
    assert_eq!(view.uses.len(), 3, "what is wrong is not kept");
    let kinds = entries(&office.world, "exception.drafted").await;
    assert!(kinds.is_empty(), "the owner drafted none");
}

pub(crate) fn funnel_of(done: &yuntu_app::Done) -> Funnel {
    done.outcome.funnels["people"]
}
