//! Media: hostile ones are read without harm, and what is written is whole or not there.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use coldsign::media::{Entry, Error, InFile, Intake, Limits, Outbox, Unreadable, Volume};
use rustix::fs::{CWD, FileType, Mode, mkfifoat, mknodat};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use sha2::{Digest as _, Sha256};

fn walk(paths: &[PathBuf], limits: &Limits) -> Result<Vec<Entry>, Error> {
    Intake::open(paths, limits)?.collect()
}

fn content(mut file: InFile) -> Result<Vec<u8>, Unreadable> {
    let mut octets = Vec::new();
    file.read_to_end(&mut octets)?;
    Ok(octets)
}

/// One line an entry: its path below what was named, and its content or why there is none.
fn lines_within(root: &Path, limits: &Limits) -> Vec<String> {
    let entries = walk(&[root.to_owned()], limits).unwrap();
    entries.into_iter().map(line).collect()
}

fn lines(root: &Path) -> Vec<String> {
    lines_within(root, &Limits::STANDARD)
}

fn line(entry: Entry) -> String {
    let name = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    match entry {
        Entry::File(file) => {
            let source = name(file.source().octets());
            match content(file) {
                Ok(octets) => format!("{source}: {}", name(&octets)),
                Err(reason) => format!("{source}: {reason}"),
            }
        }
        Entry::Litter { source } => format!("{}: litter", name(source.octets())),
        Entry::Unreadable { source, reason } => {
            assert!(!reason.hint().is_empty());
            format!("{}: {reason}", name(source.octets()))
        }
    }
}

fn write(root: &Path, name: &str, octets: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, octets).unwrap();
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("not root: device nodes and mounts are not part of this run");
    }
    root
}

/// A file system in memory, mounted while this lives.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn tmpfs(at: &'a Path, options: &str) -> Self {
        let options = std::ffi::CString::new(options).unwrap();
        mount("tmpfs", at, "tmpfs", MountFlags::empty(), options.as_c_str()).unwrap();
        Self(at)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = unmount(self.0, UnmountFlags::DETACH);
    }
}

#[test]
fn reads_a_tree_in_the_order_of_its_names() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["b", "a/z", "a/b/c", "a.csr", "a-", "B", "c/1", "ä"] {
        write(dir.path(), name, name.as_bytes());
    }
    fs::create_dir(dir.path().join("empty")).unwrap();
    let expected = ["B: B", "a/b/c: a/b/c", "a/z: a/z", "a-: a-", "a.csr: a.csr", "b: b", "c/1: c/1", "ä: ä"];
    assert_eq!(lines(dir.path()), expected);
    assert_eq!(lines(dir.path()), expected);
}

#[test]
fn reads_what_is_named_in_the_order_given() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "two.csr", b"2");
    write(dir.path(), "folder/one.csr", b"1");
    let named = [dir.path().join("two.csr"), dir.path().join("folder")];
    let sources: Vec<_> = walk(&named, &Limits::STANDARD)
        .unwrap()
        .iter()
        .map(|entry| match entry {
            Entry::File(file) => (file.source().octets().to_vec(), file.source().as_given()),
            other => panic!("{other:?}"),
        })
        .collect();
    let direct = named[0].as_os_str().as_bytes().to_vec();
    let expected = [(direct, named[0].clone()), (b"one.csr".to_vec(), named[1].join("one.csr"))];
    assert_eq!(sources, expected);
}

