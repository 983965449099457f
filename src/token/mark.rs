//! Marks: octets that are kept in the token under a label, as a data object that only a logged-in user sees.
//!
//! A key without its history can be made to sign twice; what the token itself remembers cannot be put back with a copy of
//! a disk. What the octets mean is not known here.

use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};

use crate::pki::text::Printable;

use super::{error::Error, key::Object, session::Session, slot::Writing};

/// `CKA_APPLICATION` of a mark: whose it is, for whoever lists the token's objects.
const APPLICATION: &[u8] = b"coldsign";

/// Most objects of one label that are looked at: there is one, and two where a change was cut short.
const OBJECTS_MAX: usize = 8;

impl Session {
    /// The octets of every private data object of this label. There is one, or two where [`Session::keep_mark`] was cut
    /// short.
    ///
    /// # Errors
    /// What a failed call answers.
    pub fn marks(&self, label: &str) -> Result<Vec<Vec<u8>>, Error> {
        let octets = |&handle: &ObjectHandle| self.octets_of(handle);
        self.marked(label)?.iter().map(octets).collect()
    }

    /// Keeps octets under a label in the place of what stood there, and reads them back. Where the object cannot be
    /// changed, a new one is made before the old one goes, so that there is none at no moment.
    ///
    /// # Errors
    /// [`Error::MarkRefused`] where the token keeps no such object; [`Error::DeviceRemoved`], [`Error::SessionLost`].
    pub fn keep_mark(&self, label: &str, octets: &[u8]) -> Result<(), Error> {
        self.kept_mark(label, octets).map_err(|error| match error {
            passing @ (Error::DeviceRemoved | Error::SessionLost) => passing,
            why => Error::MarkRefused { token: self.state().label.clone(), why: Box::new(why) },
        })
    }

    fn kept_mark(&self, label: &str, octets: &[u8]) -> Result<(), Error> {
        if self.state().writing == Writing::Protected {
            return Err(Error::WriteProtected { token: self.state().label.clone() });
        }
        let standing = self.marked(label)?;
        let value = Attribute::Value(octets.to_vec());
        let changed = standing
            .first()
            .copied()
            .filter(|&handle| self.anchor.update_attributes(handle, std::slice::from_ref(&value)).is_ok());
        let kept = if let Some(handle) = changed {
            handle
        } else {
            let new = [Attribute::Modifiable(true), Attribute::Application(APPLICATION.to_vec()), value];
            self.anchor.create_object(&[&named(label)[..], &new].concat()).map_err(Error::from_call)?
        };
        if self.octets_of(kept)? != octets {
            return Err(Error::MarkAltered { label: Printable::new(label) });
        }
        for old in standing.into_iter().filter(|&old| old != kept) {
            self.anchor.destroy_object(old).map_err(Error::from_call)?;
        }
        Ok(())
    }

    /// Public objects do not count: whoever has the token can put them there without a PIN.
    fn marked(&self, label: &str) -> Result<Vec<ObjectHandle>, Error> {
        let mut found = self.anchor.find_objects(&named(label)).map_err(Error::from_call)?;
        found.truncate(OBJECTS_MAX);
        Ok(found)
    }

    /// The value of an object; none where the token does not tell it.
    fn octets_of(&self, handle: ObjectHandle) -> Result<Vec<u8>, Error> {
        Ok(Object::new(&self.anchor, handle).octets(AttributeType::Value)?.unwrap_or_default())
    }
}

/// What a mark is found by.
fn named(label: &str) -> [Attribute; 4] {
    [
        Attribute::Class(ObjectClass::DATA),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Label(label.as_bytes().to_vec()),
    ]
}
