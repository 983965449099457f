//! QR codes (ISO/IEC 18004) of certificates and other short texts as PNG, for what a camera can carry instead of a medium.
//!
//! A picture is a file that other programs make the same: grey of one bit, compressed by nothing (RFC 1951 §3.2.4), so that
//! no library's way to compress has a part in whether a bundle verifies.

use qrcode::{Color, EcLevel, QrCode};

use super::{
    bundle::{Part, file},
    crc32::png_crc32,
    form::{Form, Item, Judges},
    format::FormatError,
    pem,
};
use crate::pki::certificate::Certificate;

/// Its name.
const NAME: &str = "qr";

/// Longest PEM file, in octets: what a code of version 40 holds at the lowest level of correction.
pub(super) const TEXT_OCTETS_MAX: usize = 2_953;
/// Light modules around a code (ISO/IEC 18004 §5.3.8).
const MARGIN: usize = 4;
/// Dots on the side of a module: cameras and printers want some.
const SCALE: usize = 4;

/// Makes a picture of each certificate.
#[derive(Debug)]
pub(super) struct QrCodes;

impl Form for QrCodes {
    fn judges(&self) -> Judges {
        Judges::EachCertificate
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), FormatError> {
        let octets = pem::certificate(certificate.der()).len();
        if octets <= TEXT_OCTETS_MAX {
            return Ok(());
        }
        let what = format!("a QR code holds {TEXT_OCTETS_MAX} octets, the PEM file would have {octets}");
        Err(FormatError::impossible(
            NAME,
            &what,
            "leave qr out, or have a smaller key and fewer names certified",
        ))
    }

    fn opening(&mut self, _authorities: &[Certificate]) -> Vec<Part> {
        Vec::new()
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let picture = picture(&pem::certificate(item.der));
        picture.into_iter().map(|png| file(&item.place.below(NAME, "png"), png)).collect()
    }
}

/// The picture of a code of this text; `None` for more than any code holds.
#[must_use]
pub fn picture(text: &[u8]) -> Option<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let side = code.width();
    let dots = (side + 2 * MARGIN) * SCALE;
    let is_light = |x: usize, y: usize| {
        let inside = |dot: usize| (dot / SCALE).checked_sub(MARGIN).filter(|module| *module < side);
        let (Some(x), Some(y)) = (inside(x), inside(y)) else { return true };
        code[(x, y)] == Color::Light
    };
    let mut rows = Vec::new();
    for y in 0..dots {
        // Each row begins with its filter: none.
        rows.push(0);
        let octet = |start| (0..8).fold(0, |octet, bit| octet << 1 | u8::from(is_light(start + bit, y)));
        rows.extend((0..dots).step_by(8).map(octet));
    }
    Some(png(u32::try_from(dots).ok()?, &rows))
}

/// A picture of one bit a dot, as wide as high (ISO/IEC 15948).
fn png(dots: u32, rows: &[u8]) -> Vec<u8> {
    // One bit a dot, grey; the only compression, filter and order there is.
    let head = [&dots.to_be_bytes()[..], &dots.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(*b"IHDR", &head), &chunk(*b"IDAT", &zlib(rows)), &chunk(*b"IEND", &[])]
        .concat()
}

/// A piece of a PNG file: its length, its name, what is in it, the sum over name and content.
fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    // A picture has under 100,000 octets.
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length, &name[..], content, &png_crc32(&[&name, content]).to_be_bytes()].concat()
}

/// RFC 1950 around blocks that are not compressed.
fn zlib(octets: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = octets.chunks(usize::from(u16::MAX));
    let last = blocks.len().saturating_sub(1);
    for (index, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(index == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    stream.extend(adler32(octets).to_be_bytes());
    stream
}

/// RFC 1950 §8.2.
fn adler32(octets: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (low, high) = octets.iter().fold((1, 0), |(low, high), &octet| {
        let low = (low + u32::from(octet)) % BASE;
        (low, (high + low) % BASE)
    });
    high << 16 | low
}
