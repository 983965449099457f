//! `revoke`, `crl`, `crl list`, `crl show` and `crl import`; and what `verify` says of a CRL.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    ceremony::{
        self, Appliance, Brought, BundleReport, CrlApproval, CrlImport, CrlOrigin, CrlScope, CrlSummary,
        Delivered, Error, Home, IssuedCrl, NextSteps, Past, PreparedCrl, PublishedCrls, REASONS, Recovery,
        RevocationAct, RevocationOrder, Standing, crl_id, printable_path,
    },
    pki::{
        crl::{CrlPoint, Reason, RevokedEntry},
        text::{Printable, counted},
    },
};

use super::{
    args::{CrlArguments, CrlCommand, RevokeArguments, VerifyArguments},
    exit::Exit,
    main_job::{announce, formats, show_flaws, show_verdict, watched},
    pin,
    render::{self, Form},
    stop,
};

/// `revoke`.
pub fn revoke(home: Home, given: &RevokeArguments, form: Form) -> Result<Exit, Error> {
    let mut serials =
        given.serials.iter().map(|text| ceremony::typed_serial(text)).collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = &given.from {
        serials.extend(ceremony::read_serials(path)?);
    }
    let act = match &given.reason {
        Some(name) => RevocationAct::Revoke(reason(name)?),
        None => RevocationAct::Release,
    };
    let invalidity_date = given.invalidity_date.as_deref().map(ceremony::typed_moment).transpose()?;
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let order = RevocationOrder { authority: &given.ca, serials: &serials, act, invalidity_date };
    // The machine has no other clock to ask, and the moment stands in the register for good.
    if let Some(now) = ceremony::utc_now() {
        tell!("the machine's clock says {now}: that is the moment recorded");
    }
    let waiting = appliance.revoke(&order)?;
    let word = match act {
        RevocationAct::Release => "released",
        RevocationAct::Revoke(Reason::CertificateHold) => "on hold",
        RevocationAct::Revoke(_) => "revoked",
    };
    for serial in &serials {
        match form {
            Form::Json => render::value(&json!({
                "ca": given.ca,
                "serial": serial.to_string(),
                "state": word,
                "reason": given.reason,
                "waiting": waiting,
            })),
            Form::Text => render::line(&format!("{serial}  {word}")),
        }
    }
    if form == Form::Text {
        let what = if waiting == 1 { "1 change is" } else { &format!("{waiting} changes are") };
        tell!("{what} on no CRL yet; next: coldsign crl --ca {} --to DIR", Printable::new(&given.ca));
    }
    Ok(Exit::Done)
}

fn reason(name: &str) -> Result<Reason, Error> {
    Reason::from_name(name).filter(|reason| REASONS.contains(reason)).ok_or_else(|| {
        let names: Vec<&str> = REASONS.iter().map(|reason| reason.name()).collect();
        Error::usage(
            format!("there is no reason {}", Printable::new(name)),
            format!("use one of: {}", names.join(", ")),
        )
    })
}

/// `crl` and what stands below it.
pub fn crl(home: Result<Home, Error>, given: CrlArguments, form: Form) -> Result<Exit, Error> {
    match given.command {
        Some(CrlCommand::List { ca }) => list(home?, &ca, form),
        Some(CrlCommand::Show { file }) => show(&file, form),
        Some(CrlCommand::Import { ca, crl, list, none }) => {
            let past = match (&crl, &none, list.as_deref()) {
                (Some(crl), _, list) => Past::Crl { crl, list },
                (None, Some(typed), list) => Past::NoCrl { typed, list },
                (None, None, Some(list)) => Past::Imported(list),
                (None, None, None) => {
                    return Err(Error::usage(
                        "nothing is named that is to be taken",
                        "name a CRL, a list, or --none",
                    ));
                }
            };
            import(home?, &CrlImport { ca: &ca, past }, form)
        }
        None => match (&given.ca, &given.to) {
            (Some(ca), Some(to)) => make(home?, ca, to, &given, form),
            _ => Err(Error::usage(
                "no CA and no medium is named",
                "write it as: coldsign crl --ca NAME --to DIR",
            )),
        },
    }
}

