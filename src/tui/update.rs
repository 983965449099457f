//! What each message does to the model. No input or output, no clock: what is to be done outside comes back as effects.

use std::time::Duration;

use crate::ceremony::{Aftermath, Class};

use super::{
    field::{FIELD_CHARS_MAX, Taken},
    key::Key,
    keymap::{self, Action},
    message::{Effect, Failure, Message},
    model::{AtWork, Busy, Dialog, Ending, Fit, Login, Model, OnBack, Pace},
    room::{Go, Heard, Told, Turn},
    work::{Job, News},
};

/// Rows that a page key scrolls help by.
const HELP_PAGE: u16 = 10;

/// How long work that was told to stop is waited for before leaving without it is offered: a group of signatures is
/// recorded within a second, a reader's slowest single operation ends within this.
const GRACE: Duration = Duration::from_secs(15);

/// What a message does.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        // Nobody sees what a key would do there.
        Message::Key(_) | Message::Pasted(_) if model.fit == Fit::TooSmall => Vec::new(),
        Message::Key(key) => {
            model.last_key = model.about.since;
            model.notice = None;
            press(model, key)
        }
        Message::Pasted(text) => paste(model, &text),
        Message::Resized => Vec::new(),
        Message::Tick { clock, since } => tick(model, clock, since),
        Message::Interfaces(up) => {
            model.about.interfaces = Some(up);
            Vec::new()
        }
        Message::Volumes(volumes) => {
            model.about.volumes = volumes;
            everywhere(model)
        }
        Message::Progress(progress) => {
            // What waits until other work has stopped has not begun.
            let about = &mut model.about;
            if let Some(working) = about.aside.as_mut().or(about.busy.as_mut()) {
                working.progress = Some(progress);
            }
            everywhere(model)
        }
        Message::PinWanted(ask) => {
            model.dialog = Some(Dialog::Pin(ask));
            // Work that was told to stop before it asked waits for no PIN.
            let stopping = model.about.busy.as_ref().is_some_and(|busy| busy.pace == Pace::Stopping);
            if stopping { vec![Effect::Stop] } else { Vec::new() }
        }
        Message::PinEntered | Message::PinRefused => {
            model.last_key = model.about.since;
            model.dialog = None;
            Vec::new()
        }
        Message::Overview(overview) => {
            model.about.overview = Some(*overview);
            everywhere(model)
        }
        Message::Token(seen) => {
            model.about.token = seen;
            Vec::new()
        }
        Message::Login(login) => {
            model.about.login = login;
            // A reader's pad tells nothing: its dialog goes once the token is logged in.
            if login == Login::In && matches!(model.dialog, Some(Dialog::Pin(_))) {
                model.dialog = None;
            }
            Vec::new()
        }
        Message::Notice(notice) => {
            model.notice = Some(notice);
            Vec::new()
        }
        Message::Done(news) => done(model, news),
        Message::Failed(failure) => failed(model, failure),
        Message::Ending => {
            model.ending.get_or_insert(Ending::Idle);
            end(model)
        }
        Message::WorkerGone => worker_gone(model),
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    match model.dialog.take() {
        None => on_screen(model, key),
        Some(Dialog::Failure(failure)) => {
            if !matches!(key, Key::Enter | Key::Esc | Key::Char(' ')) {
                model.dialog = Some(Dialog::Failure(failure));
            }
            Vec::new()
        }
        Some(Dialog::Help(row)) => {
            model.dialog = match key {
                Key::Esc | Key::Enter | Key::Char('?' | 'q') => None,
                Key::Down | Key::Char('j') => Some(Dialog::Help(row.saturating_add(1))),
                Key::Up | Key::Char('k') => Some(Dialog::Help(row.saturating_sub(1))),
                Key::PageDown => Some(Dialog::Help(row.saturating_add(HELP_PAGE))),
                Key::PageUp => Some(Dialog::Help(row.saturating_sub(HELP_PAGE))),
                _ => Some(Dialog::Help(row)),
            };
            Vec::new()
        }
        Some(Dialog::Leave) => match key {
            Key::Char('y' | 'Y') => end(model),
            Key::Char('n' | 'N') | Key::Esc => Vec::new(),
            _ => {
                model.dialog = Some(Dialog::Leave);
                Vec::new()
            }
        },
        Some(Dialog::Abandon) => match key {
            Key::Char('y' | 'Y') => vec![Effect::Abandon],
            Key::Char('n' | 'N') | Key::Esc => Vec::new(),
            _ => {
                model.dialog = Some(Dialog::Abandon);
                Vec::new()
            }
        },
        // Its keys never come here but for the reader's own pad, where this keyboard has no say.
        Some(Dialog::Pin(ask)) => {
            model.dialog = Some(Dialog::Pin(ask));
            Vec::new()
        }
    }
}

