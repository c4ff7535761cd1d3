//! What several pages of the console name or let one choose: datasets, recipients, a period.

use yuntu_app::policy::{Period, Standing};
use yuntu_app::words::{recipient_text, standing_text};
use yuntu_terms::{DatasetId, Recipient, Text, Timestamp};

use super::Console;
use crate::problem::Problem;
use crate::report::{ChoiceView, Link, opened};
use crate::view::Wrong;

impl<P: Sync> Console<P> {
    /// Lists the datasets of the enterprise, each with why it cannot be used where that is so.
    pub(super) async fn dataset_choices(
        &self,
        is_on: impl Fn(&str) -> bool,
    ) -> Result<Vec<ChoiceView>, Problem> {
        let found = self.site.platform.list_datasets(&self.who.caller).await?;
        let choice = |dataset: yuntu_app::store::Dataset| {
            let value = dataset.id.to_string();
            ChoiceView {
                on: is_on(&value),
                label: dataset.name,
                note: match dataset.standing {
                    Standing::Active => String::new(),
                    standing @ (Standing::Pending | Standing::Frozen | Standing::Ended) => {
                        standing_text(standing).get(self.lang).to_owned()
                    }
                },
                value,
            }
        };
        Ok(found.into_iter().map(choice).collect())
    }

    /// Leads to those datasets of the enterprise that something names.
    pub(super) async fn dataset_links(
        &self,
        names: impl Fn(DatasetId) -> bool,
    ) -> Result<Vec<Link>, Problem> {
        let found = self.site.platform.list_datasets(&self.who.caller).await?;
        let found = found.into_iter().filter(|it| names(it.id));
        Ok(found.map(|it| self.dataset_link(it.id, it.name)).collect())
    }

    /// Lists who may receive, each with how it is called: the enterprise, its partners in good standing, the public.
    pub(super) async fn recipient_choices(&self) -> Result<Vec<(Recipient, String)>, Problem> {
        let named = |recipient| {
            let text = recipient_text(recipient);
            (recipient, opened(text.get(self.lang), self.lang))
        };
        let mut choices = vec![named(Recipient::Enterprise)];
        for partner in self.site.platform.partners(&self.who.caller).await? {
            if partner.facts.standing == Some(Standing::Active) {
                choices.push((Recipient::Partner(partner.facts.id), partner.name));
            }
        }
        choices.push(named(Recipient::Public));
        Ok(choices)
    }
}

/// Reads a recipient as a form sends it.
pub(super) fn recipient(typed: &str) -> Option<Recipient> {
    match typed {
        "enterprise" => Some(Recipient::Enterprise),
        "public" => Some(Recipient::Public),
        partner => partner.parse().ok().map(Recipient::Partner),
    }
}

/// Reads a period, whose first day may be left empty and is this moment then.
pub(super) fn period(from: &str, until: &str, now: Timestamp, wrong: &mut Wrong) -> Option<Period> {
    let from = if from.trim().is_empty() {
        Some(now)
    } else {
        wrong.day("from", from, false)
    };
    let until = wrong.day("until", until, true);
    let (from, until) = (from?, until?);
    if until <= from.max(now) {
        let text = Text::new(
            "应晚于开始日与今天",
            "This is later than the first day, and than today.",
        );
        wrong.add("until", text);
    }
    Some(Period { from, until })
}
