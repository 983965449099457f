//! The self-check: what the machine, the program and the home look like before anything is touched.
//!
//! It loads no module, asks for no PIN and changes nothing that is kept (`SQLite` may leave an empty log beside the
//! register, as it does for every reader), so it works on any machine, also where no home is set up
//! yet. It judges and never hinders: people decide what to do about a mark. Read [`self_check`] first.

use std::{io, path::Path};

use crate::{
    config::Authority as Configuration,
    host::{
        airgap, clock,
        folder::{self, Access, Owner},
        identity,
        memory::{Locking, locking},
        process::{self, CoreDumps, Swap},
    },
    pki::{
        fingerprint::Digest,
        text::{Printable, counted, size},
        time::{DAY_SECONDS, Time},
    },
    register::{self, Register, Rehearsal},
};

use super::{
    expiry::CaWarningKind,
    opening::{Appliance, Home, printable_path},
    revocation::{CrlFreshness, crls_due},
};

/// Least room in the home, in octets: twice what the register's write-ahead log may take.
const FREE_OCTETS_MIN: u64 = 128 * 1024 * 1024;

/// Room below which attention is called, in octets: some hundred thousand certificates more.
const FREE_OCTETS_ATTENTION: u64 = 1024 * 1024 * 1024;

/// Silence of the register after which the clock is doubted, in days: an appliance is used once a year at least, to
/// renew or to exercise.
const SILENT_DAYS_MAX: i64 = 400;

/// Most names told in one line; of the others, the number.
const NAMES_MAX: usize = 8;

/// Most lines about CAs that end soon: the list of CAs has all.
const WARNINGS_MAX: usize = 8;

/// What a check came to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Mark {
    /// As it should be.
    Good,
    /// Somebody should look at it before the ceremony goes on.
    Attention,
    /// Not as it must be for a ceremony that counts.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// What was looked at, in one or two words.
    pub subject: &'static str,
    /// What it came to.
    pub mark: Mark,
    /// What was found.
    pub found: Printable,
    /// What to do, where something is to be done.
    pub hint: Option<String>,
}

impl Check {
    fn new(subject: &'static str, mark: Mark, found: impl AsRef<str>, hint: Option<&str>) -> Self {
        Self { subject, mark, found: Printable::new(found.as_ref()), hint: hint.map(str::to_owned) }
    }

    fn good(subject: &'static str, found: impl AsRef<str>) -> Self {
        Self::new(subject, Mark::Good, found, None)
    }

    fn attention(subject: &'static str, found: impl AsRef<str>, hint: &str) -> Self {
        Self::new(subject, Mark::Attention, found, Some(hint))
    }

    fn bad(subject: &'static str, found: impl AsRef<str>, hint: &str) -> Self {
        Self::new(subject, Mark::Bad, found, Some(hint))
    }
}

/// The names of the network interfaces that are up and lead out of the machine; empty on an offline machine. Where the
/// system does not tell, one line that says so stands in place of a name, so that not knowing never looks like an air
/// gap. Cheap: it can be asked every few seconds.
#[must_use]
pub fn interfaces_up() -> Vec<Printable> {
    match airgap::interfaces_up() {
        Ok(names) => names.iter().map(|name| Printable::from_octets(name)).collect(),
        Err(error) => vec![Printable::new(&format!("not known: {error}"))],
    }
}

/// Now, by the host's clock; `None` where it stands outside the years 1950 to 9999.
#[must_use]
pub fn utc_now() -> Option<Time> {
    Time::from_unix(clock::unix_seconds())
}

/// Looks at the program, the module, the home, the register, the clock and the machine, in this order. It digests the
/// program and the module, which takes a fraction of a second.
#[must_use]
pub fn self_check(home: &Home) -> Vec<Check> {
    let mut checks = vec![program(identity::program_sha256())];
    let mut kept = Kept::default();
    if home.is_set_up() {
        checks.push(access(home.folder(), folder::access(home.folder())));
        checks.extend(kept.open(home));
        checks.push(space(folder::free_octets(home.folder())));
    } else {
        checks.push(Check::attention(
            "home",
            format!("no home is set up in {}", printable_path(home.folder())),
            "make one here (Set up, or coldsign setup), or start with another folder: --home DIR",
        ));
    }
    checks.push(time(utc_now(), kept.last));
    checks.push(network(&interfaces_up(), kept.rehearsal));
    checks.push(core_dumps(process::core_dumps()));
    let swaps = process::swaps();
    checks.push(memory(process::locked_kib(), locking(), &swaps));
    checks.push(swap(swaps));
    checks
}

/// What the home's own files say.
#[derive(Default)]
struct Kept {
    /// When the register's last entry was made.
    last: Option<Time>,
    /// Whether the register is for rehearsals.
    rehearsal: Option<Rehearsal>,
    /// CAs whose relying parties have no good CRL, or soon have none.
    crls: Vec<Check>,
}