fn on_screen(model: &mut Model, key: Key) -> Vec<Effect> {
    let bindings = model.bindings();
    let (screen, _) = model.screen_and_about();
    let room = screen.room_mut();
    let bound = keymap::action_of(&bindings, key);
    // Letters belong to the field; keys that are bound and are no letters belong to the screen.
    if (bound.is_none() || matches!(key, Key::Char(_) | Key::Backspace | Key::Left | Key::Right))
        && let Some(field) = room.field()
        && field.take(key) == Taken::Yes
    {
        let turn = room.typed();
        return follow(model, turn);
    }
    match bound {
        None => Vec::new(),
        Some(Action::Help) => {
            model.dialog = Some(Dialog::Help(0));
            Vec::new()
        }
        Some(Action::Lock) if model.about.busy.is_some() => {
            model.notice = Some("the token is in use: stop the work first, then lock".to_owned());
            Vec::new()
        }
        Some(Action::Lock) => {
            let effects = begin(model, Job::LogOut);
            model.notice = Some("the token is locked: its PIN is asked for when it is needed".to_owned());
            effects
        }
        Some(Action::Quit) => {
            let waited = model.ending_since.map(|since| model.about.since.saturating_sub(since));
            model.dialog = Some(if waited.is_some_and(|waited| waited >= GRACE) {
                Dialog::Abandon
            } else {
                Dialog::Leave
            });
            Vec::new()
        }
        Some(Action::Back) if model.about.busy.is_some() => back_while_busy(model),
        Some(action) => {
            let (screen, about) = model.screen_and_about();
            let turn = screen.room_mut().act(action, about);
            follow(model, turn)
        }
    }
}

/// Work that leaves nothing behind is stopped; what it was for is not there then. Other work is waited for.
fn back_while_busy(model: &mut Model) -> Vec<Effect> {
    let Some(busy) = &mut model.about.busy else { return Vec::new() };
    match busy.on_back {
        OnBack::Stop => {
            busy.pace = Pace::Stopping;
            vec![Effect::Stop]
        }
        OnBack::Wait => wait(model),
    }
}

fn wait(model: &mut Model) -> Vec<Effect> {
    model.notice = Some("wait until the work in hand is done".to_owned());
    Vec::new()
}

fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    model.last_key = model.about.since;
    if model.dialog.is_some() {
        return Vec::new();
    }
    let (screen, _) = model.screen_and_about();
    let room = screen.room_mut();
    let Some(field) = room.field() else { return Vec::new() };
    for c in text.trim_end_matches(['\r', '\n']).chars().take(FIELD_CHARS_MAX) {
        // Lines become words: without their ends they would grow together.
        let c = if c.is_whitespace() { ' ' } else { c };
        let _ = field.take(Key::Char(c));
    }
    let turn = room.typed();
    follow(model, turn)
}

fn tick(model: &mut Model, clock: Option<crate::pki::time::Time>, since: Duration) -> Vec<Effect> {
    model.about.clock = clock;
    model.about.since = since;
    let mut effects = lock_idle(model);
    effects.extend(everywhere(model));
    effects
}

