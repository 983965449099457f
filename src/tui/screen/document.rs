//! A certificate or a request, for people to read: plain words first, then the ASN.1 tree with its offsets, then the
//! octets in hexadecimal.

use ratatui::layout::Rect;

use super::{Screen, revoke::Revoke};
use crate::{
    pki::{
        anatomy::{
            self, Description, Fault, NODES_MAX, Node, Place, Tree, describe_certificate, describe_planned,
            describe_request,
        },
        text::Printable,
    },
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::counted,
    },
};

/// Rows above the sheet: what it is, the tabs, and a gap.
const HEAD_ROWS: u16 = 3;

/// Into its revocation.
const REVOKE: Action = Action::Verb(9);

/// Levels that the tree is indented by, two cells each; deeper ones stand below each other.
const INDENTED_MAX: u8 = 12;

/// Its name in the frame.
const TITLE_CERTIFICATE: &str = "Certificate";

/// One way of looking at it.
#[derive(Debug)]
struct Page {
    name: &'static str,
    sheet: Sheet,
}

/// Something to read, in several ways.
#[derive(Debug)]
pub struct Document {
    kind: &'static str,
    title: Printable,
    pages: Vec<Page>,
    chosen: usize,
    /// The way to its revocation, for a certificate that was issued here.
    revoke: Option<Box<Revoke>>,
    /// What became of it since it was issued.
    state: Option<String>,
}

impl Document {
    /// A certificate; `title` says which.
    #[must_use]
    pub fn certificate(title: Printable, der: &[u8]) -> Self {
        Self::of(TITLE_CERTIFICATE, title, &describe_certificate(der), der)
    }

    /// A certificate as it was planned and is not signed yet: its `TBSCertificate`.
    #[must_use]
    pub fn planned(title: Printable, tbs: &[u8]) -> Self {
        Self::of("Certificate, planned and not signed", title, &describe_planned(tbs), tbs)
    }

    /// A request.
    #[must_use]
    pub fn request(title: Printable, der: &[u8]) -> Self {
        Self::of("Request", title, &describe_request(der), der)
    }

    fn of(kind: &'static str, title: Printable, description: &Description, der: &[u8]) -> Self {
        let tree = anatomy::tree(der);
        let pages = vec![
            Page { name: "in words", sheet: Sheet::aligned(in_words(description)) },
            Page { name: "ASN.1 tree", sheet: Sheet::new(as_tree(&tree)) },
            Page { name: "octets", sheet: Sheet::new(as_octets(&tree, der)) },
        ];
        Self { kind, title, pages, chosen: 0, revoke: None, state: None }
    }

    /// Other things to read about it, without any octets.
    #[must_use]
    pub fn of_items(kind: &'static str, title: Printable, name: &'static str, items: Vec<Item>) -> Self {
        Self {
            kind,
            title,
            pages: vec![Page { name, sheet: Sheet::new(items) }],
            chosen: 0,
            revoke: None,
            state: None,
        }
    }

    /// The same with a page before all others, which is seen first.
    #[must_use]
    pub fn opened_at(mut self, name: &'static str, items: Vec<Item>) -> Self {
        self.pages.insert(0, Page { name, sheet: Sheet::new(items) });
        self
    }

    /// The same with a way to its revocation, where anything can become of it still, and what became of it so far.
    #[must_use]
    pub fn revocable(mut self, revoke: Option<Revoke>, state: Option<String>) -> Self {
        self.revoke = revoke.map(Box::new);
        self.state = state;
        self
    }

    /// The same under another name in the frame.
    #[must_use]
    pub fn named(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// The same, opened at the page that the other one shows, where it has such a page.
    #[must_use]
    pub fn opened_like(mut self, other: &Self) -> Self {
        let name = other.pages[other.chosen].name;
        if let Some(page) = self.pages.iter().position(|page| page.name == name) {
            self.chosen = page;
        }
        self
    }

    fn turn_to(&mut self, page: usize) {
        if page < self.pages.len() {
            self.chosen = page;
        }
    }
}

impl Room for Document {
    fn title(&self) -> &'static str {
        self.kind
    }

