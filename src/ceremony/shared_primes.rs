//! Shared primes: the RSA keys of a batch are compared with each other and with those of the register, before any of
//! its requests is judged.
//!
//! The medium is read once for the moduli alone. They are compared in blocks. Memory holds the moduli, the blocks'
//! products and what each block is compared with, three times the moduli in all, and a few blocks' trees besides. Every
//! block is multiplied with every other and with each block's worth of the register: beyond one block of
//! [`BLOCK_OCTETS`] the work grows with the square of the batch, and with batch times register. Only where something is
//! found is the medium read again, because only requests that are sound by themselves count: nobody can have another's
//! request refused by sending a modulus made from it. Read [`SharedPrimes::survey`] first.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry as Place},
    fmt::Write as _,
    ops::Range,
    path::PathBuf,
};

use rayon::prelude::*;

use crate::{
    pki::{
        fingerprint::{Digest, hex},
        key::{PublicKey, rsa_modulus},
        policy::{self, Control, Finding, KeyEvidence},
        request::subject_public_key_info,
        shared_prime::{Block, Product},
    },
    register::{KeyHolder, RecordedKey, Register},
};

use super::{
    error::Error,
    inspection::next_chunk,
    intake::{Content, Naming, Submission, Submissions},
    progress::{Phase, Watch},
};

/// Octets of moduli that are multiplied into one tree: 16,384 of RSA-2048. A tree takes about sixteen times that, and
/// its multiplications as much again.
const BLOCK_OCTETS: usize = 4 * 1024 * 1024;

/// Blocks that are worked on at once, whatever the number of cores: 100,000 moduli of RSA-2048 were compared in 472 MiB
/// in all, and 380 seconds of one core.
const BLOCKS_AT_ONCE: usize = 2;

/// Smallest block worth having: below it a second core gains nothing.
const BLOCK_OCTETS_MIN: usize = 16 * 1024;

/// Most octets of moduli in one batch, 512 MiB: two million of RSA-2048, which take three times that while they are
/// compared.
const MODULI_OCTETS_MAX: usize = 512 * 1024 * 1024;

/// Requests whose partners are named one by one; those of the others are only said to exist. Where more than that
/// share primes, the device's key generator is broken, and no name adds to that.
const NAMED_MAX: usize = 256;

const HINT_BATCH: &str = "refuse keys of this maker until it is known how they are made; then ask both for requests with new key pairs";
const HINT_REGISTER: &str = "revoke the certificate that is named, for its key can be computed; then ask for requests with new key pairs";

/// Half a digest: what tells moduli and keys of a batch from each other.
type Half = [u8; 16];

/// Which requests are surveyed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch<'a> {
    /// Where they are.
    pub paths: &'a [PathBuf],
    /// How they are named.
    pub naming: Naming,
    /// What a failure leaves as it was, in words.
    pub unharmed: &'static str,
}

/// What a survey found.
#[derive(Debug, Default)]
pub(super) struct SharedPrimes {
    /// The moduli that were surveyed; `None` where no survey was made.
    surveyed: Option<BTreeSet<Half>>,
    found: HashMap<Half, Vec<Finding>>,
}

impl SharedPrimes {
    /// Reads the RSA keys of all requests under the paths and compares them.
    ///
    /// # Errors
    /// [`Error::Medium`], [`Error::MediumFailed`], [`Error::Register`], [`Error::Stopped`]; [`Error::Usage`] where
    /// there are more moduli than are held.
    pub fn survey(
        batch: &Batch<'_>,
        register: Option<&Register>,
        watch: &mut Watch<'_>,
    ) -> Result<Self, Error> {
        let mut moduli = Moduli::default();
        batch.each_submission(watch, &mut |submission| {
            rsa_key(submission).map_or(Ok(()), |(modulus, spki)| moduli.add(modulus, spki))
        })?;
        let surveyed = Some(moduli.places.keys().copied().collect());
        let suspects = moduli.suspects(register, watch)?;
        if suspects.is_empty() {
            return Ok(Self { surveyed, found: HashMap::new() });
        }
        let (moduli, sources) = moduli.sound_among(&suspects, batch, watch)?;
        let found = moduli.told(&sources, register, watch)?;
        Ok(Self { surveyed, found })
    }
}

