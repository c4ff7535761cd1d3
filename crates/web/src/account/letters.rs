//! The signed letter of a person, as a download for herself.

use axum::extract::State;
use axum::response::Response;
use yuntu_terms::RepresentativeId;

use super::Person;
use crate::files::attachment;
use crate::input::InPath;
use crate::problem::Problem;
use crate::state::Site;

pub(super) async fn file(
    State(site): State<Site>,
    person: Person,
    InPath((member, number)): InPath<(RepresentativeId, u64)>,
) -> Result<Response, Problem> {
    let opened = site
        .platform
        .open_own_letter(&person.session, member, number);
    attachment(opened.await?)
}
