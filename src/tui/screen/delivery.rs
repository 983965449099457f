//! Delivery: the bundle of a signed plan, or a CRL, is written onto a medium and read back.

mod beware;
pub mod cargo;
pub(in crate::tui::screen) mod done;
mod forms;
mod place;

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use crate::{
    ceremony::{Aftermath, Class, CrlRow, Phase, Progress, StoredPlan},
    pki::platform::Platform,
    tui::{
        browser::{FOLDERS, TYPE, shown},
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        message::{Effect, Failure},
        model::About,
        room::{Heard, Room, Told, Turn},
        theme::Role,
        wording::grouped,
        work::{Job, News},
    },
};

use cargo::Cargo;
use done::Done;
use place::{Pane, Target};

/// Stops writing.
const STOP: Action = Action::Verb(1);

/// Judges the bundle as its receiver will.
const JUDGE: Action = Action::Verb(2);

/// Goes on to closing.
const CLOSE: Action = Action::Verb(3);

/// The open folder has the devices' private keys.
const KEYS: Action = Action::Verb(4);

/// What is not done where nothing stands on the medium.
const NOT_RECORDED: &str = "This delivery is not recorded: nobody counts on it.";

/// The delivery of a signed plan or of a CRL.
#[derive(Debug)]
pub struct Delivery {
    cargo: Cargo,
    target: Box<Target>,
    state: State,
}

/// How far it is.
#[derive(Debug)]
enum State {
    /// The folder and the forms are chosen.
    Choosing,
    /// It is written, then read back.
    Writing {
        /// The folder that receives the bundle.
        to: PathBuf,
        /// Certificates written.
        written: Option<Progress>,
        /// Files read back.
        read_back: Option<Progress>,
    },
    /// It ended before its end.
    Failed {
        /// The folder that was to receive the bundle.
        to: PathBuf,
        /// How.
        failure: Failure,
    },
    /// It is done.
    Done(Box<Done>),
}

impl State {
    /// The form that stood in the way of a delivery.
    fn impossible_form(&self) -> Option<&'static str> {
        match self {
            Self::Failed { failure, .. } => failure.impossible_form(),
            Self::Choosing | Self::Writing { .. } | Self::Done(_) => None,
        }
    }
}

impl Delivery {
    /// The delivery of a signed plan, to be told where.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self::of(Cargo::Plan(plan))
    }

    /// The delivery of a proof, to be told where, in the form that its platform takes.
    #[must_use]
    pub fn proof(plan: StoredPlan, platform: Platform) -> Self {
        let mut delivery = Self::new(plan);
        delivery.target.choose(platform);
        delivery
    }

    /// The delivery of a CRL, to be told where.
    #[must_use]
    pub fn crl(ca: String, row: CrlRow) -> Self {
        Self::of(Cargo::Crl { ca, row })
    }

    fn of(cargo: Cargo) -> Self {
        let target = Box::new(Target::new(cargo.forms()));
        Self { cargo, target, state: State::Choosing }
    }

    fn write(&mut self, about: &About) -> Turn {
        let Some(to) = self.target.folder() else { return Turn::stay() };
        if self.target.is_read_only() {
            return Turn::refuse(
                "this medium can only be read",
                "take off its write protection and put it in again, or choose another one",
            );
        }
        let name = self.cargo.folder();
        if self.target.is_taken(name) {
            return Turn::refuse(
                format!("{name} stands in this folder already; nothing was delivered"),
                "open another folder; one that was taken away meanwhile is seen when its folder is opened again",
            );
        }
        if let (Some(form), None) = (self.target.keyed_form(), self.target.keys()) {
            return Turn::refuse(
                format!(
                    "{form} holds the devices' private keys by authority.toml, and their folder is not chosen"
                ),
                "open the folder that has them and press p, then the one that receives the bundle",
            );
        }
        let job = self.cargo.write(&to, self.target.formats(), self.target.keys());
        if about.busy.is_none() {
            self.state = State::Writing { to, written: None, read_back: None };
        }
        Turn::work(job)
    }
}

