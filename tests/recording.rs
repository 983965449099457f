//! After the token has signed, nothing that happens to the register drops a signature.

mod support;

use std::{path::Path, process::Command};

use coldsign::{
    ceremony::{
        Appliance, Class, Error, Home, Issued, Phase, Reins, Session, StoredPlan, Watch, add_block_list,
    },
    pki::fingerprint::Digest,
    register::{Head, Register},
};
use rusqlite::Connection;
use support::{
    desk::{Desk, on_plan},
    disk::{SmallDisk, copy},
    succeed,
};

/// How far a signing came that ended, and why it did.
#[track_caller]
fn ended(result: Result<Issued, Error>) -> (Error, Issued) {
    let Err(error) = result else { panic!("{result:?}") };
    assert_eq!(error.class(), Class::Register, "{error}");
    let Error::SigningEnded { failure, issued, .. } = error else { panic!("{error}") };
    (*failure, *issued)
}

/// Signs while another program writes into the register's file and does not end.
fn signed_beside_another(
    desk: &Desk,
    (appliance, plan, session): (&mut Appliance, &StoredPlan, &Session),
    reins: &Reins,
) -> Result<Issued, Error> {
    let mut other = None;
    let mut listener = |_| {
        other.get_or_insert_with(|| {
            let connection = Connection::open(desk.home.folder().join("register.db")).unwrap();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            connection
        });
    };
    appliance.sign(plan, session, &mut Watch::new(&mut listener, reins))
}

#[test]
fn what_the_register_cannot_take_stays_in_hand_and_is_not_signed_anew() {
    on_plan("what_the_register_cannot_take_stays_in_hand_and_is_not_signed_anew", "p256", 100, |desk| {
        let (mut appliance, plan, session) = desk.open();
        let reins = Reins::new();
        let result = signed_beside_another(desk, (&mut appliance, &plan, &session), &reins);
        let error = result.as_ref().unwrap_err();
        let hint = error.hint();
        assert!(error.to_string().contains("0 of 100 certificates"), "{error}");
        assert!(error.to_string().contains("more are signed and could not be recorded"), "{error}");
        assert!(hint.contains("is recorded first and not signed anew"), "{hint}");
        let (_, issued) = ended(result);
        assert_eq!((issued.now, issued.all), (0, 0));
        assert!(desk.recorded().is_empty());
        assert!(issued.unrecorded > 0, "the token signed before the register was asked");
        // A block list that came since keeps nothing from being recorded.
        let list = desk.home.folder().with_file_name("since.txt");
        std::fs::write(&list, format!("{}\n", "ab".repeat(32))).unwrap();
        let mut quiet = |_| {};
        add_block_list(&desk.home, &list, None, None, &mut Watch::new(&mut quiet, &reins)).unwrap();
        // Told of nothing: the token signs nothing where all was signed before.
        let mut told = 0;
        let mut listener = |_| told += 1;
        let whole = appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)).unwrap();
        assert_eq!((whole.now, whole.all, whole.unrecorded), (100, 100, 0));
        assert_eq!(told == 0, issued.unrecorded == 100, "{told} times, {} in hand", issued.unrecorded);
    });
}

#[test]
fn what_is_in_hand_is_recorded_although_another_copy_signed_meanwhile() {
    on_plan("what_is_in_hand_is_recorded_although_another_copy_signed_meanwhile", "p256", 100, |desk| {
        let (mut appliance, plan, session) = desk.open();
        let reins = Reins::new();
        let result = signed_beside_another(desk, (&mut appliance, &plan, &session), &reins);
        let (_, issued) = ended(result);
        assert!(issued.unrecorded > 0 && desk.recorded().is_empty());
        let label = Register::open_to_read(&desk.home.register_path()).unwrap().mark_label();
        let ours = session.marks(&label).unwrap().pop().unwrap();
        let another = Head { entry: 1_000_000, hash: Digest::of(b"another copy") };
        session.keep_mark(&label, &another.to_mark()).unwrap();

        let mut listener = |_| panic!("nothing is signed");
        let (failure, kept) = ended(appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)));
        assert!(failure.to_string().contains("the token has seen entry 1000000"), "{failure}");
        assert_eq!((kept.now, kept.all, kept.unrecorded), (issued.unrecorded, issued.unrecorded, 0));
        assert_eq!(desk.recorded().len() as u64, issued.unrecorded);

        session.keep_mark(&label, &ours).unwrap();
        let mut listener = |_| {};
        let rest = appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)).unwrap();
        assert_eq!((rest.now, rest.all), (100 - issued.unrecorded, 100));
    });
}

/// Signs in a home on a small disk, which begins to be full once the token signs.
fn on_a_disk_that_fills(desk: &Desk, small: &SmallDisk, home: &Path) {
    copy(desk.home.folder(), home);
    let desk = Desk { home: Home::new(home.to_owned()), plan: desk.plan.clone(), requests: desk.requests };
    let (mut appliance, plan, session) = desk.open();
    let (reins, mut filler) = (Reins::new(), None);
    let mut signed = 0;
    let mut listener = |progress: coldsign::ceremony::Progress| {
        assert_eq!(progress.phase, Phase::Signing);
        filler.get_or_insert_with(|| small.fill());
        signed = progress.done;
    };
    let result = appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins));
    let (failure, issued) = ended(result);
    assert!(failure.to_string().contains("full"), "{failure}");
    assert!(issued.now > 0, "the token signed");
    assert_eq!(issued.unrecorded, 0, "all of it is recorded");
    assert!(issued.now >= signed);
    assert_eq!(desk.recorded().len() as u64, issued.all);
    // Full still: the token signs nothing that could not be recorded.
    let mut listener = |_| panic!("nothing is signed");
    let (_, none) = ended(appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)));
    assert_eq!((none.now, none.all, none.unrecorded), (0, issued.all, 0));
    std::fs::remove_file(filler.unwrap()).unwrap();
    let mut listener = |_| {};
    let rest = appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)).unwrap();
    assert_eq!((rest.now, rest.all), (desk.requests - issued.all, desk.requests));
}

#[test]
fn a_disk_that_fills_while_the_token_signs_still_takes_what_was_signed() {
    on_plan(
        "a_disk_that_fills_while_the_token_signs_still_takes_what_was_signed",
        "rsa4096",
        1_500,
        |desk| {
            let folder = desk.home.folder().with_file_name("disk");
            if let Some(disk) = SmallDisk::mount(&folder, 24 * 1_024) {
                on_a_disk_that_fills(desk, &disk, &folder.join("home"));
                succeed(Command::new("cp").arg("-a").arg(folder.join("home/.")).arg(desk.home.folder()));
            } else {
                desk.sign(&Reins::new(), &mut |_| {}).unwrap();
            }
        },
    );
}
