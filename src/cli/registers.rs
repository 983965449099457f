//! `register list`, `register show`, `register head`, `register audit` and `register export`.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    ceremony::{Appliance, Error, Home, Noted, Revoked, StoredPlan, printable_path},
    pki::{
        crl::Reason,
        fingerprint::{Digest, hex},
        text::{Printable, counted},
    },
};

use super::{
    args::{PinArguments, RegisterCommand},
    exit::Exit,
    main_job::watched,
    pin,
    render::{self, Form},
};

/// Rows taken at a time.
const PAGE: u32 = 1_000;

/// Runs a register command.
pub fn run(home: Home, command: RegisterCommand, form: Form) -> Result<Exit, Error> {
    match command {
        RegisterCommand::AcceptOlder { words, pin } => {
            accept_older(home, words.as_deref().unwrap_or_default(), pin, form)
        }
        RegisterCommand::Audit { noted } => {
            audit(&mut Appliance::open_to_read(home)?, noted.as_deref(), form)
        }
        RegisterCommand::Export => export(&Appliance::open_to_read(home)?),
        RegisterCommand::Head { to } => head(&Appliance::open_to_read(home)?, to.as_deref(), form),
        RegisterCommand::List { plan } => list(&Appliance::open_to_read(home)?, plan.as_deref(), form),
        RegisterCommand::Show { what } => show(&Appliance::open_to_read(home)?, &what, form),
    }
}

fn list(appliance: &Appliance, plan: Option<&str>, form: Form) -> Result<Exit, Error> {
    match plan {
        None => {
            for plan in appliance.plans()? {
                show_plan_line(appliance, &plan, form)?;
            }
        }
        Some(id) => {
            let plan = appliance.stored_plan(id)?;
            each_issued(appliance, &plan, &mut |certificate| show_issued_line(certificate, form))?;
        }
    }
    Ok(Exit::Done)
}

fn export(appliance: &Appliance) -> Result<Exit, Error> {
    for plan in appliance.plans()? {
        each_issued(appliance, &plan, &mut |certificate| {
            let mut value = issued_value(certificate);
            value["pem"] = json!(crate::pki::pem::encode("CERTIFICATE", certificate.der()));
            render::value(&value);
        })?;
    }
    Ok(Exit::Done)
}

/// `register accept-older`: without the words it shows what they stand for.
fn accept_older(home: Home, words: &str, given: PinArguments, form: Form) -> Result<Exit, Error> {
    let mut appliance = Appliance::open(home)?;
    let (older, session) = appliance.propose_older(&mut pin::custodian(given.pin_file))?;
    let (ends, seen) = (older.ends(), older.seen());
    tell!("this register ends at entry {}: {}", ends.entry, ends.hash.words());
    tell!("the token has seen entry {}: {}", seen.entry, seen.hash.words());
    tell!(
        "what was recorded between is lost here: certificates, revocations, numbers of CRLs that are out there"
    );
    tell!("words for going on all the same: {}", older.digest().words());
    if words.is_empty() && form == Form::Json {
        let noted = |entry: u64, hash: Digest| json!({ "entry": entry, "hash": hash.to_string(), "words": hash.words() });
        render::value(&json!({
            "ends": noted(ends.entry, ends.hash),
            "seen": noted(seen.entry, seen.hash),
            "digest": older.digest().to_string(),
            "words": older.digest().words(),
            "accepted": false,
        }));
    }
    let head = appliance.accept_older(&older, words, &session)?;
    render::head(&head);
    match form {
        Form::Json => render::value(&json!({
            "ended": ends.entry, "seen": seen.entry, "digest": older.digest().to_string(), "accepted": true,
        })),
        Form::Text => render::line(&format!(
            "accepted: this register goes on from entry {}, where its token had seen {}",
            ends.entry, seen.entry
        )),
    }
    tell!("next: bring the newest CRL of every CA (coldsign crl --ca NAME --to DIR --previous FILE)");
    tell!(
        "plans from before are to be approved again, where something is left to sign: it may be out already"
    );
    Ok(Exit::Done)
}

