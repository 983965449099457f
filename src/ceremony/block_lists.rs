//! Block lists of this machine: published weak keys, and keys that the operator does not want.
//!
//! A list that is added to a home is sorted once into a file of its own beneath `block-lists`; a key is then found in a
//! few reads, in a list of ten keys as in one of ten million. Read [`BlockLists`] first.

use std::{
    collections::BTreeMap,
    fs,
    io::{ErrorKind, Read as _},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use crate::{
    host::{
        self,
        table::{Builder, Shape, Table},
    },
    pki::{
        block_list::{
            Format, ListError, Reading,
            asked::{AskedList, NAME_CHARS_MAX, is_name},
        },
        fingerprint::Digest,
        key::PublicKey,
        policy::{Control, Finding, KeyEvidence},
        text::Printable,
        time::Time,
    },
    register::StoredPlan,
};

use super::{
    error::Error,
    opening::{Appliance, Home, now, printable_path},
    progress::{Phase, Watch},
};

pub use crate::pki::block_list::Format as ListFormat;

/// Largest list that is read, in octets: as lines, some sixty million keys, six times the longest list there is.
const LIST_OCTETS_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Most lists of a home: each costs every request a look.
const LISTS_MAX: usize = 64;

/// Octets read from a list at a time.
const PIECE_OCTETS: usize = 1024 * 1024;

/// The first line of a list's file in the home, with the version of its form.
const TITLE: &str = "coldsign block list 1";

/// What is known of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BlockListFacts {
    /// Its name.
    pub name: String,
    /// How it names keys.
    pub format: Format,
    /// How many keys it holds, each counted once.
    pub keys: u64,
    /// SHA-256 of the file that it was made from.
    pub source_sha256: Digest,
    /// When it was added.
    pub added: Time,
}

/// The lists that keys are looked up in.
#[derive(Debug, Default)]
pub struct BlockLists {
    lists: Vec<(BlockListFacts, Table)>,
}

impl BlockLists {
    /// No list.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The lists of a home, by name. A file among them that is none is an error: a list that was meant to be there must
    /// not be missed without a word.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub fn of_home(home: &Home) -> Result<Self, Error> {
        let folder = home.block_lists_path();
        let mut lists = Self::none();
        for name in names_in(&folder, LISTS_MAX)? {
            let path = folder.join(format!("{name}.list"));
            lists.lists.push(opened(&path, name).map_err(|error| unreadable(&path, &error))?);
        }
        Ok(lists)
    }

    /// Takes a list as it was published, for as long as this lives; it is sorted in the folder for temporary files.
    ///
    /// # Errors
    /// [`Error::Usage`], [`Error::Stopped`].
    pub fn take_file(&mut self, path: &Path, watch: &mut Watch<'_>) -> Result<(), Error> {
        let made = read_list(path, None, &std::env::temp_dir(), watch)?;
        let table = made.builder.finish_unnamed().map_err(|error| unreadable(path, &error))?;
        let facts = BlockListFacts {
            name: name_of(path),
            format: made.format,
            keys: table.count(),
            source_sha256: made.source_sha256,
            added: now()?,
        };
        self.lists.push((facts, table));
        Ok(())
    }

    /// What is known of each.
    pub fn facts(&self) -> impl Iterator<Item = &BlockListFacts> {
        self.lists.iter().map(|(facts, _)| facts)
    }

    /// What a plan records of them.
    pub(super) fn asked(&self) -> Vec<AskedList> {
        let asked = |facts: &BlockListFacts| AskedList {
            name: facts.name.clone(),
            format: facts.format,
            keys: facts.keys,
            source_sha256: facts.source_sha256,
        };
        self.facts().map(asked).collect()
    }
}

