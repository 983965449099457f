//! How the worker begins and ends a day.

use std::path::Path;

use crate::{
    ceremony::{Appliance, Error},
    tui::work::{News, WrittenHead},
};

use super::{Worker, no_home};

impl Worker {
    /// Opens the home, and remembers how its register stood then.
    pub(super) fn open_home(&mut self) -> Result<(), Error> {
        let appliance = Appliance::open(self.home.clone())?;
        self.beginning = Some(appliance.beginning()?);
        self.appliance = Some(appliance);
        Ok(())
    }

    /// What closing shows.
    pub(super) fn close(&self) -> Result<News, Error> {
        let appliance = self.appliance()?;
        let done = appliance.done_since(self.beginning.ok_or_else(no_home)?)?;
        Ok(News::Closing { closing: appliance.closing()?, done })
    }

    /// Signs the register's head with the audit key.
    pub(super) fn sign_head(&mut self) -> Result<News, Error> {
        self.log_in("to sign the register's head with the audit key")?;
        let (appliance, session, _) = self.signing()?;
        let head = appliance.sign_newest(session)?;
        self.mind_token(&head);
        self.close()
    }

    /// Writes the register's head onto a medium.
    pub(super) fn write_head(&self, to: &Path) -> Result<News, Error> {
        let appliance = self.appliance()?;
        let head = appliance.noted_head()?;
        let folder = to.join(appliance.export_head(&head, to)?);
        Ok(News::HeadWritten(WrittenHead { entry: head.entry, folder }))
    }
}
