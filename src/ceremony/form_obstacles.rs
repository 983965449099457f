//! What is in the way of forms of delivery, of requests or of a plan: told before anything is signed, and before a form is
//! chosen.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    export::{format::Format, forms::Named},
    pki::{
        certificate::Certificate,
        issuer::IssuingCa,
        profile::{Profile, SubjectKind},
        text::Printable,
    },
    register::StoredPlan,
};

use super::{
    block_lists::BlockLists,
    error::{Class, Error},
    forms::{PAGE, suited, with_zeros},
    inspection::{Counts, Depth, Inspected, Judgement, Yardstick, gather, inspect_each},
    opening::Appliance,
    progress::Watch,
};

/// A form that a bundle cannot have here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FormObstacle {
    /// The form.
    pub format: Format,
    /// What is in the way.
    pub what: Printable,
    /// What to do about it.
    pub hint: Printable,
    /// The requests whose certificates are in the way; `None` where settings or CAs are.
    pub requests: Option<InTheWay>,
}

impl FormObstacle {
    /// Of an error that the CAs or settings are to be mended for.
    ///
    /// # Errors
    /// The error, where it is one of the register's own.
    pub(super) fn of_all(format: Format, error: Error) -> Result<Self, Error> {
        if error.class() == Class::Register {
            return Err(error);
        }
        Ok(Self::of(format, &error, None))
    }

    /// Of an error, and of the requests whose certificates are in the way. The form is named beside it.
    fn of(format: Format, error: &Error, requests: Option<InTheWay>) -> Self {
        let what = error.to_string();
        let what = what.strip_prefix(&format!("{}: ", format.name())).unwrap_or(&what);
        let of = match &requests {
            None => String::new(),
            Some(InTheWay { first, count: 1 }) => format!(" ({first})"),
            Some(InTheWay { first, count }) => format!(" ({first} and {} more)", count - 1),
        };
        let (what, hint) = (Printable::new(&format!("{what}{of}")), Printable::new(&error.hint()));
        Self { format, what, hint, requests }
    }
}

/// Requests that a form cannot be had of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InTheWay {
    /// Where the first of them came from.
    pub first: Printable,
    /// How many of those that were looked at.
    pub count: u64,
}

/// Forms that cannot be had because of requests of which the first is the same, and their count.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotHad {
    /// The forms' names, in their order.
    pub forms: Vec<&'static str>,
    /// The requests in the way: others may stand between the first and the last of them for each form.
    pub requests: InTheWay,
}

/// The forms that a bundle of requests cannot have.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FormsNotHad {
    /// What is in the way of each, in the order of their names.
    pub obstacles: Vec<FormObstacle>,
    /// How many requests were looked at, from the first one on: a list of forms is there at once, however many there are.
    pub looked_at: u64,
    /// How many there are.
    pub of: u64,
}

impl FormsNotHad {
    /// Those that requests are in the way of, which another choice of requests would mend; first those that the fewest are
    /// in the way of.
    #[must_use]
    pub fn of_requests(&self) -> Vec<NotHad> {
        let mut groups: Vec<NotHad> = Vec::new();
        for FormObstacle { format, requests, .. } in &self.obstacles {
            let Some(requests) = requests else { continue };
            match groups.iter_mut().find(|group| group.requests == *requests) {
                Some(group) => group.forms.push(format.name()),
                None => groups.push(NotHad { forms: vec![format.name()], requests: requests.clone() }),
            }
        }
        groups.sort_by_key(|group| group.requests.count);
        groups
    }
}

/// The first requests that are accepted, each with its certificate as it would be signed: as many as are looked at.
#[derive(Debug, Default)]
pub struct FirstRequests(Vec<(Printable, Vec<u8>)>);

impl FirstRequests {
    /// Takes the certificate of a request, where there is one and more of them are looked at.
    pub(super) fn take(&mut self, inspected: &mut Inspected) {
        if let Some(tbs) = inspected.tbs.take().filter(|_| self.0.len() < PAGE as usize) {
            self.0.push((inspected.judgement.source.clone(), tbs));
        }
    }
}

