//! The open folder as a tree: folders in it are unfolded in place, each with what stands below it.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use crate::{
    ceremony::{EntryKind, FOLDER_ENTRIES_MAX, FolderContents, FolderEntry, FolderListing, Reach},
    pki::text::{Printable, size},
    tui::{
        canvas::Canvas,
        list::List,
        theme::Role,
        wording::{counted, grouped},
        work::FolderCount,
    },
};

/// Rows of a tree: each holds a path and a name, some 300 octets.
pub const TREE_ROWS_MAX: usize = 4 * FOLDER_ENTRIES_MAX;

/// Folders unfolded inside each other: more would leave no room for names on the smallest terminal.
pub const TREE_DEPTH_MAX: u16 = 12;

/// Folders near the chosen row that are counted, so many rows up and down: what a large terminal shows.
const COUNTED_ROWS: usize = 40;

/// Cells for how many files look like requests, `100 000+`.
const REQUESTS_CELLS: u16 = 10;

/// Cells for octets, `more than 9999 MB`.
const SIZE_CELLS: u16 = 18;

/// What is told of each row besides its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Columns {
    /// How many requests a folder seems to hold, and octets.
    Requests,
    /// Octets.
    SizeOnly,
}

impl Columns {
    fn cells(self) -> u16 {
        match self {
            Self::Requests => REQUESTS_CELLS + SIZE_CELLS,
            Self::SizeOnly => SIZE_CELLS,
        }
    }
}

/// What a new reader has to know of the tree.
const HINT: &str = "+ Right unfolds";

/// What is known of what stands below a folder.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Below {
    /// Nothing yet.
    #[default]
    Unasked,
    /// It is being counted.
    Asked,
    /// So much.
    Known(FolderContents),
    /// It could not be counted.
    Unknown,
}

/// The open folder, and folders in it that are unfolded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tree {
    path: PathBuf,
    shown: Printable,
    below: Below,
    /// How many entries the folder has.
    entries: u64,
    rows: Vec<Row>,
}

/// One line of the tree.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Row {
    what: What,
    /// How many unfolded folders it stands in.
    depth: u16,
    /// Whether more stands below it in its own folder.
    place: Place,
    /// Of each depth, whether the folder there has more below it: a line is drawn past this row then.
    rails: u32,
}

/// What stands in a line.
#[derive(Clone, Debug, Eq, PartialEq)]
enum What {
    /// A name.
    Entry { entry: FolderEntry, fold: Fold, below: Below },
    /// Names that are not shown.
    More(u64),
}

/// Whether the entries of a folder stand under it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fold {
    Folded,
    Unfolded,
}

/// Where a row stands in its own folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Among,
    Last,
}

/// What a row lets one do towards the right.
#[derive(Debug, Eq, PartialEq)]
pub enum Rightwards {
    /// Its folder can be unfolded.
    Unfold(PathBuf),
    /// It is unfolded: the row of its first entry.
    Into(usize),
    /// It stands as deep as folders are unfolded.
    TooDeep,
    /// It is no folder.
    NoFolder,
    /// There is no row.
    Empty,
}

impl Row {
    fn is_folder(&self) -> bool {
        matches!(&self.what, What::Entry { entry, .. } if entry.kind == EntryKind::Folder)
    }
}

impl Tree {
    /// A folder with nothing unfolded.
    #[must_use]
    pub fn new(listing: FolderListing) -> Self {
        let entries = listing.entries.len() as u64 + listing.more;
        Self {
            path: listing.path.clone(),
            shown: listing.shown.clone(),
            below: Below::Unasked,
            entries,
            rows: rows(listing, 0, 0, TREE_ROWS_MAX),
        }
    }

