//! What a CRL is for: all certificates of an authority, or those of a partition, which name its distribution point.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::super::{Register, error::Error, journal};
use super::{PlansBound, division::tbs_of};
use crate::pki::crl::{CrlPoint, CrlSerial};

/// Which certificates of an authority a CRL is for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum CrlScope {
    /// All of them.
    Full,
    /// Those that name the distribution point of this partition, counted from 1.
    Partition(u32),
}

impl CrlScope {
    /// What stands behind the word "CRL" of one that is not the full one: ` of partition 3`.
    #[must_use]
    pub fn of_partition(self) -> String {
        match self {
            Self::Full => String::new(),
            Self::Partition(number) => format!(" of partition {number}"),
        }
    }

    /// As it stands in the column: 0 is the full CRL.
    pub(in crate::register) fn column(self) -> i64 {
        match self {
            Self::Full => 0,
            Self::Partition(index) => i64::from(index),
        }
    }

    pub(in crate::register) fn from_column(column: i64) -> Result<Self, Error> {
        match u32::try_from(column) {
            Ok(0) => Ok(Self::Full),
            Ok(index) => Ok(Self::Partition(index)),
            Err(_) => Err(Error::Damaged("a CRL of an impossible partition".to_owned())),
        }
    }
}

/// Tells of certificates of an authority whether a CRL is for them.
#[derive(Clone, Debug)]
pub(in crate::register) struct Coverage {
    point: Option<CrlPoint>,
}

impl Coverage {
    /// The point is one that the journal binds, as far as `plans` asks.
    pub(in crate::register) fn of(
        connection: &Connection,
        authority: &str,
        scope: CrlScope,
        plans: &PlansBound,
    ) -> Result<Self, Error> {
        if scope == CrlScope::Full {
            return Ok(Self { point: None });
        }
        let (entry, point) = point_of(connection, authority, scope)?
            .ok_or_else(|| Error::Damaged("a partition that a CRL is for is missing".to_owned()))?;
        plans.check(connection, entry)?;
        Ok(Self { point: Some(point) })
    }

    pub(in crate::register) fn point(&self) -> Option<&CrlPoint> {
        self.point.as_ref()
    }

    pub(super) fn into_point(self) -> Option<CrlPoint> {
        self.point
    }

    /// Whether a certificate is in it. Of one that was issued elsewhere nobody here has the octets: it is on the full CRL
    /// only. The octets are those of a plan that the journal binds, as far as `plans` asks.
    pub(in crate::register) fn holds(
        &self,
        connection: &Connection,
        (authority, serial): (&str, &CrlSerial),
        plans: &PlansBound,
    ) -> Result<bool, Error> {
        let Some(point) = &self.point else { return Ok(true) };
        let Some((tbs, plan)) = tbs_of(connection, authority, serial)? else { return Ok(false) };
        plans.check(connection, plan)?;
        point.covers(&tbs).map_err(|error| Error::Damaged(format!("a planned certificate: {error}")))
    }
}

impl Register {
    /// What CRLs of an authority are for: the full one first, then every partition that an approved plan divides its
    /// certificates among, or that has a CRL.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_scopes(&self, authority: &str) -> Result<Vec<CrlScope>, Error> {
        let mut statement = self
            .connection
            .prepare_cached(
                // Each number is asked for once, however many plans have it: a CRL or the first approved plan ends that.
                "SELECT idx FROM (SELECT DISTINCT idx FROM crl_partition WHERE authority = ?1) AS own \
                 WHERE EXISTS (SELECT 1 FROM crl WHERE crl.authority = ?1 AND crl.partition = own.idx) OR EXISTS ( \
                 SELECT 1 FROM crl_partition AS part JOIN plan ON plan.entry = part.entry \
                 JOIN approval ON approval.plan = plan.number WHERE part.authority = ?1 AND part.idx = own.idx \
                 AND NOT EXISTS (SELECT 1 FROM withdrawal WHERE withdrawal.plan = plan.number)) ORDER BY idx",
            )?;
        let mut rows = statement.query([authority])?;
        let mut scopes = vec![CrlScope::Full];
        while let Some(row) = rows.next()? {
            scopes.push(CrlScope::from_column(row.get(0)?)?);
        }
        Ok(scopes)
    }

    /// The distribution point of a partition; `None` of the full CRL, and where there is no such partition.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_point(&self, authority: &str, scope: CrlScope) -> Result<Option<CrlPoint>, Error> {
        Ok(point_of(&self.connection, authority, scope)?.map(|(_, point)| point))
    }
}

