//! Proving a CA to a platform, step by step: platform, CA, code, medium, summary, result.

mod code;
pub mod platform;

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::{
    Screen,
    audit::{draw_sheet, scrolling},
};
use crate::{
    ceremony::{Delivered, EntryKind, Platform, StoredPlan},
    pki::text::Printable,
    tui::{
        browser::{Browser, shown},
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::moment,
        work::{
            Job, News,
            proving::{CaChoice, CodeSource, ProvingJob, ProvingNews},
        },
    },
};
use code::{Compared, TypedCode};

/// Types a path.
const TYPE: Action = Action::Verb(0);

/// Other groups.
const REGROUP: Action = Action::Verb(1);

/// Takes the code from a CSR.
const FROM_REQUEST: Action = Action::Verb(2);

/// Issues.
const ISSUE: Action = Action::Verb(3);

/// Where the wizard stands. Each step has what was chosen before.
#[derive(Debug)]
enum Step {
    /// Which platform.
    Platform,
    /// Which CA, once they are known.
    Authority(Option<Vec<CaChoice>>),
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
    /// It is done.
    Done(Sheet),
}

/// Proving a CA.
#[derive(Debug)]
pub struct Proving {
    step: Step,
    platforms: List,
    authorities: List,
    authority: Option<CaChoice>,
    typed: TypedCode,
    code: Option<CodeSource>,
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
            authorities: List::default(),
            authority: None,
            typed: TypedCode::default(),
            code: None,
            browser: Browser::new(),
        }
    }

    /// The way into it.
    #[must_use]
    pub fn enter() -> Turn {
        Turn::enter(Screen::Proving(Self::new()))
    }

    fn platform(&self) -> Platform {
        Platform::ALL.get(self.platforms.chosen()).map_or(Platform::Aws, |(_, platform)| *platform)
    }

    fn words(&self) -> platform::Words {
        platform::words(self.platform())
    }

    /// One step back; out of the wizard from its first step and from its end.
    fn back(&mut self, about: &About) -> Turn {
        match &self.step {
            Step::Platform | Step::Done(_) => return Turn::back(),
            Step::Request | Step::Target if self.browser.is_typing() => {
                return self.browser.back(about).unwrap_or_default();
            }
            Step::Authority(_) => self.step = Step::Platform,
            Step::Typing => {
                self.step = Step::Authority(None);
                return Turn::work(Job::Proving(ProvingJob::Choices));
            }
            Step::Request => self.step = Step::Typing,
            Step::Target => {
                self.browser = Browser::new();
                self.step = match self.code {
                    Some(CodeSource::Request { .. }) => Step::Request,
                    _ => Step::Typing,
                };
            }
            Step::Summary(_) | Step::Failed(..) => self.step = Step::Target,
        }
        Turn::stay()
    }

    fn take_authority(&mut self) -> Turn {
        let Step::Authority(Some(choices)) = &self.step else { return Turn::stay() };
        let Some(choice) = choices.get(self.authorities.chosen()) else {
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
        if self.typed.text().is_empty() {
            return Turn::refuse("no code is typed yet", "type it exactly as the platform shows it");
        }
        if self.typed.to_second() {
            // What the platform cannot have given is told before it is typed once more.
            return self.platform().check_code(self.typed.text()).map_or_else(
                |error| {
                    self.typed.other();
                    refused(error)
                },
                |()| Turn::stay(),
            );
        }
        match self.typed.compared() {
            Compared::Same => {}
            Compared::Unfinished => {
                return Turn::refuse(
                    "the code was not typed to its end the second time",
                    "type the rest of it; read it from the platform again",
                );
            }
            Compared::DifferAt(at) => {
                return Turn::refuse(
                    format!("the codes are not the same: {}", self.typed.difference(at)),
                    "read both against the platform, group by group, and correct the wrong one",
                );
            }
        }
        if let Err(error) = self.platform().check_code(self.typed.text()) {
            return refused(error);
        }
        self.code = Some(CodeSource::Typed(self.typed.text().to_owned()));
        self.to_target();
        Turn::stay()
    }

    fn to_target(&mut self) {
        self.browser = Browser::new();
        self.step = Step::Target;
    }

    /// Opens the chosen folder, or takes the chosen file.
    fn open_in_browser(&mut self, about: &About) -> Turn {
        let file = match (&self.step, self.browser.folder(), self.browser.chosen(about)) {
            (Step::Request, Some(folder), Some(path)) => folder
                .entries
                .iter()
                .any(|entry| entry.path == path && entry.kind == EntryKind::File)
                .then_some(path),
            _ => None,
        };
        match file {
            Some(path) => {
                let platform = self.platform();
                Turn::work(Job::Proving(ProvingJob::ReadRequest { path, platform }))
            }
            None => self.browser.act(Action::Open, about),
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

    fn browser_bindings(&self, file: &'static str) -> Vec<Binding> {
        let mut bindings = vec![Binding::bar(&[Key::Enter], Action::Open, file)];
        if !self.browser.is_typing() {
            bindings.push(Binding::help(&[Key::Right, Key::Char('l')], Action::Right, "into the folder"));
            bindings.push(Binding::help(&[Key::Left, Key::Char('h')], Action::Left, "out of the folder"));
            if let (Step::Target, Some(_)) = (&self.step, self.browser.folder()) {
                bindings.push(Binding::bar(&[Key::Char('w')], Action::Proceed, "write into this folder"));
            }
            bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type a path"));
            bindings.extend_from_slice(LIST);
        }
        bindings.push(BACK);
        bindings
    }

    fn draw_platforms(&self, canvas: &mut Canvas<'_>, area: Rect) {
        canvas.text(area.x, area.y, area.width, "Which platform shall know the CA?", Role::Strong);
        for (row, (name, platform)) in Platform::ALL.iter().enumerate() {
            let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
            let (mark, role) =
                if row == self.platforms.chosen() { (">", Role::Selected) } else { (" ", Role::Plain) };
            canvas.row(area, y, &format!("{mark} {:<20}({name})", platform::words(*platform).name), role);
        }
        let mut y = area.y + 5;
        let words = self.words();
        canvas.rule(area, y, words.name);
        y += 1;
        let code = format!("The code: {}.", words.code);
        for text in std::iter::once(code.as_str()).chain(words.rules.iter().copied()) {
            canvas.text(area.x, y, 1, "-", Role::Faint);
            let below = Rect {
                x: area.x + 2,
                y,
                width: area.width.saturating_sub(2),
                height: area.bottom().saturating_sub(y),
            };
            y += canvas.paragraph(below, text, Role::Plain);
        }
    }

    fn draw_authorities(&self, canvas: &mut Canvas<'_>, area: Rect, choices: Option<&[CaChoice]>) {
        let Some(choices) = choices else {
            canvas.text(area.x, area.y, area.width, "looking for CAs ...", Role::Faint);
            return;
        };
        canvas.text(
            area.x,
            area.y,
            area.width,
            "Which CA? Choose the one that signs the devices itself.",
            Role::Strong,
        );
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(5), ..area };
        let page = usize::from(list.height);
        let first = self.authorities.first_seen(choices.len(), page);
        for (row, choice) in choices.iter().enumerate().skip(first).take(page) {
            let y = list.y + u16::try_from(row - first).unwrap_or(0);
            let (mark, role) =
                if row == self.authorities.chosen() { (">", Role::Selected) } else { (" ", Role::Plain) };
            canvas.row(list, y, mark, role);
            canvas.outside(list.x + 2, y, 18, &Printable::new(&choice.name), role);
            canvas.text(list.x + 21, y, 9, &choice.key.to_string(), role);
            let taken = if self.platform().check_key(choice.key).is_ok() { "taken" } else { "NOT TAKEN" };
            canvas.text(list.x + 31, y, 10, taken, role);
            canvas.outside(list.x + 42, y, list.width.saturating_sub(42), &choice.subject, role);
        }
        if choices.is_empty() {
            let text = "There is no CA that can issue. Make one under Authorities first.";
            canvas.paragraph(list, text, Role::Attention);
        }
        let below = Rect { y: area.bottom().saturating_sub(2), height: 2, ..area };
        if let Some(choice) = choices.get(self.authorities.chosen()) {
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

    fn draw_summary(&self, canvas: &mut Canvas<'_>, area: Rect, to: &Path) {
        let text = "One certificate will be issued, for this proof only:";
        canvas.text(area.x, area.y, area.width, text, Role::Strong);
        let mut y = area.y + 2;
        y += canvas.labelled(area, y, "platform", self.words().name, Role::Plain);
        if let Some(authority) = &self.authority {
            let name = Printable::new(&format!("{}, {}", authority.name, authority.key));
            y += canvas.labelled(area, y, "signed by CA", name.as_str(), Role::Plain);
        }
        let (code, from) = match &self.code {
            Some(CodeSource::Typed(code)) => (Printable::new(code), "typed twice, the same".to_owned()),
            Some(CodeSource::Request { path, code }) => {
                (code.clone(), format!("from the CSR {}", shown(path)))
            }
            None => return,
        };
        y += canvas.labelled(area, y, "code", &from, Role::Plain);
        let groups = Rect { x: area.x + 4, y, width: area.width.saturating_sub(4), height: 3 };
        code::draw(canvas, groups, &code);
        y += 3;
        let facts = "its name; it ends after some days (profile verification)";
        y += canvas.labelled(area, y, "the code is", facts, Role::Plain);
        let not = "a CA; and without clientAuth it can stand for no device";
        y += canvas.labelled(area, y, "it is not", not, Role::Plain);
        canvas.text(area.x, y, 18, "written to", Role::Faint);
        canvas.outside(area.x + 18, y, area.width.saturating_sub(18), &shown(to), Role::Plain);
        y += 2;
        let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        let text = "Compare the code with the platform once more. Then i issues it: the PIN is asked for, the \
                    certificate is signed, recorded, written and read back.";
        canvas.paragraph(below, text, Role::Plain);
    }

    fn done(&self, plan: &StoredPlan, delivered: &Delivered, to: &Path) -> Sheet {
        let words = self.words();
        let folder = shown(&to.join(&delivered.folder));
        let mut items = vec![
            Item::Words(
                "DONE: the verification certificate is issued, recorded, written and read back.".to_owned(),
                Role::Good,
            ),
            Item::Gap,
            Item::labelled("folder", folder),
            Item::labelled("upload as the CA", Printable::new("ca.pem")),
            Item::labelled("upload as the proof", Printable::new("certificates.pem")),
            Item::labelled("plan", Printable::new(&plan.id)),
            Item::Gap,
            Item::Heading(format!("Next, at {}", words.name)),
        ];
        for (place, step) in words.steps.iter().enumerate() {
            items.push(Item::Words(format!("{}. {step}", place + 1), Role::Plain));
        }
        if !words.commands.is_empty() {
            items.push(Item::Gap);
            items.push(Item::Words("Or as a command, in that folder:".to_owned(), Role::Faint));
            items.extend(words.commands.iter().map(|row| Item::Row((*row).to_owned(), Role::Strong)));
        }
        items.push(Item::Gap);
        items.push(Item::Words(
            "Consoles change their words; the files stay the same. The certificate ends by itself after some days."
                .to_owned(),
            Role::Faint,
        ));
        Sheet::new(items)
    }
}

fn refused(error: crate::ceremony::Error) -> Turn {
    Turn { failure: Some(Failure::from(error)), ..Turn::default() }
}

impl Room for Proving {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Platform => "Prove a CA, step 1 of 5: the platform",
            Step::Authority(_) => "Prove a CA, step 2 of 5: the CA",
            Step::Typing => "Prove a CA, step 3 of 5: the code",
            Step::Request => "Prove a CA, step 3 of 5: the CSR with the code",
            Step::Target => "Prove a CA, step 4 of 5: onto which medium?",
            Step::Summary(_) | Step::Failed(..) => "Prove a CA, step 5 of 5: issue",
            Step::Done(_) => "Prove a CA: done",
        }
    }

    fn help(&self) -> &'static str {
        "A platform takes a CA only from somebody who holds its key. It shows a code; the CA signs a certificate with \
         that code as its name; the platform compares. No CSR is needed. The code is typed twice, so that a slip is \
         found here and not days later. The certificate can stand for no device and ends by itself."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        if about.busy.is_some() && matches!(self.step, Step::Summary(_)) {
            return Vec::new();
        }
        match &self.step {
            Step::Platform | Step::Authority(_) => {
                let keys = &[Key::Enter, Key::Right, Key::Char('l')];
                let mut bindings = vec![Binding::bar(keys, Action::Open, "choose")];
                bindings.extend_from_slice(LIST);
                bindings.push(BACK);
                bindings
            }
            Step::Typing => vec![
                Binding::bar(&[Key::Enter], Action::Proceed, "next"),
                Binding::bar(&[Key::Tab, Key::BackTab, Key::Down, Key::Up], Action::Next, "other field"),
                Binding::bar(&[Key::Control('r')], REGROUP, "groups"),
                Binding::bar(&[Key::Control('f')], FROM_REQUEST, "from a CSR"),
                BACK,
            ],
            Step::Request => self.browser_bindings("open, or take this file"),
            Step::Target => self.browser_bindings("open"),
            Step::Summary(_) => {
                vec![Binding::bar(&[Key::Char('i')], ISSUE, "issue this one certificate"), BACK]
            }
            Step::Failed(..) => vec![Binding::bar(&[Key::Char('i')], ISSUE, "issue, once mended"), BACK],
            Step::Done(_) => {
                let mut bindings = scrolling();
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
                Action::Open => {
                    self.step = Step::Authority(None);
                    return Turn::work(Job::Proving(ProvingJob::Choices));
                }
                _ => self.platforms.act(action, Platform::ALL.len()),
            },
            Step::Authority(choices) => match action {
                Action::Open => return self.take_authority(),
                _ => self.authorities.act(action, choices.as_ref().map_or(0, Vec::len)),
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
                TYPE => self.browser.type_path(),
                Action::Open => return self.open_in_browser(about),
                Action::Proceed => {
                    if let Some(folder) = self.browser.folder() {
                        self.step = Step::Summary(folder.path.clone());
                    }
                }
                _ => return self.browser.act(action, about),
            },
            Step::Summary(_) | Step::Failed(..) => {
                if action == ISSUE {
                    return self.issue();
                }
            }
            Step::Done(sheet) => sheet.act(action),
        }
        Turn::stay()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.step {
            Step::Typing => Some(self.typed.field()),
            Step::Request | Step::Target => self.browser.field(),
            _ => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Proving(ProvingNews::Choices(choices)) => {
                if let Step::Authority(known) = &mut self.step {
                    self.authorities.keep_within(choices.len());
                    *known = Some(choices);
                }
            }
            News::Proving(ProvingNews::Requested { path, code }) => {
                self.code = Some(CodeSource::Request { path, code });
                self.to_target();
            }
            News::Proving(ProvingNews::Proved { plan, delivered }) => {
                if let Step::Summary(to) | Step::Failed(to, _) = &self.step {
                    self.step = Step::Done(self.done(&plan, &delivered, to));
                }
                // The frame shows the register's head, which went on.
                return Heard::Mine(Turn::work(Job::OpenHome));
            }
            News::Opened { .. } => {}
            News::Folder(listing) if matches!(self.step, Step::Request | Step::Target) => {
                self.browser.show(listing);
            }
            other => return Heard::NotMine(Box::new(other)),
        }
        Heard::Mine(Turn::stay())
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        match &self.step {
            Step::Summary(to) | Step::Failed(to, _) => {
                self.step = Step::Failed(to.clone(), failure.clone());
                Told::Here(Turn::stay())
            }
            Step::Authority(None) => {
                self.step = Step::Platform;
                Told::OnTop
            }
            _ => Told::OnTop,
        }
    }

    fn tick(&mut self, about: &About) -> Turn {
        self.browser.look_again(about);
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Platform => self.draw_platforms(canvas, area),
            Step::Authority(choices) => self.draw_authorities(canvas, area, choices.as_deref()),
            Step::Typing => {
                self.typed.draw(canvas, area);
                let below = Rect { y: area.y + 15, height: area.height.saturating_sub(15), ..area };
                canvas.paragraph(below, &format!("Code: {}.", self.words().code), Role::Faint);
            }
            Step::Request | Step::Target => self.browser.draw(canvas, area, about),
            Step::Summary(to) => self.draw_summary(canvas, area, to),
            Step::Failed(_, failure) => draw_failed(canvas, area, failure),
            Step::Done(sheet) => draw_sheet(canvas, area, sheet),
        }
    }
}

fn draw_failed(canvas: &mut Canvas<'_>, area: Rect, failure: &Failure) {
    let mut y = area.y;
    let texts = [
        (format!("NOT DONE: {}.", failure.what), Role::Bad),
        (format!("What to do: {}.", failure.hint), Role::Plain),
        (
            "What is safe: before the PIN is taken nothing is stored. A certificate that was signed already is recorded; \
             look under Register, plans: a proof that is not finished stands there, and goes on from there with Enter."
                .to_owned(),
            Role::Plain,
        ),
    ];
    for (text, role) in texts {
        let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        y += canvas.paragraph(below, &text, role) + 1;
    }
}

#[cfg(test)]
mod tests;
