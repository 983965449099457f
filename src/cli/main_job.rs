//! The main job: `inspect`, `plan`, `approve`, `sign`, `deliver`, `issue`, `prove` and `verify`.

use std::{path::Path, sync::Arc, time::Instant};

use serde_json::{Value, json};

use crate::ceremony::{
    self, Appliance, ApprovalGiven, BlockLists, BundleReport, Code, Delivered, DeliveryWanted, Error, Format,
    Home, Issued, NextSteps, PlanWanted, Progress, Reins, Standing, StoredPlan, Watch, Yardstick,
    printable_path,
};

use crate::pki::text::{Printable, counted};

use super::{
    args::{
        ApproveArguments, DeliverArguments, InspectArguments, IssueArguments, PlanArguments, ProveArguments,
        SignArguments, VerifyArguments, WithdrawArguments,
    },
    exit::Exit,
    pin,
    render::{self, Form},
    revocations, stop, terminal,
};

/// `inspect`: needs a home only where a CA or a home's profile is named.
pub fn inspect(home: Result<Home, Error>, given: &InspectArguments, form: Form) -> Result<Exit, Error> {
    let home = home.ok().filter(Home::is_set_up);
    let _heeded = stop::heed();
    let mut bar = terminal::Bar::new();
    let mut listener = |progress: Progress| bar.take(progress);
    let mut watch = Watch::new(&mut listener, stop::reins());
    let mut each = |judgement: &ceremony::Judgement| render::judgement(form, judgement);
    let mut lists = home.as_ref().map_or_else(|| Ok(BlockLists::none()), BlockLists::of_home)?;
    for file in &given.block_lists {
        lists.take_file(file, &mut watch)?;
    }
    let lists = Arc::new(lists);
    let csv = given.csv.as_deref();
    let counts = match (&given.ca, &given.profile) {
        (Some(ca), Some(profile)) => {
            let home = home.ok_or_else(|| Error::usage("there is no home", "name one with --home DIR"))?;
            let appliance = Appliance::open_to_read(home)?;
            let paths = (given.paths.as_slice(), csv);
            let (counts, forms) = appliance.inspect((ca, profile), paths, &lists, &mut watch, &mut each)?;
            bar.end();
            render::forms_not_had(&forms);
            counts
        }
        (_, Some(profile)) => {
            let profile = ceremony::profile_by_name(home.as_ref(), profile)?;
            let yardstick = Yardstick::Profile(&profile);
            ceremony::inspect(&given.paths, csv, yardstick, &lists, &mut watch, &mut each)?
        }
        (_, None) => {
            ceremony::inspect(&given.paths, csv, Yardstick::Soundness, &lists, &mut watch, &mut each)?
        }
    };
    bar.end();
    if form == Form::Text {
        render::counts(counts);
        if given.profile.is_none() {
            tell!("judged without a profile: plan may refuse more; see --profile");
        }
    }
    Ok(if counts.refused == 0 && counts.accepted > 0 { Exit::Done } else { Exit::SomeRefused })
}

/// `plan`.
pub fn plan(home: Home, given: &PlanArguments, form: Form) -> Result<Exit, Error> {
    let began = Instant::now();
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    render::warnings(&appliance.warnings_for(&given.ca, &given.profile)?);
    // Once a plan is stored, its words are told: a signal that comes then has nothing to stop.
    let _heeded = stop::heed();
    let plan = make_plan(&mut appliance, &given.ca, &given.profile, &given.paths, given.csv.as_deref())?;
    let summary = by_reins(&Reins::new(), |watch| appliance.plan_summary(&plan, watch))?;
    render::for_approval(&summary);
    match form {
        Form::Json => {
            let known = (summary.waived.as_slice(), summary.from_outside.as_ref());
            let mut value = render::summary(&plan, known, None, began.elapsed().as_secs_f64());
            value["forms_not_had"] = Value::from(render::obstacle_values(&summary.forms_not_had.obstacles));
            render::value(&value);
        }
        Form::Text => {
            render::plan(&plan);
            tell!("next: read the words to each other, then coldsign approve {} --words \"…\"", plan.id);
        }
    }
    Ok(exit(&plan))
}