impl Kept {
    fn open(&mut self, home: &Home) -> Vec<Check> {
        let configured = match home.configuration() {
            Ok((_, configuration)) => vec![module(&configuration)],
            Err(error) => vec![Check::bad("configuration", error.to_string(), &error.hint())],
        };
        let recorded = match self.register(&home.register_path()) {
            Ok(found) => Check::good("register", found),
            Err(error) => Check::bad("register", error.to_string(), error.hint()),
        };
        let sound = recorded.mark == Mark::Good;
        let ending = if sound { ending(home) } else { Vec::new() };
        let crls = std::mem::take(&mut self.crls);
        configured.into_iter().chain([recorded]).chain(ending).chain(crls).collect()
    }

    fn register(&mut self, path: &Path) -> Result<String, register::Error> {
        let register = Register::open_to_read(path)?;
        self.rehearsal = Some(register.rehearsal());
        let head = register.head()?;
        let entries = register.journal(Some(head.entry.saturating_sub(1)), 1)?;
        self.last = entries.first().map(|entry| entry.time);
        if let Some(now) = utc_now() {
            self.crls = crls_due(&register, now)?
                .iter()
                .take(WARNINGS_MAX)
                .map(|due| crl(&due.words, due.freshness))
                .collect();
        }
        let standing = match register.rehearsal() {
            Rehearsal::Live => "live",
            Rehearsal::Rehearsal => "rehearsal",
        };
        Ok(format!("entry {}, {standing}, head {}", head.entry, head.hash.words()))
    }
}

/// A line for each CA that ends soon; what cannot be read has been told by the other lines.
fn ending(home: &Home) -> Vec<Check> {
    let warnings = Appliance::open_to_read(home.clone()).and_then(|appliance| appliance.warnings());
    let warnings = warnings.unwrap_or_default().into_iter().take(WARNINGS_MAX);
    warnings
        .map(|warning| match warning.kind {
            CaWarningKind::Ended => Check::bad("CA", warning.message.as_str(), &warning.hint),
            _ => Check::attention("CA", warning.message.as_str(), &warning.hint),
        })
        .collect()
}

/// A CRL that is due soon or overdue: without a good one, relying parties refuse certificates or check none.
fn crl(found: &str, freshness: CrlFreshness) -> Check {
    let mark = if let CrlFreshness::Overdue(_) = freshness { Mark::Bad } else { Mark::Attention };
    Check::new(
        "CRL",
        mark,
        found,
        Some("make and publish the next one under Revocation, or with coldsign crl"),
    )
}

fn program(sha256: io::Result<[u8; 32]>) -> Check {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    match sha256 {
        Ok(sha256) => Check::new(
            "program",
            Mark::Good,
            format!("coldsign {VERSION}, SHA-256 {}", Digest::from_octets(sha256)),
            Some("compare the digest with the one that was noted when the program was brought here"),
        ),
        Err(error) => Check::bad(
            "program",
            format!("coldsign {VERSION}, its own file cannot be read: {error}"),
            "mount /proc, and start the program from a file that stays",
        ),
    }
}

fn module(configuration: &Configuration) -> Check {
    let path = Path::new(configuration.token_module());
    let shown = printable_path(path);
    match identity::file_sha256(path) {
        Ok(sha256) => Check::new(
            "module",
            Mark::Good,
            format!("SHA-256 {}, {shown}", Digest::from_octets(sha256)),
            Some("compare the digest with the one that was noted when the module was installed"),
        ),
        Err(error) => Check::bad(
            "module",
            format!("{shown}: {error}"),
            "install the token's PKCS#11 module, or correct its path in authority.toml",
        ),
    }
}

fn access(folder: &Path, access: io::Result<Access>) -> Check {
    let shown = printable_path(folder);
    match access {
        Err(error) => Check::bad("home", format!("{shown}: {error}"), "make the folder readable"),
        Ok(access) if access.others_write() => Check::bad(
            "home",
            format!("mode {:04o}, others can replace what is in {shown}", access.mode),
            "take the folder from them with chmod 700, then run coldsign register audit",
        ),
        Ok(access) if access.others_enter() => Check::attention(
            "home",
            format!("mode {:04o}, others can enter {shown}", access.mode),
            "take the folder from them with chmod 700",
        ),
        Ok(Access { owner: Owner::Another(user), .. }) => Check::attention(
            "home",
            format!("another's, of user {user}: {shown}"),
            "work as the user whose home it is",
        ),
        Ok(access) => Check::good("home", format!("mode {:04o}, ours alone: {shown}", access.mode)),
    }
}

