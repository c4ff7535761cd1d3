//! The datasets of the enterprise: what there is and what each waits for.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::Waiting;
use yuntu_app::store::{About, Dataset};
use yuntu_app::words::waiting_text;
use yuntu_terms::Lang;

use super::Console;
use crate::either::waiting_line;
use crate::problem::Problem;
use crate::report::{Block, Link, opened, section};

pub(super) mod one;

pub(super) const PATH: &str = "/console/datasets";

pub(super) async fn page(console: Console) -> Result<Response, Problem> {
    let (lang, platform) = (console.lang, &console.site.platform);
    let found = platform.datasets_at_a_glance(&console.who.caller).await?;
    let link = |(dataset, waiting): (Dataset, Vec<Waiting>)| Link {
        address: console.address(&format!("{PATH}/{}", dataset.id)),
        note: note(&dataset, &waiting, lang),
        text: dataset.name,
    };
    let links = found.into_iter().map(link).collect();
    let block = Block::links(
        links,
        console.t("还没有数据集。", "There is no dataset yet."),
    );
    let begin = Link {
        note: console.t("上传文件或使用投递区", "upload a file or use the drop area"),
        ..console.link(&format!("{PATH}/new"), "新建数据集", "New dataset")
    };
    let frame = console
        .frame(lang.pick("数据集", "Datasets"), PATH)
        .below(console.up());
    let lead = lang.pick(
        "数据集在来源与合法性说明完整之前处于隔离状态：不能用于任何查询。",
        "A dataset stays in quarantine until its source and lawfulness are declared: no query can use it.",
    );
    let heading = lang.pick("全部数据集", "All datasets");
    let blocks = vec![block, Block::Links(vec![begin])];
    let sections = vec![section("datasets", heading, blocks)];
    console.shown(frame, lead, sections, StatusCode::OK)
}

fn note(dataset: &Dataset, waiting: &[Waiting], lang: Lang) -> String {
    let about = match dataset.about {
        About::Persons => lang.pick("涉及个人", "about persons"),
        About::Things => lang.pick("不涉及个人", "about things"),
    };
    let state = waiting_line(waiting, lang);
    opened(
        &lang.pick(format!("{about}；{state}"), format!("{about}; {state}")),
        lang,
    )
}

/// Says in one line how many datasets cannot be used yet, and which measures are among the reasons.
pub(super) fn waiting_note(found: &[(Dataset, Vec<Waiting>)], lang: Lang) -> String {
    let waiting = found.iter().filter(|(_, waiting)| !waiting.is_empty());
    let (count, all) = (waiting.count(), found.len());
    if count == 0 {
        return String::new();
    }
    let mut measures: Vec<String> = Vec::new();
    for measure in found.iter().flat_map(|(_, waiting)| waiting) {
        let text = waiting_text(measure).get(lang).to_owned();
        if matches!(measure, Waiting::Measure(_)) && !measures.contains(&text) {
            measures.push(text);
        }
    }
    let mut parts = vec![lang.pick(
        format!("{all} 个中有 {count} 个尚不可用"),
        format!("{count} of {all} cannot be used yet"),
    )];
    parts.append(&mut measures);
    parts.join(lang.pick("；", "; "))
}
