//! Approval: the words of the plan are typed, all of them. A single key approves nothing.

use ratatui::layout::Rect;

use super::{Screen, signing::Signing};
use crate::{
    ceremony::{Class, PlannedAuthorities, StoredPlan},
    pki::{text::Printable, time::Time},
    tui::{
        canvas::{Canvas, wrapped},
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        theme::Role,
        typed_words::TypedWords,
        wording::{below, counted, grouped, moment},
        work::{Job, News},
    },
};

/// The approval of a plan.
#[derive(Debug)]
pub struct Approval {
    plan: StoredPlan,
    /// The first and the last notAfter, where they are known.
    until: Option<(Time, Time)>,
    /// The CAs that are made, where the certificates are those of CAs.
    authorities: Option<PlannedAuthorities>,
    /// What nobody may overlook, each a sentence.
    serious: Vec<String>,
    words: TypedWords,
}

impl Approval {
    /// The approval of a plan, nothing typed yet.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        let words = TypedWords::new(plan.words(), "plan");
        Self { plan, until: None, authorities: None, serious: Vec::new(), words }
    }

    /// The same, saying until when the certificates are valid: the first and the last notAfter.
    #[must_use]
    pub fn until(mut self, until: Option<(Time, Time)>) -> Self {
        self.until = until;
        self
    }

    /// The same, saying which CAs are made.
    #[must_use]
    pub fn making(mut self, authorities: Option<PlannedAuthorities>) -> Self {
        self.authorities = authorities;
        self
    }

    /// The same, saying first what nobody may overlook: that a subject or a key has a certificate already.
    #[must_use]
    pub fn beware(mut self, serious: Vec<String>) -> Self {
        self.serious = serious;
        self
    }

    /// Says what is to be signed, in so many rows at most as `area` has; returns the rows used.
    fn draw_what(&self, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
        let mut rows = Account { canvas, area, y: area.y };
        for serious in &self.serious {
            rows.line(&format!("BEWARE: {serious}"), Role::Attention);
        }
        if let Some(made) = &self.authorities {
            rows.authorities(made);
        } else {
            let number = format!("to be signed: {}", counted(self.plan.accepted, "certificate"));
            rows.line(&number, Role::Strong);
        }
        let mut under = format!("by CA {} with profile {}", self.plan.authority, self.plan.profile);
        if let Some((first, last)) = self.until {
            let latest = if first == last { "" } else { " at the latest" };
            under.extend([", valid until ", &moment(last), latest]);
        }
        rows.line(Printable::new(&under).as_str(), Role::Plain);
        rows.y - area.y
    }
}

/// Rows of what is to be signed, one below the other. The words of the plan stand beneath and never give way to them:
/// what is too much for the rows is cut, and it is said where it stands whole.
struct Account<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    area: Rect,
    y: u16,
}

/// Where labels end.
const LABELS: u16 = 14;

/// The row below the CAs: by whom they are signed.
const UNDER: u16 = 1;

impl Account<'_, '_> {
    fn left(&self) -> u16 {
        self.area.bottom().saturating_sub(self.y)
    }

    fn line(&mut self, text: &str, role: Role) {
        self.canvas.text(self.area.x, self.y, self.area.width, text, role);
        self.y += 1;
    }

    fn labelled(&mut self, label: &str, text: &str, role: Role) {
        self.canvas.text(self.area.x, self.y, LABELS, label, Role::Faint);
        let width = self.area.width.saturating_sub(LABELS);
        self.canvas.text(self.area.x + LABELS, self.y, width, text, role);
        self.y += 1;
    }

    /// The CAs that are made, and what each may issue.
    fn authorities(&mut self, made: &PlannedAuthorities) {
        let text = if made.count == 1 {
            "THIS MAKES A CA: whoever holds its key can issue certificates".to_owned()
        } else {
            format!("THIS MAKES {} CAs: whoever holds their keys can issue certificates", grouped(made.count))
        };
        self.line(&text, Role::Attention);
        // One row each for how many follow below, for the names below, and for what stands under all of it.
        let room = usize::from(self.left().saturating_sub(2 + UNDER)).max(1);
        let named = made.names.len().min(room);
        for (row, name) in made.names.iter().take(named).enumerate() {
            let name = self.canvas.theme().shown(name);
            self.labelled(if row == 0 { "name" } else { "and" }, &name, Role::Strong);
        }
        let more = made.count.saturating_sub(named as u64);
        let more = if more > 0 { format!("{} more in the plan; ", grouped(more)) } else { String::new() };
        self.line(&format!("{more}{}", below(made.path_length)), Role::Strong);
        self.names_below(&made.names_below);
    }

    fn names_below(&mut self, names: &Printable) {
        let names = self.canvas.theme().shown(names);
        let mut lines = wrapped(&names, usize::from(self.area.width.saturating_sub(LABELS)));
        let room = usize::from(self.left().saturating_sub(UNDER)).max(1);
        if lines.len() > room {
            lines.truncate(room - 1);
            lines.push("limits beyond this screen: look at the certificate in the plan".to_owned());
        }
        for (row, line) in lines.iter().enumerate() {
            self.labelled(if row == 0 { "names below" } else { "" }, line, Role::Strong);
        }
    }
}

impl Room for Approval {
    fn title(&self) -> &'static str {
        "Approval"
    }

    fn help(&self) -> &'static str {
        "Read the words aloud to each other and compare them with those that everybody noted from the plan. Then type \
         them, with blanks between them; small letters will do. Only exactly this plan can be approved so. What is \
         approved can be signed; nothing is signed yet."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        vec![Binding::bar(&[Key::Enter], Action::Proceed, "approve this plan"), BACK]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed => {
                Turn::work(Job::Approve { plan: self.plan.clone(), words: self.words.text().to_owned() })
            }
            _ => Turn::stay(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(self.words.field())
    }

    fn typed(&mut self) -> Turn {
        self.words.typed();
        Turn::stay()
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Approved(plan) => Heard::Mine(
                Turn::replace(Screen::Signing(Signing::new(plan)))
                    // The frame shows the register's head, which the approval moved.
                    .and(Job::OpenHome),
            ),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        if failure.class != Class::NotApproved {
            return Told::OnTop;
        }
        self.words.refuse();
        Told::Here(Turn::stay())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let what = Rect { height: area.height.saturating_sub(TypedWords::ROWS_MIN + 1), ..area };
        let above = self.draw_what(canvas, what) + 1;
        self.words
            .draw(canvas, Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area });
    }
}