fn make(home: Home, ca: &str, to: &Path, given: &CrlArguments, form: Form) -> Result<Exit, Error> {
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let mut custodian = pin::custodian(given.pin.pin_file.clone());
    let outside = appliance.adoption_told(ca)?;
    let formats = formats(&given.formats)?;
    let one = given.partition.map(|number| appliance.crl_partition(ca, number)).transpose()?;
    appliance.check_crl_forms(ca, one, &formats)?;
    let mut published = published(&mut appliance, ca, given, form)?;
    if given.latest {
        let issued = appliance.latest_crl(ca, one.unwrap_or(CrlScope::Full))?;
        stop::unbroken(|| appliance.check_crl_target(&crl_id(issued.stored()), to))?;
        let session = appliance.login(&mut custodian)?;
        let delivered = watched(|watch| appliance.deliver_crl(&issued, to, &formats, &session, watch))?;
        show_delivered((&issued, None), outside.as_ref(), &delivered, to, form);
        return Ok(Exit::Done);
    }
    let scopes = match one {
        Some(scope) => vec![scope],
        None => appliance.crl_scopes(ca)?,
    };
    if let Some(typed) = &given.no_previous {
        published.say_none(ca, typed, &scopes)?;
    }
    let mut shown = Vec::new();
    for scope in scopes {
        shown.push(show_next(&mut appliance, (ca, scope), to, (given.days, &published))?);
    }
    let asked = |prepared: &PreparedCrl| prepared.change().is_some_and(|change| change.none_since.is_some());
    if given.no_previous.is_some() && !shown.iter().any(asked) {
        tell!("--no-previous was not needed: nothing is recorded of it");
    }
    render::from_outside(outside.as_ref());
    let mut session = appliance.login(&mut custodian)?;
    for mut prepared in shown {
        let scope = prepared.stored().scope;
        let issued = loop {
            let approved = prepared.approve(CrlApproval::Command)?;
            let issued = watched(|watch| appliance.issue_crl(&approved, &session, watch))?;
            if prepared.change().is_some() || !appliance.is_outdated(&issued) {
                break issued;
            }
            tell!("{} is signed and recorded, and not handed over: it is out of date", prepared.id());
            // The one after it was not shown before the PIN was given: it is approved by a PIN of its own.
            prepared = show_next(&mut appliance, (ca, scope), to, (given.days, &published))?;
            drop(session);
            session = appliance.login(&mut custodian)?;
        };
        let delivered = watched(|watch| appliance.deliver_crl(&issued, to, &formats, &session, watch))
            .inspect_err(|_| {
                tell!(
                    "the CRL is signed and recorded: deliver it with {}",
                    ceremony::crl_again(issued.stored(), &formats)
                );
            })?;
        show_delivered((&issued, Some(&prepared)), outside.as_ref(), &delivered, to, form);
    }
    Ok(Exit::Done)
}

/// Takes in the CRLs that were published, and tells of each what came of it.
fn published(
    appliance: &mut Appliance,
    ca: &str,
    given: &CrlArguments,
    form: Form,
) -> Result<PublishedCrls, Error> {
    let mut published = PublishedCrls::default();
    for file in &given.previous {
        let brought = appliance.recover_crl(ca, file, &mut published)?;
        let file = printable_path(file);
        tell!("{file}: {}", brought_words(&brought));
        if form == Form::Json {
            render::value(&json!({ "recovered": brought_value(&file, &brought) }));
        }
    }
    Ok(published)
}

fn brought_words(brought: &Brought) -> String {
    match brought {
        Brought::Known => "the register has it already, and a later one".to_owned(),
        Brought::Late(late) => format!(
            "CRL {} is older than the last one here: {} recorded as revoked or held, for the next CRL; nothing is released \
             by it, and newer ones that were published are to be brought, too",
            late.number,
            counted(late.revoked, "certificate"),
        ),
        Brought::Latest(_) => "the register has it already".to_owned(),
        Brought::Recovered(recovered) => format!(
            "CRL {} is in the register now; {} recorded as revoked or held, {} as released",
            recovered.number,
            counted(recovered.revoked, "certificate"),
            recovered.released
        ),
    }
}