impl KeyEvidence for SharedPrimes {
    fn weigh(&self, key: &PublicKey, findings: &mut Vec<Finding>) {
        let (Some(surveyed), Some(modulus)) = (&self.surveyed, key.rsa_modulus()) else { return };
        let name = half(&modulus);
        if !surveyed.contains(&name) {
            findings.push(Finding::refuse(
                Control::SharedPrimeInBatch,
                "the RSA key was compared with no other: the request was not there when the medium was first read",
                "use a medium that keeps what is on it, and read the requests again",
            ));
        }
        findings.extend(self.found.get(&name).into_iter().flatten().cloned());
    }
}

/// The distinct moduli of a batch, in the order in which they were read.
#[derive(Debug, Default)]
struct Moduli {
    octets: Vec<u8>,
    entries: Vec<Entry>,
    places: HashMap<Half, usize>,
    /// Moduli of which there is more than one key: the same modulus under two exponents.
    repeated: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    end: usize,
    spki: Half,
}

/// What a modulus has in common with recorded ones.
#[derive(Debug, Default)]
struct Recorded {
    first: String,
    others: u64,
}

impl Moduli {
    fn add(&mut self, modulus: &[u8], spki: Half) -> Result<(), Error> {
        match self.places.entry(half(modulus)) {
            Place::Occupied(place) => {
                // The same key twice is no matter of primes, see `duplicate-in-batch`.
                if self.entries[*place.get()].spki != spki {
                    self.repeated.insert(*place.get());
                }
            }
            Place::Vacant(place) => {
                if self.octets.len() + modulus.len() > MODULI_OCTETS_MAX {
                    return Err(Error::usage(
                        format!("the requests hold more than {MODULI_OCTETS_MAX} octets of RSA moduli"),
                        "divide the requests into several batches",
                    ));
                }
                place.insert(self.entries.len());
                self.octets.extend_from_slice(modulus);
                self.entries.push(Entry { end: self.octets.len(), spki });
            }
        }
        Ok(())
    }

    fn modulus(&self, index: usize) -> &[u8] {
        let begin = index.checked_sub(1).map_or(0, |before| self.entries[before].end);
        &self.octets[begin..self.entries[index].end]
    }

    fn moduli(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        range.map(|index| self.modulus(index))
    }

    /// Consecutive moduli of about [`BLOCK_OCTETS`] each, or as many blocks as there are cores in a small batch.
    fn blocks(&self) -> Vec<Range<usize>> {
        let share = self.octets.len() / rayon::current_num_threads().max(1);
        let most = share.clamp(BLOCK_OCTETS_MIN, BLOCK_OCTETS);
        let mut blocks = Vec::new();
        let (mut begin, mut octets) = (0, 0);
        for index in 0..self.entries.len() {
            octets += self.modulus(index).len();
            if octets >= most {
                blocks.push(begin..index + 1);
                (begin, octets) = (index + 1, 0);
            }
        }
        if begin < self.entries.len() {
            blocks.push(begin..self.entries.len());
        }
        blocks
    }

    /// The moduli that have a factor in common with another of the batch or of the register.
    fn suspects(&self, register: Option<&Register>, watch: &mut Watch<'_>) -> Result<BTreeSet<usize>, Error> {
        let mut suspects = self.repeated.clone();
        let blocks = self.blocks();
        let products: Vec<Product> =
            blocks.par_iter().map(|block| Product::of(self.moduli(block.clone()))).collect();
        stop(watch)?;
        let mut elsewhere = vec![Product::one(); blocks.len()];
        if let Some(register) = register.filter(|_| !blocks.is_empty()) {
            suspects.extend(self.multiply_recorded(register, &products, &mut elsewhere, watch)?);
        }
        let all = self.entries.len() as u64;
        for group in (0..blocks.len()).collect::<Vec<_>>().chunks(BLOCKS_AT_ONCE) {
            let found: Vec<Vec<usize>> = group
                .par_iter()
                .map(|&at| {
                    let others = products.iter().enumerate().filter(|(other, _)| *other != at);
                    let elsewhere = others.fold(elsewhere[at].clone(), |elsewhere, (_, product)| {
                        elsewhere.times(product, &products[at])
                    });
                    let shared = Block::new(self.moduli(blocks[at].clone())).shared(&elsewhere);
                    shared.into_iter().map(|shared| blocks[at].start + shared.index).collect()
                })
                .collect();
            suspects.extend(found.into_iter().flatten());
            let done = group.last().map_or(0, |&last| blocks[last].end as u64);
            watch.tell(Phase::Comparing, done, Some(all));
            stop(watch)?;
        }
        Ok(suspects)
    }

