//! Selection: which rows are shown, and in which order.
//!
//! A search reads all text at the speed of memory, block by block on all cores; an order is made once and kept, so
//! that typing into the search field never sorts again.

use std::{cmp::Ordering, sync::OnceLock};

use memchr::memmem::Finder;
use rayon::prelude::*;

use crate::pki::policy::Control;

use super::{BLOCK_ROWS, Block, FIELD_END, Stored, Triage, Verdict, bit, narrow};

/// Which rows are wanted; the default wants all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Only rows of this verdict.
    pub verdict: Option<Verdict>,
    /// Only rows with a finding of this control.
    pub control: Option<Control>,
    /// Only rows that hold this text in their source or subject, in any case; empty: all.
    pub search: String,
}

/// What rows are ordered by; rows that are equal in it stand in the medium's order.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// As they stand on the medium.
    #[default]
    Medium,
    /// By source, octet by octet.
    Source,
    /// By subject, octet by octet; an absent one as if it were empty.
    Subject,
    /// By kind and size of key; rows without one first.
    Key,
    /// Accepted, refused, skipped.
    Verdict,
}

/// Which way an order runs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// The least first.
    #[default]
    Ascending,
    /// The exact reverse.
    Descending,
}

/// The rows that are shown, as indices into the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    rows: Vec<u32>,
}

impl Selection {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table's index of the row shown at a position.
    #[must_use]
    pub fn at(&self, position: usize) -> Option<usize> {
        self.rows.get(position).map(|&row| row as usize)
    }

    /// The position at which a row of the table is shown, if it is: what keeps a cursor on its row.
    #[must_use]
    pub fn position(&self, index: usize) -> Option<usize> {
        self.rows.iter().position(|&row| row as usize == index)
    }
}

/// The orders that were asked for so far, each four octets a row.
#[derive(Debug, Default)]
pub(super) struct Orders {
    source: OnceLock<Vec<u32>>,
    subject: OnceLock<Vec<u32>>,
    key: OnceLock<Vec<u32>>,
    verdict: OnceLock<Vec<u32>>,
}

/// Rows of a block that are wanted, one bit each.
type Wanted = [u64; BLOCK_ROWS / 64];

impl Triage {
    /// The rows that pass the filter, in this order.
    #[must_use]
    pub fn select(&self, filter: &Filter, order: Order, direction: Direction) -> Selection {
        let search = Search::new(&filter.search);
        let wanted: Vec<Wanted> = self
            .blocks
            .par_iter()
            .map_init(Vec::new, |lower, block| block.wanted(filter, &search, lower))
            .collect();
        let is_wanted = |row: &u32| {
            let row = *row as usize;
            wanted[row / BLOCK_ROWS][row % BLOCK_ROWS / 64] >> (row % 64) & 1 == 1
        };
        // Made as large as it will be: growing it would cost as much as filling it.
        let many: u32 = wanted.iter().flatten().map(|bits| bits.count_ones()).sum();
        let mut rows = Vec::with_capacity(self.len().min(many as usize));
        match self.order(order) {
            None => rows.extend((0..narrow(self.len())).filter(is_wanted)),
            Some(ordered) => rows.extend(ordered.iter().copied().filter(is_wanted)),
        }
        if direction == Direction::Descending {
            rows.reverse();
        }
        Selection { rows }
    }

    /// All rows in an order; `None` for the medium's.
    fn order(&self, order: Order) -> Option<&[u32]> {
        let by_text = |pick: Pick| move || self.ordered_by_text(pick);
        let by = |compare: fn(&Stored, &Stored) -> Ordering| move || self.ordered(compare);
        Some(match order {
            Order::Medium => return None,
            Order::Source => self.orders.source.get_or_init(by_text(|(source, _)| source)),
            Order::Subject => self.orders.subject.get_or_init(by_text(|(_, subject)| subject)),
            Order::Key => self.orders.key.get_or_init(by(|a, b| a.key.cmp(&b.key))),
            Order::Verdict => {
                self.orders.verdict.get_or_init(by(|a, b| a.verdict.word().cmp(b.verdict.word())))
            }
        })
    }

