//! The last step of a proof: what will be issued, what came of it, or why nothing did.

use std::path::Path;

use ratatui::layout::Rect;

use crate::{
    ceremony::{Aftermath, Delivered, Format, NextSteps, Platform, ProofFile, Remaining, StoredPlan},
    pki::{profile::End, text::Printable, time::Time},
    tui::{
        browser::shown,
        canvas::Canvas,
        message::Failure,
        sheet::{Item, Sheet},
        theme::Role,
        wording::{grouped, moment},
        work::proving::{CaChoice, CodeSource},
    },
};

use super::{
    super::{
        authority::word_rows,
        delivery::done::{digest, next_steps},
    },
    code,
};

/// What will be issued, for everybody to read before it is.
pub(super) fn draw_summary(
    canvas: &mut Canvas<'_>,
    area: Rect,
    platform: Platform,
    (authority, code, end): (Option<&CaChoice>, Option<&CodeSource>, Option<End>),
    to: &Path,
) {
    let text = "One certificate will be issued, for this proof only:";
    canvas.text(area.x, area.y, area.width, text, Role::Strong);
    let mut y = area.y + 2;
    y += canvas.labelled(area, y, "platform", platform.title(), Role::Plain);
    if let Some(authority) = authority {
        let name = Printable::new(&format!("{}, {}", authority.name, authority.key));
        y += canvas.labelled(area, y, "signed by CA", name.as_str(), Role::Plain);
    }
    let (code, from) = match code {
        Some(CodeSource::Typed(code)) => (Printable::new(code.as_str()), "typed twice, the same".to_owned()),
        Some(CodeSource::Request { path, code }) => (code.clone(), format!("from the CSR {}", shown(path))),
        None => return,
    };
    y += canvas.labelled(area, y, "code", &from, Role::Plain);
    let groups = Rect { x: area.x + 4, y, width: area.width.saturating_sub(4), height: 3 };
    code::draw(canvas, groups, &code);
    y += 3;
    y += canvas.labelled(area, y, "the code is", "its name", Role::Plain);
    y += canvas.labelled(area, y, "it ends", &format!("{} (profile verification)", ends(end)), Role::Plain);
    let not = "a CA; and without clientAuth it can stand for no device";
    y += canvas.labelled(area, y, "it is not", not, Role::Plain);
    canvas.text(area.x, y, 18, "written to", Role::Faint);
    canvas.outside(area.x + 18, y, area.width.saturating_sub(18), &shown(to), Role::Plain);
    y += 2;
    let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    let text = "Compare the code with the platform once more. Then i issues it: the PIN is asked for, the \
                certificate is signed, recorded, written and read back. The PIN given for it serves for nothing else, and one \
                that was given before does not serve for it.";
    canvas.paragraph(below, text, Role::Plain);
}

/// When a verification certificate ends.
fn ends(end: Option<End>) -> String {
    match end {
        Some(End::Days(1)) => "1 day after it is issued".to_owned(),
        Some(End::Days(days)) => format!("{} days after it is issued", grouped(days.into())),
        Some(End::At(moment_of_end)) => format!("at {}", moment(moment_of_end)),
        None => "by itself".to_owned(),
    }
}

/// What was issued and written, and what is done on the platform's console next.
pub(super) fn done(
    platform: Platform,
    plan: &StoredPlan,
    delivered: &Delivered,
    to: &Path,
    (ends, [verification, ca]): (Time, &[ProofFile; 2]),
) -> Sheet {
    let folder = shown(&to.join(&delivered.folder));
    let mut items = vec![
        Item::Words(
            "DONE: the verification certificate is issued, recorded, written and read back.".to_owned(),
            Role::Good,
        ),
        Item::Gap,
        Item::labelled("folder", folder),
        Item::labelled("upload as the CA", Printable::new(&ca.path)),
        Item::labelled("upload as the proof", Printable::new(&verification.path)),
        Item::labelled("ends", Printable::new(&moment(ends))),
        Item::labelled("plan", Printable::new(&plan.id)),
    ];
    items.extend(digest("manifest SHA-256", delivered.manifest_sha256));
    items.extend(digest("audit key SHA-256", delivered.audit_key_sha256));
    items.push(Item::Words("Manifest in words:".to_owned(), Role::Faint));
    items.extend(word_rows(&delivered.manifest_sha256.words()));
    items.extend(NextSteps::of(Format::Proof(platform)).iter().flat_map(next_steps));
    items.push(Item::Gap);
    items.push(Item::Words("Consoles change their words; the files stay the same.".to_owned(), Role::Faint));
    Sheet::new(items)
}

/// What stands after a proof that failed.
fn safe(aftermath: &Aftermath) -> String {
    match aftermath {
        Aftermath::Proof { plan, remaining: Remaining::Delivery, .. } => format!(
            "the certificate is issued and recorded, under plan {}. It is not issued again: d goes on to its delivery.",
            plan.id
        ),
        Aftermath::Proof { plan, .. } => format!(
            "the certificate is planned and approved, as plan {}. It is not planned again: s goes on to its signing.",
            plan.id
        ),
        _ => "nothing was signed.".to_owned(),
    }
}

/// What is safe, what is not done, what to do next.
pub(super) fn draw_failed(canvas: &mut Canvas<'_>, area: Rect, failure: &Failure) {
    let mut y = area.y;
    let texts = [
        (format!("NOT DONE: {}.", failure.what), Role::Bad),
        (format!("What to do: {}.", failure.hint), Role::Plain),
        (format!("What is safe: {}", safe(&failure.aftermath)), Role::Plain),
    ];
    for (text, role) in texts {
        let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        y += canvas.paragraph(below, &text, role) + 1;
    }
}
