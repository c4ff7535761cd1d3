//! An operator shows once more who she is, by a second factor, before she changes how she gets in.

use axum::extract::State;
use axum::response::Response;
use yuntu_terms::{Lang, Pii, clause};

use super::OperatorIn;
use crate::account::second::{Seconds, Ways, read};
use crate::account::told::shown;
use crate::account::visit::Visitor;
use crate::account::{Asked, Wrong, next_of, to};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::inside::{Door, Inside};
use crate::problem::Problem;
use crate::report::FormView;
use crate::state::Site;

struct View<'a> {
    site: &'a Site,
    inside: Inside<'a>,
    lang: Lang,
    mark: &'a FormMark,
    network: &'a Pii<String>,
    next: &'a str,
}

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    (mark, visitor): (FormMark, Visitor),
    asked: Asked,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        inside: operator.inside(),
        lang,
        mark: &mark,
        network: &visitor.visit().network,
        next: own(&asked.next),
    };
    view.show(Seconds::default()).await
}

pub(super) async fn sent(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    (mark, visitor): (FormMark, Visitor),
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let network = visitor.visit().network;
    let view = View {
        site: &site,
        inside: operator.inside(),
        lang,
        mark: &mark,
        network: &network,
        next: own(fields.one("next")),
    };
    let second = match read(&fields) {
        Ok(second) => second,
        Err(wrong) => return view.show(Seconds::of(&fields, wrong)).await,
    };
    let platform = &site.platform;
    match platform
        .prove_by_second(&operator.session, second, &network)
        .await
    {
        Ok(secret) => view.inside.keep(&site, to(view.next, lang), &secret),
        Err(error) => view.show(Seconds::of(&fields, Wrong::of(error)?)).await,
    }
}

/// Takes a page of operators to go on to; any other leads to where one begins.
fn own(next: &str) -> &str {
    let home = Door::Operator.home();
    next_of(next)
        .filter(|path| path.starts_with("/operator/"))
        .unwrap_or(home)
}

impl View<'_> {
    async fn show(&self, wrong: Seconds) -> Result<Response, Problem> {
        let (lang, path) = (self.lang, self.inside.door.proof());
        let status = wrong.status();
        let form = || FormView {
            id: "second",
            action: format!("{path}?lang={}", lang.pick("zh", "en")),
            mark: self.mark.text(),
            hidden: vec![("next", self.next.to_owned())],
            ..FormView::default()
        };
        let ways = Ways {
            held: self.site.platform.factors_held(self.inside.session).await?,
            wrong,
            act: lang.pick("确认", "Confirm"),
            network: self.network,
        };
        let sections = ways.draw(self.site, lang, form).await?;
        let lead = lang.pick(
            "接下来的操作会改变您登录的方式。距您上次证明身份已超过十分钟，请再证明一次，随后回到原处。",
            "What comes next changes how you get in. More than ten minutes have passed since you showed who you are; show it once more, and you go on where you were.",
        );
        let title = lang.pick("再次确认是您本人", "Show again that it is you");
        let frame = self.inside.frame(lang, title, path, self.mark);
        shown(self.site, self.mark, frame, lead, sections, status)
    }
}
