//! Delivery: the bundle of a signed plan is written onto a medium as one new folder, and read back from it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
};

use crate::{
    export::{
        bundle::{BundleBuilder, Part},
        format::Format,
        manifest::{self, Authority, Counts, Head, Header},
    },
    media::{OutFile, Outbox, Volume},
    pki::{
        certificate::Certificate,
        fingerprint::hex,
        issuer::IssuingCa,
        jws,
        key::{KeyError, PublicKey, RsaScheme, SignatureAlgorithm},
        lint::waiver::Waiver,
        text::Printable,
    },
    register::{Checkpoint, Delivery, PlanKind, StoredPlan, Verdict},
    token::{key::TokenKey, session::Session, signer::Signer, uri::TokenUri},
};

use super::{
    carried_keys::CarriedKeys,
    error::Error,
    forms::{check_proof_form, suited},
    handover::{Bundle, Delivered, Handover, Lists},
    opening::{Appliance, now},
    progress::{Phase, Watch},
};

/// Certificates taken from the register at a time.
const PAGE: u32 = 1_000;

/// Where a bundle goes, and what is in it besides PEM.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryWanted<'a> {
    /// The folder that receives it.
    pub to: &'a Path,
    /// The forms besides PEM.
    pub formats: &'a [Format],
    /// The folder with the devices' private keys, where a form is set to have them.
    pub keys: Option<&'a Path>,
}

/// A bundle being written: the outbox, the files that grow, and the lists of what is finished.
pub(super) struct Writing<'a> {
    outbox: Outbox,
    session: &'a Session,
    audit_key: &'a TokenKey,
    /// Opened with the first piece that the audit key signs.
    audit_signer: Option<AuditSigner<'a>>,
    growing: BTreeMap<&'static str, OutFile>,
    lists: Lists,
}

impl<'a> Writing<'a> {
    pub(super) fn begin<H: Head>(
        mut outbox: Outbox,
        header: &H,
        session: &'a Session,
        audit_key: &'a TokenKey,
    ) -> Result<Self, Error> {
        let lists = Lists::begin(&mut outbox, header)?;
        Ok(Self { outbox, session, audit_key, audit_signer: None, growing: BTreeMap::new(), lists })
    }

    pub(super) fn put(&mut self, part: Part) -> Result<(), Error> {
        match part {
            Part::File { path, octets } => {
                let file = self.outbox.create_file(&path)?;
                self.put_whole(file, &octets)?;
            }
            Part::Append { path, octets } => self.append(path, &octets)?,
            Part::Secret { path, octets } => {
                let file = self.outbox.create_secret_file(&path)?;
                self.put_whole(file, &octets)?;
            }
            Part::Signed { path, before, message, after } => {
                let signer = match &mut self.audit_signer {
                    Some(signer) => signer,
                    none => none.insert(AuditSigner::open(self.session, self.audit_key)?),
                };
                let signature = signer.sign(&message)?;
                let signature = jws::signature(&signature).map_err(|error| not_taken(&error))?;
                self.append(path, &[before.as_slice(), signature.as_bytes(), after].concat())?;
            }
        }
        Ok(())
    }

    fn put_whole(&mut self, mut file: OutFile, octets: &[u8]) -> Result<(), Error> {
        file.append(octets)?;
        self.lists.add(file.finish()?)
    }

    fn append(&mut self, path: &'static str, octets: &[u8]) -> Result<(), Error> {
        match self.growing.entry(path) {
            Entry::Occupied(file) => file.into_mut().append(octets)?,
            Entry::Vacant(place) => place.insert(self.outbox.create_file(path)?).append(octets)?,
        }
        Ok(())
    }

    /// Ends the growing files and the lists, signs the manifest with the audit key, and gives the folder its name.
    pub(super) fn publish(self) -> Result<Bundle, Error> {
        let Self { outbox, session, audit_key, audit_signer, growing, mut lists } = self;
        drop(audit_signer);
        for file in growing.into_values() {
            lists.add(file.finish()?)?;
        }
        let audit_key_sha256 = audit_key.public_key().spki_sha256();
        lists.publish(outbox, audit_key_sha256, |message| audit_signature(session, audit_key, message))
    }
}

