//! What the engine refuses before and while it reads.

use std::sync::Arc;
use std::time::Duration;

use yuntu_consent::ConsentIndex;
use yuntu_engine::{Audience, AudienceQuery, EngineError, Query};
use yuntu_lake::ColumnType::{Int, Text};
use yuntu_policy::PERMIT_LIFETIME;
use yuntu_terms::{ClauseId, ColumnClass, EnterpriseId, ErrorKind, clause};

use crate::rig::{Loaded, MEMBER, NOW, Rig, at, classed, col, people, rows, sql};

const CLASSES: [ColumnClass; 2] = [ColumnClass::NonPersonal, ColumnClass::Personal];

async fn world() -> (Rig, Loaded, Loaded) {
    let mut rig = Rig::new(64).await;
    rig.register(30).await;
    let data: Vec<_> = (0..30)
        .map(|p| vec![format!("m{p}"), (p % 4).to_string()])
        .collect();
    let one = rig.load("people", &[MEMBER, col("kind", Int)], &data).await;
    let lookup = [
        classed("kind", Int, ColumnClass::NonPersonal),
        classed("title", Text, ColumnClass::NonPersonal),
    ];
    let titles: Vec<_> = (0..4)
        .map(|k| vec![k.to_string(), format!("t{k}")])
        .collect();
    let kinds = rig.load("kinds", &lookup, &titles).await;
    (rig, one, kinds)
}

#[tokio::test]
async fn a_permit_opens_what_it_names_and_nothing_else() {
    let _mark = clause::check!(U2);
    let (rig, people, kinds) = world().await;
    let consent = rig.consent(0..10, []);
    let permit = rig.permit(std::slice::from_ref(&people), &CLASSES, &consent);
    let engine = rig.engine(2);
    let input = rig.input(&[people.clone(), kinds], &consent);
    let error = engine
        .run(&permit, &input, &sql("select 1"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, EngineError::Refused(r) if r.clause() == ClauseId::u(2)),
        "{error}"
    );
    let input = rig.input(&[people], &consent);
    assert!(engine.run(&permit, &input, &sql("select 1")).await.is_ok());
}

#[tokio::test]
async fn an_expired_permit_opens_nothing_even_half_way() {
    let _mark = clause::check!(U2);
    let (rig, one, _) = world().await;
    let consent = rig.consent(0..10, []);
    let permit = rig.permit(std::slice::from_ref(&one), &CLASSES, &consent);
    let input = rig.input(&[one], &consent);
    rig.clock.advance(
        PERMIT_LIFETIME
            .checked_sub(Duration::from_micros(1))
            .unwrap(),
    );
    assert!(
        rig.engine(1)
            .run(&permit, &input, &sql("select * from people"))
            .await
            .is_ok()
    );
    rig.clock.advance(Duration::from_micros(1));
    let error = rig
        .engine(1)
        .run(&permit, &input, &sql("select * from people"))
        .await
        .unwrap_err();
    assert_eq!(
        (&error, error.kind()),
        (&EngineError::Expired, ErrorKind::Refused)
    );
}

#[tokio::test]
async fn a_cancelled_run_stops() {
    let (rig, one, _) = world().await;
    let consent = rig.consent(0..10, []);
    let permit = rig.permit(std::slice::from_ref(&one), &CLASSES, &consent);
    let input = rig.input(&[one], &consent);
    input.cancel.cancel();
    let error = rig
        .engine(1)
        .run(&permit, &input, &sql("select * from people"))
        .await
        .unwrap_err();
    assert_eq!(error, EngineError::Cancelled);
}

