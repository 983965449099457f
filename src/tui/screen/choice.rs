//! Under which CA and profile requests are judged.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{Screen, triage::TriageScreen};
use crate::{
    ceremony::Error,
    tui::{
        browser::shown,
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        message::Failure,
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        wording::moment,
        work::{Asked, Job, News, ProfileChoice, proving::CaChoice},
    },
};

/// Rows of CAs that are seen at most: a home has few.
const CA_ROWS_MAX: u16 = 4;

/// Rows below the lists: all of the chosen profile.
const TOLD_ROWS: u16 = 4;

/// Which of the two lists keys go to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Authorities,
    Profiles,
}

/// The choice of CA and profile.
#[derive(Debug)]
pub struct Choice {
    path: PathBuf,
    authorities: Vec<CaChoice>,
    profiles: Vec<ProfileChoice>,
    authority: List,
    profile: List,
    side: Side,
}

impl Choice {
    /// The choice for requests of a path.
    #[must_use]
    pub fn new(path: PathBuf, authorities: Vec<CaChoice>, profiles: Vec<ProfileChoice>) -> Self {
        Self {
            path,
            authorities,
            profiles,
            authority: List::default(),
            profile: List::default(),
            side: Side::Authorities,
        }
    }
}

impl Room for Choice {
    fn title(&self) -> &'static str {
        "Requests: under which CA and profile?"
    }

    fn help(&self) -> &'static str {
        "The CA signs; the profile says what its certificates contain and which requests are taken. Both stand in \
         authority.toml. Tab goes from one list to the other; > marks the row that the arrows move, * what is chosen in \
         the other list."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        if about.can_stop() {
            return vec![Binding::bar(&[Key::Esc, Key::Char('s')], Action::Back, "stop reading")];
        }
        if about.busy.is_some() {
            return Vec::new();
        }
        let mut bindings = vec![
            Binding::bar(&[Key::Enter], Action::Proceed, "read and judge the requests"),
            Binding::bar(
                &[Key::Tab, Key::Right, Key::Left, Key::Char('l'), Key::Char('h')],
                Action::Next,
                "other list",
            ),
        ];
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Next => {
                self.side = match self.side {
                    Side::Authorities => Side::Profiles,
                    Side::Profiles => Side::Authorities,
                };
                Turn::stay()
            }
            Action::Proceed => {
                let Some(ca) = self.authorities.get(self.authority.chosen()) else {
                    return Turn::refuse(
                        "there is no CA that can issue",
                        "make a root, or request and install a subordinate CA, under Authorities",
                    );
                };
                let Some(profile) = self.profiles.get(self.profile.chosen()) else {
                    return Turn::refuse("authority.toml has no profile", "add one to it");
                };
                Turn::work(Job::Read(Asked {
                    ca: ca.name.clone(),
                    profile: profile.name.clone(),
                    paths: vec![self.path.clone()],
                }))
            }
            _ => {
                match self.side {
                    Side::Authorities => self.authority.act(action, self.authorities.len()),
                    Side::Profiles => self.profile.act(action, self.profiles.len()),
                }
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Read { reading, .. } if reading.triage.is_empty() => {
                let failure = Failure::from(Error::NoRequests);
                Heard::Mine(Turn::refuse(failure.what, failure.hint))
            }
            News::Read { reading, asked } => {
                Heard::Mine(Turn::enter(Screen::Triage(TriageScreen::new(reading, asked))))
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        canvas.text(area.x, area.y, 14, "requests from", Role::Faint);
        canvas.outside(area.x + 15, area.y, area.width.saturating_sub(15), &shown(&self.path), Role::Plain);
        if let Some(profile) = self.profiles.get(self.profile.chosen()) {
            let text = format!("{} is for {}; {}.", profile.name, profile.summary, profile.terms);
            let below = Rect { y: area.bottom().saturating_sub(TOLD_ROWS), height: TOLD_ROWS, ..area };
            canvas.paragraph(below, &text, Role::Plain);
        }
        // One above the other: what a profile makes needs the whole width.
        let rows = u16::try_from(self.authorities.len()).unwrap_or(CA_ROWS_MAX).clamp(1, CA_ROWS_MAX);
        let above = Rect { y: area.y + 2, height: rows + 1, ..area };
        let y = above.bottom() + 1;
        let below = Rect { y, height: area.bottom().saturating_sub(y + TOLD_ROWS + 1), ..area };
        let names = self.authorities.iter().map(|ca| ca.name.len()).max().unwrap_or(0) + 2;
        let row = |ca: &CaChoice| format!("{:<names$}{}, until {}", ca.name, ca.key, moment(ca.not_after));
        let authorities: Vec<String> = self.authorities.iter().map(row).collect();
        self.draw_side(canvas, above, Side::Authorities, &authorities);
        let names = self.profiles.iter().map(|profile| profile.name.len()).max().unwrap_or(0) + 2;
        let row = |profile: &ProfileChoice| format!("{:<names$}{}", profile.name, profile.summary);
        let profiles: Vec<String> = self.profiles.iter().map(row).collect();
        self.draw_side(canvas, below, Side::Profiles, &profiles);
    }
}