fn space(free: io::Result<u64>) -> Check {
    const HINT: &str = "make room on the disk of the home before a batch is planned";
    match free {
        Err(error) => Check::attention("space", format!("not known: {error}"), HINT),
        Ok(free) => {
            let found = format!("{} free in the home", size(free));
            if free < FREE_OCTETS_MIN {
                Check::bad("space", found, HINT)
            } else if free < FREE_OCTETS_ATTENTION {
                Check::attention("space", found, HINT)
            } else {
                Check::good("space", found)
            }
        }
    }
}

/// The clock against the register: what was recorded lies in the past.
fn time(now: Option<Time>, last: Option<Time>) -> Check {
    const SUBJECT: &str = "clock";
    const COMPARE: &str = "compare it with a clock that you trust; certificates begin at its time";
    let Some(now) = now else {
        return Check::bad(SUBJECT, "it stands outside the years 1950 to 9999", "set the machine's clock");
    };
    let Some(last) = last else {
        return Check::attention(
            SUBJECT,
            format!("{now} at this look; no register to compare it with"),
            COMPARE,
        );
    };
    let passed = now.unix() - last.unix();
    if passed < 0 {
        return Check::bad(
            SUBJECT,
            format!("{now} at this look, {} before the register's last entry of {last}", span(-passed)),
            "set the machine's clock; where it is right, that entry was made under a wrong one: have it noted",
        );
    }
    let found = format!("{now} at this look, {} after the register's last entry", span(passed));
    if passed > SILENT_DAYS_MAX * DAY_SECONDS {
        return Check::attention(SUBJECT, found, COMPARE);
    }
    Check::new(SUBJECT, Mark::Good, found, Some(COMPARE))
}

fn network(up: &[Printable], rehearsal: Option<Rehearsal>) -> Check {
    if up.is_empty() {
        return Check::good("network", "no interface is up");
    }
    // A rehearsal is often on a machine that is not the one of the ceremony.
    let mark = match rehearsal {
        Some(Rehearsal::Live) => Mark::Bad,
        Some(Rehearsal::Rehearsal) | None => Mark::Attention,
    };
    let names: Vec<&str> = up.iter().take(NAMES_MAX).map(Printable::as_str).collect();
    let more = up.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Check::new(
        "network",
        mark,
        format!("up: {}{more}", names.join(", ")),
        Some("pull the cable, switch the radio off, and take the interface down with ip link set NAME down"),
    )
}

fn core_dumps(state: CoreDumps) -> Check {
    const HINT: &str = "start the program where it may set its own limits; a core dump can hold the PIN";
    match state {
        CoreDumps::Off => Check::good("core dumps", "off"),
        CoreDumps::Limit => Check::attention("core dumps", "not off: the limit is not zero", HINT),
        CoreDumps::Dumpable => Check::attention("core dumps", "not off: the process is dumpable", HINT),
    }
}

fn memory(locked_kib: io::Result<u64>, locking: Locking, swaps: &io::Result<Vec<Swap>>) -> Check {
    let none = swaps.as_ref().is_ok_and(Vec::is_empty);
    match locked_kib {
        Ok(1..) if locking == Locking::Everything => Check::good("memory", "locked: it does not go to swap"),
        Ok(1..) if none => Check::good("memory", "locked in part, and there is no swap that it could go to"),
        Ok(1..) => Check::attention(
            "memory",
            "locked in part: only what stood at the start; what came later, a PIN too, can go to swap",
            "switch swap off, or take the limit of locked memory away (ulimit -l unlimited)",
        ),
        Ok(0) if none => Check::good("memory", "not locked, and there is no swap that it could go to"),
        Ok(0) => Check::attention(
            "memory",
            "not locked: it can go to swap",
            "switch swap off, or take the limit of locked memory away (ulimit -l unlimited)",
        ),
        Err(error) => Check::attention("memory", format!("not known: {error}"), "mount /proc"),
    }
}

fn swap(swaps: io::Result<Vec<Swap>>) -> Check {
    match swaps {
        Ok(swaps) if swaps.is_empty() => Check::good("swap", "none"),
        Ok(swaps) => {
            let shown = |swap: &Swap| {
                format!(
                    "{} ({} in use)",
                    Printable::from_octets(&swap.name),
                    size(swap.used_kib.saturating_mul(1024))
                )
            };
            let names: Vec<String> = swaps.iter().take(NAMES_MAX).map(shown).collect();
            let more = swaps.len() - names.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            Check::attention("swap", format!("{}{more}", names.join(", ")), "switch it off with swapoff -a")
        }
        Err(error) => Check::attention("swap", format!("not known: {error}"), "mount /proc"),
    }
}

/// A span of time in the largest unit of which there are two at least.
fn span(seconds: i64) -> String {
    let units = [(DAY_SECONDS, "day"), (3_600, "hour"), (60, "minute")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= 2 * length).unwrap_or((1, "second"));
    let count = seconds / length;
    counted(count, unit)
}

#[cfg(test)]
mod tests;
