//! The medium that a CRL is written onto is pulled or full: nothing half-written counts, nothing signed is lost, and the
//! same CRL goes onto another medium.

mod support;

use std::path::Path;

use coldsign::ceremony::{
    Appliance, Class, CrlApproval, CrlScope, Delivered, Error, IssuedCrl, Phase, Progress, PublishedCrls,
    Reins, RevocationAct, RevocationOrder, Session, Watch, crl_id, typed_serial,
};
use coldsign::pki::{crl::Reason, fingerprint::hex};
use support::{
    desk::{Desk, on_plan},
    disk::SmallDisk,
    medium::Medium,
};

/// A CRL that lists the one certificate of the desk's plan, signed and recorded.
fn signed_crl(desk: &Desk) -> (Appliance, Session, IssuedCrl) {
    let (mut appliance, plan, session) = desk.open();
    let reins = Reins::new();
    appliance.sign(&plan, &session, &mut Watch::new(&mut |_| {}, &reins)).unwrap();
    let certificate = appliance.issued(&plan, None, 1).unwrap().pop().unwrap();
    let serials = [typed_serial(&hex(certificate.serial())).unwrap()];
    let act = RevocationAct::Revoke(Reason::Superseded);
    let order = RevocationOrder { authority: "root", serials: &serials, act, invalidity_date: None };
    appliance.revoke(&order).unwrap();
    let mut listener = |_| {};
    let mut watch = Watch::new(&mut listener, &reins);
    let published = PublishedCrls::default();
    let prepared = appliance.prepare_crl("root", CrlScope::Full, None, &published, &mut watch).unwrap();
    let approved = prepared.approve(CrlApproval::Command).unwrap();
    let crl = appliance.issue_crl(&approved, &session, &mut watch).unwrap();
    (appliance, session, crl)
}

fn deliver(
    (appliance, session, crl): &mut (Appliance, Session, IssuedCrl),
    to: &Path,
    listener: &mut dyn FnMut(Progress),
) -> Result<Delivered, Error> {
    appliance.deliver_crl(crl, to, &[], session, &mut Watch::new(listener, &Reins::new()))
}

/// The delivery failed on the medium and is not recorded; the CRL is whole, and goes onto another medium.
#[track_caller]
fn is_safe(signed: &mut (Appliance, Session, IssuedCrl), failed: Result<Delivered, Error>, other: &Path) {
    let error = failed.unwrap_err();
    assert_eq!(error.class(), Class::Medium, "{error}");
    let hint = error.hint();
    assert!(hint.contains("in the register"), "{hint}");
    assert_eq!(signed.0.crl_rows("root", CrlScope::Full).unwrap()[0].deliveries, 0);
    std::fs::create_dir_all(other).unwrap();
    let delivered = deliver(signed, other, &mut |_| {}).unwrap();
    assert_eq!(signed.0.crl_rows("root", CrlScope::Full).unwrap()[0].deliveries, 1);
    assert_eq!(delivered.folder, crl_id(signed.2.stored()));
    let report =
        signed.0.judge_delivered_crl(&signed.2, other, &mut Watch::new(&mut |_| {}, &Reins::new())).unwrap();
    assert!(report.is_sound(), "{:?}", report.flaws);
}

#[test]
fn a_medium_pulled_while_a_crl_is_written_leaves_it_undelivered_and_whole() {
    on_plan("a_medium_pulled_while_a_crl_is_written_leaves_it_undelivered_and_whole", "p256", 1, |desk| {
        let mut signed = signed_crl(desk);
        let Some(stick) = Medium::new(16 << 20, |_| {}) else { return };
        let mut pulls = 0;
        let failed = deliver(&mut signed, &stick.at, &mut |progress| {
            if progress.phase == Phase::Delivering && pulls == 0 {
                pulls += 1;
                stick.pull();
            }
        });
        assert_eq!(pulls, 1, "the CRL was begun");
        let told = failed.as_ref().unwrap_err().to_string();
        assert!(told.contains("the medium does not answer"), "{told}");
        is_safe(&mut signed, failed, &desk.home.folder().join("../other"));
    });
}

#[test]
fn a_medium_that_becomes_full_while_a_crl_is_written_keeps_nothing_of_it() {
    on_plan("a_medium_that_becomes_full_while_a_crl_is_written_keeps_nothing_of_it", "p256", 1, |desk| {
        let mut signed = signed_crl(desk);
        let at = desk.home.folder().join("../small");
        let Some(small) = SmallDisk::mount(&at, 64) else { return };
        let mut filler = None;
        let failed = deliver(&mut signed, &at, &mut |progress| {
            if progress.phase == Phase::Delivering && filler.is_none() {
                filler = Some(small.fill());
            }
        });
        let told = failed.as_ref().unwrap_err().to_string();
        assert!(told.contains("the medium is full"), "{told}");
        std::fs::remove_file(filler.expect("the CRL was begun")).unwrap();
        let left: Vec<_> = std::fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{left:?}");
        // The same medium, once there is room again.
        is_safe(&mut signed, failed, &at);
    });
}
