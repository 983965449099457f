//! Which key does what: the help bar and the full help are generated from the bindings, so neither can lie.

use super::key::Key;

/// What a key asks a screen to do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Towards the left, or out of a folder.
    Left,
    /// Towards the right, or into a folder.
    Right,
    /// To the next field or pane.
    Next,
    /// To the previous field or pane.
    Previous,
    /// Takes what is chosen.
    Open,
    /// Goes back, without effect.
    Back,
    /// Shows the help of the screen.
    Help,
    /// Logs the token out, so that its PIN is asked for again.
    Lock,
    /// Asks whether to leave.
    Quit,
    /// Marks or unmarks.
    Mark,
    /// Goes on to the next step of the work.
    Proceed,
    /// A verb of this screen alone, by its number in the screen.
    Verb(u8),
}

/// Where a binding is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Told {
    /// In the help bar and in the full help.
    Bar,
    /// In the full help only.
    Help,
}

/// Keys, what they do, and the words for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Binding {
    /// The keys; the first is the one shown in the bar.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// The words for it.
    pub words: &'static str,
    /// Where it is told.
    pub told: Told,
}

impl Binding {
    /// A binding that the help bar shows.
    #[must_use]
    pub const fn bar(keys: &'static [Key], action: Action, words: &'static str) -> Self {
        Self { keys, action, words, told: Told::Bar }
    }

    /// A binding that only the full help shows.
    #[must_use]
    pub const fn help(keys: &'static [Key], action: Action, words: &'static str) -> Self {
        Self { keys, action, words, told: Told::Help }
    }
}

/// Moving in a list, with arrows or as in vi.
pub const LIST: &[Binding] = &[
    Binding::help(&[Key::Up, Key::Char('k')], Action::Up, "one row up"),
    Binding::help(&[Key::Down, Key::Char('j')], Action::Down, "one row down"),
    Binding::help(&[Key::PageUp, Key::Control('b')], Action::PageUp, "one page up"),
    Binding::help(&[Key::PageDown, Key::Control('f')], Action::PageDown, "one page down"),
    Binding::help(&[Key::Home, Key::Char('g')], Action::First, "first row"),
    Binding::help(&[Key::End, Key::Char('G')], Action::Last, "last row"),
];

/// Moving from field to field of a form, while letters go into the fields.
pub const FORM: &[Binding] = &[
    Binding::bar(&[Key::Tab, Key::Down], Action::Next, "next field"),
    Binding::help(&[Key::BackTab, Key::Up], Action::Previous, "previous field"),
];

/// Everywhere but in a dialog: back.
pub const BACK: Binding = Binding::bar(&[Key::Esc], Action::Back, "back");

/// Everywhere where letters are not typed into a field: help.
pub const HELP: Binding = Binding::bar(&[Key::Char('?'), Key::Help], Action::Help, "help");

/// While letters are typed into a field: help by a key that is no letter.
pub const HELP_WHILE_TYPING: Binding = Binding::bar(&[Key::Help, Key::Control('g')], Action::Help, "help");

/// Everywhere while a PIN is given and no work is in hand.
pub const LOCK: Binding =
    Binding::help(&[Key::Control('l')], Action::Lock, "lock the token: its PIN is asked for again");

/// Everywhere: leaving. In raw mode Ctrl-C comes as a key.
pub const QUIT: Binding = Binding::help(&[Key::Control('c'), Key::Control('q')], Action::Quit, "leave");

/// The action of a key among bindings.
#[must_use]
pub fn action_of(bindings: &[Binding], key: Key) -> Option<Action> {
    bindings.iter().find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
}
