//! Results as text for people and as JSON Lines for scripts.

use std::{
    io::{self, Write as _},
    sync::OnceLock,
};

use serde_json::{Value, json};

use crate::{
    ceremony::{
        self, CaWarning, Counts, FormObstacle, FormsNotHad, HeadAfter, InTheWay, Issued, Judgement,
        NextSteps, NotHad, PlanSummary, PlannedAuthorities, RevokedSince, StoredPlan, Verdict, Waived,
    },
    pki::{
        block_list::asked::AskedList,
        policy::{Control, Finding, Severity},
        text::{Printable, counted, harmless_json, harmless_lines},
    },
};

/// Which form results take on standard output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// JSON Lines and nothing else.
    Json,
    /// Text.
    Text,
}

/// Why a result did not reach standard output: the first failure of this process.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Writes one line of results to standard output. A reader that went away ends nothing: the work goes on.
pub fn line(text: &str) {
    result(&harmless_lines(text));
}

/// Writes one JSON value as a line of results.
pub fn value(value: &Value) {
    result(&harmless_json(&value.to_string()));
}

fn result(line: &str) {
    match writeln!(io::stdout().lock(), "{line}") {
        // Whoever reads the first lines and goes away has what it wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => _ = LOST.set(error),
        Ok(()) | Err(_) => {}
    }
}

/// Whether all results reached standard output; work that was done is not undone where they did not.
///
/// # Errors
/// The first failure to write one.
pub fn written() -> Result<(), &'static io::Error> {
    LOST.get().map_or(Ok(()), Err)
}

/// A judged request.
pub fn judgement(form: Form, judgement: &Judgement) {
    match form {
        Form::Json => value(&judgement_value(judgement)),
        Form::Text => {
            let what = [
                judgement.key.map(|key| key.to_string()),
                judgement.subject.as_ref().map(ToString::to_string),
            ];
            let what: Vec<String> = what.into_iter().flatten().collect();
            line(
                format!("{}: {}  {}", judgement.source, judgement.verdict.word(), what.join("  ")).trim_end(),
            );
            for finding in &judgement.findings {
                let text = finding_text(finding);
                match judgement.verdict {
                    // What is no request at all is passed over, not refused.
                    Verdict::Skipped => line(&format!("    {}", text.replacen("refuse", "skip", 1))),
                    Verdict::Accepted | Verdict::Refused => line(&format!("    {text}")),
                }
            }
        }
    }
}

/// A refused request while a plan is made: to standard error, for people.
pub fn refusal(judgement: &Judgement) {
    let told = |finding: &&Finding| match judgement.verdict {
        Verdict::Accepted => false,
        Verdict::Refused => finding.severity == Severity::Refuse,
        // Other files than requests are not worth a line each; a device without a request is.
        Verdict::Skipped => finding.control == Control::CsvRow,
    };
    for finding in judgement.findings.iter().filter(told) {
        tell!("{}: {}", judgement.source, finding_text(finding));
    }
}

fn finding_text(finding: &Finding) -> String {
    let severity = severity_word(finding.severity);
    format!("{severity} {}: {} / {}", finding.control.id(), finding.message, finding.hint)
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Refuse => "refuse",
    }
}

fn judgement_value(judgement: &Judgement) -> Value {
    let findings: Vec<Value> = judgement
        .findings
        .iter()
        .map(|finding| {
            json!({
                "control": finding.control.id(),
                "severity": severity_word(finding.severity),
                "message": finding.message.as_str(),
                "hint": finding.hint,
            })
        })
        .collect();
    json!({
        "source": judgement.source.as_str(),
        "sha256": judgement.sha256.map(|digest| digest.to_string()),
        "verdict": judgement.verdict.word(),
        "subject": judgement.subject.as_ref().map(ToString::to_string),
        "key": judgement.key.map(|key| key.to_string()),
        "findings": findings,
    })
}

/// The keys every command of the main job ends with.
#[must_use]
pub fn summary(
    plan: &StoredPlan,
    (waived, from_outside): (&[Waived], Option<&Printable>),
    issued: Option<&Issued>,
    seconds: f64,
) -> Value {
    let now = issued.map_or(0, |issued| issued.now);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people and dashboards")]
    let rate = if seconds > 0.0 { now as f64 / seconds } else { 0.0 };
    let summary = json!({
        "plan": plan.id,
        "digest": plan.digest.to_string(),
        "words": plan.digest.words(),
        "accepted": plan.accepted,
        "refused": plan.refused,
        "skipped": plan.skipped,
        "waived": waived_values(waived),
        "block_lists": plan.block_lists.as_ref().map(|lists| lists.iter().map(block_list).collect::<Vec<_>>()),
        "key_from_outside": from_outside.map(Printable::as_str),
        "issued": issued.map_or(0, |issued| issued.all),
        "seconds": (seconds * 1_000.0).round() / 1_000.0,
        "certificates_per_second": (rate * 10.0).round() / 10.0,
    });
    with_table(summary, plan)
}

