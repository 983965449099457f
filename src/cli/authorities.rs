//! `ca …`: CAs are made, requested, installed, adopted, exported, listed and shown; `life` has what comes later.

mod life;

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    ceremony::{
        Adoptee, Appliance, AuthorityRecord, ConfirmedCa, CrlScope, Error, Home, InstalledCertificate, NewCa,
        ProposedAdoption, Rekey, Requested, Role, RootCompared, printable_path,
    },
    pki::{
        certificate::Certificate,
        fingerprint::hex,
        key::{Curve, KeyAlgorithm, MlDsa},
        pem,
        text::Printable,
    },
};

use super::{
    args::{CaCommand, KeyKind, PinArguments},
    exit::Exit,
    pin,
    render::{self, Form},
    stop,
};

/// Runs a CA command.
pub fn run(home: Home, command: CaCommand, form: Form) -> Result<Exit, Error> {
    match command {
        CaCommand::Create { name, key, subject, days, path_length, pin } => {
            let new = NewCa { name: &name, key: algorithm(key), subject: &subject }.commanded();
            create(home, &new, (days, path_length), pin, form)?;
        }
        CaCommand::Request { name, key, subject, to, pin } => {
            let new = NewCa { name: &name, key: algorithm(key), subject: &subject }.commanded();
            let _heeded = stop::heed();
            let mut appliance = Appliance::open(home)?;
            let requested = appliance.request_subordinate(&new, &to, &mut pin::custodian(pin.pin_file))?;
            show_request(form, &name, &requested, &to);
        }
        CaCommand::Renew { name, days, to, pin } => {
            life::renew(home, &name, &life::way(days, to), pin, form)?;
        }
        CaCommand::Rekey { before, name, key, days, to, pin } => {
            let rekey = Rekey { before: &before, name: &name, key: algorithm(key) };
            life::rekey(home, rekey, &life::way(days, to), pin, form)?;
        }
        CaCommand::Link { name, pin } => life::link(home, &name, pin, form)?,
        CaCommand::Cross { ca, profile, certificate } => {
            life::cross(home, &ca, &profile, &certificate, form)?;
        }
        CaCommand::Install { name, certificate, chain, root_words, beside } => {
            let role = if beside { Role::Beside } else { Role::Issues };
            let compared = RootCompared::Typed(root_words.as_deref());
            install(home, &name, (&certificate, chain.as_deref(), role), compared, form)?;
        }
        CaCommand::Use { name, sha256, root_words } => {
            let mut appliance = Appliance::open(home)?;
            let compared = RootCompared::Typed(root_words.as_deref());
            let issuer = appliance.use_certificate(&name, &sha256, compared)?;
            show(form, &name, Some((issuer.certificate(), issuer.root())), appliance.is_rehearsal());
            tell!("{name} issues under it from now on");
        }
        CaCommand::Adopt { name, key, certificate, chain, origin, words, pin } => {
            let adoptee = Adoptee {
                name: &name,
                key_uri: &key,
                certificate: &certificate,
                chain: chain.as_deref(),
                origin: &origin,
            };
            adopt(home, &adoptee, words.as_deref().unwrap_or_default(), pin, form)?;
        }
        CaCommand::Export { name, to } => export(home, &name, &to, form)?,
        CaCommand::List => list(home, form)?,
        CaCommand::Show { name, pem: true } => {
            let record = Appliance::open_to_read(home)?.authority(&name)?;
            match &record.certificate {
                Some((own, above)) => show_pem(form, std::iter::once(own).chain(above)),
                None => show_line(form, &name, None, None),
            }
        }
        CaCommand::Show { name, pem: false } => show_one(home, &name, form)?,
    }
    Ok(Exit::Done)
}

fn create(
    home: Home,
    new: &ConfirmedCa<'_>,
    (days, path_length): (u32, Option<u32>),
    pin: PinArguments,
    form: Form,
) -> Result<(), Error> {
    let _heeded = stop::heed();
    let mut appliance = Appliance::open(home)?;
    let (issuer, head) = appliance.create_root(new, days, path_length, &mut pin::custodian(pin.pin_file))?;
    render::head(&head);
    show(form, new.new_ca().name, Some((issuer.certificate(), issuer.root())), appliance.is_rehearsal());
    Ok(())
}

