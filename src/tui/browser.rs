//! Choosing a folder: the removable volumes that are mounted, and the tree of folders in them; any other path can be
//! typed.

mod tree;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ratatui::layout::Rect;

use crate::{
    ceremony::{Access, EntryKind, FolderListing, MountedVolume},
    pki::text::{Printable, size},
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
    work::{Generation, Job, News},
};

use tree::{Columns, Rightwards, TREE_DEPTH_MAX, Tree};

pub use tree::Below;

/// Begins to type a path, on every screen with a browser: verbs of a screen begin at 1 there.
pub const TYPE: Action = Action::Verb(0);

/// Folders are unfolded in place, beside Enter, which opens one.
pub const FOLDERS: &[Binding] = &[
    Binding::help(
        &[Key::Right, Key::Char('l')],
        Action::Right,
        "unfold the folder (+), or go to its first row",
    ),
    Binding::help(&[Key::Left, Key::Char('h')], Action::Left, "fold the folder (-), or go out of it"),
];

/// Folders are counted once nobody pressed a key for so long: whoever walks through folders does not wait for counts.
const COUNT_AFTER: Duration = Duration::from_millis(600);

/// What a browser shows.
#[derive(Clone, Debug)]
enum Place {
    /// The volumes.
    Volumes,
    /// A folder, once its entries are known.
    Folder(Box<Tree>),
    /// A path being typed, and the folder that was open before.
    Typing(Field, Option<Box<Tree>>),
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
    /// Folder that was left for the one above, as soon as that is listed: its row is chosen again there.
    waiting: Option<PathBuf>,
    /// The volume that the open folder is on.
    under: Option<MountedVolume>,
    /// The volume that went away while a folder on it was open.
    lost: Option<Printable>,
    /// Which folder is open, of all that ever were.
    generation: Generation,
    /// Nobody pressed a key since then.
    quiet_since: Option<Duration>,
    start: Start,
    columns: Columns,
}

/// What a browser begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    /// The medium that was used last, once it can be read.
    LastUsed,
    /// What is shown.
    Here,
}

