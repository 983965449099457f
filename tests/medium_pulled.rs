//! A medium is pulled, or fails, in the middle of the work: real errors of a real file system on a loop device whose
//! image is taken away. Needs root and loop devices; elsewhere the tests say that they did not run.

mod support;

use std::{
    cell::RefCell,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use coldsign::{
    ceremony::{self, Reins, Verdict, VolumeWatch, Watch, Yardstick, inspect, list_folder, mounted_volumes},
    media::{Entry, Error, Intake, Limits, Outbox, Unreadable, Volume},
};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use support::{
    Sandbox,
    medium::Medium,
    request::{self, Algorithm, Key, Request},
    said, succeed,
};

/// Requests in each folder of the stick.
const FOLDER_FILES: usize = 40;

/// Three folders of files that are large enough to be read piece by piece.
fn medium_of_requests() -> Option<Medium> {
    Medium::new(16 << 20, |at| {
        for folder in ["a", "b", "c"] {
            fs::create_dir(at.join(folder)).unwrap();
            for number in 0..FOLDER_FILES {
                fs::write(at.join(format!("{folder}/{number:03}.csr")), [b'x'; 9_000]).unwrap();
            }
        }
    })
}

/// Reads an entry to its end; a failure is shown to the intake, as whoever reads has to.
fn read(intake: &mut Intake, entry: Entry) -> Result<Result<usize, Unreadable>, Error> {
    let mut file = match entry {
        Entry::File(file) => file,
        Entry::Unreadable { reason, .. } => return Ok(Err(reason)),
        Entry::Litter { .. } => return Ok(Ok(0)),
    };
    let mut octets = Vec::new();
    match file.read_to_end(&mut octets) {
        Ok(count) => Ok(Ok(count)),
        Err(error) => {
            let reason = Unreadable::from(error);
            intake.check_failure(file.source(), &reason)?;
            Ok(Err(reason))
        }
    }
}

/// Walks to the end: how many files were read, how many could not be, and how the walk ended.
fn walk(intake: &mut Intake, after: usize, happens: impl FnOnce()) -> (usize, usize, Result<(), Error>) {
    let (mut sound, mut unreadable, mut happens) = (0, 0, Some(happens));
    loop {
        if sound + unreadable == after
            && let Some(happens) = happens.take()
        {
            happens();
        }
        let entry = match intake.next() {
            None => return (sound, unreadable, Ok(())),
            Some(Err(error)) => return (sound, unreadable, Err(error)),
            Some(Ok(entry)) => entry,
        };
        match read(intake, entry) {
            Ok(Ok(_)) => sound += 1,
            Ok(Err(_)) => unreadable += 1,
            Err(error) => return (sound, unreadable, Err(error)),
        }
    }
}

#[test]
fn a_medium_pulled_while_it_is_read_ends_the_walk_instead_of_refusing_its_files() {
    let Some(stick) = medium_of_requests() else { return };
    let mut intake = Intake::open(std::slice::from_ref(&stick.at), &Limits::STANDARD).unwrap();
    let (sound, unreadable, end) = walk(&mut intake, 5, || stick.pull());
    assert!((5..3 * FOLDER_FILES).contains(&sound), "{sound}");
    assert_eq!(unreadable, 0);
    let error = end.unwrap_err();
    assert!(matches!(error, Error::Gone { .. }), "{error}");
    assert!(error.hint().contains("put the medium back in"), "{}", error.hint());
    assert!(intake.next().is_none());
    assert!(matches!(Volume::open(&stick.at).unwrap().check(), Err(Error::Gone { .. })));
}

#[test]
fn a_medium_pulled_after_its_last_file_was_read_is_not_taken_for_whole() {
    let Some(stick) = medium_of_requests() else { return };
    let mut intake = Intake::open(std::slice::from_ref(&stick.at), &Limits::STANDARD).unwrap();
    // The file system's own lost+found comes last.
    let all = 3 * FOLDER_FILES + 1;
    let (sound, unreadable, end) = walk(&mut intake, all, || stick.pull());
    assert_eq!((sound, unreadable), (all, 0));
    assert!(matches!(end, Err(Error::Gone { .. })), "{end:?}");
}

#[test]
fn a_medium_that_fails_file_after_file_is_given_up() {
    let Some(stick) = medium_of_requests() else { return };
    let limits = Limits { read_errors_max: 3, ..Limits::STANDARD };
    // Named one by one, as a shell does for stick/a/*: names and folders are still in memory, what they hold is not.
    let named: Vec<PathBuf> =
        (0..FOLDER_FILES).map(|number| stick.at.join(format!("a/{number:03}.csr"))).collect();
    let mut intake = Intake::open(&named, &limits).unwrap();
    let (sound, unreadable, end) = walk(&mut intake, 2, || stick.fail());
    assert_eq!((sound, unreadable), (2, 3));
    let error = end.unwrap_err();
    assert!(error.to_string().contains("a/005.csr: more than 3 files cannot be read"), "{error}");
    assert!(intake.next().is_none());
}

#[test]
fn an_inspection_of_a_medium_that_is_pulled_says_so_and_refuses_nothing_for_it() {
    let Some(stick) = medium_of_requests() else { return };
    // Listed, so that the names are in memory and only what the files hold is missing.
    for folder in ["", "a", "b", "c"] {
        for entry in list_folder(&stick.at.join(folder)).unwrap().entries {
            fs::metadata(entry.path).unwrap();
        }
    }
    let refused_for_the_medium = RefCell::new(0);
    let (mut listener, reins) = (|_| {}, Reins::new());
    stick.pull();
    let result = inspect(
        std::slice::from_ref(&stick.at),
        None,
        Yardstick::Soundness,
        &std::sync::Arc::default(),
        &mut Watch::new(&mut listener, &reins),
        &mut |judgement| {
            assert_eq!(judgement.verdict, Verdict::Refused);
            *refused_for_the_medium.borrow_mut() += 1;
        },
    );
    let Err(ceremony::Error::MediumFailed { failure, what, .. }) = &result else { panic!("{result:?}") };
    assert!(matches!(failure, Error::Gone { .. }), "{failure}");
    assert_eq!(what, "nothing was changed");
    assert_eq!(*refused_for_the_medium.borrow(), 0);
    let listed = list_folder(&stick.at).unwrap_err();
    assert!(listed.to_string().contains("the medium does not answer"), "{listed}");
}

#[test]
fn a_pulled_medium_leaves_no_plan() {
    let Some(stick) = medium_of_requests() else { return };
    let sandbox = Sandbox::with_root("pulled-plan", "p256");
    // More than are judged at a time: the first of them are in the plan when the medium is found to be gone.
    let sound = sandbox.text("sound.pem");
    requests(Path::new(&sound), 600);
    let plans = || sandbox.json(["register", "list"]);
    let before = plans();
    let names = || fs::read_dir(&stick.at).unwrap().count();
    assert_eq!(names(), 4);
    stick.pull();
    // The root folder is still in memory: to whoever only looks, the medium seems to be there.
    assert_eq!(names(), 4);
    let from = stick.at.to_str().unwrap();
    let said = sandbox.exits(4, ["plan", "--ca", "root", "--profile", "device", &sound, from]);
    assert!(said.contains("the medium does not answer while"), "{said}");
    assert!(said.contains("; no plan was stored"), "{said}");
    assert!(said.contains("put the medium back in or use another one, then start this step again"), "{said}");
    assert_eq!(plans(), before);
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn an_outbox_on_a_pulled_medium_publishes_nothing() {
    let Some(stick) = Medium::new(16 << 20, |_| {}) else { return };
    let mut outbox = Outbox::create(&stick.at, "bundle").unwrap();
    for number in 0..50 {
        let mut file = outbox.create_file(&format!("{number}.pem")).unwrap();
        file.append(&[b'x'; 3_000]).unwrap();
        file.finish().unwrap();
    }
    stick.pull();
    let error = outbox.publish().unwrap_err();
    assert!(matches!(error, Error::Gone { .. }), "{error}");
    assert!(!stick.at.join("bundle").exists());
}

#[test]
fn what_was_published_on_a_medium_that_is_pulled_is_not_read_back() {
    let Some(stick) = Medium::new(16 << 20, |_| {}) else { return };
    let mut outbox = Outbox::create(&stick.at, "bundle").unwrap();
    let mut file = outbox.create_file("a.pem").unwrap();
    file.append(&vec![b'x'; 30_000]).unwrap();
    file.finish().unwrap();
    let published = outbox.publish().unwrap();
    assert_eq!(published.read_back("a.pem").unwrap().1, 30_000);
    stick.pull();
    let error = published.read_back("a.pem").unwrap_err();
    assert!(matches!(error, Error::Gone { .. }), "{error}");
}

fn requests(path: &Path, count: usize) {
    let request = |number| {
        let key = Key::generate(Algorithm::P256);
        request::pem("CERTIFICATE REQUEST", &Request::named(&format!("device-{number}")).der(&key))
    };
    fs::write(path, (0..count).map(request).collect::<String>()).unwrap();
}

#[test]
fn a_delivery_that_is_cut_off_says_what_is_safe_and_is_made_good_on_another_medium() {
    let Some(stick) = Medium::new(64 << 20, |_| {}) else { return };
    let sandbox = Sandbox::with_root("pulled-delivery", "p256");
    let from = sandbox.folder("from");
    requests(&Path::new(&from).join("all.pem"), 400);
    let planned = sandbox.approved("root", "device", &[&from]);
    let pin = sandbox.text("pin");
    sandbox.ok(["sign", &planned.id, "--pin-file", &pin]);

    // Full.
    let small = Medium::new(1 << 20, |_| {}).unwrap();
    let to = small.at.to_str().unwrap();
    let told = sandbox.exits(4, ["deliver", &planned.id, "--to", to, "--pin-file", &pin]);
    assert!(told.contains("the medium is full; nothing was delivered"), "{told}");
    assert!(told.contains("everything issued is in the register"), "{told}");

    // Pulled while the bundle is being written.
    let to = stick.at.to_str().unwrap();
    let mut command = sandbox.coldsign();
    command.args(["deliver", &planned.id, "--to", to, "--pin-file", &pin]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let partial = stick.at.join(format!(".coldsign-partial-{}", planned.id));
    let begun = Instant::now();
    while !partial.join("certs").exists() && begun.elapsed() < Duration::from_mins(1) {
        thread::sleep(Duration::from_millis(1));
    }
    stick.pull();
    let output = child.wait_with_output().unwrap();
    let told = said(&output);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("the medium does not answer"), "{told}");
    assert!(told.contains("; nothing was delivered") || told.contains("was not read back whole"), "{told}");
    assert!(told.contains("everything issued is in the register"), "{told}");
    // To begin on it anew is refused in the same words, though the file system calls itself full or read-only.
    let told = sandbox.exits(4, ["deliver", &planned.id, "--to", to, "--pin-file", &pin]);
    assert!(told.contains("the medium does not answer"), "{told}");

    let other = sandbox.folder("other");
    sandbox.ok(["deliver", &planned.id, "--to", &other, "--pin-file", &pin]);
    let bundle = Path::new(&other).join(&planned.id);
    assert_eq!(support::files(&bundle.join("certs")).len(), 400);
    a_sound_bundle_is_not_called_damaged_because_its_medium_was_pulled(&sandbox, &bundle);
}

fn a_sound_bundle_is_not_called_damaged_because_its_medium_was_pulled(sandbox: &Sandbox, bundle: &Path) {
    let root = bundle.join("root.pem");
    let root = root.to_str().unwrap();
    let copy = |at: &Path| {
        succeed(std::process::Command::new("cp").arg("-r").arg(bundle).arg(at.join("bundle")));
    };
    let stick = Medium::new(64 << 20, copy).unwrap();
    let from = stick.at.join("bundle");
    let from = from.to_str().unwrap();
    sandbox.exits(0, ["verify", from, "--trust", root]);
    stick.pull();
    let told = sandbox.exits(4, ["verify", from, "--trust", root]);
    assert!(told.contains("the medium does not answer while reading"), "{told}");
    assert!(told.contains("; the bundle was not judged"), "{told}");
}

/// Leaves one block free: room for a folder, none for a file in it.
fn fill(at: &Path) {
    let mut filler = fs::File::create(at.join("filler")).unwrap();
    while filler.write_all(&[1; 1_024]).and_then(|()| filler.sync_all()).is_ok() {}
    let octets = filler.metadata().unwrap().len();
    filler.set_len(octets - 1_024).unwrap();
}

#[test]
fn a_ca_request_that_is_cut_off_is_kept_and_written_again() {
    let Some(small) = Medium::new(1 << 20, fill) else { return };
    let sandbox = Sandbox::new("pulled-request");
    let pin = sandbox.text("pin");
    let asked = |to: &str| {
        let words = ["--key", "p256", "--subject", "/CN=Issuing", "--to", to, "--pin-file", &pin];
        sandbox.run([&["ca", "request", "issuing"][..], &words].concat())
    };
    let output = asked(small.at.to_str().unwrap());
    let told = said(&output);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("the medium is full; the request was not written"), "{told}");
    assert!(told.contains("it is kept in the register, and its key in the token"), "{told}");
    let output = asked(&sandbox.folder("other"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// A folder among those where people mount media; gone with what is mounted there when this ends.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let folder = PathBuf::from(format!("/mnt/coldsign test {}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = unmount(&self.0, UnmountFlags::DETACH);
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_medium_appears_when_it_is_mounted_and_disappears_when_it_is_pulled() {
    let Some(stick) = Medium::new(16 << 20, |at| fs::write(at.join("1.csr"), "x").unwrap()) else { return };
    unmount(&stick.at, UnmountFlags::empty()).unwrap();
    let place = Place::new();
    let place = &place.0;
    let found = || mounted_volumes().unwrap().into_iter().find(|volume| volume.mount_point == *place);
    let mut watch = VolumeWatch::open().unwrap();
    assert_eq!(found(), None);
    let begun = Instant::now();
    let watching = thread::spawn(move || (watch.changed(Duration::from_secs(30)), watch));
    thread::sleep(Duration::from_millis(50));
    let read_only = MountFlags::RDONLY;
    mount(stick.device.as_str(), place, "ext4", read_only, None::<&std::ffi::CStr>).unwrap();
    let (changed, mut watch) = watching.join().unwrap();
    let volume = found();
    stick.pull();
    let seen_pulled = watch.changed(Duration::from_millis(100));
    let after = found();

    assert!(changed && begun.elapsed() < Duration::from_secs(20));
    let volume = volume.expect("what is mounted below /mnt is a medium");
    assert_eq!((volume.filesystem.as_str(), volume.device.as_str()), ("ext4", stick.device.as_str()));
    assert_eq!(volume.shown.as_str(), place.to_str().unwrap());
    assert_eq!(volume.access, ceremony::Access::ReadOnly);
    assert!(volume.octets > 10 << 20 && volume.octets_free < volume.octets, "{volume:?}");
    assert!(seen_pulled);
    assert_eq!(after, None);
}
