//! Signing: how far it is, how fast, how long still; halt, go on, stop after the certificate in hand.

use ratatui::layout::Rect;

use super::{Screen, delivery::Delivery};
use crate::{
    ceremony::{Aftermath, Class, HeadAfter, Issued, Motion, Phase, Progress, StoredPlan},
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::{Effect, Failure},
        model::{About, Pace},
        rate::Rate,
        room::{Heard, Room, Told, Turn},
        theme::Role,
        wording::{counted, grouped, head_wanting, span},
        work::{Job, News},
    },
};

/// Halts, or goes on.
const PAUSE: Action = Action::Verb(0);

/// Stops after the certificate in hand.
const STOP: Action = Action::Verb(1);

/// Cells that the chart's scale takes.
const SCALE_CELLS: u16 = 9;

/// Signing a plan.
#[derive(Debug)]
pub struct Signing {
    plan: StoredPlan,
    /// Signed and checked, of the whole plan.
    done: u64,
    /// Of them, recorded.
    recorded: u64,
    rate: Rate,
    motion: Motion,
    state: State,
}

/// Where signing stands.
#[derive(Debug)]
enum State {
    /// Not begun, or begun again.
    Ready,
    /// It is in hand; the token was not heard of yet, or it signs.
    Running,
    /// It ended before its end.
    Failed(Failure),
    /// All is signed.
    Done(Issued),
}

impl Signing {
    /// Signing of an approved plan, not begun.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self::resumed(plan, 0)
    }

    /// Signing of an approved plan of which so many certificates are issued and recorded.
    #[must_use]
    pub fn resumed(plan: StoredPlan, issued: u64) -> Self {
        Self {
            plan,
            done: issued,
            recorded: issued,
            rate: Rate::default(),
            motion: Motion::Moving,
            state: State::Ready,
        }
    }

    fn note(&mut self, progress: Progress, about: &About) {
        self.done = progress.done;
        self.recorded = progress.recorded.unwrap_or(self.recorded);
        self.motion = progress.motion;
        self.rate.note(about.since, progress.done);
    }
}