    /// The open folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What stands in it and below it.
    #[must_use]
    pub fn below(&self) -> Below {
        self.below
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// What stands in a row.
    #[must_use]
    pub fn entry(&self, row: usize) -> Option<&FolderEntry> {
        match &self.rows.get(row)?.what {
            What::Entry { entry, .. } => Some(entry),
            What::More(_) => None,
        }
    }

    /// The row of a path.
    #[must_use]
    pub fn row_of(&self, path: &Path) -> Option<usize> {
        (0..self.rows.len()).find(|row| self.entry(*row).is_some_and(|entry| entry.path == path))
    }

    /// What a row lets one do towards the right.
    #[must_use]
    pub fn rightwards(&self, at: usize) -> Rightwards {
        match self.rows.get(at) {
            None => Rightwards::Empty,
            Some(Row { what: What::Entry { entry, fold, .. }, depth, .. })
                if entry.kind == EntryKind::Folder =>
            {
                match fold {
                    Fold::Unfolded if self.rows.get(at + 1).is_some_and(|next| next.depth > *depth) => {
                        Rightwards::Into(at + 1)
                    }
                    Fold::Unfolded => Rightwards::Into(at),
                    Fold::Folded if *depth >= TREE_DEPTH_MAX => Rightwards::TooDeep,
                    Fold::Folded => Rightwards::Unfold(entry.path.clone()),
                }
            }
            Some(_) => Rightwards::NoFolder,
        }
    }

    /// Folds a row's folder, or says in which row the folder stands that the row is in; `None` where that is the open
    /// one.
    pub fn leftwards(&mut self, at: usize) -> Option<usize> {
        let depth = self.rows.get(at)?.depth;
        if let What::Entry { fold: fold @ Fold::Unfolded, .. } = &mut self.rows[at].what {
            *fold = Fold::Folded;
            let end = self.rows[at + 1..].iter().position(|row| row.depth <= depth);
            let end = end.map_or(self.rows.len(), |rows| at + 1 + rows);
            self.rows.drain(at + 1..end);
            return Some(at);
        }
        self.rows[..at].iter().rposition(|row| row.depth < depth)
    }

    /// Puts a folder's entries under it. What was folded or left meanwhile stays so.
    pub fn unfold(&mut self, listing: FolderListing) {
        let Some(at) = self.row_of(&listing.path) else { return };
        let room = TREE_ROWS_MAX.saturating_sub(self.rows.len());
        let row = &mut self.rows[at];
        let What::Entry { fold: fold @ Fold::Folded, .. } = &mut row.what else { return };
        *fold = Fold::Unfolded;
        let rail = match row.place {
            Place::Among => 1 << row.depth,
            Place::Last => 0,
        };
        let under = rows(listing, row.depth + 1, row.rails | rail, room);
        let behind = at + 1;
        self.rows.splice(behind..behind, under);
    }

    /// The next folder to be counted: the open one, then those near the chosen row.
    pub fn next_to_count(&mut self, chosen: usize) -> Option<PathBuf> {
        if self.below == Below::Unasked {
            self.below = Below::Asked;
            return Some(self.path.clone());
        }
        let near = self.rows.iter_mut().skip(chosen.saturating_sub(COUNTED_ROWS)).take(2 * COUNTED_ROWS);
        near.into_iter().find_map(|row| match &mut row.what {
            What::Entry { entry, below: below @ Below::Unasked, .. } if entry.kind == EntryKind::Folder => {
                *below = Below::Asked;
                Some(entry.path.clone())
            }
            _ => None,
        })
    }

    /// What a count came to.
    pub fn counted(&mut self, path: &Path, counted: FolderCount) {
        let known = match counted {
            FolderCount::Known(contents) => Below::Known(contents),
            FolderCount::Stopped => Below::Unasked,
            FolderCount::Unknown => Below::Unknown,
        };
        if self.path == path {
            self.below = known;
        }
        for row in &mut self.rows {
            if let What::Entry { entry, below, .. } = &mut row.what
                && entry.path == path
            {
                *below = known;
            }
        }
    }

    /// Draws the folder's path, its tree, and what stands in it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, list: List, columns: Columns) {
        let titles = columns.cells() + 1;
        canvas.outside_end(area.x, area.y, area.width.saturating_sub(titles + 1), &self.shown, Role::Strong);
        if columns == Columns::Requests {
            right(canvas, area, area.y, SIZE_CELLS + 1, "requests", Role::Faint);
        }
        right(canvas, area, area.y, 1, "size", Role::Faint);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
        let page = usize::from(below.height);
        let first = list.first_seen(self.rows.len(), page);
        for (at, row) in self.rows.iter().enumerate().skip(first).take(page) {
            let y = below.y + u16::try_from(at - first).unwrap_or(0);
            let role = list.lay(canvas, below, y, at);
            draw_row(canvas, below, y, row, (columns, role));
        }
        let foot = area.bottom().saturating_sub(1);
        let used = canvas.text(area.x, foot, area.width, &self.told(), Role::Faint);
        let fits = usize::from(used) + HINT.len() + 2 <= usize::from(area.width);
        if fits && self.rows.iter().any(Row::is_folder) {
            right(canvas, area, foot, 1, HINT, Role::Faint);
        }
    }

