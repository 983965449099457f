//! Pictures of the main screens for docs/: from the same drawing as on a terminal, so they cannot go stale.

#[path = "screens/certified.rs"]
mod certified;
#[expect(dead_code, reason = "pictures need a part of what the tests of screens share")]
#[path = "screens/drawn.rs"]
mod drawn;
#[path = "screens/kept.rs"]
mod kept;
#[path = "screens/material.rs"]
mod material;
#[expect(dead_code, reason = "pictures need a part of what the tests of screens share")]
#[path = "screens/outside.rs"]
mod outside;
#[expect(dead_code, reason = "pictures need a part of what the tests of screens share")]
#[path = "screens/samples.rs"]
mod samples;
#[path = "pictures/svg.rs"]
mod svg;

use outside::Outside;

/// Columns and rows of a picture: the smallest terminal that all screens fit.
const SIZE: (u16, u16) = (80, 24);

/// The picture's name and the sample that it shows: each screen on a usual day, and what is asked on top of one.
fn pictures() -> Vec<(String, samples::Sample)> {
    let mut pictures = Vec::new();
    for sample in samples::all() {
        let screen = sample.screen.to_lowercase();
        match sample.state {
            "typical" => pictures.push((screen, sample)),
            "typical, the PIN is wanted" => pictures.push(("pin".to_owned(), sample)),
            "typical, help" => pictures.push(("help".to_owned(), sample)),
            _ => {}
        }
    }
    pictures
}

#[test]
fn the_pictures_show_what_the_screens_are() {
    let mut wrong = Vec::new();
    for (name, sample) in pictures() {
        let mut model = (sample.build)(&Outside::usual());
        let picture = svg::picture(&drawn::cells(&mut model, SIZE, drawn::THEME));
        wrong.extend(kept::keep(&format!("docs/screens/{name}.svg"), &picture).err());
    }
    // And none is left of a screen that is gone.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens");
    let wanted: Vec<String> = pictures().iter().map(|(name, _)| format!("{name}.svg")).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !wanted.contains(&name) {
            wrong.push(format!("docs/screens/{name} shows no screen any more: remove it"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
