//! Intake: files of a medium become submissions, one a request, in the medium's order.
//!
//! Streams: of a folder of a million files or a file of a million requests only the piece in hand is in memory.

use std::{
    collections::VecDeque,
    io::Read as _,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use crate::{
    media::{Entry, InFile, Intake, Limits, Named, Source, Unreadable, Volume},
    pki::{
        event::EventLines,
        fingerprint::Digest,
        pem::{Piece, Splitter},
        policy::{Control, Finding},
        text::Printable,
    },
};

use super::{carried_keys, error::Error, table};

/// Octets read from a file at a time.
const PIECE_OCTETS: usize = 64 * 1024;

/// Extensions that say "this is a request": such a file is refused, not skipped, where it is none.
const REQUEST_EXTENSIONS: [&str; 7] = ["csr", "pem", "req", "p10", "der", "pkcs10", EVENTS_EXTENSION];

/// The extension of a file whose every line is an event of AWS IoT Core's certificate provider.
const EVENTS_EXTENSION: &str = "jsonl";

/// Longest source shown whole, in characters: a path of Linux (`PATH_MAX`, 4,096 octets), each octet escaped.
const SOURCE_CHARS_MAX: usize = 4 * 4_096;

/// How sources are named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Naming {
    /// The path as it was given, with what was found below it.
    AsGiven,
    /// Relative to the volume.
    InVolume,
}

/// One thing that was handed in: where it stood and what it turned out to be.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Where it came from, `#n` for the n-th request in a file.
    pub source: Printable,
    /// What it is.
    pub content: Content,
    /// Where it can be read again.
    pub place: Place,
}

/// Where a submission stands, in raw octets: what is shown of it may have been escaped or cut.
#[derive(Clone, Debug)]
pub struct Place {
    source: Source,
    /// Which request of its file it is, from 1; 0 where the file holds nothing else. Of a file of events, the line.
    pub number: u64,
}

impl Place {
    /// The folder that was named; `None` where the file was.
    pub fn folder(&self) -> Option<&Path> {
        self.source.folder()
    }

    /// The name of its file without the last extension, where it is text.
    pub fn file_stem(&self) -> Option<String> {
        table::file_stem(self.source.file_name())
    }

    /// The path, from where the operator named it.
    pub fn octets(&self) -> Vec<u8> {
        self.source.as_given().into_os_string().into_vec()
    }
}

/// What a submission turned out to be.
#[derive(Clone, Debug)]
pub enum Content {
    /// A request's DER octets, not yet parsed, with notes on its armour.
    Request {
        /// The octets.
        der: Vec<u8>,
        /// Notes.
        notes: Vec<Finding>,
    },
    /// Refused before it could be parsed.
    Refused(Finding),
    /// Not a request at all, and nothing said it would be one.
    Skipped(Finding),
}

impl Content {
    /// SHA-256 of the request's DER, where there is one.
    #[must_use]
    pub fn sha256(&self) -> Option<Digest> {
        match self {
            Self::Request { der, .. } => Some(Digest::of(der)),
            Self::Refused(_) | Self::Skipped(_) => None,
        }
    }
}

/// Reads submissions one after the other.
pub struct Submissions {
    intake: Intake,
    naming: Naming,
    /// The table of devices, which is no request.
    left_out: Option<PathBuf>,
    open: Option<OpenFile>,
    ready: VecDeque<Submission>,
}

/// A file in the middle of being split. The first piece is held back until it is known whether others follow,
/// because only then is its source's name known.
struct OpenFile {
    file: InFile,
    reader: Reader,
    shown: Printable,
    promises_request: bool,
    given: u64,
    held: Option<Piece>,
}

/// How requests are found in a file.
enum Reader {
    /// A request a line, each with the line's number.
    Events(EventLines),
    /// PEM, DER or bare base64.
    Requests(Box<Splitter>),
}

impl Reader {
    fn of(source: &Source) -> Self {
        if has_extension(source, EVENTS_EXTENSION) {
            Self::Events(EventLines::default())
        } else {
            Self::Requests(Box::default())
        }
    }

    fn push(&mut self, octets: &[u8], pieces: &mut Vec<Piece>) {
        match self {
            Self::Events(lines) => lines.push(octets, pieces),
            Self::Requests(splitter) => splitter.push(octets, pieces),
        }
    }

