//! Where a PIN is typed. The thread that reads keys puts them into this field before anything else sees them, and the
//! PIN goes straight to the thread that works: no message, no model, no screen ever has it.

use std::sync::{
    Mutex, PoisonError,
    mpsc::{Receiver, Sender, channel},
};

use zeroize::Zeroizing;

use super::{key::Key, message::Message};

/// Longest PIN taken, in octets: PKCS#11 modules take at most 255.
const PIN_OCTETS_MAX: usize = 255;

/// A PIN, or that there will be none.
type Answer = Option<Zeroizing<Vec<u8>>>;

/// Where keys go.
enum Door {
    /// To the screen.
    Closed,
    /// Nowhere: the work has a PIN and may ask for another one, whose first keys no screen may see.
    Between,
    /// Into the field.
    Open(Zeroizing<Vec<u8>>),
}

/// The door: closed, or a field.
pub struct PinDoor {
    door: Mutex<Door>,
    answers: Sender<Answer>,
    /// Told that there is an answer before the work has it: what the work says next stands behind it.
    messages: Sender<Message>,
}

/// What became of a key at the door.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AtDoor {
    /// No PIN is wanted: the key is for the screen.
    Closed,
    /// The key was for the field, or belongs to a PIN that is asked for in a moment.
    Taken,
}

impl PinDoor {
    /// A closed door that tells of its answers, and where they come out.
    #[must_use]
    pub fn new(messages: Sender<Message>) -> (Self, Receiver<Answer>) {
        let (answers, receiver) = channel();
        (Self { door: Mutex::new(Door::Closed), answers, messages }, receiver)
    }

    /// Opens the field: from now on keys go into it.
    pub fn open(&self) {
        // Never grown, so that no copy of a PIN stays behind.
        *self.lock() = Door::Open(Zeroizing::new(Vec::with_capacity(PIN_OCTETS_MAX + 4)));
    }

    /// Closes the door: the work has all the PINs that it wants.
    pub fn close(&self) {
        *self.lock() = Door::Closed;
    }

    /// Closes the field without an answer being typed: the interface ends.
    pub fn refuse(&self) {
        self.close();
        let _ = self.answers.send(None);
    }

    /// Closes the field where it is open: the work that waits for a PIN is to stop.
    pub fn refuse_if_open(&self) {
        let mut door = self.lock();
        if let Door::Open(_) = *door {
            *door = Door::Closed;
            let _ = self.answers.send(None);
        }
    }

    /// Gives the door a key. Enter sends the PIN to the work, which closes the door or opens it again; Esc and Ctrl-C
    /// say that there will be none.
    pub fn take(&self, key: Key) -> AtDoor {
        let mut door = self.lock();
        let pin = match &mut *door {
            Door::Closed => return AtDoor::Closed,
            Door::Between => return AtDoor::Taken,
            Door::Open(pin) => pin,
        };
        match key {
            Key::Enter => {
                let pin = std::mem::take(pin);
                *door = Door::Between;
                let _ = self.messages.send(Message::PinEntered);
                let _ = self.answers.send(Some(pin));
            }
            Key::Esc | Key::Control('c') => {
                *door = Door::Closed;
                let _ = self.messages.send(Message::PinRefused);
                let _ = self.answers.send(None);
            }
            Key::Control('u') => pin.clear(),
            Key::Backspace => while pin.pop().is_some_and(|octet| octet & 0xc0 == 0x80) {},
            // No PIN has any; a line end that was pasted with it would cost a try.
            Key::Char(c) if c.is_control() => {}
            Key::Char(c) => {
                let mut buffer = Zeroizing::new([0_u8; 4]);
                let octets = c.encode_utf8(&mut buffer[..]).as_bytes();
                if pin.len() + octets.len() <= PIN_OCTETS_MAX {
                    pin.extend_from_slice(octets);
                }
            }
            _ => {}
        }
        AtDoor::Taken
    }

