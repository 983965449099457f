//! What a CRL is for: all certificates of an authority, or those of a partition, which name its distribution point.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::super::{Register, error::Error, journal};
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
    pub(in crate::register) fn of(
        connection: &Connection,
        authority: &str,
        scope: CrlScope,
    ) -> Result<Self, Error> {
        let point = match scope {
            CrlScope::Full => None,
            CrlScope::Partition(_) => Some(
                point_of(connection, authority, scope)?
                    .ok_or_else(|| Error::Damaged("a partition that a CRL is for is missing".to_owned()))?,
            ),
        };
        Ok(Self { point })
    }

    pub(in crate::register) fn point(&self) -> Option<&CrlPoint> {
        self.point.as_ref()
    }

    /// Whether a certificate is in it. Of one that was issued elsewhere nobody here has the octets: it is on the full CRL
    /// only.
    pub(in crate::register) fn holds(
        &self,
        connection: &Connection,
        authority: &str,
        serial: &CrlSerial,
    ) -> Result<bool, Error> {
        let Some(point) = &self.point else { return Ok(true) };
        let tbs: Option<Vec<u8>> = connection
            .prepare_cached(
                "SELECT planned.tbs FROM planned JOIN issued USING (key) \
                 JOIN plan ON plan.number = planned.plan WHERE planned.serial = ?2 AND plan.authority = ?1",
            )?
            .query_row((authority, serial.as_octets()), |row| row.get(0))
            .optional()?;
        let Some(tbs) = tbs else { return Ok(false) };
        point.covers(&tbs).map_err(|error| Error::Damaged(format!("a planned certificate: {error}")))
    }
}

impl Register {
    /// What CRLs of an authority are for: the full one first, then every partition.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn crl_scopes(&self, authority: &str) -> Result<Vec<CrlScope>, Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT idx FROM crl_partition WHERE authority = ?1 ORDER BY idx")?;
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
        point_of(&self.connection, authority, scope)
    }
}

fn point_of(connection: &Connection, authority: &str, scope: CrlScope) -> Result<Option<CrlPoint>, Error> {
    let der: Option<Vec<u8>> = connection
        .prepare_cached("SELECT point FROM crl_partition WHERE authority = ?1 AND idx = ?2")?
        .query_row((authority, scope.column()), |row| row.get(0))
        .optional()?;
    der.map(|der| CrlPoint::parse(&der).map_err(|what| Error::Damaged(format!("a partition's point {what}"))))
        .transpose()
}

/// Adds the partitions that an authority does not have yet; they belong to the journal's next entry.
pub(in crate::register) fn add_partitions(
    transaction: &Transaction<'_>,
    authority: &str,
    points: &[CrlPoint],
) -> Result<(), Error> {
    let entry = journal::next(transaction)?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO crl_partition (number, entry, authority, idx, point) \
         SELECT (SELECT coalesce(max(number), 0) + 1 FROM crl_partition), ?1, ?2, \
         (SELECT coalesce(max(idx), 0) + 1 FROM crl_partition WHERE authority = ?2), ?3 \
         WHERE NOT EXISTS (SELECT 1 FROM crl_partition WHERE authority = ?2 AND point = ?3)",
    )?;
    for point in points {
        statement.execute((entry, authority, point.der()))?;
    }
    Ok(())
}