    /// How much stands in the open folder.
    fn told(&self) -> String {
        let here = match self.entries {
            0 => return "nothing in it".to_owned(),
            entries => counted(entries, "entry"),
        };
        match self.below {
            Below::Unasked => here,
            Below::Asked => format!("{here}; what stands below is being counted ..."),
            Below::Known(contents) => {
                let least = least(contents.reach);
                let files = counted(contents.files, "file");
                format!("{here}; with all folders below: {least}{files}, {}", size(contents.octets))
            }
            Below::Unknown => format!("{here}; what stands below could not be counted"),
        }
    }
}

/// What stands before a count that did not come to its end.
fn least(reach: Reach) -> &'static str {
    match reach {
        Reach::Whole => "",
        Reach::AtLeast => "more than ",
    }
}

/// The rows of a folder's entries, at most `room` and one that tells how many there are besides.
fn rows(listing: FolderListing, depth: u16, rails: u32, room: usize) -> Vec<Row> {
    let cut = listing.entries.len().saturating_sub(room) as u64;
    let more = listing.more + cut;
    let row = |what| Row { what, depth, place: Place::Among, rails };
    let entry = |entry| row(What::Entry { entry, fold: Fold::Folded, below: Below::Unasked });
    let mut rows: Vec<Row> = listing.entries.into_iter().take(room).map(entry).collect();
    if more > 0 {
        rows.push(row(What::More(more)));
    }
    if let Some(last) = rows.last_mut() {
        last.place = Place::Last;
    }
    rows
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, y: u16, row: &Row, (columns, role): (Columns, Role)) {
    let lines = lines(row);
    let mut x = area.x + 2;
    x += canvas.text(x, y, area.right().saturating_sub(x), &lines, role);
    let name_end = area.right().saturating_sub(columns.cells() + 2);
    match &row.what {
        What::More(more) => {
            let text = format!("  and {} more, not shown", grouped(*more));
            canvas.text(x, y, area.right().saturating_sub(x), &text, role);
        }
        What::Entry { entry, fold, below } => {
            let (before, behind) = match (entry.kind, fold) {
                (EntryKind::Folder, Fold::Folded) => ("+ ", "/"),
                (EntryKind::Folder, Fold::Unfolded) => ("- ", "/"),
                (EntryKind::File, _) => ("  ", ""),
                (EntryKind::Other, _) => ("  ", "  (neither file nor folder: not read)"),
            };
            x += canvas.text(x, y, name_end.saturating_sub(x), before, role);
            x += canvas.outside(x, y, name_end.saturating_sub(x + 1), &entry.shown, role);
            canvas.text(x, y, area.right().saturating_sub(x), behind, role);
            let (requests, octets) = match (entry.kind, below) {
                (EntryKind::File, _) => (String::new(), size(entry.octets)),
                (EntryKind::Folder, Below::Asked) => (String::new(), "...".to_owned()),
                (EntryKind::Folder, Below::Known(contents)) => told_below(*contents),
                (EntryKind::Folder, Below::Unknown) => (String::new(), "not known".to_owned()),
                (EntryKind::Folder, Below::Unasked) | (EntryKind::Other, _) => Default::default(),
            };
            if columns == Columns::Requests {
                right(canvas, area, y, SIZE_CELLS + 1, &requests, role);
            }
            right(canvas, area, y, 1, &octets, role);
        }
    }
}

/// How many requests a folder seems to hold, and how many octets in all.
fn told_below(contents: FolderContents) -> (String, String) {
    let more = match contents.reach {
        Reach::Whole => "",
        Reach::AtLeast => "+",
    };
    let requests = format!("{}{more}", grouped(contents.requests));
    (requests, format!("{}{}", least(contents.reach), size(contents.octets)))
}

/// The lines before a row that lead to the folder it stands in.
fn lines(row: &Row) -> String {
    let mut lines = String::new();
    for depth in 1..row.depth {
        lines.push_str(if row.rails & (1 << depth) == 0 { "  " } else { "│ " });
    }
    if row.depth > 0 {
        lines.push_str(match row.place {
            Place::Among => "├ ",
            Place::Last => "└ ",
        });
    }
    lines
}

/// Text that ends so many cells before the end of a row.
fn right(canvas: &mut Canvas<'_>, area: Rect, y: u16, before_end: u16, text: &str, role: Role) {
    let width = u16::try_from(text.chars().count()).unwrap_or(0);
    canvas.text(area.right().saturating_sub(before_end + width), y, width, text, role);
}
