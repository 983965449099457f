//! Paths that are typed, and media that are pulled.

use super::*;
use crate::ceremony::FolderEntry;

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
        browser.act(TYPE, &about);
        assert_eq!(browser.field().map(|field| field.text().to_owned()).as_deref(), Some(typed));
        assert!(browser.back(&about).is_some());
        assert_eq!(browser.folder(), Some(&listing(folder)));
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