impl Appliance {
    /// Reads and judges requests as [`inspect`](super::inspect) does, under a CA and a profile of it, and which forms a
    /// bundle of them cannot have.
    ///
    /// # Errors
    /// As [`inspect`](super::inspect); [`Error::Authority`]; [`Error::Register`].
    pub fn inspect(
        &self,
        (ca, profile): (&str, &str),
        (paths, csv): (&[PathBuf], Option<&Path>),
        lists: &Arc<BlockLists>,
        watch: &mut Watch<'_>,
        each: &mut dyn FnMut(&Judgement),
    ) -> Result<(Counts, FormsNotHad), Error> {
        let (issuer, profile) = (self.issuer(ca)?, self.profile(profile)?);
        let yardstick = Yardstick::Issuer(profile, &issuer);
        let devices = yardstick.devices(csv, paths)?;
        let evidence = gather(paths, lists, watch)?;
        let mut first = FirstRequests::default();
        let mut take = |mut inspected: Inspected| {
            first.take(&mut inspected);
            each(&inspected.judgement);
            Ok(())
        };
        let counts =
            inspect_each(paths, devices.as_ref(), yardstick, &evidence, Depth::Verdict, watch, &mut take)?;
        let forms = self.forms_not_had((profile, &issuer), first, counts)?;
        Ok((counts, forms))
    }

    /// The forms that a bundle of requests cannot have, of which these are the first that were accepted. Forms are for
    /// devices: nothing is said of the certificates of CAs.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn forms_not_had(
        &self,
        (profile, issuer): (&Profile, &IssuingCa),
        first: FirstRequests,
        counts: Counts,
    ) -> Result<FormsNotHad, Error> {
        if profile.kind != SubjectKind::EndEntity {
            return Ok(FormsNotHad::default());
        }
        let with_zeros = |(source, tbs): (Printable, Vec<u8>)| Some((source, with_zeros(&tbs, issuer)?));
        let first: Vec<_> = first.0.into_iter().filter_map(with_zeros).collect();
        let obstacles = self.obstacles_of(&|format| vec![format], issuer, &first)?;
        Ok(FormsNotHad { obstacles, looked_at: first.len() as u64, of: counts.accepted })
    }

    /// The forms that a plan's bundle cannot have, and how many of its certificates were looked at.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub(super) fn forms_not_had_of(&self, plan: &StoredPlan) -> Result<FormsNotHad, Error> {
        let looked_at = plan.accepted.min(u64::from(PAGE));
        Ok(FormsNotHad { obstacles: self.form_obstacles(plan)?, looked_at, of: plan.accepted })
    }

    /// The forms that a plan's bundle cannot have here: for want of settings in authority.toml, because of its CAs, or
    /// because of one of its first thousand certificates. More of them are not looked at, so that a list of forms is
    /// there at once; [`Appliance::check_forms`] looks at all.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn form_obstacles(&self, plan: &StoredPlan) -> Result<Vec<FormObstacle>, Error> {
        let issuer = self.issuer_of(plan)?;
        let first = self.unsigned_page(plan, 1, &issuer)?;
        let first: Vec<_> = first.into_iter().map(|one| (one.source, one.certificate)).collect();
        self.obstacles_of(&|format| suited(plan, &[format]), &issuer, &first)
    }

    /// The same of certificates that are not signed; `suited` gives the forms that are judged for one of them.
    fn obstacles_of(
        &self,
        suited: &dyn Fn(Format) -> Vec<Format>,
        issuer: &IssuingCa,
        first: &[(Printable, Certificate)],
    ) -> Result<Vec<FormObstacle>, Error> {
        let judged = |&format| self.obstacle(format, &suited(format), issuer, first).transpose();
        Format::ALL.iter().filter_map(judged).collect()
    }

    /// What is in the way of a form below its CAs, and of the first certificates.
    fn obstacle(
        &self,
        format: Format,
        formats: &[Format],
        issuer: &IssuingCa,
        first: &[(Printable, Certificate)],
    ) -> Result<Option<FormObstacle>, Error> {
        let checked = self.forms(formats).and_then(|forms| {
            self.check_above(&forms, issuer, formats)?;
            Ok(forms)
        });
        let forms = match checked {
            Ok(forms) => forms,
            Err(error) => return FormObstacle::of_all(format, error).map(Some),
        };
        let mut named = Named::default();
        let mut refused = first.iter().filter_map(|(source, certificate)| {
            let error = forms.judge_certificate(&mut named, certificate).err()?;
            Some((error, source))
        });
        let Some((error, source)) = refused.next() else { return Ok(None) };
        let requests = InTheWay { first: source.clone(), count: 1 + refused.count() as u64 };
        Ok(Some(FormObstacle::of(format, &error.into(), Some(requests))))
    }
}
