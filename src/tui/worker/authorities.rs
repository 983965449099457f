//! What the worker does for CAs.

use crate::{
    ceremony::{Authority, Error, HeadAfter, NewCa, Renewal, Role, RootCompared},
    tui::work::authorities::{AuthorityJob, AuthorityNews, Wish},
};

use super::Worker;

impl Worker {
    /// Does something for a CA.
    pub(super) fn provide(&mut self, job: AuthorityJob) -> Result<AuthorityNews, Error> {
        match job {
            AuthorityJob::List => Ok(AuthorityNews::List(self.appliance()?.standings()?)),
            AuthorityJob::CheckRoot(wish, terms) => {
                let appliance = self.appliance()?;
                let subject = appliance.check_new_root(&new(&wish), terms.days, terms.path_length)?;
                Ok(AuthorityNews::Checked(subject))
            }
            AuthorityJob::CheckSubordinate(wish) => {
                Ok(AuthorityNews::Checked(self.appliance()?.check_new_subordinate(&new(&wish))?))
            }
            AuthorityJob::MakeRoot { wish, terms, typed } => {
                let confirmed = new(&wish).confirmed_by(&typed)?;
                let purpose = format!("to make the key of root CA {}", wish.name);
                let (_, head) = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.create_root(&confirmed, terms.days, terms.path_length, custodian)
                })?;
                self.ready(&wish.name, head)
            }
            AuthorityJob::FinishRoot(plan) => {
                self.log_in(&format!("to finish root CA {}", plan.authority))?;
                let (appliance, session, mut teller) = self.signing()?;
                let issued = teller.watched(|watch| appliance.sign(&plan, session, watch))?;
                self.mind_token(&issued.head);
                self.ready(&plan.authority, issued.head)
            }
            AuthorityJob::Request { wish, to, typed } => {
                let confirmed = new(&wish).confirmed_by(&typed)?;
                let purpose = format!("to make the key of CA {}", wish.name);
                let requested = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.request_subordinate(&confirmed, &to, custodian)
                })?;
                let authority = Box::new(self.standing_of(&wish.name)?);
                Ok(AuthorityNews::Requested { authority, requested, to })
            }
            AuthorityJob::Examine { name, certificate, chain } => {
                let fitting =
                    self.appliance()?.examine(&name, &certificate, chain.as_deref(), Role::Issues)?;
                Ok(AuthorityNews::Fits(Box::new(fitting)))
            }
            AuthorityJob::CheckRenewal { name, days } => {
                let renewal = self.appliance()?.check_root_renewal(&name, days)?;
                Ok(AuthorityNews::Renewable { days, renewal })
            }
            AuthorityJob::RenewRoot { name, days, typed } => {
                let confirmed = Renewal { name: &name }.confirmed_by(&typed)?;
                let purpose = format!("to renew root CA {name}");
                let (_, head) = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.renew_root(confirmed, days, custodian)
                })?;
                self.ready(&name, head)
            }
            AuthorityJob::RequestRenewal { name, to, typed } => {
                let confirmed = Renewal { name: &name }.confirmed_by(&typed)?;
                let purpose = format!("to sign the request of CA {name}");
                let requested = self.with_own_login(&purpose, |appliance, custodian| {
                    appliance.request_renewal(confirmed, &to, custodian)
                })?;
                let authority = Box::new(self.standing_of(&name)?);
                Ok(AuthorityNews::Requested { authority, requested, to })
            }
            AuthorityJob::Export { name, to } => {
                let exported = self.appliance()?.export_certificate(&name, &to)?;
                Ok(AuthorityNews::Exported { exported, to })
            }
            AuthorityJob::Install(fitting) => {
                let name = fitting.name().to_owned();
                let (appliance, _) = self.working()?;
                appliance.install(*fitting, RootCompared::OnScreen)?;
                self.ready(&name, HeadAfter::Left)
            }
        }
    }

    pub(super) fn ready(&self, name: &str, head: HeadAfter) -> Result<AuthorityNews, Error> {
        Ok(AuthorityNews::Ready { authority: Box::new(self.standing_of(name)?), head })
    }

    pub(super) fn standing_of(&self, name: &str) -> Result<Authority, Error> {
        self.appliance()?.standing_of(name)
    }
}

fn new(wish: &Wish) -> NewCa<'_> {
    NewCa { name: &wish.name, key: wish.key, subject: &wish.subject }
}