fn head(appliance: &Appliance, to: Option<&Path>, form: Form) -> Result<Exit, Error> {
    let head = appliance.noted_head()?;
    let folder = to.map(|to| appliance.export_head(&head, to).map(|folder| to.join(folder))).transpose()?;
    let folder = folder.as_deref().map(printable_path);
    match form {
        Form::Json => render::value(&json!({
            "entry": head.entry,
            "head": head.hash.to_string(),
            "words": head.words,
            "code": head.code,
            "signed_entry": head.checkpoint.as_ref().map(|signed| signed.entry),
            "signed_head": head.checkpoint.as_ref().map(|signed| signed.head.to_string()),
            "audit_key_sha256": head.checkpoint.as_ref().map(|signed| signed.key_sha256.to_string()),
            "folder": folder.as_ref().map(Printable::as_str),
        })),
        Form::Text => {
            head.lines().iter().for_each(|line| render::line(line));
            if let Some(folder) = &folder {
                render::line(&format!("written, read back and compared: {folder}"));
            }
        }
    }
    Ok(Exit::Done)
}

fn show(appliance: &Appliance, what: &str, form: Form) -> Result<Exit, Error> {
    if let Some(plan) = appliance.stored_plan_if_any(what)? {
        let summary = watched(|watch| appliance.plan_summary(&plan, watch))?;
        match form {
            Form::Json => {
                let mut value = plan_value(appliance, &plan)?;
                let ((not_before, _), (_, not_after)) = (summary.not_before, summary.not_after);
                value["makes_authorities"] = render::authorities_value(summary.authorities.as_ref());
                value["serious"] = json!(summary.serious());
                value["not_before"] = json!(not_before.to_string());
                value["not_after"] = json!(not_after.to_string());
                render::value(&value);
            }
            Form::Text => {
                render::for_approval(&summary);
                render::plan(&plan);
                render::line(&format!("CA        {}, profile {}", plan.authority, plan.profile));
                render::line(&format!("stored    {}", plan.created));
                render::line(&format!(
                    "approved  {}",
                    if appliance.is_approved(&plan)? { "yes" } else { "no" }
                ));
                if let Some(withdrawn) = appliance.withdrawn(&plan)? {
                    render::line(&format!("withdrawn {}: {}", withdrawn.time, withdrawn.reason));
                }
                render::line(&format!("issued    {}", appliance.issued_count(&plan)?));
            }
        }
        return Ok(Exit::Done);
    }
    let certificate = find_serial(appliance, what)?.ok_or_else(|| {
        Error::usage(
            "there is no plan and no issued certificate of this id",
            "see coldsign register list; a serial number is written in hexadecimal",
        )
    })?;
    show_issued(appliance, &certificate, form)?;
    if form == Form::Text {
        render::line(crate::pki::pem::encode("CERTIFICATE", certificate.der()).trim_end());
    }
    Ok(Exit::Done)
}

/// One certificate, and what became of it since.
fn show_issued(
    appliance: &Appliance,
    certificate: &crate::ceremony::IssuedCertificate,
    form: Form,
) -> Result<(), Error> {
    let revoked = appliance.revoked_certificate(certificate)?;
    let (state, reason) = match &revoked {
        None => ("good", None),
        Some(Revoked::Held(entry)) => ("on hold", Some(entry.reason)),
        Some(Revoked::Released(_)) => ("released", None),
        Some(Revoked::Revoked(entry)) => ("revoked", Some(entry.reason)),
    };
    let since = revoked.as_ref().map(|revoked| match revoked {
        Revoked::Held(entry) | Revoked::Revoked(entry) => entry.date,
        Revoked::Released(at) => *at,
    });
    match form {
        Form::Json => {
            let mut value = issued_value(certificate);
            value["state"] = json!(state);
            value["since"] = json!(since.map(|since| since.to_string()));
            value["reason"] = json!(reason.map(Reason::name));
            render::value(&value);
        }
        Form::Text => {
            show_issued_line(certificate, form);
            if let Some(since) = since {
                let why = reason.map_or(String::new(), |reason| format!(" ({})", reason.name()));
                render::line(&format!("{state} since {since}{why}"));
            }
        }
    }
    Ok(())
}