/// What came of a CRL that was brought; counts where it was taken in.
fn brought_value(file: &Printable, brought: &Brought) -> Value {
    match brought {
        Brought::Known => json!({ "file": file.as_str(), "state": "known" }),
        Brought::Latest(scope) => {
            json!({ "file": file.as_str(), "state": "latest", "partition": partition(*scope) })
        }
        Brought::Late(taken) => taken_value(file, "late", taken),
        Brought::Recovered(taken) => taken_value(file, "taken in", taken),
    }
}

fn taken_value(file: &Printable, state: &str, taken: &Recovery) -> Value {
    json!({
        "file": file.as_str(),
        "state": state,
        "partition": partition(taken.scope),
        "number": taken.number.to_string(),
        "revoked": taken.revoked,
        "released": taken.released,
    })
}

/// Prepares the next CRL of a scope. Whoever gives the PIN sees what it is given for: it is the approval of what was shown.
fn show_next(
    appliance: &mut Appliance,
    (ca, scope): (&str, CrlScope),
    to: &Path,
    (days, published): (Option<u32>, &PublishedCrls),
) -> Result<PreparedCrl, Error> {
    let prepared = watched(|watch| appliance.prepare_crl(ca, scope, days, published, watch))?;
    stop::unbroken(|| appliance.check_crl_target(&prepared.id(), to))?;
    show_prepared(&prepared);
    Ok(prepared)
}

fn show_prepared(prepared: &PreparedCrl) {
    let stored = prepared.stored();
    tell!("{}: {}", prepared.id(), counted(stored.entries, "certificate"));
    match prepared.change() {
        None => tell!("it was stored before and not signed: the same octets are signed now"),
        Some(change) => {
            let counts = change.counts;
            tell!("{} stay, {} come, {} leave", counts.stayed, counts.came, counts.left);
            for (serial, why) in &change.left {
                tell!("    {serial} leaves: {}", why.name());
            }
            let more = counts.left.saturating_sub(change.left.len() as u64);
            if more > 0 {
                tell!("    and {more} more, in left.csv");
            }
            if let Some(accepted) = change.none_since {
                tell!(
                    "RECORDED WITH IT: none was published since an older register was accepted (entry {accepted})"
                );
            }
        }
    }
    if let Some(next) = stored.next_update {
        tell!("of {}, the next one by {next}", stored.this_update);
    }
    tell!("words:\n    {}", render::rows_of_words(&stored.tbs_sha256.words()).join("\n    "));
}

fn crl_value(issued: &IssuedCrl) -> Value {
    let stored = issued.stored();
    json!({
        "crl": crl_id(stored),
        "ca": stored.authority,
        "partition": partition(stored.scope),
        "number": stored.number.as_ref().map(ToString::to_string),
        "digest": stored.tbs_sha256.to_string(),
        "words": stored.tbs_sha256.words(),
        "this_update": stored.this_update.to_string(),
        "next_update": stored.next_update.map(|time| time.to_string()),
        "entries": stored.entries,
        "origin": origin(stored.origin),
        "sha256": issued.sha256().to_string(),
    })
}

/// The partition's number; none of the full CRL.
fn partition(scope: CrlScope) -> Option<u32> {
    match scope {
        CrlScope::Full => None,
        CrlScope::Partition(number) => Some(number),
    }
}

fn origin(origin: CrlOrigin) -> &'static str {
    match origin {
        CrlOrigin::Command | CrlOrigin::Words => "made here",
        CrlOrigin::Elsewhere => "imported",
    }
}

