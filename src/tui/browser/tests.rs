//! Paths that are typed, and media that are pulled.

use super::*;
use crate::{
    ceremony::{FolderContents, FolderEntry},
    tui::{message::Effect, work::FolderCount},
};

fn listing(path: &str) -> FolderListing {
    let entry = |name: &str| FolderEntry {
        path: Path::new(path).join(name),
        shown: Printable::new(name),
        kind: EntryKind::File,
        octets: 1,
    };
    FolderListing {
        path: PathBuf::from(path),
        shown: Printable::new(path),
        entries: vec![entry("a"), entry("b")],
        more: 0,
    }
}

#[test]
fn a_path_is_typed_behind_the_open_folder_and_left_back_into_it() {
    for (folder, typed) in [("/media/stick/in", "/media/stick/in/"), ("/", "/")] {
        let about = About::default();
        let mut browser = Browser::new();
        browser.show(listing(folder));
        browser.act(Action::Down, &about);
        let before = browser.tree().cloned();
        browser.act(TYPE, &about);
        assert_eq!(browser.field().map(|field| field.text().to_owned()).as_deref(), Some(typed));
        assert!(browser.back(&about).is_some());
        assert!(before.is_some());
        assert_eq!(browser.tree(), before.as_ref());
        assert_eq!(browser.chosen_file(), Some(Path::new(folder).join("b")), "the same row");
    }
}

#[test]
fn a_path_is_left_to_the_media_where_no_folder_is_open_any_more() {
    let about = About::default();
    let mut browser = Browser::new();
    browser.act(TYPE, &about);
    assert_eq!(browser.field().map(|field| field.text().to_owned()).as_deref(), Some(""));
    browser.back(&about);
    assert!(!browser.is_typing() && browser.folder().is_none());

    // The medium of the folder is pulled while a path is typed.
    let mounted = About { volumes: vec![volume("/media/stick")], ..About::default() };
    browser.show(listing("/media/stick/in"));
    browser.look_again(&mounted);
    browser.act(TYPE, &mounted);
    browser.look_again(&about);
    browser.back(&about);
    assert!(browser.folder().is_none() && browser.lost.is_some());
}

#[test]
fn the_medium_used_last_is_opened_where_it_is_still_there_and_nobody_went_elsewhere() {
    let mut about = About { volumes: vec![volume("/media/stick")], ..About::default() };
    let asked = |browser: &mut Browser, about: &About| browser.tick(about).effects.into_iter().next();
    assert!(asked(&mut Browser::to_receive(), &about).is_none(), "nothing was used yet");
    about.note_used(Path::new("/media/stick/in/deep"));
    let opened = asked(&mut Browser::to_receive(), &about);
    assert!(matches!(opened, Some(Effect::Work(Job::ListFolder(path))) if path == Path::new("/media/stick")));
    assert!(asked(&mut Browser::new(), &about).is_none(), "who reads begins at the media");
    let mut browser = Browser::to_receive();
    browser.act(Action::Down, &about);
    assert!(asked(&mut browser, &about).is_none(), "a key was pressed");
    about.volumes.clear();
    assert!(asked(&mut Browser::to_receive(), &about).is_none(), "the medium was pulled");
    about.volumes.push(volume("/media/stick"));
    about.note_used(Path::new("/srv/in"));
    let opened = asked(&mut Browser::to_receive(), &about);
    assert!(matches!(opened, Some(Effect::Work(Job::ListFolder(path))) if path == Path::new("/media/stick")));
}

fn volume(path: &str) -> MountedVolume {
    MountedVolume {
        mount_point: PathBuf::from(path),
        shown: Printable::new(path),
        label: None,
        filesystem: Printable::new("vfat"),
        access: Access::ReadWrite,
        device: Printable::new("/dev/sdb1"),
        octets: 2,
        octets_free: 1,
    }
}

#[test]
fn a_whole_path_typed_behind_another_is_the_one_that_is_meant() {
    assert_eq!(whole_path("/media/stick/in"), Some(PathBuf::from("/media/stick/in")));
    assert_eq!(whole_path("/media/stick//tmp/requests"), Some(PathBuf::from("/tmp/requests")));
    assert_eq!(whole_path("tmp/requests"), None);
    assert_eq!(whole_path(""), None);
}

/// A folder `in` with two folders and a file in it.
fn folders(path: &str) -> FolderListing {
    let mut listing = listing(path);
    for entry in listing.entries.iter_mut().take(1) {
        entry.kind = EntryKind::Folder;
    }
    listing
}

/// The tree as it is drawn, without what stands at the right end, and the chosen row's mark.
fn drawn(browser: &Browser, about: &About) -> Vec<String> {
    let mut cells = ratatui::buffer::Buffer::empty(Rect::new(0, 0, 60, 12));
    let theme = crate::tui::theme::Theme::of(Some("1"), None);
    browser.draw(&mut Canvas::new(&mut cells, theme), Rect::new(0, 0, 60, 12), about);
    let rows = cells.content().chunks(60).map(|row| {
        let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.trim_end().to_owned()
    });
    rows.filter(|row| !row.is_empty()).collect()
}