/// Logs the token out where nobody pressed a key for as long as was configured.
fn lock_idle(model: &mut Model) -> Vec<Effect> {
    let idle = model.about.since.saturating_sub(model.last_key);
    if model.about.login == Login::Out || model.about.lock_after.is_none_or(|lock_after| idle < lock_after) {
        return Vec::new();
    }
    match &mut model.about.busy {
        None => {
            model.notice = Some("the token was locked: nobody pressed a key for a while".to_owned());
            begin(model, Job::LogOut)
        }
        // Nobody watches what was paused: it stops, and the token is logged out then.
        Some(busy) if busy.pace == Pace::Paused => {
            busy.pace = Pace::Stopping;
            vec![Effect::Stop]
        }
        Some(_) => Vec::new(),
    }
}

/// Lets every screen look at what changed.
fn everywhere(model: &mut Model) -> Vec<Effect> {
    let (screen, about) = model.screen_and_about();
    let turn = screen.room_mut().tick(about);
    follow(model, turn)
}

fn done(model: &mut Model, news: Box<News>) -> Vec<Effect> {
    if model.about.aside.take().is_some() {
        let _ = offer(model, news);
        return what_waited(model);
    }
    model.about.busy = None;
    if let Some(Dialog::Pin(_)) = model.dialog {
        model.dialog = None;
    }
    if let News::Opened { overview, lock_after } = news.as_ref() {
        model.about.overview = Some(overview.clone());
        model.about.lock_after = Some(*lock_after);
    }
    if let News::Folder(listing) = news.as_ref() {
        model.about.note_used(&listing.path);
    }
    if model.ending.is_some() {
        return vec![Effect::Leave];
    }
    let turn = offer(model, news);
    follow(model, turn)
}

/// News go to the screen that takes them as its own, the one in use first.
fn offer(model: &mut Model, news: Box<News>) -> Turn {
    let mut news = Some(news);
    let mut turn = Turn::stay();
    for (place, (screen, about)) in model.screens_mut().enumerate() {
        let Some(given) = news.take() else { break };
        match screen.room_mut().hear(given, about) {
            // Whoever went on to another screen meanwhile is not led away from it.
            Heard::Mine(heard) => turn = if place == 0 { heard } else { Turn { go: Go::Stay, ..heard } },
            Heard::NotMine(back) => news = Some(back),
        }
    }
    turn
}

/// The work that nobody asked for is over: what was asked for meanwhile begins, at the pace that was asked of it.
fn what_waited(model: &mut Model) -> Vec<Effect> {
    if model.ending.is_some() {
        return vec![Effect::Leave];
    }
    let Some(job) = model.next.take() else { return Vec::new() };
    let mut effects = vec![Effect::Work(job)];
    match model.about.busy.as_ref().map(|busy| busy.pace) {
        Some(Pace::Stopping) => effects.push(Effect::Stop),
        Some(Pace::Paused) => effects.push(Effect::Pause),
        Some(Pace::Going) | None => {}
    }
    effects
}

fn failed(model: &mut Model, failure: Failure) -> Vec<Effect> {
    if model.about.aside.take().is_some() {
        return what_waited(model);
    }
    let busy = model.about.busy.take();
    if let Some(Dialog::Pin(_)) = model.dialog {
        model.dialog = None;
    }
    if model.ending.is_some() {
        return vec![Effect::Leave];
    }
    // It was asked for a moment ago: a line says that it was done.
    let wished = failure.class == Class::Stopped
        && busy.as_ref().is_some_and(|busy| busy.on_back == OnBack::Stop && busy.pace == Pace::Stopping);
    let asker = busy.map_or_else(|| model.place(), |busy| busy.asked_by);
    let told = model.screen_at(asker).map_or(Told::OnTop, |screen| screen.room_mut().fail(&failure));
    let turn = match told {
        Told::Here(turn) if asker == model.place() => return follow(model, turn),
        // Whoever went on to another screen meanwhile is told there, and is not led away from it.
        Told::Here(turn) => Turn { go: Go::Stay, ..turn },
        Told::OnTop => Turn::stay(),
    };
    if wished {
        model.notice = Some(failure.what);
    } else {
        model.dialog = Some(Dialog::Failure(failure));
    }
    follow(model, turn)
}

