//! The thread that works: it alone holds the appliance and the token's session, and does one job after the other.

mod adoption;
mod closing;
mod folders;
mod main_job;
mod plans;
mod proving;
mod reading;
mod register;
mod revocation;

mod authorities;
mod block_lists;
mod ca_life;
mod tokens;

use std::{
    cell::Cell,
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};

use zeroize::Zeroizing;

use crate::{
    ceremony::{
        self, Activation, Appliance, Beginning, Class, DeliveryWanted, Error, HeadAfter, Home, Pin, PinEntry,
        Progress, ProposedAdoption, PublishedCrls, Reins, Session, Setup, TokenState, Watch,
    },
    pki::{fingerprint::Digest, profile::Profile},
};

use super::{
    message::{Message, PinAsk, PinLasts},
    model::{Login, TokenSeen},
    pin_door::PinDoor,
    work::{Job, News, ProfileChoice},
};

/// Progress is told at most this often: more than a person can see.
const TELL_EVERY: Duration = Duration::from_millis(33);

/// Holds what the work needs.
pub struct Worker {
    home: Home,
    appliance: Option<Appliance>,
    beginning: Option<Beginning>,
    session: Option<Session>,
    /// The audit key's rate, where it was measured in this session of the program.
    audit_signatures_per_second: Option<f64>,
    messages: Sender<Message>,
    door: Arc<PinDoor>,
    pins: Receiver<Option<Zeroizing<Vec<u8>>>>,
    reins: Arc<Reins>,
    shelf: register::Shelf,
    desk: revocation::Desk,
    /// What was said last of the published CRLs of a CA, by its name.
    published: Option<(String, PublishedCrls)>,
    /// The CA that is to move in, as it was shown.
    newcomer: Option<ProposedAdoption>,
    /// The register's head that the frame shows.
    told_head: Option<Digest>,
}

impl Worker {
    /// A worker for a home; nothing is opened yet.
    #[must_use]
    pub fn new(
        home: Home,
        messages: Sender<Message>,
        door: Arc<PinDoor>,
        pins: Receiver<Option<Zeroizing<Vec<u8>>>>,
        reins: Arc<Reins>,
    ) -> Self {
        Self {
            home,
            appliance: None,
            beginning: None,
            session: None,
            audit_signatures_per_second: None,
            messages,
            door,
            pins,
            reins,
            shelf: register::Shelf::default(),
            desk: revocation::Desk::default(),
            published: None,
            newcomer: None,
            told_head: None,
        }
    }

