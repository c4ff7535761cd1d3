//! Stages, flow, profile and overlap over a small brand whose numbers can be counted by hand.

use yuntu_engine::audience::{
    Condition, Everyone, Moment, Sample, SampleSize, StageChange, StageMembership, Window,
};
use yuntu_engine::{
    Audience, AudienceQuery, Behaviour, Dimension, EngineError, FlowQuery, Outcome, OverlapQuery,
    ProfileQuery, Query, QueryResult, RunInput, Scene, StageRule, StageRules, StagesQuery,
};
use yuntu_lake::ColumnType::{Int, Text};
use yuntu_policy::RecordedPermit;
use yuntu_terms::RelationStage::{Act, Advocate, Appeal, Ask, Aware, Opportunity};
use yuntu_terms::{ColumnClass, RelationStage, Text as Name};

use crate::rig::{Loaded, MEMBER, Rig, classed, col, people, time};

struct Brand {
    rig: Rig,
    permit: RecordedPermit,
    input: RunInput,
}

impl Brand {
    async fn ask(&self, query: &Query) -> Result<Outcome, EngineError> {
        self.rig
            .engine(2)
            .run(&self.permit, &self.input, query)
            .await
    }

    async fn members(&self, audience: Audience) -> Vec<u32> {
        people(
            &self
                .ask(&Query::Audience(AudienceQuery { audience }))
                .await
                .unwrap(),
        )
    }
}

/// 300 people, the last 100 without consent. Of each ten: 0 to 3 never saw the brand, 4 and 5 saw it, 6 clicked, 7
/// searched, 8 bought once, 9 bought twice; 40 days ago nobody had bought twice and 7 had only clicked.
#[expect(clippy::too_many_lines, reason = "one table after another")]
async fn brand() -> Brand {
    let mut rig = Rig::new(10_000).await;
    rig.register(300).await;
    let ages = (0..300).map(|p| {
        vec![
            format!("m{p}"),
            if p % 10 < 5 { "18-23" } else { "24-30" }.into(),
        ]
    });
    let ages: Vec<_> = ages.collect();
    let all = rig
        .load("people", &[MEMBER, col("age_band", Text)], &ages)
        .await;
    let (mut contacts, mut orders, mut visits) = (Vec::new(), Vec::new(), Vec::new());
    for p in 0..300 {
        let mut touch = |event: &str, day: &str| {
            contacts.push(vec![
                format!("m{p}"),
                format!("{day}T12:00:00Z"),
                event.into(),
            ]);
        };
        match p % 10 {
            4 | 5 => touch("show", "2026-02-20"),
            6 => touch("click", "2026-02-20"),
            7 => {
                touch("click", "2026-01-10");
                touch("search", "2026-02-25");
            }
            _ => {}
        }
        if p % 10 >= 8 {
            orders.push(vec![
                format!("m{p}"),
                "2026-01-05T09:00:00Z".into(),
                format!("o{p}"),
            ]);
        }
        if p % 10 == 9 {
            orders.push(vec![
                format!("m{p}"),
                "2026-02-10T09:00:00Z".into(),
                format!("p{p}"),
            ]);
        }
        visits.push(vec![
            format!("m{p}"),
            format!("2026-02-{:02}T10:00:00Z", p % 28 + 1),
            (p % 5).to_string(),
            (p % 3).to_string(),
        ]);
    }
    let contacts = rig
        .load(
            "contacts",
            &[MEMBER, time("at"), col("event", Text)],
            &contacts,
        )
        .await;
    let orders = rig
        .load("orders", &[MEMBER, time("at"), col("order", Text)], &orders)
        .await;
    let visits = rig
        .load(
            "visits",
            &[MEMBER, time("at"), col("store", Int), col("week", Int)],
            &visits,
        )
        .await;
    let plain = |name| classed(name, Int, ColumnClass::NonPersonal);
    let shown: Vec<_> = [(1, 0), (2, 2)]
        .iter()
        .map(|(s, w): &(i32, i32)| vec![s.to_string(), w.to_string(), "69".into()])
        .collect();
    let promotions = rig
        .load(
            "promotions",
            &[plain("store"), plain("week"), plain("product")],
            &shown,
        )
        .await;
    let datasets: Vec<Loaded> = vec![all, contacts, orders, visits, promotions];
    let consent = rig.consent(0..200, []);
    let permit = rig.permit(
        &datasets,
        &[ColumnClass::NonPersonal, ColumnClass::Personal],
        &consent,
    );
    let mut input = rig.input(&datasets, &consent);
    input.rules.insert("brand".into(), rules());
    Brand { rig, permit, input }
}