    /// Multiplies the register's moduli into what each block is compared with, and gives those of this batch that the
    /// register has under another key.
    fn multiply_recorded(
        &self,
        register: &Register,
        products: &[Product],
        elsewhere: &mut [Product],
        watch: &mut Watch<'_>,
    ) -> Result<BTreeSet<usize>, Error> {
        let most = self.octets.len().clamp(BLOCK_OCTETS_MIN, BLOCK_OCTETS);
        let mut recorded = Self::default();
        let mut same = BTreeSet::new();
        let mut count = 0;
        let mut multiply = |recorded: &mut Self, watch: &mut Watch<'_>, count: u64| {
            let product = Product::of(recorded.moduli(0..recorded.entries.len()));
            elsewhere.par_iter_mut().zip(products).for_each(|(elsewhere, block)| {
                *elsewhere = elsewhere.times(&product, block);
            });
            *recorded = Self::default();
            watch.tell(Phase::Comparing, count, None);
            stop(watch)
        };
        register.rsa_keys(&mut |key: &RecordedKey<'_>| -> Result<(), Error> {
            count += 1;
            match self.places.get(&half(key.modulus)) {
                Some(&index) if self.entries[index].spki == half_of(&key.spki_sha256) => {}
                Some(&index) => {
                    same.insert(index);
                }
                None => recorded.add(key.modulus, half_of(&key.spki_sha256))?,
            }
            if recorded.octets.len() >= most { multiply(&mut recorded, watch, count) } else { Ok(()) }
        })?;
        multiply(&mut recorded, watch, count)?;
        Ok(same)
    }

    /// Of suspects, those of requests that are sound by themselves, and where each stands.
    fn sound_among(
        &self,
        suspects: &BTreeSet<usize>,
        batch: &Batch<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(Self, Vec<String>), Error> {
        let (mut sound, mut sources) = (Self::default(), Vec::new());
        batch.each_submission(watch, &mut |submission| {
            let Some((modulus, spki)) = rsa_key(submission) else { return Ok(()) };
            let is_suspect = self.places.get(&half(modulus)).is_some_and(|index| suspects.contains(index));
            let Content::Request { der, .. } = &submission.content else { return Ok(()) };
            if is_suspect && policy::judge(der).is_ok() {
                sound.add(modulus, spki)?;
                sources.resize_with(sound.entries.len(), || submission.source.to_string());
            }
            Ok(())
        })?;
        Ok((sound, sources))
    }

    /// What is to be said of each modulus that shares a prime.
    fn told(
        &self,
        sources: &[String],
        register: Option<&Register>,
        watch: &mut Watch<'_>,
    ) -> Result<HashMap<Half, Vec<Finding>>, Error> {
        let within = self.suspects(None, watch)?;
        let all = self.suspects(register, watch)?;
        let named: Vec<usize> = all.iter().copied().take(NAMED_MAX).collect();
        let recorded = match register {
            Some(register) => self.recorded(&named, register)?,
            None => BTreeMap::new(),
        };
        let mut found: HashMap<Half, Vec<Finding>> = HashMap::new();
        for &index in &all {
            let findings = found.entry(half(self.modulus(index))).or_default();
            if within.contains(&index) {
                findings.push(Finding::refuse(
                    Control::SharedPrimeInBatch,
                    &self.said_of_batch(index, &named, sources),
                    HINT_BATCH,
                ));
            }
            if let Some(recorded) = recorded.get(&index) {
                let mut message =
                    format!("the RSA key has a prime in common with that of {}", recorded.first);
                if recorded.others > 0 {
                    let _ = write!(message, ", and with {} more in the register", recorded.others);
                }
                findings.push(Finding::refuse(Control::SharedPrimeInRegister, &message, HINT_REGISTER));
            } else if !within.contains(&index) {
                findings.push(Finding::refuse(
                    Control::SharedPrimeInRegister,
                    "the RSA key has a prime in common with one in the register, as many of this batch have",
                    "judge this request alone to have the certificate named",
                ));
            }
        }
        Ok(found)
    }

    fn said_of_batch(&self, index: usize, named: &[usize], sources: &[String]) -> String {
        if self.repeated.contains(&index) {
            return "the RSA modulus stands in this batch twice, with different exponents: whoever has one private \
                    key can compute the other"
                .to_owned();
        }
        let modulus = self.modulus(index);
        let alone = Product::of([modulus]);
        let shares = |other: usize| other != index && alone.common(self.modulus(other)).is_some();
        let mut partners = named.iter().copied().filter(|&other| shares(other));
        match (partners.next().and_then(|first| sources.get(first)), partners.count()) {
            (Some(first), 0) => {
                format!("the RSA key has a prime in common with that of {first}, in this batch")
            }
            (Some(first), more) => format!(
                "the RSA key has a prime in common with that of {first} and {more} more in this batch"
            ),
            (None, _) => "the RSA key has a prime in common with others of this batch".to_owned(),
        }
    }

    /// Whose keys in the register share a prime with these moduli.
    fn recorded(&self, named: &[usize], register: &Register) -> Result<BTreeMap<usize, Recorded>, Error> {
        let product = Product::of(named.iter().map(|&index| self.modulus(index)));
        let mut found: BTreeMap<usize, Recorded> = BTreeMap::new();
        register.rsa_keys(&mut |key: &RecordedKey<'_>| -> Result<(), Error> {
            let same = self.places.get(&half(key.modulus)).copied();
            if same.is_some_and(|index| self.entries[index].spki == half_of(&key.spki_sha256)) {
                return Ok(());
            }
            let Some(factor) = product.common(key.modulus) else { return Ok(()) };
            for &index in named.iter().filter(|&&index| factor.divides_part_of(self.modulus(index))) {
                match found.get_mut(&index) {
                    Some(recorded) => recorded.others += 1,
                    None => {
                        found.insert(index, Recorded { first: holder(&key.holder), others: 0 });
                    }
                }
            }
            Ok(())
        })?;
        Ok(found)
    }
}