impl Room for Signing {
    fn title(&self) -> &'static str {
        "Signing"
    }

    fn help(&self) -> &'static str {
        "The token signs what was planned and approved, nothing else. Every signature is checked, and recorded in the \
         register with the next group of at most a thousand. A pause or a stop ends the certificates in hand first; \
         what is signed is recorded, and signing goes on later where it was."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        match (&about.busy, &self.state) {
            (Some(busy), State::Running) => match busy.pace {
                Pace::Going => vec![
                    Binding::bar(&[Key::Char('p'), Key::Char(' ')], PAUSE, "pause"),
                    Binding::bar(&[Key::Char('s')], STOP, "stop after this one"),
                ],
                Pace::Paused => vec![
                    Binding::bar(&[Key::Char('p'), Key::Char(' ')], PAUSE, "go on"),
                    Binding::bar(&[Key::Char('s')], STOP, "stop"),
                ],
                Pace::Stopping => Vec::new(),
            },
            (_, State::Done(Issued { next: None, .. })) => vec![BACK],
            (_, State::Done(_)) => {
                vec![Binding::bar(&[Key::Char('d')], Action::Proceed, "on to delivery"), BACK]
            }
            (_, State::Failed(_)) => {
                vec![Binding::bar(&[Key::Char('s')], Action::Proceed, "go on signing"), BACK]
            }
            (_, State::Ready | State::Running) => {
                vec![Binding::bar(&[Key::Char('s')], Action::Proceed, "sign"), BACK]
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed => match self.state {
                State::Done(Issued { next: None, .. }) => Turn::stay(),
                State::Done(_) => Turn::replace(Screen::Delivery(Delivery::new(self.plan.clone()))),
                // The frame may be read anew still; the key is pressed again then.
                _ if about.busy.is_some() => Turn::work(Job::Sign(self.plan.clone())),
                _ => {
                    self.state = State::Running;
                    self.rate = Rate::default();
                    self.motion = Motion::Moving;
                    Turn::work(Job::Sign(self.plan.clone()))
                }
            },
            PAUSE => match about.busy.as_ref().map(|busy| busy.pace) {
                Some(Pace::Paused) => Turn::effect(Effect::Resume),
                Some(Pace::Going) => Turn::effect(Effect::Pause),
                _ => Turn::stay(),
            },
            STOP => Turn::effect(Effect::Stop),
            _ => Turn::stay(),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Signed(issued) => {
                self.done = issued.all;
                self.recorded = issued.all;
                self.state = State::Done(issued);
                // The frame shows the register's head, which signing moved.
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        if !matches!(self.state, State::Running) {
            return Told::OnTop;
        }
        if let Aftermath::Signing { recorded, .. } = failure.aftermath {
            self.recorded = recorded;
        }
        // What is not recorded is not issued.
        self.done = self.recorded;
        self.state = State::Failed(failure.clone());
        Told::Here(Turn::work(Job::OpenHome))
    }

    fn tick(&mut self, about: &About) -> Turn {
        let progress = about.busy.as_ref().and_then(|busy| busy.progress);
        if let (State::Running, Some(progress)) = (&self.state, progress)
            && progress.phase == Phase::Signing
        {
            self.note(progress, about);
        }
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let of = self.plan.accepted;
        let text =
            format!("{} of {} of plan {}", grouped(self.done), counted(of, "certificate"), self.plan.id);
        canvas.text(area.x, area.y, area.width, &text, Role::Strong);
        canvas.gauge(area, area.y + 1, self.done, of);
        let y = area.y + 3;
        let recorded = match self.done.saturating_sub(self.recorded) {
            0 => grouped(self.recorded),
            more => format!("{}, and {} signed and checked since", grouped(self.recorded), grouped(more)),
        };
        canvas.labelled(area, y, "recorded", &recorded, Role::Plain);
        let below = Rect { y: y + 1, height: area.height.saturating_sub(4), ..area };
        match &self.state {
            State::Ready => self.draw_ready(canvas, below),
            State::Running => self.draw_running(canvas, below, about),
            State::Failed(failure) => self.draw_failure(canvas, below, failure),
            State::Done(issued) => self.draw_done(canvas, below, issued),
        }
    }
}

impl Signing {
    fn draw_ready(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let left = self.plan.accepted.saturating_sub(self.done);
        let text = format!(
            "The plan is approved. To be signed by CA {1}: {0}. Nothing is signed before s is pressed; \
             the token's PIN is asked for then, unless it was given.",
            counted(left, "certificate"),
            self.plan.authority
        );
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        canvas.paragraph(below, &text, Role::Plain);
    }

    fn draw_running(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let pace = about.busy.as_ref().map_or(Pace::Going, |busy| busy.pace);
        let (state, role) = match (pace, self.motion) {
            (Pace::Stopping, _) => ("stopping: what is in hand is ended and recorded", Role::Attention),
            (Pace::Paused, Motion::Halted) => ("PAUSED: all that is signed is recorded", Role::Attention),
            (Pace::Paused, Motion::Moving) => ("pausing: what is in hand is ended first", Role::Attention),
            (Pace::Going, _) if self.rate.elapsed().is_zero() => ("waiting for the token", Role::Plain),
            (Pace::Going, _) => ("the token signs", Role::Good),
        };
        canvas.labelled(area, area.y, "state", state, role);
        let now = self.rate.now();
        let rate = now.map_or_else(|| "-".to_owned(), per_second);
        canvas.labelled(area, area.y + 1, "rate", &rate, Role::Plain);
        let elapsed = span(self.rate.elapsed().as_secs());
        let left = now.filter(|rate| *rate > 0.0 && pace == Pace::Going).map(|rate| {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a time for people to read; a cast from a float never leaves the range"
            )]
            let seconds = (self.plan.accepted.saturating_sub(self.done) as f64 / rate).ceil() as u64;
            seconds
        });
        let text = match left {
            Some(left) => format!("{elapsed} so far, about {} left", span(left)),
            None => format!("{elapsed} so far"),
        };
        canvas.labelled(area, area.y + 2, "time", &text, Role::Plain);
        let chart = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area };
        self.draw_chart(canvas, chart);
    }

    /// The rate over the run as columns, half a row fine.
    fn draw_chart(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let columns = self.rate.columns(usize::from(area.width.saturating_sub(SCALE_CELLS)));
        if area.height < 3 || columns.is_empty() {
            return;
        }
        canvas.rule(area, area.y, "certificates a second, over the run");
        let plot = Rect {
            x: area.x + SCALE_CELLS,
            y: area.y + 1,
            width: area.width - SCALE_CELLS,
            height: area.height - 1,
        };
        let top = round_up(columns.iter().copied().fold(0.0, f64::max));
        let scale = format!("{:>7} ", grouped(top));
        canvas.text(area.x, plot.y, SCALE_CELLS, &scale, Role::Faint);
        canvas.text(area.x, plot.bottom() - 1, SCALE_CELLS, &format!("{:>7} ", 0), Role::Faint);
        canvas.fill(Rect { x: plot.x - 1, width: 1, ..plot }, "│", Role::Faint);
        for (place, rate) in columns.iter().enumerate() {
            let x = plot.x + u16::try_from(place).unwrap_or(u16::MAX);
            let halves = halves(*rate, top, plot.height);
            for row in 0..plot.height {
                let symbol = match halves.saturating_sub(row * 2) {
                    0 => continue,
                    1 => "▄",
                    _ => "█",
                };
                let cell = Rect { x, y: plot.bottom() - 1 - row, width: 1, height: 1 };
                canvas.fill(cell, symbol, Role::Good);
            }
        }
    }

    /// What is safe, what is not done, what to do next.
    fn draw_failure(&self, canvas: &mut Canvas<'_>, area: Rect, failure: &Failure) {
        let of = self.plan.accepted;
        let (title, role) = match failure.class {
            Class::Stopped => ("Stopped", Role::Attention),
            _ => ("Signing ended before its end", Role::Bad),
        };
        canvas.rule(area, area.y + 1, title);
        let mut y = area.y + 2;
        let mut tell = |label: &str, text: &str, role: Role| {
            let place = Rect {
                x: area.x + 18,
                y,
                width: area.width.saturating_sub(18),
                height: area.bottom().saturating_sub(y),
            };
            canvas.text(area.x, y, 17, label, Role::Faint);
            y += canvas.paragraph(place, text, role).max(1);
        };
        tell("what happened", &format!("{}.", failure.what), role);
        let (safe, unrecorded) = match failure.aftermath {
            Aftermath::Signing { recorded: 0, unrecorded } => {
                ("Nothing of this plan is recorded; it stays approved.".to_owned(), unrecorded)
            }
            Aftermath::Signing { recorded, unrecorded } => (
                format!(
                    "{} signed, checked and recorded in the register. What is recorded is never signed twice.",
                    counted(recorded, "certificate")
                ),
                unrecorded,
            ),
            _ => (
                "Nothing was signed now; what was recorded before stays, and so does the approval."
                    .to_owned(),
                0,
            ),
        };
        tell("what is safe", &safe, Role::Good);
        let mut undone = format!("{} not issued.", counted(of.saturating_sub(self.recorded), "certificate"));
        if unrecorded > 0 {
            undone = format!(
                "{undone} Of them signed, but not recorded: {}. They are kept while this program stays open.",
                grouped(unrecorded)
            );
        }
        tell("what is not done", &undone, Role::Plain);
        tell(
            "what to do",
            &format!("{}. Here: s goes on where it ended, once that is mended.", failure.hint),
            Role::Strong,
        );
    }

    fn draw_done(&self, canvas: &mut Canvas<'_>, area: Rect, issued: &Issued) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time for people to read; a cast from a float never leaves the range"
        )]
        let seconds = issued.seconds.round() as u64;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let rate = issued.now as f64 / issued.seconds.max(0.001);
        let now = if issued.now == issued.all {
            format!("in {}, {}", span(seconds), per_second(rate))
        } else {
            format!("{} of them now, in {}, {}", grouped(issued.now), span(seconds), per_second(rate))
        };
        canvas.labelled(area, area.y, "signed", &now, Role::Plain);
        canvas.text(
            area.x,
            area.y + 2,
            area.width,
            "All certificates of the plan are signed, checked and recorded.",
            Role::Good,
        );
        let next = match issued.next {
            Some(_) => "Next: deliver them onto a medium.",
            None => "The root CA is made; nothing is left to do with its plan.",
        };
        canvas.text(area.x, area.y + 3, area.width, next, Role::Strong);
        let head = unsigned_head(canvas, Rect { y: area.y + 4, ..area }, &issued.head);
        let used = 5 + head;
        let chart = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
        self.draw_chart(canvas, chart);
    }
}