    /// Text that was pasted: into the field where it is open, back where it is not.
    #[must_use]
    pub fn paste(&self, text: String) -> Option<String> {
        if let Door::Closed = *self.lock() {
            return Some(text);
        }
        let text = Zeroizing::new(text);
        for c in text.chars() {
            // Where the door closes meanwhile, the rest of a PIN goes nowhere.
            let _ = self.take(Key::Char(c));
        }
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> (PinDoor, Receiver<Answer>, Receiver<Message>) {
        let (messages, told) = channel();
        let (door, answers) = PinDoor::new(messages);
        (door, answers, told)
    }

    fn typed(keys: &[Key]) -> (Option<Answer>, Option<Message>) {
        let (door, answers, told) = door();
        door.open();
        for &key in keys {
            assert_eq!(door.take(key), AtDoor::Taken);
        }
        (answers.try_recv().ok(), told.try_recv().ok())
    }

    #[test]
    fn keys_pass_a_closed_door() {
        let (door, answers, told) = door();
        assert_eq!(door.take(Key::Char('1')), AtDoor::Closed);
        assert_eq!(door.paste("text".to_owned()), Some("text".to_owned()));
        door.refuse_if_open();
        assert!(answers.try_recv().is_err());
        assert!(told.try_recv().is_err());
    }

    #[test]
    fn a_pin_goes_to_the_work_and_nowhere_else() {
        let (pin, told) =
            typed(&[Key::Char('1'), Key::Char('ü'), Key::Backspace, Key::Char('2'), Key::Enter]);
        assert_eq!(pin.flatten().as_deref().map(Vec::as_slice), Some(&b"12"[..]));
        assert!(matches!(told, Some(Message::PinEntered)), "{told:?}");
    }

    #[test]
    fn the_answer_is_told_before_the_work_asks_again() {
        let (messages, told) = channel();
        let (door, answers) = PinDoor::new(messages.clone());
        door.open();
        let work = std::thread::spawn(move || {
            answers.recv().unwrap();
            messages.send(Message::Resized).unwrap();
        });
        assert_eq!(door.take(Key::Enter), AtDoor::Taken);
        work.join().unwrap();
        let order: Vec<Message> = told.try_iter().collect();
        assert!(matches!(order[..], [Message::PinEntered, Message::Resized]), "{order:?}");
    }

    #[test]
    fn keys_of_a_second_pin_that_come_too_soon_reach_no_screen() {
        let (door, _answers, _told) = door();
        door.open();
        door.take(Key::Char('1'));
        door.take(Key::Enter);
        assert_eq!(door.take(Key::Char('7')), AtDoor::Taken, "the next PIN may be asked for in a moment");
        assert_eq!(door.paste("77".to_owned()), None);
        door.close();
        assert_eq!(door.take(Key::Char('s')), AtDoor::Closed);
    }

    #[test]
    fn a_line_end_that_is_pasted_is_no_part_of_a_pin() {
        let (door, answers, _told) = door();
        door.open();
        assert_eq!(door.paste("3141\r\n".to_owned()), None);
        door.take(Key::Enter);
        assert_eq!(answers.try_recv().ok().flatten().as_deref().map(Vec::as_slice), Some(&b"3141"[..]));
    }

    #[test]
    fn escape_and_ctrl_c_give_no_pin() {
        for key in [Key::Esc, Key::Control('c')] {
            let (pin, told) = typed(&[Key::Char('1'), key]);
            assert_eq!(pin, Some(None));
            assert!(matches!(told, Some(Message::PinRefused)), "{told:?}");
        }
    }

    #[test]
    fn a_pin_is_begun_again_and_never_longer_than_a_token_takes() {
        let (pin, _) = typed(&[Key::Char('1'), Key::Control('u'), Key::Char('2'), Key::Enter]);
        assert_eq!(pin.flatten().as_deref().map(Vec::as_slice), Some(&b"2"[..]));
        let mut keys = vec![Key::Char('7'); PIN_OCTETS_MAX + 9];
        keys.push(Key::Enter);
        assert_eq!(typed(&keys).0.flatten().map(|pin| pin.len()), Some(PIN_OCTETS_MAX));
    }

    #[test]
    fn a_pin_that_was_pasted_with_its_line_s_end_is_the_pin() {
        let (door, answers, _told) = door();
        door.open();
        assert_eq!(door.paste("\x1b12\r\n3\u{9b}\n".to_owned()), None);
        assert_eq!(door.take(Key::Char('4')), AtDoor::Taken, "pasting never ends a PIN");
        assert_eq!(door.take(Key::Enter), AtDoor::Taken);
        let pin = answers.try_recv().unwrap();
        assert_eq!(pin.as_deref().map(Vec::as_slice), Some(&b"1234"[..]));
    }

    #[test]
    fn work_that_is_stopped_waits_for_no_pin() {
        let (door, answers, _told) = door();
        door.open();
        door.refuse_if_open();
        assert_eq!(answers.try_recv(), Ok(None));
        assert_eq!(door.take(Key::Char('1')), AtDoor::Closed);
    }
}
