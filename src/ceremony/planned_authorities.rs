//! The CAs that a plan makes: people who approve it are told so in words, because a certificate of a CA is no device's.

use crate::{
    pki::{constraint::NameConstraints, plan, text::Printable},
    register::{self, StoredPlan},
};

use super::{error::Error, opening::Appliance};

/// Names told; a screen has a list of all.
const NAMES_MAX: u32 = 3;

/// Subtrees of names told; the certificate on the screen has all.
const SUBTREES_MAX: usize = 6;

/// What a plan says of the CAs that it makes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedAuthorities {
    /// How many.
    pub count: u64,
    /// The subjects of the first ones.
    pub names: Vec<Printable>,
    /// How many CAs in a row may stand below each; `None` for any number.
    pub path_length: Option<u32>,
    /// What names may stand below each, in words: `any`, or `only dns:a.example; never ip:10.0.0.0/8`.
    pub names_below: Printable,
}

impl Appliance {
    /// The CAs that a plan makes, as the octets to be signed say it; `None` where it makes none. All certificates of a
    /// plan are made by one profile, so the first one speaks for all.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn planned_authorities(&self, plan: &StoredPlan) -> Result<Option<PlannedAuthorities>, Error> {
        let tbs = self.register.planned_tbs(plan, 1)?;
        let terms = plan::authority_terms(&tbs).map_err(|error| {
            register::Error::Damaged(format!("the first certificate of plan {}: {error}", plan.id))
        })?;
        let Some(terms) = terms else { return Ok(None) };
        let names = self.planned_page(plan, 1, NAMES_MAX)?.into_iter().map(|row| row.subject).collect();
        let names_below = names_below(&terms.names);
        Ok(Some(PlannedAuthorities {
            count: plan.accepted,
            names,
            path_length: terms.path_length,
            names_below,
        }))
    }
}

fn names_below(limits: &NameConstraints) -> Printable {
    let told: Vec<String> = [("only", &limits.permitted), ("never", &limits.excluded)]
        .into_iter()
        .filter(|(_, subtrees)| !subtrees.is_empty())
        .map(|(word, subtrees)| {
            let mut named: Vec<String> =
                subtrees.iter().take(SUBTREES_MAX).map(ToString::to_string).collect();
            if let Some(more) = subtrees.len().checked_sub(SUBTREES_MAX).filter(|more| *more > 0) {
                named.push(format!("and {more} more that its certificate shows"));
            }
            format!("{word} {}", named.join(", "))
        })
        .collect();
    let text = if told.is_empty() { "any".to_owned() } else { told.join("; ") };
    Printable::with_limit(&text, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::constraint::Subtree;

    #[test]
    fn what_names_may_stand_below_a_ca_is_said_in_words_and_what_is_left_out_is_counted() {
        let mut limits = NameConstraints::default();
        assert_eq!(names_below(&limits).as_str(), "any");
        limits.permitted = (0..8).map(|at| Subtree::Dns(format!("{at}.example"))).collect();
        limits.excluded = vec![Subtree::Dns("no.example".into())];
        let told = names_below(&limits).to_string();
        assert!(told.starts_with("only dns:0.example, dns:1.example"), "{told}");
        assert!(
            told.ends_with("5.example, and 2 more that its certificate shows; never dns:no.example"),
            "{told}"
        );
    }
}
