//! A cross-certificate: the key of another CA gets a certificate from a CA of this home. File and profile are chosen, the plan
//! is made, and the words of the other CA's certificate are compared before anything is approved.

use std::path::{Path, PathBuf};

use ratatui::layout::Rect;

use super::{Screen, authority::word_rows, plan::Plan};
use crate::{
    ceremony::{CrossPlanned, ProfileSection, StoredPlan},
    pki::text::Printable,
    tui::{
        browser::Browser,
        canvas::Canvas,
        file_choice::{Chosen, FileChoice, Wanted},
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        model::About,
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        wording::counted,
        work::{
            Job, News,
            ca_life::{CaLifeJob, CaLifeNews},
        },
    },
};

/// Most rows of profiles that are seen at a time; below them stand the limits of the chosen one.
const PROFILE_ROWS: u16 = 5;

/// How far it has come.
#[derive(Debug)]
enum Step {
    /// The file is chosen.
    File,
    /// The profile is chosen.
    Profile { certificate: PathBuf, profiles: Vec<ProfileSection>, list: List },
    /// It is planned; the words of the other CA's certificate are compared.
    Planned { plan: Box<StoredPlan>, sheet: Sheet },
}

/// A cross-certificate that is to be planned.
#[derive(Debug)]
pub struct CaCross {
    ca: String,
    file: FileChoice,
    step: Step,
}

impl CaCross {
    /// By this CA; nothing is chosen yet.
    #[must_use]
    pub fn new(ca: &str) -> Self {
        let wanted = Wanted { label: "this certificate", otherwise: "" };
        Self { ca: ca.to_owned(), file: FileChoice::one(wanted), step: Step::File }
    }

    fn choose_file(&mut self, action: Action, about: &About) -> Turn {
        match self.file.act(action, about) {
            Chosen::On(turn) => turn,
            Chosen::Out => Turn::back(),
            Chosen::Done => Turn::work(Job::CaLife(CaLifeJob::CrossProfiles)),
        }
    }
}

fn draw_profiles(canvas: &mut Canvas<'_>, area: Rect, profiles: &[ProfileSection], list: List) {
    let Some(chosen) = profiles.get(list.chosen()) else {
        let text = "authority.toml has no profile of the kind subordinate-ca. It is what sets the limits of a \
                    cross-certificate: path length, permitted names, how long. Write one and come back.";
        canvas.paragraph(area, text, Role::Plain);
        return;
    };
    let page = usize::from(PROFILE_ROWS).min(profiles.len());
    let first = list.first_seen(profiles.len(), page);
    for ((row, profile), y) in profiles.iter().enumerate().skip(first).take(page).zip(area.y..) {
        let role = list.lay(canvas, area, y, row);
        canvas.outside(area.x + 2, y, 26, &Printable::new(&profile.name), role);
        let width = area.width.saturating_sub(29);
        canvas.outside(area.x + 29, y, width, &Printable::new(&profile.summary), role);
    }
    let y = area.y + u16::try_from(page).unwrap_or(PROFILE_ROWS) + 1;
    canvas.rule(area, y, "the limits that the other CA gets, as authority.toml has them");
    let said = |line: &&str| !line.is_empty() && !line.starts_with(['#', '[']);
    let lines: Vec<&str> = chosen.text.lines().map(str::trim).filter(said).collect();
    let room = usize::from(area.bottom().saturating_sub(y + 1));
    let seen = if lines.len() > room { room.saturating_sub(1) } else { lines.len() };
    for (line, y) in lines[..seen].iter().zip(y + 1..) {
        canvas.outside(area.x, y, area.width, &Printable::new(line), Role::Plain);
    }
    if seen < lines.len() {
        let more = (lines.len() - seen) as u64;
        let text =
            format!("and {} in authority.toml; the plan says path length and names", counted(more, "line"));
        canvas.text(area.x, area.bottom() - 1, area.width, &text, Role::Attention);
    }
}