fn show_delivered(
    (issued, prepared): (&IssuedCrl, Option<&PreparedCrl>),
    from_outside: Option<&Printable>,
    delivered: &Delivered,
    to: &Path,
    form: Form,
) {
    let folder = printable_path(&to.join(&delivered.folder));
    match form {
        Form::Json => {
            let mut value = crl_value(issued);
            if let Some(change) = prepared.and_then(PreparedCrl::change) {
                value["stayed"] = json!(change.counts.stayed);
                value["came"] = json!(change.counts.came);
                value["left"] = json!(change.counts.left);
                value["none_published_since"] = json!(change.none_since);
            }
            value["key_from_outside"] = json!(from_outside.map(Printable::as_str));
            value["folder"] = json!(folder.as_str());
            value["files"] = json!(delivered.files);
            value["manifest_sha256"] = json!(delivered.manifest_sha256.to_string());
            value["audit_key_sha256"] = json!(delivered.audit_key_sha256.to_string());
            value["root_sha256"] = json!(delivered.root.sha256.to_string());
            render::value(&value);
        }
        Form::Text => {
            let stored = issued.stored();
            let number = stored.number.as_ref().map_or("none".to_owned(), ToString::to_string);
            render::line(&format!(
                "CRL       {number} of {}{}, {}",
                stored.authority,
                partition(stored.scope).map_or(String::new(), |number| format!(", partition {number}")),
                counted(stored.entries, "certificate")
            ));
            render::line(&format!("digest    {}", stored.tbs_sha256));
            if let Some(next) = stored.next_update {
                render::line(&format!("valid     {} to {next}", stored.this_update));
            }
            render::line(&format!(
                "delivered in {} files, read back and compared: {folder}",
                delivered.files
            ));
            render::line(&format!("manifest  sha256 {}", delivered.manifest_sha256));
            render::line(&format!("audit key sha256 {}", delivered.audit_key_sha256));
            render::line(&format!("root      sha256 {}", delivered.root.sha256));
            tell!("next: publish crl.der where the certificates' relying parties look for it");
            render::next_steps(delivered.formats.iter().filter_map(|format| NextSteps::of_crl(*format)));
        }
    }
    render::head(&delivered.head);
}

fn list(home: Home, ca: &str, form: Form) -> Result<Exit, Error> {
    let appliance = Appliance::open_to_read(home)?;
    for issued in appliance.crls(ca)? {
        match form {
            Form::Json => render::value(&crl_value(&issued)),
            Form::Text => {
                let stored = issued.stored();
                render::line(&format!(
                    "{}{}  {}  {}  {}{}",
                    partition(stored.scope).map_or(String::new(), |number| format!("partition {number}  ")),
                    stored.number.as_ref().map_or("none".to_owned(), ToString::to_string),
                    stored.this_update,
                    stored.next_update.map_or("no next update".to_owned(), |time| format!("next by {time}")),
                    counted(stored.entries, "certificate"),
                    match stored.origin {
                        CrlOrigin::Command | CrlOrigin::Words => "",
                        CrlOrigin::Elsewhere => "  (imported)",
                    }
                ));
            }
        }
    }
    Ok(Exit::Done)
}

fn show(file: &Path, form: Form) -> Result<Exit, Error> {
    let crl = ceremony::read_crl_file(file, &mut |entry| show_entry(entry, form))?;
    let (head, end) = (&crl.head, &crl.end);
    let number = end.number.as_ref().map(ToString::to_string);
    let next = head.next_update.map(|time| time.to_string());
    let point = end.point.as_ref().map(CrlPoint::uris).unwrap_or_default();
    match form {
        Form::Json => render::value(&json!({
            "issuer": head.issuer.to_printable().as_str(),
            "distribution_point": point.iter().map(Printable::as_str).collect::<Vec<_>>(),
            "number": number,
            "this_update": head.this_update.to_string(),
            "next_update": next,
            "entries": end.entries,
            "digest": end.tbs_sha256.to_string(),
            "words": end.tbs_sha256.words(),
        })),
        Form::Text => {
            render::line(&format!("issuer    {}", head.issuer.to_printable()));
            show_point("for       ", &point);
            render::line(&format!("number    {}", number.unwrap_or_else(|| "none".to_owned())));
            render::line(&format!(
                "valid     {} to {}",
                head.this_update,
                next.unwrap_or_else(|| "no end".to_owned())
            ));
            render::line(&format!("entries   {}", end.entries));
            render::line(&format!("digest    {}", end.tbs_sha256));
            for (row, words) in render::rows_of_words(&end.tbs_sha256.words()).iter().enumerate() {
                render::line(&format!("{}  {words}", if row == 0 { "words   " } else { "        " }));
            }
            tell!("its signature was not checked: verify judges a delivered folder");
        }
    }
    Ok(Exit::Done)
}

