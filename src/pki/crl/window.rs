//! A window on octets that come in pieces: elements are taken out of it one after the other.

use super::{Pieces, ReadError, reader::malformed};

/// Octets that were read already and are kept until they are many: moving the rest down costs.
const CONSUMED_OCTETS_MAX: usize = 64 * 1024;

/// The octets, as far as they came.
#[derive(Debug)]
pub(super) struct Octets<P> {
    pieces: P,
    window: Vec<u8>,
    /// How many octets of the window were read.
    consumed: usize,
    /// How many octets were read since the beginning.
    position: u64,
    ended: bool,
}

impl<P: Pieces> Octets<P> {
    pub(super) fn new(pieces: P) -> Self {
        Self { pieces, window: Vec::new(), consumed: 0, position: 0, ended: false }
    }

    /// How many octets were read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether there are so many octets; reads pieces until there are.
    fn has(&mut self, count: usize) -> Result<bool, ReadError<P::Error>> {
        while self.window.len() - self.consumed < count && !self.ended {
            if self.consumed >= CONSUMED_OCTETS_MAX {
                self.window.drain(..self.consumed);
                self.consumed = 0;
            }
            match self.pieces.next().map_err(ReadError::Source)? {
                Some(piece) => self.window.extend(piece),
                None => self.ended = true,
            }
        }
        Ok(self.window.len() - self.consumed >= count)
    }

    pub(super) fn at_end(&mut self) -> Result<bool, ReadError<P::Error>> {
        Ok(!self.has(1)?)
    }

    /// The next tag before an end.
    pub(super) fn peek(&mut self, end: u64) -> Result<Option<u8>, ReadError<P::Error>> {
        if self.position == end || !self.has(1)? {
            return Ok(None);
        }
        Ok(self.window.get(self.consumed).copied())
    }

    /// Identifier and length of the next element: the octets of both and the length of its content.
    fn header(&mut self, noun: &str) -> Result<(Vec<u8>, u64), ReadError<P::Error>> {
        let cut = || malformed(&format!("it is cut short before {noun}"));
        if !self.has(2)? {
            return Err(cut().into());
        }
        let lengths = match self.window[self.consumed + 1] {
            0..=0x7f => 0,
            // Four length octets reach 4 GiB, as everywhere here.
            first @ 0x81..=0x84 => usize::from(first & 0x7f),
            _ => return Err(malformed(&format!("the length of {noun} is not definite and short")).into()),
        };
        if !self.has(2 + lengths)? {
            return Err(cut().into());
        }
        let header = self.window[self.consumed..self.consumed + 2 + lengths].to_vec();
        let length = match &header[2..] {
            [] => u64::from(header[1]),
            octets => octets.iter().fold(0, |length, &octet| length << 8 | u64::from(octet)),
        };
        // X.690 §10.1: the shortest form only.
        let needed = match length {
            0..=0x7f => 0,
            0x80..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xff_ffff => 3,
            _ => 4,
        };
        if needed != lengths {
            return Err(malformed(&format!("the length of {noun} is not in its shortest form")).into());
        }
        Ok((header, length))
    }

    /// Enters an element: its header, and where its content ends.
    pub(super) fn open(
        &mut self,
        tag: u8,
        noun: &str,
        end: u64,
    ) -> Result<(Vec<u8>, u64), ReadError<P::Error>> {
        let (header, length) = self.header(noun)?;
        if header[0] != tag {
            return Err(malformed(&format!("{noun} does not stand where it should")).into());
        }
        self.consumed += header.len();
        self.position += header.len() as u64;
        let inner = self.position + length;
        if inner > end {
            return Err(malformed(&format!("{noun} is longer than what holds it")).into());
        }
        Ok((header, inner))
    }

    /// The next element whole.
    pub(super) fn element(
        &mut self,
        noun: &str,
        end: u64,
        octets_max: usize,
    ) -> Result<Vec<u8>, ReadError<P::Error>> {
        let (header, length) = self.header(noun)?;
        let whole = header.len() as u64 + length;
        if whole > octets_max as u64 {
            return Err(malformed(&format!("{noun} has more than {octets_max} octets")).into());
        }
        if self.position + whole > end {
            return Err(malformed(&format!("{noun} is longer than what holds it")).into());
        }
        let count = usize::try_from(whole).unwrap_or(octets_max);
        if !self.has(count)? {
            return Err(malformed(&format!("{noun} is cut short")).into());
        }
        let element = self.window[self.consumed..self.consumed + count].to_vec();
        self.consumed += count;
        self.position += whole;
        Ok(element)
    }
}