#[test]
fn never_follows_a_symbolic_link() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "canary", b"CANARY");
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.csr", b"good");
    symlink(outside.path().join("canary"), dir.path().join("absolute.csr")).unwrap();
    symlink("good.csr", dir.path().join("inside.csr")).unwrap();
    symlink("self.csr", dir.path().join("self.csr")).unwrap();
    symlink("nowhere", dir.path().join("dangling.csr")).unwrap();
    symlink(outside.path(), dir.path().join("folder")).unwrap();
    symlink("/proc/self/exe", dir.path().join("magic.csr")).unwrap();
    let link = "a symbolic link, not followed";
    let expected = ["absolute.csr", "dangling.csr", "folder"].map(|name| format!("{name}: {link}"));
    let mut expected = expected.to_vec();
    expected.push("good.csr: good".into());
    expected.extend(["inside.csr", "magic.csr", "self.csr"].map(|name| format!("{name}: {link}")));
    assert_eq!(lines(dir.path()), expected);

    // What a shell makes of `stick/*`.
    for name in ["absolute.csr", "folder", "inside.csr"] {
        let entries = walk(&[dir.path().join(name)], &Limits::STANDARD).unwrap();
        let [Entry::Unreadable { reason: Unreadable::SymbolicLink, .. }] = &entries[..] else {
            panic!("{name}: {entries:?}")
        };
    }
    let asked_for = walk(&[dir.path().join("folder/")], &Limits::STANDARD).unwrap();
    assert!(matches!(&asked_for[..], [Entry::File(_)]), "{asked_for:?}");
}

#[test]
fn opens_neither_pipes_nor_sockets_nor_devices() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.csr", b"good");
    mkfifoat(CWD, dir.path().join("pipe.csr"), Mode::RUSR).unwrap();
    let _socket = UnixListener::bind(dir.path().join("socket.csr")).unwrap();
    let mut expected =
        vec!["good.csr: good", "pipe.csr: a named pipe, not opened", "socket.csr: a socket, not opened"];
    if is_root() {
        // Character device 1:5 is /dev/zero, which never ends; block device 7:99 does not exist.
        for (name, kind, device) in [
            ("zero.csr", FileType::CharacterDevice, rustix::fs::makedev(1, 5)),
            ("block.csr", FileType::BlockDevice, rustix::fs::makedev(7, 99)),
        ] {
            mknodat(CWD, dir.path().join(name), kind, Mode::RUSR, device).unwrap();
        }
        expected.insert(0, "block.csr: a device, not opened");
        expected.push("zero.csr: a device, not opened");
    }
    assert_eq!(lines(dir.path()), expected);
    for name in ["pipe.csr", "socket.csr"] {
        let entries = walk(&[dir.path().join(name)], &Limits::STANDARD).unwrap();
        assert!(matches!(&entries[..], [Entry::Unreadable { .. }]), "{entries:?}");
    }
}

#[test]
fn crosses_no_mount_point() {
    if !is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.csr", b"good");
    fs::create_dir(dir.path().join("mounted")).unwrap();
    let at = dir.path().join("mounted");
    let _mounted = Mounted::tmpfs(&at, "size=64k");
    write(&at, "canary", b"CANARY");
    let expected = ["good.csr: good", "mounted: a mount point of another file system, not entered"];
    assert_eq!(lines(dir.path()), expected);
    assert_eq!(lines(&at), ["canary: CANARY"]);
}

#[test]
fn refuses_a_file_by_its_size_before_reading_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.csr", b"good");
    fs::File::create(dir.path().join("sparse.csr")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(
        lines(dir.path()),
        ["good.csr: good", "sparse.csr: 1099511627776 octets, more than 2147483648"]
    );
    let limits = Limits { file_octets_max: 3, ..Limits::STANDARD };
    assert_eq!(lines_within(dir.path(), &limits)[0], "good.csr: 4 octets, more than 3");
}

#[test]
fn stops_at_the_depth_limit_and_reads_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "zzz.csr", b"good");
    // Deeper than PATH_MAX allows to name at once.
    let mut here = rustix::fs::open(dir.path(), rustix::fs::OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..600 {
        rustix::fs::mkdirat(&here, "ddddddddddddddd", Mode::RWXU).unwrap();
        here = rustix::fs::openat(&here, "ddddddddddddddd", rustix::fs::OFlags::DIRECTORY, Mode::empty())
            .unwrap();
    }
    let deep = ["ddddddddddddddd"; 33].join("/");
    let expected =
        [format!("{deep}: a folder more than 32 folders deep, not entered"), "zzz.csr: good".into()];
    assert_eq!(lines(dir.path()), expected);
    let limits = Limits { depth_max: 0, ..Limits::STANDARD };
    let expected = ["ddddddddddddddd: a folder more than 0 folders deep, not entered", "zzz.csr: good"];
    assert_eq!(lines_within(dir.path(), &limits), expected);
}

