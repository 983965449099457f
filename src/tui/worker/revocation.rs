//! What the worker does about revocations and CRLs.

use crate::{
    ceremony::{
        self, Appliance, ApprovedCrl, CrlApproval, Error, IssuedCrl, PreparedCrl, PublishedCrls,
        RevocationOrder, crl_id,
    },
    pki::fingerprint::Digest,
    tui::work::{
        FormsWithKeys, News,
        revocation::{More, Named, RevocationJob, RevocationNews, Wish},
    },
};

use super::{Worker, no_home};

/// Revoked certificates read at a time: some screens, read in an instant.
const IN_FORCE_ROWS: u32 = 200;

/// The CRL that is on its way.
#[derive(Default)]
pub(super) enum Desk {
    #[default]
    Empty,
    Approved(Box<ApprovedCrl>),
    Prepared(Box<PreparedCrl>),
}

impl Desk {
    /// The one that was shown with this digest.
    fn prepared(&self, digest: Digest) -> Result<&PreparedCrl, Error> {
        let prepared = match self {
            Self::Empty => None,
            Self::Approved(approved) => Some(approved.prepared()),
            Self::Prepared(prepared) => Some(prepared.as_ref()),
        };
        prepared.filter(|prepared| prepared.stored().tbs_sha256 == digest).ok_or_else(not_there)
    }
}

fn not_there() -> Error {
    Error::usage("this CRL is not at hand any more", "go back and prepare it again")
}

impl Worker {
    /// Does something about revocations and CRLs.
    pub(super) fn revoke(&mut self, job: RevocationJob) -> Result<News, Error> {
        Ok(News::Revocation(match job {
            RevocationJob::Approve { digest, words } => {
                let approved = self.desk.prepared(digest)?.approve(CrlApproval::Words(&words))?;
                self.desk = Desk::Approved(Box::new(approved));
                RevocationNews::Approved
            }
            RevocationJob::Bring { ca, crl } => {
                let mut published = self.published_of(&ca);
                let (appliance, _) = self.working()?;
                let brought = appliance.recover_crl(&ca, &crl, &mut published)?;
                self.published = Some((ca, published));
                RevocationNews::Brought(Box::new(brought))
            }
            RevocationJob::Deliver { ca, id, to, formats } => {
                let crl = latest(self.appliance()?, &ca, &id)?;
                self.appliance()?.check_crl_target(&id, &to)?;
                self.appliance()?.check_crl_forms(&ca, Some(crl.stored().scope), &formats)?;
                self.log_in("to sign the manifest with the audit key")?;
                let (appliance, session, mut teller) = self.signing()?;
                let delivered =
                    teller.watched(|watch| appliance.deliver_crl(&crl, &to, &formats, session, watch))?;
                self.mind_token(&delivered.head);
                return Ok(News::Delivered(delivered));
            }
            RevocationJob::FormObstacles { ca, id } => {
                let crl = latest(self.appliance()?, &ca, &id)?;
                let obstacles = self.appliance()?.crl_form_obstacles(&crl)?;
                return Ok(News::FormObstacles(obstacles, FormsWithKeys::default()));
            }
            RevocationJob::InForce { ca, after } => {
                let rows = self.appliance()?.revoked_rows(&ca, after, IN_FORCE_ROWS)?;
                let is_full = rows.len() as u64 == u64::from(IN_FORCE_ROWS);
                let more = if is_full { More::Some } else { More::None };
                RevocationNews::InForce { after, rows, more }
            }
            RevocationJob::Judge(wish) => RevocationNews::Judged(Box::new(self.judge_wish(&wish)?)),
            RevocationJob::JudgeDelivered { ca, id, to } => {
                let crl = latest(self.appliance()?, &ca, &id)?;
                let (appliance, mut teller) = self.working()?;
                let report = teller.watched(|watch| appliance.judge_delivered_crl(&crl, &to, watch))?;
                return Ok(News::Judged(report));
            }
            RevocationJob::Measure { ca, id, to, formats } => {
                let crl = latest(self.appliance()?, &ca, &id)?;
                return Ok(News::Measured(self.appliance()?.crl_space(&crl, &to, &formats)?));
            }
            RevocationJob::Page(ca, scope) => {
                let appliance = self.appliance()?;
                RevocationNews::Page {
                    standing: Box::new(appliance.crl_standing(&ca, scope)?),
                    rows: appliance.crl_rows(&ca, scope)?,
                }
            }
            RevocationJob::Prepare(ca, scope) => {
                self.desk = Desk::Empty;
                let published = self.published_of(&ca);
                let (appliance, mut teller) = self.working()?;
                if let Some(accepted) = appliance.published_wanted(&ca, scope, &published)? {
                    return Ok(News::Revocation(RevocationNews::PublishedWanted(accepted)));
                }
                let prepared =
                    teller.watched(|watch| appliance.prepare_crl(&ca, scope, None, &published, watch))?;
                let shown = appliance.shown_crl(&prepared)?;
                self.desk = Desk::Prepared(Box::new(prepared));
                RevocationNews::Prepared(Box::new(shown))
            }
            RevocationJob::Record(judged) => {
                let (appliance, _) = self.working()?;
                let waiting = appliance.revoke(&judged.order())?;
                RevocationNews::Recorded { certificates: judged.serials.len() as u64, waiting }
            }
            RevocationJob::SayNone { ca, scope, typed } => {
                let mut published = self.published_of(&ca);
                published.say_none(&ca, &typed, &[scope])?;
                self.published = Some((ca, published));
                RevocationNews::NoneSaid
            }
            RevocationJob::Sign(digest) => self.sign_crl(digest)?,
            RevocationJob::Standings => RevocationNews::Standings(self.appliance()?.crl_standings()?),
        }))
    }

