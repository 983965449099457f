//! The ASN.1 tree of any octets: BER (X.690 §8) is followed as far as it goes, and the first thing that is not DER
//! is told with its offset.

use std::{borrow::Cow, ops::Range};

use crate::pki::{
    der::tag,
    oid,
    text::{Printable, counted},
};

use super::{Fault, value};

/// Deepest nesting followed, in levels: a certificate has about ten, with what its strings hold about fifteen.
pub const DEPTH_MAX: u8 = 40;

/// Most elements listed: a certificate of a thousand alternative names. Nobody reads further; the rest is counted.
pub const NODES_MAX: usize = 4096;

/// The elements of some octets, in the order they stand there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tree {
    /// The elements, each before those inside it; at most [`NODES_MAX`].
    pub nodes: Vec<Node>,
    /// The first thing that is not DER.
    pub fault: Option<Fault>,
    /// Elements beyond those listed.
    pub more: u64,
    /// Octets that must not be shown: challenge passwords. In order, and apart.
    pub hidden: Vec<Range<usize>>,
}

/// One element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// Offset of its identifier, in octets from the start of all.
    pub offset: usize,
    /// How many elements it stands inside of.
    pub depth: u8,
    /// Octets of identifier and length.
    pub header_octets: u8,
    /// Octets of its contents that are there; of an indefinite length, those before the end-of-contents.
    pub octets: usize,
    /// Its tag's class.
    pub class: Class,
    /// Its tag's number.
    pub number: u32,
    /// Whether it holds elements.
    pub form: Form,
    /// Where it stands.
    pub place: Place,
    /// What it says; empty for elements that hold elements.
    pub value: Printable,
    /// What people should know of the value: text that is not shown as it is, octets that are not what they should be.
    pub remark: Option<String>,
}

/// The class of a tag (X.690 §8.1.2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// The types of ASN.1 itself.
    Universal,
    /// Rare, and none of X.509.
    Application,
    /// Meaning by the place it stands at.
    ContextSpecific,
    /// Meaning by agreement.
    Private,
}

/// Whether an element holds elements or octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// Octets.
    Primitive,
    /// Elements.
    Constructed,
}

/// Where an element stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// In the encoding itself.
    Open,
    /// In an OCTET STRING or BIT STRING whose octets are DER in turn.
    Encapsulated,
}

impl Node {
    /// The name of its type: `SEQUENCE`, `OBJECT IDENTIFIER`, `[0]`.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        let number = self.number;
        match self.class {
            Class::Universal => match universal(number) {
                Some(name) => name.into(),
                None => format!("[UNIVERSAL {number}]").into(),
            },
            Class::Application => format!("[APPLICATION {number}]").into(),
            Class::ContextSpecific => format!("[{number}]").into(),
            Class::Private => format!("[PRIVATE {number}]").into(),
        }
    }
}

fn universal(number: u32) -> Option<&'static str> {
    Some(match number {
        0 => "END OF CONTENTS",
        1 => "BOOLEAN",
        2 => "INTEGER",
        3 => "BIT STRING",
        4 => "OCTET STRING",
        5 => "NULL",
        6 => "OBJECT IDENTIFIER",
        7 => "ObjectDescriptor",
        8 => "EXTERNAL",
        9 => "REAL",
        10 => "ENUMERATED",
        11 => "EMBEDDED PDV",
        12 => "UTF8String",
        13 => "RELATIVE-OID",
        16 => "SEQUENCE",
        17 => "SET",
        18 => "NumericString",
        19 => "PrintableString",
        20 => "TeletexString",
        21 => "VideotexString",
        22 => "IA5String",
        23 => "UTCTime",
        24 => "GeneralizedTime",
        25 => "GraphicString",
        26 => "VisibleString",
        27 => "GeneralString",
        28 => "UniversalString",
        30 => "BMPString",
        _ => return None,
    })
}

