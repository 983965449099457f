//! What a profile says about names, as it is written, becomes what is trusted.

pub(super) mod written;

use std::ops::Range;

use toml::Spanned;

use crate::pki::{
    constraint::is_domain,
    name::{
        Name,
        attribute::{Kind, by_name},
    },
    naming::{
        Naming, Part, SubjectNaming, TableUse,
        alternative::{
            AlternativeRule, AlternativeRules, AlternativeTemplate, Demand, HardwareModule, NameKind,
            Network, SerialForm, Wildcards,
        },
        pattern::Pattern,
        rules::{Alphabet, AttributeRule, AttributeRules, Presence, Unlisted},
        table::{COLUMN_CHARS_MAX, Join},
        template::Template,
    },
};

use super::{
    error::Error,
    profile::{Source, dotted, oid_of},
    written::Profile,
};

/// Most relative distinguished names in a template: the longest subjects in use have ten.
const PARTS_MAX: usize = 16;

/// Most alternative names in a template.
const NAMES_MAX: usize = 16;

const PRESENCES: [(&str, Presence); 3] =
    [("allowed", Presence::Allowed), ("required", Presence::Required), ("forbidden", Presence::Forbidden)];

const UNLISTED: [(&str, Unlisted); 2] = [("take", Unlisted::Take), ("refuse", Unlisted::Refuse)];

/// Reads what a profile says about names.
pub(super) fn read(source: Source<'_>, written: &Profile) -> Result<Naming, Error> {
    check_kind(source, written)?;
    let subject = written.subject.as_ref().map(Spanned::get_ref);
    let names = written.alternative_names.as_ref();
    let naming = Naming {
        subject: subject_naming(source, subject)?,
        attributes: attributes(source, written, subject)?,
        alternative: names.map_or(Ok(None), |names| alternative(source, names.get_ref()))?,
        alternative_rules: names.map_or(Ok(AlternativeRules::default()), |names| rules(source, names))?,
        table: written.csv.as_ref().map(|csv| table(source, csv.get_ref())).transpose()?,
    };
    match (written.kind.get_ref().as_str(), &naming.subject, &naming.alternative) {
        // A platform compares the code that it gave with the commonName, and takes nothing else.
        ("verification", SubjectNaming::Rebuilt(_), _) | ("verification", _, Some(_)) => {
            let hint = "take the template out: a verification certificate carries the platform's code";
            Err(source.wrong(&written.kind.span(), "kind", "its names cannot come of a template", hint))
        }
        _ => check_table(source, written, naming),
    }
}

/// Sections that would be read and never used: a root's name is given to `ca create`, and no table to `prove`.
fn check_kind(source: Source<'_>, written: &Profile) -> Result<(), Error> {
    let csv = ("csv", written.csv.as_ref().map(Spanned::span));
    let unused = match written.kind.get_ref().as_str() {
        "root" => vec![
            ("subject", written.subject.as_ref().map(Spanned::span)),
            ("attributes", written.attributes.values().next().map(Spanned::span)),
            ("alternative-names", written.alternative_names.as_ref().map(Spanned::span)),
            csv,
        ],
        "verification" => vec![csv],
        _ => return Ok(()),
    };
    for (key, at) in unused {
        if let Some(at) = at {
            let message = format!("nothing of it holds for a profile of kind `{}`", written.kind.get_ref());
            return Err(source.wrong(&at, key, &message, "take the section out"));
        }
    }
    Ok(())
}

/// Templates that take values from a table need one. A table needs no templates: it says which devices there are.
fn check_table(source: Source<'_>, written: &Profile, naming: Naming) -> Result<Naming, Error> {
    let columns = naming.columns();
    match (&naming.table, columns.first()) {
        (None, Some(column)) => {
            let at = written.subject.as_ref().map(Spanned::span);
            let at = at.or_else(|| written.alternative_names.as_ref().map(Spanned::span)).unwrap_or_default();
            let message = format!("a template takes `{{csv.{column}}}`, and the profile has no table");
            Err(source.wrong(&at, "csv", &message, "add a section [profiles.NAME.csv]"))
        }
        _ => Ok(naming),
    }
}