#[test]
fn refuses_a_medium_beyond_the_count_of_files() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "f/b", "f/c"] {
        write(dir.path(), name, b"");
    }
    let within = |files_max| walk(&[dir.path().to_owned()], &Limits { files_max, ..Limits::STANDARD });
    // The named folder, what is in it, and what is in that.
    assert_eq!(within(5).unwrap().len(), 3);
    let error = within(4).unwrap_err();
    assert!(
        error.to_string().ends_with("/f/: more than 4 files and folders were named to be read"),
        "{error}"
    );
    assert!(matches!(within(0), Err(Error::TooManyFiles { files_max: 0, .. })));
}

#[test]
fn refuses_a_medium_whose_names_take_too_much_memory() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["1234", "d/5678"] {
        write(dir.path(), name, b"");
    }
    let within =
        |names_octets_max| walk(&[dir.path().to_owned()], &Limits { names_octets_max, ..Limits::STANDARD });
    // Each name has two octets of length before it.
    assert_eq!(within(6 + 3 + 6).unwrap().len(), 2);
    assert!(matches!(within(6 + 3 + 5), Err(Error::NamesTooLong { octets_max: 14, .. })));
}

#[test]
fn refuses_more_named_folders_than_it_holds_open() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { volumes_max: 2, ..Limits::STANDARD };
    let named = vec![dir.path().to_owned(); 3];
    assert!(walk(&named[..2], &limits).is_ok());
    assert!(matches!(walk(&named, &limits), Err(Error::TooManyFolders { volumes_max: 2, .. })));
}

#[test]
fn gives_hostile_names_raw_and_shows_them_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let names: [&[u8]; 9] = [
        b"\x1b[2J\x1b[31mred.csr",
        b"$(reboot).csr",
        b"*.csr",
        b"--help.pem",
        b"..\\..\\win.csr",
        b"...csr",
        b"new\nline.csr",
        "\u{202e}csr.exe.pem".as_bytes(),
        b"\xff\xfe\x80.csr",
    ];
    for name in names {
        fs::write(dir.path().join(OsStr::from_bytes(name)), b"x").unwrap();
    }
    fs::write(dir.path().join("n".repeat(200)), b"x").unwrap();
    let limits = Limits { name_octets_max: 199, ..Limits::STANDARD };
    let mut seen = Vec::new();
    for entry in walk(&[dir.path().to_owned()], &limits).unwrap() {
        let source = match entry {
            Entry::File(file) => file.source().clone(),
            Entry::Unreadable { reason, .. } => {
                assert_eq!(reason, Unreadable::NameTooLong { octets: 200, octets_max: 199 });
                continue;
            }
            Entry::Litter { source } => panic!("{source}"),
        };
        let shown = source.to_string();
        assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
        seen.push(source.octets().to_vec());
    }
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected);
}

#[test]
fn leaves_the_litter_of_operating_systems_alone() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.csr", b"good");
    write(dir.path(), ".DS_Store", b"Bud1");
    write(dir.path(), "._good.csr", b"Mac OS X");
    write(dir.path(), ".Trash-1000/files/old.csr", b"deleted on purpose");
    write(dir.path(), "System Volume Information/old.csr", b"x");
    write(dir.path(), "sub/Thumbs.db", b"x");
    write(dir.path(), ".coldsign-partial-x/certs/a.pem", b"half");
    let expected = [
        ".DS_Store: litter",
        "._good.csr: litter",
        ".Trash-1000: litter",
        ".coldsign-partial-x: litter",
        "System Volume Information: litter",
        "good.csr: good",
        "sub/Thumbs.db: litter",
    ];
    let mut seen = lines(dir.path());
    seen.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    // Named itself, a file is read whatever its name.
    let named = walk(&[dir.path().join("._good.csr")], &Limits::STANDARD).unwrap();
    assert!(matches!(&named[..], [Entry::File(_)]));
}

