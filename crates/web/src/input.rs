//! What comes in: tokens, ids, bodies and languages, each wrong one a problem.

use std::str::FromStr;

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::de::DeserializeOwned;
use yuntu_app::outbound::Link;
use yuntu_app::{Caller, Once};
use yuntu_terms::{ApiSecret, Lang};

use crate::problem::Problem;
use crate::state::Site;
use crate::visit::Visitor;

/// The caller whom the bearer token names, with the site that she calls.
#[derive(Debug, Clone)]
pub(crate) struct Bearer {
    pub(crate) site: Site,
    pub(crate) caller: Caller,
}

impl FromRequestParts<Site> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION);
        let text = header.and_then(|value| value.to_str().ok());
        let token = text
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| ApiSecret::new(token.trim().to_owned()));
        let Some(token) = token else {
            return Err(Problem::unauthenticated());
        };
        let Ok(visitor) = Visitor::from_request_parts(parts, site).await;
        let visit = visitor.visit();
        let caller = site.platform.caller_of_token(&token, &visit).await?;
        let caller = caller.ok_or_else(Problem::unauthenticated)?;
        let once = parts.extensions.get::<Once>().cloned();
        Ok(Self {
            site: site.clone(),
            caller: caller.once(once),
        })
    }
}

/// The id at the end of a path; a text that is no id of the kind names nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<T>(pub(crate) T);

impl<T: FromStr> FromRequestParts<Site> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, site).await;
        text.ok()
            .and_then(|text| text.parse().ok())
            .map(Self)
            .ok_or_else(Problem::not_found)
    }
}

/// The parameters of a path that has several, or none that is an id; what is no text names nothing.
#[derive(Debug)]
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Site> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let read = Path::<T>::from_request_parts(parts, site).await;
        read.map(|Path(read)| Self(read))
            .map_err(|_rejection| Problem::not_found())
    }
}

/// What the address of a page asks; what cannot be read asks nothing.
#[derive(Debug)]
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        Ok(Self(read.map(|Query(read)| read).unwrap_or_default()))
    }
}

/// What the address of a request to the API asks; what cannot be read is told.
#[derive(Debug)]
pub(crate) struct Asks<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Site> for Asks<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _site: &Site) -> Result<Self, Problem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(read)| Self(read)).map_err(|_quotes| {
            Problem::invalid(
                "地址中“?”之后的参数不能识别；请对照 /api/v1/openapi.json",
                "what stands behind `?` in the address cannot be read; see /api/v1/openapi.json",
            )
        })
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Site> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, site).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(of_json(&rejection)),
        }
    }
}

/// Says where in the body the reader stopped; the rest of its message would quote what stands there.
fn place_of(message: &str) -> (String, String) {
    let place = message
        .rsplit_once(" at line ")
        .and_then(|(_, place)| place.split_once(" column "));
    let numbers = place
        .and_then(|(line, column)| Some((line.parse::<u64>().ok()?, column.parse::<u64>().ok()?)));
    match numbers {
        Some((line, column)) => (
            format!("第 {line} 行第 {column} 列："),
            format!("line {line}, column {column}: "),
        ),
        None => (String::new(), String::new()),
    }
}

