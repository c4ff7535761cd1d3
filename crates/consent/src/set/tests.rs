use std::collections::BTreeSet;

use proptest::prelude::*;
use yuntu_terms::SubjectId;

use super::SubjectSet;

fn subjects() -> impl Strategy<Value = BTreeSet<u32>> {
    let number = prop_oneof![0_u32..300, 65_500_u32..65_700, 1_048_500_u32..1_048_700];
    prop::collection::btree_set(number, 0..80)
}

proptest! {
    #[test]
    fn a_set_is_the_set_of_its_members(members in subjects(), other in subjects(), probe in 0_u32..70_000) {
        let set: SubjectSet = members.iter().copied().collect();
        let more: SubjectSet = other.iter().copied().collect();
        prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), members.clone());
        prop_assert_eq!(set.contains(probe), members.contains(&probe));
        prop_assert!(members.iter().all(|&member| set.contains(member)));
        let list = |set: SubjectSet| set.iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(list(set.and(&more)), members.intersection(&other).copied().collect());
        prop_assert_eq!(list(set.or(&more)), members.union(&other).copied().collect());
        prop_assert_eq!(list(set.and_not(&more)), members.difference(&other).copied().collect());
        prop_assert_eq!(set.len_and(&more), set.and(&more).len());
        prop_assert_eq!(set.digest() == more.digest(), members == other);
    }

    #[test]
    fn the_runs_of_a_range_are_its_members(members in subjects(), start in 0_u32..1_100_000, len in 0_u32..1_100_000) {
        let set: SubjectSet = members.iter().copied().collect();
        let range = start..start + len;
        let from_runs: Vec<u64> = set.runs(range.clone()).flatten().collect();
        let expected: Vec<u64> =
            members.iter().filter(|member| range.contains(member)).map(|&member| u64::from(member)).collect();
        prop_assert_eq!(set.len_range(range.clone()), expected.len() as u64);
        prop_assert_eq!(set.iter_range(range).map(u64::from).collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(from_runs, expected);
    }
}

#[test]
fn equal_sets_are_equal_however_they_came_about() {
    let range = SubjectSet::from_range(0..200);
    let listed: SubjectSet = (0..200).collect();
    let plain = SubjectSet::from_words(vec![u64::MAX, u64::MAX, u64::MAX, 0xFF]);
    for set in [&listed, &plain] {
        assert_eq!(*set, range);
        assert_eq!(set.digest(), range.digest());
    }
    assert!(plain.contains(199) && !plain.contains(200));
}

#[test]
fn the_last_bucket_holds_the_last_number() {
    let set: SubjectSet = [u32::MAX - 1, u32::MAX].into_iter().collect();
    let bucket = SubjectId::new(u32::MAX).bucket();
    let mut runs = set.runs_in_bucket(bucket);
    assert_eq!(runs.next(), Some(u64::from(u32::MAX) - 1..1 << 32));
    assert_eq!(runs.next(), None);
    assert!(set.contains(u32::MAX) && !set.contains(0));
    assert_eq!(set.runs_in_bucket(bucket - 1).count(), 0);
}

#[test]
fn the_empty_set_has_no_member() {
    let set = SubjectSet::new();
    assert!(set.is_empty() && !set.contains(0) && set.runs(0..u32::MAX).next().is_none());
    assert_eq!(format!("{set:?}"), "SubjectSet(0)");
}
