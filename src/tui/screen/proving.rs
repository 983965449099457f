//! Proving a CA to a platform, step by step: platform, CA, code, medium, summary, result.

mod code;
mod files;
mod help;
mod issue;
mod platform;

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{Screen, delivery::Delivery, signing::Signing};
use crate::{
    ceremony::{Aftermath, Console, Platform, Remaining},
    pki::{profile::End, text::Printable},
    tui::{
        browser::Browser,
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        rows::{Look, Rows},
        sheet::Sheet,
        theme::Role,
        wording::moment,
        work::{
            Job, News,
            proving::{CaChoice, CodeSource, ProvingJob, ProvingNews},
        },
    },
};
use code::TypedCode;
use files::{FileCodes, OTHER_FILE, PREVIOUS};

/// Other groups.
const REGROUP: Action = Action::Verb(1);

/// Takes the code from a CSR.
const FROM_REQUEST: Action = Action::Verb(2);

/// Issues.
const ISSUE: Action = Action::Verb(3);

/// Shows the files as codes, or what was said again.
const CODES: Action = Action::Verb(4);

/// Where the wizard stands. Each step has what was chosen before.
#[derive(Debug)]
enum Step {
    /// Which platform.
    Platform,
    /// Which CA, once they are known.
    Authority,
    /// The code is typed.
    Typing,
    /// The CSR is chosen.
    Request,
    /// The medium is chosen.
    Target,
    /// What will be issued is shown.
    Summary(PathBuf),
    /// It went wrong.
    Failed(PathBuf, Failure),
    /// It is done: what is said of it, and its files as codes, where they are shown.
    Done(Sheet, FileCodes, Face),
}

/// What is seen of a proof that is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Face {
    Codes,
    Words,
}

/// Proving a CA.
#[derive(Debug)]
pub struct Proving {
    step: Step,
    platforms: List,
    authorities: Rows<CaChoice>,
    authority: Option<CaChoice>,
    typed: TypedCode,
    code: Option<CodeSource>,
    /// When a verification certificate ends, once it is known.
    end: Option<End>,
    browser: Browser,
}

impl Default for Proving {
    fn default() -> Self {
        Self::new()
    }
}

impl Proving {
    /// A wizard at its first step.
    #[must_use]
    pub fn new() -> Self {
        Self {
            step: Step::Platform,
            platforms: List::default(),
            authorities: Rows::default(),
            authority: None,
            typed: TypedCode::default(),
            code: None,
            end: None,
            browser: Browser::new(),
        }
    }

    /// The way into it.
    #[must_use]
    pub fn enter() -> Turn {
        Turn::enter(Screen::Proving(Self::new()))
    }

    fn platform(&self) -> Platform {
        Platform::ALL.get(self.platforms.chosen()).copied().unwrap_or(Platform::Aws)
    }

    /// One step back; out of the wizard from its first step and from its end.
    fn back(&mut self, about: &About) -> Turn {
        if let Some(turn) = self.browser().and_then(|browser| browser.back(about)) {
            return turn;
        }
        match &self.step {
            Step::Platform
            | Step::Done(_, _, Face::Words)
            | Step::Failed(_, Failure { aftermath: Aftermath::Proof { .. }, .. }) => return Turn::back(),
            Step::Authority => self.step = Step::Platform,
            Step::Typing => return self.ask_for_authorities(),
            Step::Request => self.step = Step::Typing,
            Step::Target => {
                self.browser = Browser::new();
                self.step = match self.code {
                    Some(CodeSource::Request { .. }) => Step::Request,
                    _ => Step::Typing,
                };
            }
            Step::Summary(_) | Step::Failed(..) => self.step = Step::Target,
            Step::Done(_, _, Face::Codes) => self.turn(),
        }
        Turn::stay()
    }

    fn ask_for_authorities(&mut self) -> Turn {
        self.authorities.forget();
        self.step = Step::Authority;
        Turn::work(Job::Proving(ProvingJob::Choices))
    }

