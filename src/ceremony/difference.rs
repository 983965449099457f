//! Differences: what the requests of a batch ask for against what they would be issued, alike requests in one group.
//!
//! A person compares a handful of groups where a million requests stand; each is shown by the first request of its
//! kind. Groups are told apart by [`Difference::likeness`].

use std::collections::{HashMap, hash_map::Entry};

use crate::pki::{
    fingerprint::Digest,
    plan::difference::{Difference, Line},
    text::Printable,
};

/// Most groups kept: more than a person compares. A hostile batch can make every request a kind of its own, each with
/// hundreds of lines.
pub const GROUPS_MAX: usize = 64;

/// Requests that are alike.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// Where the first of them came from.
    pub source: Printable,
    /// What the first of them asks for against what it would be issued.
    pub lines: Vec<Line>,
}

/// Accepted requests by what they ask for against what they would be issued.
#[derive(Clone, Debug, Default)]
pub struct Differences {
    groups: Vec<Group>,
    places: HashMap<Digest, usize>,
    others: u64,
}

impl Differences {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a request to its group. A new kind beyond `GROUPS_MAX` is counted among the others.
    pub fn add(&mut self, source: &Printable, difference: Difference) {
        let full = self.groups.len() == GROUPS_MAX;
        match self.places.entry(difference.likeness) {
            Entry::Occupied(place) => self.groups[*place.get()].count += 1,
            Entry::Vacant(_) if full => self.others += 1,
            Entry::Vacant(place) => {
                place.insert(self.groups.len());
                self.groups.push(Group { count: 1, source: source.clone(), lines: difference.lines });
            }
        }
    }

    /// The groups, the largest first; groups of one size in the order in which they came.
    #[must_use]
    pub fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    /// Requests of further kinds than are kept.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(kind: u32) -> Difference {
        Difference { lines: Vec::new(), likeness: Digest::of(&kind.to_be_bytes()) }
    }

    #[test]
    fn counts_alike_requests_in_one_group_and_names_the_first() {
        let mut differences = Differences::new();
        for (number, kind) in [1, 2, 3, 2, 3, 2].into_iter().enumerate() {
            differences.add(&Printable::new(&format!("{number}.csr")), difference(kind));
        }
        let groups = differences.groups();
        let found: Vec<_> = groups.iter().map(|group| (group.count, group.source.as_str())).collect();
        assert_eq!(found, [(3, "1.csr"), (2, "2.csr"), (1, "0.csr")]);
        assert_eq!(differences.others(), 0);
    }

    #[test]
    fn kinds_beyond_the_most_are_counted_together() {
        let mut differences = Differences::new();
        let kinds = u32::try_from(GROUPS_MAX).expect("few") + 10;
        for kind in (0..kinds).chain(0..kinds) {
            differences.add(&Printable::new("x"), difference(kind));
        }
        assert_eq!(differences.groups().len(), GROUPS_MAX);
        assert!(differences.groups().iter().all(|group| group.count == 2));
        assert_eq!(differences.others(), 20);
    }
}
