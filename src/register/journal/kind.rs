//! What an entry records: its kind, and the queries that make its body from the tables.

/// What left the CRL that an entry recorded.
const CRL_LEFT: &str = "SELECT * FROM crl_left WHERE key BETWEEN \
     (SELECT number << 32 FROM crl WHERE entry = ?1) AND \
     (SELECT (number << 32) + 4294967295 FROM crl WHERE entry = ?1) ORDER BY key";
/// The parts of that CRL.
const CRL_PARTS: &str = "SELECT * FROM crl_part WHERE key BETWEEN \
     (SELECT number << 32 FROM crl WHERE entry = ?1) AND \
     (SELECT (number << 32) + 4294967295 FROM crl WHERE entry = ?1) ORDER BY key";

/// What an entry records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::register) enum Kind {
    Adoption,
    Approval,
    Authority,
    Certificate,
    Checkpoint,
    Crl,
    CrlDelivery,
    CrlIssued,
    CrlNoPrevious,
    Delivery,
    HeadMark,
    Issued,
    LateCrl,
    Listing,
    OlderRegister,
    Plan,
    Recovery,
    Register,
    Request,
    Revocation,
    Takeover,
    Withdrawal,
}

impl Kind {
    pub(in crate::register) const ALL: [Self; 22] = [
        Self::Adoption,
        Self::Approval,
        Self::Authority,
        Self::Certificate,
        Self::Checkpoint,
        Self::Crl,
        Self::CrlDelivery,
        Self::CrlIssued,
        Self::CrlNoPrevious,
        Self::Delivery,
        Self::HeadMark,
        Self::Issued,
        Self::LateCrl,
        Self::Listing,
        Self::OlderRegister,
        Self::Plan,
        Self::Recovery,
        Self::Register,
        Self::Request,
        Self::Revocation,
        Self::Takeover,
        Self::Withdrawal,
    ];

