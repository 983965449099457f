//! The operator holds the reins while a token signs: halted work has recorded all it did and goes on where it stood.

mod support;

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use coldsign::ceremony::{
    Appliance, DeliveryWanted, Error, Format, HeadAfter, Motion, Phase, Progress, Reins, Watch,
};
use support::desk::on_plan;

#[test]
fn halted_signing_has_recorded_all_it_signed_and_goes_on() {
    on_plan("halted_signing_has_recorded_all_it_signed_and_goes_on", "p256", 3_000, |desk| {
        let reins = Reins::new();
        // Not at the end of a group, of which each has a thousand.
        let mut marks = vec![2_300, 1_150, 350];
        let (mut halts, mut stood) = (Vec::new(), BTreeSet::new());
        let mut told = (0, 0);
        let issued = thread::scope(|scope| {
            desk.sign(&reins, &mut |progress| {
                let recorded = progress.recorded.unwrap();
                assert_eq!((progress.phase, progress.of), (Phase::Signing, Some(desk.requests)));
                assert!(
                    progress.done >= told.0 && recorded >= told.1 && recorded <= progress.done,
                    "{progress:?}"
                );
                told = (progress.done, recorded);
                match progress.motion {
                    Motion::Halted => {
                        assert_eq!(progress.done, recorded, "something signed is not recorded");
                        stood = desk.recorded();
                        assert_eq!(stood.len() as u64, recorded);
                        halts.push(recorded);
                        let (before, reins) = (stood.clone(), &reins);
                        scope.spawn(move || {
                            thread::sleep(Duration::from_millis(400));
                            assert_eq!(desk.recorded(), before, "halted work went on");
                            reins.go_on();
                        });
                    }
                    Motion::Moving if marks.last().is_some_and(|&mark| progress.done >= mark) => {
                        while marks.pop_if(|mark| progress.done >= *mark).is_some() {}
                        reins.halt();
                    }
                    Motion::Moving => {}
                }
            })
        })
        .unwrap();
        assert_eq!((issued.now, issued.all), (desk.requests, desk.requests));
        assert!(!halts.is_empty(), "it was never halted");
        println!("halted at {halts:?} of {} recorded", desk.requests);
        assert!(stood.is_subset(&desk.recorded()));
    });
}

#[test]
fn signing_that_stands_halted_can_be_stopped() {
    on_plan("signing_that_stands_halted_can_be_stopped", "p256", 2_500, |desk| {
        let reins = Reins::new();
        let mut halted = None;
        let result = thread::scope(|scope| {
            desk.sign(&reins, &mut |progress| match progress.motion {
                Motion::Halted => {
                    halted = progress.recorded;
                    scope.spawn(|| {
                        thread::sleep(Duration::from_millis(100));
                        reins.stop();
                    });
                }
                Motion::Moving if progress.done > 0 && halted.is_none() => reins.halt(),
                Motion::Moving => {}
            })
        });
        let Err(Error::SigningEnded { failure, issued, .. }) = result else { panic!("{result:?}") };
        let Error::Stopped { what, .. } = *failure else { panic!("{failure}") };
        assert_eq!((Some(issued.all), issued.unrecorded), (halted, 0));
        assert!(matches!(issued.head, HeadAfter::Signed), "{:?}", issued.head);
        let halted = halted.unwrap();
        assert!(halted > 0 && halted < desk.requests, "{halted}");
        assert!(what.contains(&format!(": {halted} of {} certificates", desk.requests)), "{what}");
        assert_eq!(desk.recorded().len() as u64, halted);
        // Asked to halt before it began, it stands before the first certificate.
        reins.loosen();
        reins.halt();
        let mut heard = Vec::new();
        let issued = desk
            .sign(&reins, &mut |progress| {
                heard.push((progress.motion, progress.done));
                if progress.motion == Motion::Halted {
                    reins.go_on();
                }
            })
            .unwrap();
        assert!(heard.contains(&(Motion::Halted, halted)), "{heard:?}");
        assert_eq!((issued.now, issued.all), (desk.requests - halted, desk.requests));
    });
}