fn subject_naming(source: Source<'_>, written: Option<&written::Subject>) -> Result<SubjectNaming, Error> {
    let Some(lines) = written.and_then(|subject| subject.template.as_ref()) else {
        return Ok(SubjectNaming::Kept);
    };
    let mut parts: Vec<Part> = Vec::new();
    for line in lines {
        let (name, value) = assignment(source, line)?;
        let kind = by_name(name).ok_or_else(|| {
            let message = format!("\"{name}\" is not an attribute that is known");
            source.wrong(&line.span(), "template", &message, "write CN, serialNumber, O, OU, C or another")
        })?;
        if parts.len() == PARTS_MAX {
            let message = format!("there are more than {PARTS_MAX} attributes");
            return Err(source.wrong(&line.span(), "template", &message, "write a shorter subject"));
        }
        let value = template(source, "template", line, value)?;
        if let Some(Err(error)) = value.fixed().map(|fixed| Name::from_attributes(&[(kind, fixed)])) {
            let hint = "write a value that the attribute takes (RFC 5280 appendix A.1)";
            return Err(source.wrong(&line.span(), "template", &error.to_string(), hint));
        }
        parts.push(Part { kind, value });
    }
    Ok(SubjectNaming::Rebuilt(parts))
}

/// `TYPE = value`, blanks around both taken away.
fn assignment<'a>(source: Source<'_>, line: &'a Spanned<String>) -> Result<(&'a str, &'a str), Error> {
    let (name, value) = line.get_ref().split_once('=').ok_or_else(|| {
        let message = format!("\"{}\" has no `=`", line.get_ref());
        source.wrong(&line.span(), "template", &message, "write it as \"CN = {request.cn}\"")
    })?;
    Ok((name.trim(), value.trim()))
}

fn template(source: Source<'_>, key: &str, at: &Spanned<String>, text: &str) -> Result<Template, Error> {
    Template::parse(text).map_err(|why| {
        let hint = "placeholders are {request.cn}, {request.san.dns}, {request.file}, {request.key.sha256}, \
                    {request.key.short}, {csv.COLUMN}; docs/CONFIGURATION.md lists them";
        source.wrong(&at.span(), key, &why, hint)
    })
}

fn attributes(
    source: Source<'_>,
    written: &Profile,
    subject: Option<&written::Subject>,
) -> Result<AttributeRules, Error> {
    let unlisted = subject.and_then(|subject| subject.unlisted.as_ref());
    let unlisted = source.choose_or("unlisted", unlisted, &UNLISTED)?;
    let mut rules: Vec<AttributeRule> = Vec::new();
    for (name, rule) in &written.attributes {
        let kind = by_name(name).ok_or_else(|| {
            let message = format!("\"{name}\" is not an attribute that is known");
            source.wrong(&rule.span(), "attributes", &message, "write CN, serialNumber, O, OU, C or another")
        })?;
        if rules.iter().any(|earlier| earlier.kind == kind) {
            let message = format!("{} stands there under two names", kind.short);
            return Err(source.wrong(&rule.span(), "attributes", &message, "write it once"));
        }
        rules.push(attribute(source, kind, rule.get_ref())?);
    }
    Ok(AttributeRules { rules, unlisted })
}

fn attribute(
    source: Source<'_>,
    kind: &'static Kind,
    rule: &written::Attribute,
) -> Result<AttributeRule, Error> {
    let alphabets = [
        ("any", Alphabet::Any),
        ("ascii", Alphabet::Ascii),
        ("digits", Alphabet::Digits),
        ("printable", Alphabet::Printable),
    ];
    let bound = |key: &str, written: Option<&Spanned<usize>>, absent: usize| match written {
        None => Ok(absent),
        Some(chars) if (kind.chars_min..=kind.chars_max).contains(chars.get_ref()) => Ok(*chars.get_ref()),
        Some(chars) => {
            let (short, min, max) = (kind.short, kind.chars_min, kind.chars_max);
            let message = format!("{short} has {min} to {max} characters (RFC 5280 appendix A.1)");
            Err(source.wrong(&chars.span(), key, &message, "write a bound within them"))
        }
    };
    let chars_min = bound("chars-min", rule.chars_min.as_ref(), kind.chars_min)?;
    let chars_max = bound("chars-max", rule.chars_max.as_ref(), kind.chars_max)?;
    if let Some(chars) = rule.chars_max.as_ref().or(rule.chars_min.as_ref()).filter(|_| chars_max < chars_min)
    {
        let message = format!("{chars_max} is less than the {chars_min} of `chars-min`");
        return Err(source.wrong(
            &chars.span(),
            "chars-max",
            &message,
            "write the smaller one as `chars-min`",
        ));
    }
    Ok(AttributeRule {
        kind,
        presence: source.choose_or("presence", rule.presence.as_ref(), &PRESENCES)?,
        pattern: pattern(source, rule.pattern.as_ref())?,
        alphabet: source.choose_or("characters", rule.characters.as_ref(), &alphabets)?,
        chars_min,
        chars_max,
        count_max: count(source, rule.count_max.as_ref())?,
    })
}

