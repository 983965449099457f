//! Bundles: what is delivered, as pure functions of what was issued.
//!
//! Nothing here touches a file or a clock: [`bundle::BundleBuilder`] says which octets go under which path, the
//! ceremony has them written, and [`verification::verify`] judges a finished bundle through a [`verification::Source`]
//! that somebody else reads from a medium. The same plan gives the same octets, signatures of manifests aside.

mod aws;
mod aws_certificate_provider;
mod azure;
mod azure_adr;
mod binding;
mod broker;
pub mod bundle;
mod crc32;
mod der_files;
pub mod devices;
mod esp;
pub mod esp_at;
pub mod esp_nvs;
mod esp_partitions;
pub mod esp_secure_cert;
pub mod form;
pub mod format;
pub mod forms;
pub mod held_crls;
mod jsonl;
pub mod manifest;
mod matter;
mod microchip;
pub mod names;
pub mod pem;
pub mod pkcs7;
mod private_keys;
pub mod proof;
pub mod qr;
mod tar;
mod trust_store;

pub mod verification;