impl Appliance {
    /// Writes the bundle of a plan whose certificates are all issued, reads it back, compares, records the delivery.
    /// Then the audit key signs the register's head; where it cannot, the bundle is delivered all the same.
    ///
    /// # Errors
    /// [`Error::NotApproved`] and [`Error::Register`] where the plan is not issued whole; [`Error::MediumFailed`] with
    /// nothing half-written left on the medium, unless it was pulled: the next delivery to it removes the rest;
    /// [`Error::BundleStands`] where the bundle has its name and is not recorded as delivered.
    pub fn deliver(
        &mut self,
        plan: &StoredPlan,
        wanted: &DeliveryWanted<'_>,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Delivered, Error> {
        let keys = self.deliverable(plan, wanted, watch)?;
        let handover = Handover {
            folder: plan.id.clone(),
            entries: plan.accepted,
            formats: suited(plan, wanted.formats),
            private_keys: self.forms_with_private_keys(wanted.formats)?,
            revoked: self.revoked_since(plan)?,
            root: self.issuer_of(plan)?.root().into(),
            again: again_with(plan, wanted),
        };
        self.hand_over(
            handover,
            wanted.to,
            session,
            watch,
            |appliance, watch| appliance.write_bundle(plan, wanted, keys.as_ref(), session, watch),
            |register, time, manifest_sha256| {
                let (folder, certificates) = (plan.id.clone(), plan.accepted);
                register.record_delivery(plan, &Delivery { time, folder, manifest_sha256, certificates })
            },
        )
    }

    /// Writes the bundle until it stands on the medium under its name.
    fn write_bundle(
        &self,
        plan: &StoredPlan,
        wanted: &DeliveryWanted<'_>,
        keys: Option<&CarriedKeys>,
        session: &Session,
        watch: &mut Watch<'_>,
    ) -> Result<Bundle, Error> {
        self.register.check_delivered(plan)?;
        let issuer = self.issuer_of(plan)?;
        let audit_key = self.audit_key(session)?;
        let formats = &suited(plan, wanted.formats);
        let crls = self.path_crls(&issuer)?;
        let forms = self.forms_holding(formats, &crls)?;
        let private_keys = forms.with_private_keys();
        let header = self.header(plan, &issuer, audit_key.public_key(), (formats, &private_keys))?;
        forms.check_audit_key(audit_key.public_key())?;
        let outbox = self.outbox(wanted.to, &plan.id)?;
        let mut writing = Writing::begin(outbox, &header, session, &audit_key)?;
        let mut builder = BundleBuilder::new(&issuer, audit_key.public_key(), forms);
        for part in builder.opening() {
            writing.put(part)?;
        }
        let again = again_with(plan, wanted);
        self.write_path_crls(&crls, formats, &mut writing, watch, &again)?;
        self.write_certificates((plan, keys, &again), &mut builder, &mut writing, watch)?;
        for part in builder.closing() {
            writing.put(part)?;
        }
        self.write_refusals(plan, &builder, &mut writing)?;
        writing.publish()
    }

    /// Checks that a medium can receive a plan's bundle, before the work that leads to it.
    ///
    /// # Errors
    /// [`Error::Medium`]; [`Error::Usage`] for a folder inside the home.
    pub fn check_target(&self, to: &Path) -> Result<(), Error> {
        // Of a medium that is gone, a file system may say that it is full.
        Volume::open(to)?.check()?;
        // An outbox that is not published leaves nothing behind.
        self.outbox(to, "coldsign-check")?;
        Ok(())
    }

    /// Checks that a plan is signed whole, that its certificates can have these forms, that the private keys which these want
    /// are there, and that a medium can receive its bundle, before a PIN is asked for.
    ///
    /// # Errors
    /// [`Error::NotApproved`], [`Error::Register`], [`Error::Format`], [`Error::Medium`], [`Error::Stopped`];
    /// [`Error::Usage`] for the plan of a root, for a proof that no platform's form was asked of, and where private keys are
    /// wanted and no folder is named.
    pub fn check_deliverable(
        &self,
        plan: &StoredPlan,
        wanted: &DeliveryWanted<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        self.deliverable(plan, wanted, watch).map(drop)
    }

