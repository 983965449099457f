//! The built-in lint: finished TBS octets are read again, by other code than wrote them.

/// One fault the lint found: a rule's id with its source, and what is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The rule's stable id, e.g. `rfc5280-4.1.2.2-serial`.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What the octets must agree with: the facts the plan was made from.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer's subject DER.
    pub issuer: &'a [u8],
    /// The issuer's subjectKeyIdentifier; for a root its own.
    pub issuer_key_identifier: &'a [u8],
    /// The subject's SubjectPublicKeyInfo.
    pub spki: &'a [u8],
    /// Whether it is to be a CA.
    pub kind: Kind,
}

/// What kind of certificate the octets are to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// CA:FALSE.
    EndEntity,
    /// CA:TRUE, issued by another CA.
    SubordinateCa,
    /// CA:TRUE, self-issued.
    Root,
}

/// Reads TBS octets and returns every fault found; empty means clean.
#[must_use]
pub fn lint(_tbs: &[u8], _expected: &Expected<'_>) -> Vec<Fault> {
    todo!()
}
