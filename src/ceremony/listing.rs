//! The listing of an inspection: where each request came from, by its number, so that a later one can name it.

/// Octets of text that are kept, at most: paths of 128 octets for a million requests. Requests beyond are named by number.
const TEXT_OCTETS_MAX: usize = 128 * 1024 * 1024;

/// Where requests came from, one after the other.
#[derive(Debug, Default)]
pub(super) struct Listing {
    text: String,
    /// Where the text of each ends.
    ends: Vec<u32>,
    /// Requests, with those whose text is not kept: from the first of them on none is.
    len: u64,
}

impl Listing {
    /// Adds the next request.
    pub(super) fn push(&mut self, source: &str) {
        let is_whole = self.ends.len() as u64 == self.len;
        self.len += 1;
        if !is_whole || self.text.len() + source.len() > TEXT_OCTETS_MAX {
            return;
        }
        self.text.push_str(source);
        // Far below 4 GiB.
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Requests so far.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The request of this number, counted from 1, in words.
    pub(super) fn named(&self, number: u64) -> String {
        let source = usize::try_from(number).ok().and_then(|number| {
            let end = *self.ends.get(number.checked_sub(1)?)? as usize;
            let begin = number.checked_sub(2).map_or(0, |before| self.ends[before] as usize);
            self.text.get(begin..end)
        });
        named(source, number)
    }
}

/// A request in words: where it came from, or its number where that is not known.
pub(super) fn named(source: Option<&str>, number: u64) -> String {
    match source {
        Some(source) => source.to_owned(),
        None => format!("request {number} of the listing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_named_by_its_source_and_beyond_what_is_kept_by_its_number() {
        let mut listing = Listing::default();
        listing.push("a.csr");
        listing.push("");
        listing.push("many.pem#2");
        let all = [1, 2, 3, 4].map(|number| listing.named(number));
        assert_eq!(all, ["a.csr", "", "many.pem#2", "request 4 of the listing"]);
        listing.push(&"x".repeat(TEXT_OCTETS_MAX));
        listing.push("short.csr");
        assert_eq!([4, 5].map(|number| listing.named(number)), [4, 5].map(|number| named(None, number)));
        assert_eq!(listing.len(), 5);
        assert_eq!(listing.named(0), "request 0 of the listing");
    }
}
