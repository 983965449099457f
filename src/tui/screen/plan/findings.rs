//! Which requests of a plan something was found in, to read.

use crate::{
    ceremony::{FoundBy, Outcome, StoredPlan},
    pki::text::Printable,
    tui::{
        screen::document::Document,
        sheet::Item,
        theme::Role,
        wording::{counted, grouped},
    },
};

/// The findings of a plan, a control after the other, each with its requests.
pub fn document(plan: &StoredPlan, found: &[FoundBy]) -> Document {
    let title = Printable::new(&format!("plan {}: which requests something was found in", plan.id));
    let mut items = Vec::new();
    for by in found {
        items.extend(of_one(by));
        items.push(Item::Gap);
    }
    if items.pop().is_none() {
        let text = "Nothing was found in any request.";
        items.push(Item::Words(text.to_owned(), Role::Plain));
    }
    Document::of_items("Plan: findings", title, "findings", items)
}

fn of_one(by: &FoundBy) -> Vec<Item> {
    let (said, role) = match by.outcome {
        Outcome::Refused => ("x refused by", Role::Bad),
        Outcome::Skipped => ("- skipped by", Role::Attention),
        Outcome::Noted => ("! planned, with a note of", Role::Attention),
    };
    let heading = format!("{said} {}: {}", by.control, counted(by.count, "request"));
    let mut items = vec![Item::Words(heading, role), Item::labelled("  what to do", by.hint.clone())];
    for one in &by.requests {
        items.push(Item::labelled("  request", one.source.clone()));
        items.push(Item::labelled("", one.message.clone()));
    }
    let more = by.count.saturating_sub(by.requests.len() as u64);
    if more > 0 {
        let text = format!("  and {} more, not shown", grouped(more));
        items.push(Item::Words(text, Role::Attention));
    }
    items
}
