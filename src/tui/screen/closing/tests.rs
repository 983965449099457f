//! What a closing says of the day, and when the head can be signed.

use super::*;
use crate::{
    ceremony::{Beginning, Deeds, HandedOver, Overview, Rehearsal},
    pki::{fingerprint::Digest, time::Time},
    tui::{
        keymap::action_of,
        message::Effect,
        probe::drawn,
        theme::{Colours, Glyphs, Theme},
    },
};

fn now() -> Time {
    Time::from_rfc3339("2026-11-21T14:03:22Z").unwrap()
}

fn done(deeds: Deeds) -> DoneSince {
    DoneSince { beginning: Beginning { entry: 7, at: now() }, deeds }
}

fn closing(entry: u64, signature: HeadSignature) -> Closing {
    let head = Digest::of(b"head");
    Closing {
        entry,
        head,
        words: head.words(),
        checkpoint: None,
        signature,
        qr_text: "COLDSIGN/7/AB".to_owned(),
        plans: Vec::new(),
        due: Vec::new(),
    }
}

fn screen(signature: HeadSignature) -> ClosingScreen {
    ClosingScreen::new(closing(7, signature), done(Deeds::default()))
}

#[test]
fn says_what_was_done_in_plain_words() {
    let handed_over = HandedOver { bundles: 2, proofs: 1, crls: 1 };
    let deeds = Deeds {
        entries: 9,
        plans: 1,
        approvals: 2,
        certificates: 1_800,
        crls: 1,
        checkpoints: 1,
        handed_over,
        ..Deeds::default()
    };
    let said = |deeds| said(&done(deeds)).replace("since 2026-11-21 14:03:22 UTC, entry 7: ", "");
    assert_eq!(
        said(deeds),
        "1 plan stored, 2 approvals given, 1 800 certificates signed, 1 CRL signed, 1 register head signed, \
         2 bundles, 1 proof, 1 CRL delivered"
    );
    let handed_over = HandedOver { crls: 1, ..HandedOver::default() };
    assert_eq!(said(Deeds { entries: 1, handed_over, ..Deeds::default() }), "1 CRL delivered");
    assert_eq!(said(Deeds::default()), "nothing was recorded");
    let all = Deeds {
        entries: 99_999_999,
        plans: 99_999,
        approvals: 99_999,
        certificates: 99_999_999,
        handed_over: HandedOver { bundles: 99_999, proofs: 99_999, crls: 99_999 },
        authorities: 99_999,
        installed: 99_999,
        checkpoints: 99_999,
        revocations: 99_999_999,
        crls: 99_999,
        withdrawals: 99_999,
    };
    // Even the longest fits into its rows of a small screen.
    let rows = drawn(&ClosingScreen::new(closing(7, HeadSignature::Signed), done(all)), 78, 18);
    assert!(rows.iter().take(6).any(|row| row.ends_with("99 999 CRLs delivered")), "{rows:#?}");
}

#[test]
fn the_head_can_be_signed_where_something_is_not() {
    let about = About::default();
    for (signature, offered) in
        [(HeadSignature::Wanting, true), (HeadSignature::Signed, false), (HeadSignature::NoAuditKey, false)]
    {
        let bindings = screen(signature).bindings(&about);
        assert_eq!(action_of(&bindings, Key::Char('s')) == Some(SIGN), offered, "{signature:?}");
        assert_ne!(action_of(&bindings, Key::Enter), Some(SIGN));
    }
    let turn = screen(HeadSignature::Wanting).act(SIGN, &about);
    assert!(matches!(turn.effects.as_slice(), [Effect::Work(Job::SignHead)]));
}

#[test]
fn a_head_that_was_signed_is_shown_and_the_frame_looks_again() {
    let about = About::default();
    let mut screen = screen(HeadSignature::Wanting);
    assert!(drawn(&screen, 78, 18).join("\n").contains("not signed yet by the audit key"));
    let mut signed = closing(8, HeadSignature::Signed);
    signed.checkpoint =
        Some(crate::ceremony::SignedHead { entry: 7, head: signed.head, key_sha256: signed.head, at: now() });
    let news = || News::Closing {
        closing: signed.clone(),
        done: done(Deeds { entries: 1, checkpoints: 1, ..Deeds::default() }),
    };
    let Heard::Mine(turn) = screen.hear(Box::new(news()), &about) else { panic!("not heard") };
    assert!(turn.effects.is_empty());
    let rows = drawn(&screen, 78, 18).join("\n");
    assert!(
        rows.contains("signed by the audit key, entry 7 and all before it")
            && rows.contains(": 1 register head\n"),
        "{rows}"
    );
    let digits = closing(8, HeadSignature::Signed).head.to_string();
    assert!(rows.contains("audit key SHA-256") && rows.matches(&digits[56..]).count() == 2, "{rows}");
    assert!(rows.contains("words and the audit key's digest. Then q leaves coldsign."), "{rows}");
    let bindings = screen.bindings(&about);
    assert_eq!(action_of(&bindings, Key::Char('q')), Some(Action::Quit));
}

#[test]
fn what_the_register_went_beyond_is_not_shown_and_read_again_once() {
    let overview = |entry| Overview {
        rehearsal: Rehearsal::Rehearsal,
        token_label: Printable::new("rehearsal"),
        token_serial: None,
        authorities: Vec::new(),
        entry,
        head: Digest::of(b"newer"),
        head_words: "one two three".to_owned(),
    };
    let mut screen = screen(HeadSignature::Wanting);
    let mut about = About { overview: Some(overview(7)), ..About::default() };
    assert!(screen.tick(&about).effects.is_empty());
    about.overview = Some(overview(9));
    let mut cells = ratatui::buffer::Buffer::empty(Rect { x: 0, y: 0, width: 78, height: 18 });
    let theme = Theme { colours: Colours::None, glyphs: Glyphs::Unicode };
    let area = cells.area;
    screen.draw(&mut Canvas::new(&mut cells, theme), area, &about);
    let text: String = cells.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("went on to entry 9"), "{text}");
    let old = Digest::of(b"head").words();
    assert!(!old.split(' ').any(|word| text.contains(&word.to_uppercase())), "{text}");
    assert!(matches!(screen.tick(&about).effects.as_slice(), [Effect::Work(Job::Close)]));
    assert!(screen.tick(&about).effects.is_empty(), "it is asked for once");
    let news = News::Closing { closing: closing(9, HeadSignature::Signed), done: done(Deeds::default()) };
    assert!(matches!(screen.hear(Box::new(news), &about), Heard::Mine(_)));
    assert!(screen.tick(&about).effects.is_empty());
}

#[test]
fn its_first_row_can_be_seen_on_the_smallest_terminal() {
    let what = "CA root: last day to issue for 3650 days (profile subordinate-ca-of-a-long-name)";
    let due = Due { what: Printable::new(what), at: now(), nearness: Nearness::Later };
    let long = Closing { due: vec![due; 4], ..closing(7, HeadSignature::Signed) };
    let mut screen = ClosingScreen::new(long, done(Deeds::default()));
    let first = |screen: &ClosingScreen| {
        drawn(screen, 78, 12).into_iter().any(|row| row.contains("plans that are not finished"))
    };
    assert!(!first(&screen), "the rows around the chosen one are seen");
    screen.act(Action::First, &About::default());
    assert!(first(&screen));
    screen.act(Action::Down, &About::default());
    assert!(!first(&screen));
    screen.act(Action::Up, &About::default());
    screen.act(Action::Up, &About::default());
    assert!(first(&screen));
}