    /// Shows the codes instead of the words, or the other way round.
    fn turn(&mut self) {
        if let Step::Done(_, codes, face) = &mut self.step {
            codes.first();
            *face = match face {
                Face::Codes => Face::Words,
                Face::Words => Face::Codes,
            };
        }
    }

    fn take_authority(&mut self) -> Turn {
        if self.authorities.is_unread() {
            return Turn::stay();
        }
        let Some(choice) = self.authorities.chosen() else {
            return Turn::refuse(
                "there is no CA that can issue",
                "make a root, or request and install a subordinate CA, under Authorities",
            );
        };
        if let Err(error) = self.platform().check_key(choice.key) {
            return refused(error);
        }
        self.authority = Some(choice.clone());
        self.step = Step::Typing;
        Turn::stay()
    }

    fn take_code(&mut self) -> Turn {
        // What the platform cannot have given is told before it is typed once more.
        if let Err(error) = self.platform().check_code(self.typed.text()) {
            return refused(error);
        }
        if self.typed.is_first() {
            self.typed.other();
            return Turn::stay();
        }
        match self.typed.repeated() {
            Ok(code) => self.code = Some(CodeSource::Typed(code)),
            Err(error) => return refused(error),
        }
        self.choose_target();
        Turn::stay()
    }

    fn choose_target(&mut self) {
        self.browser = Browser::new();
        self.step = Step::Target;
    }

    /// Opens the chosen folder, or takes the chosen file.
    fn open_in_browser(&mut self, about: &About) -> Turn {
        match (&self.step, self.browser.chosen_file()) {
            (Step::Request, Some(path)) => {
                let platform = self.platform();
                Turn::work(Job::Proving(ProvingJob::ReadRequest { path, platform }))
            }
            _ => self.browser.act(Action::Open, about),
        }
    }

    fn issue(&mut self) -> Turn {
        let (Step::Summary(to) | Step::Failed(to, _)) = &self.step else { return Turn::stay() };
        let (Some(authority), Some(code)) = (&self.authority, &self.code) else { return Turn::stay() };
        let job = ProvingJob::Issue {
            ca: authority.name.clone(),
            platform: self.platform(),
            code: code.clone(),
            to: to.clone(),
        };
        self.step = Step::Summary(to.clone());
        Turn::work(Job::Proving(job))
    }

    fn draw_authorities(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let text = "Which CA? Choose the one that signs the devices itself.";
        canvas.text(area.x, area.y, area.width, text, Role::Strong);
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(5), ..area };
        let look = Look {
            heads: &[],
            lines: 1,
            none: "There is no CA that can issue. Make one under Authorities first.",
        };
        self.authorities.draw(canvas, list, look, |canvas, place, choice, role| {
            canvas.outside(place.x + 2, place.y, 18, &Printable::new(&choice.name), role);
            canvas.text(place.x + 21, place.y, 9, &choice.key.to_string(), role);
            let taken = if self.platform().check_key(choice.key).is_ok() {
                "its key is taken"
            } else {
                "KEY NOT TAKEN"
            };
            canvas.text(place.x + 31, place.y, 18, taken, role);
            canvas.outside(place.x + 50, place.y, place.width.saturating_sub(50), &choice.subject, role);
        });
        let below = Rect { y: area.bottom().saturating_sub(2), height: 2, ..area };
        if let Some(choice) = self.authorities.chosen() {
            match self.platform().check_key(choice.key) {
                Ok(()) => {
                    let text = format!("its certificate ends {}", moment(choice.not_after));
                    canvas.paragraph(below, &text, Role::Faint);
                }
                Err(error) => {
                    canvas.paragraph(below, &format!("{error}: {}.", error.hint()), Role::Attention);
                }
            }
        }
    }
}

fn refused(error: impl Into<crate::ceremony::Error>) -> Turn {
    Turn { failure: Some(Failure::from(error.into())), ..Turn::default() }
}