    /// What was said of the published CRLs of a CA.
    fn published_of(&self, ca: &str) -> PublishedCrls {
        let said = self.published.as_ref().filter(|(of, _)| of == ca);
        said.map(|(_, published)| published.clone()).unwrap_or_default()
    }

    fn judge_wish(&mut self, wish: &Wish) -> Result<ceremony::JudgedRevocation, Error> {
        let serials = match &wish.named {
            Named::Listed(path) => ceremony::read_serials(path)?,
            Named::Typed(text) => self.appliance()?.typed_serials(&wish.ca, text)?,
        };
        let since = wish.since.trim();
        let invalidity_date = if since.is_empty() { None } else { Some(ceremony::typed_moment(since)?) };
        let order =
            RevocationOrder { authority: &wish.ca, serials: &serials, act: wish.act, invalidity_date };
        let (appliance, _) = self.working()?;
        appliance.judge_revocation(&order)
    }

    fn sign_crl(&mut self, digest: Digest) -> Result<RevocationNews, Error> {
        let number = self.desk.prepared(digest)?.id();
        // What is signed and in hand needs no PIN to be recorded.
        if let Desk::Approved(approved) = &self.desk
            && let Some(signed) = self.appliance.as_mut().ok_or_else(no_home)?.record_crl_in_hand(approved)?
        {
            let told = self.told_signed(approved, &signed);
            self.desk = Desk::default();
            return told;
        }
        self.log_in(&format!("to sign {number}"))?;
        let Desk::Approved(approved) = std::mem::take(&mut self.desk) else { return Err(not_there()) };
        let (appliance, session, mut teller) = self.signing()?;
        let signed = teller.watched(|watch| appliance.issue_crl(&approved, session, watch))?;
        self.told_signed(&approved, &signed)
    }

    fn told_signed(&self, approved: &ApprovedCrl, signed: &IssuedCrl) -> Result<RevocationNews, Error> {
        // From here on it is signed and recorded: nothing that fails may say otherwise.
        let row = Box::new(ceremony::new_crl_row(signed));
        let stored_before = approved.prepared().change().is_none();
        if stored_before && self.appliance()?.is_outdated(signed) {
            return Ok(RevocationNews::Outdated(row));
        }
        Ok(RevocationNews::Signed(row))
    }
}

/// The latest CRL of its scope, where it is the one that is meant.
fn latest(appliance: &Appliance, ca: &str, id: &str) -> Result<IssuedCrl, Error> {
    for scope in appliance.crl_scopes(ca)? {
        match appliance.latest_crl(ca, scope) {
            Ok(latest) if crl_id(latest.stored()) == id => return Ok(latest),
            // Another one, or none of this scope yet.
            Ok(_) | Err(Error::Usage { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::usage(
        format!("{id} is not the latest CRL of its kind"),
        "hand over the latest one: an older one would take revocations back",
    ))
}