fn pattern(source: Source<'_>, written: Option<&Spanned<String>>) -> Result<Option<Pattern>, Error> {
    let read = |written: &Spanned<String>| {
        Pattern::parse(written.get_ref()).map_err(|why| {
            let hint = "write a regular expression for the whole value, such as \"[A-Z0-9-]{4,32}\"";
            source.wrong(&written.span(), "pattern", &why, hint)
        })
    };
    written.map(read).transpose()
}

fn count(source: Source<'_>, written: Option<&Spanned<usize>>) -> Result<usize, Error> {
    match written {
        None => Ok(usize::MAX),
        Some(count) if *count.get_ref() == 0 => {
            let hint = "write `presence = \"forbidden\"` instead";
            Err(source.wrong(&count.span(), "count-max", "none at all would be allowed", hint))
        }
        Some(count) => Ok(*count.get_ref()),
    }
}

fn alternative(
    source: Source<'_>,
    written: &written::AlternativeNames,
) -> Result<Option<AlternativeTemplate>, Error> {
    let mut names = Vec::new();
    for line in written.template.iter().flat_map(Spanned::get_ref) {
        let (word, value) = assignment(source, line)?;
        let kinds = [NameKind::Dns, NameKind::Email, NameKind::Ip, NameKind::Uri];
        let kind = kinds.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let message = format!("\"{word}\" is not a kind of name that is built");
            source.wrong(&line.span(), "template", &message, "write dns, email, ip or uri before the `=`")
        })?;
        if names.len() == NAMES_MAX {
            let message = format!("there are more than {NAMES_MAX} names");
            return Err(source.wrong(&line.span(), "template", &message, "write fewer names"));
        }
        names.push((kind, template(source, "template", line, value)?));
    }
    let hardware = written.hardware_module.as_ref().map(|module| hardware(source, module.get_ref()));
    let hardware = hardware.transpose()?;
    match (&written.template, names.is_empty(), &hardware) {
        (Some(empty), true, _) => {
            let hint = "take the key out, and the request's names are taken";
            Err(source.wrong(&empty.span(), "template", "it has no name", hint))
        }
        (None, _, None) => Ok(None),
        _ => Ok(Some(AlternativeTemplate { names, hardware })),
    }
}

fn hardware(source: Source<'_>, written: &written::HardwareModule) -> Result<HardwareModule, Error> {
    let forms = [("text", SerialForm::Text), ("hex", SerialForm::Hex)];
    Ok(HardwareModule {
        kind: dotted(source, "type", &written.kind)?,
        serial: template(source, "serial", &written.serial, written.serial.get_ref())?,
        form: source.choose_or("form", written.form.as_ref(), &forms)?,
    })
}

fn rules(
    source: Source<'_>,
    written: &Spanned<written::AlternativeNames>,
) -> Result<AlternativeRules, Error> {
    let written = written.get_ref();
    let unlisted = source.choose_or("unlisted", written.unlisted.as_ref(), &UNLISTED)?;
    let mut rules = Vec::new();
    for (word, rule) in &written.rules {
        let found = NameKind::ALL.iter().find(|(known, _)| known == word);
        let kind = found.map(|(_, kind)| *kind).ok_or_else(|| {
            let words: Vec<&str> = NameKind::ALL.iter().map(|(word, _)| *word).collect();
            let message = format!("\"{word}\" is not a kind of name");
            source.wrong(&rule.span(), "rules", &message, &format!("write {}", words.join(" or ")))
        })?;
        rules.push(rule_of(source, kind, rule.get_ref())?);
    }
    Ok(AlternativeRules { rules, unlisted })
}