impl Appliance {
    /// Checks that the block lists of this machine are those that a plan's keys were looked up in. A plan of which part is
    /// issued is finished by those it was begun with: to plan the rest again would find half of it certified. What is
    /// signed and in hand is as good as issued: it is recorded, whatever the lists say now.
    ///
    /// # Errors
    /// [`Error::Usage`] naming what was added and what is gone.
    pub(super) fn check_lists(&self, plan: &StoredPlan) -> Result<(), Error> {
        let Some(asked) = &plan.block_lists else { return Ok(()) };
        if self.in_hand(&plan.id) > 0 || self.register.issued_count(plan)? > 0 {
            return Ok(());
        }
        let here = BlockLists::of_home(&self.home)?.asked();
        let missing =
            |list: &&AskedList, from: &[AskedList]| !from.iter().any(|one| one.is_of_same_file(list));
        let hint = if asked.iter().any(|list| missing(&list, &here)) {
            "put back what is gone (coldsign block-list add); else plan the requests again, by the lists that are here now"
        } else {
            "plan the requests again, by the lists that are here now"
        };
        let added = here.iter().filter(|list| missing(list, asked)).map(|list| (list, "was added"));
        let gone = asked.iter().filter(|list| missing(list, &here)).map(|list| (list, "is gone"));
        let changes: Vec<String> =
            added.chain(gone).map(|(list, change)| format!("{} {change}", list.name)).collect();
        if changes.is_empty() {
            return Ok(());
        }
        Err(Error::usage(
            format!(
                "the block lists are not those that plan {} was judged with: {}",
                plan.id,
                changes.join(", ")
            ),
            hint,
        ))
    }
}

impl KeyEvidence for BlockLists {
    fn weigh(&self, key: &PublicKey, findings: &mut Vec<Finding>) {
        // The same key is told in one form for all lists of a format.
        let mut told: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
        for (facts, table) in &self.lists {
            let fingerprints =
                told.entry(facts.format.name()).or_insert_with(|| facts.format.fingerprints(key));
            let name = &facts.name;
            match found(table, fingerprints) {
                Ok(None) => {}
                Ok(Some(record)) => {
                    let origin = facts.format.origin(&record);
                    let part = origin.map(|origin| format!(", part {origin}")).unwrap_or_default();
                    findings.push(Finding::refuse(
                        Control::KeyBlocked,
                        &format!("the public key stands on the block list {name}{part}"),
                        "have the device make a new key pair with sound software; others may know this one",
                    ));
                }
                Err(error) => findings.push(Finding::refuse(
                    Control::KeyBlocked,
                    &format!("the block list {name} cannot be read: {error}"),
                    "add the list again under a new name, and remove the file that cannot be read",
                )),
            }
        }
    }
}

/// The record under any of a key's fingerprints.
fn found(table: &Table, fingerprints: &[Vec<u8>]) -> std::io::Result<Option<Vec<u8>>> {
    for fingerprint in fingerprints {
        if let Some(record) = table.find(fingerprint)? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

impl Home {
    /// The folder of its block lists.
    #[must_use]
    pub fn block_lists_path(&self) -> std::path::PathBuf {
        self.folder().join("block-lists")
    }
}

/// The names of the lists in a folder, sorted, at most so many.
fn names_in(folder: &Path, most: usize) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| unreadable(folder, &error))?.file_name();
        if let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".list")) {
            if !is_name(name) {
                return Err(unreadable(&folder.join(format!("{name}.list")), &no_list()));
            }
            names.push(name.to_owned());
        }
        if names.len() > most {
            return Err(Error::usage(
                format!("{}: a home has at most {LISTS_MAX} block lists", printable_path(folder)),
                "put several lists of one format into one file and add that",
            ));
        }
    }
    names.sort();
    Ok(names)
}

/// Adds a list to a home, under a name of its own or that of its file.
///
/// # Errors
/// [`Error::Usage`], [`Error::Stopped`]; no list is there then that was not there before.
pub fn add_block_list(
    home: &Home,
    path: &Path,
    name: Option<&str>,
    format: Option<Format>,
    watch: &mut Watch<'_>,
) -> Result<BlockListFacts, Error> {
    if !home.is_set_up() {
        return Err(Error::usage(
            format!("{}: there is no home there", printable_path(home.folder())),
            "make one with coldsign setup, or name another one with --home",
        ));
    }
    let name = name.map_or_else(|| name_of(path), str::to_owned);
    if !is_name(&name) {
        return Err(Error::usage(
            format!("{} is no name for a block list", Printable::new(&name)),
            format!("use a-z, 0-9 and -, at most {NAME_CHARS_MAX} characters"),
        ));
    }
    let folder = home.block_lists_path();
    let target = folder.join(format!("{name}.list"));
    let stands = || {
        Error::usage(
            format!("there is a block list {name} already"),
            "give the new one another name with --name; the old one goes with its file",
        )
    };
    if target.exists() {
        return Err(stands());
    }
    // One more than a home may have would end all planning.
    names_in(&folder, LISTS_MAX - 1)?;
    host::file::make_private_folder(&folder).map_err(|error| unreadable(&folder, &error))?;
    let made = read_list(path, format, &folder, watch)?;
    let (format, source_sha256, added) = (made.format, made.source_sha256, now()?);
    let keys =
        made.builder.finish(&target, |keys| header(format, keys, source_sha256, added)).map_err(|error| {
            match error.kind() {
                ErrorKind::AlreadyExists => stands(),
                _ => unreadable(&target, &error),
            }
        })?;
    Ok(BlockListFacts { name, format, keys, source_sha256, added })
}

