//! Triage: what became of every request of a medium, as a table that a million rows fit into.
//!
//! Text stands in arenas, controls in bitsets; messages and hints are not kept, for they would be most of the memory:
//! [`detail`] reads the one request again. Rows stand in the medium's order and never change. Read [`Triage`] first,
//! then [`Triage::select`].

mod detail;
mod selection;

use std::{path::Path, sync::Arc};

use crate::pki::{
    fingerprint::Digest,
    key::KeyAlgorithm,
    policy::{Control, Severity},
    text::Printable,
};

use super::{
    error::Error,
    evidence::Evidence,
    inspection::{Counts, Inspected, Judgement, Verdict},
    seen::Seen,
    table::Devices,
};

pub use detail::{Detail, Reading, detail, read_triage};
use selection::Orders;
pub use selection::{Direction, Filter, Order, Selection};

/// Most rows: four times the largest batch that is planned. Each takes 72 octets beside its text, and a hostile file
/// of 2 GiB could hold seventy million things that are no requests.
pub const ROWS_MAX: usize = 4_000_000;

/// Most octets of text, 1 GiB: ten times what a million requests of ordinary names take. A hostile medium can repeat
/// a path of thousands of octets in every row.
pub const TEXT_OCTETS_MAX: usize = 1 << 30;

/// Rows of one block: its text and the copy in lower case stay within the nearest caches of a core while it is searched.
const BLOCK_ROWS: usize = 256;

/// Stands behind every field of an arena, so that no match spans two. Harmless text has no control character.
const FIELD_END: char = '\n';

/// A set of controls.
type Controls = u64;

const _: () = assert!(Control::ALL.len() <= Controls::BITS as usize, "a control has no bit in its set");

/// Judged requests, one a row.
#[derive(Debug, Default)]
pub struct Triage {
    blocks: Vec<Block>,
    seen: Seen,
    text_octets: usize,
    occurrences: Vec<Occurrences>,
    orders: Orders,
    origins: Vec<Origin>,
    /// Rows whose path is not the text that is shown, with the path's octets; in order of rows.
    unprintable: Vec<(u32, Arc<[u8]>)>,
    /// Rows whose key stood in an earlier request, with that request's number in the listing; in order of rows.
    twins: Vec<(u32, u32)>,
    /// The same of their subjects.
    namesakes: Vec<(u32, u32)>,
    /// What was known of the keys beyond each request.
    evidence: Evidence,
    /// The table of devices that it was read with.
    devices: Option<Arc<Devices>>,
    /// Rows whose row of the table belongs to an earlier request: that row, and that request's number in the listing; in
    /// order of rows.
    rows_taken: Vec<(u32, u32, u64)>,
    /// Rows that are no requests, but rows of the table without one; in order of rows.
    left_over: Vec<(u32, Judgement)>,
}

/// One row, borrowed from the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row<'a> {
    /// Where it came from; harmless text.
    pub source: &'a str,
    /// The subject as far as it could be read; harmless text.
    pub subject: Option<&'a str>,
    /// The key as far as it could be read.
    pub key: Option<KeyAlgorithm>,
    /// What became of it.
    pub verdict: Verdict,
    /// SHA-256 of the request's DER, where there is one.
    pub sha256: Option<Digest>,
    refused: Controls,
    noted: Controls,
}

/// How many rows have a finding of a control.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Occurrences {
    /// The control.
    pub control: Control,
    /// Requests that it refuses.
    pub refused: u64,
    /// Rows that it skips: they are no requests.
    pub skipped: u64,
    /// Rows that it remarks on.
    pub noted: u64,
}

/// Rows that stand together, with their text.
#[derive(Debug, Default)]
struct Block {
    /// Source and subject of every row, each with [`FIELD_END`] behind it.
    text: String,
    rows: Vec<Stored>,
    /// The text of rows whose letters are not all ASCII, in lower case.
    folded: Folded,
}

/// Text of some rows of a block.
#[derive(Debug, Default)]
struct Folded {
    text: String,
    /// The row's place in the block, and where its text ends.
    ends: Vec<(u32, u32)>,
}

/// A row as it is kept: 72 octets.
#[derive(Debug)]
struct Stored {
    refused: Controls,
    noted: Controls,
    sha256: Option<Digest>,
    verdict: Verdict,
    has_subject: HasSubject,
    key: Option<KeyAlgorithm>,
    source_octets: u32,
    text_end: u32,
    /// Which request of its file it is, from 1; 0 where the file holds nothing else.
    number: u32,
}

const _: () = assert!(size_of::<Stored>() == 72, "a row has grown");

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum HasSubject {
    Yes,
    No,
}

/// Rows from one on, up to the next origin's, that were found in the same way.
#[derive(Debug)]
struct Origin {
    first_row: u32,
    /// The folder that was named; `None` where the files themselves were.
    folder: Option<Arc<Path>>,
}