    /// Does jobs until there will be none any more; then the token is logged out.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        let _gone = Gone(self.messages.clone());
        while let Ok(job) = jobs.recv() {
            let done = self.carry_out(job);
            // Whatever came of it, no further PIN is wanted.
            self.door.close();
            self.tell_head();
            let message = match done {
                Ok(news) => Message::Done(Box::new(news)),
                Err(error) => {
                    if error.class() == Class::Token {
                        // Whatever the token's trouble is, its session is not used again.
                        self.log_out();
                        self.look_at_token();
                    }
                    Message::Failed(error.into())
                }
            };
            if self.messages.send(message).is_err() {
                break;
            }
        }
    }

    fn carry_out(&mut self, job: Job) -> Result<News, Error> {
        match job {
            Job::CheckSelf => {
                Ok(News::SelfChecked { checks: ceremony::self_check(&self.home), home: self.home.state() })
            }
            Job::OpenHome => {
                if self.appliance.is_none() {
                    self.open_home()?;
                }
                self.opened()
            }
            Job::SetUp { module, token, serial, kind } => {
                let (token, serial) = (token.as_str(), serial.as_deref());
                ceremony::setup(&self.home, &Setup { module: &module, token, serial, rehearsal: kind })?;
                Ok(News::SetUp)
            }
            Job::LogOut => {
                self.log_out();
                Ok(News::LoggedOut)
            }
            Job::ListFolder(path) => Ok(News::Folder(ceremony::list_folder(&path)?)),
            Job::Unfold { path, generation } => {
                Ok(News::Unfolded { listing: ceremony::list_folder(&path)?, generation })
            }
            Job::CountFolder { path, generation } => Ok(self.count_folder(path, generation)),
            Job::Choices => self.choices(),
            Job::Read(asked) => self.read(asked),
            Job::PutInOrder { reading, order } => Ok(Self::put_in_order(&reading, order)),
            Job::Detail { reading, asked, row } => self.detail(&reading, &asked, row),
            Job::Plan { ca, profile, paths, seen } => self.plan(&ca, &profile, &paths, &seen),
            Job::ShowPlan(plan) => self.show_plan(&plan),
            Job::PlanFindings(plan) => self.plan_findings(&plan),
            Job::PlannedPage { plan, from } => self.planned_page(&plan, from),
            Job::PlannedCertificate { plan, index } => self.planned_certificate(&plan, index),
            Job::FindPlan(id) => Ok(News::PlanFound(self.appliance()?.stored_plan(&id)?)),
            Job::Measure { plan, to, formats } => {
                Ok(News::Measured(self.appliance()?.space(&plan, &to, &formats)?))
            }
            Job::FormObstacles(plan) => self.form_obstacles(&plan),
            Job::RevokedSince(plan) => self.revoked_since(&plan),
            Job::Approve { plan, words } => self.approve(plan, &words),
            Job::Withdraw { plan, reason } => self.withdraw(&plan, &reason),
            Job::Sign(plan) => self.sign(&plan),
            Job::Deliver { plan, to, formats, keys } => {
                self.deliver(&plan, &DeliveryWanted { to: &to, formats: &formats, keys: keys.as_deref() })
            }
            Job::Judge { plan, to } => self.judge_delivered(&plan, &to),
            Job::Unfinished => self.unfinished(),
            Job::Close => self.close(),
            Job::SignHead => self.sign_head(),
            Job::WriteHead(to) => self.write_head(&to),
            Job::Adoption(job) => self.take_in(job).map(News::Adoption),
            Job::Authority(job) => self.provide(job).map(News::Authority),
            Job::BlockList(job) => self.keep_lists(job).map(News::BlockList),
            Job::CaLife(job) => self.live_on(job),
            Job::Token(job) => self.attend(job).map(News::Token),
            Job::Register(job) => self.look_up(job).map(News::Register),
            Job::Proving(job) => self.prove(job).map(News::Proving),
            Job::Revocation(job) => self.revoke(job),
        }
    }

    fn opened(&self) -> Result<News, Error> {
        let appliance = self.appliance()?;
        self.look_at_token();
        Ok(News::Opened {
            overview: appliance.overview()?,
            lock_after: appliance.configuration().lock_after(),
        })
    }

    fn choices(&self) -> Result<News, Error> {
        let authorities = self.issuing_authorities()?;
        let choice = |profile: &Profile| ProfileChoice {
            name: profile.name.clone(),
            summary: profile.summary(),
            terms: profile.terms(),
        };
        let profiles = self.appliance()?.request_profiles().map(choice).collect();
        Ok(News::Choices { authorities, profiles })
    }

    /// Logs the token in where it is not; the PIN comes by the PIN door.
    fn log_in(&mut self, purpose: &str) -> Result<(), Error> {
        if self.session.is_some() {
            return Ok(());
        }
        let appliance = self.appliance.as_ref().ok_or_else(no_home)?;
        let session = appliance.login(&mut |state| self.user_pin(state, purpose, PinLasts::UntilLocked))?;
        self.session = Some(session);
        let _ = self.messages.send(Message::Login(Login::In));
        self.look_at_token();
        Ok(())
    }

    /// Tells the frame of the register's head where it moved, also by a job that failed in the end.
    fn tell_head(&mut self) {
        let Some(Ok(overview)) = self.appliance.as_ref().map(Appliance::overview) else { return };
        if self.told_head != Some(overview.head) {
            self.told_head = Some(overview.head);
            let _ = self.messages.send(Message::Overview(Box::new(overview)));
        }
    }

    /// Tells the frame what the token looks like now.
    fn look_at_token(&self) {
        let seen = match self.appliance().and_then(Appliance::token_state) {
            Ok(state) => TokenSeen::There(Box::new(state)),
            Err(_) => TokenSeen::Missing,
        };
        let _ = self.messages.send(Message::Token(seen));
    }

    /// A session that could not sign the head is not used again. That the token had lost its mark stands in the frame.
    fn mind_token(&mut self, head: &HeadAfter) {
        if matches!(head, HeadAfter::Remarked)
            && let Some((what, _)) = head.wanting()
        {
            let _ = self.messages.send(Message::Notice(what));
        }
        if let HeadAfter::Unsigned(failure) = head
            && failure.class() == Class::Token
        {
            self.log_out();
            self.look_at_token();
        }
    }

    fn log_out(&mut self) {
        self.session = None;
        let _ = self.messages.send(Message::Login(Login::Out));
    }

    /// Asks for the user PIN.
    fn user_pin(&self, state: &TokenState, purpose: &str, lasts: PinLasts) -> Result<Activation, Error> {
        let ask = PinAsk { lasts, ..PinAsk::user(state, purpose) };
        if state.pin_entry == PinEntry::ReaderPad {
            let _ = self.messages.send(Message::PinWanted(ask));
            return Ok(Activation::Pad);
        }
        let pin = self.typed_pin(ask)?;
        self.door.close();
        Ok(Activation::Pin(Pin::new(pin)?))
    }

    /// Opens the PIN door and waits for what is typed there. The caller closes the door once it has all PINs.
    fn typed_pin(&self, ask: PinAsk) -> Result<Zeroizing<Vec<u8>>, Error> {
        // The door first: once the screen asks, no key may go to the screen.
        self.door.open();
        let _ = self.messages.send(Message::PinWanted(ask));
        match self.pins.recv() {
            Ok(Some(pin)) => Ok(pin),
            Ok(None) | Err(_) => Err(Error::Stopped {
                what: "no PIN was given".to_owned(),
                hint: "nothing was done; begin again when the PIN is at hand".to_owned(),
            }),
        }
    }

    fn appliance(&self) -> Result<&Appliance, Error> {
        self.appliance.as_ref().ok_or_else(no_home)
    }

    /// The appliance and whom to tell of progress.
    fn working(&mut self) -> Result<(&mut Appliance, Teller), Error> {
        let teller = Teller::new(&self.messages, &self.reins);
        Ok((self.appliance.as_mut().ok_or_else(no_home)?, teller))
    }

    /// The appliance, the token's session and whom to tell of progress.
    fn signing(&mut self) -> Result<(&mut Appliance, &Session, Teller), Error> {
        let teller = Teller::new(&self.messages, &self.reins);
        let appliance = self.appliance.as_mut().ok_or_else(no_home)?;
        let session = self
            .session
            .as_ref()
            .ok_or_else(|| Error::usage("the token is not logged in", "give the PIN when it is asked for"))?;
        Ok((appliance, session, teller))
    }
}

