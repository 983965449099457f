//! The frame around every screen, and what stands on top of it.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    ceremony::{Overview, PinEntry, PinWarning, Rehearsal, UserPin},
    pki::text::Printable,
};

use super::{
    canvas::{Canvas, cut, wrapped},
    key::Key,
    keymap::{self, Action, Binding, Told},
    message::{Failure, PinAsk, PinLasts},
    model::{About, Dialog, Fit, Login, Model, Pace, TokenSeen},
    theme::{Role, Theme},
    wording::counted,
};

/// Smallest terminal that all screens fit, in columns.
pub const COLUMNS_MIN: u16 = 80;

/// Smallest terminal that all screens fit, in rows.
pub const ROWS_MIN: u16 = 24;

/// Rows of the frame above the screen.
const HEAD_ROWS: u16 = 4;

/// Rows of the frame below the screen: what is in hand, and the help bar.
const FOOT_ROWS: u16 = 2;

/// Draws the whole interface.
pub fn draw(model: &mut Model, cells: &mut Buffer, theme: Theme) {
    let area = cells.area;
    cells.reset();
    let mut canvas = Canvas::new(cells, theme);
    if area.width < COLUMNS_MIN || area.height < ROWS_MIN {
        model.fit = Fit::TooSmall;
        too_small(&mut canvas, area);
        return;
    }
    model.fit = Fit::Whole;
    head(&mut canvas, area, model);
    let body = Rect {
        x: area.x + 1,
        y: area.y + HEAD_ROWS,
        width: area.width - 2,
        height: area.height - HEAD_ROWS - FOOT_ROWS,
    };
    model.screen().room().draw(&mut canvas, body, &model.about);
    // Only now is it known whether there is more to scroll to.
    let bindings = model.bindings();
    // While something stands on top, its own keys are told there; those of the screen do nothing.
    foot(&mut canvas, area, model, if model.dialog.is_none() { &bindings } else { &[] });
    match &model.dialog {
        None => {}
        Some(Dialog::Abandon) => show_abandon(&mut canvas, area, &model.about),
        Some(Dialog::Failure(failure)) => show_failure(&mut canvas, area, failure),
        Some(Dialog::Help(row)) => {
            // Not further than its end, or the way back up would begin beyond it.
            let row = show_help(&mut canvas, area, model, &bindings, *row);
            model.dialog = Some(Dialog::Help(row));
        }
        Some(Dialog::Leave) => show_leave(&mut canvas, area, &model.about),
        Some(Dialog::Pin(ask)) => show_pin(&mut canvas, area, ask, &model.about),
    }
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let text = format!(
        "coldsign needs {COLUMNS_MIN} columns and {ROWS_MIN} rows; this terminal has {} and {}. \
         Make it larger: until then no key does anything. The work in hand goes on.",
        area.width, area.height
    );
    canvas.paragraph(area, &text, Role::Strong);
}

/// Mode, token, CA, register, clock and air gap.
fn head(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let about = &model.about;
    let (banner, role) = match about.overview.as_ref().map(|overview| overview.rehearsal) {
        None => (" START - the home is not opened yet ", Role::Selected),
        Some(Rehearsal::Rehearsal) => (" REHEARSAL - nobody may trust what is signed here ", Role::Rehearsal),
        Some(Rehearsal::Live) => (" LIVE ", Role::Live),
    };
    canvas.row(area, area.y, banner, role);
    let clock = about.clock.map_or_else(
        || "clock not usable".to_owned(),
        |clock| clock.to_string().replace('T', " ").replace('Z', " UTC"),
    );
    right(canvas, area, area.y, &format!("{clock} "), role);
    let line = Rect { x: area.x + 1, width: area.width - 2, ..area };
    // What stands at the right has its room first: a serial number whose end it covers would be read as another one.
    let taken = states(canvas, line, about);
    if let Some(overview) = &about.overview {
        draw_token(canvas, Rect { width: line.width.saturating_sub(taken), ..line }, overview);
        let authorities = match overview.authorities.as_slice() {
            [] => "none yet".to_owned(),
            [one] => one.clone(),
            [first, others @ ..] => format!("{first} and {} more", others.len()),
        };
        labelled(canvas, line, line.y + 2, "CA ", &Printable::new(&authorities), 26);
        // The first words of twelve: enough to see that it moved.
        let entry = format!("register entry {}: {} ..", overview.entry, overview.head_words);
        right(canvas, line, line.y + 2, &cut(&entry, 48), Role::Plain);
    } else {
        canvas.text(line.x, line.y + 1, line.width, "token, CA and register stand here then", Role::Faint);
    }
    canvas.rule(area, area.y + 3, model.screen().room().title());
}

