//! What messages do to the model, without a terminal.

use std::time::Duration;

use super::*;
use crate::{
    ceremony::{HomeState, Overview, PinEntry, Rehearsal, UnfinishedWork},
    pki::{fingerprint::Digest, text::Printable, time::Time},
    tui::{
        message::{PinAsk, PinLasts},
        probe::failure,
        screen::{Screen, audit::Audit, requests::Requests, rooms::Rooms, start::Start},
        work::register::RegisterJob,
    },
};

fn opened() -> News {
    let overview = Overview {
        rehearsal: Rehearsal::Rehearsal,
        token_label: Printable::new("rehearsal"),
        token_serial: None,
        authorities: vec!["root".to_owned()],
        entry: 7,
        head: Digest::of(b"head"),
        head_words: "one two three".to_owned(),
    };
    News::Opened { overview, lock_after: Duration::from_mins(10) }
}

/// A model in the rooms of an open home.
fn in_the_rooms() -> Model {
    let mut model = Model::new(Screen::Start(Start::new()));
    first(&mut model);
    update(
        &mut model,
        Message::Done(Box::new(News::SelfChecked { checks: Vec::new(), home: HomeState::SetUp })),
    );
    at(&mut model, 1);
    let effects = update(&mut model, Message::Key(Key::Char('y')));
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::OpenHome)]));
    update(&mut model, Message::Done(Box::new(opened())));
    assert!(matches!(model.screen(), Screen::Rooms(Rooms { .. })));
    assert!(matches!(at(&mut model, 1).as_slice(), [Effect::Work(Job::Unfinished)]));
    update(&mut model, Message::Done(Box::new(News::Unfinished(UnfinishedWork::default()))));
    model
}

fn at(model: &mut Model, seconds: u64) -> Vec<Effect> {
    let clock = Time::from_unix(1_800_000_000);
    update(model, Message::Tick { clock, since: Duration::from_secs(seconds) })
}

fn ask() -> PinAsk {
    PinAsk {
        noun: "user PIN",
        label: Printable::new("rehearsal"),
        serial: Printable::new("0123"),
        purpose: "to sign".to_owned(),
        warning: None,
        entry: PinEntry::Program,
        lasts: PinLasts::UntilLocked,
    }
}

#[test]
fn the_start_goes_on_only_when_the_machine_was_looked_over() {
    let mut model = Model::new(Screen::Start(Start::new()));
    assert!(matches!(first(&mut model).as_slice(), [Effect::Work(Job::CheckSelf)]));
    assert!(update(&mut model, Message::Key(Key::Char('y'))).is_empty());
    assert!(matches!(model.screen(), Screen::Start(_)));
    in_the_rooms();
}

#[test]
fn a_clock_that_no_certificate_can_carry_stops_at_the_start() {
    let mut model = Model::new(Screen::Start(Start::new()));
    first(&mut model);
    let news = News::SelfChecked { checks: Vec::new(), home: HomeState::SetUp };
    update(&mut model, Message::Done(Box::new(news)));
    assert!(update(&mut model, Message::Key(Key::Char('y'))).is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
}

#[test]
fn an_idle_token_is_logged_out_and_one_at_work_is_not() {
    let mut model = in_the_rooms();
    assert!(at(&mut model, 700).is_empty(), "not logged in: nothing to lock");
    update(&mut model, Message::Login(Login::In));
    update(&mut model, Message::Key(Key::Down));
    assert!(at(&mut model, 1_299).is_empty());
    assert!(matches!(at(&mut model, 1_300).as_slice(), [Effect::Work(Job::LogOut)]));
    assert!(at(&mut model, 1_301).is_empty(), "it is asked for once");
    update(&mut model, Message::Login(Login::Out));
    update(&mut model, Message::Done(Box::new(News::LoggedOut)));
    assert_eq!(model.about.login, Login::Out);

    update(&mut model, Message::Login(Login::In));
    begin(&mut model, Job::Choices);
    assert!(at(&mut model, 9_000).is_empty(), "work is in hand");
}

#[test]
fn a_key_locks_the_token_while_its_pin_is_given() {
    let mut model = in_the_rooms();
    assert!(update(&mut model, Message::Key(Key::Control('l'))).is_empty(), "there is nothing to lock");
    update(&mut model, Message::Login(Login::In));
    let effects = update(&mut model, Message::Key(Key::Control('l')));
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::LogOut)]));
    update(&mut model, Message::Login(Login::Out));
    update(&mut model, Message::Done(Box::new(News::LoggedOut)));
    assert!(model.notice.as_deref().is_some_and(|notice| notice.contains("locked")));

    update(&mut model, Message::Login(Login::In));
    begin(&mut model, Job::Choices);
    assert!(update(&mut model, Message::Key(Key::Control('l'))).is_empty(), "work is in hand");
}