fn block_list(list: &AskedList) -> Value {
    json!({
        "block_list": list.name,
        "format": list.format.name(),
        "keys": list.keys,
        "source_sha256": list.source_sha256.to_string(),
    })
}

/// The same with `table`, where the plan's names came from one.
#[must_use]
pub fn with_table(mut value: Value, plan: &StoredPlan) -> Value {
    if let (Some(table), Value::Object(value)) = (ceremony::table_of(plan), &mut value) {
        value.insert("table".to_owned(), Value::from(table.as_str()));
    }
    value
}

/// The same keys where every request was refused: there is no plan.
#[must_use]
pub fn none_accepted(counts: Counts) -> Value {
    json!({
        "plan": null,
        "digest": null,
        "words": null,
        "accepted": 0,
        "refused": counts.refused,
        "skipped": counts.skipped,
        "issued": 0,
        "seconds": 0.0,
        "certificates_per_second": 0.0,
    })
}

/// Twelve words in rows of four, as people read them aloud.
#[must_use]
pub fn rows_of_words(words: &str) -> Vec<String> {
    words.split(' ').collect::<Vec<_>>().chunks(4).map(|row| row.join(" ")).collect()
}

/// A stored plan, for people.
pub fn plan(plan: &StoredPlan) {
    line(&format!("plan      {}", plan.id));
    line(&format!("digest    {}", plan.digest));
    for (number, words) in rows_of_words(&plan.digest.words()).iter().enumerate() {
        line(&format!("{}  {words}", if number == 0 { "words   " } else { "        " }));
    }
    if let Some(table) = ceremony::table_of(plan) {
        line(&format!("table     {table}"));
    }
    line(&format!(
        "requests  {} accepted, {} refused, {} skipped",
        plan.accepted, plan.refused, plan.skipped
    ));
    line(&format!("lists     {}", block_lists(plan)));
}

/// The block lists that a plan's keys were looked up in, in words.
fn block_lists(plan: &StoredPlan) -> String {
    match plan.block_lists.as_deref() {
        None => "no block list asked: no request was judged".to_owned(),
        Some([]) => "no block list asked: this machine has none".to_owned(),
        Some(lists) => {
            let names: Vec<&str> = lists.iter().map(|list| list.name.as_str()).collect();
            names.join(", ")
        }
    }
}

/// The CAs that a plan makes, to standard error: whoever approves or signs it is told.
pub fn authorities(made: Option<&PlannedAuthorities>) {
    let Some(made) = made else { return };
    let path_length = made.path_length.map_or("not limited".to_owned(), |length| length.to_string());
    tell!(
        "THIS MAKES {} (path length {path_length}), which can issue certificates:",
        match made.count {
            1 => "A CA".to_owned(),
            count => format!("{count} CAs"),
        }
    );
    for name in &made.names {
        tell!("    {name}");
    }
    let more = made.count.saturating_sub(made.names.len() as u64);
    if more > 0 {
        tell!("    and {more} more");
    }
    tell!("    names below: {}", made.names_below);
}

/// All that an approver must see of a plan, to standard error: that it makes CAs first, then what is serious, until when
/// it holds, what is waived, and where the CA's key came from.
pub fn for_approval(summary: &PlanSummary) {
    authorities(summary.authorities.as_ref());
    for serious in summary.serious() {
        tell!("BEWARE: {serious}");
    }
    forms_not_had(&summary.forms_not_had);
    waived(&summary.waived);
    from_outside(summary.from_outside.as_ref());
    let ((first, _), (_, last)) = (summary.not_before, summary.not_after);
    tell!("valid from {first}, until {last} at the latest");
}

/// The forms of delivery that requests are in the way of, to standard error, in one line: of so many that were looked at.
pub fn forms_not_had(forms: &FormsNotHad) {
    let first = if forms.looked_at < forms.of { "the first " } else { "" };
    let of = format!("{first}{}", counted(forms.looked_at, "request"));
    let told = |NotHad { forms, requests: InTheWay { first, count } }: NotHad| {
        format!("{} for {count} of {of} ({first})", forms.join(", "))
    };
    let groups: Vec<String> = forms.of_requests().into_iter().map(told).collect();
    if !groups.is_empty() {
        tell!("forms that cannot be had of these requests: {}", groups.join("; "));
    }
}