/// Walks any octets. The time is linear in their number, times [`DEPTH_MAX`] at worst; memory is bounded by
/// [`NODES_MAX`].
#[must_use]
pub fn tree(der: &[u8]) -> Tree {
    let mut walk = Walk { der, position: 0, stack: vec![Frame::outermost(der.len())], tree: Tree::default() };
    while let Some(frame) = walk.stack.last().copied() {
        walk.step(frame);
    }
    walk.tree
}

/// An element that is open: those inside it are being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Where its contents begin and where they end at the latest.
    start: usize,
    end: usize,
    extent: Extent,
    /// Its place in the list of nodes, where it is listed.
    node: Option<usize>,
    /// Depth of the elements inside.
    depth: u8,
    place: Place,
    /// How many elements were read inside of it.
    elements: usize,
    /// Whether the first of them is an OBJECT IDENTIFIER: then a string beside it is a value that is DER.
    names_its_value: bool,
    secrecy: Secrecy,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Extent {
    Definite,
    Indefinite,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Secrecy {
    Shown,
    Hidden,
}

impl Frame {
    fn outermost(end: usize) -> Self {
        Self {
            start: 0,
            end,
            extent: Extent::Definite,
            node: None,
            depth: 0,
            place: Place::Open,
            elements: 0,
            names_its_value: false,
            secrecy: Secrecy::Shown,
        }
    }

    fn inside(self, node: Option<usize>, start: usize, end: usize) -> Self {
        Self {
            start,
            end,
            node,
            extent: Extent::Definite,
            depth: self.depth + 1,
            elements: 0,
            names_its_value: false,
            ..self
        }
    }
}

struct Walk<'a> {
    der: &'a [u8],
    position: usize,
    stack: Vec<Frame>,
    tree: Tree,
}