#[test]
fn tells_when_a_file_changes_while_it_is_read() {
    fn check(change: impl FnOnce(&Path), expected: Result<&[u8], Unreadable>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.csr");
        fs::write(&path, b"0123456789").unwrap();
        let mut file = match walk(std::slice::from_ref(&path), &Limits::STANDARD).unwrap().remove(0) {
            Entry::File(file) => file,
            other => panic!("{other:?}"),
        };
        let mut head = [0; 4];
        file.read_exact(&mut head).unwrap();
        change(&path);
        let expected = expected.map(<[u8]>::to_vec);
        assert_eq!(content(file).map(|tail| [&head[..], &tail].concat()), expected);
    }
    let append = |path: &Path| {
        fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
    };
    check(|_| {}, Ok(b"0123456789"));
    check(append, Err(Unreadable::Changed));
    check(
        |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(6).unwrap(),
        Err(Unreadable::Changed),
    );
    check(
        |path| {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        },
        Err(Unreadable::Changed),
    );
    // Another file under the same name is not the one that was opened.
    check(
        |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, b"9876543210").unwrap();
        },
        Ok(b"0123456789"),
    );
}

#[test]
fn tells_of_a_change_to_a_reader_that_takes_exactly_the_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.csr");
    fs::write(&path, b"0123456789").unwrap();
    let mut file = Volume::open(dir.path()).unwrap().open_file(b"file.csr", 10).unwrap();
    fs::write(&path, b"0123456789more").unwrap();
    let mut octets = vec![0; usize::try_from(file.size()).unwrap()];
    let error = file.read_exact(&mut octets).unwrap_err();
    assert_eq!(Unreadable::from(error), Unreadable::Changed);
}

#[test]
fn names_what_is_wrong_with_a_path_that_was_given() {
    fn check(path: PathBuf, expected: &str) {
        let error = Intake::open(&[path], &Limits::STANDARD).unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
        assert!(!error.hint().is_empty());
    }
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "file", b"");
    check(dir.path().join("absent"), "/absent: no such file or folder");
    check(dir.path().join("ab\x1bsent"), "/ab\\u{1b}sent: no such file or folder");
    check(dir.path().join("file/below"), "/file/below: not a folder");
    check(dir.path().join("file/"), "/file/: not a folder");
}

#[test]
fn opens_nothing_outside_a_volume() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "canary", b"CANARY");
    write(dir.path(), "stick/a/b.csr", b"good");
    symlink("..", dir.path().join("stick/up")).unwrap();
    let volume = Volume::open(&dir.path().join("stick")).unwrap();
    let check = |path: &str, expected: Result<&[u8], Unreadable>| {
        let read = volume.open_file(path.as_bytes(), 100).and_then(content);
        assert_eq!(read, expected.map(<[u8]>::to_vec), "{path}");
    };
    check("a/b.csr", Ok(b"good"));
    check("../canary", Err(Unreadable::Outside));
    check("a/../../canary", Err(Unreadable::Outside));
    check("/etc/hostname", Err(Unreadable::Outside));
    check("up/canary", Err(Unreadable::SymbolicLink));
    check("a", Err(Unreadable::Directory));
    check("absent", Err(Unreadable::Missing));
}