fn rules() -> StageRules {
    let name = || Name::new("规则", "rule");
    let stage = |stage, when| StageRule {
        stage,
        behaviours: vec![Behaviour { name: name(), when }],
    };
    let contact = |event: &str, days| {
        Audience::did(
            "contacts",
            Some(Condition::equals("event", event)),
            Window::WithinLastDays(days),
            1,
        )
    };
    let orders = |min: i64| {
        let json = serde_json::json!({"kind": "event", "dataset": "orders", "window": {"within_last_days": 365},
            "measure": {"distinct": "order"}, "is": {"at_least": min}});
        serde_json::from_value(json).unwrap()
    };
    StageRules {
        version: 1,
        name: name(),
        stages: vec![
            stage(Aware, contact("show", 15)),
            stage(Appeal, contact("click", 30)),
            stage(Ask, contact("search", 30)),
            stage(Act, orders(1)),
            stage(Advocate, orders(2)),
        ],
    }
}

fn sizes(outcome: &Outcome) -> Vec<u64> {
    let QueryResult::Stages(stages) = &outcome.result else {
        panic!("stages")
    };
    stages.stages.iter().map(|s| s.people).collect()
}

#[tokio::test]
async fn everybody_admitted_is_in_one_stage_and_the_deepest_wins() {
    let brand = brand().await;
    let query = Query::Stages(StagesQuery {
        rules: "brand".into(),
        at: Moment::Now,
        within: None,
    });
    let outcome = brand.ask(&query).await.unwrap();
    assert_eq!(sizes(&outcome), [80, 40, 20, 20, 20, 20]);
    let QueryResult::Stages(stages) = &outcome.result else {
        panic!("stages")
    };
    assert_eq!(
        (stages.assets, stages.conversion_coefficient),
        (120, Some(3.0))
    );
    assert_eq!(
        (
            stages.base.eligible_base,
            stages.base.all,
            stages.base.coverage
        ),
        (200, 300, Some(200.0 / 300.0))
    );
    let before = Query::Stages(StagesQuery {
        rules: "brand".into(),
        at: Moment::DaysAgo(40),
        within: None,
    });
    assert_eq!(
        sizes(&brand.ask(&before).await.unwrap()),
        [140, 0, 20, 0, 40, 0]
    );
}

#[tokio::test]
async fn the_flow_adds_up_and_names_its_scenes() {
    let brand = brand().await;
    let query = FlowQuery {
        rules: "brand".into(),
        start: Moment::DaysAgo(40),
        end: Moment::Now,
        within: None,
        reordered: None,
    };
    let outcome = brand.ask(&Query::Flow(query)).await.unwrap();
    let QueryResult::Flow(result) = &outcome.result else {
        panic!("flow")
    };
    let flow = &result.flow;
    let cell = |from: RelationStage, to: RelationStage| flow.cells[from as usize][to as usize];
    assert_eq!(cell(Opportunity, Opportunity), 80);
    assert_eq!(
        (cell(Opportunity, Aware), cell(Opportunity, Appeal)),
        (40, 20)
    );
    assert_eq!(
        (cell(Appeal, Ask), cell(Act, Act), cell(Act, Advocate)),
        (20, 20, 20)
    );
    assert_eq!(flow.cells.iter().flatten().sum::<u64>(), 200);
    let scene = |scene| {
        flow.scenes
            .iter()
            .find(|s| s.scene == scene)
            .unwrap()
            .people
    };
    assert_eq!(
        (
            scene(Scene::Recruit),
            scene(Scene::Warm),
            scene(Scene::Interest)
        ),
        (60, 60, 20)
    );
    assert_eq!(
        (
            scene(Scene::ConvertDirectly),
            scene(Scene::ConvertInterest),
            scene(Scene::Repurchase)
        ),
        (0, 0, 20)
    );
    // A cell is an audience.
    let change = StageChange {
        rules: "brand".into(),
        from: [Act].into(),
        to: [Advocate].into(),
        start: Moment::DaysAgo(40),
        end: Moment::Now,
    };
    let expected: Vec<u32> = (0..200).filter(|p| p % 10 == 9).collect();
    assert_eq!(
        brand.members(Audience::StageChanged(change)).await,
        expected
    );
    let membership = StageMembership {
        rules: "brand".into(),
        stages: [Act, Advocate].into(),
        at: Moment::Now,
    };
    assert_eq!(brand.members(Audience::Stage(membership)).await.len(), 40);
}

#[tokio::test]
async fn a_rule_may_rest_on_a_guarded_statement_over_a_lookup() {
    let mut brand = brand().await;
    let seen = Audience::sql(
        "select distinct v.subject from visits v join promotions p on v.store = p.store and v.week = p.week \
         where p.product = 69 and v.at < $as_of and v.at >= $as_of - interval '10 days'",
    );
    let expected: Vec<u32> = (0..200)
        .filter(|p| matches!((p % 5, p % 3), (1, 0) | (2, 2)) && p % 28 + 1 >= 19)
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(brand.members(seen.clone()).await, expected);
    let mut rules = rules();
    rules.stages[0].behaviours[0].when = seen;
    brand.input.rules.insert("brand".into(), rules);
    let query = Query::Stages(StagesQuery {
        rules: "brand".into(),
        at: Moment::Now,
        within: None,
    });
    let aware = expected.iter().filter(|p| *p % 10 < 6).count() as u64;
    assert_eq!(sizes(&brand.ask(&query).await.unwrap())[1], aware);
}

