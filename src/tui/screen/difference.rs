//! What the requests of a batch ask for against what they will be issued, alike requests together.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::{
    ceremony::{Group, Reading},
    pki::{
        plan::difference::{Change, Line},
        text::Printable,
    },
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        list::List,
        model::About,
        room::{Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::{counted, grouped},
        work::Asked,
    },
};

/// Rows above the lines of a kind.
const HEAD_ROWS: u16 = 5;

/// Widest name of a thing that the values beside it make room for, in characters.
const NAME_CHARS_MAX: usize = 26;

/// The kinds of requests of a batch, one seen at a time.
#[derive(Debug)]
pub struct Difference {
    reading: Arc<Reading>,
    asked: Asked,
    kinds: usize,
    list: List,
    sheet: Sheet,
}

impl Difference {
    /// The kinds of what was read, the most frequent first.
    #[must_use]
    pub fn new(reading: Arc<Reading>, asked: Asked) -> Self {
        let kinds = reading.differences.groups().len();
        let mut screen = Self { reading, asked, kinds, list: List::default(), sheet: Sheet::default() };
        screen.turn_to(0);
        screen
    }

    fn turn_to(&mut self, kind: usize) {
        let groups = self.reading.differences.groups();
        if let Some(group) = groups.get(kind) {
            self.sheet = Sheet::new(items(&group.lines));
            self.list.choose(kind);
        }
    }
}

impl Room for Difference {
    fn title(&self) -> &'static str {
        "Asked for against issued"
    }

    fn help(&self) -> &'static str {
        "Accepted requests that ask for the same things are one kind; it is shown by the first of its requests. Each \
         row is one thing: kept, it is issued as it was asked for; dropped, it was asked for and is left out; added, \
         it is issued without being asked for; overridden, it is issued otherwise than asked. What a profile keeps \
         and adds stands in authority.toml."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        if self.kinds > 1 {
            bindings.push(Binding::bar(
                &[Key::Tab, Key::Right, Key::Char('l'), Key::Char('n')],
                Action::Next,
                "next kind",
            ));
            bindings.push(Binding::bar(
                &[Key::BackTab, Key::Left, Key::Char('h')],
                Action::Previous,
                "previous kind",
            ));
        }
        bindings.extend(self.sheet.scrolling());
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        let (kind, kinds) = (self.list.chosen(), self.kinds.max(1));
        match action {
            Action::Back => return Turn::back(),
            Action::Next => self.turn_to((kind + 1) % kinds),
            Action::Previous => self.turn_to((kind + kinds - 1) % kinds),
            _ => self.sheet.act(action),
        }
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let differences = &self.reading.differences;
        let groups = differences.groups();
        let all = groups.iter().map(|group| group.count).sum::<u64>() + differences.others();
        let kinds = counted(self.kinds as u64, "kind");
        let text = format!(
            "Profile {}, CA {}: {} accepted, of {kinds}",
            self.asked.profile,
            self.asked.ca,
            grouped(all)
        );
        canvas.outside(area.x, area.y, area.width, &Printable::new(&text), Role::Strong);
        if differences.others() > 0 {
            let text =
                format!("! of kinds that are not shown: {}", counted(differences.others(), "more request"));
            canvas.text(area.x, area.y + 1, area.width, &text, Role::Attention);
        }
        let Some(group) = groups.get(self.list.chosen()) else {
            let place = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
            canvas.paragraph(place, "No request is accepted: nothing will be issued.", Role::Attention);
            return;
        };
        self.draw_head(canvas, Rect { y: area.y + 2, ..area }, group);
        let below = Rect { y: area.y + HEAD_ROWS, height: area.height.saturating_sub(HEAD_ROWS), ..area };
        self.sheet.draw(canvas, below);
        self.sheet.tell_place(canvas, area, area.y + 1, area.x);
    }
}

impl Difference {
    /// Which kind is seen, how many are of it, and the request that stands for it.
    fn draw_head(&self, canvas: &mut Canvas<'_>, area: Rect, group: &Group) {
        let text = format!(
            " kind {} of {}: {} like this one:",
            self.list.chosen() + 1,
            self.kinds,
            counted(group.count, "request")
        );
        canvas.row(area, area.y, &text, Role::Selected);
        canvas.row(area, area.y + 1, "", Role::Selected);
        let width = area.width.saturating_sub(1);
        canvas.outside_end(area.x + 1, area.y + 1, width, &group.source, Role::Selected);
    }
}

