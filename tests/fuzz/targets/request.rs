#![no_main]
//! See `readers.rs`.

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| _ = readers::request(octets));
