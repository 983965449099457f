//! Approval: the words of the plan are typed, all of them. A single key approves nothing.

use ratatui::layout::Rect;

use super::{Screen, signing::Signing};
use crate::{
    ceremony::{Class, PlannedAuthorities, StoredPlan},
    pki::{text::Printable, time::Time},
    tui::{
        canvas::Canvas,
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

    /// Says what is to be signed; returns the rows used.
    fn draw_what(&self, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
        let plan = &self.plan;
        let mut y = area.y;
        for serious in &self.serious {
            canvas.text(area.x, y, area.width, &format!("BEWARE: {serious}"), Role::Attention);
            y += 1;
        }
        if let Some(made) = &self.authorities {
            let text = if made.count == 1 {
                "THIS MAKES A CA: whoever holds its key can issue certificates".to_owned()
            } else {
                format!(
                    "THIS MAKES {} CAs: whoever holds their keys can issue certificates",
                    grouped(made.count)
                )
            };
            canvas.text(area.x, y, area.width, &text, Role::Attention);
            y += 1;
            for (row, name) in made.names.iter().enumerate() {
                let label = if row == 0 { "name" } else { "and" };
                canvas.text(area.x, y, 14, label, Role::Faint);
                canvas.outside(area.x + 14, y, area.width.saturating_sub(14), name, Role::Strong);
                y += 1;
            }
            let more = made.count.saturating_sub(made.names.len() as u64);
            let more = if more > 0 { format!("{} more in the plan; ", grouped(more)) } else { String::new() };
            let text = format!("{more}{}", below(made.path_length));
            canvas.text(area.x, y, area.width, &text, Role::Strong);
            y += 1;
            canvas.text(area.x, y, 14, "names below", Role::Faint);
            // The whole of it: three rows hold what a profile usually has.
            let below = Rect { x: area.x + 14, y, width: area.width.saturating_sub(14), height: 3 };
            let names = canvas.theme().shown(&made.names_below);
            y += canvas.paragraph(below, &names, Role::Strong).saturating_sub(1);
        } else {
            let number = format!("to be signed: {}", counted(plan.accepted, "certificate"));
            canvas.text(area.x, y, area.width, &number, Role::Strong);
        }
        let mut under = format!("by CA {} with profile {}", plan.authority, plan.profile);
        if let Some((first, last)) = self.until {
            let latest = if first == last { "" } else { " at the latest" };
            under.extend([", valid until ", &moment(last), latest]);
        }
        canvas.text(area.x, y + 1, area.width, Printable::new(&under).as_str(), Role::Plain);
        y + 2 - area.y
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
        let above = self.draw_what(canvas, area) + 1;
        self.words
            .draw(canvas, Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area });
    }
}