    pub(in crate::register) fn name(self) -> &'static str {
        match self {
            Self::Adoption => "adoption",
            Self::Approval => "approval",
            Self::Authority => "authority",
            Self::Certificate => "certificate",
            Self::Checkpoint => "checkpoint",
            Self::Crl => "crl",
            Self::CrlDelivery => "crl-delivery",
            Self::CrlIssued => "crl-issued",
            Self::CrlNoPrevious => "crl-no-previous",
            Self::Delivery => "delivery",
            Self::Issued => "issued",
            Self::HeadMark => "head-mark",
            Self::LateCrl => "late-crl",
            Self::Listing => "listing",
            Self::OlderRegister => "older-register",
            Self::Plan => "plan",
            Self::Recovery => "recovery",
            Self::Register => "register",
            Self::Request => "request",
            Self::Revocation => "revocation",
            Self::Takeover => "takeover",
            Self::Withdrawal => "withdrawal",
        }
    }

    pub(in crate::register) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The query for the entry's facts: one row, its columns by name. `?1` is the entry's number.
    pub(super) fn facts(self) -> &'static str {
        match self {
            Self::Adoption => "SELECT * FROM adoption WHERE entry = ?1",
            Self::Approval => {
                "SELECT plan.id AS plan, approval.time, approval.method, approval.digest \
                 FROM approval JOIN plan ON plan.number = approval.plan WHERE approval.entry = ?1"
            }
            Self::Authority => "SELECT * FROM authority WHERE entry = ?1",
            Self::Certificate => "SELECT * FROM authority_certificate WHERE entry = ?1",
            Self::Checkpoint => "SELECT * FROM checkpoint WHERE entry = ?1",
            Self::Crl | Self::CrlNoPrevious | Self::Recovery => "SELECT * FROM crl WHERE entry = ?1",
            Self::CrlDelivery => "SELECT * FROM crl_delivery WHERE entry = ?1",
            Self::CrlIssued => {
                "SELECT crl.authority, crl.partition, crl.crl_number, crl_issued.time, sha256 \
                 FROM crl_issued JOIN crl ON crl.number = crl_issued.crl WHERE crl_issued.entry = ?1"
            }
            Self::Delivery => {
                "SELECT plan.id AS plan, delivery.time, folder, manifest_sha256, certificates \
                 FROM delivery JOIN plan ON plan.number = delivery.plan WHERE delivery.entry = ?1"
            }
            Self::Issued => {
                "SELECT plan.id AS plan, min(planned.idx) AS first, max(planned.idx) AS last, \
                 count(*) AS certificates FROM issued JOIN planned USING (key) \
                 JOIN plan ON plan.number = planned.plan WHERE issued.entry = ?1 GROUP BY plan.number"
            }
            Self::HeadMark => "SELECT * FROM head_mark WHERE entry = ?1",
            Self::LateCrl => {
                "SELECT authority, count(*) AS certificates, min(serial) AS first \
                 FROM revocation WHERE entry = ?1 GROUP BY authority"
            }
            Self::Listing => {
                // A list that was given again may only revoke.
                "SELECT authority, count(*) AS certificates, min(serial) AS first \
                 FROM listed WHERE entry = ?1 GROUP BY authority UNION ALL \
                 SELECT authority, 0, min(serial) FROM revocation WHERE entry = ?1 \
                 AND NOT EXISTS (SELECT 1 FROM listed WHERE entry = ?1) GROUP BY authority"
            }
            Self::OlderRegister => "SELECT * FROM older_register WHERE entry = ?1",
            Self::Plan => "SELECT * FROM plan WHERE entry = ?1",
            Self::Register => "SELECT * FROM register WHERE entry = ?1",
            Self::Request => "SELECT * FROM authority_request WHERE entry = ?1",
            Self::Revocation => {
                "SELECT authority, act, reason, count(*) AS certificates, min(serial) AS first \
                 FROM revocation WHERE entry = ?1 GROUP BY authority, act, reason"
            }
            Self::Takeover => "SELECT * FROM takeover WHERE entry = ?1",
            Self::Withdrawal => {
                "SELECT plan.id AS plan, withdrawal.time, reason \
                 FROM withdrawal JOIN plan ON plan.number = withdrawal.plan WHERE withdrawal.entry = ?1"
            }
        }
    }

    /// The tables whose rows the entry binds, with the queries for those rows in order. `?1` is the entry's number.
    pub(in crate::register) fn rows(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Adoption => &[("adoption", "SELECT * FROM adoption WHERE entry = ?1")],
            Self::Approval => &[("approval", "SELECT * FROM approval WHERE entry = ?1")],
            Self::Authority => &[("authority", "SELECT * FROM authority WHERE entry = ?1")],
            Self::Certificate => {
                &[("authority_certificate", "SELECT * FROM authority_certificate WHERE entry = ?1")]
            }
            Self::Checkpoint => &[("checkpoint", "SELECT * FROM checkpoint WHERE entry = ?1")],
            Self::Crl | Self::CrlNoPrevious => &[
                ("crl", "SELECT * FROM crl WHERE entry = ?1"),
                ("crl_left", CRL_LEFT),
                ("crl_part", CRL_PARTS),
            ],
            Self::CrlDelivery => &[("crl_delivery", "SELECT * FROM crl_delivery WHERE entry = ?1")],
            Self::CrlIssued => &[("crl_issued", "SELECT * FROM crl_issued WHERE entry = ?1")],
            Self::Delivery => &[("delivery", "SELECT * FROM delivery WHERE entry = ?1")],
            Self::Issued => &[("issued", "SELECT * FROM issued WHERE entry = ?1 ORDER BY key")],
            Self::HeadMark => &[("head_mark", "SELECT * FROM head_mark WHERE entry = ?1")],
            Self::Listing => &[
                ("listed", "SELECT * FROM listed WHERE entry = ?1 ORDER BY number"),
                ("revocation", "SELECT * FROM revocation WHERE entry = ?1 ORDER BY number"),
            ],
            Self::OlderRegister => &[("older_register", "SELECT * FROM older_register WHERE entry = ?1")],
            Self::Plan => &[
                ("crl_partition", "SELECT * FROM crl_partition WHERE entry = ?1 ORDER BY number"),
                ("plan", "SELECT * FROM plan WHERE entry = ?1"),
                (
                    "planned",
                    "SELECT * FROM planned WHERE key BETWEEN \
                     (SELECT number << 32 FROM plan WHERE entry = ?1) AND \
                     (SELECT (number << 32) + 4294967295 FROM plan WHERE entry = ?1) ORDER BY key",
                ),
                (
                    "refused",
                    "SELECT * FROM refused WHERE key BETWEEN \
                     (SELECT number << 32 FROM plan WHERE entry = ?1) AND \
                     (SELECT (number << 32) + 4294967295 FROM plan WHERE entry = ?1) ORDER BY key",
                ),
            ],
            Self::Recovery => &[
                ("crl", "SELECT * FROM crl WHERE entry = ?1"),
                ("crl_issued", "SELECT * FROM crl_issued WHERE entry = ?1"),
                ("crl_left", CRL_LEFT),
                ("crl_part", CRL_PARTS),
                ("revocation", "SELECT * FROM revocation WHERE entry = ?1 ORDER BY number"),
            ],
            Self::Register => &[("register", "SELECT * FROM register WHERE entry = ?1")],
            Self::Request => &[("authority_request", "SELECT * FROM authority_request WHERE entry = ?1")],
            Self::LateCrl | Self::Revocation => {
                &[("revocation", "SELECT * FROM revocation WHERE entry = ?1 ORDER BY number")]
            }
            Self::Takeover => &[
                ("crl", "SELECT * FROM crl WHERE entry = ?1"),
                ("crl_issued", "SELECT * FROM crl_issued WHERE entry = ?1"),
                ("crl_part", CRL_PARTS),
                ("listed", "SELECT * FROM listed WHERE entry = ?1 ORDER BY number"),
                ("revocation", "SELECT * FROM revocation WHERE entry = ?1 ORDER BY number"),
                ("takeover", "SELECT * FROM takeover WHERE entry = ?1"),
            ],
            Self::Withdrawal => &[("withdrawal", "SELECT * FROM withdrawal WHERE entry = ?1")],
        }
    }
}
