//! What the worker does towards a proof.

use crate::{
    ceremony::{self, Code, Error},
    tui::work::proving::{CaChoice, CodeSource, ProvingJob, ProvingNews},
};

use super::{Teller, Worker};

impl Worker {
    /// The CAs that have a certificate, and so can issue.
    pub(super) fn issuing_authorities(&self) -> Result<Vec<CaChoice>, Error> {
        let choices = self.appliance()?.authorities()?.into_iter().filter_map(|record| {
            let (certificate, _) = record.certificate?;
            Some(CaChoice {
                name: record.name,
                subject: certificate.subject().to_printable(),
                key: certificate.public_key().algorithm(),
                not_after: certificate.not_after(),
            })
        });
        Ok(choices.collect())
    }

    /// Does a step towards a proof.
    pub(super) fn prove(&mut self, job: ProvingJob) -> Result<ProvingNews, Error> {
        match job {
            ProvingJob::Choices => {
                let choices = self.issuing_authorities()?;
                Ok(ProvingNews::Choices { choices, end: self.appliance()?.verification_profile()?.end })
            }
            ProvingJob::ReadRequest { path, platform } => {
                let code = ceremony::requested_code(&path, platform)?;
                Ok(ProvingNews::Requested { path, code })
            }
            ProvingJob::Issue { ca, platform, code, to } => {
                let mut teller = Teller::new(&self.messages, &self.reins);
                let given = match &code {
                    CodeSource::Typed(code) => Code::Typed(code),
                    CodeSource::Request { path, code } => Code::Shown { path, code },
                };
                let purpose = format!("to issue one verification certificate under CA {ca}");
                let (plan, delivered) = self.with_own_login(&purpose, |appliance, custodian| {
                    teller.watched(|watch| appliance.prove(&ca, platform, given, &to, custodian, watch))
                })?;
                let ends = self.planned_row(&plan, 1)?.not_after;
                let files = self.appliance()?.proof_files(&plan, platform)?;
                Ok(ProvingNews::Proved { plan: Box::new(plan), delivered: Box::new(delivered), ends, files })
            }
        }
    }
}