/// What became of each thing that was asked for or is issued.
#[must_use]
pub fn items(lines: &[Line]) -> Vec<Item> {
    let name = |line: &Line| line.what.as_str().chars().count();
    let widest = lines.iter().map(name).max().unwrap_or(0).min(NAME_CHARS_MAX);
    let mut items = Vec::new();
    for line in lines {
        let (mark, role) = match line.change {
            Change::Kept => ("=", Role::Plain),
            Change::Added => ("+", Role::Plain),
            Change::Dropped => ("-", Role::Attention),
            Change::Overridden => ("#", Role::Attention),
        };
        let label = format!("{mark} {:<11} {:<widest$}", line.change.word(), line.what.as_str());
        let blank = format!("{:14}{:>widest$}", "", "issued");
        let (first, second) = match (&line.asked, &line.issued) {
            (Some(asked), Some(issued)) if line.change == Change::Overridden => (asked, Some(issued)),
            (_, Some(value)) | (Some(value), None) => (value, None),
            (None, None) => continue,
        };
        items.push(Item::Labelled { label, value: first.clone(), role, remark: None });
        if let Some(issued) = second {
            items.push(Item::Labelled {
                label: blank,
                value: issued.clone(),
                role: Role::Strong,
                remark: None,
            });
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use crate::{
        ceremony::Differences,
        pki::{fingerprint::Digest, plan::difference},
        tui::probe::{drawn, drawn_as, hostile_texts},
        tui::theme::Glyphs,
    };

    use super::*;

    fn line(what: &str, change: Change, asked: Option<&str>, issued: Option<&str>) -> Line {
        Line {
            what: Printable::new(what),
            change,
            asked: asked.map(Printable::new),
            issued: issued.map(Printable::new),
        }
    }

    fn screen(batch: &[(&str, u8, Vec<Line>)]) -> Difference {
        let mut differences = Differences::new();
        for (source, kind, lines) in batch {
            let likeness = Digest::of(&[*kind]);
            differences
                .add(&Printable::new(source), difference::Difference { lines: lines.clone(), likeness });
        }
        let reading = Reading { differences, ..Reading::default() };
        let asked = Asked { ca: "root".to_owned(), profile: "device".to_owned(), paths: Vec::new() };
        Difference::new(Arc::new(reading), asked)
    }

    #[test]
    fn alike_requests_are_one_kind_with_what_becomes_of_each_thing() {
        let plain = vec![
            line("subject CN", Change::Kept, Some("dev-1"), Some("dev-1")),
            line("key usage", Change::Dropped, Some("keyAgreement"), None),
            line("issuer", Change::Added, None, Some("CN=Root")),
        ];
        let other =
            vec![line("basic constraints", Change::Overridden, Some("path length 3"), Some("path length 0"))];
        let mut screen =
            screen(&[("a.csr", 1, plain.clone()), ("b.csr", 2, other), ("c.csr", 1, plain.clone())]);
        let rows = drawn(&screen, 78, 18);
        assert_eq!(rows[0], "Profile device, CA root: 3 accepted, of 2 kinds");
        assert_eq!(rows[2..4], [" kind 1 of 2: 2 requests like this one:", " a.csr"]);
        assert_eq!(
            rows[5..9],
            [
                "= kept        subject CN  dev-1",
                "- dropped     key usage   keyAgreement",
                "+ added       issuer      CN=Root",
                ""
            ]
        );
        let about = About::default();
        screen.act(Action::Next, &about);
        let rows = drawn(&screen, 78, 18);
        assert_eq!(rows[2..4], [" kind 2 of 2: 1 request like this one:", " b.csr"]);
        assert_eq!(rows[5], "# overridden  basic constraints  path length 3");
        assert_eq!(rows[6], "                         issued  path length 0");
        screen.act(Action::Next, &about);
        assert_eq!(drawn(&screen, 78, 18)[3], " a.csr");
        screen.act(Action::Previous, &about);
        assert_eq!(screen.list.chosen(), 1);
    }

    #[test]
    fn without_an_accepted_request_it_says_so_and_every_key_works() {
        let mut screen = screen(&[]);
        let about = About::default();
        for binding in screen.bindings(&about) {
            screen.act(binding.action, &about);
        }
        let rows = drawn(&screen, 78, 18);
        assert_eq!(rows[0], "Profile device, CA root: 0 accepted, of 0 kinds");
        assert_eq!(rows[2], "No request is accepted: nothing will be issued.");
    }

    #[test]
    fn kinds_that_are_not_shown_are_counted() {
        let mut differences = Differences::new();
        for kind in 0..70_u8 {
            let likeness = Digest::of(&[kind]);
            differences.add(&Printable::new("x"), difference::Difference { lines: Vec::new(), likeness });
        }
        let reading = Arc::new(Reading { differences, ..Reading::default() });
        let asked = Asked { ca: "root".to_owned(), profile: "device".to_owned(), paths: Vec::new() };
        let rows = drawn(&Difference::new(reading, asked), 78, 18);
        assert_eq!(rows[1], "! of kinds that are not shown: 6 more requests");
    }

    #[test]
    fn hostile_text_stays_within_its_place() {
        for text in hostile_texts() {
            let lines = vec![
                line(&text, Change::Kept, Some(&text), Some(&text)),
                line(&text, Change::Overridden, Some(&text), Some(&text)),
                line(&text, Change::Dropped, Some(&text), None),
            ];
            let screen = screen(&[(&text, 1, lines)]);
            for (width, height) in [(78, 18), (118, 34), (30, 6)] {
                drawn(&screen, width, height);
                drawn_as(&screen, width, height, Glyphs::Console);
            }
        }
    }
}
