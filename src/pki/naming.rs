//! Names as a profile decides them: kept octet for octet, or rebuilt from templates; and which names are taken.
//!
//! A template that cannot be filled refuses its request; no attribute is ever empty, shortened or guessed. Rules judge
//! the names that the certificate would carry, whichever way they came. Read [`Naming`] first, then `decide`.

pub mod alternative;
pub mod pattern;
pub mod rules;
pub mod table;
pub mod template;

use std::borrow::Cow;

use super::{
    extension::{Meaning, RequestedExtension},
    name::{Name, attribute::Kind},
    oid,
    policy::{Control, Finding},
    request::VerifiedRequest,
};
use alternative::{AlternativeRules, AlternativeTemplate};
use rules::AttributeRules;
use table::{Join, Row};
use template::{Placeholder, Template, Values};

/// What a profile says about names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Naming {
    /// The subject.
    pub subject: SubjectNaming,
    /// Which attributes a subject may, must and must not have.
    pub attributes: AttributeRules,
    /// The alternative names where they are not those asked for.
    pub alternative: Option<AlternativeTemplate>,
    /// Which alternative names are taken.
    pub alternative_rules: AlternativeRules,
    /// The table that templates take values from.
    pub table: Option<TableUse>,
}

/// Where the subject comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum SubjectNaming {
    /// The request's, octet for octet.
    #[default]
    Kept,
    /// Rebuilt: one relative distinguished name each, in the order of the DER.
    Rebuilt(Vec<Part>),
}

/// One attribute of a rebuilt subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// Its type.
    pub kind: &'static Kind,
    /// Its value.
    pub value: Template,
}

/// How a profile uses a table of devices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableUse {
    /// The table's file name beside the requests, where none is named otherwise.
    pub file: Option<String>,
    /// The column that says which request a row belongs to.
    pub column: String,
    /// What that column holds.
    pub join: Join,
}

/// What is known of a request from outside of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Beside {
    /// The name of its file without the last extension, where it is text.
    pub file_stem: Option<String>,
    /// Its row of the table.
    pub row: RowFound,
}

/// What was looked up in the table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum RowFound {
    /// There is no table.
    #[default]
    NoTable,
    /// No row has this key.
    Missing(String),
    /// The request does not have what the table is joined by.
    NoKey(&'static str),
    /// The row.
    Found(Row),
}

/// The names that a certificate would carry.
pub(in crate::pki) struct Named<'a> {
    pub subject: Cow<'a, Name>,
    /// The extension request, with the alternative names of the template in the place of those asked for.
    pub requested: Cow<'a, [RequestedExtension]>,
    pub findings: Vec<Finding>,
}

impl Naming {
    /// The columns of the table that its templates take values from, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let parts = match &self.subject {
            SubjectNaming::Kept => &[][..],
            SubjectNaming::Rebuilt(parts) => parts,
        };
        let subject = parts.iter().map(|part| &part.value);
        let alternative = self.alternative.iter().flat_map(AlternativeTemplate::templates);
        let mut columns: Vec<&str> = Vec::new();
        for placeholder in subject.chain(alternative).flat_map(Template::placeholders) {
            match placeholder {
                Placeholder::Column(name) if !columns.contains(&name.as_str()) => columns.push(name),
                _ => {}
            }
        }
        columns
    }
}

/// The names that a certificate for this request would carry under the profile, before the rules judge them. Where a
/// template cannot be filled, a finding refuses the request and the names are those asked for.
pub(in crate::pki) fn decide<'a>(naming: &Naming, request: &'a VerifiedRequest) -> Named<'a> {
    let mut named = Named {
        subject: Cow::Borrowed(request.subject()),
        requested: Cow::Borrowed(request.requested()),
        findings: Vec::new(),
    };
    let values = Values { request };
    if naming.table.is_some()
        && let Some(finding) = judge_row(&request.beside().row)
    {
        // Whatever else is missing is missing for this.
        named.findings.push(finding);
        return named;
    }
    if let SubjectNaming::Rebuilt(parts) = &naming.subject {
        match rebuilt(parts, values) {
            Ok(subject) => named.subject = Cow::Owned(subject),
            Err(findings) => named.findings.extend(findings),
        }
    }
    if let Some(template) = &naming.alternative {
        match template.build(values) {
            Ok((value, count)) => named.replace_alternative_names(value, count),
            Err(findings) => named.findings.extend(findings),
        }
    }
    named
}

fn judge_row(row: &RowFound) -> Option<Finding> {
    let refuse = |message: &str, hint| Some(Finding::refuse(Control::CsvRow, message, hint));
    match row {
        RowFound::Found(_) => None,
        RowFound::Missing(key) => refuse(
            &format!("the table has no row for `{key}`"),
            "add the row to the table, or take the request off the medium",
        ),
        RowFound::NoKey(what) => refuse(
            &format!("the table is joined by {what}, which the request does not have"),
            "join the table by something that every request has, such as its key",
        ),
        RowFound::NoTable => refuse(
            "the profile takes a table, and there is none",
            "name the table with --csv FILE, or lay it beside the requests",
        ),
    }
}

fn rebuilt(parts: &[Part], values: Values<'_>) -> Result<Name, Vec<Finding>> {
    let (mut attributes, mut findings) = (Vec::with_capacity(parts.len()), Vec::new());
    for part in parts {
        let short = part.kind.short;
        match part.value.fill(values) {
            Ok(value) => match Name::from_attributes(&[(part.kind, &value)]) {
                Ok(_) => attributes.push((part.kind, value)),
                Err(error) => findings.push(unfit(&format!("subject {short}"), &error.to_string())),
            },
            Err(why) => findings.push(unfit(&format!("subject {short}"), &why)),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let attributes: Vec<(&Kind, &str)> =
        attributes.iter().map(|(kind, value)| (*kind, value.as_str())).collect();
    Name::from_attributes(&attributes).map_err(|error| vec![unfit("subject", &error.to_string())])
}

/// A template could not be filled, or not with something that may stand in a certificate.
fn unfit(what: &str, why: &str) -> Finding {
    Finding::refuse(
        Control::NameTemplate,
        &format!("{what}: {why}"),
        "see that the request and the table have what the profile's template takes",
    )
}

impl Named<'_> {
    fn replace_alternative_names(&mut self, value: Vec<u8>, names: usize) {
        let asked = self.requested.iter().position(|wish| wish.oid == oid::SUBJECT_ALT_NAME);
        if asked.is_some_and(|at| self.requested[at].value == value) {
            return;
        }
        let critical = false;
        let meaning = Meaning::SubjectAltName { names };
        let made = RequestedExtension { oid: oid::SUBJECT_ALT_NAME.to_vec(), critical, value, meaning };
        let requested = self.requested.to_mut();
        match asked {
            None => requested.push(made),
            Some(at) => {
                requested[at] = made;
                self.findings.push(Finding::note(
                    Control::ExtensionDropped,
                    "other alternative names were asked for than the profile's template gives",
                    "nothing needs to be done: the certificate carries those of the template",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
