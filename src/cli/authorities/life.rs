//! `ca renew`, `ca rekey`, `ca link` and `ca cross`: what comes to a CA after it was made.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::json;

use crate::{
    ceremony::{Appliance, Error, Home, Rekey, Renewal},
    cli::{
        args::PinArguments,
        main_job::watched,
        pin,
        render::{self, Form},
        stop,
    },
};

use super::{show, show_request};

/// How a CA comes to its new certificate.
pub enum Way {
    /// It certifies itself, for so many days.
    Certificate(u32),
    /// It asks its superior, by a request in this folder.
    Request(PathBuf),
}

/// The one way of the two that was given; the arguments demand exactly one.
pub fn way(days: Option<u32>, to: Option<PathBuf>) -> Way {
    to.map_or(Way::Certificate(days.unwrap_or_default()), Way::Request)
}

/// `ca renew`.
pub fn renew(home: Home, name: &str, way: &Way, pin: PinArguments, form: Form) -> Result<(), Error> {
    let renewal = Renewal { name }.commanded();
    let _heeded = stop::heed();
    let mut appliance = Appliance::open(home)?;
    let mut custodian = pin::custodian(pin.pin_file);
    match way {
        Way::Request(to) => {
            let requested = appliance.request_renewal(renewal, to, &mut custodian)?;
            show_request(form, name, &requested, to);
        }
        Way::Certificate(days) => {
            let (issuer, head) = appliance.renew_root(renewal, *days, &mut custodian)?;
            render::head(&head);
            show(form, name, Some((issuer.certificate(), issuer.root())), appliance.is_rehearsal());
            tell!(
                "{name} issues under it from now on. Give it to all who trust the root (coldsign ca export {name} --to DIR); a CA \
             of this home below it moves to it with coldsign ca use NAME SHA256"
            );
        }
    }
    Ok(())
}

/// `ca rekey`.
pub fn rekey(home: Home, rekey: Rekey<'_>, way: &Way, pin: PinArguments, form: Form) -> Result<(), Error> {
    let (before, name) = (rekey.before, rekey.name);
    let rekey = rekey.commanded();
    let _heeded = stop::heed();
    let mut appliance = Appliance::open(home)?;
    let mut custodian = pin::custodian(pin.pin_file);
    match way {
        Way::Request(to) => {
            let requested = appliance.rekey_by_request(rekey, to, &mut custodian)?;
            show_request(form, name, &requested, to);
        }
        Way::Certificate(days) => {
            let (issuer, head) = appliance.rekey_root(rekey, *days, &mut custodian)?;
            render::head(&head);
            show(form, name, Some((issuer.certificate(), issuer.root())), appliance.is_rehearsal());
            tell!(
                "{name} succeeds {before}. Give it to all who trust {before}; for those who cannot take it soon: coldsign ca link {name}"
            );
        }
    }
    Ok(())
}

/// `ca link`.
pub fn link(home: Home, name: &str, pin: PinArguments, form: Form) -> Result<(), Error> {
    let mut appliance = Appliance::open(home)?;
    let mut custodian = pin::custodian(pin.pin_file);
    let links = watched(|watch| appliance.link_keys(name, &mut custodian, watch))?;
    render::head(&links.head);
    for (noun, certified, by, link) in [
        ("new-with-old", name, links.before.as_str(), &links.new_with_old),
        ("old-with-new", links.before.as_str(), name, &links.old_with_new),
    ] {
        match form {
            Form::Json => render::value(&json!({
                "link": noun,
                "ca": certified,
                "by": by,
                "sha256": link.sha256().to_string(),
                "not_before": link.not_before().to_string(),
                "not_after": link.not_after().to_string(),
            })),
            Form::Text => render::line(&format!(
                "{noun}  the key of {certified}, by {by}, until {}  {}",
                link.not_after(),
                link.sha256()
            )),
        }
    }
    tell!("next: coldsign ca export {name} --to DIR, and the same for {}", links.before);
    Ok(())
}

/// `ca cross`.
pub fn cross(home: Home, ca: &str, profile: &str, certificate: &Path, form: Form) -> Result<(), Error> {
    let began = Instant::now();
    let mut appliance = Appliance::open(home)?;
    render::warnings(&appliance.warnings_for(ca, profile)?);
    let made = appliance.plan_cross(ca, profile, certificate)?;
    let summary = watched(|watch| appliance.plan_summary(&made.plan, watch))?;
    render::for_approval(&summary);
    match form {
        Form::Json => {
            let mut value = render::summary(
                &made.plan,
                (&summary.waived, summary.from_outside.as_ref()),
                None,
                began.elapsed().as_secs_f64(),
            );
            value["certificate_sha256"] = json!(made.certificate_sha256.to_string());
            render::value(&value);
        }
        Form::Text => {
            for note in &made.notes {
                tell!("note: {} ({})", note.message, note.control.id());
            }
            tell!("the certificate it was made from has SHA-256 {}, in words:", made.certificate_sha256);
            tell!("    {}", render::rows_of_words(&made.certificate_sha256.words()).join("\n    "));
            tell!("compare these words with the keeper of that CA, by a way of their own");
            render::plan(&made.plan);
            tell!("next: read the words to each other, then coldsign approve {} --words \"…\"", made.plan.id);
        }
    }
    Ok(())
}
