//! CRC-32 with the polynomial of IEEE 802.3, reflected: the sum of PNG files, and of Espressif's flash formats. It finds
//! accidents, never intent.

/// The polynomial 0x04C11DB7, reflected.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The sum of these pieces, one after the other, as Espressif has it: from a register of zeros (`crc32_le(UINT32_MAX, …)`
/// of ESP-IDF's ROM, `zlib.crc32(…, 0xFFFFFFFF)`).
pub(super) fn esp_crc32(pieces: &[&[u8]]) -> u32 {
    crc32(0, pieces)
}

/// The same from a register of ones, as PNG and most others have it (ISO/IEC 15948 §5.5).
pub(super) fn png_crc32(pieces: &[&[u8]]) -> u32 {
    crc32(u32::MAX, pieces)
}

fn crc32(register: u32, pieces: &[&[u8]]) -> u32 {
    let octets = pieces.iter().copied().flatten();
    !octets.fold(register, |register, &octet| {
        (0..8).fold(register ^ u32::from(octet), |register, _| {
            (register >> 1) ^ if register & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_zlib() {
        // python3 -c 'import zlib; print(hex(zlib.crc32(b"123456789", 0xFFFFFFFF)), hex(zlib.crc32(b"123456789")))'
        assert_eq!(esp_crc32(&[b"1234", b"56789"]), 0xd202_d277);
        assert_eq!(png_crc32(&[b"1234", b"56789"]), 0xcbf4_3926);
        assert_eq!(esp_crc32(&[]), 0xffff_ffff);
    }
}
