//! The air gap: which network interfaces are up.
//!
//! Read from sysfs, as text: no socket is opened to ask. sysfs shows the interfaces of the network namespace that it was
//! mounted in. A cable or a radio is not looked at: an interface that is up is one too many on an offline machine,
//! whatever is at its other end.

use std::{fs, io, os::unix::ffi::OsStringExt as _, path::Path};

use super::file;

/// Where the kernel lists its interfaces.
const INTERFACES: &str = "/sys/class/net";

/// Most interfaces looked at: a machine has under ten; a host of containers, which this is not to be, has thousands.
pub const INTERFACES_MAX: usize = 1024;

/// Longest `flags` file, in octets: `0x` and eight hexadecimal digits.
const FLAGS_OCTETS_MAX: u64 = 32;

/// `IFF_UP` of <linux/if.h>: the interface was switched on.
const UP: u32 = 0x1;

/// `IFF_LOOPBACK` of <linux/if.h>: it leads nowhere but to this machine.
const LOOPBACK: u32 = 0x8;

/// The names of the interfaces that are up and lead out of the machine, sorted. The octets of a name are text from
/// outside: whoever may configure the network may choose them.
///
/// # Errors
/// As the system says, where it does not tell; [`io::ErrorKind::FileTooLarge`] past [`INTERFACES_MAX`].
pub fn interfaces_up() -> io::Result<Vec<Vec<u8>>> {
    interfaces_up_in(Path::new(INTERFACES))
}

fn interfaces_up_in(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut up = Vec::new();
    for (count, interface) in fs::read_dir(folder)?.enumerate() {
        if count == INTERFACES_MAX {
            let what = format!("more than {INTERFACES_MAX} network interfaces");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        }
        let interface = interface?;
        match file::read_limited(&interface.path().join("flags"), FLAGS_OCTETS_MAX) {
            Ok(text) if leads_out(&text) => up.push(interface.file_name().into_vec()),
            Ok(_) => {}
            // Pulled meanwhile; or `bonding_masters`, a file among the folders.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error),
        }
    }
    up.sort();
    Ok(up)
}

/// Whether flags say so; flags that cannot be understood are taken as if they did.
fn leads_out(text: &[u8]) -> bool {
    let flags = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.trim_end().strip_prefix("0x"))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    flags.is_none_or(|flags| flags & UP != 0 && flags & LOOPBACK == 0)
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    use super::*;

    fn interface(folder: &Path, name: &[u8], flags: &str) {
        let interface = folder.join(OsStr::from_bytes(name));
        fs::create_dir(&interface).unwrap();
        fs::write(interface.join("flags"), flags).unwrap();
    }

    #[test]
    fn lists_what_is_up_and_leads_out() {
        let folder = tempfile::tempdir().unwrap();
        interface(folder.path(), b"wlan0", "0x1003\n");
        interface(folder.path(), b"eth0", "0x1002\n");
        interface(folder.path(), b"lo", "0x9\n");
        interface(folder.path(), b"\x1b[2J\xff", "0x1\n");
        fs::write(folder.path().join("bonding_masters"), "").unwrap();
        fs::create_dir(folder.path().join("pulled")).unwrap();
        assert_eq!(interfaces_up_in(folder.path()).unwrap(), [&b"\x1b[2J\xff"[..], b"wlan0"]);
    }

    #[test]
    fn takes_what_it_cannot_read_for_an_interface_that_is_up() {
        let folder = tempfile::tempdir().unwrap();
        interface(folder.path(), b"odd0", "up\n");
        assert_eq!(interfaces_up_in(folder.path()).unwrap(), [b"odd0"]);
        interface(folder.path(), b"odd1", &"0".repeat(33));
        assert_eq!(interfaces_up_in(folder.path()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn does_not_take_silence_for_an_air_gap() {
        let folder = tempfile::tempdir().unwrap();
        assert!(interfaces_up_in(&folder.path().join("no-sysfs")).is_err());
        for number in 0..=INTERFACES_MAX {
            interface(folder.path(), format!("veth{number}").as_bytes(), "0x1002");
        }
        assert_eq!(interfaces_up_in(folder.path()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn reads_the_interfaces_of_this_machine() {
        let up = interfaces_up().unwrap();
        assert!(!up.contains(&b"lo".to_vec()), "{up:?}");
        assert!(up.iter().all(|name| Path::new(INTERFACES).join(OsStr::from_bytes(name)).exists()));
    }
}