#[tokio::test]
async fn a_profile_counts_shares_against_the_base() {
    let brand = brand().await;
    let query = ProfileQuery {
        target: Audience::did("orders", None, Window::Ever, 1),
        base: None,
        dimensions: vec![Dimension {
            dataset: "people".into(),
            column: "age_band".into(),
        }],
        group_min: 30,
    };
    let outcome = brand.ask(&Query::Profile(query)).await.unwrap();
    let QueryResult::Profile(profile) = &outcome.result else {
        panic!("profile")
    };
    assert_eq!((profile.target, profile.base_population), (40, 200));
    let [only] = profile.dimensions.as_slice() else {
        panic!("one dimension")
    };
    assert_eq!(only.known, 200);
    let [young, old] = only.cells.as_slice() else {
        panic!("two cells")
    };
    assert_eq!((young.counts.target_with_feature, young.tgi), (0, None));
    assert_eq!(
        (old.counts.target_with_feature, old.share, old.penetration),
        (40, Some(1.0), Some(0.4))
    );
    assert!((old.tgi.unwrap() - 200.0).abs() < 1e-9);
}

#[tokio::test]
async fn audiences_overlap_as_counted_and_small_groups_are_not_shown() {
    let brand = brand().await;
    let audiences = [
        (
            "buyers".to_owned(),
            Audience::did("orders", None, Window::Ever, 1),
        ),
        (
            "again".to_owned(),
            Audience::did("orders", None, Window::Ever, 2),
        ),
    ];
    let query = |group_min| {
        Query::Overlap(OverlapQuery {
            audiences: audiences.clone().into(),
            group_min,
        })
    };
    let overlap = async |group_min| {
        let outcome = brand.ask(&query(group_min)).await.unwrap();
        let QueryResult::Overlap(pairs) = outcome.result else {
            panic!("overlap")
        };
        pairs[0].overlap.clone()
    };
    let shown = overlap(10).await;
    assert_eq!((shown.x, shown.y, shown.both), (20, 40, 20));
    assert_eq!(
        (shown.rate_of_x, shown.rate_of_y, shown.jaccard, shown.lift),
        (Some(1.0), Some(0.5), Some(0.5), Some(5.0))
    );
    let hidden = overlap(30).await;
    assert_eq!(
        (hidden.rate_of_x, hidden.rate_of_y, hidden.lift),
        (None, Some(0.5), None)
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place() {
    let mut brand = brand().await;
    let place = async |brand: &Brand, audience: Audience| {
        let error = brand
            .ask(&Query::Audience(AudienceQuery { audience }))
            .await
            .unwrap_err();
        error.to_string()
    };
    let unknown = Audience::all([
        Audience::Everyone(Everyone {}),
        Audience::did("nothing", None, Window::Ever, 1),
    ]);
    assert_eq!(
        place(&brand, unknown).await,
        "audience.of[1].dataset: unknown dataset"
    );
    let lookup = Audience::did("promotions", None, Window::Ever, 1);
    assert_eq!(
        place(&brand, lookup).await,
        "audience.dataset: the dataset is not about persons"
    );
    let column = Audience::having("people", Condition::equals("nothing", 1));
    assert_eq!(
        place(&brand, column).await,
        "audience.where: unknown column"
    );
    let misfit = Audience::having("people", Condition::equals("age_band", 1));
    assert_eq!(
        place(&brand, misfit).await,
        "audience.where: the value or the test does not fit the column"
    );
    let timeless = Audience::did("people", None, Window::WithinLastDays(3), 1);
    assert_eq!(
        place(&brand, timeless).await,
        "audience: the dataset has no time of events"
    );
    let share = Audience::Sample(Sample {
        of: Box::new(Audience::Everyone(Everyone {})),
        seed: "s".into(),
        size: SampleSize::Percent(101.0),
    });
    assert_eq!(
        place(&brand, share).await,
        "audience: the size of the sample or split is out of range"
    );
    assert_eq!(
        place(&brand, Audience::any([])).await,
        "audience: expected at least one part"
    );
    // Rules that refer to themselves.
    let mut circle = rules();
    circle.stages[0].behaviours[0].when = Audience::Stage(StageMembership {
        rules: "brand".into(),
        stages: [Aware].into(),
        at: Moment::Now,
    });
    brand.input.rules.insert("brand".into(), circle);
    let asked = Audience::Stage(StageMembership {
        rules: "brand".into(),
        stages: [Aware].into(),
        at: Moment::Now,
    });
    assert!(
        place(&brand, asked)
            .await
            .ends_with("nested too deeply, or in a circle")
    );
}