fn rule_of(
    source: Source<'_>,
    kind: NameKind,
    rule: &written::Alternative,
) -> Result<AlternativeRule, Error> {
    let foreign = [
        ("suffixes", rule.suffixes.as_ref().map(Spanned::span), &[NameKind::Dns, NameKind::Email][..]),
        ("wildcards", rule.wildcards.as_ref().map(Spanned::span), &[NameKind::Dns]),
        ("networks", rule.networks.as_ref().map(Spanned::span), &[NameKind::Ip]),
        ("schemes", rule.schemes.as_ref().map(Spanned::span), &[NameKind::Uri]),
        ("types", rule.types.as_ref().map(Spanned::span), &[NameKind::Other]),
    ];
    for (key, at, kinds) in foreign {
        if let Some(at) = at.filter(|_| !kinds.contains(&kind)) {
            let message = format!("names of kind {} do not have it", kind.word());
            return Err(source.wrong(&at, key, &message, "take the key out, or write it under another kind"));
        }
    }
    let demand = match kind {
        NameKind::Dns => Demand::Dns {
            suffixes: list(source, "suffixes", rule.suffixes.as_ref(), domain)?,
            wildcards: source.choose_or(
                "wildcards",
                rule.wildcards.as_ref(),
                &[("refuse", Wildcards::Refuse), ("take", Wildcards::Take)],
            )?,
        },
        NameKind::Email if rule.suffixes.is_some() => {
            Demand::Email { suffixes: list(source, "suffixes", rule.suffixes.as_ref(), domain)? }
        }
        NameKind::Ip if rule.networks.is_some() => {
            Demand::Ip(list(source, "networks", rule.networks.as_ref(), Network::parse)?)
        }
        NameKind::Uri if rule.schemes.is_some() => {
            Demand::Uri(list(source, "schemes", rule.schemes.as_ref(), scheme)?)
        }
        NameKind::Other if rule.types.is_some() => {
            Demand::Other(list(source, "types", rule.types.as_ref(), oid)?)
        }
        _ => Demand::None,
    };
    Ok(AlternativeRule {
        kind,
        presence: source.choose_or("presence", rule.presence.as_ref(), &PRESENCES)?,
        pattern: pattern(source, rule.pattern.as_ref())?,
        count_max: count(source, rule.count_max.as_ref())?,
        demand,
    })
}

/// A list that has at least one value where it is written.
fn list<T>(
    source: Source<'_>,
    key: &str,
    written: Option<&Spanned<Vec<Spanned<String>>>>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Error> {
    let Some(written) = written else { return Ok(Vec::new()) };
    let wrong = |at: &Range<usize>, why: &str| {
        source.wrong(
            at,
            key,
            why,
            "write at least one, or take the key out; docs/CONFIGURATION.md has the form",
        )
    };
    if written.get_ref().is_empty() {
        return Err(wrong(&written.span(), "it is empty"));
    }
    let one = |value: &Spanned<String>| {
        read(value.get_ref()).map_err(|why| wrong(&value.span(), &format!("\"{}\": {why}", value.get_ref())))
    };
    written.get_ref().iter().map(one).collect()
}

fn domain(text: &str) -> Result<String, String> {
    if is_domain(text) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("it is no domain; a suffix is written without a dot before it".into())
}

fn scheme(text: &str) -> Result<String, String> {
    let rest = |octet: u8| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet);
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(rest) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("it is no scheme; write it without the colon".into())
}

fn oid(text: &str) -> Result<Vec<u8>, String> {
    oid_of(text).ok_or_else(|| "it is no object identifier".into())
}

fn table(source: Source<'_>, written: &written::Csv) -> Result<TableUse, Error> {
    let joins = [("file", Join::File), ("key", Join::Key), ("cn", Join::CommonName)];
    if let Some(file) = &written.file {
        let name = file.get_ref();
        let sound =
            !name.is_empty() && name.len() <= 255 && !name.contains('/') && name != "." && name != "..";
        if !sound || name.chars().any(char::is_control) {
            let hint = "write a name such as \"devices.csv\"; it lies beside the requests";
            return Err(source.wrong(&file.span(), "file", "it is not the name of a file", hint));
        }
    }
    let column = written.column.get_ref();
    if !(1..=COLUMN_CHARS_MAX).contains(&column.chars().count()) {
        let message = format!("a column has a name of 1 to {COLUMN_CHARS_MAX} characters");
        return Err(source.wrong(&written.column.span(), "column", &message, "write it as in the table"));
    }
    Ok(TableUse {
        file: written.file.as_ref().map(|file| file.get_ref().clone()),
        column: column.clone(),
        join: source.choose("join", &written.join, &joins)?,
    })
}

#[cfg(test)]
mod tests;
