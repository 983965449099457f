//! Public-key infrastructure as pure functions: octets in, typed values and octets out.
//!
//! Never mentions files, the environment, clocks, randomness or threads: time, serial numbers and issuers come in as
//! data. Read [`request::ParsedRequest`] first, then [`policy`] and [`certificate`].

pub mod anatomy;
pub mod block_list;
pub mod certificate;
pub mod constraint;
pub mod crl;
pub mod der;
pub mod device_key;
pub mod event;
pub mod extension;
pub mod fingerprint;
pub mod issuer;
pub mod jws;
pub mod key;
pub mod lint;
pub mod name;
pub mod naming;
pub mod oid;
pub mod path;
pub mod pem;
pub mod plan;
pub mod platform;
pub mod policy;
pub mod profile;
pub mod request;
pub mod serial;
pub mod shared_prime;
pub mod text;
pub mod time;
