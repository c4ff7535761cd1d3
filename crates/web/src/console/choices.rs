//! What several pages of the console name or let one choose: datasets, recipients, a period.

use std::collections::BTreeMap;

use yuntu_app::policy::{Period, Standing};
use yuntu_app::words::{partner_standing_text, recipient_text, standing_text};
use yuntu_terms::{DatasetId, Lang, PartnerId, Recipient, Text, Timestamp};

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

    /// Loads how recipients are called.
    pub(super) async fn recipient_names(&self) -> Result<RecipientNames, Problem> {
        let partners = self.site.platform.partners(&self.who.caller).await?;
        let named = partners.into_iter().map(|it| (it.facts.id, it.name));
        Ok(RecipientNames {
            partners: named.collect(),
            lang: self.lang,
        })
    }

    /// Lists who may receive, each with how it is called: the enterprise, its partners that have not ended, the public.
    pub(super) async fn recipient_choices(&self) -> Result<Vec<(Recipient, String)>, Problem> {
        let named = |recipient| {
            let text = recipient_text(recipient);
            (recipient, opened(text.get(self.lang), self.lang))
        };
        let mut choices = vec![named(Recipient::Enterprise)];
        for partner in self.site.platform.partners(&self.who.caller).await? {
            let id = Recipient::Partner(partner.facts.id);
            match partner.facts.standing {
                Some(Standing::Active) => choices.push((id, partner.name)),
                Some(standing @ (Standing::Pending | Standing::Frozen)) => {
                    let name = partner.name;
                    let Text { zh, en } = partner_standing_text(standing);
                    let label = self
                        .lang
                        .pick(format!("{name}（{zh}）"), format!("{name} ({en})"));
                    choices.push((id, label));
                }
                Some(Standing::Ended) | None => {}
            }
        }
        choices.push(named(Recipient::Public));
        Ok(choices)
    }
}

/// How recipients are called: partners by the name that they have on the register.
pub(super) struct RecipientNames {
    partners: BTreeMap<PartnerId, String>,
    lang: Lang,
}

impl RecipientNames {
    /// Names a recipient.
    pub(super) fn of(&self, recipient: Recipient) -> String {
        let known = match recipient {
            Recipient::Partner(id) => self.partners.get(&id).cloned(),
            Recipient::Enterprise | Recipient::Public => None,
        };
        known.unwrap_or_else(|| recipient_text(recipient).get(self.lang).to_owned())
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