#[test]
fn one_job_at_a_time() {
    let mut model = in_the_rooms();
    assert_eq!(begin(&mut model, Job::Choices).len(), 1);
    assert!(begin(&mut model, Job::Close).is_empty());
    assert!(model.notice.is_some());
}

#[test]
fn escape_stops_reading_and_waits_for_the_rest() {
    let mut model = in_the_rooms();
    model.enter(Screen::Requests(Requests::new()));
    begin(&mut model, Job::Choices);
    assert!(update(&mut model, Message::Key(Key::Esc)).is_empty());
    assert!(matches!(model.screen(), Screen::Requests(_)), "its news would be lost");
    model.about.busy = None;
    begin(
        &mut model,
        Job::Plan {
            ca: String::new(),
            profile: String::new(),
            paths: Vec::new(),
            seen: crate::ceremony::Seen::default(),
        },
    );
    assert!(matches!(update(&mut model, Message::Key(Key::Esc)).as_slice(), [Effect::Stop]));
    update(&mut model, Message::Failed(failure("stopped", Class::Stopped)));
    assert_eq!((model.dialog.clone(), model.notice.as_deref()), (None, Some("stopped")));
    update(&mut model, Message::Key(Key::Esc));
    assert!(matches!(model.screen(), Screen::Rooms(_)));
}

#[test]
fn a_signal_ends_at_once_or_when_the_work_has_stopped() {
    let mut model = in_the_rooms();
    assert!(matches!(update(&mut model, Message::Ending).as_slice(), [Effect::Leave]));
    assert_eq!(model.ending, Some(Ending::Idle));

    let mut model = in_the_rooms();
    begin(&mut model, Job::Choices);
    assert!(matches!(update(&mut model, Message::Ending).as_slice(), [Effect::Stop]));
    assert_eq!(model.ending, Some(Ending::Working));
    let news = News::Choices { authorities: Vec::new(), profiles: Vec::new() };
    assert!(matches!(update(&mut model, Message::Done(Box::new(news))).as_slice(), [Effect::Leave]));
}

#[test]
fn leaving_is_asked_and_answered_by_a_letter() {
    let mut model = in_the_rooms();
    for (key, leaves, open) in [
        (Key::Enter, false, true),
        (Key::Char(' '), false, true),
        (Key::Char('n'), false, false),
        (Key::Char('y'), true, false),
    ] {
        model.dialog = None;
        update(&mut model, Message::Key(Key::Control('c')));
        assert_eq!(model.dialog, Some(Dialog::Leave));
        assert_eq!(update(&mut model, Message::Key(key)).is_empty(), !leaves, "{key:?}");
        assert_eq!(model.dialog.is_some(), open, "{key:?}");
    }
}

#[test]
fn a_pin_dialog_stands_until_the_pin_was_given_or_refused() {
    for closing in [Message::PinEntered, Message::PinRefused] {
        let mut model = in_the_rooms();
        update(&mut model, Message::PinWanted(ask()));
        for key in [Key::Enter, Key::Esc, Key::Char('1'), Key::Control('c')] {
            assert!(update(&mut model, Message::Key(key)).is_empty());
            assert_eq!(model.dialog, Some(Dialog::Pin(ask())), "a key of a pad's owner: {key:?}");
        }
        update(&mut model, closing);
        assert_eq!(model.dialog, None);
    }
}