/// What is in the way of forms of delivery, as values.
#[must_use]
pub fn obstacle_values(obstacles: &[FormObstacle]) -> Vec<Value> {
    let value = |obstacle: &FormObstacle| {
        json!({
            "form": obstacle.format.name(),
            "message": obstacle.what.as_str(),
            "hint": obstacle.hint.as_str(),
            "requests": obstacle.requests.as_ref().map_or(0, |requests| requests.count),
        })
    };
    obstacles.iter().map(value).collect()
}

/// The CAs that a plan makes, as a value.
pub fn authorities_value(made: Option<&PlannedAuthorities>) -> Value {
    made.map_or(Value::Null, |made| {
        json!({
            "count": made.count,
            "names": made.names.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "path_length": made.path_length,
            "names_below": made.names_below.to_string(),
        })
    })
}

/// The rules of the lint that a plan sets aside, to standard error: whoever approves or signs it is told.
pub fn waived(waived: &[Waived]) {
    for waived in waived {
        tell!("WAIVED: the rule {}", waived.words());
    }
}

/// The forms that hold devices' private keys, to standard error: whoever gives the PIN, or holds the medium, is told.
pub fn private_keys(forms: &[&str]) {
    for form in forms {
        tell!("PRIVATE KEYS: the files of {form} hold the devices' private keys, in the clear");
    }
}

/// Which certificates of a bundle are revoked or on hold, to standard error.
pub fn revoked(certificates: u64, revoked: &RevokedSince) {
    for authority in &revoked.above {
        tell!("BEWARE: {}", authority.words());
    }
    let Some(words) = revoked.count.words(certificates, |number| number.to_string()) else { return };
    tell!("BEWARE: {words}");
    for row in &revoked.first {
        let subject = row.subject.as_ref().map_or("", Printable::as_str);
        let since =
            row.revoked.entry().map_or_else(String::new, |entry| format!(", {}", entry.reason.name()));
        tell!("    {} {subject}{since}", row.serial);
    }
    let more = revoked.count.revoked + revoked.count.held - revoked.first.len() as u64;
    if more > 0 {
        tell!("    and {more} more");
    }
}

/// What is done next with forms, to standard error.
pub fn next_steps(all: impl Iterator<Item = NextSteps>) {
    for next in all {
        tell!("next, {}:", next.place);
        for (place, step) in next.steps.iter().enumerate() {
            tell!("  {}. {step}", place + 1);
        }
        if !next.commands.is_empty() {
            tell!("or as a command, in that folder:");
            next.commands.iter().for_each(|row| tell!("  {row}"));
        }
    }
}

/// The same as values.
fn waived_values(waived: &[Waived]) -> Vec<Value> {
    let value = |waived: &Waived| {
        json!({
            "rule": waived.rule,
            "reason": waived.reason.to_string(),
            "certificates": waived.certificates,
        })
    };
    waived.iter().map(value).collect()
}

/// What stands behind a CA in a line where its key came from outside.
#[must_use]
pub fn outside(told: Option<&Printable>) -> String {
    told.map_or_else(String::new, |told| format!("  KEY FROM OUTSIDE: {told}"))
}

/// Says, to standard error, that a CA's key came from outside.
pub fn from_outside(told: Option<&Printable>) {
    if let Some(told) = told {
        tell!("KEY FROM OUTSIDE: {told}");
    }
}

/// Says, to standard error, where the work stands and the register's head could not be signed after it.
pub fn head(head: &HeadAfter) {
    if let Some((wanting, hint)) = head.wanting() {
        tell!("{}", harmless_lines(&format!("done and recorded, but {wanting}")));
        tell!("    {}", harmless_lines(&hint));
    }
}

/// What should be known of CAs, to standard error.
pub fn warnings(warnings: &[CaWarning]) {
    for warning in warnings {
        tell!("warning: {}", warning.message);
        tell!("    {}", harmless_lines(&warning.hint));
    }
}

/// A warning in JSON.
pub fn warning_value(warning: &CaWarning) -> Value {
    json!({
        "kind": warning.kind.id(),
        "at": warning.at.to_string(),
        "message": warning.message.as_str(),
        "hint": warning.hint,
    })
}

/// Counts of an inspection, to standard error.
pub fn counts(counts: Counts) {
    tell!("{} accepted, {} refused, {} skipped", counts.accepted, counts.refused, counts.skipped);
}
