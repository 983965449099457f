//! Choosing a folder: the removable volumes that are mounted, and the folders in them; any other path can be typed.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use crate::{
    ceremony::{Access, EntryKind, FolderListing, MountedVolume},
    pki::text::Printable,
};

use super::{
    canvas::Canvas,
    field::Field,
    key::Key,
    keymap::{Action, BACK, Binding, LIST},
    list::List,
    model::About,
    room::{Heard, Turn},
    theme::Role,
    wording::{counted, grouped},
    work::{Job, News},
};

/// Begins to type a path, on every screen with a browser: verbs of a screen begin at 1 there.
pub const TYPE: Action = Action::Verb(0);

/// Into a folder and out of it, beside Enter.
pub const FOLDERS: &[Binding] = &[
    Binding::help(&[Key::Right, Key::Char('l')], Action::Right, "into the folder"),
    Binding::help(&[Key::Left, Key::Char('h')], Action::Left, "out of the folder"),
];

/// What a browser shows.
#[derive(Clone, Debug)]
enum Place {
    /// The volumes.
    Volumes,
    /// A folder, once its entries are known.
    Folder(Box<FolderListing>),
    /// A path being typed, and the folder that was open before.
    Typing(Field, Option<Box<FolderListing>>),
}

/// What an action on a screen that is a browser comes to.
#[derive(Debug)]
pub enum Walked {
    /// The open folder is the one.
    Here(PathBuf),
    /// On in the browser.
    On(Turn),
    /// The screen is left.
    Out,
}

/// Choosing a folder.
#[derive(Clone, Debug)]
pub struct Browser {
    place: Place,
    list: List,
    /// Folder left with a key to the left: its row is chosen again in the one above.
    waiting: Option<PathBuf>,
    /// The volume that the open folder is on.
    under: Option<MountedVolume>,
    /// The volume that went away while a folder on it was open.
    lost: Option<Printable>,
}

impl Browser {
    /// A browser that shows the volumes.
    #[must_use]
    pub fn new() -> Self {
        Self { place: Place::Volumes, list: List::default(), waiting: None, under: None, lost: None }
    }

    /// The field of a path being typed.
    pub fn field(&mut self) -> Option<&mut Field> {
        match &mut self.place {
            Place::Typing(field, _) => Some(field),
            _ => None,
        }
    }

