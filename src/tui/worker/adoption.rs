//! What the worker does for a CA that moves in.

use crate::{
    ceremony::{self, Adoptee, CrlImport, Error, Past, ProposedAdoption},
    tui::work::adoption::{AdoptionJob, AdoptionNews, Before, Newcomer, Statement},
};

use super::Worker;

impl Worker {
    /// Does something for a CA that moves in.
    pub(super) fn take_in(&mut self, job: AdoptionJob) -> Result<AdoptionNews, Error> {
        Ok(match job {
            AdoptionJob::Adopt { digest, words } => {
                let proposed = self.newcomer.clone().filter(|proposed| proposed.digest() == digest);
                let proposed = proposed.ok_or_else(|| {
                    Error::usage("this CA is not at hand any more", "go back and look at its key again")
                })?;
                let purpose = format!("to record CA {}, whose key came from outside", proposed.name());
                let head = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.adopt_with_login(&proposed, &words, custodian)
                })?;
                let authority = Box::new(self.standing_of(proposed.name())?);
                AdoptionNews::Adopted { authority, head }
            }
            AdoptionJob::Keys => {
                self.log_in("to look at the token's keys")?;
                let (appliance, session, _) = self.signing()?;
                AdoptionNews::Keys(appliance.loose_keys(session)?)
            }
            AdoptionJob::LookAtCrl(path) => {
                AdoptionNews::Crl(Box::new(ceremony::read_crl_file(&path, &mut |_| {})?))
            }
            AdoptionJob::Propose(newcomer) => {
                self.log_in("to look at the CA's key")?;
                let (appliance, session, _) = self.signing()?;
                let proposed = appliance.propose_adoption_in(&adoptee(&newcomer), session)?;
                let statement = Box::new(stated(&proposed));
                self.newcomer = Some(proposed);
                AdoptionNews::Proposed(statement)
            }
            AdoptionJob::TakePast { ca, before } => {
                let past = match &before {
                    Before::Crl { crl, list } => Past::Crl { crl, list: list.as_deref() },
                    Before::Imported(list) => Past::Imported(list),
                    Before::NoCrl { typed, list } => Past::NoCrl { typed, list: list.as_deref() },
                };
                let (appliance, _) = self.working()?;
                AdoptionNews::Taken(appliance.import_crl(&CrlImport { ca: &ca, past })?)
            }
        })
    }
}

fn stated(proposed: &ProposedAdoption) -> Statement {
    let issuer = proposed.issuer();
    Statement {
        name: proposed.name().to_owned(),
        origin: proposed.origin().to_owned(),
        unpromised: proposed.unpromised(),
        own: issuer.certificate().clone(),
        root: issuer.root().clone(),
        digest: proposed.digest(),
    }
}

fn adoptee(newcomer: &Newcomer) -> Adoptee<'_> {
    Adoptee {
        name: &newcomer.name,
        key_uri: &newcomer.key_uri,
        certificate: &newcomer.certificate,
        chain: newcomer.chain.as_deref(),
        origin: &newcomer.origin,
    }
}
