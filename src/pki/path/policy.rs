//! Certificate policies along a path (RFC 5280 §6.1.2 to §6.1.5), any policy being good enough for who asks.
//!
//! Policies are never mapped here, as if every CA inhibited it (§6.1.4 (b) (2)): one that a CA maps to another is not valid
//! below it, and the other does not become valid. Where policyMappings is critical, as RFC 5280 §4.2.1.5 has it, the path is
//! refused for that.

use std::collections::BTreeSet;

use super::super::{certificate::Certificate, oid::ANY_POLICY};

/// The policies that are valid so far.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Valid {
    Any,
    These(BTreeSet<Vec<u8>>),
}

/// Where a certificate stands in its path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::pki) enum Position {
    /// Another stands below it.
    Above,
    /// It is the last.
    Last,
}

/// The state after some certificates below the anchor. Counts are of certificates that may still come; `None`: no limit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::pki) struct Policies {
    valid: Valid,
    explicit: Option<u32>,
    any: Option<u32>,
}

/// What a certificate says of policies.
pub(in crate::pki) struct Said<'a> {
    /// Its policies, OIDs as DER content octets; `None`: it names none.
    pub policies: Option<&'a [Vec<u8>]>,
    /// Policies that it maps to others.
    pub mapped: &'a [Vec<u8>],
    /// requireExplicitPolicy.
    pub require_explicit: Option<u32>,
    /// inhibitAnyPolicy.
    pub inhibit_any: Option<u32>,
    /// Whether its issuer has its own name.
    pub self_issued: bool,
}

impl<'a> Said<'a> {
    pub fn by(certificate: &'a Certificate) -> Self {
        Self {
            policies: certificate.policies(),
            mapped: certificate.mapped_policies(),
            require_explicit: certificate.require_explicit_policy(),
            inhibit_any: certificate.inhibit_any_policy(),
            self_issued: certificate.is_self_issued(),
        }
    }
}

impl Policies {
    /// Below the anchor.
    pub fn start() -> Self {
        Self { valid: Valid::Any, explicit: None, any: None }
    }

    /// Goes on to the next certificate.
    ///
    /// # Errors
    /// A sentence, where a policy is demanded and none is valid.
    pub fn step(&mut self, said: &Said<'_>, position: Position) -> Result<(), String> {
        let any_counts = self.any != Some(0) || said.self_issued && position == Position::Above;
        self.valid = match said.policies {
            None => Valid::These(BTreeSet::new()),
            Some(named) => {
                let all = any_counts && named.iter().any(|policy| policy == ANY_POLICY);
                let listed = || named.iter().filter(|policy| *policy != ANY_POLICY);
                match &self.valid {
                    Valid::Any if all => Valid::Any,
                    Valid::Any => Valid::These(listed().cloned().collect()),
                    Valid::These(_) if all => self.valid.clone(),
                    Valid::These(valid) => {
                        Valid::These(listed().filter(|policy| valid.contains(*policy)).cloned().collect())
                    }
                }
            }
        };
        self.check()?;
        if let (Valid::These(valid), Position::Above) = (&mut self.valid, position) {
            valid.retain(|policy| !said.mapped.contains(policy));
        }
        // §6.1.4 (h) leaves self-issued certificates out; §6.1.5 (a) counts the last one whoever issued it.
        if !said.self_issued || position == Position::Last {
            for count in [&mut self.explicit, &mut self.any] {
                *count = count.map(|left| left.saturating_sub(1));
            }
        }
        // §6.1.5 (b): of the last one only zero counts.
        let demanded = said.require_explicit.filter(|skip| position == Position::Above || *skip == 0);
        self.explicit = least(self.explicit, demanded);
        self.any = least(self.any, said.inhibit_any);
        if position == Position::Last { self.check() } else { Ok(()) }
    }