    fn deliverable(
        &self,
        plan: &StoredPlan,
        wanted: &DeliveryWanted<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Option<CarriedKeys>, Error> {
        if plan.kind == PlanKind::Root {
            return Err(Error::usage(
                format!("plan {} made the root CA {}, which is not delivered", plan.id, plan.authority),
                "its certificate goes with every bundle; for itself see coldsign ca show NAME --pem",
            ));
        }
        check_proof_form(plan, wanted.formats)?;
        let certificates = self.register.issued_count(plan)?;
        if certificates != plan.accepted {
            return Err(Error::NotApproved {
                what: format!("plan {} is not signed whole: {certificates} of {}", plan.id, plan.accepted),
                hint: format!("sign it to its end first (coldsign sign {})", plan.id),
            });
        }
        let keys = self.forms_checked(plan, wanted, watch)?;
        self.check_folder(wanted.to, &plan.id)?;
        Ok(keys)
    }

    fn header(
        &self,
        plan: &StoredPlan,
        issuer: &IssuingCa,
        audit_key: &PublicKey,
        (formats, private_keys): (&[Format], &[&str]),
    ) -> Result<Header, Error> {
        Ok(Header {
            form: manifest::FORM.to_owned(),
            standing: self.bundle_standing(),
            plan: plan.id.clone(),
            digest: plan.digest.to_string(),
            words: plan.digest.words(),
            created: plan.created.to_string(),
            profile: plan.profile.clone(),
            authority: plan.authority.clone(),
            issuer: named(issuer.certificate()),
            root: named(issuer.root()),
            audit_key_sha256: audit_key.spki_sha256().to_string(),
            register: self.register_head()?,
            counts: Counts { issued: plan.accepted, refused: plan.refused, skipped: plan.skipped },
            formats: named_formats(formats),
            private_keys: private_keys.iter().map(|&name| name.to_owned()).collect(),
            waivers: plan.waivers.iter().map(Waiver::line).collect(),
        })
    }

    fn write_certificates(
        &self,
        (plan, keys, again): (&StoredPlan, Option<&CarriedKeys>, &str),
        builder: &mut BundleBuilder,
        writing: &mut Writing<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        let (mut after, mut done) = (None, 0);
        loop {
            let page = self.register.issued(plan, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.index());
            for certificate in &page {
                let key = keys.map(|keys| keys.of(certificate.source(), certificate.spki_sha256()));
                for part in builder.certificate(certificate, key.transpose()?.as_ref()) {
                    writing.put(part)?;
                }
            }
            done += page.len() as u64;
            watch.tell(Phase::Delivering, done, Some(plan.accepted));
            watch.check_stop(
                "the unfinished folder was removed from the medium",
                &format!("deliver it again ({again}); everything issued is in the register"),
            )?;
        }
    }

    /// Every finding that refused a request, a line each; what is no request at all is not among them.
    fn write_refusals(
        &self,
        plan: &StoredPlan,
        builder: &BundleBuilder,
        writing: &mut Writing<'_>,
    ) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.register.refused(plan, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.index);
            for row in page.iter().filter(|row| row.verdict == Verdict::Refused) {
                for finding in row.findings.iter().filter(|finding| finding.severity == "refuse") {
                    let part =
                        builder.refused(&row.source, &finding.control, &finding.message, &finding.hint);
                    writing.put(part)?;
                }
            }
        }
    }

    /// The audit key in the token. Refused where it is a CA's key, whatever authority.toml says: a CA's key signs
    /// certificates and nothing else.
    pub(super) fn audit_key(&self, session: &Session) -> Result<TokenKey, Error> {
        let key = session.find(&self.audit_uri()?)?;
        let authorities = self.register.authorities()?;
        match authorities.iter().find(|authority| authority.public_key == *key.public_key()) {
            None => Ok(key),
            Some(authority) => Err(Error::authority(
                format!(
                    "the audit key that authority.toml names is the key of CA {}",
                    Printable::new(&authority.name)
                ),
                "correct the [audit] section: the audit key is a key of its own",
            )),
        }
    }

    /// Looks at the audit key before a CA's key signs, where there is one already.
    pub(super) fn check_audit_key(&self, session: &Session) -> Result<(), Error> {
        match self.configuration.audit_key_uri() {
            Some(_) => self.audit_key(session).map(|_| ()),
            None => Ok(()),
        }
    }

    fn audit_uri(&self) -> Result<TokenUri, Error> {
        let uri = self.configuration.audit_key_uri().ok_or_else(|| {
            Error::authority(
                "authority.toml names no audit key",
                "ca create and ca request make one; restore the [audit] section if it was removed",
            )
        })?;
        Ok(TokenUri::parse(uri)?)
    }

    /// Signs the register's head with the audit key and records the checkpoint.
    pub(super) fn sign_head(&mut self, session: &Session) -> Result<(), Error> {
        let key = self.audit_key(session)?;
        let head = self.register.head()?;
        let signature = audit_signature(session, &key, &self.register.checkpoint_message(&head))?;
        let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
        let checkpoint = Checkpoint { head, public_key: key.public_key().clone(), algorithm, signature };
        Ok(self.register.add_checkpoint(&checkpoint, now()?)?)
    }
}