/// Says that the worker is gone when it goes, whatever the reason.
struct Gone(Sender<Message>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send(Message::WorkerGone);
    }
}

/// Tells of progress, no more often than a person can see.
struct Teller {
    messages: Sender<Message>,
    reins: Arc<Reins>,
    told: Cell<Option<(Progress, Instant)>>,
    /// What came too soon after that to be told.
    untold: Cell<Option<Progress>>,
}

impl Teller {
    fn new(messages: &Sender<Message>, reins: &Arc<Reins>) -> Self {
        Self {
            messages: messages.clone(),
            reins: Arc::clone(reins),
            told: Cell::new(None),
            untold: Cell::new(None),
        }
    }

    fn watched<T>(&mut self, work: impl FnOnce(&mut Watch<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let reins = Arc::clone(&self.reins);
        let mut listener = |progress: Progress| self.tell(progress);
        let worked = work(&mut Watch::new(&mut listener, &reins));
        // How far it came is told whatever came of it: a screen says what is safe by it.
        if let Some(progress) = self.untold.take() {
            let _ = self.messages.send(Message::Progress(progress));
        }
        worked
    }

    fn tell(&self, progress: Progress) {
        let soon = self.told.get().is_some_and(|(told, at)| {
            told.phase == progress.phase && told.motion == progress.motion && at.elapsed() < TELL_EVERY
        });
        if soon && progress.of != Some(progress.done) {
            self.untold.set(Some(progress));
            return;
        }
        self.untold.set(None);
        self.told.set(Some((progress, Instant::now())));
        let _ = self.messages.send(Message::Progress(progress));
    }
}

fn no_home() -> Error {
    Error::usage("no home is open", "go back to the start and open or make one")
}
