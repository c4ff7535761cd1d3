use yuntu_terms::{Lang, Timestamp};

use super::{Draft, moment};
use crate::notice::HelpNews;
use crate::words::{Line, Link};

/// Drafts the mail about technical help: what became of it and where to see it, and nothing of what was written or looked at.
pub(super) fn help_news(
    enterprise: &Line,
    news: HelpNews,
    at: Timestamp,
    link: Option<&Link>,
    lang: Lang,
) -> Draft {
    let (name, time) = (enterprise.as_str(), moment(at, lang));
    let what = match news {
        HelpNews::Offered => lang.pick(
            format!("“{name}”申请的技术协助，有运营人员于 {time} 表示可以提供。经您批准人选与时长之前，她看不到任何业务数据。"),
            format!("An operator offered on {time} to give the technical help that “{name}” asked for. Until you approve whom and for how long, she sees no business data."),
        ),
        HelpNews::Ended => lang.pick(
            format!("“{name}”的技术协助已于 {time} 结束，此后不能再查看。"),
            format!("The technical help for “{name}” ended on {time}; nothing can be looked at any more."),
        ),
        HelpNews::Lapsed => lang.pick(
            format!("“{name}”的技术协助申请七天内未获批准，已于 {time} 失效。"),
            format!("The request of “{name}” for technical help lapsed on {time}: nobody approved it within seven days."),
        ),
    };
    let then = match news {
        HelpNews::Offered => lang.pick(
            "每一次查看都会列在控制台的“技术协助”页；您可随时结束协助：",
            "Every look will be listed on the page of technical help in the console, where you can end it at any moment:",
        ),
        HelpNews::Ended => lang.pick(
            "期间的每一次查看都列在控制台的“技术协助”页：",
            "Every look until then is listed on the page of technical help in the console:",
        ),
        HelpNews::Lapsed => lang.pick(
            "仍需协助时，请在控制台的“技术协助”页另行申请：",
            "Where help is still needed, ask anew on the page of technical help in the console:",
        ),
    };
    let draft = Draft::new(lang.pick("云图技术协助的进展", "News of technical help by Yuntu"))
        .say(what)
        .say(then);
    match link {
        Some(link) => draft.link(link),
        None => draft,
    }
}
