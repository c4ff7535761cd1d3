//! A writing request that carries a key is done once, however often it comes.

use serde_json::{Value, json};
use yuntu_terms::clause;

use crate::site::{Answer, Site, instruction};

async fn post(site: &Site, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("idempotency-key", key.to_owned()),
    ];
    site.post_json(path, &headers, body).await
}

async fn instructions(site: &Site) -> usize {
    let listed = site.get("/api/v1/instructions").await.expect(200).json();
    listed["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_with_the_same_key_is_done_once_and_answered_alike() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let body = instruction(&made.dataset);
    let path = "/api/v1/instructions";
    let before = instructions(&site).await;
    let first = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    let again = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    assert_eq!(first.text, again.text);
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            again.header("idempotent-replayed")
        ),
        ("", "true")
    );
    assert_eq!(instructions(&site).await, before + 1);
    // Another key is another wish, and another request is not the same wish.
    let other = post(&site, &site.owner, path, "k-2", &body)
        .await
        .expect(201);
    assert_ne!(first.text, other.text);
    let mut changed = body.clone();
    changed["note"] = json!("changed");
    let refused = post(&site, &site.owner, path, "k-1", &changed)
        .await
        .expect(422);
    assert!(refused.text.contains("key-reused"), "{}", refused.text);
    // The key of one person is not another's.
    post(&site, &site.foreign, path, "k-1", &body)
        .await
        .expect(404);
    assert_eq!(instructions(&site).await, before + 2);
    // A day later the key is free again.
    site.parts
        .clock
        .advance(std::time::Duration::from_hours(25));
    let later = post(&site, &site.owner, path, "k-1", &body)
        .await
        .expect(201);
    assert_ne!(first.text, later.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_with_one_key_do_it_once() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let body = instruction(&made.dataset);
    let before = instructions(&site).await;
    let asked = (0..8).map(|_| post(&site, &site.owner, "/api/v1/instructions", "one", &body));
    let answers = futures_of(asked).await;
    let done: std::collections::BTreeSet<_> = answers
        .iter()
        .filter(|it| it.status == 201)
        .map(|it| it.text.clone())
        .collect();
    assert_eq!(done.len(), 1, "{done:?}");
    assert!(
        answers
            .iter()
            .all(|it| matches!(it.status.as_u16(), 201 | 409))
    );
    assert_eq!(instructions(&site).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_used_up_no_key_and_an_answer_without_a_body_comes_again() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/instructions/{}/revocation", made.instruction);
    // Refused to a viewer: nothing was done, and the key is still hers when she may.
    post(&site, &site.viewer, &path, "r-1", &Value::Null)
        .await
        .expect(403);
    post(&site, &site.viewer, &path, "r-1", &Value::Null)
        .await
        .expect(403);
    post(&site, &site.owner, &path, "r-1", &Value::Null)
        .await
        .expect(204);
    let again = post(&site, &site.owner, &path, "r-1", &Value::Null)
        .await
        .expect(204);
    assert_eq!(
        (again.header("idempotent-replayed"), again.text.as_str()),
        ("true", "")
    );
    post(&site, &site.owner, &path, "r-2", &Value::Null)
        .await
        .expect(404);
    for bad in ["", "with blank", &"x".repeat(256)] {
        post(&site, &site.owner, &path, bad, &Value::Null)
            .await
            .expect(400);
    }
    post(&site, "yuntu_nobody", &path, "r-1", &Value::Null)
        .await
        .expect(401);
}

/// Waits for several answers at once.
async fn futures_of<F: Future<Output = Answer>>(asked: impl Iterator<Item = F>) -> Vec<Answer> {
    let mut waiting: Vec<_> = asked.map(Box::pin).collect();
    let mut answers: Vec<Option<Answer>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (place, future) in answers.iter_mut().zip(&mut waiting) {
            if place.is_none()
                && let std::task::Poll::Ready(answer) = future.as_mut().poll(context)
            {
                *place = Some(answer);
            }
        }
        if answers.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}
