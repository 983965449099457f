//! What the worker does for a CA that was made before.

use crate::{
    ceremony::{Error, HeadAfter, Rekey, RootCompared},
    tui::work::{
        News,
        authorities::AuthorityNews,
        ca_life::{CaLifeJob, CaLifeNews, Successor, Way},
    },
};

use super::{Teller, Worker};

impl Worker {
    /// Does something for a CA that was made before.
    pub(super) fn live_on(&mut self, job: CaLifeJob) -> Result<News, Error> {
        let news = match job {
            CaLifeJob::CheckRoot(successor, days) => {
                let subject = self.appliance()?.check_rekeyed_root(rekey(&successor), days)?;
                return Ok(News::Authority(AuthorityNews::Checked(subject)));
            }
            CaLifeJob::CheckSubordinate(successor) => {
                let subject = self.appliance()?.check_rekeyed_subordinate(rekey(&successor))?;
                return Ok(News::Authority(AuthorityNews::Checked(subject)));
            }
            CaLifeJob::Rekey { successor, way, typed } => {
                return self.make_successor(&successor, way, &typed).map(News::Authority);
            }
            CaLifeJob::Use { ca, sha256 } => {
                let (appliance, _) = self.working()?;
                // Another root than before is refused: its words are not compared on this screen.
                appliance.use_certificate(&ca, &sha256.to_string(), RootCompared::Typed(None))?;
                return self.ready(&ca, HeadAfter::Left).map(News::Authority);
            }
            CaLifeJob::Cross { ca, profile, certificate } => {
                let (appliance, _) = self.working()?;
                CaLifeNews::Crossed(Box::new(appliance.plan_cross(&ca, &profile, &certificate)?))
            }
            CaLifeJob::CrossProfiles => CaLifeNews::Profiles(self.appliance()?.cross_profiles()),
            CaLifeJob::Link(name) => {
                let mut teller = Teller::new(&self.messages, &self.reins);
                let purpose = format!("to link the keys of CA {name} and the one before it");
                let links = self.with_own_login(&purpose, |appliance, custodian| {
                    teller.watched(|watch| appliance.link_keys(&name, custodian, watch))
                })?;
                let authority = Box::new(self.standing_of(&name)?);
                CaLifeNews::Linked { authority, links: Box::new(links) }
            }
        };
        Ok(News::CaLife(news))
    }

    fn make_successor(
        &mut self,
        successor: &Successor,
        way: Way,
        typed: &str,
    ) -> Result<AuthorityNews, Error> {
        let confirmed = rekey(successor).confirmed_by(typed)?;
        let name = &successor.name;
        let purpose = format!("to make the key of CA {name}, which takes the place of {}", successor.before);
        match way {
            Way::Certificate(days) => {
                let (_, head) = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.rekey_root(confirmed, days, custodian)
                })?;
                self.ready(name, head)
            }
            Way::Request(to) => {
                let requested = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.rekey_by_request(confirmed, &to, custodian)
                })?;
                let authority = Box::new(self.standing_of(name)?);
                Ok(AuthorityNews::Requested { authority, requested, to })
            }
        }
    }
}

fn rekey(successor: &Successor) -> Rekey<'_> {
    Rekey { before: &successor.before, name: &successor.name, key: successor.key }
}
