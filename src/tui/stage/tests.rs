//! A panic while the interface stands on the terminal. Each runs in a process of its own on a terminal of its own: this
//! very program, asked for one test alone.

use std::{env, io::Read as _, thread};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::*;

/// Set where one of the two that panic runs on a terminal of its own; elsewhere they do nothing.
const ON_ITS_OWN: &str = "COLDSIGN_TEST_ON_ITS_OWN";

/// What the terminal is told when the first screen comes back.
const FIRST_SCREEN: &str = "\x1b[?1049l";

#[test]
fn drawing_panics() {
    if env::var_os(ON_ITS_OWN).is_none() {
        return;
    }
    let _stage = Stage::take().unwrap();
    panic!("a fault in the drawing");
}

#[test]
fn work_panics() {
    if env::var_os(ON_ITS_OWN).is_none() {
        return;
    }
    let mut stage = Stage::take().unwrap();
    assert!(thread::spawn(|| panic!("a fault in the work")).join().is_err());
    stage.terminal.draw(|frame| frame.render_widget("told-on-the-screen", frame.area())).unwrap();
}

/// Runs a test of this program on a terminal; what it wrote there, and what of that the terminal shows at the end.
fn on_a_terminal(test: &str) -> (String, vt100::Parser) {
    let pair =
        native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let settings = || format!("{:?}", pair.master.get_termios());
    let before = settings();
    let mut command = CommandBuilder::new(env::current_exe().unwrap());
    command.env(ON_ITS_OWN, "1");
    command.args(["--exact", "--nocapture", test]);
    command.env("TERM", "xterm-256color");
    // A trace would push what is told out of the terminal.
    command.env("RUST_BACKTRACE", "0");
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut child = pair.slave.spawn_command(command).unwrap();
    let written = thread::spawn(move || {
        let mut octets = Vec::new();
        // The end of a terminal is an error, once nobody holds its other side.
        let _ = reader.read_to_end(&mut octets);
        octets
    });
    child.wait().unwrap();
    assert_eq!(settings(), before, "the terminal's settings are others");
    drop(pair.slave);
    let octets = written.join().unwrap();
    let mut parser = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
    parser.process(&octets);
    (String::from_utf8_lossy(&octets).into_owned(), parser)
}

#[track_caller]
fn is_restored(parser: &vt100::Parser) {
    let screen = parser.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
}

#[test]
fn a_panic_of_the_drawing_gives_the_terminal_back_first() {
    let (written, parser) = on_a_terminal("tui::stage::tests::drawing_panics");
    is_restored(&parser);
    let back = written.find(FIRST_SCREEN).expect("the first screen comes back");
    let told = written.find("a fault in the drawing").expect("the fault is told");
    assert!(back < told, "the fault is told on the screen that goes away: {written:?}");
    assert!(parser.screen().contents().contains("a fault in the drawing"), "{written:?}");
}

#[test]
fn a_panic_of_the_work_leaves_the_screen_that_tells_of_it() {
    let (written, parser) = on_a_terminal("tui::stage::tests::work_panics");
    is_restored(&parser);
    let told = written.find("told-on-the-screen").expect("what is drawn afterwards");
    assert!(told < written.find(FIRST_SCREEN).expect("the first screen comes back"), "{written:?}");
}