/// Whose certificates a CRL is for, where it is not for all of its CA.
fn show_point(label: &str, uris: &[Printable]) {
    for uri in uris {
        render::line(&format!("{label}certificates that name {uri}, no others"));
    }
}

fn show_entry(entry: &RevokedEntry, form: Form) {
    let invalid = entry.invalidity_date.map(|date| date.to_string());
    match form {
        Form::Json => render::value(&json!({
            "serial": entry.serial.to_string(),
            "date": entry.date.to_string(),
            "reason": entry.reason.name(),
            "invalidity_date": invalid,
        })),
        Form::Text => render::line(&format!(
            "{}  {}  {}{}",
            entry.serial,
            entry.date,
            entry.reason.name(),
            invalid.map_or(String::new(), |date| format!("  invalid since {date}"))
        )),
    }
}

fn import(home: Home, import: &CrlImport<'_>, form: Form) -> Result<Exit, Error> {
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let taken = appliance.import_crl(import)?;
    match form {
        Form::Json => render::value(&json!({
            "ca": import.ca,
            "entries": taken.entries,
            "listed": taken.listed,
            "only_listed": taken.only_listed,
            "only_entries": taken.only_entries,
            "differing": taken.differing,
            "known": taken.known,
            "extensions_dropped": taken.extensions_dropped,
        })),
        Form::Text => {
            match import.past {
                Past::Crl { .. } => render::line(&format!(
                    "entries   {} of the CRL, now recorded as revocations",
                    taken.entries
                )),
                Past::Imported(_) => {}
                Past::NoCrl { .. } => render::line("entries   none: it is recorded that it never made a CRL"),
            }
            render::line(&format!("listed    {} issued elsewhere, known from now on", taken.listed));
            for (count, what) in taken.notes() {
                render::line(&format!("note      {count} {what}"));
            }
            tell!("next: coldsign crl --ca {} --to DIR", Printable::new(import.ca));
        }
    }
    Ok(Exit::Done)
}

/// What `verify` says of the folder of a CRL.
pub fn show_verified(report: &BundleReport, crl: &CrlSummary, given: &VerifyArguments, form: Form) -> Exit {
    let flaws = show_flaws(report, form);
    let sound = report.is_sound();
    match form {
        Form::Json => render::value(&json!({
            "sound": sound,
            "flaws": flaws,
            "crl": crl.crl.as_str(),
            "number": crl.number.as_str(),
            "digest": crl.digest.to_string(),
            "words": crl.digest.words(),
            "issuer": crl.issuer.as_str(),
            "distribution_point": crl.distribution_point.iter().map(Printable::as_str).collect::<Vec<_>>(),
            "this_update": crl.this_update.as_str(),
            "next_update": crl.next_update.as_str(),
            "entries": crl.entries,
            "rehearsal": crl.standing == Standing::Rehearsal,
            "root": report.root.as_ref().map(|root| root.subject.as_str()),
            "root_sha256": report.root.as_ref().map(|root| root.sha256.to_string()),
            "audit_key_sha256": crl.audit_key_sha256.as_str(),
            "audit_key_compared": given.audit_key.is_some(),
        })),
        Form::Text => {
            render::line(&format!("CRL        {} of {}", crl.number, crl.issuer));
            show_point("for        ", &crl.distribution_point);
            render::line(&format!("valid      {} to {}", crl.this_update, crl.next_update));
            render::line(&format!("digest     {}", crl.digest));
            render::line(&format!("words      {}", crl.digest.words()));
            render::line(&format!("audit key  {}", crl.audit_key_sha256));
            if crl.standing == Standing::Rehearsal {
                render::line("REHEARSAL: nobody may trust this CRL");
            }
            show_verdict(report, given, crl.entries);
        }
    }
    if sound { Exit::Done } else { Exit::SomeRefused }
}
