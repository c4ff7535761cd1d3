//! An operator shows once more who she is, by a second factor, before she changes how she gets in.

use axum::response::Response;
use yuntu_terms::{Pii, clause};

use super::Desk;
use crate::account::second::{Seconds, Ways, read};
use crate::forms::{Fields, Sent};
use crate::inside::{Door, SignedIn as _};
use crate::problem::Problem;
use crate::report::FormView;
use crate::view::{Asked, Wrong, next_of, to};
use crate::visit::Visitor;

struct Topic {
    network: Pii<String>,
    next: String,
}

type View = Desk<Topic>;

pub(super) async fn page(desk: Desk, visitor: Visitor, asked: Asked) -> Result<Response, Problem> {
    let view = desk.about(Topic::of(&visitor, &asked.next));
    view.show(Seconds::default()).await
}

pub(super) async fn sent(
    desk: Desk,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let view = desk.about(Topic::of(&visitor, fields.one("next")));
    let second = match read(&fields) {
        Ok(second) => second,
        Err(wrong) => return view.show(Seconds::of(&fields, wrong)).await,
    };
    let (platform, inside) = (&view.site.platform, view.who.inside());
    let proven = platform.prove_by_second(inside.session, second, &view.about.network);
    match proven.await {
        Ok(secret) => inside.keep(&view.site, to(&view.about.next, view.lang), &secret),
        Err(error) => view.show(Seconds::of(&fields, Wrong::of(error)?)).await,
    }
}

impl Topic {
    fn of(visitor: &Visitor, next: &str) -> Self {
        Self {
            network: visitor.visit().network,
            next: own(next).to_owned(),
        }
    }
}

/// Takes a page of operators to go on to; any other leads to where one begins.
fn own(next: &str) -> &str {
    let home = Door::Operator.home();
    next_of(next)
        .filter(|path| path.starts_with("/operator/"))
        .unwrap_or(home)
}

impl View {
    async fn show(&self, wrong: Seconds) -> Result<Response, Problem> {
        let (lang, path) = (self.lang, Door::Operator.proof());
        let status = wrong.status();
        let form = || FormView {
            hidden: vec![("next", self.about.next.clone())],
            ..self.form("second", path)
        };
        let ways = Ways {
            held: self.site.platform.factors_held(&self.who.session).await?,
            wrong,
            act: lang.pick("确认", "Confirm"),
            network: &self.about.network,
        };
        let sections = ways.draw(&self.site, lang, form).await?;
        let lead = lang.pick(
            "接下来的操作会改变您登录的方式。距您上次证明身份已超过十分钟，请再证明一次，随后回到原处。",
            "What comes next changes how you get in. More than ten minutes have passed since you showed who you are; show it once more, and you go on where you were.",
        );
        let title = lang.pick("再次确认是您本人", "Show again that it is you");
        let frame = self.frame(title, path);
        self.shown(frame, lead, sections, status)
    }
}
