//! A delivery that is done: what its receiver is told, which files serve whom, and what is done next with its forms.

use std::path::{Path, PathBuf};

use crate::{
    ceremony::{BundleReport, Delivered, NextSteps},
    pki::{fingerprint::Digest, text::Printable},
    tui::{
        browser::shown,
        sheet::{Item, Sheet},
        theme::Role,
        wording::{counted, digest_rows, head_wanting},
    },
};

use super::{super::authority::word_rows, beware, cargo::Cargo};

/// A delivery that is done.
#[derive(Debug)]
pub(super) struct Done {
    /// The folder that received the bundle.
    to: PathBuf,
    delivered: Delivered,
    sheet: Sheet,
}

impl Done {
    pub(super) fn new(cargo: &Cargo, to: PathBuf, delivered: Delivered) -> Self {
        let sheet = sheet(cargo, &to, &delivered, None);
        Self { to, delivered, sheet }
    }

    /// The folder that received the bundle.
    pub(super) fn to(&self) -> &Path {
        &self.to
    }

    /// What the receiver's check says is told first.
    pub(super) fn judged(&mut self, cargo: &Cargo, report: &BundleReport) {
        self.sheet = sheet(cargo, &self.to, &self.delivered, Some(report));
    }

    /// What is read, and scrolled where it is long.
    pub(super) fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The same to be scrolled.
    pub(super) fn sheet_mut(&mut self) -> &mut Sheet {
        &mut self.sheet
    }
}

fn sheet(cargo: &Cargo, to: &Path, delivered: &Delivered, judged: Option<&BundleReport>) -> Sheet {
    let mut items = vec![Item::Words("Delivered, read back and compared.".to_owned(), Role::Good)];
    items.extend(judged.into_iter().flat_map(|report| verdict(cargo, report)));
    items.extend(head_wanting(&delivered.head).map(|text| Item::Words(text, Role::Attention)));
    items.extend(beware::items(delivered.certificates, &delivered.revoked));
    for form in &delivered.private_keys {
        let text = format!("PRIVATE KEYS in {form}: who has this medium has the devices");
        items.push(Item::Words(text, Role::Bad));
    }
    items.extend(digests(cargo, to, delivered));
    // Nobody is to use the files of what is not sound.
    if judged.is_none_or(BundleReport::is_sound) {
        items.extend(files(cargo, delivered));
    }
    Sheet::new(items)
}

/// What the receiver's check says.
fn verdict(cargo: &Cargo, report: &BundleReport) -> Vec<Item> {
    if report.is_sound() {
        let count = report.crl.as_ref().map_or(report.certificates, |crl| crl.entries);
        let text =
            format!("Judged as a receiver will who trusts this root: sound, {}.", cargo.counted(count));
        return vec![Item::Words(text, Role::Good)];
    }
    let count = report.flaws.len() as u64 + report.more_flaws;
    let text =
        format!("NOT SOUND, {}. Do not hand it over; deliver onto another medium.", counted(count, "flaw"));
    let flaws = report.flaws.iter().map(|flaw| Item::labelled("", flaw.message.clone()));
    std::iter::once(Item::Words(text, Role::Bad)).chain(flaws).collect()
}

/// What it is, and what its receiver is told another way.
fn digests(cargo: &Cargo, to: &Path, delivered: &Delivered) -> Vec<Item> {
    let counts = format!("{} in {}", cargo.counted(delivered.certificates), counted(delivered.files, "file"));
    let mut items = vec![
        Item::labelled("folder", shown(&to.join(&delivered.folder))),
        Item::labelled("what", Printable::new(&counts)),
    ];
    items.extend(digest("manifest SHA-256", delivered.manifest_sha256));
    items.extend(digest("audit key SHA-256", delivered.audit_key_sha256));
    items.push(Item::labelled("root", delivered.root.subject.clone()));
    items.extend(digest("root SHA-256", delivered.root.sha256));
    let text = "Note all three, tell the receiver another way than with the medium: coldsign verify shows them and \
                takes the key's as --audit-key. Manifest in words:";
    items.push(Item::Words(text.to_owned(), Role::Attention));
    items.extend(word_rows(&delivered.manifest_sha256.words()));
    items
}

/// A digest as people compare it, over two rows.
pub(in crate::tui::screen) fn digest(label: &str, digest: Digest) -> Vec<Item> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let rows = digest_rows(&digest.to_string());
    rows.iter().zip(labels).map(|(four, label)| Item::labelled(label, Printable::new(four))).collect()
}

/// Files that people ask for, the folders of the forms, and what is done with these.
fn files(cargo: &Cargo, delivered: &Delivered) -> Vec<Item> {
    let common = cargo.files().iter().map(|(name, serves)| Item::labelled(*name, Printable::new(serves)));
    let form = |format: &crate::ceremony::Format| {
        Item::labelled(format!("{}/", format.folder()), Printable::new(cargo.about(*format)))
    };
    let next = delivered.formats.iter().filter_map(|format| cargo.next_steps(*format));
    common.chain(delivered.formats.iter().map(form)).chain(next.flat_map(|next| next_steps(&next))).collect()
}

/// What is done next with a form.
pub(in crate::tui::screen) fn next_steps(next: &NextSteps) -> Vec<Item> {
    let mut items = vec![Item::Gap, Item::Heading(format!("Next, {}", next.place))];
    for (place, step) in next.steps.iter().enumerate() {
        items.push(Item::Words(format!("{}. {step}", place + 1), Role::Plain));
    }
    if !next.commands.is_empty() {
        items.push(Item::Gap);
        items.push(Item::Words("Or as a command, in that folder:".to_owned(), Role::Faint));
        items.extend(next.commands.iter().map(|row| Item::Row((*row).to_owned(), Role::Strong)));
    }
    items
}
