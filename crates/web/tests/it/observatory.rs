//! The HTTP Observatory of MDN grades the site.
//!
//! Graded is what the real server answers on the loopback, through a proxy that speaks TLS for `localhost` with a
//! certificate the grader trusts, and that redirects what comes without TLS. The redirect is the proxy's and the rest the
//! server's: the proxy changes no answer. The console is asked for with the cookie of an owner who is signed in.

use std::path::Path;

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::middleware::map_response;
use axum::response::Response;
use tokio::net::TcpListener;
use yuntu_terms::clause;
use yuntu_testkit::{Front, Observatory};

use crate::people::OWNER;
use crate::site::Site;

fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_observatory_grades_the_site_with_its_best_grade() {
    let _mark = clause::check!(R22);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let observatory = Observatory::install(scratch()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(yuntu_web::serve(
        listener.into(),
        site.platform.clone(),
        async {
            // Told or dropped, it is over.
            drop(stopped.await);
        },
    ));
    let stranger = Front::open(behind, None).await.unwrap();
    let owner = Front::open(behind, Some(cookie)).await.unwrap();
    for (front, path, shows) in [
        (&stranger, "/?lang=zh", 200),
        (&stranger, "/account/sign-in?lang=en", 200),
        (&owner, "/console?lang=zh", 200),
    ] {
        let grade = observatory.grade(front, path).await.unwrap();
        assert_eq!(grade.grade, "A+", "{path}: {grade:?}");
        assert_eq!(grade.status, shows, "{path}: {grade:?}");
        assert!(
            grade.tests.values().all(|(_, passed)| *passed),
            "{path}: {grade:?}"
        );
        let policy = &grade.tests["content-security-policy"].0;
        assert_eq!(policy, "csp-implemented-with-no-unsafe-default-src-none");
    }
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_observatory_sees_a_header_that_is_missing() {
    let observatory = Observatory::install(scratch()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let behind = listener.local_addr().unwrap();
    let site = Site::open().await;
    let less = Router::new()
        .fallback_service(yuntu_web::router(site.platform.clone()))
        .layer(map_response(without_policy));
    let served = tokio::spawn(async { axum::serve(listener, less).await });
    let front = Front::open(behind, None).await.unwrap();
    let grade = observatory.grade(&front, "/?lang=zh").await.unwrap();
    assert_ne!(grade.grade, "A+");
    let (outcome, passed) = &grade.tests["content-security-policy"];
    assert_eq!((outcome.as_str(), *passed), ("csp-not-implemented", false));
    served.abort();
}

async fn without_policy(mut response: Response) -> Response {
    response.headers_mut().remove(CONTENT_SECURITY_POLICY);
    response
}
