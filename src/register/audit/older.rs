//! What holds behind an older register that was accepted: words that stand for both ends, and first CRLs that say what was
//! published since.

use super::super::{crl::CrlScope, error::Error, journal::Kind, mark};
use super::Audit;

impl Audit<'_> {
    /// The words by which an older register was accepted.
    pub(super) fn older(&mut self) -> Result<(), Error> {
        for (entry, follows) in mark::accepted(self.connection, &self.register.id)? {
            self.report.older.push(entry);
            if !follows {
                let what = format!("the words that were typed for entry {entry} stand for something else");
                self.find("older-register", what);
            }
        }
        Ok(())
    }

    /// The first CRL of a scope that was made here behind such an entry says that none was published since, where none was
    /// brought; and no other says so. Nothing is asked of a CA that came behind it.
    pub(super) fn first_crls(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT crl.entry, crl.authority, crl.partition, journal.kind = ?1 FROM crl \
             JOIN journal ON journal.seq = crl.entry JOIN authority ON authority.name = crl.authority \
             WHERE crl.origin <> 'elsewhere' AND (journal.kind = ?1) <> EXISTS (SELECT 1 FROM older_register AS older \
             WHERE older.entry < crl.entry AND older.entry > authority.entry AND NOT EXISTS (SELECT 1 FROM crl AS since \
             WHERE since.authority = crl.authority AND since.partition = crl.partition \
             AND since.entry > older.entry AND since.entry < crl.entry)) ORDER BY crl.entry",
        )?;
        let mut rows = statement.query([Kind::CrlNoPrevious.name()])?;
        while let Some(row) = rows.next()? {
            let (entry, authority, scope): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let scope = CrlScope::from_column(scope)?.of_partition();
            let what = if row.get(3)? {
                "says of what was published since an older register was accepted what was not to be said"
            } else {
                "does not say what was published since an older register was accepted"
            };
            self.find("crl-previous", format!("entry {entry}, CRL{scope} of {authority}: {what}"));
        }
        Ok(())
    }
}