impl Triage {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a judged request whose source is the path of a file that was named, and alone in it.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] beyond `ROWS_MAX` rows or `TEXT_OCTETS_MAX` octets of text.
    pub fn push(&mut self, judgement: &Judgement) -> Result<(), Error> {
        self.push_row(judgement, 0)
    }

    /// Adds a judged request that was read from a place; its key may have stood in an earlier request.
    fn push_read(&mut self, inspected: &Inspected) -> Result<(), Error> {
        let Inspected { judgement, twin, namesake, row_taken, .. } = inspected;
        let row = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let Some(place) = &inspected.place else {
            self.left_over.push((row, judgement.clone()));
            return self.push_row(judgement, 0);
        };
        let number = u32::try_from(place.number).unwrap_or(u32::MAX);
        let folder = place.folder();
        if self.origins.last().is_none_or(|last| last.folder.as_deref() != folder) {
            self.origins.push(Origin { first_row: row, folder: folder.map(Arc::from) });
        }
        self.push_row(judgement, number)?;
        let octets = place.octets();
        if self.row_path(row as usize, judgement.source.as_str()) != octets {
            // All requests of a file share its path.
            let path = match self.unprintable.last() {
                Some((_, last)) if **last == *octets => Arc::clone(last),
                _ => {
                    self.text_octets += octets.len();
                    Arc::from(octets)
                }
            };
            self.unprintable.push((row, path));
        }
        if let Some(twin) = twin {
            self.twins.push((row, u32::try_from(*twin).unwrap_or(u32::MAX)));
        }
        if let Some((of_table, first)) = row_taken {
            self.rows_taken.push((row, *of_table, *first));
        }
        if let Some(namesake) = namesake {
            self.namesakes.push((row, u32::try_from(*namesake).unwrap_or(u32::MAX)));
        }
        Ok(())
    }

    fn push_row(&mut self, judgement: &Judgement, number: u32) -> Result<(), Error> {
        let (source, subject) = (judgement.source.as_str(), judgement.subject.as_ref());
        let subject_text = subject.map_or("", Printable::as_str);
        let octets =
            match (source.len() + subject_text.len() + 2, source.is_ascii() && subject_text.is_ascii()) {
                (octets, true) => octets,
                // Beside it stands a copy in lower case.
                (octets, false) => 2 * octets,
            };
        if self.len() >= ROWS_MAX || self.text_octets + octets > TEXT_OCTETS_MAX {
            return Err(Error::TooManyRequests { rows_max: ROWS_MAX, text_octets_max: TEXT_OCTETS_MAX });
        }
        if self.blocks.last().is_none_or(|block| block.rows.len() == BLOCK_ROWS) {
            if let Some(full) = self.blocks.last_mut() {
                full.text.shrink_to_fit();
                full.rows.shrink_to_fit();
            }
            self.blocks.push(Block::default());
        }
        let mut row = Stored {
            refused: 0,
            noted: 0,
            sha256: judgement.sha256,
            verdict: judgement.verdict,
            has_subject: if subject.is_some() { HasSubject::Yes } else { HasSubject::No },
            key: judgement.key,
            source_octets: narrow(source.len()),
            text_end: 0,
            number,
        };
        for finding in &judgement.findings {
            match finding.severity {
                Severity::Refuse => row.refused |= bit(finding.control),
                Severity::Note => row.noted |= bit(finding.control),
            }
        }
        self.count(&row);
        self.seen.add(judgement);
        self.text_octets += octets;
        self.orders = Orders::default();
        if let Some(block) = self.blocks.last_mut() {
            block.push(source, subject_text, row);
        }
        Ok(())
    }

    fn count(&mut self, row: &Stored) {
        if self.occurrences.is_empty() {
            let none = |&control| Occurrences { control, refused: 0, skipped: 0, noted: 0 };
            self.occurrences = Control::ALL.iter().map(none).collect();
        }
        for occurrences in &mut self.occurrences {
            let bit = bit(occurrences.control);
            // What makes a request refused makes a file skipped that is none.
            let against = match row.verdict {
                Verdict::Skipped => &mut occurrences.skipped,
                Verdict::Accepted | Verdict::Refused => &mut occurrences.refused,
            };
            *against += u64::from(row.refused & bit != 0);
            occurrences.noted += u64::from(row.noted & bit != 0);
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.blocks.split_last() {
            Some((last, full)) => full.len() * BLOCK_ROWS + last.rows.len(),
            None => 0,
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The row of this index, counted from 0 in the medium's order.
    #[must_use]
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let block = self.blocks.get(index / BLOCK_ROWS)?;
        let at = index % BLOCK_ROWS;
        let row = block.rows.get(at)?;
        let (source, subject) = block.fields(at)?;
        Some(Row {
            source,
            subject: (row.has_subject == HasSubject::Yes).then_some(subject),
            key: row.key,
            verdict: row.verdict,
            sha256: row.sha256,
            refused: row.refused,
            noted: row.noted,
        })
    }

    /// How many rows have which verdict.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.seen.counts()
    }

    /// What was read, for planning to compare with what it reads.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// The controls that found something, in the order of docs/CONTROLS.md, with the number of rows.
    #[must_use]
    pub fn controls(&self) -> Vec<Occurrences> {
        let found =
            |occurrences: &&Occurrences| occurrences.refused + occurrences.skipped + occurrences.noted > 0;
        self.occurrences.iter().filter(found).copied().collect()
    }

    /// The octets of the path that a row's request was read from.
    fn path(&self, index: usize) -> Option<&[u8]> {
        let source = self.row(index)?.source;
        let row = u32::try_from(index).ok()?;
        Some(match self.unprintable.binary_search_by_key(&row, |(row, _)| *row) {
            Ok(found) => &self.unprintable[found].1,
            Err(_) => self.row_path(index, source),
        })
    }

    /// What a row shows as its source, without the request's number in its file.
    fn row_path<'a>(&self, index: usize, source: &'a str) -> &'a [u8] {
        let number = self.number(index);
        let path = if number == 0 { None } else { source.strip_suffix(&format!("#{number}")) };
        path.unwrap_or(source).as_bytes()
    }

    fn number(&self, index: usize) -> u32 {
        let block = self.blocks.get(index / BLOCK_ROWS);
        block.and_then(|block| block.rows.get(index % BLOCK_ROWS)).map_or(0, |row| row.number)
    }

    /// The folder that was named when a row's request was read.
    fn folder(&self, index: usize) -> Option<&Path> {
        let after = self.origins.partition_point(|origin| origin.first_row as usize <= index);
        self.origins.get(after.checked_sub(1)?)?.folder.as_deref()
    }

    /// The number of the earlier request that a row's key stood in.
    fn twin(&self, index: usize) -> Option<u64> {
        earlier(&self.twins, index)
    }

    /// The number of the earlier request that has a row's subject.
    fn namesake(&self, index: usize) -> Option<u64> {
        earlier(&self.namesakes, index)
    }

    /// The row of the table that a row's request was joined to, and the number of the earlier request that it belongs to.
    fn row_taken(&self, index: usize) -> Option<(u32, u64)> {
        let row = u32::try_from(index).ok()?;
        let found = self.rows_taken.binary_search_by_key(&row, |(row, ..)| *row).ok()?;
        let (_, of_table, first) = self.rows_taken[found];
        Some((of_table, first))
    }

    /// The judgement on a row of the table that no request has.
    fn left_over(&self, index: usize) -> Option<&Judgement> {
        let row = u32::try_from(index).ok()?;
        let found = self.left_over.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(&self.left_over[found].1)
    }
}

