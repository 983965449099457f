//! Which of an authority's revocations belong to which partitions: found in one pass for all of them.
//!
//! A certificate belongs to each partition whose point its own octets name. They are read once, however many partitions
//! and CRLs there are; what was found stays until something else writes into the file.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension as _};

use super::super::{error::Error, revocation};
use super::{Pace, PlansBound, scope::PartitionNames};
use crate::pki::crl::CrlSerial;

/// The divisions that were made, by the authority's name.
#[derive(Debug, Default)]
pub(in crate::register) struct Divisions(RefCell<BTreeMap<String, Arc<Division>>>);

/// What a division was made from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct State {
    /// `data_version` of the database: another one where something else wrote into the file since.
    version: i64,
    /// The newest row of the partitions.
    partition: i64,
    /// The newest row of revocations.
    revocation: i64,
    /// The newest entry that issued certificates: one that was revoked before it was issued, by a CRL that was brought,
    /// is in its partition from then on.
    issued: i64,
}

impl State {
    fn now(connection: &Connection) -> Result<Self, Error> {
        let newest = |select| connection.prepare_cached(select)?.query_row([], |row| row.get(0));
        Ok(Self {
            version: connection.pragma_query_value(None, "data_version", |row| row.get(0))?,
            partition: newest("SELECT coalesce(max(number), 0) FROM crl_partition")?,
            revocation: newest("SELECT coalesce(max(number), 0) FROM revocation")?,
            issued: newest("SELECT coalesce(max(entry), 0) FROM issued")?,
        })
    }
}

/// The place of certificates that nobody here has the octets of.
const UNKNOWN: u32 = u32::MAX;

/// How the revocations of an authority are divided among its partitions.
#[derive(Debug)]
pub(in crate::register) struct Division {
    of: State,
    /// The rows of `revocation` in the order of serial numbers, each with its place in `groups`. Eight octets a row.
    rows: Vec<(u32, u32)>,
    /// Partitions that certificates are in together.
    groups: Vec<BTreeSet<u32>>,
    /// The entries of the plans that it rests on.
    plans: BTreeSet<i64>,
}

impl Divisions {
    /// How all that is recorded of an authority's revocations is divided. Not to be asked for while rows are written that
    /// may be taken back.
    pub(in crate::register) fn of(
        &self,
        connection: &Connection,
        authority: &str,
        pace: &mut Pace<'_>,
    ) -> Result<Arc<Division>, Error> {
        let state = State::now(connection)?;
        let earlier = self.0.borrow().get(authority).cloned();
        if let Some(division) = earlier.as_ref().filter(|made| made.of == state) {
            return Ok(Arc::clone(division));
        }
        let same =
            |made: &&Arc<Division>| (made.of.version, made.of.partition) == (state.version, state.partition);
        let division = Division::new(connection, authority, state, earlier.as_ref().filter(same), pace)?;
        let division = Arc::new(division);
        self.0.borrow_mut().insert(authority.to_owned(), Arc::clone(&division));
        Ok(division)
    }
}

impl Division {
    fn new(
        connection: &Connection,
        authority: &str,
        of: State,
        earlier: Option<&Arc<Self>>,
        pace: &mut Pace<'_>,
    ) -> Result<Self, Error> {
        let mut made = Made::new(connection, authority, earlier.map(Arc::as_ref))?;
        let mut rows = Vec::new();
        let mut statement = connection.prepare_cached(
            "SELECT number, serial FROM revocation INDEXED BY revocation_serial WHERE authority = ?1 \
             ORDER BY serial, number",
        )?;
        let mut found = statement.query([authority])?;
        let mut last: Option<(CrlSerial, u32)> = None;
        while let Some(row) = found.next()? {
            pace.step()?;
            let number: u32 = row.get(0)?;
            let serial = revocation::serial(row, 1)?;
            let group = match (last, made.known(number)) {
                (Some((last, group)), _) if last == serial => group,
                (_, Some(group)) => group,
                (_, None) => made.group_of(connection, authority, &serial)?,
            };
            last = Some((serial, group));
            rows.push((number, group));
        }
        let Made { groups, plans, .. } = made;
        Ok(Self { of, rows, groups, plans })
    }

    /// Asks the journal for every plan that it rests on.
    pub(super) fn check(&self, connection: &Connection, plans: &PlansBound) -> Result<(), Error> {
        self.plans.iter().try_for_each(|entry| plans.check(connection, *entry))
    }

