use std::collections::BTreeMap;

/// How many numbers one person has at most. A value that stands for many, such as a placeholder, would make one person of
/// everybody; a join that leads beyond joins nothing. Only what the log says before decides that, so every process agrees.
const NUMBERS_MAX: usize = 16;

/// The numbers that turned out to be one person, in groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Joined {
    /// The group of each number that is joined with another.
    group_of: BTreeMap<u32, u32>,
    groups: BTreeMap<u32, Vec<u32>>,
}

impl Joined {
    /// Takes two numbers for one person, with everybody whom either is joined with already; says whether that joins anything.
    pub(crate) fn join(&mut self, one: u32, other: u32) -> bool {
        let group = |number| self.group_of.get(&number).copied().unwrap_or(number);
        let (one, other) = (group(one), group(other));
        let size = |group| self.groups.get(&group).map_or(1, Vec::len);
        if one == other || size(one) + size(other) > NUMBERS_MAX {
            return false;
        }
        let mut take = |group| self.groups.remove(&group).unwrap_or_else(|| vec![group]);
        let (mut large, mut small) = (take(one), take(other));
        let mut kept = one;
        if large.len() < small.len() {
            // The smaller group moves, so that long chains stay cheap.
            std::mem::swap(&mut large, &mut small);
            kept = other;
        }
        for number in small.iter().chain((large.len() == 1).then_some(&kept)) {
            self.group_of.insert(*number, kept);
        }
        large.append(&mut small);
        self.groups.insert(kept, large);
        true
    }

    /// Returns the group of a number, where it is joined with another.
    pub(crate) fn group_of(&self, number: u32) -> Option<u32> {
        self.group_of.get(&number).copied()
    }

    /// Lists the numbers of the person whom a number names; nothing when it is joined with none.
    pub(crate) fn members(&self, number: u32) -> &[u32] {
        let group = self.group_of(number);
        let members = group.and_then(|group| self.groups.get(&group));
        members.map_or(&[], Vec::as_slice)
    }

    /// Goes through the groups with their numbers.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (u32, &[u32])> {
        self.groups.iter().map(|(group, all)| (*group, &all[..]))
    }

    /// Writes who is joined in a form that does not depend on the order in which it became known.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let sorted = |members: &Vec<u32>| {
            let mut members = members.clone();
            members.sort_unstable();
            members
        };
        let mut groups: Vec<Vec<u32>> = self.groups.values().map(sorted).collect();
        groups.sort_unstable();
        for group in groups {
            out.extend((group.len() as u64).to_be_bytes());
            out.extend(group.iter().flat_map(|number| number.to_be_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_join_in_any_order_and_only_once() {
        let pairs = [(1, 2), (3, 4), (2, 1), (4, 2), (9, 8), (7, 7), (1, 3)];
        let written = |pairs: &mut dyn Iterator<Item = &(u32, u32)>| {
            let mut joined = Joined::default();
            for (one, other) in pairs {
                joined.join(*one, *other);
            }
            let mut out = Vec::new();
            joined.write(&mut out);
            (joined, out)
        };
        let (joined, forwards) = written(&mut pairs.iter());
        let (_, backwards) = written(&mut pairs.iter().rev());
        assert_eq!(forwards, backwards);
        for number in 1..=4 {
            let mut members = joined.members(number).to_vec();
            members.sort_unstable();
            assert_eq!(members, [1, 2, 3, 4]);
        }
        assert_eq!(joined.members(8).len(), 2);
        assert!(joined.members(7).is_empty() && joined.group_of(7).is_none());
        assert_eq!(joined.groups().count(), 2);
    }

    #[test]
    fn a_join_that_leads_beyond_the_most_numbers_of_a_person_joins_nothing() {
        let mut joined = Joined::default();
        for number in 1..16 {
            assert!(joined.join(0, number));
        }
        assert!(!joined.join(3, 16), "the seventeenth");
        assert!(!joined.join(3, 4), "known already");
        assert!(joined.join(16, 17));
        assert!(!joined.join(17, 5));
        assert_eq!(joined.members(0).len(), NUMBERS_MAX);
        assert_eq!(joined.members(16).len(), 2);
    }
}