impl Walk<'_> {
    /// Reads one element, or closes the innermost that is open.
    fn step(&mut self, frame: Frame) {
        let at = self.position;
        if at >= frame.end {
            if frame.extent == Extent::Indefinite {
                self.fault(frame.start, "an element of indefinite length is not ended");
            }
            return self.close(frame, at);
        }
        if self.stack.len() == 1 && frame.elements > 0 {
            let count = frame.end - at;
            self.fault(at, &format!("behind the end: {}", counted(count, "octet")));
            return self.close(frame, at);
        }
        let header = match Header::read(&self.der[at..frame.end]) {
            Ok(header) => header,
            Err(what) => {
                self.fault(at, what);
                self.hide(frame, at..frame.end);
                self.position = frame.end;
                return;
            }
        };
        if let Some(flaw) = header.flaw {
            self.fault(at, flaw);
        }
        let start = at + usize::from(header.octets);
        let end = self.end_of_contents(at, start, &header, frame.end);
        let ends = header.is_end_of_contents() && frame.extent == Extent::Indefinite;
        if header.is_end_of_contents() && !ends {
            self.fault(at, "an end-of-contents stands where nothing is open");
        }
        let node = self.list(frame, at, &header, start..end);
        if ends {
            self.position = end;
            return self.close(frame, at);
        }
        self.enter(frame, node, &header, start..end);
    }

    /// Where an element's contents end. What is said to reach beyond its surroundings is cut there.
    fn end_of_contents(&mut self, at: usize, start: usize, header: &Header, limit: usize) -> usize {
        let Some(said) = header.length else {
            self.fault(at, "an indefinite length, which DER has not");
            return limit;
        };
        let there = limit - start;
        match usize::try_from(said) {
            Ok(said) if said <= there => start + said,
            _ => {
                self.fault(at, &format!("the element says {}, and has {there}", counted(said, "octet")));
                limit
            }
        }
    }

    fn list(&mut self, frame: Frame, at: usize, header: &Header, contents: Range<usize>) -> Option<usize> {
        if self.tree.nodes.len() == NODES_MAX {
            self.tree.more += 1;
            return None;
        }
        let (value, remark) = match (header.form, frame.secrecy) {
            (Form::Constructed, _) => (Printable::default(), None),
            (Form::Primitive, Secrecy::Hidden) => (Printable::new("(a challenge password, not shown)"), None),
            (Form::Primitive, Secrecy::Shown) => {
                value::of(header.class, header.number, &self.der[contents.clone()])
            }
        };
        self.tree.nodes.push(Node {
            offset: at,
            depth: frame.depth,
            header_octets: header.octets,
            octets: contents.len(),
            class: header.class,
            number: header.number,
            form: header.form,
            place: frame.place,
            value,
            remark,
        });
        Some(self.tree.nodes.len() - 1)
    }

    /// Goes on inside an element, or behind it.
    fn enter(&mut self, frame: Frame, node: Option<usize>, header: &Header, contents: Range<usize>) {
        let octets = &self.der[contents.clone()];
        let is_oid = header.is(tag::OID);
        if let Some(open) = self.stack.last_mut() {
            open.names_its_value |= open.elements == 0 && is_oid;
            open.elements += 1;
            if is_oid && frame.elements == 0 && octets == oid::CHALLENGE_PASSWORD {
                open.secrecy = Secrecy::Hidden;
            }
        }
        let inside = match header.form {
            Form::Constructed => Some(contents.clone()),
            Form::Primitive if frame.secrecy == Secrecy::Hidden => None,
            Form::Primitive => {
                encapsulated(header, octets, frame).map(|skipped| contents.start + skipped..contents.end)
            }
        };
        match inside {
            Some(inside) if frame.depth < DEPTH_MAX => {
                self.position = inside.start;
                let mut open = frame.inside(node, inside.start, inside.end);
                if header.length.is_none() {
                    open.extent = Extent::Indefinite;
                }
                if header.form == Form::Primitive {
                    open.place = Place::Encapsulated;
                }
                self.stack.push(open);
            }
            Some(_) => {
                self.fault(
                    contents.start,
                    &format!("elements stand more than {DEPTH_MAX} deep, too deep to follow"),
                );
                self.hide(frame, contents.clone());
                self.position = contents.end;
            }
            None => {
                self.hide(frame, contents.clone());
                self.position = contents.end;
            }
        }
    }

    /// Closes the innermost element; of one of indefinite length the octets are known only now.
    fn close(&mut self, frame: Frame, at: usize) {
        if let (Extent::Indefinite, Some(node)) = (frame.extent, frame.node) {
            self.tree.nodes[node].octets = at - frame.start;
        }
        self.stack.pop();
    }

    fn fault(&mut self, offset: usize, what: &str) {
        self.tree.fault.get_or_insert_with(|| Fault::new(offset, what));
    }

    fn hide(&mut self, frame: Frame, octets: Range<usize>) {
        if frame.secrecy == Secrecy::Hidden && !octets.is_empty() {
            self.tree.hidden.push(octets);
        }
    }
}

/// Identifier and length octets (X.690 §8.1).
pub(super) struct Header {
    class: Class,
    form: Form,
    number: u32,
    pub(super) octets: u8,
    /// Octets of the contents; `None` for the indefinite form.
    length: Option<u64>,
    /// What BER allows and DER does not.
    flaw: Option<&'static str>,
}

/// Longest tag number read, in octets of seven bits: 28 bits, far beyond any in use.
const NUMBER_OCTETS_MAX: usize = 4;

/// Longest length read, in octets: what 64 bits hold.
const LENGTH_OCTETS_MAX: usize = 8;