/// `approve`.
pub fn approve(home: Home, given: &ApproveArguments, form: Form) -> Result<Exit, Error> {
    let mut appliance = Appliance::open(home)?;
    let plan = appliance.stored_plan(&given.plan)?;
    render::for_approval(&watched(|watch| appliance.plan_summary(&plan, watch))?);
    appliance.approve(&plan, ApprovalGiven::Words(&given.words))?;
    match form {
        Form::Json => {
            render::value(&json!({ "plan": plan.id, "digest": plan.digest.to_string(), "approved": true }));
        }
        Form::Text => {
            render::line(&format!("plan {} is approved: {}", plan.id, counted(plan.accepted, "certificate")));
            tell!("next: coldsign sign {}", plan.id);
        }
    }
    Ok(Exit::Done)
}

/// `withdraw`.
pub fn withdraw(home: Home, given: &WithdrawArguments, form: Form) -> Result<Exit, Error> {
    let mut appliance = Appliance::open(home)?;
    let plan = appliance.stored_plan(&given.plan)?;
    appliance.withdraw(&plan, &given.reason)?;
    match form {
        Form::Json => render::value(&json!({ "plan": plan.id, "withdrawn": true })),
        Form::Text => render::line(&format!("plan {} is withdrawn: nobody can approve or sign it", plan.id)),
    }
    Ok(Exit::Done)
}

/// `sign`.
pub fn sign(home: Home, given: SignArguments, form: Form) -> Result<Exit, Error> {
    let began = Instant::now();
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let plan = appliance.stored_plan(&given.plan)?;
    appliance.check_approved(&plan)?;
    // Whoever gives the PIN sees what it is given for.
    tell!("plan {}: {}", plan.id, counted(plan.accepted, "certificate"));
    let waived = appliance.waived(&plan)?;
    render::waived(&waived);
    render::authorities(appliance.planned_authorities(&plan)?.as_ref());
    let outside = appliance.adoption_told(&plan.authority)?;
    render::from_outside(outside.as_ref());
    tell!("words:\n    {}", render::rows_of_words(&plan.digest.words()).join("\n    "));
    let session = appliance.login(&mut pin::custodian(given.pin.pin_file))?;
    let issued = watched(|watch| appliance.sign(&plan, &session, watch))?;
    render::head(&issued.head);
    match form {
        Form::Json => {
            let seconds = began.elapsed().as_secs_f64();
            render::value(&render::summary(&plan, (&waived, outside.as_ref()), Some(&issued), seconds));
        }
        Form::Text => {
            render::line(&format!(
                "plan {}: {} issued now, {} of {} in all",
                plan.id,
                counted(issued.now, "certificate"),
                issued.all,
                plan.accepted
            ));
            tell!("next: coldsign deliver {} --to DIR", plan.id);
        }
    }
    Ok(exit(&plan))
}

/// `deliver`.
pub fn deliver(home: Home, given: DeliverArguments, form: Form) -> Result<Exit, Error> {
    let formats = formats(&given.formats)?;
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let plan = appliance.stored_plan(&given.plan)?;
    let wanted = DeliveryWanted { to: &given.to, formats: &formats, keys: given.keys.as_deref() };
    watched(|watch| appliance.check_deliverable(&plan, &wanted, watch))?;
    // Whoever gives the PIN sees what it is given for.
    render::private_keys(&appliance.forms_with_private_keys(&formats)?);
    render::revoked(plan.accepted, &appliance.revoked_since(&plan)?);
    let session = appliance.login(&mut pin::custodian(given.pin.pin_file))?;
    let delivered = watched(|watch| appliance.deliver(&plan, &wanted, &session, watch))?;
    render::head(&delivered.head);
    match form {
        Form::Json => render::value(&delivered_value(&plan, &delivered, &given.to)),
        Form::Text => show_delivered(&plan, &delivered, &given.to),
    }
    Ok(exit(&plan))
}