#[tokio::test]
async fn consent_of_another_version_root_or_enterprise_opens_nothing() {
    let (rig, one, _) = world().await;
    let (newer, older) = (rig.consent(0..10, []), rig.consent(0..9, []));
    let other = rig.consent(5..15, []);
    let foreign = ConsentIndex::new(rig.id::<_>() as EnterpriseId).snapshot(at(NOW));
    let permit = rig.permit(std::slice::from_ref(&one), &CLASSES, &newer);
    for consent in [older, other, foreign] {
        let input = rig.input(std::slice::from_ref(&one), &consent);
        let error = rig
            .engine(1)
            .run(&permit, &input, &sql("select 1"))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, EngineError::Refused(r) if r.clause() == ClauseId::u(4)),
            "{error}"
        );
    }
    // A withdrawal after the decision is obeyed at once: a newer log serves.
    let withdrawn = rig.consent((0..10).chain([0]), []);
    let input = rig.input(&[one], &withdrawn);
    assert!(
        rig.engine(1)
            .run(&permit, &input, &sql("select 1"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_statement_may_name_people_but_never_admit_them() {
    let _mark = clause::check!(U4);
    let (rig, one, kinds) = world().await;
    let consent = rig.consent(0..10, []);
    let both = [one, kinds];
    let permit = rig.permit(&both, &CLASSES, &consent);
    let input = rig.input(&both, &consent);
    let ask = |text: &str| {
        Query::Audience(AudienceQuery {
            audience: Audience::sql(text),
        })
    };
    let engine = rig.engine(2);
    let outcome = engine
        .run(
            &permit,
            &input,
            &ask("select subject from people p join kinds k using (kind) where k.title = 't1'"),
        )
        .await
        .unwrap();
    assert_eq!(people(&outcome), [1, 5, 9]);
    let forged = "select s as subject from (values (1), (11), (29), (77), (-4)) v(s)";
    assert!(
        engine
            .run(&permit, &input, &ask(forged))
            .await
            .is_ok_and(|o| people(&o) == [1])
    );
    let error = engine
        .run(&permit, &input, &ask("select kind from people"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`subject`"), "{error}");
    let complement = Query::Audience(AudienceQuery {
        audience: Audience::not(Audience::sql(forged)),
    });
    let outcome = engine.run(&permit, &input, &complement).await.unwrap();
    assert_eq!(people(&outcome), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn a_lookup_alone_is_not_personal_and_joined_it_is() {
    let _mark = clause::check!(R8);
    let (rig, one, kinds) = world().await;
    let consent = rig.consent(0..10, []);
    let both = [one, kinds];
    let permit = rig.permit(&both, &CLASSES, &consent);
    let input = rig.input(&both, &consent);
    let classes = async |text: &str| -> Vec<&str> {
        let outcome = rig
            .engine(1)
            .run(&permit, &input, &sql(text))
            .await
            .unwrap();
        outcome.labels.iter().map(|l| l.class.code()).collect()
    };
    assert_eq!(
        classes("select title, kind + 1 from kinds where kind > 1").await,
        ["non_personal", "non_personal"]
    );
    assert_eq!(
        classes("select count(*) from kinds").await,
        ["non_personal"]
    );
    for personal in [
        "select count(*) from people",
        "select title from kinds join people using (kind)",
        "select title from kinds where kind in (select kind from people)",
        "select title from kinds k where exists (select 1 from people p where p.kind = k.kind)",
        "select title from kinds union all select 'x' from people",
        "select 1 from people",
        "select (select max(kind) from people)",
        "select title from kinds join people using (kind) where subject > 3 order by subject",
        "select title from kinds where kind in (select kind from people where subject = 4)",
        "select title from kinds, lateral (select 1 from people p where p.kind = kinds.kind) l",
    ] {
        assert_eq!(classes(personal).await, ["personal"], "{personal}");
    }
    assert_eq!(
        classes("select subject, kind from people").await,
        ["identifier", "personal"]
    );
}

#[tokio::test]
async fn a_run_that_needs_too_much_is_stopped() {
    let (rig, one, _) = world().await;
    let consent = rig.consent(0..30, []);
    let permit = rig.permit(std::slice::from_ref(&one), &CLASSES, &consent);
    let input = rig.input(&[one], &consent);
    let config = yuntu_engine::EngineConfig {
        rows_max: 10,
        ..Default::default()
    };
    let engine = yuntu_engine::Engine::new(rig.lake.clone(), Arc::new(rig.clock.clone()), config);
    let error = engine
        .run(&permit, &input, &sql("select * from people"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run needs more rows than its budget allows"
    );
    let error = rig
        .engine(2)
        .run(
            &permit,
            &input,
            &sql("select count(*) from (select distinct a.subject, b.subject, c.subject, d.subject, e.subject \
                 from people a, people b, people c, people d, people e)"),
        )
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run needs more memory than its budget allows"
    );
}

#[tokio::test]
async fn a_whole_table_in_one_cell_is_beyond_the_bytes_of_a_bounded_run() {
    let (rig, one, _) = world().await;
    let consent = rig.consent(0..30, []);
    let permit = rig.permit(std::slice::from_ref(&one), &CLASSES, &consent);
    let mut input = rig.input(&[one], &consent);
    input.bytes_max = Some(64);
    let engine = rig.engine(2);
    let all = "from people a, people b";
    for cell in ["string_agg(a.kind, ',')", "array_agg(a.kind)"] {
        let query = sql(&format!("select {cell} {all}"));
        let error = engine.run(&permit, &input, &query).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the run needs more bytes of its result than its budget allows",
            "{cell}"
        );
        let small = sql(&format!("select {cell} from people a where a.subject < 3"));
        engine.run(&permit, &input, &small).await.unwrap();
    }
    // Rows of many batches count together: 30 times 2 bytes, and 3.
    let rows = |text: &str| sql(&format!("select '{text}' from people"));
    engine.run(&permit, &input, &rows("xx")).await.unwrap();
    let beyond = engine.run(&permit, &input, &rows("xxx")).await;
    assert!(beyond.is_err(), "{beyond:?}");
}

#[tokio::test]
async fn the_receipt_holds_what_was_done_and_repeats_itself() {
    let _mark = clause::check!(U4);
    let (rig, one, kinds) = world().await;
    let consent = rig.consent(0..10, []);
    let both = [one, kinds];
    let permit = rig.permit(&both, &CLASSES, &consent);
    let input = rig.input(&both, &consent);
    let query = sql("select kind, count(*) as n from people group by kind order by kind");
    let outcome = rig.engine(2).run(&permit, &input, &query).await.unwrap();
    let receipt = &outcome.receipt;
    assert_eq!(receipt.permit, permit.id());
    assert_eq!(receipt.permit_digest, permit.digest());
    assert_eq!(
        (receipt.consent_version, receipt.consent_root),
        (10, consent.root())
    );
    assert_eq!((receipt.rows_in, receipt.rows_out), (10, 4));
    let funnel = receipt.datasets["people"].funnel.unwrap();
    assert_eq!(
        (funnel.uploaded, funnel.purpose, funnel.admitted),
        (30, 20, 10)
    );
    assert!(funnel.adds_up());
    assert_eq!(receipt.datasets["kinds"].funnel, None);
    assert_eq!((outcome.base.eligible_base, outcome.base.all), (10, 30));
    let json = receipt.to_canonical_json().unwrap();
    assert_eq!(
        serde_json::from_str::<yuntu_engine::ReceiptBody>(&json).unwrap(),
        *receipt
    );
    let again = rig.engine(1).run(&permit, &input, &query).await.unwrap();
    assert_eq!(again.receipt.to_canonical_json().unwrap(), json);
    let other = rig
        .engine(1)
        .run(&permit, &input, &sql("select 1"))
        .await
        .unwrap();
    assert_ne!(other.receipt.plan_hash, receipt.plan_hash);
    assert_ne!(other.receipt.output_hash, receipt.output_hash);
}

#[tokio::test]
async fn a_look_up_opens_the_rows_of_the_people_it_names_and_of_nobody_else() {
    let _mark = clause::check!(U4);
    let (rig, one, kinds) = world().await;
    let consent = rig.consent(0..10, []);
    let both = [one, kinds];
    let permit = rig.permit(&both, &CLASSES, &consent);
    let input = rig.input(&both, &consent);
    // Ten people are admitted, with one row each; 20 is refused, and there is no 4000.
    for (named, opened, found) in [
        ("subject = 3", 1, "1"),
        ("subject = 3 and kind is not null", 1, "1"),
        ("subject in (3, 5, 20, 4000)", 2, "2"),
        ("subject in (3, 5) and subject = 5", 1, "1"),
        ("subject = 3 and subject = 5", 0, "0"),
        ("subject = 20", 0, "0"),
        ("subject = 4000", 0, "0"),
        ("not subject = 3", 10, "9"),
        ("subject = 3 or subject = 5", 2, "2"),
        ("subject <> 3 and subject < 5", 10, "4"),
    ] {
        for partitions in [1, 2] {
            let query = sql(&format!("select count(*) from people where {named}"));
            let run = rig.engine(partitions).run(&permit, &input, &query).await;
            let outcome = run.unwrap();
            assert_eq!(outcome.receipt.rows_in, opened, "{named}");
            assert_eq!(rows(&outcome), [[found]], "{named}");
        }
    }
}

/// Each of these goes on for days without asking the scan for a row.
const ENDLESS: [&str; 3] = [
    "select count(*) from people a, people b, people c, people d, people e, people f, people g, people h, people i",
    "select a.kind, count(*) from people a, people b, people c, people d, people e, people f, people g, people h, \
     people i where a.kind <> b.kind or c.subject > d.subject group by a.kind",
    "select max(a.subject + b.subject + c.subject + d.subject + e.subject + f.subject + g.subject + h.subject) \
     from people a, people b, people c, people d, people e, people f, people g, people h \
     where a.subject + b.subject + c.subject + d.subject < 0 or a.subject < h.subject",
];

#[tokio::test]
async fn an_endless_statement_ends_with_its_time_and_leaves_no_thread_busy() {
    let _mark = clause::check!(U2);
    let (rig, one, _) = world().await;
    let consent = rig.consent(0..20, []);
    let only = [one];
    let permit = rig.permit(&only, &CLASSES, &consent);
    let input = rig.input(&only, &consent);
    let config = yuntu_engine::EngineConfig {
        time_max: Duration::from_millis(200),
        ..yuntu_engine::EngineConfig::default()
    };
    let engine = yuntu_engine::Engine::new(rig.lake.clone(), Arc::new(rig.clock.clone()), config);
    for endless in ENDLESS {
        let error = engine
            .run(&permit, &input, &sql(endless))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the run needs more time than its budget allows"
        );
    }
    // As many as there are threads, and more: were they still at it, this one would never have its turn.
    let quick = sql("select count(*) from people");
    let outcome = engine.run(&permit, &input, &quick).await.unwrap();
    assert_eq!(rows(&outcome), [["20"]]);
}

#[tokio::test]
async fn a_run_is_cancelled_while_it_joins() {
    let (rig, one, _) = world().await;
    let consent = rig.consent(0..20, []);
    let only = [one];
    let permit = rig.permit(&only, &CLASSES, &consent);
    let input = rig.input(&only, &consent);
    let cancel = input.cancel.clone();
    let engine = rig.engine(2);
    let query = sql(ENDLESS[0]);
    let stopped = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel();
    };
    let (run, ()) = tokio::join!(engine.run(&permit, &input, &query), stopped);
    assert!(matches!(run.unwrap_err(), EngineError::Cancelled));
}
