//! Which forms of delivery cannot be had of requests or of a plan, told before anything is signed.

use crate::{
    ceremony::{FormsNotHad, NotHad},
    pki::text::Printable,
    tui::{
        screen::document::Document,
        sheet::Item,
        theme::Role,
        wording::{counted, grouped, some_of},
    },
};

/// The forms that requests are in the way of, in a row of so many characters; `None` where there is none.
pub fn row(forms: &FormsNotHad, chars_max: usize) -> Option<String> {
    let groups = forms.of_requests();
    let (fewest, most) = (groups.first()?.requests.count, groups.last()?.requests.count);
    let count =
        if fewest == most { grouped(most) } else { format!("{} to {}", grouped(fewest), grouped(most)) };
    let of = looked_at(forms);
    let why = format!(", for {count} of {of}; see Tab");
    let names: Vec<&str> = groups.iter().flat_map(|NotHad { forms, .. }| forms).copied().collect();
    Some(format!("{}{why}", some_of(&names, chars_max.saturating_sub(why.len()))))
}

/// The requests that were looked at, in words.
fn looked_at(forms: &FormsNotHad) -> String {
    let all = counted(forms.looked_at, "request");
    if forms.looked_at < forms.of { format!("the first {all}") } else { all }
}

/// Every form that cannot be had of what this names, with what is in the way and what to do about it.
#[must_use]
pub fn document(of: &str, forms: &FormsNotHad) -> Document {
    let title = Printable::new(&format!("{of}: forms of delivery that cannot be had"));
    let text = format!(
        "Looked at: the CA, authority.toml, and {}. Where some requests are in the way, the form can be had of the others: \
         read these without them, or by a profile that refuses them, as a plan of its own.",
        looked_at(forms)
    );
    let mut items = vec![Item::Words(text, Role::Plain)];
    let (of_requests, of_all): (Vec<_>, Vec<_>) =
        forms.obstacles.iter().partition(|obstacle| obstacle.requests.is_some());
    for obstacle in of_requests.into_iter().chain(of_all) {
        let (heading, role) = match &obstacle.requests {
            Some(requests) if requests.count == forms.looked_at => {
                ("for every request".to_owned(), Role::Attention)
            }
            Some(requests) => (format!("for {}", counted(requests.count, "request")), Role::Attention),
            None => ("for the CA or settings".to_owned(), Role::Plain),
        };
        items.push(Item::Gap);
        items.push(Item::Words(format!("NO {}: {heading}", obstacle.format.name()), role));
        items.push(Item::labelled("  what is in the way", obstacle.what.clone()));
        items.push(Item::labelled("  what to do", obstacle.hint.clone()));
    }
    Document::of_items("Forms that cannot be had", title, "forms", items)
}
