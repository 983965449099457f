//! The forms of a delivery: a list of all there are, each with what it is, of which some are chosen.

use ratatui::layout::Rect;

use crate::{
    ceremony::{FormObstacle, Format},
    pki::platform::Platform,
    tui::{
        canvas::Canvas,
        keymap::Action,
        list::List,
        theme::Role,
        wording::{counted, some_of},
        work::FormsWithKeys,
    },
};

/// Rows below the list: what is in the way of the chosen one, and what to do about it.
const FOOT_ROWS: u16 = 3;

/// Characters that stand whole beside a label on the smallest terminal.
const TOLD_CHARS_MAX: usize = 60;

/// The forms, and which are chosen besides what is there always.
#[derive(Debug)]
pub struct Forms {
    /// Those that can be had of what is delivered.
    offered: &'static [Format],
    /// What is there always, in words.
    always: &'static str,
    /// What each of them is, in a few words.
    about: fn(Format) -> &'static str,
    list: List,
    chosen: Vec<Format>,
    obstacles: Obstacles,
    with_keys: FormsWithKeys,
}

/// What is known of what is in the way of forms.
#[derive(Debug, Default)]
enum Obstacles {
    /// It was asked for.
    Asked,
    /// All of it.
    Known(Vec<FormObstacle>),
    /// Nothing was asked yet.
    #[default]
    Unknown,
}

impl Forms {
    /// None chosen besides what is there always.
    #[must_use]
    pub fn of(offered: &'static [Format], always: &'static str, about: fn(Format) -> &'static str) -> Self {
        Self {
            offered,
            always,
            about,
            list: List::default(),
            chosen: Vec::new(),
            obstacles: Obstacles::default(),
            with_keys: FormsWithKeys::default(),
        }
    }

    /// The forms chosen besides what is there always, in the order in which they were chosen.
    #[must_use]
    pub fn chosen(&self) -> &[Format] {
        &self.chosen
    }

    /// Chooses a platform's form.
    pub fn choose(&mut self, platform: Platform) {
        self.chosen.extend(self.offered.iter().filter(|format| format.name() == platform.name()));
    }

    /// Whether it is to be asked what is in the way; it is asked once.
    pub fn wants_obstacles(&mut self) -> bool {
        let wants = matches!(self.obstacles, Obstacles::Unknown);
        if wants {
            self.obstacles = Obstacles::Asked;
        }
        wants
    }

    /// It is known what is in the way, and which forms hold private keys.
    pub fn know(&mut self, obstacles: Vec<FormObstacle>, with_keys: FormsWithKeys) {
        self.obstacles = Obstacles::Known(obstacles);
        self.with_keys = with_keys;
    }

