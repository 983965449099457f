//! What is small enough for a camera: a proof's certificate and the register's head, read off pictures and off the screen.

use std::{
    fs,
    path::{Path, PathBuf},
};

use coldsign::{
    pki::fingerprint::hex,
    register::Register,
    tui::{canvas::Canvas, code::Code, codes::Codes, theme::Theme},
};
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    lab,
    support::{Sandbox, succeed, tool},
};

/// Dots on the side of a module.
const SCALE: usize = 4;

/// The octets that somebody else's camera reads off a picture.
pub fn photographed(picture: &Path) -> String {
    let mut camera = tool("zbarimg", "apt-get install zbar-tools");
    succeed(camera.args(["--nodbus", "--quiet", "-Sbinary", "--raw", "--oneshot"]).arg(picture))
}

#[test]
fn a_camera_reads_certificates_off_their_pictures() {
    let lab = lab();
    for name in ["ec", "p384", "rsa"] {
        let certificate = String::from_utf8(lab.read(&format!("certs/000/{name}.pem"))).unwrap();
        assert_eq!(photographed(&lab.file(&format!("qr/000/{name}.png"))), certificate, "{name}");
    }
}

/// The folder of a proof of a CA.
fn proof(sandbox: &Sandbox) -> PathBuf {
    let (out, pin) = (sandbox.folder("proof"), sandbox.text("pin"));
    let given = ["prove", "--ca", "root", "--for", "azure", "--code", "0123456789ABCDEF", "--to", &out];
    let said = sandbox.json(given.into_iter().chain(["--pin-file", &pin])).pop().expect("a summary");
    said["folder"].as_str().expect("a folder").into()
}

#[test]
fn a_proof_and_the_registers_head_need_no_medium() {
    let sandbox = Sandbox::with_root("forms-codes", "p256");
    let folder = proof(&sandbox);
    let pem = fs::read_to_string(folder.join("azure/verification.pem")).unwrap();
    assert_eq!(photographed(&folder.join("azure/verification.png")), pem);
    let (path, root) = (folder.to_str().unwrap(), folder.join("root.pem"));
    sandbox.ok(["verify", path, "--trust", root.to_str().unwrap()]);
    // The same off the screen, as large as it must be at least, and larger.
    for (columns, rows, count) in [(80, 24, 8..=12), (132, 43, 2..=3), (200, 70, 1..=1)] {
        let mut codes = Codes::of(pem.clone());
        let texts = codes.texts(columns, rows - 3);
        assert!(count.contains(&texts.len()), "{}", texts.len());
        let mut read = String::new();
        for (at, text) in texts.iter().enumerate() {
            let picture = sandbox.path(&format!("screen-{columns}-{at}.pbm"));
            fs::write(&picture, shown(&codes, columns, rows, text)).unwrap();
            let photographed = photographed(&picture);
            let piece = match texts.len() {
                1 => photographed.as_str(),
                count => photographed.strip_prefix(&format!("{}/{count} ", at + 1)).expect("its number"),
            };
            read += piece;
            codes.next();
        }
        assert_eq!(read, pem);
    }
    let out = sandbox.folder("head");
    let head = sandbox.json(["register", "head", "--to", &out]).pop().expect("the head");
    let folder = PathBuf::from(head["folder"].as_str().expect("a folder"));
    let code = head["code"].as_str().expect("a code");
    assert_eq!(photographed(&folder.join("head.png")), code);
    assert_eq!(
        code,
        format!("COLDSIGN/{}/{}", head["entry"], head["head"].as_str().expect("a hash").to_uppercase())
    );
    let text = fs::read_to_string(folder.join("head.txt")).unwrap();
    assert!(text.contains(head["words"].as_str().unwrap()), "{text}");
    let id = Register::open_to_read(&sandbox.path("home/register.db")).unwrap().id();
    assert!(text.contains(&format!("register   {}\nREHEARSAL", hex(&id))), "{text}");
    // Noting it changed nothing: the history holds it still.
    let (entry, words) = (head["entry"].to_string(), head["words"].as_str().unwrap());
    sandbox.ok(["register", "audit", "--noted", &format!("{entry} {words}")]);
}

/// A picture (PBM) of the cells that a terminal of this size shows, as far as the code is wide.
fn shown(codes: &Codes, columns: u16, rows: u16, text: &str) -> String {
    let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: columns, height: rows });
    codes.draw(&mut Canvas::new(&mut cells, Theme::of(None, Some("linux"))), "it");
    let code = Code::of(text).unwrap();
    let (side, high) = (usize::from(code.columns()) * SCALE, usize::from(code.rows()) * 2 * SCALE);
    let mut picture = format!("P1\n{side} {high}\n");
    for y in 0..high / SCALE {
        let module = |x: usize| {
            let symbol = cells[(u16::try_from(x).unwrap(), u16::try_from(1 + y / 2).unwrap())].symbol();
            // What is drawn is light; 0 is white.
            let light = symbol == "█" || symbol == ["▀", "▄"][y % 2];
            if light { "0" } else { "1" }.repeat(SCALE)
        };
        let line: String = (0..side / SCALE).map(module).collect();
        picture += &format!("{line}\n").repeat(SCALE);
    }
    picture
}
