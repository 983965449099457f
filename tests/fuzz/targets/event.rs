#![no_main]
//! See `readers.rs`.

#[expect(dead_code, reason = "a target asks one reader")]
#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    readers::event(octets);
});