    fn finish(&mut self, pieces: &mut Vec<Piece>) {
        match self {
            Self::Events(lines) => std::mem::take(lines).finish(pieces),
            Self::Requests(splitter) => std::mem::take(&mut **splitter).finish(pieces),
        }
    }

    /// The number of the only piece of a file.
    fn number_alone(&self) -> u64 {
        match self {
            Self::Events(_) => 1,
            Self::Requests(_) => 0,
        }
    }
}

impl Submissions {
    /// Opens what was named: files and folders.
    ///
    /// # Errors
    /// [`Error::Medium`] where one of them is missing or cannot be opened.
    pub fn open(paths: &[PathBuf], naming: Naming) -> Result<Self, Error> {
        let intake = Intake::open(paths, &Limits::STANDARD)?;
        Ok(Self { intake, naming, left_out: None, open: None, ready: VecDeque::new() })
    }

    /// Leaves one file out, as it would be named if it were read.
    #[must_use]
    pub fn without(self, path: Option<&Path>) -> Self {
        Self { left_out: path.map(Path::to_owned), ..self }
    }

    /// Opens one file once more, as it was opened when it was found: the file itself where it was named, else by its
    /// path beneath the folder that was. A file that cannot be read gives the finding that says so.
    ///
    /// # Errors
    /// [`Error::Medium`] where the folder, or the file that was named, is gone.
    pub fn again(folder: Option<&Path>, path: &Path) -> Result<Result<Self, Finding>, Error> {
        let Some(folder) = folder else {
            return Self::open(&[path.to_owned()], Naming::AsGiven).map(Ok);
        };
        let mut submissions = Self::open(&[], Naming::AsGiven)?;
        let octets = path.strip_prefix(folder).unwrap_or(path).as_os_str().as_bytes();
        Ok(match open_beneath(&Volume::open(folder)?, octets, &Limits::STANDARD) {
            Ok(file) => {
                submissions.begin(Entry::File(file));
                Ok(submissions)
            }
            Err(reason) => Err(unreadable(&reason)),
        })
    }

    /// The next submission, `None` at the end.
    ///
    /// # Errors
    /// [`Error::Medium`] where the medium fails or exceeds a limit; a single bad file is a submission instead.
    pub fn next(&mut self) -> Result<Option<Submission>, Error> {
        loop {
            if let Some(submission) = self.ready.pop_front() {
                return Ok(Some(submission));
            }
            if let Some(open) = self.open.take() {
                self.read_on(open)?;
                continue;
            }
            match self.intake.next() {
                None => return Ok(None),
                Some(entry) => self.begin(entry?),
            }
        }
    }

    fn begin(&mut self, entry: Entry) {
        match entry {
            Entry::File(file) => {
                let source = file.source();
                if self.left_out.as_ref().is_some_and(|path| *path == source.as_given()) {
                    return;
                }
                if is_named_as_a_place(source.file_name()) {
                    let (source, source_shown) = (source.clone(), shown(source, self.naming));
                    let content = Content::Refused(named_as_a_place());
                    let place = Place { source, number: 0 };
                    self.ready.push_back(Submission { source: source_shown, content, place });
                    return;
                }
                self.open = Some(OpenFile {
                    shown: shown(source, self.naming),
                    promises_request: promises_request(source),
                    reader: Reader::of(source),
                    given: 0,
                    held: None,
                    file,
                });
            }
            Entry::Unreadable { source, reason } => {
                self.ready.push_back(Submission {
                    source: shown(&source, self.naming),
                    content: Content::Refused(unreadable(&reason)),
                    place: Place { source, number: 0 },
                });
            }
            Entry::Litter { .. } => {}
        }
    }