/// `issue`: the four in one.
pub fn issue(home: Home, given: &IssueArguments, form: Form) -> Result<Exit, Error> {
    let began = Instant::now();
    let formats = formats(&given.formats)?;
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let wanted = DeliveryWanted { to: &given.to, formats: &formats, keys: given.keys.as_deref() };
    appliance.check_forms_below(&given.ca, &wanted)?;
    render::private_keys(&appliance.forms_with_private_keys(&formats)?);
    appliance.profile(&given.profile)?;
    if given.yes {
        appliance.check_unattended(&given.profile)?;
    } else if !terminal::can_ask() {
        // Said before the work, not after a hundred thousand requests were judged.
        terminal::ask_words("")?;
    }
    stop::unbroken(|| appliance.check_target(&given.to))?;
    render::warnings(&appliance.warnings_for(&given.ca, &given.profile)?);
    let plan = make_plan(&mut appliance, &given.ca, &given.profile, &given.from, given.csv.as_deref())?;
    tell!("plan {}: {}, digest {}", plan.id, counted(plan.accepted, "certificate"), plan.digest);
    let summary = watched(|watch| appliance.plan_summary(&plan, watch))?;
    render::for_approval(&summary);
    let (waived, outside) = (summary.waived, summary.from_outside);
    let rest = rest_of_issue(&mut appliance, &plan, given, &wanted, began);
    let (issued, seconds, delivered) = rest.inspect_err(|_| {
        // The pair that follows says how to go on with the step that failed; this, that nothing begins anew.
        tell!("plan {} stays in the register: go on with approve, sign or deliver, not with issue", plan.id);
    })?;
    // The delivery's is the newer one.
    render::head(&delivered.head);
    match form {
        Form::Json => {
            let mut summary = render::summary(&plan, (&waived, outside.as_ref()), Some(&issued), seconds);
            merge(&mut summary, delivered_value(&plan, &delivered, &given.to));
            render::value(&summary);
        }
        Form::Text => {
            render::plan(&plan);
            render::line(&format!("issued    {} in {seconds:.1} s", issued.all));
            show_delivered(&plan, &delivered, &given.to);
        }
    }
    Ok(exit(&plan))
}

/// What `issue` does once the plan is stored: the issue, its seconds and the delivery.
fn rest_of_issue(
    appliance: &mut Appliance,
    plan: &StoredPlan,
    given: &IssueArguments,
    wanted: &DeliveryWanted<'_>,
    began: Instant,
) -> Result<(Issued, f64, Delivered), Error> {
    watched(|watch| appliance.check_forms(plan, wanted, watch))?;
    if given.yes {
        appliance.approve(plan, ApprovalGiven::Unattended)?;
    } else {
        tell!("words:\n    {}", render::rows_of_words(&plan.digest.words()).join("\n    "));
        let words =
            terminal::ask_words("type the words to approve exactly this plan: ")?.ok_or_else(|| {
                Error::Stopped {
                    what: format!("plan {} is stored and not approved", plan.id),
                    hint: format!("go on with coldsign approve {} --words \"…\"", plan.id),
                }
            })?;
        appliance.approve(plan, ApprovalGiven::Words(&words))?;
    }
    let session = appliance.login(&mut pin::custodian(given.pin.pin_file.clone()))?;
    let issued = watched(|watch| appliance.sign(plan, &session, watch))?;
    let seconds = began.elapsed().as_secs_f64();
    let delivered = watched(|watch| appliance.deliver(plan, wanted, &session, watch))?;
    Ok((issued, seconds, delivered))
}

