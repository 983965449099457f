//! Exit codes, fixed: scripts rely on them.

use std::process::ExitCode;

use crate::ceremony::Class;

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Done, every request accepted.
    Done,
    /// Done, some requests refused, or a check found something.
    SomeRefused,
    /// An error of this class.
    Failed(Class),
}

impl Exit {
    /// The number the process ends with.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeRefused | Self::Failed(Class::NoneAccepted) => 1,
            Self::Failed(Class::Configuration) => 2,
            Self::Failed(Class::Token) => 3,
            Self::Failed(Class::Medium) => 4,
            Self::Failed(Class::Register) => 5,
            Self::Failed(Class::NotApproved) => 6,
            Self::Failed(Class::Stopped) => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