fn planned(made: &CrossPlanned) -> Vec<Item> {
    let text = "The cross-certificate is planned. Nothing is approved or signed: compare the words of the certificate that it \
                was made from with those that the keeper of that CA tells you another way. Whoever approves the plan lets \
                that CA issue for all who trust yours.";
    let mut items = vec![Item::Words(text.to_owned(), Role::Attention)];
    items.push(Item::Heading("The words of the other CA's certificate".to_owned()));
    items.extend(word_rows(&made.certificate_sha256.words()));
    items.push(Item::labelled("SHA-256 of it", Printable::new(&made.certificate_sha256.to_string())));
    items.push(Item::labelled("plan", Printable::new(&made.plan.id)));
    for note in &made.notes {
        let noted = format!("{} ({})", note.message, note.control.id());
        items.push(Item::labelled("note", Printable::new(&noted)));
    }
    items
}

impl Room for CaCross {
    fn title(&self) -> &'static str {
        match self.step {
            Step::File => "Cross-certificate: for which root?",
            Step::Profile { .. } => "Cross-certificate: by which profile?",
            Step::Planned { .. } => "Cross-certificate: are these the words of the other CA?",
        }
    }

    fn help(&self) -> &'static str {
        "A cross-certificate is what this CA gives to the key of another one: whoever trusts this CA comes to what the other \
         one issues. Choose the file with the other CA's own self-signed certificate, which proves that it holds its key; a \
         CA without one gives a request instead, for Sign requests. The profile sets the limits: path length, permitted \
         names, how long. Name and key identifier are the other CA's. It is a plan like any other: approve it by its words, \
         sign and deliver it; the other CA keeps it beside its own certificate."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        match &self.step {
            Step::File => return self.file.bindings(""),
            Step::Profile { profiles, .. } => {
                if !profiles.is_empty() {
                    bindings.push(Binding::bar(&[Key::Enter], Action::Proceed, "plan it by this profile"));
                    bindings.extend_from_slice(LIST);
                }
            }
            Step::Planned { sheet, .. } => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Proceed, "to the plan"));
                bindings.extend(sheet.scrolling());
            }
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match (&mut self.step, action) {
            (Step::File, _) => return self.choose_file(action, about),
            (Step::Profile { .. }, Action::Back) => self.step = Step::File,
            (Step::Profile { certificate, profiles, list }, Action::Proceed) => {
                let Some(profile) = profiles.get(list.chosen()) else { return Turn::stay() };
                return Turn::work(Job::CaLife(CaLifeJob::Cross {
                    ca: self.ca.clone(),
                    profile: profile.name.clone(),
                    certificate: certificate.clone(),
                }));
            }
            (Step::Profile { profiles, list, .. }, _) => list.act(action, profiles.len()),
            (Step::Planned { .. }, Action::Back) => return Turn::back(),
            (Step::Planned { plan, .. }, Action::Proceed) => {
                return Turn::replace(Screen::Plan(Plan::stored(plan.as_ref().clone())));
            }
            (Step::Planned { sheet, .. }, _) => sheet.act(action),
        }
        Turn::stay()
    }

    fn browser(&mut self) -> Option<&mut Browser> {
        matches!(self.step, Step::File).then(|| self.file.browser())
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match (*news, self.file.first().map(Path::to_owned)) {
            (News::CaLife(CaLifeNews::Profiles(profiles)), Some(certificate)) => {
                self.step = Step::Profile { certificate, profiles, list: List::default() };
                Heard::Mine(Turn::stay())
            }
            (News::CaLife(CaLifeNews::Crossed(made)), _) => {
                let sheet = Sheet::new(planned(&made));
                self.step = Step::Planned { plan: Box::new(made.plan), sheet };
                Heard::Mine(Turn::work(Job::OpenHome))
            }
            (other, _) => self.file.browser().hear(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::File => self.file.draw(canvas, area, about),
            Step::Profile { profiles, list, .. } => draw_profiles(canvas, area, profiles, *list),
            Step::Planned { sheet, .. } => sheet.draw_placed(canvas, area),
        }
    }
}