    fn help(&self) -> &'static str {
        if self.pages.len() == 1 {
            return "What was found, control by control, each with what can be done and the requests that it was found \
                    in. Nothing is changed here.";
        }
        "What stands in it, as far as it can be read: first in plain words, then every element of its ASN.1 with its \
         offset, then its octets. Offsets are hexadecimal. Text that is not shown as it is stands with a remark \
         behind an exclamation mark. Nothing here judges and nothing is changed."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = vec![
            Binding::bar(&[Key::Tab, Key::Right, Key::Char('l')], Action::Next, "next view"),
            Binding::help(&[Key::BackTab, Key::Left, Key::Char('h')], Action::Previous, "previous view"),
        ];
        let by_number = [
            Binding::help(&[Key::Char('1')], Action::Verb(0), "first view"),
            Binding::help(&[Key::Char('2')], Action::Verb(1), "second view"),
            Binding::help(&[Key::Char('3')], Action::Verb(2), "third view"),
            Binding::help(&[Key::Char('4')], Action::Verb(3), "fourth view"),
            Binding::help(&[Key::Char('5')], Action::Verb(4), "fifth view"),
        ];
        if self.pages.len() == 1 {
            bindings.clear();
        } else {
            bindings.extend(by_number.into_iter().take(self.pages.len()));
        }
        bindings.extend(self.pages[self.chosen].sheet.scrolling());
        if let Some(revoke) = &self.revoke {
            bindings.push(Binding::bar(&[Key::Char('v')], REVOKE, revoke.words()));
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let pages = self.pages.len();
        match action {
            Action::Back => return Turn::back(),
            REVOKE => {
                return match self.revoke.take() {
                    // What holds for it is another thing afterwards: it is read again.
                    Some(revoke) => Turn::replace(Screen::Revoke(*revoke)),
                    None => Turn::stay(),
                };
            }
            Action::Next => self.turn_to((self.chosen + 1) % pages),
            Action::Previous => self.turn_to((self.chosen + pages - 1) % pages),
            Action::Verb(page) => self.turn_to(usize::from(page)),
            _ => self.pages[self.chosen].sheet.act(action),
        }
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        canvas.outside(area.x, area.y, area.width, &self.title, Role::Strong);
        let below = Rect { y: area.y + HEAD_ROWS, height: area.height.saturating_sub(HEAD_ROWS), ..area };
        let page = &self.pages[self.chosen];
        page.sheet.draw(canvas, below);
        if let Some(state) = &self.state {
            canvas.text(area.x, area.y + 2, area.width, state, Role::Attention);
        }
        let mut x = area.x;
        for (number, page) in self.pages.iter().enumerate() {
            // The chosen one stands in brackets, for those who see no reversed cells.
            let (text, role) = if number == self.chosen {
                (format!("[{} {}]", number + 1, page.name), Role::Selected)
            } else {
                (format!(" {} {} ", number + 1, page.name), Role::Faint)
            };
            x += 1 + canvas.text(x, area.y + 1, area.right().saturating_sub(x), &text, role);
        }
        page.sheet.tell_place(canvas, area, area.y + 1, x);
    }
}

/// What it says, as fields under headings.
fn in_words(description: &Description) -> Vec<Item> {
    let mut items = fault_items(description.fault.as_ref(), "It cannot be read as a whole");
    for section in &description.sections {
        items.push(Item::Heading(section.title.to_owned()));
        for field in &section.fields {
            items.push(Item::Labelled {
                label: format!("  {}", field.name),
                value: field.value.clone(),
                role: Role::Plain,
                remark: field.remark.clone(),
            });
            if let Some(note) = field.note {
                let value = Printable::new(note);
                items.push(Item::Labelled { label: String::new(), value, role: Role::Faint, remark: None });
            }
        }
        items.push(Item::Gap);
    }
    items.pop();
    items
}

/// Every element, one below the other.
fn as_tree(tree: &Tree) -> Vec<Item> {
    let mut items = fault_items(tree.fault.as_ref(), "It is not DER as a whole");
    items.push(Item::Row("offset  octets  element".to_owned(), Role::Faint));
    items.extend(tree.nodes.iter().map(|node| Item::Labelled {
        label: element(node),
        value: node.value.clone(),
        role: Role::Strong,
        remark: node.remark.clone(),
    }));
    if tree.more > 0 {
        let more = format!("{}: {NODES_MAX} are shown at most", counted(tree.more, "more element"));
        items.push(Item::Words(more, Role::Attention));
    }
    items
}

/// Where an element stands, how long its contents are, what it is.
fn element(node: &Node) -> String {
    let indent = 2 * usize::from(node.depth.min(INDENTED_MAX));
    let inside = match node.place {
        Place::Open => "",
        Place::Encapsulated => "holds ",
    };
    format!("{:06x}  {:>6}  {:indent$}{inside}{}", node.offset, node.octets, "", node.name())
}

/// Its octets; those of a challenge password as stars.
fn as_octets(tree: &Tree, der: &[u8]) -> Vec<Item> {
    let lines = 0..anatomy::hex_lines(der.len());
    lines
        .filter_map(|line| anatomy::hex_line(der, &tree.hidden, line))
        .map(|text| Item::Row(text, Role::Plain))
        .collect()
}

fn fault_items(fault: Option<&Fault>, what: &str) -> Vec<Item> {
    fault.map_or_else(Vec::new, |fault| {
        let text = format!("! {what}. At offset {:06x}: {}.", fault.offset, fault.what);
        vec![Item::Words(text, Role::Bad), Item::Gap]
    })
}

#[cfg(test)]
mod tests;