/// The token's label and serial number, the second of which is whole where the first leaves off.
fn draw_token(canvas: &mut Canvas<'_>, line: Rect, overview: &Overview) {
    /// The word before a serial number.
    const SERIAL: &str = " serial ";
    /// Cells of a serial number (PKCS #11: 16 characters), and of the word before it.
    const SERIAL_CELLS: u16 = 16 + 8;
    /// Cells of the word before the label.
    const WORD_CELLS: u16 = 6;
    let y = line.y + 1;
    let beside = if overview.token_serial.is_some() { SERIAL_CELLS } else { 0 };
    let width = line.width.saturating_sub(beside + WORD_CELLS).min(26);
    let x = labelled(canvas, line, y, "token ", &overview.token_label, width);
    if let Some(serial) = &overview.token_serial {
        let at = x + canvas.text(x, y, SERIAL_CELLS, SERIAL, Role::Faint);
        canvas.outside(at, y, line.right().saturating_sub(at).min(17), serial, Role::Plain);
    }
}

/// The air gap and the PIN, at the right end of the second row; returns the cells that they take, with a gap.
fn states(canvas: &mut Canvas<'_>, line: Rect, about: &About) -> u16 {
    let (pin, role) = pin_state(about);
    let (air, air_role) = match about.interfaces.as_deref() {
        None => ("air gap ?".to_owned(), Role::Attention),
        Some([]) => ("air gap".to_owned(), Role::Good),
        Some([one]) => (format!("NETWORK UP: {}", cut(one.as_str(), 10)), Role::Bad),
        Some(several) => (format!("NETWORK UP: {} interfaces", several.len()), Role::Bad),
    };
    let used = right(canvas, line, line.y + 1, &air, air_role);
    let rest = Rect { width: line.width.saturating_sub(used + 2), ..line };
    used + 2 + right(canvas, rest, line.y + 1, pin, role) + 2
}

/// The token and its user PIN, in a few words.
fn pin_state(about: &About) -> (&'static str, Role) {
    let state = match (&about.token, about.login) {
        (TokenSeen::Missing, _) => return ("TOKEN NOT THERE", Role::Bad),
        (_, Login::In) => return ("PIN given", Role::Attention),
        (TokenSeen::Never, Login::Out) => return ("PIN not given", Role::Plain),
        (TokenSeen::There(state), Login::Out) => state,
    };
    match (state.user_pin_state, state.user_pin) {
        (UserPin::Missing, _) => ("PIN NOT SET", Role::Bad),
        (_, Some(PinWarning::Locked)) => ("PIN LOCKED", Role::Bad),
        (_, Some(PinWarning::FinalTry)) => ("PIN: ONE TRY LEFT", Role::Bad),
        (_, Some(PinWarning::CountLow)) => ("PIN: a wrong try", Role::Attention),
        (UserPin::Set, None) => ("PIN not given", Role::Plain),
    }
}

/// When the token is locked again, so that its PIN is to be given anew.
fn lock_words(about: &About) -> String {
    let key = keymap::LOCK.keys.first().map(|key| key.cap()).unwrap_or_default();
    match about.lock_after {
        None => format!("with {key}"),
        Some(time) => {
            let minutes = time.as_secs() / 60;
            format!("after {} without a key, or with {key}", counted(minutes, "minute"))
        }
    }
}

/// A label and outside text behind it; returns where it ends.
fn labelled(canvas: &mut Canvas<'_>, area: Rect, y: u16, label: &str, value: &Printable, width: u16) -> u16 {
    let used = canvas.text(area.x, y, area.width, label, Role::Faint);
    used + area.x + canvas.outside(area.x + used, y, width, value, Role::Strong)
}

/// Text at the right end of a row; returns its cells.
fn right(canvas: &mut Canvas<'_>, area: Rect, y: u16, text: &str, role: Role) -> u16 {
    let width = u16::try_from(text.chars().count()).unwrap_or(area.width).min(area.width);
    canvas.text(area.right() - width, y, width, text, role)
}

