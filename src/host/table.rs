//! Tables of the home: a file of records of one width, sorted, in which a key is found without reading the rest.
//!
//! A table of ten million records is made in bounded memory (parts are sorted one by one and merged) and looked up in a
//! few reads. It knows nothing of what the records mean. Read [`Builder`] first, then [`Table`].

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Octets that are sorted at a time while a table is made. With their places they take three to four times that of
/// memory, whatever the table's size.
pub const PART_OCTETS: usize = 16 * 1024 * 1024;

/// Most parts of a table: 4 GiB, some ten times the longest list there is, and as many files open at once.
const PARTS_MAX: usize = 256;

/// Octets of each part that are read at a time while parts are merged.
const MERGE_OCTETS: usize = 64 * 1024;

/// Octets of the file's beginning that are the caller's: what the table is, in words.
pub const HEADER_OCTETS: usize = 1024;

/// Records that are read at once when a search has come down to them.
const NEAR_RECORDS: u64 = 64;

/// The shape of a table's records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shape {
    /// Octets of a record, 8 to 64.
    pub record_octets: usize,
    /// Octets of it, from its beginning, that are its key, at least 8.
    pub key_octets: usize,
}

/// Makes a table, record by record.
#[derive(Debug)]
pub struct Builder {
    folder: PathBuf,
    shape: Shape,
    part: Vec<u8>,
    part_octets: usize,
    parts: Vec<File>,
}

impl Builder {
    /// Begins a table; `folder` takes what does not fit into memory.
    #[must_use]
    pub fn new(folder: &Path, shape: Shape) -> Self {
        Self::with_part(folder, shape, PART_OCTETS)
    }

    fn with_part(folder: &Path, shape: Shape, part_octets: usize) -> Self {
        Self { folder: folder.to_owned(), shape, part: Vec::new(), part_octets, parts: Vec::new() }
    }

    /// Adds records, one after the other.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::FileTooLarge`] where there are too many; [`io::ErrorKind::InvalidInput`]
    /// where they end within one.
    pub fn add(&mut self, records: &[u8]) -> io::Result<()> {
        if !records.len().is_multiple_of(self.shape.record_octets) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "records that end within one"));
        }
        for record in records.chunks_exact(self.shape.record_octets) {
            if self.part.len() + record.len() > self.part_octets {
                self.end_part()?;
            }
            self.part.extend_from_slice(record);
        }
        Ok(())
    }

    /// Writes the table under a name of its own, durable before it has it; what stands there is left alone and is an
    /// error. `header` says what the table is, from the number of its records. Of records with the same key the first
    /// in order is kept.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::AlreadyExists`]; [`io::ErrorKind::InvalidInput`] where the header is longer
    /// than [`HEADER_OCTETS`].
    pub fn finish(mut self, path: &Path, header: impl FnOnce(u64) -> String) -> io::Result<u64> {
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        let made = self.write(&mut file, header).and_then(|count| {
            file.sync_all()?;
            // A hard link, unlike a rename, never replaces what stands there.
            fs::hard_link(&draft, path)?;
            Ok(count)
        });
        fs::remove_file(&draft)?;
        let count = made?;
        path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())?;
        Ok(count)
    }

    /// Makes the table in a file that has no name and is gone with the [`Table`].
    ///
    /// # Errors
    /// As [`Builder::finish`].
    pub fn finish_unnamed(mut self) -> io::Result<Table> {
        let mut file = unnamed(&self.folder)?;
        let shape = self.shape;
        let count = self.write(&mut file, |_| String::new())?;
        Ok(Table { file, shape, count })
    }

    fn write(&mut self, file: &mut File, header: impl FnOnce(u64) -> String) -> io::Result<u64> {
        file.seek(io::SeekFrom::Start(HEADER_OCTETS as u64))?;
        let mut out = BufWriter::with_capacity(MERGE_OCTETS, &mut *file);
        let mut last: Option<Vec<u8>> = None;
        let mut count = 0;
        let key_octets = self.shape.key_octets;
        self.merge(&mut |record| {
            if last.as_deref().is_some_and(|last| last[..key_octets] == record[..key_octets]) {
                return Ok(());
            }
            last.get_or_insert_default().splice(.., record.iter().copied());
            count += 1;
            out.write_all(record)
        })?;
        out.flush()?;
        drop(out);
        let header = header(count);
        if header.len() > HEADER_OCTETS {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the header is too long"));
        }
        let mut octets = header.into_bytes();
        octets.resize(HEADER_OCTETS, 0);
        file.write_all_at(&octets, 0)?;
        Ok(count)
    }

    /// Sorts what is in hand and puts it aside.
    fn end_part(&mut self) -> io::Result<()> {
        if self.parts.len() == PARTS_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more records than a table can have"));
        }
        let mut file = unnamed(&self.folder)?;
        let mut out = BufWriter::with_capacity(MERGE_OCTETS, &mut file);
        sorted(&self.part, self.shape.record_octets, &mut |record| out.write_all(record))?;
        out.flush()?;
        drop(out);
        self.part.clear();
        self.parts.push(file);
        Ok(())
    }

    /// Gives all records in order.
    fn merge(&mut self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        if self.parts.is_empty() {
            return sorted(&self.part, self.shape.record_octets, each);
        }
        if !self.part.is_empty() {
            self.end_part()?;
        }
        self.part = Vec::new();
        let mut readers = Vec::with_capacity(self.parts.len());
        let mut next = BinaryHeap::with_capacity(self.parts.len());
        for (index, mut file) in self.parts.drain(..).enumerate() {
            file.rewind()?;
            let mut reader = BufReader::with_capacity(MERGE_OCTETS, file);
            if let Some(record) = record(&mut reader, self.shape.record_octets)? {
                next.push(Reverse((record, index)));
            }
            readers.push(reader);
        }
        while let Some(Reverse((least, index))) = next.pop() {
            each(&least)?;
            if let Some(record) = record(&mut readers[index], self.shape.record_octets)? {
                next.push(Reverse((record, index)));
            }
        }
        Ok(())
    }
}