/// `prove`.
pub fn prove(home: Home, given: &ProveArguments, form: Form) -> Result<Exit, Error> {
    let platform = ceremony::platform_by_name(&given.platform)?;
    let code = match (&given.code, &given.csr) {
        (Some(code), _) => Code::Given(code),
        (None, Some(path)) => Code::Request(path),
        (None, None) => return Err(Error::usage("there is no code", "give --code CODE or --csr FILE")),
    };
    let mut appliance = Appliance::open(home)?;
    announce(&appliance);
    let mut custodian = pin::custodian(given.pin.pin_file.clone());
    let (plan, delivered) =
        watched(|watch| appliance.prove(&given.ca, platform, code, &given.to, &mut custodian, watch))?;
    render::head(&delivered.head);
    match form {
        Form::Json => render::value(&delivered_value(&plan, &delivered, &given.to)),
        Form::Text => show_delivered(&plan, &delivered, &given.to),
    }
    Ok(Exit::Done)
}

/// `verify`: no home, no token.
pub fn verify(given: &VerifyArguments, form: Form) -> Result<Exit, Error> {
    let report = watched(|watch| {
        ceremony::verify_bundle(&given.folder, &given.trust, given.audit_key.as_deref(), watch)
    })?;
    if let Some(crl) = &report.crl {
        return Ok(revocations::show_verified(&report, crl, given, form));
    }
    let audit_key = report.summary.as_ref().map(|summary| summary.audit_key_sha256.to_string());
    let sound = report.is_sound();
    let flaws = show_flaws(&report, form);
    let summary = report.summary.as_ref();
    match form {
        Form::Json => render::value(&json!({
            "sound": sound,
            "certificates": report.certificates,
            "flaws": flaws,
            "plan": summary.map(|summary| summary.plan.to_string()),
            "digest": summary.map(|summary| summary.digest.to_string()),
            "words": summary.map(|summary| summary.digest.words()),
            "issuer": summary.map(|summary| summary.issuer.to_string()),
            "rehearsal": summary.map(|summary| summary.standing == Standing::Rehearsal),
            "refused": summary.map(|summary| summary.counts.refused),
            "waived": summary.map(|summary| summary.waivers.iter().map(Printable::to_string).collect::<Vec<_>>()),
            "private_keys": summary.map(|summary| summary.private_keys.iter().map(Printable::to_string).collect::<Vec<_>>()),
            "manifest_sha256": summary.map(|summary| summary.manifest_sha256.to_string()),
            "manifest_words": summary.map(|summary| summary.manifest_sha256.words()),
            "root": report.root.as_ref().map(|root| root.subject.as_str()),
            "root_sha256": report.root.as_ref().map(|root| root.sha256.to_string()),
            "audit_key_sha256": audit_key,
            "audit_key_compared": given.audit_key.is_some(),
        })),
        Form::Text => {
            if let Some(summary) = summary {
                render::line(&format!("plan       {}", summary.plan));
                render::line(&format!("issuer     {}", summary.issuer));
                render::line(&format!("digest     {}", summary.digest));
                render::line(&format!("words      {}", summary.digest.words()));
                render::line(&format!("manifest   {}", summary.manifest_sha256));
                render::line(&format!("words      {}", summary.manifest_sha256.words()));
                render::line(&format!("audit key  {}", summary.audit_key_sha256));
                for waiver in &summary.waivers {
                    render::line(&format!("WAIVED: the rule {waiver}"));
                }
                for form in &summary.private_keys {
                    render::line(&format!(
                        "PRIVATE KEYS: the files of {form} hold the devices' private keys"
                    ));
                }
                if summary.standing == Standing::Rehearsal {
                    render::line("REHEARSAL: nobody may trust these certificates");
                }
            }
            show_verdict(&report, given, report.certificates);
        }
    }
    Ok(if sound { Exit::Done } else { Exit::SomeRefused })
}

/// The flaws that were told of a folder, each on its line; how many there are in all.
pub fn show_flaws(report: &BundleReport, form: Form) -> u64 {
    for flaw in &report.flaws {
        let (id, message, hint) = (flaw.id.id(), flaw.message.as_str(), flaw.id.hint());
        match form {
            Form::Json => render::value(&json!({ "flaw": id, "message": message, "hint": hint })),
            Form::Text => render::line(&format!("{id}: {message} / {hint}")),
        }
    }
    flaws(report)
}

fn flaws(report: &BundleReport) -> u64 {
    report.flaws.len() as u64 + report.more_flaws
}