/// What is in hand, and the help bar.
fn foot(canvas: &mut Canvas<'_>, area: Rect, model: &Model, bindings: &[Binding]) {
    let about = &model.about;
    let (busy_row, bar_row) = (area.bottom() - 2, area.bottom() - 1);
    let aside = about.aside.as_ref().filter(|_| model.notice.is_none());
    if let Some(busy) = about.busy.as_ref().or(aside) {
        let pace = match busy.pace {
            Pace::Going => "",
            Pace::Paused => ", paused",
            Pace::Stopping => ", stopping where nothing is half done",
        };
        let count = match busy.progress.map(|progress| (progress.done, progress.of)) {
            None => String::new(),
            Some((done, None)) => format!(" {done}"),
            Some((done, Some(of))) => format!(" {done} of {of}"),
        };
        let turning = ["|", "/", "-", "\\"][(model.about.since.as_millis() / 250 % 4) as usize];
        let untaken =
            if about.busy.is_some() && !bindings.iter().any(is_own) { ": no key is taken yet" } else { "" };
        let text = match &model.dialog {
            Some(Dialog::Pin(_)) => format!("waiting for the PIN, for: {}", busy.words),
            Some(_) => format!("{turning} {}{count}{pace}", busy.words),
            None => format!("{turning} {}{count}{pace}{untaken}", busy.words),
        };
        canvas.row(area, busy_row, &format!(" {text}"), Role::Attention);
    } else if let Some(notice) = &model.notice {
        canvas.row(area, busy_row, &format!(" {notice}"), Role::Attention);
    } else if about.login == Login::In {
        let text = format!("PIN given: locked again {}", lock_words(about));
        canvas.row(area, busy_row, &format!(" {text}"), Role::Faint);
    }
    let mut x = area.x;
    let (help, others): (Vec<&Binding>, Vec<&Binding>) = bindings
        .iter()
        .filter(|binding| binding.told == Told::Bar)
        .partition(|binding| binding.action == Action::Help);
    // The key for help always has its place: it tells of those that have none.
    let kept: u16 = help.iter().map(|binding| bar_cells(binding)).sum();
    let fitting = others.into_iter().map_while(|binding| {
        x += bar_cells(binding);
        (x <= area.right().saturating_sub(kept)).then_some(binding)
    });
    let mut at = area.x;
    for binding in fitting.chain(help) {
        let cap = binding.keys.first().map(|key| key.cap()).unwrap_or_default();
        let used = canvas.text(at + 1, bar_row, area.width, &cap, Role::Cap);
        canvas.text(at + used + 2, bar_row, area.width, binding.words, Role::Faint);
        at += bar_cells(binding);
    }
}

/// Whether a binding is of the screen itself, beside those that every screen has.
fn is_own(binding: &Binding) -> bool {
    !matches!(binding.action, Action::Help | Action::Lock | Action::Quit)
}

/// Cells of a key and its words in the help bar.
fn bar_cells(binding: &Binding) -> u16 {
    let cap = binding.keys.first().map(|key| key.cap()).unwrap_or_default();
    u16::try_from(cap.chars().count() + binding.words.chars().count() + 2).unwrap_or(u16::MAX)
}

/// A box in the middle of the screen, as high as its text needs.
fn boxed(canvas: &mut Canvas<'_>, area: Rect, rows: u16, title: &str, role: Role) -> Rect {
    let width = area.width.saturating_sub(8).min(76);
    let height = (rows + 2).min(area.height.saturating_sub(2));
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    canvas.frame(place, title, role)
}

fn rows(text: &str, width: u16) -> u16 {
    u16::try_from(wrapped(text, usize::from(width)).len()).unwrap_or(u16::MAX)
}

fn show_failure(canvas: &mut Canvas<'_>, area: Rect, failure: &Failure) {
    let width = area.width.saturating_sub(12).min(72);
    let what = canvas.theme().line(&format!("{}.", failure.what)).into_owned();
    let hint = canvas.theme().line(&format!("What to do: {}.", failure.hint)).into_owned();
    let inside =
        boxed(canvas, area, rows(&what, width) + rows(&hint, width) + 4, "This cannot be done", Role::Bad);
    let used =
        canvas.paragraph(Rect { height: inside.height.saturating_sub(3), ..inside }, &what, Role::Strong);
    let below = Rect { y: inside.y + used + 1, height: inside.height.saturating_sub(used + 2), ..inside };
    canvas.paragraph(below, &hint, Role::Plain);
    keys(canvas, inside, &[(Key::Enter, "close")]);
}

fn show_leave(canvas: &mut Canvas<'_>, area: Rect, about: &About) {
    let text = if about.busy.is_some() {
        "Work is in hand. It stops where nothing is half done; everything signed until then is recorded, and the \
         rest can be signed later. Leave coldsign?"
    } else {
        "Leaving logs the token out. Nothing else changes. Leave coldsign?"
    };
    let inside = boxed(canvas, area, rows(text, 72) + 2, "Leave?", Role::Attention);
    canvas.paragraph(inside, text, Role::Plain);
    keys(canvas, inside, &[(Key::Char('y'), "leave"), (Key::Char('n'), "stay")]);
}