/// Says where the register's head could not be signed or marked after work that is done, or was marked anew; returns the lines it took.
pub fn unsigned_head(canvas: &mut Canvas<'_>, area: Rect, head: &HeadAfter) -> u16 {
    head_wanting(head).map_or(0, |text| canvas.paragraph(area, &text, Role::Attention))
}

fn per_second(rate: f64) -> String {
    if rate < 10.0 {
        return format!("{rate:.1} a second");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate for people to read; a cast from a float never leaves the range"
    )]
    let rounded = rate.round() as u64;
    format!("{} a second", grouped(rounded))
}

/// The next round number from a rate on: 1, 2 or 5 and zeros.
fn round_up(rate: f64) -> u64 {
    let mut tens = 1;
    loop {
        for first in [1, 2, 5] {
            let round: u64 = first * tens;
            #[expect(clippy::cast_precision_loss, reason = "a scale for people to read")]
            let reached = round as f64 >= rate;
            if reached || round >= 1_000_000_000 {
                return round;
            }
        }
        tens *= 10;
    }
}

/// Half rows that a rate takes of a chart; what is not zero is seen.
fn halves(rate: f64, top: u64, rows: u16) -> u16 {
    if rate <= 0.0 {
        return 0;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a chart for people to read; a cast from a float never leaves the range"
    )]
    let halves = (rate / top as f64 * f64::from(rows * 2)).round() as u16;
    halves.clamp(1, rows * 2)
}