/// Presses a key on the browser and gives back the job it asks for.
fn asked(browser: &mut Browser, action: Action) -> Option<Job> {
    let turn = browser.act(action, &About::default());
    turn.effects.into_iter().find_map(|effect| match effect {
        crate::tui::message::Effect::Work(job) => Some(job),
        _ => None,
    })
}

/// Unfolds the chosen folder.
fn unfold(browser: &mut Browser) {
    let Some(Job::Unfold { path, generation }) = asked(browser, Action::Right) else { panic!("a folder") };
    let listing = folders(path.to_str().unwrap());
    browser.hear(Box::new(News::Unfolded { listing, generation }));
}

#[test]
fn folders_are_unfolded_in_place_and_folded_again() {
    let about = About::default();
    let mut browser = Browser::new();
    browser.show(folders("/m"));
    unfold(&mut browser);
    assert_eq!(asked(&mut browser, Action::Right).map(|_| ()), None, "to its first row");
    unfold(&mut browser);
    let rows = drawn(&browser, &about);
    assert_eq!(
        rows[1..rows.len() - 1],
        [
            "  - a/",
            "> ├ - a/",
            "  │ ├ + a/",
            "  │ └   b                                               1 B",
            "  └   b                                                 1 B",
            "    b                                                   1 B",
        ]
    );
    assert_eq!(browser.chosen_file(), None);
    browser.act(Action::Last, &about);
    browser.act(Action::Up, &about);
    assert_eq!(browser.chosen_file(), Some(PathBuf::from("/m/a/b")));
    // To the folder it stands in, which folds with all in it, and then out of the open folder.
    assert!(asked(&mut browser, Action::Left).is_none() && browser.list.chosen() == 0);
    assert!(asked(&mut browser, Action::Left).is_none());
    assert_eq!(drawn(&browser, &about).len(), 4);
    let Some(Job::ListFolder(above)) = asked(&mut browser, Action::Left) else { panic!("up") };
    assert_eq!(above, PathBuf::from("/"));
}