#[test]
fn publishes_a_folder_whole_and_reads_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::create(dir.path(), "bundle").unwrap();
    let big: Vec<u8> = (0..300_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let mut written = Vec::new();
    // Open beside one another, as a list of all certificates and each certificate are.
    let mut all = outbox.create_file("all.pem").unwrap();
    for number in 0..20 {
        let mut file = outbox.create_file(&format!("certs/{:04}/dev-{number}.pem", number / 5)).unwrap();
        write!(file, "certificate {number}").unwrap();
        all.write_all(&big[number * 1000..][..1000]).unwrap();
        written.push(file.finish().unwrap());
    }
    all.append(&big).unwrap();
    written.push(all.finish().unwrap());
    assert!(!dir.path().join("bundle").exists());

    let published = outbox.publish().unwrap();
    assert_eq!(published.path(), dir.path().join("bundle"));
    assert_eq!(published.count_files().unwrap(), 21);
    for file in &written {
        let octets = fs::read(published.path().join(&file.path)).unwrap();
        assert_eq!(file.sha256, <[u8; 32]>::from(Sha256::digest(&octets)));
        assert_eq!(published.read_back(&file.path).unwrap(), (file.sha256, file.octets));
    }
    assert_eq!(written[20].octets, 320_000);
    std::thread::scope(|scope| {
        for half in written.chunks(11) {
            let published = &published;
            scope.spawn(move || {
                for file in half {
                    assert_eq!(published.read_back(&file.path).unwrap().0, file.sha256);
                }
            });
        }
    });
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["bundle"]);

    fs::write(published.path().join("certs/0001/dev-7.pem"), b"altered").unwrap();
    assert_ne!(published.read_back("certs/0001/dev-7.pem").unwrap().0, written[7].sha256);
    fs::remove_file(published.path().join("certs/0001/dev-8.pem")).unwrap();
    let error = published.read_back("certs/0001/dev-8.pem").unwrap_err();
    assert!(error.to_string().ends_with("dev-8.pem: cannot be read back: no such file"), "{error}");
    assert_eq!(published.count_files().unwrap(), 20);
    symlink("all.pem", published.path().join("certs/link.pem")).unwrap();
    assert!(matches!(published.count_files(), Err(Error::Foreign { .. })));
}

