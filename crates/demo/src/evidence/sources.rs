//! A dataset from its first draft to a paper that is taken back: what opens it, and what shuts it again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use yuntu_app::accounts::LooksFrom;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{Confirms, DeclarationGap, Period, Standing};
use yuntu_app::{AppError, Caller, Platform, TypedDeclaration, Waiting};
use yuntu_terms::{ClauseId, Clock, ColumnClass, DatasetId, Entropy, Lang, Text};

use super::{Checked, contains, files};
use crate::error::DemoError;
use crate::{install, mappings};

/// Opens a new installation, declares a source there, and says what held.
pub(super) async fn checks(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Vec<Checked>, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let platform = install::open(folder, clock, entropy).await?;
    let owner = "source@prove.example";
    let caller = install::enrol(&platform, "Source Works", owner, Lang::En).await?;
    let dataset = platform
        .create_dataset(&caller, "people", &mappings::people())
        .await?;
    let waits = opens_nothing(&platform, &caller, dataset).await?;
    install::declare(&platform, &caller, dataset).await?;
    let opened = standing(&platform, &caller, dataset).await? == Standing::Active;
    let sealed = !files(folder)?
        .iter()
        .any(|(_, bytes)| contains(bytes, b"terms of the loyalty programme, fictional"));
    let told = is_told_of_its_end(&platform, &caller, dataset).await?;
    let shut = shuts_when_a_paper_goes(&platform, &caller, dataset).await?;
    let labelled = labels_follow(&platform, &caller, dataset).await?;
    let row = ClauseId::u(3);
    Ok(vec![
        (
            ClauseId::r(8),
            Text::new(
                "对照表单独查询不是个人信息，与客户数据结合后即是，并写明由何而来；降低类别须有理由",
                "a list about things was free on its own and personal once combined with customers' data, with how that came about; to lower a class took a reason",
            ),
            labelled,
        ),
        (
            row,
            Text::new(
                "不完整的来源说明只能存为草稿，确认被拒并逐项列出缺失；完整确认后数据集离开隔离",
                "an incomplete declaration was kept as a draft alone, its confirmation was refused with all that was missing, and a whole one took the dataset out of quarantine",
            ),
            waits && opened,
        ),
        (
            row,
            Text::new(
                "证明文件在安装目录中没有明文；被撤回后数据集不再可用",
                "the paper lay nowhere in plain, and once it was taken back the dataset was of no use",
            ),
            sealed && shut,
        ),
        (
            row,
            Text::new(
                "来源说明到期前，可声明来源的人收到提醒",
                "who may declare was told before a declaration ended",
            ),
            told,
        ),
    ])
}

async fn standing(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
) -> Result<Standing, DemoError> {
    Ok(platform.view_dataset(caller, dataset).await?.standing)
}

async fn opens_nothing(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
) -> Result<bool, DemoError> {
    let draft = platform
        .declare_source(caller, dataset, TypedDeclaration::default())
        .await?;
    let hasty = TypedDeclaration {
        confirms: Confirms::ALL.to_vec(),
        ..TypedDeclaration::default()
    };
    let refused = match platform.declare_source(caller, dataset, hasty).await {
        Err(AppError::Declaration(gaps)) => gaps.contains(&DeclarationGap::Evidence),
        Ok(_) | Err(_) => false,
    };
    let pending = standing(platform, caller, dataset).await? == Standing::Pending;
    Ok(!draft.gaps.is_empty() && refused && pending)
}

/// Declares anew for a few days, of whose end somebody is told at once.
async fn is_told_of_its_end(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
) -> Result<bool, DemoError> {
    let period = Period {
        from: platform.now(),
        until: platform.now().plus_days(5),
    };
    install::declare_for(platform, caller, dataset, period).await?;
    let told = platform.tell_endings().await? == 1;
    let messages = platform.local_messages(LooksFrom::CommandLine).await?;
    let mut kinds = messages.iter().map(|it| it.message.kind());
    Ok(told && kinds.any(|kind| kind == Kind::PaperEnding))
}

async fn shuts_when_a_paper_goes(
    platform: &Platform,
    caller: &Caller,
    dataset: DatasetId,
) -> Result<bool, DemoError> {
    let waiting = async || -> Result<bool, DemoError> {
        let overview = platform.dataset_overview(caller, dataset).await?;
        Ok(overview.waiting.contains(&Waiting::Proof))
    };
    let before = waiting().await?;
    let source = platform.source_standing(caller, dataset).await?;
    for paper in &source.papers {
        let id = paper.paper.evidence.paper;
        platform
            .revoke_evidence(caller, dataset, id, "made up for this check")
            .await?;
    }
    Ok(!before && waiting().await?)
}

async fn labels_follow(
    platform: &Platform,
    caller: &Caller,
    people: DatasetId,
) -> Result<bool, DemoError> {
    let products = platform
        .create_dataset(caller, "products", &mappings::products())
        .await?;
    let tables = BTreeMap::from([
        (String::from("people"), people),
        (String::from("products"), products),
    ]);
    let class = async |sql: &str| -> Result<Option<(ColumnClass, usize)>, DemoError> {
        let labels = platform.labels_of(caller, &tables, sql).await?;
        let first = labels.into_iter().next();
        Ok(first.map(|label| (label.class, label.because.len())))
    };
    let alone = class("select count(*) as n from products").await?;
    let joined = class("select count(*) as n from products, people").await?;
    let free = alone.is_some_and(|(class, _)| class == ColumnClass::NonPersonal);
    let personal = joined.is_some_and(|(class, causes)| class.is_personal() && causes > 0);
    let columns = platform.classes_of(caller, people).await?.columns;
    let column = columns.first().map(|it| it.name.clone());
    let column = column.ok_or(DemoError::Broken("a dataset of the check has no column"))?;
    let change = async |to, why| {
        platform
            .change_class(caller, people, &column, (to, why))
            .await
    };
    let raised = change(ColumnClass::Sensitive, "").await.is_ok();
    let lowered = change(ColumnClass::Personal, "").await.is_ok();
    Ok(free && personal && raised && !lowered)
}