impl Room for Delivery {
    fn title(&self) -> &'static str {
        match self.state {
            State::Choosing => "Delivery: onto which medium?",
            State::Writing { .. } => "Delivery: writing and reading back",
            State::Failed { .. } => "Delivery: not done",
            State::Done(_) => "Delivery: done",
        }
    }

    fn help(&self) -> &'static str {
        if let State::Done(_) = self.state {
            return "The folder stands on the medium whole: it was read back and compared, and is recorded. Tell the \
                    receiver the digests another way than with the medium: of the manifest, of the audit key, and of \
                    the root certificate, root.pem, which the receiver is to trust only once its digest was \
                    compared; Authorities shows the root's in words, too. Below stand the folders of the forms, and what is \
                    done next with each at its platform, broker or device. v judges it as the receiver will; c \
                    leads to closing, where what is to be written down stands; Enter leads back to where it \
                    is chosen what is to be done.";
        }
        self.cargo.help()
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        match &self.state {
            State::Choosing => self.choosing(),
            // Once it is whole it is read back to its end.
            State::Writing { read_back: Some(_), .. } if about.busy.is_some() => Vec::new(),
            State::Writing { .. } if about.busy.is_some() => {
                vec![Binding::bar(&[Key::Char('s')], STOP, "stop, nothing is delivered then")]
            }
            State::Writing { .. } | State::Failed { .. } => {
                let next = match self.state.impossible_form() {
                    Some(_) => "back to the forms",
                    None => "choose a medium again",
                };
                vec![Binding::bar(&[Key::Enter, Key::Esc], Action::Back, next)]
            }
            State::Done(done) => {
                let mut bindings = vec![
                    Binding::bar(&[Key::Char('v')], JUDGE, "verify as receiver"),
                    Binding::bar(&[Key::Char('c')], CLOSE, "closing"),
                    Binding::bar(&[Key::Enter, Key::Esc], Action::Back, "done"),
                ];
                bindings.extend(done.sheet().scrolling());
                bindings
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.state, action) {
            (State::Done(_), Action::Back) => Turn::rooms(),
            (State::Done(_), CLOSE) => Turn::rooms().and(Job::Close),
            (State::Done(done), JUDGE) => Turn::work(self.cargo.judge(done.to())),
            (State::Done(done), _) => {
                done.sheet_mut().act(action);
                Turn::stay()
            }
            (State::Writing { .. }, STOP) => Turn::effect(Effect::Stop),
            (State::Writing { .. } | State::Failed { .. }, Action::Back) => {
                if let Some(form) = self.state.impossible_form() {
                    self.target.lead_to(form);
                }
                self.state = State::Choosing;
                // The free space is another one now.
                self.target.measure_again();
                Turn::stay()
            }
            (State::Choosing, Action::Back) => self.target.back(about),
            (State::Choosing, TYPE) => {
                self.target.type_path();
                Turn::stay()
            }
            (State::Choosing, Action::Proceed) => self.write(about),
            (State::Choosing, KEYS) => {
                self.target.take_keys();
                Turn::stay()
            }
            (State::Choosing, _) => self.target.act(action, about),
            _ => Turn::stay(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.state {
            State::Choosing => self.target.field(),
            State::Writing { .. } | State::Failed { .. } | State::Done(_) => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Measured(space) => {
                self.target.measured(space);
                Heard::Mine(Turn::stay())
            }
            News::Delivered(delivered) => {
                let to = match &self.state {
                    State::Writing { to, .. } => to.clone(),
                    _ => PathBuf::new(),
                };
                self.state = State::Done(Box::new(Done::new(&self.cargo, to, delivered)));
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            News::Judged(report) => {
                if let State::Done(done) = &mut self.state {
                    done.judged(&self.cargo, &report);
                }
                Heard::Mine(Turn::stay())
            }
            News::RevokedSince(revoked) => {
                self.target.beware(revoked);
                Heard::Mine(Turn::stay())
            }
            News::FormObstacles(obstacles, with_keys) => {
                self.target.know(obstacles, with_keys);
                Heard::Mine(Turn::stay())
            }
            other => self.target.hear(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        if let State::Writing { to, .. } = &self.state {
            self.state = State::Failed { to: to.clone(), failure: failure.clone() };
            return Told::Here(Turn::stay());
        }
        self.target.unmeasured();
        Told::OnTop
    }

    fn tick(&mut self, about: &About) -> Turn {
        let progress = about.busy.as_ref().and_then(|busy| busy.progress);
        match &mut self.state {
            State::Writing { written, read_back, .. } => {
                match progress {
                    Some(now) if now.phase == Phase::Delivering => *written = Some(now),
                    Some(now) if now.phase == Phase::ReadingBack => *read_back = Some(now),
                    _ => {}
                }
                Turn::stay()
            }
            State::Choosing => self.target.look(&self.cargo, about),
            State::Failed { .. } | State::Done(_) => Turn::stay(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.state {
            State::Choosing => self.target.draw(canvas, area, about, &self.cargo),
            State::Writing { to, written, read_back } => {
                self.draw_writing(canvas, area, to, [*written, *read_back]);
            }
            State::Failed { to, failure } => self.draw_failure(canvas, area, to, failure),
            State::Done(done) => done.sheet().draw_placed(canvas, area),
        }
    }
}

impl Delivery {
    fn choosing(&self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        if self.target.is_typing() {
            bindings.extend(self.target.opening());
            bindings.push(BACK);
            return bindings;
        }
        let (pane, folder, keys) = (self.target.pane(), self.target.folder(), self.target.keys());
        // What the folder was opened for stands first.
        if folder.is_some() {
            bindings.push(Binding::bar(&[Key::Char('w')], Action::Proceed, "write the bundle here"));
        }
        // Once they are chosen, w is what stands in the bar.
        let keys_wanted = folder.is_some() && self.target.keyed_form().is_some() && keys.is_none();
        if keys_wanted || keys.is_some_and(|keys| folder.is_some_and(|folder| keys != folder)) {
            let place = if keys_wanted && pane == Pane::Folders { Binding::bar } else { Binding::help };
            bindings.push(place(&[Key::Char('p')], KEYS, "keys are here"));
        }
        match pane {
            Pane::Folders => {
                bindings.extend(self.target.opening());
                bindings.extend_from_slice(FOLDERS);
                bindings.push(Binding::bar(&[Key::Tab], Action::Next, "forms"));
            }
            Pane::Forms => {
                bindings.push(Binding::bar(&[Key::Char(' ')], Action::Mark, "this form or not"));
                bindings.push(Binding::bar(&[Key::Tab], Action::Next, "folders"));
            }
        }
        bindings.push(match pane {
            Pane::Folders if !keys_wanted => Binding::bar(&[Key::Char('/')], TYPE, "type a path"),
            Pane::Folders | Pane::Forms => Binding::help(&[Key::Char('/')], TYPE, "type a path"),
        });
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn draw_writing(&self, canvas: &mut Canvas<'_>, area: Rect, to: &Path, progress: [Option<Progress>; 2]) {
        let [written, read_back] = progress;
        canvas.text(area.x, area.y, 18, "folder", Role::Faint);
        canvas.outside(
            area.x + 18,
            area.y,
            area.width - 18,
            &shown(&to.join(self.cargo.folder())),
            Role::Strong,
        );
        let count = |progress: Option<Progress>| match progress {
            None => "not begun".to_owned(),
            Some(Progress { done, of: Some(of), .. }) => format!("{} of {}", grouped(done), grouped(of)),
            Some(Progress { done, .. }) => grouped(done),
        };
        // Reading back begins when the last file is written.
        let first = match (written, read_back) {
            (Some(written), Some(_)) => {
                Some(Progress { done: written.of.unwrap_or(written.done), ..written })
            }
            (written, _) => written,
        };
        for (place, name, one) in
            [(3, self.cargo.written(), first), (7, "files read back and compared", read_back)]
        {
            let y = area.y + place;
            canvas.text(area.x, y, area.width, &format!("{name}: {}", count(one)), Role::Plain);
            let (done, of) = one.map_or((0, 1), |one| (one.done, one.of.unwrap_or(one.done)));
            canvas.gauge(area, y + 1, done, of);
        }
        let text = "Leave the medium in. The bundle gets its name when it is whole; before that, nothing on the \
                    medium looks like a bundle.";
        let below = Rect { y: area.y + 11, height: area.height.saturating_sub(11), ..area };
        canvas.paragraph(below, text, Role::Plain);
    }

    fn draw_failure(&self, canvas: &mut Canvas<'_>, area: Rect, to: &Path, failure: &Failure) {
        let (title, undone, role) = match (&failure.aftermath, failure.class) {
            (Aftermath::BundleStands(_), _) => (
                "The bundle stands on the medium and is not delivered",
                "This delivery is not recorded. The folder that stands there is not to be used: remove it, or take \
                 another medium.",
                Role::Bad,
            ),
            (_, Class::Stopped) => ("Stopped: nothing was delivered", NOT_RECORDED, Role::Attention),
            _ => ("Nothing was delivered", NOT_RECORDED, Role::Bad),
        };
        canvas.text(area.x, area.y, area.width, title, role);
        let mut y = area.y + 2;
        canvas.text(area.x, y, 17, "medium", Role::Faint);
        canvas.outside(area.x + 18, y, area.width - 18, &shown(to), Role::Plain);
        y += 1;
        for (label, text, role) in [
            ("what happened", format!("{}.", failure.what), role),
            ("what is safe", self.cargo.safe(), Role::Good),
            ("what is not done", undone.to_owned(), Role::Plain),
            ("what to do", format!("{}. Here: press Enter {}.", failure.hint, next(failure)), Role::Strong),
        ] {
            let place = Rect {
                x: area.x + 18,
                y,
                width: area.width.saturating_sub(18),
                height: area.bottom().saturating_sub(y),
            };
            canvas.text(area.x, y, 17, label, Role::Faint);
            y += canvas.paragraph(place, &text, role).max(1);
        }
    }
}

/// What follows Enter after a failure.
fn next(failure: &Failure) -> String {
    match failure.impossible_form() {
        Some(form) => format!("and Space, which leaves out {form}; then w"),
        None => "and choose this medium or another one".to_owned(),
    }
}