fn install(
    home: Home,
    name: &str,
    (certificate, chain, role): (&Path, Option<&Path>, Role),
    compared: RootCompared<'_>,
    form: Form,
) -> Result<(), Error> {
    let mut appliance = Appliance::open(home)?;
    let fitting = appliance.examine(name, certificate, chain, role)?;
    for subject in fitting.recorded() {
        tell!("above it, from the register: {subject}");
    }
    let issuer = appliance.install(fitting, compared)?;
    show(form, name, Some((issuer.certificate(), issuer.root())), appliance.is_rehearsal());
    Ok(())
}

fn export(home: Home, name: &str, to: &Path, form: Form) -> Result<(), Error> {
    let appliance = Appliance::open_to_read(home)?;
    let exported = appliance.export_certificate(name, to)?;
    let folder = printable_path(&to.join(&exported.folder));
    match form {
        Form::Json => render::value(&json!({
            "ca": name,
            "folder": folder.as_str(),
            "files": exported.files,
            "sha256": exported.sha256.to_string(),
        })),
        Form::Text => {
            render::line(&format!("folder  {folder}"));
            render::line(&format!("files   {}", exported.files.join(", ")));
            render::line(&format!("sha256  {}", exported.sha256));
            render::line(&format!("words   {}", exported.sha256.words()));
        }
    }
    Ok(())
}

fn list(home: Home, form: Form) -> Result<(), Error> {
    let appliance = Appliance::open_to_read(home)?;
    let warnings = appliance.warnings()?;
    for record in appliance.authorities()? {
        let from_outside = appliance.adoption_told(&record.name)?;
        match form {
            Form::Text => {
                show_line(form, &record.name, certificates(&record), from_outside.as_ref());
                if let Some(after) = appliance.successor(&record.name)? {
                    render::line(&format!("    succeeded by {after}"));
                }
            }
            Form::Json => {
                let of = warnings.iter().filter(|warning| warning.ca == record.name);
                let mut value = certificate_value(&record.name, certificates(&record));
                value["succeeds"] = json!(record.succeeds);
                value["succeeded_by"] = json!(appliance.successor(&record.name)?);
                value["warnings"] = of.map(render::warning_value).collect();
                value["key_from_outside"] = json!(from_outside.as_ref().map(Printable::as_str));
                render::value(&value);
            }
        }
    }
    render::warnings(&warnings);
    Ok(())
}

fn show_one(home: Home, name: &str, form: Form) -> Result<(), Error> {
    let appliance = Appliance::open_to_read(home)?;
    let record = appliance.authority(name)?;
    let installed = appliance.certificates_of(name)?;
    let from_outside = appliance.adoption_told(name)?;
    if form == Form::Json {
        let mut value = certificate_value(name, certificates(&record));
        value["succeeds"] = json!(record.succeeds);
        value["succeeded_by"] = json!(appliance.successor(name)?);
        value["certificates"] = installed.iter().map(|one| installed_value(&record, one)).collect();
        value["key_from_outside"] = json!(from_outside.as_ref().map(Printable::as_str));
        render::value(&value);
        return Ok(());
    }
    show(form, name, certificates(&record), appliance.is_rehearsal());
    show_from_outside(from_outside.as_ref());
    if let Some(before) = &record.succeeds {
        render::line(&format!("succeeds     {before}"));
    }
    if let Some(after) = appliance.successor(name)? {
        render::line(&format!("succeeded by {after}"));
    }
    for one in installed.iter().filter(|one| !in_use(&record, one)) {
        render::line(&format!(
            "also         {}  until {}  by {}  ({})",
            one.certificate.sha256(),
            one.certificate.not_after(),
            one.certificate.issuer().to_printable(),
            role_words(one.role)
        ));
    }
    if let (Form::Text, Some(latest)) = (form, appliance.crl_standing(name, CrlScope::Full)?.latest) {
        let number = latest.number.unwrap_or_else(|| "none".to_owned());
        let next = latest.next_update.map_or("-".to_owned(), |time| time.to_string());
        render::line(&format!("CRL          {number}, the next one by {next}"));
    }
    Ok(())
}

fn show_request(form: Form, name: &str, requested: &Requested, to: &Path) {
    render::head(&requested.head);
    let path = printable_path(&to.join(&requested.folder).join(&requested.file));
    match form {
        Form::Json => render::value(&json!({
            "ca": name,
            "request": path.as_str(),
            "sha256": requested.sha256.to_string(),
            "spki_sha256": requested.spki_sha256.to_string(),
        })),
        Form::Text => {
            render::line(&format!("request  {path}"));
            render::line(&format!("sha256   {}", requested.sha256));
            render::line(&format!("words    {}", requested.sha256.words()));
            tell!(
                "next: have the superior CA issue it, then coldsign ca install {name} CERT; with --chain FILE where a CA above it \
                 is not in this home"
            );
        }
    }
}