impl Browser {
    /// A browser that shows the volumes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            place: Place::Volumes,
            list: List::default(),
            waiting: None,
            under: None,
            lost: None,
            generation: Generation::default(),
            quiet_since: None,
            start: Start::Here,
            columns: Columns::Requests,
        }
    }

    /// A browser for a folder that receives something: it opens the medium that was used last; a key to the left leads to
    /// the volumes.
    #[must_use]
    pub fn to_receive() -> Self {
        Self { start: Start::LastUsed, columns: Columns::SizeOnly, ..Self::new() }
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
    pub fn folder(&self) -> Option<&Path> {
        self.tree().map(Tree::path)
    }

    /// Whether something of this name is known to stand in the open folder.
    #[must_use]
    pub fn lists(&self, name: &str) -> bool {
        self.tree().is_some_and(|tree| tree.row_of(&tree.path().join(name)).is_some())
    }

    /// What stands in the open folder and below it.
    #[must_use]
    pub fn below(&self) -> Below {
        self.tree().map_or(Below::Unknown, Tree::below)
    }

    /// The file that is chosen in the open folder.
    #[must_use]
    pub fn chosen_file(&self) -> Option<PathBuf> {
        let entry = self.tree()?.entry(self.list.chosen())?;
        (entry.kind == EntryKind::File).then(|| entry.path.clone())
    }

    fn tree(&self) -> Option<&Tree> {
        match &self.place {
            Place::Folder(tree) => Some(tree),
            _ => None,
        }
    }

    /// Enter, where there is something that it opens; on a file it does what the screen says, if anything.
    #[must_use]
    pub fn opening(&self, take: Option<&'static str>) -> Option<Binding> {
        let words = match &self.place {
            Place::Volumes | Place::Typing(..) => Some("open"),
            Place::Folder(tree) => match tree.entry(self.list.chosen())?.kind {
                EntryKind::Folder => Some("open"),
                EntryKind::File => take,
                EntryKind::Other => None,
            },
        };
        words.map(|words| Binding::bar(&[Key::Enter], Action::Open, words))
    }

    /// What keys do on a screen that is a browser: `take` is what Enter does with a file, `here` what can be done in an
    /// open folder, which is what the folder was opened for and so stands first.
    #[must_use]
    pub fn bindings(&self, take: Option<&'static str>, here: Option<Binding>) -> Vec<Binding> {
        let mut bindings: Vec<Binding> = here.filter(|_| self.folder().is_some()).into_iter().collect();
        bindings.extend(self.opening(take));
        if !self.is_typing() {
            bindings.extend_from_slice(FOLDERS);
            bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
            bindings.extend_from_slice(LIST);
        }
        bindings.push(BACK);
        bindings
    }

    /// Begins to type a path: that of the open folder stands there, so that a name behind it is enough.
    pub fn type_path(&mut self) {
        self.start = Start::Here;
        let before = match std::mem::replace(&mut self.place, Place::Volumes) {
            Place::Folder(tree) => Some(tree),
            Place::Volumes | Place::Typing(..) => None,
        };
        let text = before.as_ref().map(|tree| {
            // The joint with an empty name ends with a slash, also where the folder is the root.
            tree.path().join("").to_string_lossy().into_owned()
        });
        self.place = Place::Typing(Field::path(text.as_deref().unwrap_or_default()), before);
    }

    /// Time passed: what was pulled is left, and what nobody walks through meanwhile is counted.
    pub fn tick(&mut self, about: &About) -> Turn {
        self.look_again(about);
        self.ask(about)
    }

    /// The folder to begin with, or a count of what nobody walks through; the volumes were looked at before.
    pub fn ask(&mut self, about: &About) -> Turn {
        if self.start == Start::LastUsed && about.busy.is_none() {
            self.start = Start::Here;
            if let (Place::Volumes, Some(path)) = (&self.place, about.last_medium()) {
                return Turn::work(Job::ListFolder(path.to_owned()));
            }
        }
        let quiet = about.since.saturating_sub(*self.quiet_since.get_or_insert(about.since));
        let Place::Folder(tree) = &mut self.place else { return Turn::stay() };
        if quiet < COUNT_AFTER || about.busy.is_some() || about.aside.is_some() {
            return Turn::stay();
        }
        match tree.next_to_count(self.list.chosen()) {
            Some(path) => Turn::work(Job::CountFolder { path, generation: self.generation }),
            None => Turn::stay(),
        }
    }

    /// The volumes changed: what was pulled is left.
    pub fn look_again(&mut self, about: &About) {
        let path = match &self.place {
            Place::Volumes => {
                self.list.keep_within(tops(about));
                return;
            }
            Place::Folder(tree) => tree.path().to_owned(),
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
    fn show(&mut self, listing: FolderListing) {
        let tree = Tree::new(listing);
        let row = self.waiting.take().and_then(|path| tree.row_of(&path));
        self.list = List::default();
        self.list.choose(row.unwrap_or(0));
        self.place = Place::Folder(Box::new(tree));
        self.lost = None;
        self.turn_over();
    }

    /// One step back: out of a path being typed, into the folder above, to the volumes; `None` where there is nothing
    /// before, so that the screen is left. Where the folder above could not be read, the volumes are the step before.
    pub fn back(&mut self, about: &About) -> Option<Turn> {
        match &mut self.place {
            Place::Volumes => None,
            Place::Typing(_, before) => {
                match before.take() {
                    None => self.show_volumes(),
                    Some(tree) => {
                        self.place = Place::Folder(tree);
                        // Its medium may have been pulled meanwhile.
                        self.look_again(about);
                    }
                }
                Some(Turn::stay())
            }
            Place::Folder(tree) => {
                let path = tree.path().to_owned();
                let at_top = (0..tops(about)).any(|row| top(about, row).as_ref() == Some(&path));
                let was_tried = self.waiting.take().as_ref() == Some(&path);
                if let Some(parent) = path.parent().filter(|_| !at_top && !was_tried).map(Path::to_owned) {
                    self.waiting = Some(path);
                    return Some(Turn::work(Job::ListFolder(parent)));
                }
                self.show_volumes();
                Some(Turn::stay())
            }
        }
    }

    /// Carries out an action of a screen that is a browser and no more; what follows outside it is given back.
    pub fn walk(&mut self, action: Action, about: &About) -> Walked {
        match (action, self.folder()) {
            (Action::Back, _) => self.back(about).map_or(Walked::Out, Walked::On),
            (Action::Proceed, Some(folder)) => Walked::Here(folder.to_owned()),
            (Action::Proceed, None) => Walked::On(Turn::stay()),
            _ => Walked::On(self.act(action, about)),
        }
    }

    /// A folder that was listed is shown, or unfolded; all other news are given back.
    pub fn hear(&mut self, news: Box<News>) -> Heard {
        match *news {
            News::Folder(listing) => self.show(listing),
            News::Unfolded { listing, generation } => {
                if let Some(tree) = self.tree_of(generation) {
                    tree.unfold(listing);
                }
            }
            News::FolderCounted { path, generation, counted } => {
                if let Some(tree) = self.tree_of(generation) {
                    tree.counted(&path, counted);
                }
            }
            other => return Heard::NotMine(Box::new(other)),
        }
        Heard::Mine(Turn::stay())
    }

    /// The tree for which something was asked, where it is still the open one.
    fn tree_of(&mut self, generation: Generation) -> Option<&mut Tree> {
        if generation != self.generation {
            return None;
        }
        match &mut self.place {
            Place::Folder(tree) | Place::Typing(_, Some(tree)) => Some(tree),
            Place::Volumes | Place::Typing(_, None) => None,
        }
    }

    fn show_volumes(&mut self) {
        self.place = Place::Volumes;
        self.list = List::default();
        self.turn_over();
    }

    /// Another folder is open, or none: what was asked for before is stale.
    fn turn_over(&mut self) {
        self.generation = self.generation.next();
        self.quiet_since = None;
    }

    /// Moves, opens or unfolds what is chosen, and begins to type a path.
    pub fn act(&mut self, action: Action, about: &About) -> Turn {
        self.quiet_since = None;
        // Whoever goes somewhere is not led elsewhere.
        self.start = Start::Here;
        match action {
            TYPE => {
                self.type_path();
                Turn::stay()
            }
            Action::Open => self.open(about),
            Action::Right => self.right(about),
            Action::Left => self.left(about),
            _ => {
                let rows = match &self.place {
                    Place::Volumes => tops(about),
                    Place::Folder(tree) => tree.len(),
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
            Place::Folder(tree) => match tree.entry(self.list.chosen()) {
                Some(entry) if entry.kind == EntryKind::Folder => {
                    Turn::work(Job::ListFolder(entry.path.clone()))
                }
                _ => Turn::stay(),
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

    /// Unfolds the chosen folder; the volumes are not unfolded but opened.
    fn right(&mut self, about: &About) -> Turn {
        let Place::Folder(tree) = &self.place else { return self.open(about) };
        match tree.rightwards(self.list.chosen()) {
            Rightwards::Unfold(path) => Turn::work(Job::Unfold { path, generation: self.generation }),
            Rightwards::Into(row) => {
                self.list.choose(row);
                Turn::stay()
            }
            Rightwards::TooDeep => Turn::refuse(
                format!("folders are unfolded {TREE_DEPTH_MAX} deep here"),
                "open this folder with Enter and go on from there",
            ),
            Rightwards::NoFolder => no_folder(),
            Rightwards::Empty => empty(),
        }
    }

    /// Folds the chosen folder, goes to the row of the one it stands in, or out of the open one.
    fn left(&mut self, about: &About) -> Turn {
        if let Place::Folder(tree) = &mut self.place
            && let Some(row) = tree.leftwards(self.list.chosen())
        {
            self.list.choose(row);
            return Turn::stay();
        }
        self.back(about).unwrap_or_default()
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
            Place::Folder(tree) => tree.draw(canvas, area, self.list, self.columns),
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
            let role = self.list.lay(canvas, area, y, volumes.len());
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
            let role = self.list.lay(canvas, area, y, row);
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

fn no_folder() -> Turn {
    Turn::refuse(
        "this is not a folder",
        "choose a folder; what can be done with the open one stands in the last row",
    )
}

fn empty() -> Turn {
    Turn::refuse(
        "there is nothing in this folder",
        "what can be done with the open folder stands in the last row; Esc leaves it",
    )
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
