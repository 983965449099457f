//! What modules and their drivers print while a screen stands.

use crate::{host::standard_error::Diversion, pki::text::Printable};

use super::error::Error;

/// Standard error of the whole process, kept off the screen while this stands; one at a time. A panic's message goes
/// here too: whoever ends a screen calls [`Messages::restore`] first and then prints what it gave back.
#[derive(Debug)]
pub struct Messages(Diversion);

impl Messages {
    /// Diverts standard error.
    ///
    /// # Errors
    /// [`Error::Usage`] where the system refuses or it is diverted already.
    pub fn divert() -> Result<Self, Error> {
        Diversion::begin().map(Self).map_err(|error| {
            Error::usage(
                format!("standard error cannot be kept off the screen: {error}"),
                "start the program with standard error open, such as 2>/dev/null",
            )
        })
    }

    /// Restores standard error, as dropping does, and gives back the last lines.
    #[must_use]
    pub fn restore(self) -> Vec<Printable> {
        printable(&self.0.restore())
    }
}

fn printable(lines: &[Vec<u8>]) -> Vec<Printable> {
    lines.iter().map(|line| Printable::from_octets(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_a_module_s_escapes_harmless() {
        let lines = printable(&[b"\x1b[2Jcard \xff removed".to_vec()]);
        assert_eq!(lines[0].as_str(), "\\u{1b}[2Jcard \\xff removed");
    }
}
