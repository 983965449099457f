//! Adoptions: authorities whose keys came into the token from outside, with what was waived for each and by which words.

use rusqlite::{Connection, OptionalExtension as _};

use super::{
    Register,
    authority::{self, NewAuthority, Role},
    digest_of,
    error::Error,
    journal::{self, Kind, time},
};
use crate::pki::{certificate::Certificate, fingerprint::Digest, key::PublicKey, time::Time};

/// An authority that moves in.
#[derive(Clone, Copy, Debug)]
pub struct NewAdoption<'a> {
    /// It and its key; it has no request.
    pub authority: NewAuthority<'a>,
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// The certificates above it, root last.
    pub chain: &'a [Certificate],
    /// Where the key comes from, as the officer says it.
    pub origin: &'a str,
    /// The names of the PKCS#11 attributes that do not say what they say of a key made in the token, in order.
    pub waived: &'a [&'a str],
}

/// The adoption of an authority, as it is recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Adoption {
    /// When.
    pub time: Time,
    /// Where the key comes from, as the officer said it.
    pub origin: String,
    /// The names of the PKCS#11 attributes that do not say what they say of a key made in the token.
    pub waived: Vec<String>,
    /// What was approved: SHA-256 over name, key, certificates, waiver and origin, whose words were typed.
    pub digest: Digest,
}

/// What the officer approves: SHA-256 over `coldsign adoption 2` LF and the name, the SHA-256 of the key, the SHA-256 of
/// the certificate, those of the certificates above it with commas between them, the waived attributes with commas between
/// them, and the origin, each followed by LF.
#[must_use]
pub fn adoption_digest(new: &NewAdoption<'_>) -> Digest {
    let NewAuthority { name, public_key, .. } = new.authority;
    let certificates = (new.certificate.sha256(), new.chain);
    statement(name, public_key.spki_sha256(), certificates, &new.waived.join(","), new.origin)
}

fn statement(
    name: &str,
    key: Digest,
    (certificate, chain): (Digest, &[Certificate]),
    waived: &str,
    origin: &str,
) -> Digest {
    let chain: Vec<String> = chain.iter().map(|above| above.sha256().to_string()).collect();
    let chain = chain.join(",");
    let text = format!("coldsign adoption 2\n{name}\n{key}\n{certificate}\n{chain}\n{waived}\n{origin}\n");
    Digest::of(text.as_bytes())
}

impl Register {
    /// Records an authority whose key came from outside, with its certificate and what is waived, at once or not at all.
    ///
    /// # Errors
    /// [`Error::AuthorityExists`] where name or key are taken, [`Error::CertificateForOtherKey`], [`Error::Words`] where
    /// other words were typed.
    pub fn adopt_authority(&mut self, new: &NewAdoption<'_>, words: &str, now: Time) -> Result<(), Error> {
        let name = new.authority.name;
        if new.certificate.public_key() != new.authority.public_key {
            return Err(Error::CertificateForOtherKey(name.to_owned()));
        }
        let digest = adoption_digest(new);
        if !digest.matches_words(words) {
            return Err(Error::Words(name.to_owned()));
        }
        let transaction = self.write()?;
        authority::insert(&transaction, &new.authority, None, now)?;
        authority::insert_certificate(&transaction, name, (new.certificate, new.chain), Role::Issues, now)?;
        transaction.execute(
            "INSERT INTO adoption (entry, authority, time, origin, waived, certificate_sha256, digest) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                journal::next(&transaction)?,
                name,
                now.unix(),
                new.origin,
                new.waived.join(","),
                new.certificate.sha256().as_octets(),
                digest.as_octets(),
            ),
        )?;
        journal::append(&transaction, Kind::Adoption, now)?;
        Ok(transaction.commit()?)
    }

    /// The adoption of an authority whose key came from outside; `None` where the key was made in the token. It counts
    /// only where the journal binds it: a row that another program put into the table waives nothing.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn adoption(&self, authority: &str) -> Result<Option<Adoption>, Error> {
        let found = recorded(&self.connection, authority)?;
        if let Some((entry, ..)) = &found {
            journal::check_entry(&self.connection, *entry, Kind::Adoption)?;
        }
        Ok(found.map(|(_, adoption, _)| adoption))
    }
}

/// The adoption of an authority with its entry and the certificate it names.
fn recorded(connection: &Connection, authority: &str) -> Result<Option<(i64, Adoption, Digest)>, Error> {
    connection
        .prepare_cached(
            "SELECT entry, time, origin, waived, digest, certificate_sha256 FROM adoption WHERE authority = ?1",
        )?
        .query_row([authority], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                digest_of(row.get(4)?),
                digest_of(row.get(5)?),
            ))
        })
        .optional()?
        .map(|(entry, at, origin, waived, digest, certificate)| {
            let waived = waived.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Ok((entry, Adoption { time: time(at)?, origin, waived, digest }, certificate))
        })
        .transpose()
}

/// Whether the words that were typed for an adoption stand for what is recorded: name, key, certificates, waiver, origin.
pub(super) fn follows(connection: &Connection, authority: &str, key: &PublicKey) -> Result<bool, Error> {
    let Some((entry, adoption, certificate)) = recorded(connection, authority)? else { return Ok(true) };
    let installed: Option<(Vec<u8>, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT certificate, chain FROM authority_certificate WHERE authority = ?1 AND entry < ?2 \
             ORDER BY entry DESC LIMIT 1",
        )?
        .query_row((authority, entry), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((_, chain)) = installed.filter(|(own, _)| Digest::of(own) == certificate) else {
        return Ok(false);
    };
    let chain = authority::parse_chain(&chain)?;
    let waived = adoption.waived.join(",");
    let derived = statement(authority, key.spki_sha256(), (certificate, &chain), &waived, &adoption.origin);
    Ok(derived == adoption.digest)
}
