//! What a token does not promise of a private key that came from outside, and what of that is waived.
//!
//! A key that is made in the token has every promise of [`Promise`] (PKCS#11 v2.40 §4.9: `CKA_LOCAL`,
//! `CKA_ALWAYS_SENSITIVE` and `CKA_NEVER_EXTRACTABLE` are the token's own word, which no template can set). An imported
//! one has not, and never will. That the token does not give it out from now on (`CKA_SENSITIVE`, `CKA_EXTRACTABLE`) is
//! demanded of every key and stands here as nothing that can be waived.

use std::collections::BTreeSet;

/// Something that is demanded of a key that was made in the token, and that an imported one may lack.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Promise {
    /// It was never seen outside in the clear.
    AlwaysSensitive,
    /// It was made in this token.
    Local,
    /// It never left a token.
    NeverExtractable,
    /// It decrypts nothing.
    NoDecryption,
    /// It derives no keys.
    NoDerivation,
    /// It signs with recovery nothing.
    NoSignatureWithRecovery,
    /// It unwraps no keys.
    NoUnwrapping,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AlwaysSensitive,
        Self::Local,
        Self::NeverExtractable,
        Self::NoDecryption,
        Self::NoDerivation,
        Self::NoSignatureWithRecovery,
        Self::NoUnwrapping,
    ];

    /// The attribute that tells of it.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::AlwaysSensitive => "CKA_ALWAYS_SENSITIVE",
            Self::Local => "CKA_LOCAL",
            Self::NeverExtractable => "CKA_NEVER_EXTRACTABLE",
            Self::NoDecryption => "CKA_DECRYPT",
            Self::NoDerivation => "CKA_DERIVE",
            Self::NoSignatureWithRecovery => "CKA_SIGN_RECOVER",
            Self::NoUnwrapping => "CKA_UNWRAP",
        }
    }

    /// The promise that this attribute tells of.
    #[must_use]
    pub fn from_attribute(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|promise| promise.attribute() == name)
    }

    /// What it means that it is not given, for people who answer for it.
    #[must_use]
    pub fn lack(self) -> &'static str {
        match self {
            Self::AlwaysSensitive => {
                "the token cannot promise that nobody ever saw the key in the clear: there was a time when it could be read"
            }
            Self::Local => "the token cannot promise that the key was made in it: it was made elsewhere",
            Self::NeverExtractable => {
                "the token cannot promise that there is no copy of the key: it stood outside, and whoever had it there may have it still"
            }
            Self::NoDecryption => "the token lets the key decrypt, too",
            Self::NoDerivation => "the token lets the key derive other keys, too",
            Self::NoSignatureWithRecovery => "the token lets the key sign with recovery, too",
            Self::NoUnwrapping => "the token lets the key unwrap other keys, too",
        }
    }
}

/// Promises that a key need not have, because an officer typed the words for it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Waiver(BTreeSet<Promise>);

impl Waiver {
    /// Nothing is waived: the key is one that was made in the token.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Of these.
    #[must_use]
    pub fn of(promises: impl IntoIterator<Item = Promise>) -> Self {
        Self(promises.into_iter().collect())
    }

    /// Whether this promise need not be given.
    #[must_use]
    pub fn covers(&self, promise: Promise) -> bool {
        self.0.contains(&promise)
    }
}
