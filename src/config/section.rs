//! The text of one profile in authority.toml: what a plan's record keeps of it.

/// From the comment on the profile's section to its last key, with the tables in it.
#[must_use]
pub fn profile_text(text: &str, profile: &str) -> String {
    let name = format!("profiles.{profile}");
    let (mut section, mut comments, mut inside) = (String::new(), String::new(), false);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            let header = trimmed.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
            inside = header.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        }
        match trimmed.chars().next() {
            None => comments.clear(),
            Some('#') => comments.extend([line, "\n"]),
            Some(_) => {
                let comments = std::mem::take(&mut comments);
                if inside {
                    section.extend([&comments, line, "\n"]);
                }
            }
        }
    }
    section
}

/// Whether that text says all that the file, read as a table, says of the profile. TOML has more ways to write a table than the lines above
/// see, such as `[profiles."device"]`, and a record that lacks something would be no evidence of what was approved.
pub(super) fn is_whole(file: &toml::Table, text: &str, profile: &str) -> bool {
    fn of<'a>(table: &'a toml::Table, profile: &str) -> Option<&'a toml::Value> {
        table.get("profiles")?.get(profile)
    }
    let Ok(section) = toml::from_str::<toml::Table>(&profile_text(text, profile)) else { return false };
    of(file, profile).is_some_and(|all| Some(all) == of(&section, profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_a_profile_from_its_comment_to_its_last_table() {
        let text = "# of a\n[profiles.a]\nkind = \"x\"   # why\n# of b\n\n# really of b\n[profiles.b]\nk = [\n  1,\n]\n\
                    [[profiles.b.more]]\noid = 1\n# the end\n[profiles.bc]\nk = 1\n";
        assert_eq!(profile_text(text, "a"), "# of a\n[profiles.a]\nkind = \"x\"   # why\n");
        let expected = "# really of b\n[profiles.b]\nk = [\n  1,\n]\n[[profiles.b.more]]\noid = 1\n";
        assert_eq!(profile_text(text, "b"), expected);
        assert_eq!(profile_text(text, "nobody"), "");
        let file = toml::from_str(text).expect("TOML");
        assert!(["a", "b", "bc"].iter().all(|name| is_whole(&file, text, name)));
    }

    #[test]
    fn sees_where_a_record_would_lack_something() {
        let check = |text: &str, expected: bool| {
            let file = toml::from_str(text).expect("TOML");
            assert_eq!(is_whole(&file, text, "a"), expected, "{text}");
        };
        check("[profiles.a]\nk = 1\n", true);
        check("[ profiles.a ] # why\nk = 1\n[profiles.b]\nk = 2\n[profiles.a.csv]\nk = 3\n", true);
        check("[profiles.\"a\"]\nk = 1\n", false);
        check("[profiles . a]\nk = 1\n", false);
        check("[profiles]\na = { k = 1 }\n", false);
        check("profiles.a.k = 1\n", false);
        check("[profiles.a]\nk = 1\n[profiles.a.\"csv\"]\nk = 2\n", true);
        check("[profiles.a]\nk = 1\n[profiles.\"a\".csv]\nk = 2\n", false);
        check("[profiles.a]\nk = '''\n[x]\n'''\nl = 1\n", false);
        check("[profiles.b]\nk = 1\n", false);
    }
}
