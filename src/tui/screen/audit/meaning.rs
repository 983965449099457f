//! What an audit's findings mean for people, and what they do about them.

/// Where the file itself was changed or damaged.
const KEEP: &str = "stop work, keep this file as it is, and compare it with the last copy that was put away";

/// Where what was recorded cannot have come from the appliance.
const SECURE: &str = "stop work and secure the machine: somebody or something wrote past this program; compare with the \
                      last copy that was put away";

/// Where certificates are in question.
const HOLD: &str =
    "deliver nothing of that plan; hold back what was delivered, and find out who had the machine";

/// Where a CRL is in question.
const WITHDRAW: &str = "publish no CRL from this register; compare it with the last copy that was put away, and find out who \
                        had the machine";

/// What a finding means, and what to do about it. docs/REGISTER-FORMAT.md lists them.
#[must_use]
pub fn of(id: &str) -> (&'static str, &'static str) {
    match id {
        "file" => ("the file is damaged, or a row refers to one that is gone", KEEP),
        "schema" => ("the tables are not those that this program makes", SECURE),
        "journal-gap" | "journal-chain" | "journal-hash" | "journal-kind" => {
            ("the chain of entries is broken here: history was changed, removed or put in", SECURE)
        }
        "journal-body" => ("rows were changed after their entry was written", SECURE),
        "unbound-rows" => ("there are rows that no entry vouches for: they were put in from outside", SECURE),
        "authority" => ("a CA's certificate is not for its key", HOLD),
        "adoption" => ("what was waived for a key from outside is not what was approved for it", HOLD),
        "older-register" => ("an older register was accepted, and not by the words for what it says", SECURE),
        "plan-issuer" => ("a plan names a CA certificate that was not installed before", HOLD),
        "plan-index" | "plan-counts" | "plan-digest" => {
            ("a plan is not what was shown and approved: rows, counts or digest differ", HOLD)
        }
        "approval" => ("an approval is for another digest, or was not allowed without words", HOLD),
        "unapproved" => ("certificates were recorded before their plan was approved, or without that", HOLD),
        "withdrawn" => ("certificates or an approval stand under a plan that was put away before", HOLD),
        "tbs" | "fields" | "request" | "notes" | "refused" => {
            ("a row says something else than the octets beside it", KEEP)
        }
        "possession" => {
            ("a request's own signature is not right: nobody showed that they hold that key", HOLD)
        }
        "certificate" | "signature" => {
            ("a certificate is not the one recorded, or the CA's key did not sign it", HOLD)
        }
        "serial" => ("two certificates have the same serial number", HOLD),
        "duplicate-key" => ("a key was certified twice, against its profile", HOLD),
        "revocation" => ("a revocation, hold or release that this program would not have recorded", HOLD),
        "crl" | "crl-signature" => {
            ("a CRL is not the one recorded, or the CA's key did not sign it", WITHDRAW)
        }
        "crl-entries" | "crl-missing" | "crl-succession" | "crl-left" => {
            ("a CRL does not list what was revoked, or lost something of the one before", WITHDRAW)
        }
        "crl-previous" => {
            ("after an older register was accepted nobody said what CRLs had been published", WITHDRAW)
        }
        "delivery" => ("more was delivered than had been issued", HOLD),
        "checkpoint" => ("a signed head is not right, or stands for another history than this one", SECURE),
        "damaged" => ("a part of the register could not be read at all", KEEP),
        _ => ("a finding that this screen has no words for", KEEP),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_finding_that_the_documentation_lists() {
        let document = include_str!("../../../../docs/REGISTER-FORMAT.md");
        let table = document.split("| id | means |").nth(1).unwrap();
        let mut known = 0;
        for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
            let ids = line.split('|').nth(1).unwrap();
            for id in ids.split(',').map(|id| id.trim().trim_matches('`')) {
                assert_ne!(of(id), of("no such finding"), "{id}");
                known += 1;
            }
        }
        assert!(known > 20, "{known}");
    }
}