/// The distribution point of a partition, and the entry of the plan that had it first.
fn point_of(
    connection: &Connection,
    authority: &str,
    scope: CrlScope,
) -> Result<Option<(i64, CrlPoint)>, Error> {
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT entry, point FROM crl_partition WHERE authority = ?1 AND idx = ?2 ORDER BY number LIMIT 1",
        )?
        .query_row((authority, scope.column()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(entry, der)| Ok((entry, parsed(&der)?))).transpose()
}

/// The partitions of an authority by the names that their distribution points have: one may be common to several.
pub(in crate::register) struct PartitionNames {
    named: BTreeMap<Vec<u8>, BTreeSet<u32>>,
    plans: BTreeSet<i64>,
}

impl PartitionNames {
    /// Of every partition, by the point that it had first.
    pub(in crate::register) fn of(connection: &Connection, authority: &str) -> Result<Self, Error> {
        let mut statement = connection.prepare_cached(
            "SELECT idx, entry, point FROM crl_partition WHERE number IN \
             (SELECT min(number) FROM crl_partition WHERE authority = ?1 GROUP BY idx)",
        )?;
        let mut rows = statement.query([authority])?;
        let mut found = Self { named: BTreeMap::new(), plans: BTreeSet::new() };
        while let Some(row) = rows.next()? {
            let partition: u32 = row.get(0)?;
            found.plans.insert(row.get(1)?);
            for name in parsed(&row.get::<_, Vec<u8>>(2)?)?.names() {
                found.named.entry(name.to_vec()).or_default().insert(partition);
            }
        }
        Ok(found)
    }

    /// The entries of the plans that the points stand in.
    pub(super) fn plans(&self) -> &BTreeSet<i64> {
        &self.plans
    }

    /// The partitions whose points a certificate's own octets name.
    pub(in crate::register) fn of_certificate(&self, tbs: &[u8]) -> Result<BTreeSet<u32>, Error> {
        let names = CrlPoint::names_in(tbs)
            .map_err(|error| Error::Damaged(format!("a planned certificate: {error}")))?;
        Ok(names.iter().filter_map(|name| self.named.get(*name)).flatten().copied().collect())
    }
}

fn parsed(der: &[u8]) -> Result<CrlPoint, Error> {
    CrlPoint::parse(der).map_err(|what| Error::Damaged(format!("a partition's point {what}")))
}

/// Adds the partitions that a plan divides its certificates among; they belong to the journal's next entry, which is the
/// plan's. A point that the authority has keeps its number.
pub(in crate::register) fn add_partitions(
    transaction: &Transaction<'_>,
    authority: &str,
    points: &[CrlPoint],
) -> Result<(), Error> {
    let entry = journal::next(transaction)?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO crl_partition (number, entry, authority, idx, point) \
         SELECT (SELECT coalesce(max(number), 0) + 1 FROM crl_partition), ?1, ?2, \
         coalesce((SELECT min(idx) FROM crl_partition WHERE authority = ?2 AND point = ?3), \
         (SELECT coalesce(max(idx), 0) + 1 FROM crl_partition WHERE authority = ?2)), ?3",
    )?;
    for point in points {
        statement.execute((entry, authority, point.der()))?;
    }
    Ok(())
}