impl Choice {
    fn draw_side(&self, canvas: &mut Canvas<'_>, area: Rect, side: Side, rows: &[String]) {
        let (title, list) = match side {
            Side::Authorities => ("CA", self.authority),
            Side::Profiles => ("profile", self.profile),
        };
        // Where keys go is told by words and marks too: both lists have a chosen row.
        let (role, keys, mark, chosen) = if side == self.side {
            (Role::Strong, "the arrows choose", ">", Role::Selected)
        } else {
            (Role::Faint, "Tab leads here", "*", Role::Strong)
        };
        let page = usize::from(area.height.saturating_sub(1));
        let first = list.first_seen(rows.len(), page);
        let more = if rows.len() > page {
            format!(" ({} to {} of {})", first + 1, first + page, rows.len())
        } else {
            String::new()
        };
        canvas.text(area.x, area.y, area.width, &format!("{title}: {keys}{more}"), role);
        for ((row, text), y) in rows.iter().enumerate().skip(first).take(page).zip(area.y + 1..) {
            let (mark, role) = if row == list.chosen() { (mark, chosen) } else { (" ", Role::Plain) };
            canvas.row(area, y, &format!("{mark} {text}"), role);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{
        key::{Curve, KeyAlgorithm},
        text::Printable,
        time::Time,
    };
    use crate::tui::probe::drawn;

    #[test]
    fn words_and_marks_say_which_list_the_keys_go_to() {
        let end = Time::from_rfc3339("2036-11-19T10:00:00Z").unwrap();
        let ca = |name: &str| CaChoice {
            name: name.to_owned(),
            subject: Printable::default(),
            key: KeyAlgorithm::Ec(Curve::P256),
            not_after: end,
        };
        let authorities = vec![ca("root"), ca("issuing")];
        let profile = |name: &str| ProfileChoice {
            name: name.to_owned(),
            summary: "devices and servers: clientAuth".to_owned(),
            terms: format!("keys of {name}"),
        };
        let profiles = vec![profile("device"), profile("server")];
        let mut choice = Choice::new(PathBuf::from("/stick"), authorities, profiles);
        let rows = drawn(&choice, 78, 18);
        assert_eq!(
            rows[2..5],
            [
                "CA: the arrows choose",
                "> root     P-256, until 2036-11-19 10:00:00 UTC",
                "  issuing  P-256, until 2036-11-19 10:00:00 UTC"
            ]
        );
        assert_eq!(
            rows[6..9],
            [
                "profile: Tab leads here",
                "* device  devices and servers: clientAuth",
                "  server  devices and servers: clientAuth"
            ]
        );
        choice.act(Action::Next, &About::default());
        choice.act(Action::Down, &About::default());
        let rows = drawn(&choice, 78, 18);
        assert_eq!(rows[2..4], ["CA: Tab leads here", "* root     P-256, until 2036-11-19 10:00:00 UTC"]);
        assert_eq!(
            rows[6..9],
            [
                "profile: the arrows choose",
                "  device  devices and servers: clientAuth",
                "> server  devices and servers: clientAuth"
            ]
        );
        let told = "server is for devices and servers: clientAuth; keys of server.";
        assert!(rows.iter().any(|row| row == told), "what tells two profiles apart: {rows:?}");
    }
}