    fn ordered(&self, compare: fn(&Stored, &Stored) -> Ordering) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..narrow(self.len())).collect();
        rows.par_sort_by(|&a, &b| compare(self.stored(a), self.stored(b)));
        rows
    }

    /// Most names differ within a few octets after what all have in common: eight of them stand beside each row while
    /// it is sorted, so that the text itself is seldom looked at.
    fn ordered_by_text(&self, pick: Pick) -> Vec<u32> {
        let field = |row: u32| self.field(row, pick).as_bytes();
        let rows = 0..narrow(self.len());
        let first = if self.is_empty() { &[][..] } else { field(0) };
        let common = rows
            .clone()
            .into_par_iter()
            .map(|row| first.iter().zip(field(row)).take_while(|(a, b)| a == b).count())
            .min()
            .unwrap_or(0);
        let mut keyed: Vec<([u8; 8], u32)> =
            rows.into_par_iter().map(|row| (head(&field(row)[common..]), row)).collect();
        keyed.par_sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| field(a.1).cmp(field(b.1))).then(a.1.cmp(&b.1))
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    fn stored(&self, row: u32) -> &Stored {
        &self.blocks[row as usize / BLOCK_ROWS].rows[row as usize % BLOCK_ROWS]
    }

    fn field(&self, row: u32, pick: Pick) -> &str {
        let block = &self.blocks[row as usize / BLOCK_ROWS];
        block.fields(row as usize % BLOCK_ROWS).map_or("", pick)
    }
}

/// One of source and subject.
type Pick = for<'a> fn((&'a str, &'a str)) -> &'a str;

/// The first octets, those that are not there as zero, which no harmless text holds.
fn head(text: &[u8]) -> [u8; 8] {
    let mut head = [0; 8];
    for (place, octet) in head.iter_mut().zip(text) {
        *place = *octet;
    }
    head
}

/// What is searched for.
enum Search {
    Everything,
    /// Text with a control character stands in no field.
    Nothing,
    Text(Box<Finder<'static>>),
}

impl Search {
    fn new(text: &str) -> Self {
        if text.is_empty() {
            Self::Everything
        } else if text.contains(FIELD_END) {
            Self::Nothing
        } else {
            let text: String = folded(text).collect();
            Self::Text(Box::new(Finder::new(text.as_bytes()).into_owned()))
        }
    }
}

/// Text in lower case, letter by letter: what a letter becomes does not depend on its neighbours.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

impl Block {
    fn wanted(&self, filter: &Filter, search: &Search, lower: &mut Vec<u8>) -> Wanted {
        let mut wanted = match search {
            Search::Everything => [u64::MAX; BLOCK_ROWS / 64],
            Search::Nothing => [0; BLOCK_ROWS / 64],
            Search::Text(finder) => self.matching(finder, lower),
        };
        if filter.verdict.is_none() && filter.control.is_none() {
            return wanted;
        }
        for (at, row) in self.rows.iter().enumerate() {
            let verdict = filter.verdict.is_none_or(|verdict| row.verdict == verdict);
            let control = filter.control.is_none_or(|control| (row.refused | row.noted) & bit(control) != 0);
            wanted[at / 64] &= !(u64::from(!(verdict && control)) << (at % 64));
        }
        wanted
    }

    /// Rows that hold the text. Letters of ASCII are folded here, for all rows alike; what has others was folded when
    /// it came.
    fn matching(&self, finder: &Finder<'_>, lower: &mut Vec<u8>) -> Wanted {
        lower.clear();
        lower.extend_from_slice(self.text.as_bytes());
        lower.make_ascii_lowercase();
        let mut found = [0; BLOCK_ROWS / 64];
        mark(finder, lower, (0..).zip(self.rows.iter().map(|row| row.text_end)), &mut found);
        mark(finder, self.folded.text.as_bytes(), self.folded.ends.iter().copied(), &mut found);
        found
    }
}

/// Marks the rows in whose text something is found; `ends` says where each row's text ends. Names are alike: what stands
/// in one row often stands at the same place of the next, where it is looked for before a search is begun.
fn mark(finder: &Finder<'_>, text: &[u8], ends: impl Iterator<Item = (u32, u32)>, found: &mut Wanted) {
    let (mut begin, mut next, mut place) = (0, None, None);
    for (at, end) in ends {
        let (at, end) = (at as usize, end as usize);
        let same = |place: &usize| {
            text[begin..end].get(*place..).is_some_and(|rest| rest.starts_with(finder.needle()))
        };
        let known = next.filter(|&start| start >= begin);
        let guessed = known.or_else(|| place.filter(same).map(|place| begin + place));
        next = guessed.or_else(|| finder.find(&text[begin..]).map(|start| begin + start));
        let Some(start) = next else { return };
        if start < end {
            found[at / 64] |= 1 << (at % 64);
            place = Some(start - begin);
        }
        begin = end;
    }
}