    fn check(&self) -> Result<(), String> {
        match &self.valid {
            Valid::These(valid) if valid.is_empty() && self.explicit == Some(0) => {
                Err("has no certificate policy that is valid on its path, and one is demanded".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn least(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLD: &[u8] = &[0x2a, 3];
    const SILVER: &[u8] = &[0x2a, 4];

    /// Each certificate: its policies, requireExplicitPolicy, inhibitAnyPolicy.
    type Line<'a> = (Option<&'a [&'a [u8]]>, Option<u32>, Option<u32>);

    fn check(path: &[Line<'_>], expected: bool) {
        let mut policies = Policies::start();
        let result = path.iter().enumerate().try_for_each(|(at, (named, require_explicit, inhibit_any))| {
            let named: Option<Vec<Vec<u8>>> = named.map(|list| list.iter().map(|oid| oid.to_vec()).collect());
            let said = Said {
                policies: named.as_deref(),
                mapped: &[],
                require_explicit: *require_explicit,
                inhibit_any: *inhibit_any,
                self_issued: false,
            };
            let position = if at + 1 == path.len() { Position::Last } else { Position::Above };
            policies.step(&said, position)
        });
        assert_eq!(result.is_ok(), expected, "{path:?}");
    }

    #[test]
    fn demands_a_policy_only_where_a_ca_does() {
        check(&[(None, None, None), (None, None, None)], true);
        check(&[(Some(&[GOLD]), None, None), (Some(&[SILVER]), None, None)], true);
        check(&[(Some(&[GOLD]), Some(0), None), (Some(&[SILVER]), None, None)], false);
        check(&[(Some(&[GOLD]), Some(0), None), (None, None, None)], false);
        check(&[(Some(&[GOLD]), Some(0), None), (Some(&[GOLD, SILVER]), None, None)], true);
        check(&[(Some(&[GOLD]), Some(5), None), (None, None, None)], true);
        check(&[(None, None, None), (Some(&[GOLD]), Some(0), None)], false);
        check(&[(None, None, None), (Some(&[GOLD]), Some(1), None)], true);
    }

    #[test]
    fn counts_a_self_issued_certificate_where_it_is_the_last() {
        let gold = [GOLD.to_vec()];
        let said = |named, require_explicit, self_issued| Said {
            policies: named,
            mapped: &[],
            require_explicit,
            inhibit_any: None,
            self_issued,
        };
        let below = |skip| {
            let mut policies = Policies::start();
            policies.step(&said(Some(&gold), Some(skip), false), Position::Above).expect("gold");
            policies
        };
        assert!(below(1).step(&said(None, None, true), Position::Last).is_err());
        assert!(below(2).step(&said(None, None, true), Position::Last).is_ok());
        let mut policies = below(2);
        policies.step(&said(None, None, true), Position::Above).expect("not counted");
        assert!(policies.step(&said(None, None, false), Position::Last).is_ok());
        let mut policies = below(1);
        policies.step(&said(None, None, true), Position::Above).expect("not counted");
        assert!(policies.step(&said(None, None, false), Position::Last).is_err());
    }

    #[test]
    fn a_policy_that_is_mapped_is_not_valid_below() {
        fn said<'a>(named: &'a [Vec<u8>], mapped: &'a [Vec<u8>], require_explicit: Option<u32>) -> Said<'a> {
            Said { policies: Some(named), mapped, require_explicit, inhibit_any: None, self_issued: false }
        }
        let (gold, silver) = (GOLD.to_vec(), SILVER.to_vec());
        let below = |authority: &[Vec<u8>], mapped: &[Vec<u8>], leaf: &[Vec<u8>]| {
            let mut policies = Policies::start();
            policies.step(&said(authority, mapped, Some(0)), Position::Above).expect("it names a policy");
            policies.step(&said(leaf, &[], None), Position::Last).is_ok()
        };
        let (one, both) = ([gold.clone()], [gold.clone(), silver.clone()]);
        assert!(below(&one, &[], &one));
        assert!(!below(&one, &one, &one));
        assert!(!below(&one, &one, std::slice::from_ref(&silver)));
        assert!(below(&both, &one, &both));
        // §6.1.3 (d) (1) (ii): anyPolicy stays valid, and every policy with it.
        assert!(below(&[ANY_POLICY.to_vec()], &one, &one));
        // What the last one maps is for nobody.
        let mut policies = Policies::start();
        assert!(policies.step(&said(&one, &one, Some(0)), Position::Last).is_ok());
    }

    #[test]
    fn any_policy_stands_for_all_until_it_is_inhibited() {
        check(&[(Some(&[ANY_POLICY]), Some(0), None), (Some(&[GOLD]), None, None)], true);
        check(&[(Some(&[GOLD]), Some(0), None), (Some(&[ANY_POLICY]), None, None)], true);
        check(&[(Some(&[GOLD]), Some(0), Some(0)), (Some(&[ANY_POLICY]), None, None)], false);
        check(&[(Some(&[GOLD]), Some(0), Some(1)), (Some(&[ANY_POLICY]), None, None)], true);
    }
}
