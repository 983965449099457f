//! One request to look into: what was found in it, what becomes of what it asks for, and the request itself.

use super::super::{difference, document::Document};
use crate::{
    ceremony::{Detail, Verdict},
    pki::{policy::Severity, text::Printable},
    tui::{sheet::Item, theme::Role, work::Asked},
};

/// Its name in the frame.
const KIND: &str = "Request: what was found";

/// All of it to read, the findings first.
pub fn document(source: Printable, detail: &Detail, asked: &Asked) -> Document {
    let findings = findings(detail, asked);
    let Some(der) = &detail.der else {
        return Document::of_items(KIND, source, "findings", findings);
    };
    let mut document = Document::request(source, der).named(KIND);
    if let Some(lines) = &detail.difference {
        document = document.opened_at("asked/issued", difference::items(lines));
    }
    document.opened_at("findings", findings)
}

fn findings(detail: &Detail, asked: &Asked) -> Vec<Item> {
    let judgement = &detail.judgement;
    let (text, role) = match judgement.verdict {
        Verdict::Accepted => {
            let text = format!("Accepted: CA {} can sign it under profile {}.", asked.ca, asked.profile);
            (text, Role::Good)
        }
        Verdict::Refused => ("Refused: it will not be signed.".to_owned(), Role::Bad),
        Verdict::Skipped => ("Skipped: it is no request.".to_owned(), Role::Attention),
    };
    let mut items = vec![Item::Words(text, role), Item::Gap];
    items.push(Item::labelled("source", judgement.source.clone()));
    if let Some(subject) = &judgement.subject {
        items.push(Item::labelled("subject", subject.clone()));
    }
    if let Some(key) = judgement.key {
        items.push(Item::labelled("key", Printable::new(&key.to_string())));
    }
    if judgement.findings.is_empty() {
        items.push(Item::Gap);
        items.push(Item::Words("Nothing was found that speaks against it.".to_owned(), Role::Plain));
    }
    for finding in &judgement.findings {
        let (heading, role) = match finding.severity {
            Severity::Refuse if judgement.verdict == Verdict::Skipped => {
                (format!("- skipped by {}", finding.control.id()), Role::Attention)
            }
            Severity::Refuse => (format!("x refused by {}", finding.control.id()), Role::Bad),
            Severity::Note => (format!("! remark of {}", finding.control.id()), Role::Attention),
        };
        items.push(Item::Gap);
        items.push(Item::Words(heading, role));
        items.push(Item::labelled("  what was found", finding.message.clone()));
        items.push(Item::labelled("  what to do", Printable::with_limit(finding.hint, usize::MAX)));
    }
    items
}