/// Gives records in order, without a copy of them: their places are sorted.
fn sorted(
    records: &[u8],
    record_octets: usize,
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut order: Vec<&[u8]> = records.chunks_exact(record_octets).collect();
    order.sort_unstable();
    order.into_iter().try_for_each(each)
}

fn record(reader: &mut BufReader<File>, record_octets: usize) -> io::Result<Option<Vec<u8>>> {
    let mut record = vec![0; record_octets];
    match reader.read_exact(&mut record) {
        Ok(()) => Ok(Some(record)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file without a name, mode 0600: nothing of it is left, however the process ends.
fn unnamed(folder: &Path) -> io::Result<File> {
    let mut number = [0; 8];
    super::entropy::fill(&mut number).map_err(io::Error::other)?;
    let path = folder.join(format!(".coldsign-{}-{:016x}", std::process::id(), u64::from_be_bytes(number)));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// A table that is looked up.
#[derive(Debug)]
pub struct Table {
    file: File,
    shape: Shape,
    count: u64,
}

impl Table {
    /// What stands in the first [`HEADER_OCTETS`] of a file, up to the zeros that fill it.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::UnexpectedEof`], [`io::ErrorKind::InvalidData`] where it is no text.
    pub fn header(path: &Path) -> io::Result<String> {
        let mut octets = [0; HEADER_OCTETS];
        File::open(path)?.read_exact(&mut octets)?;
        let end = octets.iter().position(|&octet| octet == 0).unwrap_or(HEADER_OCTETS);
        String::from_utf8(octets[..end].to_vec())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Opens a table of `count` records.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::InvalidData`] where the file is not as long as that.
    pub fn open(path: &Path, shape: Shape, count: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        let octets = file.metadata()?.len();
        let expected = count.checked_mul(shape.record_octets as u64);
        if expected.and_then(|expected| expected.checked_add(HEADER_OCTETS as u64)) != Some(octets) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is not as long as it says"));
        }
        Ok(Self { file, shape, count })
    }

    /// How many records it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The record with this key. Can be asked on several threads at once.
    ///
    /// # Errors
    /// As the system says.
    pub fn find(&self, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let (mut low, mut high) = (0, self.count);
        // The keys just outside what is left, as far as eight octets tell.
        let (mut below, mut above) = (0, u64::MAX);
        let wanted = head(key);
        let mut halve = false;
        let mut record = vec![0; self.shape.record_octets];
        while high - low > NEAR_RECORDS {
            // Digests are spread evenly, so a key's place follows from its number; every other step halves what is
            // left, lest a list of other keys be searched one by one.
            let at = if halve { low + (high - low) / 2 } else { guess(low, high, below, above, wanted) };
            halve = !halve;
            self.read(at, &mut record)?;
            match record[..self.shape.key_octets].cmp(key) {
                std::cmp::Ordering::Equal => return Ok(Some(record)),
                std::cmp::Ordering::Less => (low, below) = (at + 1, head(&record)),
                std::cmp::Ordering::Greater => (high, above) = (at, head(&record)),
            }
        }
        let near = usize::try_from(high - low).unwrap_or(usize::MAX);
        let mut records = vec![0; near * self.shape.record_octets];
        self.read(low, &mut records)?;
        let mut records = records.chunks_exact(self.shape.record_octets);
        Ok(records.find(|record| &record[..self.shape.key_octets] == key).map(<[u8]>::to_vec))
    }

    fn read(&self, at: u64, records: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(records, HEADER_OCTETS as u64 + at * self.shape.record_octets as u64)
    }
}

/// The first eight octets as a number.
fn head(octets: &[u8]) -> u64 {
    let mut head = [0; 8];
    let length = octets.len().min(8);
    head[..length].copy_from_slice(&octets[..length]);
    u64::from_be_bytes(head)
}

/// Where a number should stand among `high - low` evenly spread ones between two others; one of the places from `low`
/// to before `high`.
fn guess(low: u64, high: u64, below: u64, above: u64, wanted: u64) -> u64 {
    let span = u128::from(above.saturating_sub(below)).max(1);
    let part = u128::from(wanted.saturating_sub(below)).min(span);
    let places = u128::from(high - low - 1);
    low + u64::try_from(places * part / span).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHAPE: Shape = Shape { record_octets: 10, key_octets: 9 };

    fn table(records: &[[u8; 10]], part_octets: usize) -> Table {
        let folder = tempfile::tempdir().expect("a folder");
        let mut builder = Builder::with_part(folder.path(), SHAPE, part_octets);
        for record in records {
            builder.add(record).expect("added");
        }
        let table = builder.finish_unnamed().expect("made");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
        table
    }

    proptest! {
        #[test]
        fn finds_every_record_and_nothing_else(
            heads in proptest::collection::vec(any::<[u8; 2]>(), 0..400),
            asked in proptest::collection::vec(any::<[u8; 2]>(), 0..50),
        ) {
            // Two octets and zeros: many keys are near each other, some equal, none evenly spread.
            let keyed = |head: [u8; 2], tail| {
                let mut record = [0; 10];
                record[..2].copy_from_slice(&head);
                record[9] = tail;
                record
            };
            let records: Vec<_> = heads.iter().map(|&head| keyed(head, 7)).collect();
            let table = table(&records, 100);
            let mut different = heads.clone();
            different.sort_unstable();
            different.dedup();
            prop_assert_eq!(table.count(), different.len() as u64);
            for head in heads.iter().chain(&asked) {
                let expected = heads.contains(head).then(|| keyed(*head, 7).to_vec());
                prop_assert_eq!(table.find(&keyed(*head, 7)[..9]).expect("found"), expected);
            }
        }
    }

    #[test]
    fn finds_evenly_spread_records_in_many() {
        // A permutation of the numbers below 2^64, spread evenly.
        let spread = |number: u64| {
            let mut record = [1; 10];
            record[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            record
        };
        let records: Vec<_> = (0..20_000).map(spread).collect();
        let table = table(&records, 50_000);
        for number in (0..20_000).step_by(37) {
            assert_eq!(table.find(&spread(number)[..9]).expect("found"), Some(spread(number).to_vec()));
            assert_eq!(table.find(&spread(number + 20_000)[..9]).expect("looked"), None);
        }
    }

    #[test]
    fn a_file_says_what_it_is_and_is_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("weak.table");
        let make = |record: [u8; 10]| {
            let mut builder = Builder::new(folder.path(), SHAPE);
            builder.add(&record).expect("added");
            builder.finish(&path, |count| format!("{count} records"))
        };
        assert_eq!(make([3; 10]).expect("made"), 1);
        assert_eq!(make([4; 10]).expect_err("stands").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(Table::header(&path).expect("read"), "1 records");
        assert_eq!(
            Table::open(&path, SHAPE, 1).expect("opened").find(&[3; 9]).expect("found"),
            Some(vec![3; 10])
        );
        assert_eq!(Table::open(&path, SHAPE, 2).expect_err("short").kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        let mut builder = Builder::new(folder.path(), SHAPE);
        assert_eq!(builder.add(&[0; 11]).expect_err("a part").kind(), io::ErrorKind::InvalidInput);
    }
}
