//! The catalogue: all issued certificates as they stood at one moment, numbered from 1 in the order of their plans.
//!
//! It is made of the journal's entries, of which there is one for many certificates, so that a place in ten million is
//! found without counting them. It is for looking at only: what is handed over is read plan by plan.

use std::{collections::BTreeMap, ops::ControlFlow};

use super::{
    Register,
    error::Error,
    issued::IssuedCertificate,
    journal::number,
    row_key,
    search::{LISTED_COLUMNS, Listed, listed},
};

/// Entries of the journal read together, before progress is told: some ten milliseconds' work.
const ENTRIES: u64 = 20_000;

/// The issued certificates as they stood at one moment.
#[derive(Clone, Debug)]
pub struct Catalogue {
    sections: Vec<Section>,
    issued: u64,
    /// The newest entry that it knows of.
    entry: u64,
}

/// The certificates of one plan.
#[derive(Clone, Debug)]
struct Section {
    plan: i64,
    id: String,
    /// Certificates before this plan's.
    before: u64,
    issued: u64,
    /// The last index that is issued; where it is `issued`, none before it is missing.
    last: u64,
}

/// A row in the order of the catalogue: where a search goes on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place(pub(super) i64);

/// A stretch of rows of one plan, to be looked through in one go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stretch {
    pub(super) first: i64,
    pub(super) last: i64,
    /// Certificates of the catalogue up to its end, for progress; where some are missing, about so many.
    pub done: u64,
}

impl Stretch {
    /// Its last row.
    #[must_use]
    pub fn end(&self) -> Place {
        Place(self.last)
    }
}

impl Catalogue {
    /// How many certificates it has.
    #[must_use]
    pub fn issued(&self) -> u64 {
        self.issued
    }

    /// The next stretch after a place, at most `rows` long; `None` at the end.
    #[must_use]
    pub fn stretch(&self, after: Option<Place>, rows: u32) -> Option<Stretch> {
        let after = after.map_or(0, |place| place.0);
        let section = self.sections.iter().find(|section| row_key(section.plan, section.last) > after)?;
        let first = after.max(row_key(section.plan, 0));
        let last = (first + i64::from(rows)).min(row_key(section.plan, section.last));
        let index = u64::try_from(last - row_key(section.plan, 0)).unwrap_or(0);
        Some(Stretch { first, last, done: section.before + index.min(section.issued) })
    }

    fn section_of(&self, number: u64) -> Option<&Section> {
        let at = self.sections.partition_point(|section| section.before + section.issued < number);
        self.sections.get(at).filter(|_| number > 0)
    }

    pub(super) fn entry(&self) -> i64 {
        i64::try_from(self.entry).unwrap_or(i64::MAX)
    }
}

impl Section {
    fn has_gaps(&self) -> bool {
        self.last != self.issued
    }
}

impl Register {
    /// Makes the catalogue of this moment. `progress` hears how many entries of how many were read.
    ///
    /// # Errors
    /// [`Error::Stopped`] where `progress` broke off; [`Error::Damaged`].
    pub fn catalogue(
        &self,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Catalogue, Error> {
        let entry = self.head()?.entry;
        let mut statement = self.connection.prepare_cached(
            "SELECT json_extract(body, '$.facts.plan'), sum(json_extract(body, '$.facts.certificates')), \
             max(json_extract(body, '$.facts.last')) FROM journal \
             WHERE seq > ?1 AND seq <= ?2 AND kind = 'issued' GROUP BY 1",
        )?;
        let mut issued: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut read = 0;
        while read < entry {
            let to = entry.min(read + ENTRIES);
            let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
            let mut rows = statement.query((bound(read), bound(to)))?;
            while let Some(row) = rows.next()? {
                let plan = issued.entry(row.get(0)?).or_default();
                plan.0 += number(row.get(1)?)?;
                plan.1 = plan.1.max(number(row.get(2)?)?);
            }
            read = to;
            if progress(read, entry).is_break() {
                return Err(Error::Stopped);
            }
        }
        let (mut sections, mut before) = (Vec::new(), 0);
        for plan in self.plans()? {
            let Some(&(issued, last)) = issued.get(&plan.id) else { continue };
            sections.push(Section { plan: plan.number, id: plan.id, before, issued, last });
            before += issued;
        }
        Ok(Catalogue { sections, issued: before, entry })
    }

    /// Certificates of the catalogue from a number on, at most `limit`, each with its number.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn catalogued(
        &self,
        catalogue: &Catalogue,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Listed)>, Error> {
        let from = from.max(1);
        let Some(place) = self.place(catalogue, from)? else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {LISTED_COLUMNS} FROM issued CROSS JOIN planned USING (key) \
             CROSS JOIN plan ON plan.number = planned.plan WHERE key >= ?1 AND issued.entry <= ?2 ORDER BY key LIMIT ?3"
        ))?;
        let mut rows = statement.query((place.0, catalogue.entry(), limit))?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            page.push((from + page.len() as u64, listed(row)?));
        }
        Ok(page)
    }

    /// The certificate of a number, whole; `None` where there is no such number.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn catalogued_certificate(
        &self,
        catalogue: &Catalogue,
        number: u64,
    ) -> Result<Option<IssuedCertificate>, Error> {
        let Some(section) = catalogue.section_of(number) else { return Ok(None) };
        let Some(place) = self.place(catalogue, number)? else { return Ok(None) };
        let index = u64::try_from(place.0 - row_key(section.plan, 0)).unwrap_or(0);
        self.certificate(&self.plan(&section.id)?, index).map(Some)
    }

    /// Where a number stands. Where a plan has gaps, because a token failed in the middle, its rows are counted.
    fn place(&self, catalogue: &Catalogue, number: u64) -> Result<Option<Place>, Error> {
        use rusqlite::OptionalExtension as _;
        let Some(section) = catalogue.section_of(number) else { return Ok(None) };
        let nth = number - section.before;
        if !section.has_gaps() {
            return Ok(Some(Place(row_key(section.plan, nth))));
        }
        let key = self
            .connection
            .prepare_cached(
                "SELECT key FROM issued WHERE key > ?1 AND key <= ?2 AND entry <= ?3 ORDER BY key LIMIT 1 OFFSET ?4",
            )?
            .query_row(
                (
                    row_key(section.plan, 0),
                    row_key(section.plan, section.last),
                    catalogue.entry(),
                    i64::try_from(nth - 1).unwrap_or(i64::MAX),
                ),
                |row| row.get(0),
            )
            .optional()?;
        Ok(key.map(Place))
    }

    /// The number of a row of the catalogue; `None` for one that it does not have.
    pub(super) fn number_of(&self, catalogue: &Catalogue, key: i64) -> Result<Option<u64>, Error> {
        let held =
            |section: &&Section| key > row_key(section.plan, 0) && key <= row_key(section.plan, section.last);
        let Some(section) = catalogue.sections.iter().find(held) else { return Ok(None) };
        let nth = if section.has_gaps() {
            number(
                self.connection
                    .prepare_cached(
                        "SELECT count(*) FROM issued WHERE key > ?1 AND key <= ?2 AND entry <= ?3",
                    )?
                    .query_row((row_key(section.plan, 0), key, catalogue.entry()), |row| row.get(0))?,
            )?
        } else {
            u64::try_from(key - row_key(section.plan, 0)).unwrap_or(0)
        };
        Ok(Some(section.before + nth))
    }
}
