use yuntu_terms::{Lang, Timestamp};

use super::{Draft, moment};
use crate::notice::{MeasureNews, TakenMeasure};
use crate::words::{Line, Link};

/// Drafts the mail about a measure: what it is and where why stands, and nothing of what was written.
pub(super) fn measure_news(
    enterprise: &Line,
    news: MeasureNews,
    at: Timestamp,
    link: Option<&Link>,
    lang: Lang,
) -> Draft {
    let (name, time) = (enterprise.as_str(), moment(at, lang));
    let what = match news {
        MeasureNews::Taken(taken) => {
            let what = taken_text(taken, lang);
            lang.pick(
                format!("自 {time} 起，对“{name}”采取措施：{what}。"),
                format!("A measure concerns “{name}” since {time}: {what}."),
            )
        }
        MeasureNews::Lifted => lang.pick(
            format!("对“{name}”的一项措施已于 {time} 解除，一切恢复如前。"),
            format!("A measure concerning “{name}” was lifted on {time}; everything is as it was before."),
        ),
        MeasureNews::LiftedWithoutInvitations => lang.pick(
            format!("对“{name}”的一项措施已于 {time} 解除。采取措施时尚未接受的邀请已随之作废，须重新发出；其余一切恢复如前。"),
            format!("A measure concerning “{name}” was lifted on {time}. Invitations that were open when it was taken have ended and are to be sent anew; everything else is as it was before."),
        ),
        MeasureNews::Lapsed => lang.pick(
            format!("对“{name}”的一项冻结未经第二人确认，已于 {time} 自动失效。"),
            format!("A freeze concerning “{name}” ended by itself on {time}: no second person confirmed it."),
        ),
        MeasureNews::Satisfied => lang.pick(
            format!("“{name}”提供的证明已于 {time} 获认可。"),
            format!("The proof that “{name}” gave was accepted on {time}."),
        ),
        MeasureNews::Replied => lang.pick(
            format!("“{name}”的申诉已于 {time} 答复，措施维持不变。"),
            format!("The appeal of “{name}” was answered on {time}; the measure stays."),
        ),
    };
    let draft = Draft::new(lang.pick(
        "云图对您所代表企业的措施",
        "A measure of Yuntu concerning your enterprise",
    ))
    .say(what)
    .say(lang.pick("任何措施都不会删除数据。", "No measure deletes any data."))
    .say(lang.pick(
        "理由、补充证明与申诉，见控制台的“措施”页：",
        "Why, how to give proof and how to appeal stands on the page of measures in the console:",
    ));
    match link {
        Some(link) => draft.link(link),
        None => draft,
    }
}

fn taken_text(taken: TakenMeasure, lang: Lang) -> &'static str {
    match taken {
        TakenMeasure::Ask => lang.pick("要求在期限内提供证明", "proof is asked for until a day"),
        TakenMeasure::Limit => lang.pick("部分功能受限", "some features are limited"),
        TakenMeasure::Dataset => lang.pick("一个数据集被冻结", "a dataset is frozen"),
        TakenMeasure::Freeze => lang.pick("企业被冻结", "the enterprise is frozen"),
        TakenMeasure::Close => lang.pick("企业被关闭", "the enterprise is closed"),
        TakenMeasure::Reclaim => lang.pick("企业帐户被收回", "the account is taken back"),
    }
}