/// Signs with the audit key and checks each signature in software.
struct AuditSigner<'a> {
    key: &'a TokenKey,
    algorithm: SignatureAlgorithm,
    signer: Signer,
}

impl<'a> AuditSigner<'a> {
    fn open(session: &Session, key: &'a TokenKey) -> Result<Self, Error> {
        let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
        Ok(Self { key, algorithm, signer: session.signer(key, algorithm)? })
    }

    /// The signature in X.509 form.
    fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.signer.sign(message)?;
        let verified = self.key.public_key().verify(self.algorithm, message, &signature);
        verified.map_err(|error| not_taken(&error))?;
        Ok(signature)
    }
}

fn not_taken(error: &KeyError) -> Error {
    Error::TokenOutput {
        what: format!("the audit key's signature was not taken: {error}"),
        hint: "check the token; nothing that rests on this signature was done".to_owned(),
    }
}

/// One signature of the audit key.
pub(super) fn audit_signature(session: &Session, key: &TokenKey, message: &[u8]) -> Result<Vec<u8>, Error> {
    AuditSigner::open(session, key)?.sign(message)
}

/// The command that delivers a plan again as it was asked for.
fn again_with(plan: &StoredPlan, wanted: &DeliveryWanted<'_>) -> String {
    let command = again(format!("coldsign deliver {} --to DIR", plan.id), wanted.formats);
    // A folder's name comes from outside, and a command is pasted.
    if wanted.keys.is_some() { format!("{command} --keys DIR") } else { command }
}

/// A command that delivers something again, with the forms that were asked for.
pub(super) fn again(command: String, formats: &[Format]) -> String {
    let names: Vec<&str> = formats.iter().map(|format| format.folder()).collect();
    if names.is_empty() { command } else { format!("{command} --for {}", names.join(",")) }
}

/// How a manifest names forms: each once, in one order.
pub(super) fn named_formats(formats: &[Format]) -> Vec<String> {
    let mut names: Vec<String> = formats.iter().map(|format| format.name().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

pub(super) fn named(certificate: &Certificate) -> Authority {
    Authority {
        subject: certificate.subject().to_printable().to_string(),
        serial: hex(certificate.serial()),
        certificate_sha256: certificate.sha256().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_delivered_again_has_the_forms_that_were_asked_for() {
        let command = || "coldsign deliver p-1".to_owned();
        assert_eq!(again(command(), &[]), command());
        let formats = [Format::Mosquitto, Format::Proof(crate::pki::platform::Platform::Aws)];
        assert_eq!(again(command(), &formats), "coldsign deliver p-1 --for mosquitto,aws");
    }
}
