//! The public side of the ledger: its signed checkpoint, the key, and the tiles of hashes by which anybody can check that
//! nothing of it was ever changed (C2SP tlog-tiles below `/ledger`). Entries are nobody's but those they are about.

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use yuntu_terms::clause;

use crate::input::{InPath, Language};
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, Details, Link, Section};
use crate::state::Site;

const TEXT: &str = "text/plain; charset=utf-8";

/// Makes the routes of the ledger.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/ledger", get(page))
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/key", get(key))
        .route("/ledger/tile/{*tile}", get(tile))
}

async fn page(State(site): State<Site>, Language(lang): Language) -> Result<Response, Problem> {
    let checkpoint = site.platform.public_checkpoint().await?;
    let text = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let link = |address: &str, text: String| Link {
        address: address.to_owned(),
        text,
        note: String::new(),
    };
    let state = vec![
        Block::Text(text(
            "谁在何时做了什么，都记入这本账。它只增不改：下面是签名的检查点；先后取两个，就能验证其间没有任何一条被改动或删除。条目本身只给当事人。",
            "Who did what and when goes into this ledger, which only grows. Below is its signed checkpoint; with two of them, taken at different times, anybody can verify that nothing between was changed or removed. The entries themselves are for those they are about.",
        )),
        Block::Details(Details {
            summary: text("签名的检查点", "The signed checkpoint"),
            facts: vec![(
                text("验证公钥", "Verifier key"),
                site.platform.verifier().to_string(),
            )],
            code: checkpoint,
        }),
        Block::Links(vec![
            link(
                "/ledger/checkpoint",
                text("检查点（文本）", "checkpoint (text)"),
            ),
            link(
                "/ledger/key",
                text("验证公钥（文本）", "verifier key (text)"),
            ),
        ]),
        Block::Note(text(
            "哈希块按 C2SP tlog-tiles 的格式位于 /ledger/tile/ 之下，可用任何支持该格式的工具读取。",
            "The tiles of hashes lie below /ledger/tile/ in the form of C2SP tlog-tiles; any tool that knows it can read them.",
        )),
    ];
    show(&Page {
        frame: Frame::open(lang, lang.pick("公开账本", "The public ledger"), "/ledger"),
        lead: String::new(),
        sections: vec![Section {
            anchor: "state",
            title: text("现在的状态", "Its state now"),
            blocks: state,
        }],
    })
}

/// Gives the newest signed checkpoint.
///
/// # Clause
/// R23
async fn checkpoint(State(site): State<Site>) -> Result<Response, Problem> {
    clause::hit!(R23);
    let note = site.platform.public_checkpoint().await?;
    let headers = [(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-cache")];
    Ok((headers, note).into_response())
}

async fn key(State(site): State<Site>) -> Response {
    let key = format!("{}\n", site.platform.verifier());
    ([(CONTENT_TYPE, TEXT)], key).into_response()
}

/// Gives a tile of hashes; one that is full never changes.
///
/// # Clause
/// R23
async fn tile(State(site): State<Site>, InPath(name): InPath<String>) -> Result<Response, Problem> {
    clause::hit!(R23);
    let tile = site.platform.public_tile(&name).await?;
    let bytes = tile.ok_or_else(Problem::not_found)?;
    let cache = if name.contains(".p/") {
        "no-cache"
    } else {
        "public, max-age=31536000, immutable"
    };
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, cache),
    ];
    Ok((headers, bytes).into_response())
}