fn holder(holder: &KeyHolder<'_>) -> String {
    match holder {
        KeyHolder::Authority(name) => format!("the CA {name}"),
        KeyHolder::Issued(serial) => format!("the certificate {}, which was issued", hex(serial)),
        KeyHolder::Planned(serial) => {
            format!("the certificate {}, which is planned and not signed", hex(serial))
        }
    }
}

impl Batch<'_> {
    /// Gives every submission of the batch.
    fn each_submission(
        &self,
        watch: &mut Watch<'_>,
        each: &mut dyn FnMut(&Submission) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut submissions = Submissions::open(self.paths, self.naming)?;
        let mut read = 0;
        loop {
            let chunk = next_chunk(&mut submissions).map_err(|error| error.amid(self.unharmed))?;
            if chunk.is_empty() {
                return Ok(());
            }
            read += chunk.len() as u64;
            chunk.iter().try_for_each(&mut *each)?;
            watch.tell(Phase::Reading, read, None);
            watch.check_stop(self.unharmed, "read the requests again")?;
        }
    }
}

/// The RSA key that a submission asks for, judged by nothing.
fn rsa_key(submission: &Submission) -> Option<(&[u8], Half)> {
    let Content::Request { der, .. } = &submission.content else { return None };
    let spki = subject_public_key_info(der)?;
    Some((rsa_modulus(spki)?, half(spki)))
}

fn stop(watch: &mut Watch<'_>) -> Result<(), Error> {
    watch.check_stop("nothing was changed", "read the requests again")
}

fn half(octets: &[u8]) -> Half {
    half_of(&Digest::of(octets))
}

fn half_of(digest: &Digest) -> Half {
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_octets()[..16]);
    half
}