#[test]
fn writes_over_nothing() {
    fn check(make: impl FnOnce(&Path)) {
        let dir = tempfile::tempdir().unwrap();
        make(&dir.path().join("bundle"));
        let before = fs::symlink_metadata(dir.path().join("bundle")).unwrap().modified().unwrap();
        let error = Outbox::create(dir.path(), "bundle").unwrap_err();
        assert!(error.to_string().ends_with("/bundle: exists already"), "{error}");
        let after = fs::symlink_metadata(dir.path().join("bundle")).unwrap().modified().unwrap();
        assert_eq!(before, after);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
    check(|path| fs::create_dir(path).unwrap());
    check(|path| fs::write(path, b"").unwrap());
    check(|path| symlink("nowhere", path).unwrap());
    check(|path| mkfifoat(CWD, path, Mode::RUSR).unwrap());

    let dir = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::create(dir.path(), "bundle").unwrap();
    outbox.create_file("a").unwrap().finish().unwrap();
    assert!(matches!(outbox.create_file("a"), Err(Error::Exists { .. })));
    // The name is taken between the beginning and the end.
    fs::create_dir(dir.path().join("bundle")).unwrap();
    assert!(matches!(outbox.publish(), Err(Error::Exists { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn leaves_nothing_of_what_was_not_published() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::create(dir.path(), "bundle").unwrap();
    let file = outbox.create_file("a/b/c/d.pem").unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(matches!(outbox.publish(), Err(Error::Unfinished { files: 1, .. })));
    drop(file);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn removes_what_a_crash_left_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "outside/canary", b"CANARY");
    let target = dir.path().join("stick");
    write(&target, ".coldsign-partial-bundle/certs/0000/a.pem", b"half");
    symlink(dir.path().join("outside"), target.join(".coldsign-partial-bundle/link")).unwrap();
    write(&target, ".coldsign-partial-other/a.pem", b"half");
    write(&target, ".coldsign-partial-of its own/a.pem", b"whose it is");
    let begun = Outbox::create(&target, "begun").unwrap();
    let mut outbox = Outbox::create(&target, "bundle").unwrap();
    outbox.create_file("a.pem").unwrap().finish().unwrap();
    assert_eq!(outbox.publish().unwrap().count_files().unwrap(), 1);
    assert_eq!(fs::read(dir.path().join("outside/canary")).unwrap(), b"CANARY");
    // Of another delivery, too: it may have had secrets. Not what is being written, nor what no outbox names so.
    assert!(!target.join(".coldsign-partial-other").exists());
    assert!(target.join(".coldsign-partial-begun").exists());
    assert!(target.join(".coldsign-partial-of its own/a.pem").exists());
    drop(begun);

    // No outbox makes a link or a file of that name.
    symlink(dir.path().join("outside"), target.join(".coldsign-partial-third")).unwrap();
    assert!(matches!(Outbox::create(&target, "third"), Err(Error::Exists { .. })));
    assert!(dir.path().join("outside/canary").exists());
}

#[test]
fn keeps_a_second_delivery_of_the_same_folder_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Outbox::create(dir.path(), "bundle").unwrap();
    assert!(matches!(Outbox::create(dir.path(), "bundle"), Err(Error::Busy { .. })));
    first.create_file("a").unwrap().finish().unwrap();
    assert_eq!(first.publish().unwrap().count_files().unwrap(), 1);
}

#[test]
fn writes_safe_paths_only() {
    fn check(path: &str, expected: Result<(), &str>) {
        let dir = tempfile::tempdir().unwrap();
        let mut outbox = Outbox::create(dir.path(), "bundle").unwrap();
        match (outbox.create_file(path), expected) {
            (Ok(_), Ok(())) => {}
            (Err(Error::BadName { why, .. }), Err(expected)) => assert_eq!(why, expected, "{path}"),
            (result, _) => panic!("{path}: {result:?}"),
        }
    }
    check("certs/0001/dev-0001.pem", Ok(()));
    check("1/2/3/4/5/6/7/8", Ok(()));
    check("1/2/3/4/5/6/7/8/9", Err("more than 8 names in one path"));
    check("", Err("empty"));
    check("/a", Err("empty"));
    check("a/", Err("empty"));
    check("a//b", Err("empty"));
    check("../a", Err("begins with a dot or a hyphen"));
    check("a/../b", Err("begins with a dot or a hyphen"));
    check("certs/nul.pem", Err("a device name of Windows"));
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Outbox::create(dir.path(), "a/b"), Err(Error::BadName { .. })));
    assert!(matches!(Outbox::create(&dir.path().join("absent"), "a"), Err(Error::Missing { .. })));
    write(dir.path(), "file", b"");
    assert!(matches!(Outbox::create(&dir.path().join("file"), "a"), Err(Error::NotAFolder { .. })));
}

#[test]
fn refuses_more_names_than_a_fat32_folder_holds() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::create(dir.path(), "bundle").unwrap();
    // A name of 64 characters takes six records of the 65,536 a folder has.
    let mut full = None;
    for number in 0..11_000 {
        match outbox.create_file(&format!("f/{number:064}")) {
            Ok(file) => drop(file.finish().unwrap()),
            Err(error) => {
                full = Some((number, error));
                break;
            }
        }
    }
    let Some((10_922, Error::FolderTooFull { .. })) = full else { panic!("{full:?}") };
}

#[test]
fn leaves_nothing_on_a_medium_that_is_full() {
    if !is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let _mounted = Mounted::tmpfs(dir.path(), "size=256k");
    let mut outbox = Outbox::create(dir.path(), "bundle").unwrap();
    let mut error = None;
    for number in 0..100 {
        let mut file = outbox.create_file(&format!("{number}.pem")).unwrap();
        if let Err(full) = file.append(&[0; 8192]).and_then(|()| file.finish()) {
            error = Some(full);
            break;
        }
    }
    let error = error.expect("256 KiB hold fewer than 100 files of 8 KiB");
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert_eq!(error.hint(), "free some space or use a larger medium, then deliver again");
    assert!(matches!(outbox.publish(), Err(Error::Unfinished { files: 1, .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(coldsign::media::free_octets(dir.path()).unwrap() > 200 << 10);
}

#[test]
fn says_that_a_medium_is_read_only() {
    if !is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let _mounted = Mounted::tmpfs(dir.path(), "ro");
    let error = Outbox::create(dir.path(), "bundle").unwrap_err();
    assert!(error.to_string().ends_with("/bundle: the medium is read-only"), "{error}");
}