fn show_abandon(canvas: &mut Canvas<'_>, area: Rect, about: &About) {
    let doing = about.busy.as_ref().or(about.aside.as_ref()).map_or("the work in hand", |busy| busy.words);
    let text = format!(
        "The work was told to stop and has not come to an end: {doing}. A token or a medium that does not answer can \
         hold it for ever. Leaving now waits for nothing: what is recorded stays recorded; what the token signed in \
         the last moments and was not recorded yet is signed again, octet for octet the same certificate, when the \
         plan is gone on with. Leave without waiting?"
    );
    let inside = boxed(canvas, area, rows(&text, 72) + 2, "Leave without waiting?", Role::Bad);
    canvas.paragraph(inside, &text, Role::Plain);
    keys(canvas, inside, &[(Key::Char('y'), "leave now"), (Key::Char('n'), "wait")]);
}

fn show_pin(canvas: &mut Canvas<'_>, area: Rect, ask: &PinAsk, about: &About) {
    let inside = boxed(canvas, area, 11, ask.noun, Role::Attention);
    let column = 12;
    canvas.text(inside.x, inside.y, column, "token", Role::Faint);
    canvas.outside(inside.x + column, inside.y, inside.width - column, &ask.label, Role::Strong);
    canvas.text(inside.x, inside.y + 1, column, "serial", Role::Faint);
    canvas.outside(inside.x + column, inside.y + 1, inside.width - column, &ask.serial, Role::Plain);
    canvas.text(inside.x, inside.y + 2, column, "wanted", Role::Faint);
    canvas.text(inside.x + column, inside.y + 2, inside.width - column, &ask.purpose, Role::Plain);
    if let Some(warning) = ask.warning {
        let place = Rect { y: inside.y + 3, height: 2, ..inside };
        canvas.paragraph(place, &format!("WARNING: {warning}"), Role::Bad);
    }
    let y = inside.y + 6;
    if ask.lasts == PinLasts::UntilLocked {
        let text = format!("It stays given until the token is locked again: {}.", lock_words(about));
        let below = Rect { y: y + 1, height: 2, ..inside };
        canvas.paragraph(below, &text, Role::Plain);
    } else if about.login == Login::In {
        let text = "Keys and certificates of CAs ask for it each time, also where it is given.";
        canvas.text(inside.x, y + 1, inside.width, text, Role::Plain);
    }
    match ask.entry {
        PinEntry::ReaderPad => {
            canvas.text(inside.x, y, inside.width, "Enter the PIN on the reader's own pad.", Role::Strong);
        }
        PinEntry::Program => {
            let text = "Type the PIN. Nothing of it is shown, not even how long it is.";
            canvas.text(inside.x, y, inside.width, text, Role::Strong);
            let offered = [(Key::Enter, "done"), (Key::Control('u'), "begin again"), (Key::Esc, "no PIN")];
            keys(canvas, inside, &offered);
        }
    }
}

/// The full help from a row on: what a person can do here, and every key. Returns the row that it begins with.
fn show_help(canvas: &mut Canvas<'_>, area: Rect, model: &Model, bindings: &[Binding], row: u16) -> u16 {
    let room = model.screen().room();
    let width = area.width.saturating_sub(12).min(72);
    let mut lines = wrapped(room.help(), usize::from(width));
    lines.push(String::new());
    for binding in bindings {
        let caps: Vec<String> = binding.keys.iter().map(|key| key.cap()).collect();
        lines.push(format!("{:<18} {}", caps.join(", "), binding.words));
    }
    let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let title = format!("Help: {}", room.title());
    let inside = boxed(canvas, area, count.saturating_add(2), &title, Role::Strong);
    let page = inside.height.saturating_sub(2);
    let first = row.min(count.saturating_sub(page));
    for (place, line) in lines.iter().skip(usize::from(first)).take(usize::from(page)).enumerate() {
        let y = inside.y + u16::try_from(place).unwrap_or(0);
        canvas.text(inside.x, y, inside.width, line, Role::Plain);
    }
    let further = [(Key::Esc, "close"), (Key::Down, "further")];
    keys(canvas, inside, if first + page < count { &further } else { &further[..1] });
    first
}

/// Keys of a dialog, on its last row.
fn keys(canvas: &mut Canvas<'_>, inside: Rect, keys: &[(Key, &str)]) {
    let y = inside.bottom().saturating_sub(1);
    let mut x = inside.x;
    for (key, words) in keys {
        x += canvas.text(x, y, inside.right().saturating_sub(x), &key.cap(), Role::Cap) + 1;
        x += canvas.text(x, y, inside.right().saturating_sub(x), words, Role::Faint) + 3;
    }
}

#[cfg(test)]
mod tests;
