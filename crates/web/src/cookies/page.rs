//! The cookie page: what each cookie is for and how long it lasts, a switch for each category, and clear now.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use yuntu_app::words::minute;
use yuntu_statement::render::lifetime;
use yuntu_statement::{CookieCategory, CookieChoice};
use yuntu_terms::{Lang, clause};

use super::choices::Choices;
use super::register::Register;
use crate::forms::{FormMark, Marked, Sent};
use crate::guard;
use crate::input::{InQuery, Language};
use crate::pages::{Frame, show};
use crate::problem::Problem;
use crate::report::opened;
use crate::state::Site;

/// How long the page may take.
const PAGE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes the route of the page.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/cookies", get(page).post(choose))
        .layer(DefaultBodyLimit::max(4_096))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(PAGE_MAX, guard::time))
}

/// One category on the page.
#[derive(Debug)]
struct CategoryView {
    code: &'static str,
    heading: String,
    name: &'static str,
    description: String,
    clause: String,
    necessary: bool,
    on: bool,
    cookies: Vec<CookieView>,
}

#[derive(Debug)]
struct CookieView {
    name: String,
    purpose: String,
    lifetime: String,
    /// Whether the browser sent it with this request.
    here: bool,
}

#[derive(Debug, Template)]
#[template(path = "cookies.html")]
struct CookiePage {
    frame: Frame,
    mark: String,
    /// What was just done.
    done: &'static str,
    /// When the visitor chose.
    chosen: Option<String>,
    categories: Vec<CategoryView>,
}

#[derive(Default, Deserialize)]
struct Asked {
    done: Option<String>,
}

async fn page(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    InQuery(asked): InQuery<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = site.platform.now();
    let choices = site.register.choices(&headers, now);
    let done = match asked.done.as_deref() {
        Some("saved") => lang.pick("您的选择已保存。", "Your choices are saved."),
        Some("cleared") => lang.pick(
            "除必要的以外，Cookie 已全部清除。",
            "All cookies but the necessary ones are cleared.",
        ),
        Some(_) | None => "",
    };
    let categories = site.register.statement.cookie_choices().iter();
    let shown = show(&CookiePage {
        frame: Frame::open(lang, lang.pick("Cookie", "Cookies"), "/cookies"),
        mark: mark.text(),
        done,
        chosen: choices.chosen.map(minute),
        categories: categories
            .map(|choice| category(&site.register, choice, &choices, &headers, lang))
            .collect(),
    })?;
    mark.keep(&site, shown)
}

fn category(
    register: &Register,
    choice: &CookieChoice,
    choices: &Choices,
    headers: &HeaderMap,
    lang: Lang,
) -> CategoryView {
    let cookies = register.statement.cookies().iter();
    CategoryView {
        code: choice.category.code(),
        heading: opened(choice.category.name(lang), lang),
        name: choice.category.name(lang),
        description: choice.description.get(lang).to_owned(),
        clause: choice.clause.to_string(),
        necessary: choice.necessary,
        on: choices.admits(register.statement, choice.category),
        cookies: cookies
            .filter(|cookie| cookie.category == choice.category)
            .map(|cookie| CookieView {
                name: cookie.name.clone(),
                purpose: cookie.purpose.get(lang).to_owned(),
                lifetime: lifetime(cookie.lifetime_seconds_max, lang),
                here: super::find(headers, &cookie.name).is_some(),
            })
            .collect(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceForm {
    mark: String,
    act: Act,
    convenience: Option<On>,
    recommendation: Option<On>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    /// Keeps the switches as they stand in the form.
    Save,
    /// Switches everything optional off.
    Refuse,
    /// Removes what is here and leaves the switches.
    Clear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum On {
    On,
}

impl Marked for ChoiceForm {
    fn mark(&self) -> &str {
        &self.mark
    }
}

/// Keeps the choices, or clears now; whatever is no longer admitted is removed with the same answer.
///
/// # Clause
/// R12
async fn choose(
    State(site): State<Site>,
    Language(lang): Language,
    headers: HeaderMap,
    Sent(form): Sent<ChoiceForm>,
) -> Result<Response, Problem> {
    clause::hit!(R12);
    let register = &site.register;
    let now = site.platform.now();
    let is_on = |category: CookieCategory| match category {
        CookieCategory::Security => true,
        CookieCategory::Convenience => form.convenience.is_some(),
        CookieCategory::Recommendation => form.recommendation.is_some(),
    };
    let (choices, done) = match form.act {
        Act::Save => (Some(Choices::new(register.statement, is_on, now)), "saved"),
        Act::Refuse => (
            Some(Choices::new(register.statement, |_| false, now)),
            "saved",
        ),
        Act::Clear => (None, "cleared"),
    };
    let code = lang.pick("zh", "en");
    let mut response = Redirect::to(&format!("/cookies?done={done}&lang={code}")).into_response();
    let mut removed = Vec::new();
    for (name, _) in super::sent(&headers) {
        // What the statement does not declare is nothing the site needs.
        let stays = register.category(name).is_some_and(|category| {
            let nothing = Choices::default();
            let kept = choices.as_ref().unwrap_or(&nothing);
            kept.admits(register.statement, category)
        });
        if !stays && !removed.contains(&name) {
            removed.push(name);
        }
    }
    let removals = removed.into_iter().filter_map(Register::removal);
    for cookie in removals.chain(
        choices
            .as_ref()
            .map(|it| register.write_choices(it))
            .transpose()?,
    ) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
