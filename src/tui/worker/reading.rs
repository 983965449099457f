//! Requests: read and judged, put in order, looked into one by one.

use std::sync::Arc;

use crate::ceremony::{self, Direction, Error, Filter, Order, Reading, Yardstick};

use super::{
    super::work::{Asked, News},
    Worker,
};

impl Worker {
    /// Reads and judges all requests under what was asked.
    pub(super) fn read(&mut self, asked: Asked) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        let issuer = appliance.issuer(&asked.ca)?;
        let profile = appliance.profile(&asked.profile)?;
        let yardstick = Yardstick::Issuer(profile, &issuer);
        let lists = appliance.block_lists()?;
        let mut reading =
            teller.watched(|watch| ceremony::read_triage(&asked.paths, yardstick, &lists, watch))?;
        let first = std::mem::take(&mut reading.first);
        reading.forms = appliance.forms_not_had((profile, &issuer), first, reading.triage.counts())?;
        Ok(News::Read { reading: Arc::new(reading), asked })
    }

    /// Makes an order, which the table keeps.
    pub(super) fn put_in_order(reading: &Reading, order: Order) -> News {
        let _ = reading.triage.select(&Filter::default(), order, Direction::Ascending);
        News::InOrder(order)
    }

    /// Reads one request again.
    pub(super) fn detail(&mut self, reading: &Reading, asked: &Asked, row: usize) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        let issuer = appliance.issuer(&asked.ca)?;
        let profile = appliance.profile(&asked.profile)?;
        let yardstick = Yardstick::Issuer(profile, &issuer);
        let detail = teller.watched(|watch| ceremony::detail(&reading.triage, row, yardstick, watch))?;
        Ok(News::Detail(Box::new(detail)))
    }
}