impl Header {
    pub(super) fn read(octets: &[u8]) -> Result<Self, &'static str> {
        const CUT: &str = "an element's tag and length are cut short";
        let (&identifier, mut rest) = octets.split_first().ok_or(CUT)?;
        let class = match identifier >> 6 {
            0 => Class::Universal,
            1 => Class::Application,
            2 => Class::ContextSpecific,
            _ => Class::Private,
        };
        let form = if identifier & 0x20 == 0 { Form::Primitive } else { Form::Constructed };
        let mut flaw = None;
        let mut number = u32::from(identifier & 0x1f);
        if number == 0x1f {
            let count = rest.iter().take_while(|octet| **octet & 0x80 != 0).count() + 1;
            if count > NUMBER_OCTETS_MAX {
                return Err("a tag number is too large");
            }
            let (digits, after) = rest.split_at_checked(count).ok_or(CUT)?;
            number = digits.iter().fold(0, |number, octet| number << 7 | u32::from(octet & 0x7f));
            if number < 0x1f || digits[0] == 0x80 {
                flaw = Some("a tag is not in its shortest form");
            }
            rest = after;
        }
        let (&first, mut rest) = rest.split_first().ok_or(CUT)?;
        let length = match first {
            0..=0x7f => Some(u64::from(first)),
            0x80 if form == Form::Constructed => None,
            0x80 => return Err("an indefinite length on an element that holds no elements"),
            0xff => return Err("a length of the reserved form"),
            _ => {
                let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(CUT)?;
                if digits.len() > LENGTH_OCTETS_MAX {
                    return Err("a length of more than eight octets");
                }
                rest = after;
                let length = digits.iter().fold(0, |length, octet| length << 8 | u64::from(*octet));
                if digits[0] == 0 || length < 0x80 {
                    flaw = flaw.or(Some("a length is not in its shortest form"));
                }
                Some(length)
            }
        };
        // At most 1 + 4 octets of tag and 1 + 8 of length.
        let read = u8::try_from(octets.len() - rest.len()).map_err(|_| CUT)?;
        Ok(Self { class, form, number, octets: read, length, flaw })
    }

    /// Whether it is the primitive universal type of this single-octet tag.
    fn is(&self, tag: u8) -> bool {
        self.class == Class::Universal && self.form == Form::Primitive && self.number == u32::from(tag)
    }

    fn is_end_of_contents(&self) -> bool {
        self.is(0) && self.length == Some(0)
    }
}

/// Whether a string's octets are DER in turn: how many octets to skip to its first element.
///
/// Every octet string can look like DER by chance. A SEQUENCE that fills the string to its last octet, and all inside
/// of which is sound, is taken anywhere; other types only where an OBJECT IDENTIFIER names what the value is, as in an
/// extension.
fn encapsulated(header: &Header, octets: &[u8], frame: Frame) -> Option<usize> {
    let (skipped, octets) = match octets {
        [0, octets @ ..] if header.is(tag::BIT_STRING) => (1, octets),
        octets if header.is(tag::OCTET_STRING) => (0, octets),
        _ => return None,
    };
    let first = *octets.first()?;
    let named = header.is(tag::OCTET_STRING) && frame.names_its_value;
    let takes = first == tag::SEQUENCE || named && matches!(first, 0x01..=0x1e | tag::SET);
    (takes && is_one_element(octets)).then_some(skipped)
}

/// Whether octets are one element of DER, the lengths of all inside of it sound.
fn is_one_element(octets: &[u8]) -> bool {
    let mut position = 0;
    let mut ends = vec![octets.len()];
    while let Some(&end) = ends.last() {
        if position == end {
            ends.pop();
            continue;
        }
        if ends.len() == 1 && position > 0 || ends.len() > usize::from(DEPTH_MAX) {
            return false;
        }
        let Ok(Header { flaw: None, length: Some(length), octets: header, form, .. }) =
            Header::read(&octets[position..end])
        else {
            return false;
        };
        let start = position + usize::from(header);
        match usize::try_from(length) {
            Ok(length) if length <= end - start => match form {
                Form::Primitive => position = start + length,
                Form::Constructed => {
                    position = start;
                    ends.push(start + length);
                }
            },
            _ => return false,
        }
    }
    !octets.is_empty()
}
