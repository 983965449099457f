//! What a certificate gets, and what a request asked for in vain: every finding gathered.

use const_oid::{ObjectIdentifier, db::rfc5280};

use crate::pki::{
    certificate::extensions::policies_of,
    extension::{Meaning, RequestedExtension},
    issuer::IssuingCa,
    key::{KeyAlgorithm, PublicKey},
    lint::{Granted, waiver},
    name::Name,
    naming::Named,
    oid,
    policy::{Control, Finding},
    profile::{
        BeyondIssuer, CRL_SIGN, EmptySubject, End, KEY_CERT_SIGN, KeyIdentifier, Profile, SubjectKind,
        key_usage_names,
    },
    time::Time,
};

use super::{Facts, authority::end_of_days, fixed, tbs::PlannedExtension};

/// The state of one decision: findings so far, and what was granted.
pub(super) struct Decision<'a> {
    pub profile: &'a Profile,
    /// The CA that will sign; `None` where a request is judged by a profile alone.
    issuer: Option<&'a IssuingCa>,
    pub findings: Vec<Finding>,
    pub extensions: Vec<PlannedExtension>,
}

impl<'a> Decision<'a> {
    pub fn new(profile: &'a Profile, issuer: Option<&'a IssuingCa>, findings: Vec<Finding>) -> Self {
        Self { profile, issuer, findings, extensions: Vec::with_capacity(8) }
    }