impl Room for Proving {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Platform => "Prove a CA, step 1 of 5: the platform",
            Step::Authority => "Prove a CA, step 2 of 5: the CA",
            Step::Typing => "Prove a CA, step 3 of 5: the code",
            Step::Request => "Prove a CA, step 3 of 5: the CSR with the code",
            Step::Target => "Prove a CA, step 4 of 5: onto which medium?",
            Step::Summary(_) | Step::Failed(..) => "Prove a CA, step 5 of 5: issue",
            Step::Done(..) => "Prove a CA: done",
        }
    }

    fn help(&self) -> &'static str {
        help::of(&self.step)
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        if about.busy.is_some() && matches!(self.step, Step::Summary(_)) {
            return Vec::new();
        }
        match &self.step {
            Step::Platform | Step::Authority => {
                let keys = &[Key::Enter, Key::Right, Key::Char('l')];
                let mut bindings = vec![Binding::bar(keys, Action::Open, "choose")];
                bindings.extend_from_slice(LIST);
                bindings.push(BACK);
                bindings
            }
            Step::Typing => vec![
                Binding::bar(&[Key::Enter], Action::Proceed, "next"),
                Binding::bar(&[Key::Tab, Key::BackTab, Key::Down, Key::Up], Action::Next, "other field"),
                Binding::help(&[Key::Control('r')], REGROUP, "groups of four or of eight"),
                Binding::bar(&[Key::Control('f')], FROM_REQUEST, "from a CSR"),
                BACK,
            ],
            Step::Request => self.browser.bindings(Some("take this file"), None),
            Step::Target => {
                let write = Binding::bar(&[Key::Char('w')], Action::Proceed, "this folder");
                self.browser.bindings(None, Some(write))
            }
            Step::Summary(_) => {
                vec![Binding::bar(&[Key::Char('i')], ISSUE, "issue this one certificate"), BACK]
            }
            Step::Failed(_, failure) => {
                let next = match &failure.aftermath {
                    Aftermath::Proof { remaining: Remaining::Delivery, .. } => {
                        Binding::bar(&[Key::Char('d')], Action::Proceed, "on to delivery")
                    }
                    Aftermath::Proof { .. } => {
                        Binding::bar(&[Key::Char('s')], Action::Proceed, "on to signing")
                    }
                    _ => Binding::bar(&[Key::Char('i')], ISSUE, "issue again"),
                };
                vec![next, BACK]
            }
            Step::Done(_, codes, Face::Codes) => {
                let mut bindings =
                    vec![Binding::bar(&[Key::Char('n'), Key::Right, Key::Enter], Action::Next, "next code")];
                if !codes.is_first() {
                    bindings.push(Binding::bar(&[Key::Char('p'), Key::Left], PREVIOUS, "the one before"));
                }
                bindings.push(Binding::bar(&[Key::Tab], OTHER_FILE, "other file"));
                bindings.push(Binding::bar(&[Key::Char('c')], CODES, "the text"));
                bindings.push(BACK);
                bindings
            }
            Step::Done(sheet, _, Face::Words) => {
                let mut bindings = vec![
                    Binding::bar(&[Key::Enter], Action::Proceed, "done"),
                    Binding::bar(&[Key::Char('c')], CODES, "both files as QR codes"),
                ];
                bindings.extend(sheet.scrolling());
                bindings.push(BACK);
                bindings
            }
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        if action == Action::Back {
            return self.back(about);
        }
        match &mut self.step {
            Step::Platform => match action {
                Action::Open => return self.ask_for_authorities(),
                _ => self.platforms.act(action, Platform::ALL.len()),
            },
            Step::Authority => match action {
                Action::Open => return self.take_authority(),
                _ => return self.authorities.act(action),
            },
            Step::Typing => match action {
                Action::Proceed => return self.take_code(),
                Action::Next => self.typed.other(),
                REGROUP => self.typed.regroup(),
                FROM_REQUEST => {
                    self.browser = Browser::new();
                    self.step = Step::Request;
                }
                _ => {}
            },
            Step::Request | Step::Target => match action {
                Action::Open => return self.open_in_browser(about),
                Action::Proceed => {
                    if let Some(folder) = self.browser.folder() {
                        self.step = Step::Summary(folder.to_owned());
                    }
                }
                _ => return self.browser.act(action, about),
            },
            // What is stored is gone on with: a proof begun anew would be a second certificate.
            Step::Failed(_, Failure { aftermath: Aftermath::Proof { plan, platform, remaining }, .. }) => {
                if action == Action::Proceed {
                    let plan = (**plan).clone();
                    return Turn::replace(match remaining {
                        Remaining::Delivery => Screen::Delivery(Delivery::proof(plan, *platform)),
                        Remaining::Approval | Remaining::Signing => Screen::Signing(Signing::new(plan)),
                    });
                }
            }
            Step::Summary(_) | Step::Failed(..) => {
                if action == ISSUE {
                    return self.issue();
                }
            }
            Step::Done(..) if action == CODES => self.turn(),
            Step::Done(_, codes, Face::Codes) => codes.act(action),
            Step::Done(_, _, Face::Words) if action == Action::Proceed => return Turn::back(),
            Step::Done(sheet, _, Face::Words) => sheet.act(action),
        }
        Turn::stay()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.step {
            Step::Typing => Some(self.typed.field()),
            _ => self.browser().and_then(Browser::field),
        }
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        match self.step {
            Step::Request | Step::Target => Some(&mut self.browser),
            _ => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Proving(ProvingNews::Choices { choices, end }) => {
                self.end = Some(end);
                self.authorities.show(choices);
            }
            // Whoever went back meanwhile is not led away.
            News::Proving(ProvingNews::Requested { .. }) if !matches!(self.step, Step::Request) => {}
            News::Proving(ProvingNews::Requested { path, code }) => {
                self.code = Some(CodeSource::Request { path, code });
                self.choose_target();
            }
            News::Proving(ProvingNews::Proved { plan, delivered, ends, files }) => {
                if let Step::Summary(to) | Step::Failed(to, _) = &self.step {
                    let sheet = issue::done(self.platform(), &plan, &delivered, to, (ends, &files));
                    self.step = Step::Done(sheet, FileCodes::of(files), Face::Words);
                }
                // The frame shows the register's head, which went on.
                return Heard::Mine(Turn::work(Job::OpenHome));
            }
            News::Opened { .. } => {}
            other => {
                return match self.browser() {
                    Some(browser) => browser.hear(Box::new(other)),
                    None => Heard::NotMine(Box::new(other)),
                };
            }
        }
        Heard::Mine(Turn::stay())
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        match &self.step {
            Step::Summary(to) | Step::Failed(to, _) => {
                self.step = Step::Failed(to.clone(), failure.clone());
                // A plan that was stored meanwhile moved the register's head, which the frame shows.
                Told::Here(match failure.aftermath {
                    Aftermath::Proof { .. } => Turn::work(Job::OpenHome),
                    _ => Turn::stay(),
                })
            }
            Step::Authority if self.authorities.is_unread() => {
                self.step = Step::Platform;
                Told::OnTop
            }
            _ => Told::OnTop,
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Platform => platform::draw(canvas, area, self.platforms.chosen()),
            Step::Authority => self.draw_authorities(canvas, area),
            Step::Typing => {
                self.typed.draw(canvas, area);
                let below = Rect { y: area.y + 15, height: area.height.saturating_sub(15), ..area };
                canvas.paragraph(
                    below,
                    &format!("Code: {}.", Console::of(self.platform()).code),
                    Role::Faint,
                );
            }
            Step::Request | Step::Target => self.browser.draw(canvas, area, about),
            Step::Summary(to) => {
                let (authority, code) = (self.authority.as_ref(), self.code.as_ref());
                issue::draw_summary(canvas, area, self.platform(), (authority, code, self.end), to);
            }
            Step::Failed(_, failure) => issue::draw_failed(canvas, area, failure),
            Step::Done(_, codes, Face::Codes) => codes.draw(canvas),
            Step::Done(sheet, _, Face::Words) => sheet.draw_placed(canvas, area),
        }
    }
}

#[cfg(test)]
mod tests;