/// What `verify` says last in words: what was not compared, and the verdict on so many certificates.
pub fn show_verdict(report: &BundleReport, given: &VerifyArguments, certificates: u64) {
    if given.audit_key.is_none() {
        tell!("the audit key was not compared: give --audit-key with the SHA-256 you were told another way");
    }
    if let Some(root) = &report.root {
        render::line(&format!("root       {}", root.subject));
        render::line(&format!("trusted    {}", root.sha256));
    }
    let verdict = if report.is_sound() { "sound" } else { "NOT SOUND" };
    let by = if given.audit_key.is_some() { "" } else { "; who made it was not compared" };
    render::line(&format!(
        "{verdict}: {}, {}{by}",
        counted(certificates, "certificate"),
        counted(flaws(report), "flaw")
    ));
}

fn make_plan(
    appliance: &mut Appliance,
    ca: &str,
    profile: &str,
    paths: &[std::path::PathBuf],
    csv: Option<&Path>,
) -> Result<StoredPlan, Error> {
    let each = &mut |judgement: &ceremony::Judgement| render::refusal(judgement);
    let wanted = PlanWanted { ca, profile, paths, csv, before: None };
    watched(|watch| appliance.plan(&wanted, watch, each)).map(|planned| planned.plan)
}

/// Runs long work under a progress bar and the stop signals.
pub fn watched<T>(work: impl FnOnce(&mut Watch<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let _heeded = stop::heed();
    by_reins(stop::reins(), work)
}

fn by_reins<T>(reins: &Reins, work: impl FnOnce(&mut Watch<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let mut bar = terminal::Bar::new();
    let mut listener = |progress: Progress| bar.take(progress);
    work(&mut Watch::new(&mut listener, reins))
}

pub fn announce(appliance: &Appliance) {
    if appliance.is_rehearsal() {
        tell!("REHEARSAL");
    }
}

pub fn formats(names: &[String]) -> Result<Vec<Format>, Error> {
    Ok(names.iter().map(|name| Format::from_name(name)).collect::<Result<_, _>>()?)
}

fn exit(plan: &StoredPlan) -> Exit {
    if plan.refused == 0 { Exit::Done } else { Exit::SomeRefused }
}

fn delivered_value(plan: &StoredPlan, delivered: &Delivered, to: &Path) -> Value {
    json!({
        "plan": plan.id,
        "folder": printable_path(&to.join(&delivered.folder)).as_str(),
        "certificates": delivered.certificates,
        "files": delivered.files,
        "private_keys": delivered.private_keys,
        "revoked": delivered.revoked.count.revoked,
        "held": delivered.revoked.count.held,
        "manifest_sha256": delivered.manifest_sha256.to_string(),
        "manifest_words": delivered.manifest_sha256.words(),
        "audit_key_sha256": delivered.audit_key_sha256.to_string(),
        "root_sha256": delivered.root.sha256.to_string(),
    })
}

fn show_delivered(plan: &StoredPlan, delivered: &Delivered, to: &Path) {
    let refused = match plan.refused {
        0 => String::new(),
        refused => format!("; refused: {}, see refused.csv", counted(refused, "request")),
    };
    render::line(&format!(
        "delivered {} in {}, read back and compared: {}{refused}",
        counted(delivered.certificates, "certificate"),
        counted(delivered.files, "file"),
        printable_path(&to.join(&delivered.folder))
    ));
    render::line(&format!("manifest   {}", delivered.manifest_sha256));
    render::line(&format!("words      {}", delivered.manifest_sha256.words()));
    render::line(&format!("audit key  {}", delivered.audit_key_sha256));
    render::line(&format!("root       {}", delivered.root.sha256));
    render::private_keys(&delivered.private_keys);
    render::revoked(delivered.certificates, &delivered.revoked);
    tell!(
        "next: tell the receiver these digests another way than with the medium; coldsign verify shows them"
    );
    render::next_steps(delivered.formats.iter().filter_map(|format| NextSteps::of(*format)));
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