    /// Whether a path is being typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        matches!(self.place, Place::Typing(..))
    }

    /// The folder that is open.
    #[must_use]
    pub fn folder(&self) -> Option<&FolderListing> {
        match &self.place {
            Place::Folder(listing) => Some(listing),
            _ => None,
        }
    }

    /// The file that is chosen in the open folder.
    #[must_use]
    pub fn chosen_file(&self) -> Option<PathBuf> {
        let entry = self.folder()?.entries.get(self.list.chosen())?;
        (entry.kind == EntryKind::File).then(|| entry.path.clone())
    }

    /// What keys do on a screen that is a browser: `open` is what Enter does, `here` what can be done in an open folder.
    #[must_use]
    pub fn bindings(&self, open: &'static str, here: Option<Binding>) -> Vec<Binding> {
        let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Open, open)];
        if !self.is_typing() {
            bindings.extend_from_slice(FOLDERS);
            bindings.extend(here.filter(|_| self.folder().is_some()));
            bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
            bindings.extend_from_slice(LIST);
        }
        bindings.push(BACK);
        bindings
    }

    /// Begins to type a path: that of the open folder stands there, so that a name behind it is enough.
    pub fn type_path(&mut self) {
        let before = self.folder().cloned().map(Box::new);
        let text = before.as_ref().map(|listing| {
            // The joint with an empty name ends with a slash, also where the folder is the root.
            listing.path.join("").to_string_lossy().into_owned()
        });
        self.place = Place::Typing(Field::with(text.as_deref().unwrap_or_default()), before);
    }

    /// The volumes changed: what was pulled is left.
    pub fn look_again(&mut self, about: &About) {
        let path = match &self.place {
            Place::Volumes => {
                self.list.keep_within(tops(about));
                return;
            }
            Place::Folder(listing) => listing.path.clone(),
            Place::Typing(..) => return,
        };
        match about.volumes.iter().find(|volume| path.starts_with(&volume.mount_point)) {
            Some(volume) => self.under = Some(volume.clone()),
            None => match self.under.take().filter(|volume| path.starts_with(&volume.mount_point)) {
                None => {}
                Some(gone) => {
                    self.show_volumes();
                    self.lost = Some(gone.shown);
                }
            },
        }
    }

    /// The medium that the open folder is on, where it is a removable one.
    #[must_use]
    pub fn volume(&self) -> Option<&MountedVolume> {
        self.folder().and(self.under.as_ref())
    }

    /// Shows a folder's entries.
    pub fn show(&mut self, listing: FolderListing) {
        let before = self.waiting.take();
        let row = before.and_then(|path| listing.entries.iter().position(|entry| entry.path == path));
        self.list = List::default();
        self.list.choose(row.unwrap_or(0));
        self.place = Place::Folder(Box::new(listing));
        self.lost = None;
    }

    /// Leaves a path being typed, or goes up; `None` where there is nothing above.
    pub fn back(&mut self, about: &About) -> Option<Turn> {
        match &mut self.place {
            Place::Volumes => None,
            Place::Typing(_, before) => {
                match before.take() {
                    None => self.show_volumes(),
                    Some(listing) => {
                        self.place = Place::Folder(listing);
                        // Its medium may have been pulled meanwhile.
                        self.look_again(about);
                    }
                }
                Some(Turn::stay())
            }
            Place::Folder(listing) => {
                let path = listing.path.clone();
                let at_top = (0..tops(about)).any(|row| top(about, row).as_ref() == Some(&path));
                if let Some(parent) = path.parent().filter(|_| !at_top).map(Path::to_owned) {
                    self.waiting = Some(path);
                    return Some(Turn::work(Job::ListFolder(parent)));
                }
                self.show_volumes();
                Some(Turn::stay())
            }
        }
    }

    /// Leaves a path being typed; `None` where none is, so that going back leaves the screen.
    pub fn leave(&mut self, about: &About) -> Option<Turn> {
        if self.is_typing() { self.back(about) } else { None }
    }

    /// Carries out an action of a screen that is a browser and no more; what follows outside it is given back.
    pub fn walk(&mut self, action: Action, about: &About) -> Walked {
        match (action, self.folder()) {
            (Action::Back, _) => self.leave(about).map_or(Walked::Out, Walked::On),
            (Action::Proceed, Some(listing)) => Walked::Here(listing.path.clone()),
            (Action::Proceed, None) => Walked::On(Turn::stay()),
            _ => Walked::On(self.act(action, about)),
        }
    }

    /// A folder that was listed is shown; all other news are given back.
    pub fn hear(&mut self, news: Box<News>) -> Heard {
        match *news {
            News::Folder(listing) => {
                self.show(listing);
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn show_volumes(&mut self) {
        self.place = Place::Volumes;
        self.list = List::default();
    }

    /// Moves, opens what is chosen, and begins to type a path.
    pub fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            TYPE => {
                self.type_path();
                Turn::stay()
            }
            Action::Open | Action::Right => self.open(about),
            Action::Left => self.back(about).unwrap_or_default(),
            _ => {
                let rows = match &self.place {
                    Place::Volumes => tops(about),
                    Place::Folder(listing) => listing.entries.len(),
                    Place::Typing(..) => 0,
                };
                self.list.act(action, rows);
                Turn::stay()
            }
        }
    }

    fn open(&mut self, about: &About) -> Turn {
        match &self.place {
            Place::Volumes => match top(about, self.list.chosen()) {
                Some(path) => Turn::work(Job::ListFolder(path)),
                None => Turn::refuse(
                    "no removable medium is mounted",
                    "put one in and mount it, or press / and type a folder",
                ),
            },
            Place::Folder(listing) => match listing.entries.get(self.list.chosen()) {
                Some(entry) if entry.kind == EntryKind::Folder => {
                    Turn::work(Job::ListFolder(entry.path.clone()))
                }
                Some(_) => Turn::refuse(
                    "this is not a folder",
                    "open a folder; what can be done with the open one stands in the last row",
                ),
                None => Turn::refuse(
                    "there is nothing in this folder",
                    "what can be done with the open folder stands in the last row; Esc leaves it",
                ),
            },
            Place::Typing(field, _) => match whole_path(field.text()) {
                Some(path) => Turn::work(Job::ListFolder(path)),
                None => Turn::refuse(
                    "a path begins with / here, at the top of all folders",
                    "type the whole path, such as /media/stick/requests; Ctrl-U empties the line",
                ),
            },
        }
    }

    /// Draws volumes, entries or the path being typed.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let mut area = area;
        if let Some(lost) = &self.lost {
            let used = canvas.text(area.x, area.y, area.width, "The medium was taken away: ", Role::Bad);
            canvas.outside(area.x + used, area.y, area.width.saturating_sub(used), lost, Role::Bad);
            area = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        }
        match &self.place {
            Place::Volumes => self.draw_tops(canvas, area, about),
            Place::Folder(listing) => self.draw_folder(canvas, area, listing),
            Place::Typing(field, _) => {
                canvas.text(area.x, area.y, area.width, "folder to open, beginning with /", Role::Faint);
                canvas.input(area.x, area.y + 1, area.width, field, Role::Selected);
            }
        }
    }

    /// The volumes, and below them the folder that the program was started in.
    fn draw_tops(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let volumes = about.volumes.as_slice();
        let mut area = area;
        if volumes.is_empty() {
            let used = canvas.paragraph(
                area,
                "No removable medium is mounted. One that is put in and mounted appears here by itself. Any other \
                 folder: press / and type its path.",
                Role::Plain,
            );
            area = Rect { y: area.y + used + 1, height: area.height.saturating_sub(used + 1), ..area };
        }
        if let Some(folder) = &about.started_in {
            let y = area.bottom().saturating_sub(1);
            let role = self.row(canvas, area, y, volumes.len());
            let used = canvas.text(area.x + 2, y, area.width, "where coldsign was started: ", role);
            canvas.outside(area.x + 2 + used, y, area.width.saturating_sub(used + 3), &shown(folder), role);
            area = Rect { height: area.height.saturating_sub(2), ..area };
        }
        if !volumes.is_empty() {
            for (x, title) in [
                (area.x + 2, "medium, mounted at"),
                (area.right().saturating_sub(42), "its name"),
                (area.right().saturating_sub(30), "format"),
                (area.right().saturating_sub(22), "free to write"),
            ] {
                canvas.text(x, area.y, area.right().saturating_sub(x), title, Role::Faint);
            }
            area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        let page = usize::from(area.height);
        let first = self.list.first_seen(volumes.len(), page);
        for (row, volume) in volumes.iter().enumerate().skip(first).take(page) {
            let y = area.y + u16::try_from(row - first).unwrap_or(0);
            let role = self.row(canvas, area, y, row);
            let label = volume.label.clone().unwrap_or_default();
            canvas.outside(area.x + 2, y, area.width.saturating_sub(45), &volume.shown, role);
            canvas.outside(area.right().saturating_sub(42), y, 12, &label, role);
            canvas.outside(area.right().saturating_sub(30), y, 7, &volume.filesystem, role);
            let free = match volume.access {
                Access::ReadOnly => "nothing: READ ONLY".to_owned(),
                Access::ReadWrite => size(volume.octets_free),
            };
            canvas.text(area.right().saturating_sub(22), y, 22, &free, role);
        }
    }

    /// Lays a row out, marked where it is the chosen one.
    fn row(&self, canvas: &mut Canvas<'_>, area: Rect, y: u16, row: usize) -> Role {
        let (mark, role) = if row == self.list.chosen() { (">", Role::Selected) } else { ("", Role::Plain) };
        canvas.row(area, y, mark, role);
        role
    }

    fn draw_folder(&self, canvas: &mut Canvas<'_>, area: Rect, listing: &FolderListing) {
        canvas.outside(area.x, area.y, area.width, &listing.shown, Role::Strong);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
        let page = usize::from(below.height);
        let first = self.list.first_seen(listing.entries.len(), page);
        for (row, entry) in listing.entries.iter().enumerate().skip(first).take(page) {
            let y = below.y + u16::try_from(row - first).unwrap_or(0);
            let role = self.row(canvas, below, y, row);
            let mark = match entry.kind {
                EntryKind::Folder => "/",
                EntryKind::File => "",
                EntryKind::Other => "  (neither file nor folder: not read)",
            };
            let used = canvas.outside(below.x + 2, y, below.width.saturating_sub(15), &entry.shown, role);
            canvas.text(below.x + 2 + used, y, 40, mark, role);
            if entry.kind == EntryKind::File {
                let size = size(entry.octets);
                let width = u16::try_from(size.len()).unwrap_or(10);
                canvas.text(below.right().saturating_sub(width + 1), y, width, &size, role);
            }
        }
        let count = match (listing.entries.len(), listing.more) {
            (0, _) => "nothing in it".to_owned(),
            (entries, 0) => counted(entries as u64, "entry"),
            (entries, more) => {
                format!("{} shown, {} more in the folder", counted(entries as u64, "entry"), grouped(more))
            }
        };
        canvas.text(area.x, area.bottom().saturating_sub(1), area.width, &count, Role::Faint);
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

/// How many folders there are to begin with: the volumes and the folder the program was started in.
fn tops(about: &About) -> usize {
    about.volumes.len() + usize::from(about.started_in.is_some())
}

/// A folder to begin with.
fn top(about: &About, row: usize) -> Option<PathBuf> {
    match about.volumes.get(row) {
        Some(volume) => Some(volume.mount_point.clone()),
        None => about.started_in.clone().filter(|_| row == about.volumes.len()),
    }
}

/// Octets as people say them.
#[must_use]
pub fn size(octets: u64) -> String {
    match octets {
        0..10_000 => format!("{octets} B"),
        10_000..10_000_000 => format!("{} kB", octets / 1_000),
        10_000_000..10_000_000_000 => format!("{} MB", octets / 1_000_000),
        _ => format!("{} GB", octets / 1_000_000_000),
    }
}

/// A path that was typed or chosen, as it is shown.
#[must_use]
pub fn shown(path: &Path) -> Printable {
    crate::ceremony::printable_path(path)
}

/// The path that was typed. Whoever types a whole path behind the one that stood there means the typed one alone.
fn whole_path(text: &str) -> Option<PathBuf> {
    let last = text.rfind("//").map_or(text, |joint| &text[joint + 1..]);
    last.starts_with('/').then(|| PathBuf::from(last))
}

#[cfg(test)]
mod tests;