    /// A chosen form that holds the devices' private keys.
    #[must_use]
    pub fn keyed(&self) -> Option<&'static str> {
        let chosen = |name: &&str| self.chosen.iter().any(|format| format.name() == *name);
        self.with_keys.0.iter().copied().find(chosen)
    }

    /// What is in the way of a form.
    fn obstacle(&self, format: Format) -> Option<&FormObstacle> {
        match &self.obstacles {
            Obstacles::Known(obstacles) => obstacles.iter().find(|obstacle| obstacle.format == format),
            Obstacles::Asked | Obstacles::Unknown => None,
        }
    }

    /// The form of this name is under the cursor.
    pub fn lead_to(&mut self, form: &str) {
        if let Some(place) = self.offered.iter().position(|format| format.name() == form) {
            self.list.choose(place);
        }
    }

    /// Moves in the list.
    pub fn act(&mut self, action: Action) {
        self.list.act(action, self.offered.len());
    }

    /// Chooses the form under the cursor, or no longer; PEM is always there.
    ///
    /// # Errors
    /// What is in the way of the form: it is not chosen then. One that was chosen before can always be left out.
    pub fn mark(&mut self) -> Result<(), FormObstacle> {
        let Some(&format) = self.offered.get(self.list.chosen()).filter(|format| **format != Format::Pem)
        else {
            return Ok(());
        };
        match (self.chosen.iter().position(|own| *own == format), self.obstacle(format)) {
            (Some(at), _) => {
                self.chosen.remove(at);
            }
            (None, Some(obstacle)) => return Err(obstacle.clone()),
            (None, None) => self.chosen.push(format),
        }
        Ok(())
    }

    /// Those that will be written, in few words: as many by name as a row has room for.
    #[must_use]
    pub fn told(&self) -> String {
        let more = self.chosen.iter().map(|format| match self.obstacle(*format) {
            None => format.name().to_owned(),
            Some(_) => format!("{} (NO)", format.name()),
        });
        let names: Vec<String> = std::iter::once(self.always.to_owned()).chain(more).collect();
        some_of(&names.iter().map(String::as_str).collect::<Vec<_>>(), TOLD_CHARS_MAX)
    }

    /// Draws the list, as much as there is room for around the cursor.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let all = self.offered;
        let (text, role) = match self.obstacles {
            Obstacles::Known(_) => ("forms: Space chooses one, or not", Role::Faint),
            Obstacles::Asked | Obstacles::Unknown => {
                ("forms: LOOKING which of them can be had", Role::Attention)
            }
        };
        canvas.text(area.x, area.y, area.width, text, role);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + FOOT_ROWS), ..area };
        let names = all.iter().map(|format| format.name().len()).max().unwrap_or(0);
        let names = u16::try_from(names).unwrap_or(0).min(below.width / 2);
        let page = usize::from(below.height);
        let first = self.list.first_seen(all.len(), page);
        for ((row, format), y) in all.iter().enumerate().skip(first).zip(below.y..below.bottom()) {
            let role = self.list.lay(canvas, below, y, row);
            let mark = if *format == Format::Pem || self.chosen.contains(format) { "x" } else { " " };
            let always = if *format == Format::Pem { " (always)" } else { "" };
            canvas.text(below.x + 2, y, 4, &format!("[{mark}]"), role);
            canvas.text(below.x + 6, y, names, format.name(), role);
            let x = below.x + 6 + names + 2;
            let width = below.right().saturating_sub(x);
            if let Some(obstacle) = self.obstacle(*format) {
                let used = canvas.text(x, y, width, "NO: ", role);
                canvas.outside(x + used, y, width.saturating_sub(used), &obstacle.what, role);
            } else {
                let keyed = self.with_keys.0.contains(&format.name());
                let about =
                    if keyed { "images with the devices' PRIVATE KEYS" } else { (self.about)(*format) };
                canvas.text(x, y, width, &format!("{about}{always}"), role);
            }
        }
        if let Some(obstacle) = all.get(self.list.chosen()).and_then(|format| self.obstacle(*format)) {
            let theme = canvas.theme();
            let (what, hint) = (theme.shown(&obstacle.what), theme.shown(&obstacle.hint));
            let foot = Rect { y: below.bottom(), height: FOOT_ROWS, ..area };
            canvas.paragraph(foot, &format!("{what}. What to do: {hint}."), Role::Attention);
            return;
        }
        let y = area.bottom().saturating_sub(1);
        let last = (first + page).min(all.len());
        let text = if page < all.len() {
            format!("forms {} to {last} of {}", first + 1, all.len())
        } else {
            counted(all.len() as u64, "form")
        };
        canvas.text(area.x, y, area.width, &text, Role::Faint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::text::Printable;

    #[test]
    fn a_form_that_cannot_be_had_is_not_chosen_and_one_chosen_before_is_left_out() {
        let obstacle = |format| FormObstacle {
            format,
            what: Printable::new("it takes no such device"),
            hint: Printable::new("leave it out"),
            requests: None,
        };
        let mut forms = Forms::of(Format::ALL, "pem", Format::about);
        forms.lead_to(Format::Aws.name());
        forms.mark().expect("nothing is known yet");
        assert_eq!(forms.chosen(), [Format::Aws]);
        forms.know(vec![obstacle(Format::Aws)], FormsWithKeys::default());
        assert_eq!(forms.told(), "pem, aws (NO)");
        forms.mark().expect("it is left out");
        assert_eq!(forms.chosen(), []);
        assert_eq!(forms.mark(), Err(obstacle(Format::Aws)));
        assert_eq!(forms.chosen(), []);
    }

    #[test]
    fn of_many_forms_it_is_said_how_many_are_not_named() {
        let mut forms = Forms::of(Format::ALL, "pem", Format::about);
        assert_eq!(forms.told(), "pem");
        forms.chosen.extend(Format::ALL.iter().filter(|format| **format != Format::Pem));
        let told = forms.told();
        assert!(told.len() <= TOLD_CHARS_MAX && told.starts_with("pem, "), "{told}");
        let (named, more) = told.split_once(" and ").expect("more than are named");
        let more: usize = more.trim_end_matches(" more").parse().expect("a count");
        assert_eq!(named.split(", ").count() + more, Format::ALL.len());
    }
}
