//! Rules on a subject's attributes: which may, must and must not stand there, and what their values look like.
//!
//! They narrow what a profile takes. The bounds and alphabets of RFC 5280 appendix A.1 hold before and beside them.

use crate::pki::{
    name::{
        Attribute, Name,
        attribute::{self, Kind},
        is_printable_string, read_string,
    },
    oid,
    policy::{Control, Finding},
};

use super::pattern::Pattern;

/// Whether something may stand there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Presence {
    /// It may.
    #[default]
    Allowed,
    /// It must.
    Required,
    /// It must not.
    Forbidden,
}

/// What happens to kinds that no rule names.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unlisted {
    /// They are taken.
    #[default]
    Take,
    /// They refuse the request.
    Refuse,
}

/// Which characters a value may have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Alphabet {
    /// Any that the attribute's type takes.
    #[default]
    Any,
    /// ASCII.
    Ascii,
    /// The digits 0 to 9.
    Digits,
    /// Those of `PrintableString` (X.680 §41.4).
    Printable,
}

impl Alphabet {
    fn takes(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Ascii => text.is_ascii(),
            Self::Digits => text.bytes().all(|octet| octet.is_ascii_digit()),
            Self::Printable => is_printable_string(text),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Any => "any characters",
            Self::Ascii => "ASCII characters only",
            Self::Digits => "the digits 0 to 9 only",
            Self::Printable => "letters, digits, blank and '()+,-./:=? only",
        }
    }
}

/// The rule on one type of attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttributeRule {
    /// The type.
    pub kind: &'static Kind,
    /// Whether it may stand there.
    pub presence: Presence,
    /// What each of its values must look like, whole.
    pub pattern: Option<Pattern>,
    /// Which characters its values may have.
    pub alphabet: Alphabet,
    /// Fewest characters of a value.
    pub chars_min: usize,
    /// Most characters of a value.
    pub chars_max: usize,
    /// Most attributes of this type in one subject.
    pub count_max: usize,
}

/// The rules on a subject.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AttributeRules {
    /// By type, each once.
    pub rules: Vec<AttributeRule>,
    /// All other types.
    pub unlisted: Unlisted,
}

const HINT: &str = "ask for a request whose subject keeps the profile's rules, or change the rules";

impl AttributeRules {
    /// Judges the subject that a certificate would have; one finding for each attribute that breaks a rule.
    pub(in crate::pki) fn judge(&self, subject: &Name, findings: &mut Vec<Finding>) {
        let mut refuse = |message: &str| findings.push(Finding::refuse(Control::NameRule, message, HINT));
        let rdns = subject.rdns();
        let all = || rdns.iter().flatten();
        for rule in &self.rules {
            let short = rule.kind.short;
            let count = all().filter(|attribute| attribute.oid == rule.kind.oid).count();
            if rule.presence == Presence::Required && count == 0 {
                refuse(&format!("{short} is missing"));
            }
            if count > rule.count_max {
                refuse(&format!(
                    "{short} stands there {count} times; at most {} are allowed",
                    rule.count_max
                ));
            }
        }
        for attribute in all() {
            if let Err(why) = self.judge_attribute(attribute) {
                refuse(&format!("{} {why}", name_of(attribute.oid)));
            }
        }
    }

    fn judge_attribute(&self, attribute: &Attribute<'_>) -> Result<(), String> {
        let Some(rule) = self.rules.iter().find(|rule| rule.kind.oid == attribute.oid) else {
            return match self.unlisted {
                Unlisted::Take => Ok(()),
                Unlisted::Refuse => Err("is not among the attributes that the profile takes".into()),
            };
        };
        if rule.presence == Presence::Forbidden {
            return Err("is forbidden".into());
        }
        let text = read_string(attribute.tag, attribute.value).ok_or("is no text")?;
        let chars = text.chars().count();
        if !(rule.chars_min..=rule.chars_max).contains(&chars) {
            let (min, max) = (rule.chars_min, rule.chars_max);
            return Err(format!("has {chars} characters; {min} to {max} are allowed"));
        }
        if !rule.alphabet.takes(&text) {
            return Err(format!("may have {}", rule.alphabet.words()));
        }
        match &rule.pattern {
            Some(pattern) if !pattern.takes(&text) => {
                Err(format!("`{text}` does not match the pattern `{}`", pattern.as_str()))
            }
            _ => Ok(()),
        }
    }
}

fn name_of(oid: &[u8]) -> String {
    attribute::by_oid(oid).map_or_else(|| oid::dotted(oid), |kind| kind.short.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> AttributeRule {
        let kind = attribute::by_name(name).expect(name);
        AttributeRule {
            kind,
            presence: Presence::Allowed,
            pattern: None,
            alphabet: Alphabet::Any,
            chars_min: kind.chars_min,
            chars_max: kind.chars_max,
            count_max: usize::MAX,
        }
    }

    /// The messages of the rules on a subject.
    fn check(rules: &[AttributeRule], unlisted: Unlisted, subject: &str, expected: &[&str]) {
        let mut findings = Vec::new();
        let rules = AttributeRules { rules: rules.to_vec(), unlisted };
        rules.judge(&Name::from_text(subject).expect(subject), &mut findings);
        assert!(findings.iter().all(|finding| finding.control == Control::NameRule));
        let found: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found, expected, "{subject}");
    }

    #[test]
    fn says_which_attribute_breaks_which_rule() {
        let pattern = Pattern::parse("[A-Z0-9-]{4,8}").ok();
        let required = AttributeRule { presence: Presence::Required, pattern, ..rule("CN") };
        let rules = std::slice::from_ref(&required);
        check(rules, Unlisted::Take, "CN=DEV-1,O=x", &[]);
        check(rules, Unlisted::Take, "O=x", &["CN is missing"]);
        check(rules, Unlisted::Take, "CN=dev-1", &["CN `dev-1` does not match the pattern `[A-Z0-9-]{4,8}`"]);
        let not_taken = "O is not among the attributes that the profile takes";
        check(rules, Unlisted::Refuse, "CN=DEV-1,O=x", &[not_taken]);
        let forbidden = AttributeRule { presence: Presence::Forbidden, ..rule("OU") };
        check(&[forbidden], Unlisted::Take, "CN=a,OU=b", &["OU is forbidden"]);
        let digits = AttributeRule { alphabet: Alphabet::Digits, ..rule("serialNumber") };
        check(
            &[digits],
            Unlisted::Take,
            "serialNumber=12A",
            &["serialNumber may have the digits 0 to 9 only"],
        );
        let ascii = AttributeRule { alphabet: Alphabet::Ascii, ..rule("CN") };
        check(&[ascii], Unlisted::Take, "CN=ü", &["CN may have ASCII characters only"]);
        let printable = AttributeRule { alphabet: Alphabet::Printable, ..rule("CN") };
        check(&[printable], Unlisted::Take, "CN=a/b:c", &[]);
        let short = AttributeRule { chars_min: 2, chars_max: 3, ..rule("CN") };
        check(&[short], Unlisted::Take, "CN=ü", &["CN has 1 characters; 2 to 3 are allowed"]);
        let once = AttributeRule { count_max: 1, ..rule("OU") };
        let twice = "OU stands there 2 times; at most 1 are allowed";
        check(&[once], Unlisted::Take, "OU=a,OU=b,CN=c", &[twice]);
    }
}