#[test]
fn a_worker_that_is_gone_is_told_and_can_be_left() {
    let mut model = in_the_rooms();
    begin(&mut model, Job::Choices);
    assert!(update(&mut model, Message::WorkerGone).is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
    update(&mut model, Message::Key(Key::Enter));
    update(&mut model, Message::Key(Key::Control('c')));
    assert!(matches!(update(&mut model, Message::Key(Key::Char('y'))).as_slice(), [Effect::Leave]));
}

#[test]
fn after_the_worker_nothing_is_begun_and_the_interface_can_still_be_left() {
    let mut model = in_the_rooms();
    update(&mut model, Message::Login(Login::In));
    update(&mut model, Message::WorkerGone);
    assert_eq!(model.about.login, Login::Out, "its session went with it");
    update(&mut model, Message::Key(Key::Enter));
    assert!(begin(&mut model, Job::Choices).is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
    assert!(at(&mut model, 9_000).is_empty(), "there is nothing to lock");
    assert!(matches!(update(&mut model, Message::Ending).as_slice(), [Effect::Leave]));
}

#[test]
fn work_that_does_not_end_can_be_left_after_a_while() {
    let mut model = in_the_rooms();
    at(&mut model, 10);
    begin(&mut model, Job::Choices);
    update(&mut model, Message::Key(Key::Control('c')));
    assert!(matches!(update(&mut model, Message::Key(Key::Char('y'))).as_slice(), [Effect::Stop]));
    at(&mut model, 12);
    update(&mut model, Message::Key(Key::Control('c')));
    assert_eq!(model.dialog, Some(Dialog::Leave), "it was not waited for yet");
    update(&mut model, Message::Key(Key::Char('n')));
    at(&mut model, 10 + GRACE.as_secs());
    update(&mut model, Message::Key(Key::Control('c')));
    assert_eq!(model.dialog, Some(Dialog::Abandon));
    assert!(update(&mut model, Message::Key(Key::Enter)).is_empty(), "only a letter leaves it");
    assert!(matches!(update(&mut model, Message::Key(Key::Char('y'))).as_slice(), [Effect::Abandon]));
}

#[test]
fn a_failure_goes_to_the_screen_that_asked() {
    let mut model = in_the_rooms();
    model.enter(Screen::Audit(Audit::new()));
    begin(&mut model, Job::Register(RegisterJob::Audit));
    model.enter(Screen::Requests(Requests::new()));
    let failure = failure("damaged", Class::Register);
    update(&mut model, Message::Failed(failure.clone()));
    assert_eq!(model.dialog, Some(Dialog::Failure(failure.clone())), "the screen in use does not tell of it");
    assert!(matches!(model.screen(), Screen::Requests(_)));
    model.back();
    let Screen::Audit(audit) = model.screen() else { panic!("another screen") };
    assert!(format!("{audit:?}").contains("Ended"), "{audit:?}");

    // Whoever asked and was left is not taken for another screen in its place.
    let mut model = in_the_rooms();
    model.enter(Screen::Requests(Requests::new()));
    begin(&mut model, Job::Choices);
    model.back();
    model.enter(Screen::Audit(Audit::new()));
    update(&mut model, Message::Failed(failure.clone()));
    assert_eq!(model.dialog, Some(Dialog::Failure(failure)));
}

#[test]
fn work_that_was_told_to_stop_before_it_asked_waits_for_no_pin() {
    let mut model = in_the_rooms();
    begin(&mut model, Job::Choices);
    assert!(update(&mut model, Message::PinWanted(ask())).is_empty());
    update(&mut model, Message::PinRefused);
    assert!(matches!(update(&mut model, Message::Ending).as_slice(), [Effect::Stop]));
    assert!(matches!(update(&mut model, Message::PinWanted(ask())).as_slice(), [Effect::Stop]));
}

#[test]
fn paused_work_that_nobody_watches_stops_and_the_token_is_logged_out() {
    let mut model = in_the_rooms();
    update(&mut model, Message::Login(Login::In));
    begin(&mut model, Job::Choices);
    model.about.busy.as_mut().unwrap().pace = Pace::Paused;
    assert!(at(&mut model, 599).is_empty());
    assert!(matches!(at(&mut model, 601).as_slice(), [Effect::Stop]));
    assert!(at(&mut model, 602).is_empty(), "it is asked for once");
    update(&mut model, Message::Failed(failure("stopped", Class::Stopped)));
    assert!(matches!(at(&mut model, 603).as_slice(), [Effect::Work(Job::LogOut)]));
}

#[test]
fn news_for_a_screen_below_lead_nobody_away_from_the_one_in_use() {
    let mut model = Model::new(Screen::Start(Start::new()));
    model.enter(Screen::Requests(Requests::new()));
    update(&mut model, Message::Done(Box::new(opened())));
    assert!(
        matches!(model.screen(), Screen::Requests(_)),
        "the start would have opened the rooms in its place"
    );
    model.back();
    update(&mut model, Message::Done(Box::new(opened())));
    assert!(matches!(model.screen(), Screen::Rooms(_)));
}

#[test]
fn a_screen_that_needs_a_job_is_not_entered_while_another_is_in_hand() {
    let mut model = in_the_rooms();
    begin(&mut model, Job::Close);
    for key in ['3', '4', '5'] {
        assert!(update(&mut model, Message::Key(Key::Char(key))).is_empty());
        assert!(update(&mut model, Message::Key(Key::Enter)).is_empty());
        assert!(matches!(model.screen(), Screen::Rooms(_)), "{key}");
        assert_eq!(model.notice.as_deref(), Some("wait until the work in hand is done"));
    }
}

#[test]
fn lines_that_were_pasted_stay_apart_and_press_no_key() {
    let mut model = in_the_rooms();
    model.enter(Screen::Requests(Requests::new()));
    update(&mut model, Message::Key(Key::Char('/')));
    update(&mut model, Message::Key(Key::Control('u')));
    let effects = update(&mut model, Message::Pasted("one\r\ntwo\x0e\x1b\tthree\r\n\n".to_owned()));
    assert!(effects.is_empty());
    let (screen, _) = model.screen_and_about();
    assert_eq!(
        screen.room_mut().field().map(|field| field.text().to_owned()).as_deref(),
        Some("one  two three")
    );
}

#[test]
fn a_serial_number_typed_a_screen_too_far_back_opens_nothing() {
    let mut model = in_the_rooms();
    for digit in "650edb97".chars() {
        assert!(update(&mut model, Message::Key(Key::Char(digit))).is_empty(), "{digit}");
        assert!(matches!(model.screen(), Screen::Rooms(_)) && model.dialog.is_none(), "{digit}");
    }
    // The last digit that is a number of a row moved there.
    assert!(matches!(update(&mut model, Message::Key(Key::Enter)).as_slice(), [Effect::Work(Job::Close)]));
}

#[test]
fn a_count_that_gave_way_is_made_again() {
    let mut model = in_the_rooms();
    update(&mut model, Message::Done(Box::new(opened())));
    assert!(matches!(at(&mut model, 1).as_slice(), [Effect::Work(Job::Unfinished)]));
    // The token is locked meanwhile: the count is stopped for it.
    assert!(matches!(begin(&mut model, Job::LogOut).as_slice(), [Effect::Stop]));
    update(&mut model, Message::Failed(failure("stopped", Class::Stopped)));
    update(&mut model, Message::Done(Box::new(News::LoggedOut)));
    assert!(matches!(at(&mut model, 2).as_slice(), [Effect::Work(Job::Unfinished)]));
}

#[test]
fn whether_a_network_is_meant_to_be_up_is_asked_by_another_key() {
    let mut model = Model::new(Screen::Start(Start::new()));
    first(&mut model);
    let checked = || News::SelfChecked { checks: Vec::new(), home: HomeState::SetUp };
    update(&mut model, Message::Done(Box::new(checked())));
    at(&mut model, 1);
    update(&mut model, Message::Interfaces(vec![Printable::new("eth0")]));
    for _ in 0..2 {
        assert!(update(&mut model, Message::Key(Key::Char('y'))).is_empty(), "it is asked");
    }
    assert!(update(&mut model, Message::Key(Key::Esc)).is_empty());
    assert!(update(&mut model, Message::Key(Key::Char('n'))).is_empty(), "nothing is asked any more");
    update(&mut model, Message::Key(Key::Char('y')));
    let meant = update(&mut model, Message::Key(Key::Char('n')));
    assert!(matches!(meant.as_slice(), [Effect::Work(Job::OpenHome)]), "{meant:?}");
}

#[test]
fn a_screen_that_cannot_be_seen_takes_no_key() {
    let mut model = in_the_rooms();
    model.fit = Fit::TooSmall;
    for key in [Key::Enter, Key::Char('3'), Key::Control('c')] {
        assert!(update(&mut model, Message::Key(key)).is_empty(), "{key:?}");
        assert!(matches!(model.screen(), Screen::Rooms(_)) && model.dialog.is_none(), "{key:?}");
    }
    assert!(matches!(update(&mut model, Message::Ending).as_slice(), [Effect::Leave]), "a signal is heard");
}

#[test]
fn a_token_in_use_is_not_locked_and_it_is_said_why() {
    let mut model = in_the_rooms();
    update(&mut model, Message::Login(Login::In));
    begin(&mut model, Job::Choices);
    assert!(update(&mut model, Message::Key(Key::Control('l'))).is_empty());
    assert_eq!(model.notice.as_deref(), Some("the token is in use: stop the work first, then lock"));
    assert_eq!(model.about.login, Login::In);
}

#[test]
fn a_key_that_comes_before_its_screen_does_nothing_and_the_frame_says_so() {
    let mut model = Model::new(Screen::Start(Start::new()));
    first(&mut model);
    let checked = News::SelfChecked { checks: Vec::new(), home: HomeState::SetUp };
    update(&mut model, Message::Done(Box::new(checked)));
    at(&mut model, 1);
    assert_eq!(update(&mut model, Message::Key(Key::Char('y'))).len(), 1);
    for key in [Key::Char('y'), Key::Char('1'), Key::Enter, Key::Char('7'), Key::Down] {
        assert!(update(&mut model, Message::Key(key)).is_empty(), "{key:?}");
        assert!(matches!(model.screen(), Screen::Start(_)) && model.dialog.is_none(), "{key:?}");
    }
    let mut cells = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
    crate::tui::view::draw(&mut model, &mut cells, crate::tui::theme::Theme::of(None, None));
    let shown: String = cells.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(shown.contains("opening the home: no key is taken yet"), "{shown}");
    update(&mut model, Message::Done(Box::new(opened())));
    assert!(matches!(model.screen(), Screen::Rooms(_)), "and nothing was kept back");
    assert_eq!(model.depth(), 1);
}