impl<'a> Row<'a> {
    /// The controls that found something, those that refuse first, each in the order of docs/CONTROLS.md.
    pub fn findings(&self) -> impl Iterator<Item = (Control, Severity)> + use<'a> {
        let of = |set: Controls, severity| {
            let found = Control::ALL.iter().filter(move |&&control| set & bit(control) != 0);
            found.map(move |&control| (control, severity))
        };
        of(self.refused, Severity::Refuse).chain(of(self.noted, Severity::Note))
    }
}

impl Block {
    fn push(&mut self, source: &str, subject: &str, mut row: Stored) {
        for field in [source, subject] {
            self.text.push_str(field);
            self.text.push(FIELD_END);
        }
        row.text_end = narrow(self.text.len());
        if !source.is_ascii() || !subject.is_ascii() {
            for field in [source, subject] {
                self.folded.text.extend(selection::folded(field));
                self.folded.text.push(FIELD_END);
            }
            self.folded.ends.push((narrow(self.rows.len()), narrow(self.folded.text.len())));
        }
        self.rows.push(row);
    }

    /// Source and subject of the row at a place of this block.
    fn fields(&self, at: usize) -> Option<(&str, &str)> {
        let row = self.rows.get(at)?;
        let begin = match at.checked_sub(1) {
            Some(before) => self.rows[before].text_end as usize,
            None => 0,
        };
        let source_end = begin + row.source_octets as usize;
        let subject_end = (row.text_end as usize).checked_sub(FIELD_END.len_utf8())?;
        let source = self.text.get(begin..source_end)?;
        let subject = self.text.get(source_end + FIELD_END.len_utf8()..subject_end)?;
        Some((source, subject))
    }
}

/// The earlier request's number of a row, in pairs in order of rows.
fn earlier(pairs: &[(u32, u32)], index: usize) -> Option<u64> {
    let row = u32::try_from(index).ok()?;
    let found = pairs.binary_search_by_key(&row, |(row, _)| *row).ok()?;
    Some(u64::from(pairs[found].1))
}

/// The control's bit in a set: its place in [`Control::ALL`].
fn bit(control: Control) -> Controls {
    1 << control as u32
}

/// A length within a block as four octets: [`TEXT_OCTETS_MAX`] is far below 4 GiB, and lower case takes at most three
/// times the octets.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