/// A list that was read and is ready to be written.
struct Made {
    builder: Builder,
    format: Format,
    source_sha256: Digest,
}

fn read_list(
    path: &Path,
    format: Option<Format>,
    folder: &Path,
    watch: &mut Watch<'_>,
) -> Result<Made, Error> {
    let cannot = |error: std::io::Error| unreadable(path, &error);
    let no_list = |error: ListError| Error::usage(format!("{}: {error}", printable_path(path)), error.hint());
    let mut file = host::file::open_regular(path).map_err(cannot)?.take(LIST_OCTETS_MAX + 1);
    let mut reading = Reading::new(format);
    let mut builder: Option<Builder> = None;
    let mut digest = Sha256::new();
    let (mut octets, mut records, mut keys) = (vec![0; PIECE_OCTETS], Vec::new(), 0);
    loop {
        let count = match file.read(&mut octets) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.map_err(cannot)?,
        };
        if file.limit() == 0 {
            return Err(Error::usage(
                format!("{}: more than {LIST_OCTETS_MAX} octets", printable_path(path)),
                "divide the list into several and add each",
            ));
        }
        digest.update(&octets[..count]);
        reading.push(&octets[..count], &mut records).map_err(no_list)?;
        let is_end = count == 0;
        let ended = if is_end { Some(reading.clone().finish(&mut records).map_err(no_list)?) } else { None };
        if let Some(format) = reading.format().or(ended.map(|(format, _)| format)) {
            let builder = builder.get_or_insert_with(|| Builder::new(folder, shape(format)));
            builder.add(&records).map_err(|error| unreadable(folder, &error))?;
            keys += (records.len() / format.record_octets()) as u64;
            records.clear();
        }
        if let (Some((format, _)), Some(builder)) = (ended, builder.take_if(|_| is_end)) {
            return Ok(Made {
                builder,
                format,
                source_sha256: Digest::from_octets(digest.finalize().into()),
            });
        }
        watch.tell(Phase::Reading, keys, None);
        watch.check_stop("no list was added", "add the list again")?;
    }
}

fn shape(format: Format) -> Shape {
    Shape {
        record_octets: format.record_octets(),
        key_octets: format.fingerprint_octets().min(format.record_octets()),
    }
}

fn header(format: Format, keys: u64, source_sha256: Digest, added: Time) -> String {
    format!("{TITLE}\nformat {}\nkeys {keys}\nsource-sha256 {source_sha256}\nadded {added}\n", format.name())
}

fn no_list() -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, "not a block list of this program")
}

/// Opens a list of a home.
fn opened(path: &Path, name: String) -> std::io::Result<(BlockListFacts, Table)> {
    let header = Table::header(path)?;
    let mut lines = header.lines();
    if lines.next() != Some(TITLE) {
        return Err(no_list());
    }
    let mut value = |key: &str| {
        let line =
            lines.next().and_then(|line| line.strip_prefix(key)).and_then(|rest| rest.strip_prefix(' '));
        line.ok_or_else(no_list)
    };
    let format = Format::from_name(value("format")?).ok_or_else(no_list)?;
    let keys: u64 = value("keys")?.parse().map_err(|_| no_list())?;
    let source_sha256 = Digest::from_hex(value("source-sha256")?).ok_or_else(no_list)?;
    let added = Time::from_rfc3339(value("added")?).ok_or_else(no_list)?;
    let table = Table::open(path, shape(format), keys)?;
    Ok((BlockListFacts { name, format, keys, source_sha256, added }, table))
}

/// A name made of a file's.
fn name_of(path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let stem = [".dat", ".txt", ".list"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(&file);
    let plain = |char: char| if char.is_ascii_lowercase() || char.is_ascii_digit() { char } else { '-' };
    let name: String = stem.chars().take(NAME_CHARS_MAX).map(plain).collect();
    if is_name(&name) { name } else { "list".to_owned() }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::usage(
        format!("{}: {error}", printable_path(path)),
        "see that the file is there, whole and readable, and that the folder has room",
    )
}
