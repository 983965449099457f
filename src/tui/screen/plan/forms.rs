//! Which forms of delivery a plan's bundle cannot have, told before anything is signed.

use crate::{
    ceremony::{FormObstacle, NotHad, StoredPlan},
    pki::text::Printable,
    tui::{
        screen::document::Document,
        sheet::Item,
        theme::Role,
        wording::{counted, grouped, some_of},
    },
};

/// The forms that requests are in the way of, in a row of so many characters; `None` where there is none.
pub fn row(plan: &StoredPlan, obstacles: &[FormObstacle], chars_max: usize) -> Option<String> {
    let groups = FormObstacle::of_requests(obstacles);
    let (fewest, most) = (groups.first()?.requests.count, groups.last()?.requests.count);
    let count =
        if fewest == most { grouped(most) } else { format!("{} to {}", grouped(fewest), grouped(most)) };
    let of = counted(FormObstacle::looked_at(plan), "request");
    let why = format!(", for {count} of {of}; see Tab");
    let names: Vec<&str> = groups.iter().flat_map(|NotHad { forms, .. }| forms).copied().collect();
    Some(format!("{}{why}", some_of(&names, chars_max.saturating_sub(why.len()))))
}

/// Every form that cannot be had, with what is in the way and what to do about it.
pub fn document(plan: &StoredPlan, obstacles: &[FormObstacle]) -> Document {
    let title = Printable::new(&format!("plan {}: forms that its bundle cannot have", plan.id));
    let looked_at = FormObstacle::looked_at(plan);
    let all = if looked_at < plan.accepted { "the first " } else { "" };
    let text = format!(
        "Looked at: the CA, authority.toml, and {all}{}. Where requests are in the way, the form can be had of the others: \
         read these without them, or by a profile that refuses them, as a plan of its own in place of this one.",
        counted(looked_at, "request")
    );
    let mut items = vec![Item::Words(text, Role::Plain)];
    let (of_requests, of_all): (Vec<_>, Vec<_>) =
        obstacles.iter().partition(|obstacle| obstacle.requests.is_some());
    for obstacle in of_requests.into_iter().chain(of_all) {
        let (heading, role) = match &obstacle.requests {
            Some(requests) => (format!("for {}", counted(requests.count, "request")), Role::Attention),
            None => ("for the CA or settings".to_owned(), Role::Plain),
        };
        items.push(Item::Gap);
        items.push(Item::Words(format!("NO {}: {heading}", obstacle.format.name()), role));
        items.push(Item::labelled("  what is in the way", obstacle.what.clone()));
        items.push(Item::labelled("  what to do", obstacle.hint.clone()));
    }
    Document::of_items("Plan: forms that cannot be had", title, "forms", items)
}
