//! Names, attribute by attribute, with the attributes' full names.

use crate::pki::{
    der::{Element, element},
    name::{Attribute, Name, NameError, attribute, read_string},
    text::counted,
};

use super::{Fault, description::Field, identifier, value};

/// Most attributes shown of a name: real names have ten. The rest is counted.
const ATTRIBUTES_MAX: usize = 64;

/// The fields of a name, in the order of its octets; none where it is empty.
pub(super) fn fields(name: &Element<'_>) -> Result<Vec<Field>, Fault> {
    let parsed = Name::parse(name.whole).map_err(|error| {
        // The name was read by itself: its offsets count from its own start.
        let within = match &error {
            NameError::Der(error) => Fault::of(*error, name.whole.len()).offset,
            NameError::Text(_) => 0,
        };
        Fault::new(name.at + within, "the name is malformed")
    })?;
    let rdns = parsed.rdns();
    let all = rdns.iter().flat_map(|rdn| rdn.iter().enumerate());
    let mut fields: Vec<Field> =
        all.clone().take(ATTRIBUTES_MAX).map(|(index, attribute)| field(attribute, index)).collect();
    let more = all.count().saturating_sub(ATTRIBUTES_MAX);
    if more > 0 {
        fields.push(Field::new("and more", &format!("{}, not shown", counted(more, "attribute"))));
    }
    Ok(fields)
}

fn field(attribute: &Attribute<'_>, index: usize) -> Field {
    let name = match attribute::by_oid(attribute.oid) {
        Some(kind) => in_words(kind.long),
        None => identifier::shown(attribute.oid),
    };
    let field = match read_string(attribute.tag, attribute.value) {
        Some(text) if text.is_empty() => Field::new(name, "").remarked("is empty"),
        Some(text) => Field::outside(name, &text),
        None => {
            let octets = element(attribute.tag, attribute.value);
            Field::new(name, value::octets(&octets).as_str())
                .remarked("is not text of the string type it has")
        }
    };
    if index == 0 { field } else { field.remarked("belongs together with the attribute before it") }
}

/// `stateOrProvinceName` as people say it.
fn in_words(long: &str) -> String {
    match long {
        "dnQualifier" => return "DN qualifier".to_owned(),
        "email" => return "email address".to_owned(),
        "userId" => return "user ID".to_owned(),
        _ => {}
    }
    long.chars().fold(String::new(), |mut words, c| {
        if c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_words() {
        let words: Vec<String> = attribute::KINDS.iter().map(|kind| in_words(kind.long)).collect();
        assert!(words.iter().all(|word| !word.is_empty() && !word.starts_with(' ')));
        assert_eq!(in_words("stateOrProvinceName"), "state or province name");
        assert_eq!(in_words("commonName"), "common name");
    }
}