/// Ends the interface: at once, or when the work in hand has stopped where nothing is half done.
fn end(model: &mut Model) -> Vec<Effect> {
    if let Some(busy) = &mut model.about.busy {
        model.ending = Some(Ending::Working);
        model.ending_since.get_or_insert(model.about.since);
        busy.pace = Pace::Stopping;
        return vec![Effect::Stop];
    }
    if model.about.aside.is_some() {
        model.ending.get_or_insert(Ending::Aside);
        model.ending_since.get_or_insert(model.about.since);
        return vec![Effect::Stop];
    }
    vec![Effect::Leave]
}

fn worker_gone(model: &mut Model) -> Vec<Effect> {
    (model.about.aside, model.next) = (None, None);
    let busy = model.about.busy.take();
    model.at_work = AtWork::Gone;
    model.about.login = Login::Out;
    if model.ending.is_some() {
        return vec![Effect::Leave];
    }
    model.ending = Some(Ending::Working);
    let failure = gone();
    // The screen that waits for it shows what is safe; it starts nothing any more.
    if let Some(screen) = busy.and_then(|busy| model.screen_at(busy.asked_by)) {
        let _ = screen.room_mut().fail(&failure);
    }
    model.dialog = Some(Dialog::Failure(failure));
    Vec::new()
}

fn gone() -> Failure {
    Failure {
        what: "the part of the program that works has ended unexpectedly".to_owned(),
        hint: "what the token signed is in the register; leave with Ctrl-C, start again and look at the plan"
            .to_owned(),
        class: Class::Register,
        aftermath: Aftermath::Nothing,
    }
}

/// What the interface begins with.
pub fn first(model: &mut Model) -> Vec<Effect> {
    begin(model, Job::CheckSelf)
}

fn begin(model: &mut Model, job: Job) -> Vec<Effect> {
    if job.is_aside() {
        return begin_aside(model, job);
    }
    // One job at a time: a second one would wait unseen.
    if model.about.busy.is_some() {
        return wait(model);
    }
    if model.at_work == AtWork::Gone {
        model.dialog = Some(Dialog::Failure(gone()));
        return Vec::new();
    }
    model.about.busy = Some(Busy::with(&job, model.place()));
    if model.about.aside.is_some() {
        model.next = Some(job);
        return vec![Effect::Stop];
    }
    vec![Effect::Work(job)]
}

/// Nobody asked for it: where anything stands in its way it does not begin, and nobody is told.
fn begin_aside(model: &mut Model, job: Job) -> Vec<Effect> {
    let about = &model.about;
    if about.busy.is_some() || about.aside.is_some() || model.at_work == AtWork::Gone {
        return Vec::new();
    }
    model.about.aside = Some(Busy::with(&job, model.place()));
    vec![Effect::Work(job)]
}

/// Follows a screen's turn.
fn follow(model: &mut Model, turn: Turn) -> Vec<Effect> {
    let moves = !matches!(turn.go, Go::Stay);
    let works = turn.effects.iter().any(|effect| matches!(effect, Effect::Work(_)));
    if moves && works && model.about.busy.is_some() {
        // A screen without the job that fills it would stay empty.
        return wait(model);
    }
    match turn.go {
        Go::Stay => {}
        Go::Back => model.back(),
        Go::Rooms => model.back_to_first(),
        Go::Enter(screen) => model.enter(*screen),
        Go::Replace(screen) => model.replace(*screen),
    }
    if let Some(failure) = turn.failure {
        model.dialog = Some(Dialog::Failure(failure));
    }
    let mut effects = Vec::new();
    for effect in turn.effects {
        match effect {
            Effect::Work(job) => effects.extend(begin(model, job)),
            Effect::Pause | Effect::Resume | Effect::Stop => {
                if let Some(busy) = &mut model.about.busy {
                    busy.pace = match effect {
                        Effect::Pause => Pace::Paused,
                        Effect::Resume => Pace::Going,
                        _ => Pace::Stopping,
                    };
                    effects.push(effect);
                }
            }
            Effect::Leave => effects.extend(end(model)),
            Effect::Abandon => effects.push(Effect::Abandon),
        }
    }
    effects
}

#[cfg(test)]
mod tests;