/// What Enter does, as it is offered.
fn offered(browser: &Browser, take: Option<&'static str>) -> Option<&'static str> {
    let bindings = browser.bindings(take, Some(Binding::bar(&[Key::Char('r')], Action::Proceed, "read it")));
    let enter = |binding: &&Binding| binding.keys.contains(&Key::Enter);
    bindings.iter().find(enter).map(|binding| binding.words)
}

#[test]
fn enter_is_offered_where_it_does_something_and_what_the_folder_was_opened_for_stands_first() {
    let about = About::default();
    let mut browser = Browser::new();
    assert_eq!(offered(&browser, None), Some("open"), "a medium");
    browser.show(folders("/m"));
    assert_eq!(offered(&browser, None), Some("open"), "a folder");
    let read = Binding::bar(&[Key::Char('r')], Action::Proceed, "read it");
    assert_eq!(browser.bindings(None, Some(read.clone())).first(), Some(&read));
    browser.act(Action::Last, &about);
    assert!(browser.chosen_file().is_some());
    assert_eq!(offered(&browser, None), None, "a file that nobody takes");
    assert_eq!(offered(&browser, Some("take this file")), Some("take this file"));
    browser.show(FolderListing { entries: Vec::new(), ..listing("/m/empty") });
    assert_eq!(offered(&browser, Some("take this file")), None, "nothing is in it");
    browser.act(TYPE, &about);
    assert_eq!(offered(&browser, None), Some("open"), "a path");
}

#[test]
fn going_back_leads_up_and_to_the_media_before_it_leaves() {
    let about = About { volumes: vec![volume("/m")], ..About::default() };
    let mut browser = Browser::new();
    browser.show(folders("/m/a"));
    let Walked::On(turn) = browser.walk(Action::Back, &about) else { panic!("up") };
    let [Effect::Work(Job::ListFolder(above))] = turn.effects.as_slice() else { panic!("{turn:?}") };
    assert_eq!(above, Path::new("/m"));
    browser.show(folders("/m"));
    assert_eq!(browser.list.chosen(), 0, "the folder that was left");
    assert!(matches!(browser.walk(Action::Back, &about), Walked::On(turn) if turn.effects.is_empty()));
    assert_eq!(browser.folder(), None, "the media");
    assert!(matches!(browser.walk(Action::Back, &about), Walked::Out));
}

#[test]
fn whoever_may_not_read_the_folder_above_comes_to_the_media() {
    let about = About::default();
    let mut browser = Browser::new();
    browser.show(folders("/closed/open"));
    assert!(browser.back(&about).is_some_and(|turn| !turn.effects.is_empty()));
    // The listing of /closed failed, and its failure was closed.
    assert!(browser.back(&about).is_some_and(|turn| turn.effects.is_empty()));
    assert_eq!(browser.folder(), None);
    assert!(browser.back(&about).is_none());
}

#[test]
fn what_was_asked_for_another_folder_changes_nothing() {
    let mut browser = Browser::new();
    browser.show(folders("/m"));
    let Some(Job::Unfold { path, generation }) = asked(&mut browser, Action::Right) else {
        panic!("a folder")
    };
    // Meanwhile the medium was pulled and the same folder opened on another one.
    browser.show(folders("/m"));
    let before = browser.tree().cloned();
    let listing = folders(path.to_str().unwrap());
    browser.hear(Box::new(News::Unfolded { listing, generation }));
    let counted = FolderCount::Known(FolderContents { octets: 7, ..FolderContents::default() });
    browser.hear(Box::new(News::FolderCounted { path, generation, counted }));
    assert_eq!(browser.tree(), before.as_ref());
}

#[test]
fn a_tree_holds_so_many_rows_and_tells_how_many_are_not_shown() {
    let many = |path: &str, entries: usize, more| {
        let entry = |number: usize| FolderEntry {
            path: Path::new(path).join(number.to_string()),
            shown: Printable::new(&number.to_string()),
            kind: EntryKind::Folder,
            octets: 0,
        };
        FolderListing {
            path: PathBuf::from(path),
            shown: Printable::new(path),
            entries: (0..entries).map(entry).collect(),
            more,
        }
    };
    let mut tree = Tree::new(many("/m", 10_000, 990_000));
    assert_eq!(tree.len(), 10_001);
    for folder in 0..20 {
        tree.unfold(many(&format!("/m/{folder}"), 10_000, 0));
        assert!(tree.len() <= tree::TREE_ROWS_MAX + 1 + folder, "{}", tree.len());
    }
    let mut browser = Browser::new();
    browser.show(many("/m", 0, 990_000));
    let rows = drawn(&browser, &About::default());
    assert!(rows.iter().any(|row| row.contains("and 990 000 more, not shown")), "{rows:?}");
}

#[test]
fn folders_are_unfolded_so_deep_and_no_deeper() {
    let mut browser = Browser::new();
    browser.show(folders("/m"));
    for _ in 0..tree::TREE_DEPTH_MAX {
        unfold(&mut browser);
        browser.act(Action::Right, &About::default());
    }
    assert!(browser.act(Action::Right, &About::default()).failure.is_some());
}

#[test]
fn folders_are_counted_once_nobody_presses_a_key_and_never_while_work_is_in_hand() {
    let at = |milliseconds| About { since: Duration::from_millis(milliseconds), ..About::default() };
    let wanted = |turn: Turn| match turn.effects.into_iter().next() {
        Some(crate::tui::message::Effect::Work(Job::CountFolder { path, generation })) => {
            Some((path, generation))
        }
        _ => None,
    };
    let mut browser = Browser::new();
    browser.show(folders("/m"));
    assert_eq!(wanted(browser.tick(&at(0))), None);
    assert_eq!(wanted(browser.tick(&at(500))), None);
    browser.act(Action::Down, &at(550));
    assert_eq!(wanted(browser.tick(&at(1_000))), None);
    let job = Job::CountFolder { path: "/".into(), generation: browser.generation };
    let busy = crate::tui::model::Busy::with(&job, crate::tui::model::Place::default());
    assert_eq!(wanted(browser.tick(&About { aside: Some(busy), ..at(1_600) })), None);
    let (path, generation) = wanted(browser.tick(&at(1_600))).expect("the open folder first");
    assert_eq!(path, PathBuf::from("/m"));
    // What gave way to other work is asked for again, what cannot be counted is not.
    browser.hear(Box::new(News::FolderCounted { path, generation, counted: FolderCount::Stopped }));
    let (path, _) = wanted(browser.tick(&at(1_700))).expect("the open folder again");
    browser.hear(Box::new(News::FolderCounted { path, generation, counted: FolderCount::Unknown }));
    assert_eq!(browser.below(), Below::Unknown);
    let (path, _) = wanted(browser.tick(&at(1_800))).expect("the folder in it");
    assert_eq!(path, PathBuf::from("/m/a"));
    let contents = FolderContents {
        octets: 12_000,
        requests: 1_000,
        reach: crate::ceremony::Reach::AtLeast,
        ..FolderContents::default()
    };
    browser.hear(Box::new(News::FolderCounted { path, generation, counted: FolderCount::Known(contents) }));
    let rows = drawn(&browser, &About::default());
    assert!(rows[1].ends_with("1 000+   more than 12 kB"), "{rows:?}");
    assert_eq!(wanted(browser.tick(&at(1_900))), None);
}