    /// The rows of a partition, in the order of serial numbers.
    pub(in crate::register) fn rows_of(&self, partition: u32) -> impl Iterator<Item = u32> {
        let within: Vec<bool> = self.groups.iter().map(|group| group.contains(&partition)).collect();
        let is_within = move |group: u32| within.get(group as usize).copied().unwrap_or(false);
        self.rows.iter().filter(move |(_, group)| is_within(*group)).map(|(row, _)| *row)
    }
}

/// What is found while the rows are gone through.
struct Made {
    names: PartitionNames,
    groups: Vec<BTreeSet<u32>>,
    places: BTreeMap<BTreeSet<u32>, u32>,
    plans: BTreeSet<i64>,
    /// What was found earlier, in the order of rows: as large as there are rows, whatever numbers they have.
    earlier: Vec<(u32, u32)>,
}

impl Made {
    fn new(connection: &Connection, authority: &str, earlier: Option<&Division>) -> Result<Self, Error> {
        let names = PartitionNames::of(connection, authority)?;
        let mut plans = names.plans().clone();
        let groups = earlier.map(|earlier| earlier.groups.clone()).unwrap_or_default();
        plans.extend(earlier.iter().flat_map(|earlier| &earlier.plans));
        let places = (0..).zip(&groups).map(|(place, group)| (group.clone(), place)).collect();
        let mut earlier = earlier.map(|earlier| earlier.rows.clone()).unwrap_or_default();
        earlier.sort_unstable();
        Ok(Self { names, groups, places, plans, earlier })
    }

    fn known(&self, row: u32) -> Option<u32> {
        let place = self.earlier.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(self.earlier[place].1).filter(|group| *group != UNKNOWN)
    }

    /// The place of the partitions that a certificate is in.
    fn group_of(
        &mut self,
        connection: &Connection,
        authority: &str,
        serial: &CrlSerial,
    ) -> Result<u32, Error> {
        let Some((tbs, plan)) = tbs_of(connection, authority, serial)? else { return Ok(UNKNOWN) };
        self.plans.insert(plan);
        let group = self.names.of_certificate(&tbs)?;
        if let Some(place) = self.places.get(&group) {
            return Ok(*place);
        }
        let place = u32::try_from(self.groups.len()).unwrap_or(UNKNOWN);
        self.groups.push(group.clone());
        self.places.insert(group, place);
        Ok(place)
    }
}

