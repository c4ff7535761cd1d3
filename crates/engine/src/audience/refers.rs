use std::collections::BTreeSet;

use yuntu_terms::AudienceId;

use super::Audience;
use crate::query::Query;
use crate::stage::StageRules;

/// The letters before and the hexadecimal digits of an id as a table of a statement has it.
const TABLE_PREFIX: &str = "aud_";
const TABLE_DIGITS: usize = 32;

impl Audience {
    /// Lists the saved audiences the rule names itself; theirs are not followed.
    #[must_use]
    pub fn saved(&self) -> BTreeSet<AudienceId> {
        let mut found = BTreeSet::new();
        self.collect_saved(&mut found);
        found
    }

    fn collect_saved(&self, found: &mut BTreeSet<AudienceId>) {
        match self {
            Self::Saved(rule) => {
                found.insert(rule.audience);
            }
            Self::All(parts) | Self::Any(parts) => {
                parts.of.iter().for_each(|part| part.collect_saved(found));
            }
            Self::Minus(difference) => {
                difference.from.collect_saved(found);
                difference.exclude.collect_saved(found);
            }
            Self::Not(complement) => complement.of.collect_saved(found),
            Self::Sample(sample) => sample.of.collect_saved(found),
            Self::Split(split) => split.of.collect_saved(found),
            Self::Everyone(_)
            | Self::Trait(_)
            | Self::Event(_)
            | Self::Sequence(_)
            | Self::Stage(_)
            | Self::StageChanged(_)
            | Self::Subjects(_) => {}
        }
    }
}

impl StageRules {
    /// Lists the saved audiences the behaviours name.
    #[must_use]
    pub fn saved(&self) -> BTreeSet<AudienceId> {
        let behaviours = self.stages.iter().flat_map(|stage| &stage.behaviours);
        behaviours.flat_map(|it| it.when.saved()).collect()
    }
}

impl Query {
    /// Lists the saved audiences the query names: in its rules, or as tables of a statement.
    #[must_use]
    pub fn saved(&self) -> BTreeSet<AudienceId> {
        let of = |audiences: &[Option<&Audience>]| {
            let named = audiences.iter().flatten();
            named.flat_map(|audience| audience.saved()).collect()
        };
        match self {
            Self::Sql(query) => of_statement(&query.sql),
            Self::Audience(query) => query.audience.saved(),
            Self::Stages(query) => of(&[query.within.as_ref()]),
            Self::Flow(query) => of(&[query.within.as_ref(), query.reordered.as_ref()]),
            Self::Profile(query) => of(&[Some(&query.target), query.base.as_ref()]),
            Self::Overlap(query) => query.audiences.values().flat_map(Audience::saved).collect(),
        }
    }
}

/// Finds ids of audiences in a statement; one inside a literal is found too and does no harm but its reading.
fn of_statement(sql: &str) -> BTreeSet<AudienceId> {
    let ids = sql.match_indices(TABLE_PREFIX).filter_map(|(at, _)| {
        let word = sql.get(at..at + TABLE_PREFIX.len() + TABLE_DIGITS)?;
        word.parse().ok()
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "aud_00000000000070008000000000000001";
    const TWO: &str = "aud_00000000000070008000000000000002";

    #[test]
    fn every_place_of_a_query_that_names_an_audience_is_found() {
        let saved = |id: &str| format!(r#"{{"kind": "saved", "audience": "{id}"}}"#);
        let (one, two) = (saved(ONE), saved(TWO));
        let within = format!(
            r#"{{"kind": "not", "of": {{"kind": "minus",
                "from": {{"kind": "all", "of": [{one}]}}, "exclude": {{"kind": "any", "of": [{two}]}}}}}}"#
        );
        let drawn = format!(
            r#"{{"kind": "sample", "seed": "s", "size": {{"people": 1}},
                "of": {{"kind": "split", "of": {one}, "seed": "s", "weights": [1], "take": 0}}}}"#
        );
        let queries = [
            format!(r#"{{"query": "audience", "audience": {within}}}"#),
            format!(r#"{{"query": "stages", "rules": "r", "within": {within}}}"#),
            format!(
                r#"{{"query": "flow", "rules": "r", "start": "now", "within": {drawn}, "reordered": {two}}}"#
            ),
            format!(
                r#"{{"query": "profile", "target": {one}, "base": {two}, "dimensions": [], "group_min": 1}}"#
            ),
            format!(
                r#"{{"query": "overlap", "audiences": {{"x": {one}, "y": {two}}}, "group_min": 1}}"#
            ),
            format!(r#"{{"query": "sql", "sql": "SELECT 1 FROM {ONE} JOIN \"{TWO}\" x aud_"}}"#),
        ];
        let both = BTreeSet::from([ONE.parse().unwrap(), TWO.parse().unwrap()]);
        for text in queries {
            let query: Query = serde_json::from_str(&text).unwrap();
            assert_eq!(query.saved(), both, "{text}");
        }
    }
}
