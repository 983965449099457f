//! What a command of the program costs. It is told, and judged by whoever asks: nobody's machine is like another's.

use std::{ffi::OsStr, fs, process::Command, time::Instant};

use super::{Sandbox, said};

/// What a command said, and what it cost.
pub struct Measured {
    pub stdout: Vec<u8>,
    /// The most memory that it had, in MiB.
    pub mib: u64,
    /// Seconds by the clock.
    pub seconds: f64,
}

/// Runs the program to a good end. Its time is told by the clock, and by what it took of a processor, which says more
/// where others are busy too.
pub fn measured<A: AsRef<OsStr>>(sandbox: &Sandbox, arguments: &[A]) -> Measured {
    let mut time = Command::new("/usr/bin/time");
    sandbox.prepare(&mut time);
    let began = Instant::now();
    let output = time.args(["-f", "%M %U %S", env!("CARGO_BIN_EXE_coldsign")]).args(arguments).output();
    let output = output.expect("apt-get install time");
    let seconds = began.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", said(&output));
    let errors = String::from_utf8(output.stderr).unwrap();
    let told: Vec<&str> = errors.lines().last().unwrap().split(' ').collect();
    let [kib, user, system] = told[..] else { panic!("{errors}") };
    let processor: f64 = [user, system].map(|text| text.parse::<f64>().expect("seconds")).iter().sum();
    let mib = kib.parse::<u64>().expect("a number of KiB") / 1024;
    let words: Vec<_> = arguments.iter().take(3).map(|word| word.as_ref().to_string_lossy()).collect();
    println!("{}: {seconds:.1} s, {processor:.1} s of a processor, {mib} MiB at most", words.join(" "));
    Measured { stdout: output.stdout, mib, seconds }
}

/// Memory of this process in octets, from /proc: `VmRSS` what it has, `VmHWM` the most that it had.
pub fn memory(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field of it");
    let kib = line.trim_start_matches(':').trim_end_matches(" kB").trim();
    kib.parse::<u64>().expect("a number of KiB") * 1024
}