/// A certificate that an authority issued here, and the entry of its plan.
pub(in crate::register) fn tbs_of(
    connection: &Connection,
    authority: &str,
    serial: &CrlSerial,
) -> Result<Option<(Vec<u8>, i64)>, Error> {
    Ok(connection
        .prepare_cached(
            "SELECT planned.tbs, plan.entry FROM planned JOIN issued USING (key) \
             JOIN plan ON plan.number = planned.plan WHERE planned.serial = ?2 AND plan.authority = ?1",
        )?
        .query_row((authority, serial.as_octets()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{
        crl::CrlPoint,
        der::{element, tag},
    };

    /// The tables as far as they are asked: two partitions that share a name, and certificates 1 to 4, not issued yet.
    fn register() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE crl_partition (number INTEGER PRIMARY KEY, entry, authority, idx, point);
                 CREATE TABLE plan (number INTEGER PRIMARY KEY, entry, authority);
                 CREATE TABLE planned (key INTEGER PRIMARY KEY, plan, serial, tbs);
                 CREATE TABLE issued (key INTEGER PRIMARY KEY, entry);
                 CREATE TABLE revocation (number INTEGER PRIMARY KEY, authority, serial);
                 CREATE INDEX revocation_serial ON revocation (authority, serial, number);
                 INSERT INTO plan VALUES (1, 5, 'a');",
            )
            .unwrap();
        for index in 1..=2_u32 {
            let insert = "INSERT INTO crl_partition (entry, authority, idx, point) VALUES (5, 'a', ?1, ?2)";
            connection.execute(insert, (index, point(index).der())).unwrap();
        }
        let own = |index: u32| vec![point(index).der().to_vec()];
        let common = CrlPoint::from_uris(&["http://common".to_owned()]).der().to_vec();
        for (serial, points) in [(1, own(2)), (2, own(1)), (3, vec![common]), (4, own(7))] {
            let insert = "INSERT INTO planned VALUES (?1, 1, ?2, ?3)";
            connection.execute(insert, (serial, [serial], tbs(&points))).unwrap();
        }
        connection
    }

    fn point(index: u32) -> CrlPoint {
        let own = format!("http://{index}");
        let uris = if index <= 2 { vec![own, "http://common".to_owned()] } else { vec![own] };
        CrlPoint::from_uris(&uris)
    }

    /// What a certificate has of a `TBSCertificate` here: its distribution points.
    fn tbs(points: &[Vec<u8>]) -> Vec<u8> {
        let points: Vec<u8> = points
            .iter()
            .flat_map(|point| {
                // Of two names one is enough; a certificate has one of its own point here.
                let first = CrlPoint::parse(point).unwrap().names()[0].to_vec();
                let place =
                    element(tag::context_constructed(0), &element(tag::context_constructed(0), &first));
                element(tag::SEQUENCE, &place)
            })
            .collect();
        let id = element(tag::OID, &[0x55, 0x1d, 31]);
        let value = element(tag::OCTET_STRING, &element(tag::SEQUENCE, &points));
        let list = element(tag::SEQUENCE, &element(tag::SEQUENCE, &[id, value].concat()));
        element(tag::SEQUENCE, &element(tag::context_constructed(3), &list))
    }

    fn rows(divisions: &Divisions, connection: &Connection) -> [Vec<u32>; 2] {
        let division = divisions.of(connection, "a", &mut Pace::unwatched()).unwrap();
        [1, 2].map(|index| division.rows_of(index).collect())
    }

    fn revoke(connection: &Connection, authority: &str, serial: u8) {
        let insert = "INSERT INTO revocation (authority, serial) VALUES (?1, ?2)";
        connection.execute(insert, (authority, [serial])).unwrap();
    }

    #[test]
    fn all_partitions_are_served_by_one_pass_until_something_is_recorded() {
        let connection = register();
        let divisions = Divisions::default();
        let made = || divisions.of(&connection, "a", &mut Pace::unwatched()).unwrap();
        connection.execute_batch("INSERT INTO issued SELECT key, 6 FROM planned WHERE key <> 2").unwrap();
        for serial in [3, 2, 1, 4] {
            revoke(&connection, "a", serial);
        }
        revoke(&connection, "b", 1);
        // In the order of serial numbers; of 2 nobody has the octets yet, and 4 names another point.
        assert_eq!(rows(&divisions, &connection), [vec![1], vec![3, 1]]);
        assert!(Arc::ptr_eq(&made(), &made()));
        // 2 was revoked by a CRL that was brought, and is issued now; 1 is released.
        connection.execute_batch("INSERT INTO issued VALUES (2, 9)").unwrap();
        revoke(&connection, "a", 1);
        assert_eq!(rows(&divisions, &connection), [vec![2, 1], vec![3, 6, 1]]);
        assert_eq!(made().plans, [5].into());
        // A point that comes later may be named by what was looked at before.
        let insert = "INSERT INTO crl_partition (entry, authority, idx, point) VALUES (8, 'a', 3, ?1)";
        connection.execute(insert, [point(7).der()]).unwrap();
        assert_eq!(made().rows_of(3).collect::<Vec<_>>(), [4]);
        assert_eq!(made().plans, [5, 8].into());
    }

    #[test]
    fn a_row_of_the_largest_number_costs_no_more_than_another() {
        let connection = register();
        let divisions = Divisions::default();
        connection.execute_batch("INSERT INTO issued SELECT key, 6 FROM planned").unwrap();
        connection.execute("INSERT INTO revocation VALUES (?1, 'a', ?2)", (u32::MAX - 1, [1])).unwrap();
        assert_eq!(rows(&divisions, &connection), [vec![], vec![u32::MAX - 1]]);
        // What was found is looked up again for the next one: not in a table of all numbers, which would have 16 GiB.
        connection.execute("INSERT INTO revocation VALUES (?1, 'a', ?2)", (u32::MAX, [2])).unwrap();
        assert_eq!(rows(&divisions, &connection), [vec![u32::MAX], vec![u32::MAX - 1]]);
    }

    #[test]
    fn what_something_else_wrote_into_the_file_is_not_taken_for_what_was_found() {
        let connection = register();
        let divisions = Divisions::default();
        connection.execute_batch("INSERT INTO issued SELECT key, 6 FROM planned").unwrap();
        revoke(&connection, "a", 1);
        assert_eq!(rows(&divisions, &connection), [vec![], vec![1]]);
        let mut made = divisions.0.borrow_mut();
        let division = Arc::get_mut(made.get_mut("a").unwrap()).unwrap();
        division.of.version -= 1;
        drop(made);
        connection
            .execute("UPDATE planned SET tbs = ?1 WHERE key = 1", [tbs(&[point(1).der().to_vec()])])
            .unwrap();
        assert_eq!(rows(&divisions, &connection), [vec![1], vec![]]);
    }
}
