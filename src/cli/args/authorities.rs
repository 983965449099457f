//! The arguments of `ca`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::PinArguments;

/// Key kinds for a CA.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KeyKind {
    /// ECDSA with SHA-256
    P256,
    /// ECDSA with SHA-384
    P384,
    /// ECDSA with SHA-512
    P521,
    /// RSA, 2048 bits
    Rsa2048,
    /// RSA, 3072 bits
    Rsa3072,
    /// RSA, 4096 bits
    Rsa4096,
    /// Ed25519, where the token has it
    Ed25519,
    /// ML-DSA-44, where the token has it
    #[value(name = "ml-dsa-44")]
    MlDsa44,
    /// ML-DSA-65, where the token has it
    #[value(name = "ml-dsa-65")]
    MlDsa65,
    /// ML-DSA-87, where the token has it
    #[value(name = "ml-dsa-87")]
    MlDsa87,
}

/// `ca …`
#[derive(Debug, Subcommand)]
pub enum CaCommand {
    /// Make a key pair in the token and a self-signed root certificate
    Create {
        /// Its name here: a-z, 0-9 and -, at most 32
        name: String,
        /// The key
        #[arg(long, value_enum)]
        key: KeyKind,
        /// The distinguished name, RFC 4514 ("CN=Root,O=Example") or "/O=Example/CN=Root"
        #[arg(long, value_name = "DN")]
        subject: String,
        /// Days until it ends
        #[arg(long, value_name = "N")]
        days: u32,
        /// How many CAs may stand below it in a path
        #[arg(long, value_name = "N")]
        path_length: Option<u32>,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Make a key pair in the token and its CSR for a superior CA
    Request {
        /// Its name here: a-z, 0-9 and -, at most 32
        name: String,
        /// The key
        #[arg(long, value_enum)]
        key: KeyKind,
        /// The distinguished name
        #[arg(long, value_name = "DN")]
        subject: String,
        /// The folder that receives a new folder with the CSR
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Take the certificate that a superior CA issued for a request
    ///
    /// From then on the CA issues under it. A CA that has a certificate keeps it beside the new one, for what was issued
    /// under it; the new one must have the same subject and key identifier.
    Install {
        /// The CA's name here
        name: String,
        /// The certificate, PEM or DER; certificates behind it in the same file count as its chain
        certificate: PathBuf,
        /// The certificates above it, PEM, root last
        #[arg(long, value_name = "FILE")]
        chain: Option<PathBuf>,
        /// The twelve words of the root that it leads to, as its keeper tells them; asked for where that root is another
        /// than before
        #[arg(long, value_name = "WORDS")]
        root_words: Option<String>,
        /// Keep it beside the one that the CA issues under: a cross-certificate, which only leads to the CA's key on another
        /// path and goes out with `ca export`
        #[arg(long)]
        beside: bool,
    },
    /// Have a CA issue under another of the certificates that it has, or under its own with the renewed one of its superior
    Use {
        /// The CA's name here
        name: String,
        /// The beginning of the certificate's SHA-256, as `ca show` lists it
        sha256: String,
        /// The twelve words of the root that it leads to, as its keeper tells them; asked for where that root is another
        /// than before
        #[arg(long, value_name = "WORDS")]
        root_words: Option<String>,
    },
    /// Renew a CA: a further certificate for the key and the name that it has
    ///
    /// A root certifies itself anew (--days); a subordinate CA writes a request for its superior (--to), whose answer
    /// `ca install` takes. The certificate before stays in the register: what was issued under it keeps its path, plans
    /// under it can still be signed and delivered, and one CRL serves both, because key, name and key identifier stay.
    #[command(group = clap::ArgGroup::new("way").required(true))]
    Renew {
        /// The CA's name here
        name: String,
        /// Of a root: days until the new certificate ends
        #[arg(long, value_name = "N", group = "way")]
        days: Option<u32>,
        /// Of a subordinate CA: the folder that receives a new folder with the CSR
        #[arg(long, value_name = "DIR", group = "way")]
        to: Option<PathBuf>,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Re-key a CA: a new key, under a new name here, takes the place of a CA's, with the same subject
    ///
    /// A root makes a new self-signed certificate (--days); for a subordinate CA a request is written (--to), which its superior
    /// plans by the profile subordinate-ca-renewal. The register holds which CA the new one succeeds; the old one keeps its key
    /// and can still sign CRLs. `ca link` makes the certificates between the two keys of a root.
    #[command(group = clap::ArgGroup::new("way").required(true))]
    Rekey {
        /// The CA whose place is taken
        before: String,
        /// The new one's name here: a-z, 0-9 and -, at most 32
        name: String,
        /// The new key
        #[arg(long, value_enum)]
        key: KeyKind,
        /// Of a root: days until the new certificate ends
        #[arg(long, value_name = "N", group = "way")]
        days: Option<u32>,
        /// Of a subordinate CA: the folder that receives a new folder with the CSR
        #[arg(long, value_name = "DIR", group = "way")]
        to: Option<PathBuf>,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Link the keys of a re-keyed root: the new key certified by the old one and the old by the new (RFC 4210 §4.4)
    ///
    /// Devices that trust only the old root so have a path to what the new key issued, and those that trust only the new root one to
    /// what the old key issued. `ca export` writes both. What was made before is not made again.
    Link {
        /// The new CA's name here, which `ca rekey` made
        name: String,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Plan a certificate for the key of another CA, from its own self-signed certificate (a cross-certificate)
    ///
    /// The profile, of the kind subordinate-ca, sets path length, names and purposes. Approve, sign and deliver the plan as
    /// any other; the other CA takes the certificate with `ca install --beside`. A CA without a self-signed certificate gives a
    /// CSR instead, for `plan`.
    Cross {
        /// The CA that will sign
        #[arg(long, value_name = "NAME")]
        ca: String,
        /// The profile
        #[arg(long, value_name = "P")]
        profile: String,
        /// The other CA's self-signed certificate, PEM or DER
        certificate: PathBuf,
    },
    /// Let a CA move in whose key was brought into the token from outside: first told what cannot be promised of such a
    /// key, then recorded by its words
    Adopt {
        /// Its name here: a-z, 0-9 and -, at most 32
        name: String,
        /// The key in this home's token: a pkcs11: URI with id=…
        #[arg(long, value_name = "URI")]
        key: String,
        /// Its certificate, PEM or DER
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// The certificates above it, PEM, root last
        #[arg(long, value_name = "FILE")]
        chain: Option<PathBuf>,
        /// Where the key comes from: which machine or token, who brought it, when
        #[arg(long, value_name = "TEXT")]
        origin: String,
        /// The twelve words that stand for what cannot be promised; without them it is only shown
        #[arg(long, value_name = "WORDS")]
        words: Option<String>,
        /// The user PIN
        #[command(flatten)]
        pin: PinArguments,
    },
    /// Write a CA's certificate onto a medium as one new folder: PEM, DER, the path to the root, SHA-256 sums
    Export {
        /// The CA's name here
        name: String,
        /// The folder (a mounted medium) that receives the new folder
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// List the CAs of this home
    List,
    /// Show one CA
    Show {
        /// The CA's name here
        name: String,
        /// Its certificate and those above it, root last, as PEM instead
        #[arg(long)]
        pem: bool,
    },
}
