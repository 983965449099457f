//! What is in the way of forms of delivery of a plan, told before it is signed and before a form is chosen.

use crate::{
    export::{format::Format, forms::Named},
    pki::{issuer::IssuingCa, text::Printable},
    register::StoredPlan,
};

use super::{
    error::Error,
    forms::{PAGE, Unsigned, suited},
    opening::Appliance,
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

/// Requests that a form cannot be had of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InTheWay {
    /// Where the first of them came from.
    pub first: Printable,
    /// How many of those that were looked at.
    pub count: u64,
}

/// Forms that cannot be had because of the same requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotHad {
    /// The forms' names, in their order.
    pub forms: Vec<&'static str>,
    /// The requests in the way.
    pub requests: InTheWay,
}

impl FormObstacle {
    /// That of a form which the settings or the CAs are in the way of.
    pub(super) fn of_all(format: Format, error: impl Into<Error>) -> Self {
        Found::of_all(error).told(format)
    }

    /// How many of a plan's certificates are looked at, from the first one on: a list of forms is there at once, however
    /// many there are.
    #[must_use]
    pub fn looked_at(plan: &StoredPlan) -> u64 {
        plan.accepted.min(u64::from(PAGE))
    }

    /// Those that requests are in the way of, which another choice of requests would mend; first those that the fewest are
    /// in the way of.
    #[must_use]
    pub fn of_requests(obstacles: &[Self]) -> Vec<NotHad> {
        let mut groups: Vec<NotHad> = Vec::new();
        for Self { format, requests, .. } in obstacles {
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

/// What is in the way of one form.
struct Found {
    error: Error,
    requests: Option<InTheWay>,
}

impl Found {
    /// That it is the settings, or the CAs.
    fn of_all(error: impl Into<Error>) -> Self {
        Self { error: error.into(), requests: None }
    }

    fn told(self, format: Format) -> FormObstacle {
        let Self { error, requests } = self;
        let what = error.to_string();
        // The form is named beside it.
        let what = what.strip_prefix(&format!("{}: ", format.name())).unwrap_or(&what);
        let of = match &requests {
            None => String::new(),
            Some(InTheWay { first, count: 1 }) => format!(" ({first})"),
            Some(InTheWay { first, count }) => format!(" ({first} and {} more)", count - 1),
        };
        let (what, hint) = (Printable::new(&format!("{what}{of}")), Printable::new(&error.hint()));
        FormObstacle { format, what, hint, requests }
    }
}

impl Appliance {
    /// The forms that a plan's bundle cannot have here: for want of settings in authority.toml, because of its CAs, or
    /// because of one of its first thousand certificates. More of them are not looked at, so that a list of forms is
    /// there at once; [`Appliance::check_forms`] looks at all.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn form_obstacles(&self, plan: &StoredPlan) -> Result<Vec<FormObstacle>, Error> {
        let issuer = self.issuer_of(plan)?;
        let first = self.unsigned_page(plan, 1, &issuer)?;
        let judged = |&format| {
            let found = self.judged_form(plan, format, &issuer, &first).err()?;
            Some(found.told(format))
        };
        Ok(Format::ALL.iter().filter_map(judged).collect())
    }

    /// Whether a form can be had of a plan below its CAs, and of the first of its certificates.
    fn judged_form(
        &self,
        plan: &StoredPlan,
        format: Format,
        issuer: &IssuingCa,
        first: &[Unsigned],
    ) -> Result<(), Found> {
        let formats = suited(plan, &[format]);
        let forms = self.forms(&formats).map_err(Found::of_all)?;
        self.check_above(&forms, issuer, &formats).map_err(Found::of_all)?;
        let mut named = Named::default();
        let mut refused = first.iter().filter_map(|one| {
            let error = forms.judge_certificate(&mut named, &one.certificate).err()?;
            Some((error, &one.source))
        });
        match refused.next() {
            None => Ok(()),
            Some((error, source)) => {
                let requests = InTheWay { first: source.clone(), count: 1 + refused.count() as u64 };
                Err(Found { error: error.into(), requests: Some(requests) })
            }
        }
    }
}