    /// Reads the next octets of the file in hand.
    fn read_on(&mut self, mut open: OpenFile) -> Result<(), Error> {
        let mut octets = vec![0; PIECE_OCTETS];
        let mut pieces = Vec::new();
        match open.file.read(&mut octets) {
            Ok(0) => {
                open.reader.finish(&mut pieces);
                for piece in pieces {
                    self.give(&mut open, piece);
                }
                self.give_last(&mut open);
            }
            Ok(count) => {
                open.reader.push(&octets[..count], &mut pieces);
                for piece in pieces {
                    self.give(&mut open, piece);
                }
                self.open = Some(open);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => self.open = Some(open),
            Err(error) => {
                let finding = Finding::refuse(
                    Control::MediumEntry,
                    &format!("the file cannot be read to its end: {error}"),
                    "copy the file anew onto a sound medium",
                );
                // A medium that is gone is no reason to refuse the requests on it.
                self.intake.check_failure(open.file.source(), &Unreadable::from(error))?;
                self.give(&mut open, Piece::Refused(finding));
                self.give_last(&mut open);
            }
        }
        Ok(())
    }

    fn give(&mut self, open: &mut OpenFile, piece: Piece) {
        if let Some(held) = open.held.replace(piece) {
            open.given += 1;
            self.ready.push_back(submission(open, held, open.given));
        }
    }

    fn give_last(&mut self, open: &mut OpenFile) {
        let Some(held) = open.held.take() else { return };
        let number = if open.given == 0 { open.reader.number_alone() } else { open.given + 1 };
        self.ready.push_back(submission(open, held, number));
    }
}

/// Opens a file beneath a folder; what the walk would not have opened is not opened either.
fn open_beneath(volume: &Volume, path: &[u8], limits: &Limits) -> Result<InFile, Unreadable> {
    let names: Vec<&[u8]> = path.split(|&octet| octet == b'/').collect();
    let octets = names.last().map_or(0, |name| name.len());
    if octets > limits.name_octets_max {
        return Err(Unreadable::NameTooLong { octets, octets_max: limits.name_octets_max });
    }
    volume.open_file(path, limits.file_octets_max).map_err(|reason| match reason {
        Unreadable::Directory if names.len() > limits.depth_max as usize => {
            Unreadable::TooDeep { depth_max: limits.depth_max }
        }
        reason => reason,
    })
}

/// Whether a name ends as the places of requests within a file do: `batch.pem#17`. Two sources would be the same text.
fn is_named_as_a_place(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
    digits > 0 && name[..name.len() - digits].ends_with(b"#")
}

fn named_as_a_place() -> Finding {
    Finding::refuse(
        Control::MediumEntry,
        "its name ends like the place of a request within a file, and one could be taken for the other",
        "give the file a name that does not end in # and a number",
    )
}

fn unreadable(reason: &Unreadable) -> Finding {
    Finding::refuse(Control::MediumEntry, &reason.to_string(), reason.hint())
}

fn submission(open: &OpenFile, piece: Piece, number: u64) -> Submission {
    let promises_request = open.promises_request;
    let content = match piece {
        Piece::Request { der, notes } => Content::Request { der, notes },
        // A private key beside its request, which a delivery may want.
        Piece::Refused(finding) if is_private_key(open.file.source()) => Content::Skipped(finding),
        Piece::Refused(finding) => Content::Refused(finding),
        Piece::NotARequest(finding) if promises_request => Content::Refused(finding),
        Piece::Delivered(finding) | Piece::NotARequest(finding) => Content::Skipped(finding),
    };
    let source = if number == 0 { open.shown.clone() } else { numbered(&open.shown, number) };
    Submission { source, content, place: Place { source: open.file.source().clone(), number } }
}

/// Whether the operator or the file's name says that it is a request: not where its name says that it is a private key.
pub(super) fn promises_request(source: &Source) -> bool {
    let by_extension = REQUEST_EXTENSIONS.iter().any(|known| has_extension(source, known));
    source.named() == Named::Directly || (by_extension && !carried_keys::is_key(source))
}

/// Whether a file that was found, and not named, is called like a private key.
fn is_private_key(source: &Source) -> bool {
    source.named() != Named::Directly && carried_keys::is_key(source)
}

fn has_extension(source: &Source, known: &str) -> bool {
    source.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(known.as_bytes()))
}

/// Where a file is, whole: two long paths must not look the same.
fn shown(source: &Source, naming: Naming) -> Printable {
    match naming {
        Naming::AsGiven => {
            Printable::from_octets_with_limit(source.as_given().as_os_str().as_bytes(), SOURCE_CHARS_MAX)
        }
        Naming::InVolume => Printable::from_octets_with_limit(source.octets(), SOURCE_CHARS_MAX),
    }
}

/// The n-th request in a file.
fn numbered(shown: &Printable, number: u64) -> Printable {
    Printable::with_limit(&format!("{shown}#{number}"), 2 * SOURCE_CHARS_MAX)
}