/// `ca adopt`: without the words it shows what they stand for.
fn adopt(
    home: Home,
    adoptee: &Adoptee<'_>,
    words: &str,
    given: PinArguments,
    form: Form,
) -> Result<(), Error> {
    let name = adoptee.name;
    let _heeded = stop::heed();
    let mut appliance = Appliance::open(home)?;
    let (proposed, session) = appliance.propose_adoption(adoptee, &mut pin::custodian(given.pin_file))?;
    show_proposed(name, &proposed);
    if words.is_empty() && form == Form::Json {
        render::value(&proposed_value(name, &proposed));
    }
    let head = appliance.adopt(&proposed, words, &session)?;
    render::head(&head);
    let issuer = proposed.issuer();
    show(form, name, Some((issuer.certificate(), issuer.root())), appliance.is_rehearsal());
    if form == Form::Text {
        show_from_outside(appliance.adoption_told(name)?.as_ref());
        tell!(
            "next: take its latest CRL and the list of what it issued: coldsign crl import --ca {name} CRL --list \
             index.txt; or, where it never made a CRL: coldsign crl import --ca {name} --none {name}"
        );
    }
    Ok(())
}

/// Certificates as PEM, in JSON a line each.
fn show_pem<'a>(form: Form, certificates: impl Iterator<Item = &'a Certificate>) {
    for certificate in certificates {
        let text = pem::encode("CERTIFICATE", certificate.der());
        match form {
            Form::Json => render::value(&json!({ "pem": text })),
            Form::Text => render::line(text.trim_end()),
        }
    }
}

fn algorithm(kind: KeyKind) -> KeyAlgorithm {
    match kind {
        KeyKind::P256 => KeyAlgorithm::Ec(Curve::P256),
        KeyKind::P384 => KeyAlgorithm::Ec(Curve::P384),
        KeyKind::P521 => KeyAlgorithm::Ec(Curve::P521),
        KeyKind::Rsa2048 => KeyAlgorithm::Rsa { bits: 2048 },
        KeyKind::Rsa3072 => KeyAlgorithm::Rsa { bits: 3072 },
        KeyKind::Rsa4096 => KeyAlgorithm::Rsa { bits: 4096 },
        KeyKind::Ed25519 => KeyAlgorithm::Ed25519,
        KeyKind::MlDsa44 => KeyAlgorithm::MlDsa(MlDsa::Set44),
        KeyKind::MlDsa65 => KeyAlgorithm::MlDsa(MlDsa::Set65),
        KeyKind::MlDsa87 => KeyAlgorithm::MlDsa(MlDsa::Set87),
    }
}

/// A CA's own certificate and the root of its path.
type Certificates<'a> = Option<(&'a Certificate, &'a Certificate)>;

fn certificates(record: &AuthorityRecord) -> Certificates<'_> {
    record.certificate.as_ref().map(|(own, above)| (own, above.last().unwrap_or(own)))
}

/// What cannot be promised of the key of a CA that is to move in, and the words that stand for it.
fn show_proposed(name: &str, proposed: &ProposedAdoption) {
    tell!("the key of {name} came into the token from outside:");
    for (attribute, lack) in proposed.unpromised() {
        tell!("    {lack} ({attribute})");
    }
    tell!("the token gives it to nobody from now on (CKA_SENSITIVE, CKA_EXTRACTABLE)");
    let (own, root) = (proposed.issuer().certificate(), proposed.issuer().root());
    tell!("certificate: {}", own.subject().to_printable());
    tell!("issuer: {}", own.issuer().to_printable());
    tell!("root: {}", root.subject().to_printable());
    tell!("root's words: {}", root.sha256().words());
    tell!("from: {}", Printable::new(proposed.origin()));
    tell!("words:\n    {}", render::rows_of_words(&proposed.digest().words()).join("\n    "));
}

