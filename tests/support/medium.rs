//! A medium that can be pulled: a real file system on a loop device whose image is taken away. Needs root and loop
//! devices; elsewhere there is none, and it is said.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::{succeed, tool};

/// A medium on a loop device, mounted while this lives.
pub struct Medium {
    folder: tempfile::TempDir,
    /// The device.
    pub device: String,
    /// Where it is mounted.
    pub at: PathBuf,
}

impl Medium {
    /// Mounted at `stick` in a folder of its own, filled, and mounted again so that nothing of it is remembered.
    /// `None`, and said so, where this machine cannot do it.
    pub fn new(octets: u64, fill: impl FnOnce(&Path)) -> Option<Self> {
        if !rustix::process::geteuid().is_root() || !Path::new("/dev/loop-control").exists() {
            println!("not root, or no loop devices: media that are pulled are not part of this run");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("stick");
        fs::create_dir(&at).unwrap();
        let image = folder.path().join("image");
        fs::File::create(&image).unwrap().set_len(octets).unwrap();
        succeed(tool("mkfs.ext4", "e2fsprogs").args(["-q", "-F", "-b", "1024"]).arg(&image));
        let device = succeed(tool("losetup", "mount").args(["-f", "--show"]).arg(&image)).trim().to_owned();
        let medium = Self { folder, device, at };
        medium.mount();
        fill(&medium.at);
        medium.unmount();
        medium.mount();
        Some(medium)
    }

    /// A process that another test is about to start may still hold what this one had open: that passes.
    fn unmount(&self) {
        for _ in 0..100 {
            match unmount(&self.at, UnmountFlags::empty()) {
                Err(rustix::io::Errno::BUSY) => std::thread::sleep(std::time::Duration::from_millis(50)),
                result => return result.unwrap(),
            }
        }
        panic!("{} stays busy", self.at.display());
    }

    fn mount(&self) {
        let flags = MountFlags::empty();
        mount(self.device.as_str(), &self.at, "ext4", flags, None::<&std::ffi::CStr>).unwrap();
    }

    /// Takes what the device holds away: it stays, and every read fails.
    pub fn fail(&self) {
        pull_octets(&self.folder.path().join("image"));
    }

    /// Takes the medium away: the device says that it has no octets, as a card reader does without its card.
    pub fn pull(&self) {
        self.puller()();
    }

    /// The same, for another thread.
    pub fn puller(&self) -> impl Fn() + Send + 'static {
        let (image, device) = (self.folder.path().join("image"), self.device.clone());
        move || {
            pull_octets(&image);
            succeed(tool("losetup", "mount").arg("-c").arg(&device));
        }
    }
}

fn pull_octets(image: &Path) {
    fs::OpenOptions::new().write(true).open(image).unwrap().set_len(0).unwrap();
}

impl Drop for Medium {
    fn drop(&mut self) {
        let _ = unmount(&self.at, UnmountFlags::DETACH);
        let _ = tool("losetup", "mount").arg("-d").arg(&self.device).output();
    }
}