    pub fn issuer(&self) -> Option<&'a IssuingCa> {
        self.issuer
    }

    pub fn refuse(&mut self, control: Control, message: &str, hint: &'static str) {
        self.findings.push(Finding::refuse(control, message, hint));
    }

    fn dropped(&mut self, message: &str, hint: &'static str) {
        self.findings.push(Finding::note(Control::ExtensionDropped, message, hint));
    }

    /// What was decided, in the words of the lint.
    pub fn granted<'b>(
        &'b self,
        facts: &'b Facts,
        subject: &'b Name,
        (not_before, not_after): (Time, Time),
    ) -> Granted<'b> {
        let mut granted = Granted {
            serial: facts.serial.as_octets(),
            subject: subject.der(),
            not_before,
            not_after,
            key_usage: 0,
            path_length: None,
            extended_key_usage: &self.profile.extended_key_usage,
            extended_key_usage_criticality: self.profile.extended_key_usage_criticality,
            key_identifier: self.profile.key_identifier,
            fixed: &self.profile.fixed,
            copied: Vec::new(),
        };
        for extension in &self.extensions {
            match extension {
                PlannedExtension::KeyUsage(bits) => granted.key_usage = *bits,
                PlannedExtension::Authority { path_length } => granted.path_length = *path_length,
                PlannedExtension::Copied { oid, value, .. } => granted.copied.push((oid, value)),
                _ => {}
            }
        }
        granted
    }

    /// Everything but the validity.
    pub fn judge_request(&mut self, key: &PublicKey, named: &Named<'_>) {
        if self.profile.kind == SubjectKind::Root {
            self.refuse(
                Control::ProfileKind,
                "a root is made with its own key by `ca create`, never from a request",
                "choose a profile of another kind",
            );
        }
        self.findings.extend_from_slice(&named.findings);
        self.judge_key(key);
        // Names that could not be made are judged by nobody; to judge those asked for in their place would mislead.
        let made = !super::refuses(&named.findings);
        if made {
            self.judge_subject(&named.subject, &named.requested);
            self.judge_standard(&named.subject, &named.requested);
        }
        self.judge_extensions(&named.requested, key, &named.subject);
        if made {
            self.judge_rules(&named.subject);
        }
    }

    /// The profile's rules on the names that the certificate would carry.
    pub fn judge_rules(&mut self, subject: &Name) {
        self.profile.naming.attributes.judge(subject, &mut self.findings);
        let names = self.extensions.iter().find_map(|extension| match extension {
            PlannedExtension::Copied { oid, value, .. } if is_alternative_oid(oid) => Some(value.as_slice()),
            _ => None,
        });
        self.profile.naming.alternative_rules.judge(names, &mut self.findings);
    }

    /// The key's algorithm is on the profile's list, and it is not a CA's own key.
    pub fn judge_key(&mut self, key: &PublicKey) {
        self.judge_algorithm(key.algorithm());
        if self.issuer.is_some_and(|issuer| issuer.holds_key(key)) {
            self.refuse(
                Control::KeyIsIssuer,
                "the public key is that of the CA itself, or of a CA above it",
                "ask the applicant to make a key of its own",
            );
        }
    }

    /// The profile takes keys of this kind.
    pub fn judge_algorithm(&mut self, algorithm: KeyAlgorithm) {
        if !self.profile.takes(algorithm) {
            self.refuse(
                Control::KeyAlgorithm,
                &format!("the profile `{}` takes no key of kind {algorithm}", self.profile.name),
                "use a key that the profile lists under `keys`, or another profile",
            );
        }
    }

    /// A subject where one is needed, and not a CA's own name.
    pub fn judge_subject(&mut self, subject: &Name, requested: &[RequestedExtension]) {
        if subject.is_empty() {
            let named = self.allows(rfc5280::ID_CE_SUBJECT_ALT_NAME.as_bytes())
                && requested.iter().any(is_alternative_name);
            let taken = self.profile.empty_subject == EmptySubject::WithAlternativeName && named;
            // RFC 5280 §4.1.2.6: a CA always has a subject name.
            if !taken || self.is_authority() {
                self.refuse(
                    Control::NameEmpty,
                    "the subject is empty",
                    "ask for a request with a subject, or let the profile take alternative names instead",
                );
            }
        } else if self.issuer.is_some_and(|issuer| issuer.holds_name(subject)) {
            // A certificate under its issuer's name is self-issued to relying parties (RFC 5280 §6.1), which takes
            // it out of path lengths and confuses whoever builds paths.
            self.refuse(
                Control::NameIsIssuer,
                "the subject is the name of the CA itself, or of a CA above it",
                "ask the applicant to use a name of its own",
            );
        }
    }

    /// What the CA's own path lets through: names, purposes and policies.
    fn judge_limits(&mut self, subject: &Name) {
        let Some(issuer) = self.issuer else { return };
        let names = self.extensions.iter().find_map(|extension| match extension {
            PlannedExtension::Copied { oid, value, .. } if oid == oid::SUBJECT_ALT_NAME => {
                Some(value.as_slice())
            }
            _ => None,
        });
        if let Err(what) = issuer.check_names(subject, names) {
            self.refuse(
                Control::NameConstraints,
                &format!("the CA may not issue to this name: {what}"),
                "issue from a CA whose name constraints let the name in, or ask for another name",
            );
        }
        let usages = &self.profile.extended_key_usage;
        let stopped: Vec<_> = usages.iter().filter(|usage| !issuer.lets_through(usage)).collect();
        if !stopped.is_empty() {
            let names: Vec<_> = stopped.into_iter().map(|usage| name_of(usage)).collect();
            self.refuse(
                Control::UsageIssuer,
                &format!("the CA's own extended key usage does not let {} through", names.join(", ")),
                "issue from a CA without that limit, or by a profile with another `extended-key-usage`",
            );
        }
        let mut policies: Vec<_> =
            self.profile.fixed.policies.iter().map(|policy| policy.oid.clone()).collect();
        let copied = self.extensions.iter().find_map(|extension| match extension {
            PlannedExtension::Copied { oid, value, .. } if oid == oid::CERTIFICATE_POLICIES => Some(value),
            _ => None,
        });
        let copied = copied.map_or(Ok(Vec::new()), |value| policies_of(value));
        policies.extend(copied.unwrap_or_else(|what| {
            self.refuse(
                Control::ExtensionMalformed,
                &format!("certificatePolicies: {what}"),
                "ask for a request with correct policies, or without them",
            );
            Vec::new()
        }));
        if let Err(what) = issuer.check_policies(&policies) {
            self.refuse(
                Control::PolicyIssuer,
                &format!("the certificate {what}"),
                "name a policy of the CA in the profile's `certificate-policies`",
            );
        }
    }

    /// From now (less the profile's set-back, but not before the issuer) to the profile's end within the issuer's;
    /// notBefore and notAfter.
    pub fn judge_validity(&mut self, now: Time, issuer: &IssuingCa) -> (Time, Time) {
        let begin = now.plus_seconds(-i64::from(self.profile.backdate_seconds));
        let not_before = begin.max(issuer.begins());
        let wanted = match self.profile.end {
            // Both ends belong to the validity (RFC 5280 §4.1.2.5): so many days from now, to the second.
            End::Days(days) => end_of_days(now, days).unwrap_or_else(|what| {
                self.refuse(
                    Control::ValidityPeriod,
                    &what,
                    "give fewer `validity-days`, or `not-after = \"no-expiry\"`; and check this machine's clock",
                );
                Time::NO_EXPIRY
            }),
            End::At(end) => end,
        };
        let limit = issuer.ends();
        let not_after = match self.profile.beyond_issuer {
            BeyondIssuer::Keep => wanted,
            BeyondIssuer::Refuse | BeyondIssuer::Shorten => wanted.min(limit),
        };
        if now < issuer.begins() {
            // A clock that fell back, which a machine without a network does not notice: the times would be wrong.
            self.refuse(
                Control::ValidityIssuer,
                &format!(
                    "the CA's own validity begins at {}, and this machine's clock says {now}",
                    issuer.begins()
                ),
                "set this machine's clock",
            );
            return (not_before, not_after);
        }
        if limit < now {
            self.refuse(
                Control::ValidityIssuer,
                &format!("the CA's own validity ended at {limit}"),
                "renew the CA's certificate, and check this machine's clock",
            );
            return (not_before, not_after);
        }
        if wanted > limit {
            self.judge_excess(wanted, limit);
        }
        if not_after <= now || not_after <= not_before {
            self.refuse(
                Control::ValidityPeriod,
                &format!("the certificate would end at {not_after}, before it could be used"),
                "correct the profile's `not-after`, and check this machine's clock",
            );
        }
        (not_before, not_after)
    }

    fn judge_excess(&mut self, wanted: Time, limit: Time) {
        let name = &self.profile.name;
        let message =
            format!("by profile {name} the certificate would end at {wanted}, after its issuer's {limit}");
        match self.profile.beyond_issuer {
            BeyondIssuer::Keep => self.findings.push(Finding::note(
                Control::ValidityIssuer,
                &format!("{message}; the profile keeps it so"),
                "nothing needs to be done where the device's certificate is to say that it has no end; whoever checks \
                 the whole path stops at the issuer's",
            )),
            BeyondIssuer::Refuse => self.refuse(
                Control::ValidityIssuer,
                &message,
                "issue from a CA that lasts longer; or give the profile in authority.toml fewer `validity-days` or \
                 `beyond-issuer = \"shorten\"`, and open the home again",
            ),
            BeyondIssuer::Shorten => self.findings.push(Finding::note(
                Control::ValidityIssuer,
                &format!("{message}; it was shortened to end with its issuer"),
                "issue from a CA that lasts longer where the full validity is needed",
            )),
        }
    }

    /// The profile's extensions, then those of the request that the profile allows, in the request's order.
    pub fn judge_extensions(&mut self, requested: &[RequestedExtension], key: &PublicKey, subject: &Name) {
        let algorithm = key.algorithm();
        let key_usage = self.profile.key_usage_for(algorithm);
        if key_usage == 0 || self.is_authority() && key_usage & KEY_CERT_SIGN == 0 {
            self.refuse(
                Control::KeyAlgorithm,
                &format!("a key of kind {algorithm} can serve none of the profile's usages"),
                "use another kind of key, or a profile with a usage such as digitalSignature",
            );
        }
        let unserved = self.profile.purposes_unserved(key_usage);
        if key_usage != 0 && !unserved.is_empty() && waiver::of_purposes(&self.profile.waivers).is_none() {
            self.refuse(
                Control::KeyAlgorithm,
                &format!(
                    "the key usage that a key of kind {algorithm} gets serves no part of {}",
                    unserved.join(", ")
                ),
                "use another kind of key, or a profile whose `key-usage` and `extended-key-usage` go together",
            );
        }
        self.grant_authority();
        self.extensions.push(PlannedExtension::KeyUsage(key_usage));
        if !self.profile.extended_key_usage.is_empty() {
            self.extensions.push(PlannedExtension::ExtendedKeyUsage {
                usages: self.profile.extended_key_usage.clone(),
                criticality: self.profile.extended_key_usage_criticality,
            });
        }
        if self.profile.key_identifier == KeyIdentifier::Present {
            let identifier = key.key_identifier().to_vec();
            self.extensions.push(PlannedExtension::SubjectKeyIdentifier(identifier));
        }
        if let Some(issuer) = self.issuer {
            let identifier = issuer.key_identifier().to_vec();
            self.extensions.push(PlannedExtension::AuthorityKeyIdentifier(identifier));
        }
        match fixed::encode(&self.profile.fixed) {
            Ok(fixed) => self.extensions.extend(fixed.into_iter().map(PlannedExtension::Fixed)),
            Err(error) => self.refuse(
                Control::Lint,
                &format!("the profile's extensions cannot be written: {error}"),
                "correct the profile's extensions of fixed content",
            ),
        }
        for extension in requested {
            self.judge_wish(extension, key_usage, subject);
        }
        self.judge_limits(subject);
    }

    fn grant_authority(&mut self) {
        let SubjectKind::SubordinateCa { path_length } = self.profile.kind else {
            return self.extensions.push(PlannedExtension::EndEntity);
        };
        let granted = match self.issuer.and_then(IssuingCa::path_length_left) {
            None => path_length,
            Some(0) => {
                return self.refuse(
                    Control::AuthorityRequested,
                    "the issuing CA's path length lets no CA stand below it",
                    "issue from a CA with a longer path length",
                );
            }
            Some(left) => path_length.min(left - 1),
        };
        if granted != path_length {
            self.findings.push(Finding::note(
                Control::AuthorityRequested,
                &format!("the path length is {granted}, not the profile's {path_length}: the CA's own leaves no more"),
                "issue from a CA with a longer path length where it is needed",
            ));
        }
        self.extensions.push(PlannedExtension::Authority { path_length: Some(granted) });
    }

    fn judge_wish(&mut self, wish: &RequestedExtension, key_usage: u16, subject: &Name) {
        match &wish.meaning {
            Meaning::BasicConstraints { ca, path_length } => self.judge_authority_wish(*ca, *path_length),
            Meaning::KeyUsage(bits) => self.judge_key_usage_wish(*bits, key_usage),
            Meaning::ExtendedKeyUsage(usages) => {
                let beyond = usages.iter().filter(|usage| !self.profile.extended_key_usage.contains(usage));
                let names: Vec<_> = beyond.map(|usage| name_of(usage)).collect();
                if !names.is_empty() {
                    self.dropped(
                        &format!("the extended key usage {} was asked for and is left out", names.join(", ")),
                        "add it to the profile's `extended-key-usage` if these certificates need it",
                    );
                }
            }
            Meaning::SubjectAltName { .. } | Meaning::Opaque => self.judge_other_wish(wish, subject),
        }
    }

    fn judge_authority_wish(&mut self, ca: bool, path_length: Option<u32>) {
        match (self.profile.kind, ca) {
            (SubjectKind::SubordinateCa { .. }, true) => {
                let granted = self.extensions.iter().find_map(|extension| match extension {
                    PlannedExtension::Authority { path_length } => *path_length,
                    _ => None,
                });
                if path_length.is_some() && path_length != granted {
                    self.dropped(
                        "another path length was asked for than the profile and the CA grant",
                        "change the profile's `path-length` if the subordinate CA needs it",
                    );
                }
            }
            // Software for devices writes this into its requests: the file or the profile is the wrong one.
            (SubjectKind::SubordinateCa { .. }, false) => self.refuse(
                Control::AuthorityRequested,
                "the request says that it is for no CA, and the profile makes one",
                "use a profile for end entities, or ask the subordinate CA for a request that does not say CA:FALSE",
            ),
            (_, true) => self.refuse(
                Control::AuthorityRequested,
                "the request asks to be a CA",
                "ask for a request without CA:TRUE, or use a profile for subordinate CAs",
            ),
            (_, false) => {}
        }
    }

    fn judge_key_usage_wish(&mut self, bits: u16, granted: u16) {
        let authority = bits & (KEY_CERT_SIGN | CRL_SIGN);
        if authority != 0 && !self.is_authority() {
            return self.refuse(
                Control::AuthorityRequested,
                &format!("the request asks for a CA's key usage: {}", key_usage_names(authority)),
                "ask for a request without it, or use a profile for subordinate CAs",
            );
        }
        if self.is_authority() && bits & KEY_CERT_SIGN == 0 {
            return self.refuse(
                Control::AuthorityRequested,
                "the request asks for a key usage without keyCertSign, and the profile makes a CA",
                "use a profile for end entities, or ask the subordinate CA for a request with keyCertSign",
            );
        }
        let beyond = bits & !granted;
        if beyond != 0 {
            self.dropped(
                &format!("the key usage {} was asked for and is left out", key_usage_names(beyond)),
                "add it to the profile's `key-usage` if these certificates need it and their keys can serve it",
            );
        }
    }

    fn judge_other_wish(&mut self, wish: &RequestedExtension, subject: &Name) {
        let fixed = self.extensions.iter().find_map(|extension| match extension {
            PlannedExtension::Fixed(fixed) if fixed.extn_id.as_bytes() == wish.oid => Some(fixed),
            _ => None,
        });
        if let Some(fixed) = fixed {
            if fixed.extn_value.as_bytes() != wish.value {
                self.dropped(
                    &format!("the extension {} was asked for with another content", name_of(&wish.oid)),
                    "change what the profile fixes if these certificates need it",
                );
            }
            return;
        }
        // The plan decides on these two itself, whatever was asked for.
        let decided = [rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER, rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER];
        let is_decided = decided.iter().any(|oid| oid.as_bytes() == wish.oid);
        if !is_decided && self.allows(&wish.oid) {
            let is_name = is_alternative_name(wish);
            if wish.critical && !is_name {
                self.dropped(
                    &format!("the critical mark of the extension {} is left out", name_of(&wish.oid)),
                    "nothing needs to be done: whoever knows the extension reads it all the same",
                );
            }
            return self.extensions.push(PlannedExtension::Copied {
                oid: wish.oid.clone(),
                // RFC 5280 §4.2.1.6: a subjectAltName is critical exactly where the subject is empty. Others never
                // are: relying parties refuse a critical extension that they do not know.
                critical: is_name && subject.is_empty(),
                value: wish.value.clone(),
            });
        }
        let name = name_of(&wish.oid);
        if wish.critical && !is_decided {
            return self.refuse(
                Control::ExtensionCritical,
                &format!("the critical extension {name} is asked for, which the profile does not know"),
                "ask for a request without it, or add it to the profile's `allow-extensions`",
            );
        }
        self.dropped(
            &format!("the extension {name} was asked for and is left out"),
            "add it to the profile's `allow-extensions` if these certificates need it",
        );
    }

    fn allows(&self, oid: &[u8]) -> bool {
        // Alternative names of a template are the profile's own, and in the place of those asked for.
        self.profile.naming.alternative.is_some() && is_alternative_oid(oid)
            || self.profile.allowed_extensions.iter().any(|allowed| allowed == oid)
    }

    fn is_authority(&self) -> bool {
        self.profile.makes_authorities()
    }
}

fn is_alternative_name(extension: &RequestedExtension) -> bool {
    is_alternative_oid(&extension.oid)
}

fn is_alternative_oid(oid: &[u8]) -> bool {
    oid == rfc5280::ID_CE_SUBJECT_ALT_NAME.as_bytes()
}

/// An object identifier for people: its name in the RFCs, or its numbers.
pub(in crate::pki) fn name_of(oid: &[u8]) -> String {
    let Ok(identifier) = ObjectIdentifier::from_bytes(oid) else {
        return "with an object identifier of more than 39 octets".into();
    };
    match const_oid::db::DB.by_oid(&identifier) {
        Some(name) => ["id-ce-", "id-kp-", "id-pe-"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name)
            .to_owned(),
        None => identifier.to_string(),
    }
}