/// The same for a script, which has people compare the root's words and type those of the whole.
fn proposed_value(name: &str, proposed: &ProposedAdoption) -> Value {
    let (own, root) = (proposed.issuer().certificate(), proposed.issuer().root());
    let lacks = proposed.unpromised();
    json!({
        "ca": name,
        "adopted": false,
        "subject": own.subject().to_printable().as_str(),
        "issuer": own.issuer().to_printable().as_str(),
        "root": root.subject().to_printable().as_str(),
        "root_sha256": root.sha256().to_string(),
        "root_words": root.sha256().words(),
        "origin": Printable::new(proposed.origin()).as_str(),
        "not_promised": lacks.iter().map(|(attribute, _)| attribute).collect::<Vec<_>>(),
        "digest": proposed.digest().to_string(),
        "words": proposed.digest().words(),
    })
}

fn show_from_outside(told: Option<&Printable>) {
    if let Some(told) = told {
        render::line(&format!("KEY FROM OUTSIDE {told}"));
    }
}

fn certificate_value(name: &str, certificates: Certificates<'_>) -> Value {
    let Some((certificate, root)) = certificates else {
        return json!({ "ca": name, "installed": false });
    };
    json!({
        "ca": name,
        "installed": true,
        "subject": certificate.subject().to_printable().as_str(),
        "issuer": certificate.issuer().to_printable().as_str(),
        "serial": hex(certificate.serial()),
        "key": certificate.public_key().algorithm().to_string(),
        "not_before": certificate.not_before().to_string(),
        "not_after": certificate.not_after().to_string(),
        "path_length": certificate.path_length(),
        "sha256": certificate.sha256().to_string(),
        "spki_sha256": certificate.public_key().spki_sha256().to_string(),
        "root_subject": root.subject().to_printable().as_str(),
        "root_sha256": root.sha256().to_string(),
    })
}

fn in_use(record: &AuthorityRecord, one: &InstalledCertificate) -> bool {
    record.certificate.as_ref().is_some_and(|(own, _)| *own == one.certificate)
}

fn role_words(role: Role) -> &'static str {
    match role {
        Role::Beside => "beside",
        Role::Issues => "before",
    }
}

fn installed_value(record: &AuthorityRecord, one: &InstalledCertificate) -> Value {
    let in_use = in_use(record, one);
    json!({
        "sha256": one.certificate.sha256().to_string(),
        "role": if in_use { "issues" } else { role_words(one.role) },
        "issuer": one.certificate.issuer().to_printable().as_str(),
        "not_before": one.certificate.not_before().to_string(),
        "not_after": one.certificate.not_after().to_string(),
        "installed": one.installed.to_string(),
    })
}

fn show_line(form: Form, name: &str, certificates: Certificates<'_>, from_outside: Option<&Printable>) {
    let outside = render::outside(from_outside);
    match (form, certificates) {
        (Form::Json, _) => {
            let mut value = certificate_value(name, certificates);
            value["key_from_outside"] = json!(from_outside.map(Printable::as_str));
            render::value(&value);
        }
        (Form::Text, None) => render::line(&format!("{name}  requested, no certificate installed yet")),
        (Form::Text, Some((certificate, _))) => render::line(&format!(
            "{name}  {}  {}  until {}{outside}",
            certificate.public_key().algorithm(),
            certificate.subject().to_printable(),
            certificate.not_after()
        )),
    }
}

fn show(form: Form, name: &str, certificates: Certificates<'_>, rehearsal: bool) {
    let (Form::Text, Some((certificate, root))) = (form, certificates) else {
        return show_line(form, name, certificates, None);
    };
    let path_length = certificate.path_length().map_or("not limited".to_owned(), |length| length.to_string());
    render::line(&format!("CA           {name}{}", if rehearsal { "  (REHEARSAL)" } else { "" }));
    render::line(&format!("subject      {}", certificate.subject().to_printable()));
    render::line(&format!("issuer       {}", certificate.issuer().to_printable()));
    render::line(&format!("serial       {}", hex(certificate.serial())));
    render::line(&format!("key          {}", certificate.public_key().algorithm()));
    render::line(&format!("valid        {} to {}", certificate.not_before(), certificate.not_after()));
    render::line(&format!("path length  {path_length}"));
    render::line(&format!("sha256       {}", certificate.sha256()));
    render::line(&format!("words        {}", certificate.sha256().words()));
    if root != certificate {
        render::line(&format!("root         {}", root.subject().to_printable()));
        render::line(&format!("root sha256  {}", root.sha256()));
        render::line(&format!("root words   {}", root.sha256().words()));
    }
}