fn find_serial(
    appliance: &Appliance,
    text: &str,
) -> Result<Option<crate::ceremony::IssuedCertificate>, Error> {
    match octets_of_hex(&text.replace(':', "")) {
        Some(serial) => appliance.issued_serial(&serial),
        None => Ok(None),
    }
}

fn octets_of_hex(text: &str) -> Option<Vec<u8>> {
    // At most 20 octets (RFC 5280 §4.1.2.2).
    if text.is_empty() || !text.len().is_multiple_of(2) || text.len() > 40 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

fn audit(appliance: &mut Appliance, noted: Option<&str>, form: Form) -> Result<Exit, Error> {
    let noted = noted.map(|typed| watched(|watch| appliance.noted(typed, watch))).transpose()?;
    let report = watched(|watch| appliance.audit(watch))?;
    for finding in &report.findings {
        match form {
            Form::Json => render::value(&json!({ "finding": finding.id, "message": finding.message })),
            Form::Text => render::line(&format!("{}: {}", finding.id, finding.message)),
        }
    }
    match form {
        Form::Json => render::value(&json!({
            "clean": report.clean(),
            "entries": report.head.map(|head| head.entry),
            "plans": report.plans,
            "approvals": report.approvals,
            "certificates": report.issued,
            "revocations": report.revocations,
            "crls": report.crls,
            "delivered": {
                "bundles": report.handed_over.bundles,
                "proofs": report.handed_over.proofs,
                "crls": report.handed_over.crls,
            },
            "waived": report.waived.iter().map(|(plan, waiver)| json!({
                "plan": plan, "rule": waiver.rule(), "reason": Printable::new(waiver.reason()).to_string(),
            })).collect::<Vec<_>>(),
            "keys_from_outside": report.adopted,
            "older_accepted": report.older,
            "findings": report.findings.len(),
            "head": report.head.map(|head| head.hash.to_string()),
            "words": report.head.map(|head| head.hash.words()),
            "signed_entry": report.signed_head,
            "audit_keys": report.checkpoint_keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        Form::Text => {
            render::line(&format!(
                "{}: {}, {}, {}, {}, {}, {}, {}",
                if report.clean() { "clean" } else { "NOT CLEAN" },
                counted(report.head.map_or(0, |head| head.entry), "entry"),
                counted(report.plans, "plan"),
                counted(report.approvals, "approval"),
                counted(report.issued, "certificate"),
                counted(report.revocations, "revocation"),
                counted(report.crls, "CRL"),
                counted(report.findings.len(), "finding")
            ));
            let delivered = report.handed_over.counts().map(|(count, one)| counted(count, one));
            render::line(&format!("delivered: {}", delivered.join(", ")));
            for (plan, waiver) in &report.waived {
                render::line(&format!("plan {plan} waived the rule {}: {}", waiver.rule(), waiver.reason()));
            }
            for ca in &report.adopted {
                render::line(&format!("CA {}: its key came from outside", Printable::new(ca)));
            }
            for entry in &report.older {
                render::line(&format!(
                    "entry {entry}: an older register was accepted in the place of a later one"
                ));
            }
            if let Some(head) = report.head {
                render::line(&format!("head   {}", head.hash));
                render::line(&format!("words  {}", head.hash.words()));
            }
            if let Some(entry) = report.signed_head {
                render::line(&format!("signed up to entry {entry} by the audit key"));
            }
        }
    }
    let gone = noted.as_ref().is_some_and(|noted| show_noted(noted, form) == Some(false));
    Ok(if report.clean() && !gone { Exit::Done } else { Exit::Failed(crate::ceremony::Class::Register) })
}

/// Shows what became of an entry that was noted: whether the history holds it; `None` where that is for people to compare.
fn show_noted(noted: &Noted, form: Form) -> Option<bool> {
    let (held, what, entry) = match noted {
        Noted::Held { entry, after } => {
            (Some(true), format!("held, {} after it", counted(*after, "entry")), Some(entry))
        }
        Noted::OtherWords(entry) => {
            (Some(false), "NOT HELD: this entry has other words here".to_owned(), Some(entry))
        }
        Noted::There { entry, after } => {
            let what = format!(
                "there is one of that number, and {} after it; compare its words with those that were noted",
                counted(*after, "entry")
            );
            (None, what, Some(entry))
        }
        Noted::Absent { newest } => {
            let what = format!("NOT HELD: no entry of this history; its newest is {}", newest.entry);
            (Some(false), what, None)
        }
    };
    match form {
        Form::Json => render::value(&json!({
            "noted": held,
            "entry": entry.map(|entry| entry.number),
            "recorded": entry.map(|entry| entry.time.to_string()),
            "kind": entry.map(|entry| &entry.kind),
            "words": entry.map(|entry| entry.hash.words()),
        })),
        Form::Text => {
            render::line(&format!("noted entry: {what}"));
            if let Some(entry) = entry {
                render::line(&format!(
                    "entry  {}, {}, recorded {}",
                    entry.number,
                    Printable::new(&entry.kind),
                    entry.time
                ));
                render::line(&format!("words  {}", entry.hash.words()));
            }
        }
    }
    held
}

fn plan_value(appliance: &Appliance, plan: &StoredPlan) -> Result<Value, Error> {
    let value = json!({
        "plan": plan.id,
        "digest": plan.digest.to_string(),
        "words": plan.digest.words(),
        "ca": plan.authority,
        "profile": plan.profile,
        "created": plan.created.to_string(),
        "accepted": plan.accepted,
        "refused": plan.refused,
        "skipped": plan.skipped,
        "approved": appliance.is_approved(plan)?,
        "withdrawn": appliance.withdrawn(plan)?.map(|withdrawn| withdrawn.reason.to_string()),
        "issued": appliance.issued_count(plan)?,
    });
    Ok(render::with_table(value, plan))
}

fn show_plan_line(appliance: &Appliance, plan: &StoredPlan, form: Form) -> Result<(), Error> {
    match form {
        Form::Json => render::value(&plan_value(appliance, plan)?),
        Form::Text => render::line(&format!(
            "{}  {}  {}  {}  {} planned, {} refused, {} issued{}",
            plan.id,
            plan.created,
            plan.authority,
            plan.profile,
            plan.accepted,
            plan.refused,
            appliance.issued_count(plan)?,
            match appliance.withdrawn(plan)? {
                Some(_) => "  (withdrawn)",
                None if appliance.is_approved(plan)? => "",
                None => "  (not approved)",
            }
        )),
    }
    Ok(())
}

fn each_issued(
    appliance: &Appliance,
    plan: &StoredPlan,
    each: &mut dyn FnMut(&crate::ceremony::IssuedCertificate),
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = appliance.issued(plan, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.index());
        page.iter().for_each(&mut *each);
    }
}

fn issued_value(certificate: &crate::ceremony::IssuedCertificate) -> Value {
    json!({
        "plan": certificate.plan(),
        "index": certificate.index(),
        "source": Printable::new(certificate.source()).as_str(),
        "serial": hex(certificate.serial()),
        "subject": certificate.subject().to_printable().as_str(),
        "not_before": certificate.not_before().to_string(),
        "not_after": certificate.not_after().to_string(),
        "spki_sha256": certificate.spki_sha256().to_string(),
        "certificate_sha256": certificate.certificate_sha256().to_string(),
    })
}

fn show_issued_line(certificate: &crate::ceremony::IssuedCertificate, form: Form) {
    match form {
        Form::Json => render::value(&issued_value(certificate)),
        Form::Text => render::line(&format!(
            "{}  {}  until {}  from {}",
            hex(certificate.serial()),
            certificate.subject().to_printable(),
            certificate.not_after(),
            Printable::new(certificate.source())
        )),
    }
}