/// Says what a reader of JSON misses. Of its message it repeats what the endpoint's own types say, never what the body said.
fn want_of(message: &str) -> (String, String) {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text);
    // What the body said is always followed by what was expected; a message that ends with a field names one of ours.
    let last = message
        .strip_suffix('`')
        .and_then(|text| text.rsplit_once('`'));
    if let Some((head, field)) = last {
        if head.ends_with("missing field ") {
            return (
                format!("缺少字段 `{field}`"),
                format!("the field `{field}` is missing"),
            );
        }
        if head.ends_with("duplicate field ") {
            return (
                format!("字段 `{field}` 出现了两次"),
                format!("the field `{field}` stands there twice"),
            );
        }
    }
    let expected = message
        .rsplit_once(", expected ")
        // Here nothing was expected, so that the words may be the body's.
        .filter(|_| {
            !message.ends_with(", there are no fields")
                && !message.ends_with(", there are no variants")
        })
        .map(|(_, rest)| rest.strip_prefix("one of ").unwrap_or(rest));
    match expected {
        Some(fields) if message.contains("unknown field `") => (
            format!("此处有接口没有的字段；接口有 {fields}"),
            format!("the endpoint has no field of this name; it has {fields}"),
        ),
        Some(words) if message.contains("unknown variant `") => (
            format!("此处的值须为下列之一：{words}"),
            format!("the value here is to be one of {words}"),
        ),
        Some(kind) => (
            format!("此处的值类型不对，应为 {kind}"),
            format!("the value here is to be {kind}"),
        ),
        None => (
            "此处的值不是接口要的".to_owned(),
            "the value here is not what the endpoint takes".to_owned(),
        ),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add variants; they are treated like the rest"
)]
fn of_json(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(error) => {
            let message = error.body_text();
            let ((place_zh, place_en), (zh, en)) = (place_of(&message), want_of(&message));
            Problem::invalid(
                format!("{place_zh}{zh}；接口说明见 /api/v1/openapi.json"),
                format!("{place_en}{en}; the endpoint is described at /api/v1/openapi.json"),
            )
        }
        JsonRejection::JsonSyntaxError(error) => {
            let (zh, en) = place_of(&error.body_text());
            Problem::invalid(
                format!("{zh}内容不是 JSON，或此处的值类型不对"),
                format!("{en}the content is not JSON, or the value here has another type"),
            )
        }
        JsonRejection::MissingJsonContentType(_) => Problem::media_type(
            "请使用 Content-Type: application/json",
            "use Content-Type: application/json",
        ),
        other => of_status(other.status()),
    }
}

/// Reads a rejected form as a problem.
pub(crate) fn of_form(rejection: &FormRejection) -> Problem {
    of_status(rejection.status())
}

/// Reads the status of a rejection of the framework.
pub(crate) fn of_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::media_type(
            "请使用接口说明中的内容类型",
            "use the content type of the endpoint",
        ),
        _ => Problem::invalid("请求无法读取", "the request cannot be read"),
    }
}

/// The language of the response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Language(pub(crate) Lang);

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(language(&parts.headers, &parts.uri)))
    }
}

/// The origin of this site as its operator configured it, for links in messages. What a request says of its host is the
/// client's word, and a link that it could choose would lead whoever gets the message to it.
#[derive(Debug, Clone)]
pub(crate) struct Here(Option<String>);

impl Here {
    /// Makes the link to a page of this site.
    pub(crate) fn link(&self, path: &str) -> Result<Link, Problem> {
        let origin = self.0.as_deref().ok_or_else(no_origin)?;
        Link::try_from(format!("{origin}{path}").as_str()).map_err(|_form| no_origin())
    }
}

fn no_origin() -> Problem {
    Problem::internal("no origin for a link in a message")
}

impl FromRequestParts<Site> for Here {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_parts: &mut Parts, site: &Site) -> Result<Self, Self::Rejection> {
        Ok(Self(site.platform.origin().map(str::to_owned)))
    }
}

/// Finds the language: `lang` of the query, else the one the client likes best, else English.
pub(crate) fn language(headers: &HeaderMap, uri: &Uri) -> Lang {
    let query = uri.query().unwrap_or_default();
    let chosen = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("lang="))
        .find_map(|value| value.parse().ok());
    chosen.unwrap_or_else(|| {
        let header = headers.get(ACCEPT_LANGUAGE);
        header
            .and_then(|value| value.to_str().ok())
            .and_then(preferred)
            .unwrap_or_default()
    })
}

fn preferred(header: &str) -> Option<Lang> {
    let mut best: Option<(Lang, f32)> = None;
    for item in header.split(',') {
        let (range, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.trim().strip_prefix("q=");
        let weight = weight.map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
        let primary = range.trim().split('-').next().unwrap_or_default();
        let Ok(lang) = primary.to_ascii_lowercase().parse::<Lang>() else {
            continue;
        };
        if weight > 0.0 && best.is_none_or(|(_, least)| weight > least) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_the_client_likes_best() {
        for (header, lang) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
            ("en;q=0.2, zh-Hans;q=0.7", Some(Lang::Zh)),
            ("fr, en-GB;q=0.5", Some(Lang::En)),
            ("fr", None),
            ("zh;q=0", None),
            ("zh;q=what, en", Some(Lang::En)),
            (",;=", None),
        ] {
            assert_eq!(preferred(header), lang, "{header}");
        }
    }

    #[test]
    fn the_query_wins_over_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, "en".parse().unwrap());
        assert_eq!(
            language(&headers, &"/?a=b&lang=zh".parse().unwrap()),
            Lang::Zh
        );
        assert_eq!(language(&headers, &"/?lang=xx".parse().unwrap()), Lang::En);
    }
}