#[test]
fn a_slow_token_is_recorded_every_few_seconds_and_told_of_at_once() {
    on_plan("a_slow_token_is_recorded_every_few_seconds_and_told_of_at_once", "rsa4096", 1_000, |desk| {
        let began = Instant::now();
        let (mut heard, mut recorded) = (began, (0, began));
        let (mut silence, mut unrecorded) = (Duration::ZERO, Duration::ZERO);
        desk.sign(&Reins::new(), &mut |progress| {
            silence = silence.max(heard.elapsed());
            heard = Instant::now();
            if progress.recorded.unwrap() > recorded.0 {
                unrecorded = unrecorded.max(recorded.1.elapsed());
                recorded = (progress.recorded.unwrap(), Instant::now());
            }
        })
        .unwrap();
        println!(
            "{} signed in {:?}: silent for at most {silence:?}, unrecorded for at most {unrecorded:?}",
            desk.requests,
            began.elapsed()
        );
        // What the register tells of the rate is what was measured here; its times are whole seconds.
        let appliance = Appliance::open_to_read(desk.home.clone()).unwrap();
        let plan = appliance.stored_plan(&desk.plan).unwrap();
        let took = began.elapsed().as_secs_f64();
        let estimate = appliance.estimate(&plan, None).unwrap();
        println!("{estimate:?}");
        assert!(took < 7.0 || estimate.is_some(), "{took} s are long enough");
        if let Some(estimate) = estimate {
            let measured = 1_000.0 / took;
            assert!(
                (measured / 2.0..measured * 2.0).contains(&estimate.per_second),
                "{estimate:?}, {measured}"
            );
            assert_eq!((estimate.certificates, estimate.seconds), (0, 0));
        }
        // Generous: the machine may have other work.
        assert!(silence < Duration::from_millis(1_500), "{silence:?}");
        assert!(unrecorded < Duration::from_millis(4_500), "{unrecorded:?}");
    });
}

#[test]
fn a_bundle_is_judged_in_sight_and_no_further_than_the_operator_wants() {
    on_plan("a_bundle_is_judged_in_sight_and_no_further_than_the_operator_wants", "p256", 200, |desk| {
        let (mut appliance, plan, session) = desk.open();
        let (reins, to) = (Reins::new(), tempfile::tempdir().unwrap());
        let mut listener = |_| {};
        let watch = &mut Watch::new(&mut listener, &reins);
        appliance.sign(&plan, &session, watch).unwrap();
        let wanted = DeliveryWanted { to: to.path(), formats: &[], keys: None };
        let delivered = appliance.deliver(&plan, &wanted, &session, watch).unwrap();
        let mut told = Vec::new();
        let mut listener = |progress: Progress| told.push((progress.phase, progress.done));
        let judge = |listener: &mut dyn FnMut(Progress), reins: &Reins| {
            appliance.judge_delivered(&plan, to.path(), &mut Watch::new(listener, reins))
        };
        let report = judge(&mut listener, &reins).unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert!(told.iter().all(|(phase, _)| *phase == Phase::Verifying), "{told:?}");
        assert!(told.is_sorted_by_key(|(_, done)| *done), "{told:?}");
        assert!(told.last().unwrap().1 >= delivered.files / 2, "{told:?}");
        let mut stopping = |_| reins.stop();
        let error = judge(&mut stopping, &reins).unwrap_err();
        assert!(matches!(error, Error::Stopped { .. }), "{error}");
    });
}

#[test]
fn whether_a_form_can_have_each_certificate_is_told_as_it_is_looked_at_and_can_be_stopped() {
    let case = "whether_a_form_can_have_each_certificate_is_told_as_it_is_looked_at_and_can_be_stopped";
    on_plan(case, "p256", 1_500, |desk| {
        let (mut appliance, plan, session) = desk.open();
        let check = |appliance: &Appliance, reins: &Reins, told: &mut Vec<u64>| {
            let mut listener = |progress: Progress| {
                assert_eq!((progress.phase, progress.of), (Phase::Searching, Some(desk.requests)));
                told.push(progress.done);
            };
            let wanted = DeliveryWanted {
                to: std::path::Path::new("/nowhere"),
                formats: &[Format::Azure],
                keys: None,
            };
            appliance.check_forms(&plan, &wanted, &mut Watch::new(&mut listener, reins))
        };
        let (reins, mut told) = (Reins::new(), Vec::new());
        check(&appliance, &reins, &mut told).unwrap();
        assert_eq!(told, [1_000, 1_500]);
        reins.stop();
        told.clear();
        let stopped = check(&appliance, &reins, &mut told).unwrap_err();
        assert!(matches!(stopped, Error::Stopped { .. }), "{stopped}");
        assert_eq!(told, [1_000]);
        // The harness wants the plan signed.
        let (reins, mut listener) = (Reins::new(), |_: Progress| {});
        appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)).unwrap();
    });
}
