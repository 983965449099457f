//! The table against its plain description: what is pushed comes back, and a selection is what a naive one would be.

use proptest::prelude::*;

use super::*;
use crate::pki::{key::Curve, policy::Finding, text::Printable};

fn judgement(source: &str, subject: Option<&str>, verdict: Verdict, findings: Vec<Finding>) -> Judgement {
    Judgement {
        source: Printable::new(source),
        sha256: None,
        verdict,
        subject: subject.map(Printable::new),
        key: None,
        findings,
    }
}

fn table(judgements: &[Judgement]) -> Triage {
    let mut triage = Triage::new();
    for judgement in judgements {
        triage.push(judgement).expect("room");
    }
    triage
}

fn shown(triage: &Triage, filter: &Filter, order: Order, direction: Direction) -> Vec<usize> {
    let selection = triage.select(filter, order, direction);
    let rows: Vec<usize> = (0..selection.len()).filter_map(|position| selection.at(position)).collect();
    assert_eq!(rows.len(), selection.len());
    assert_eq!(selection.at(rows.len()), None);
    for (position, &row) in rows.iter().enumerate() {
        assert_eq!(selection.position(row), Some(position));
    }
    rows
}

fn search(triage: &Triage, text: &str) -> Vec<usize> {
    let filter = Filter { search: text.to_owned(), ..Filter::default() };
    shown(triage, &filter, Order::Medium, Direction::Ascending)
}

#[test]
fn every_control_is_the_bit_of_its_place() {
    for (place, &control) in Control::ALL.iter().enumerate() {
        assert_eq!(bit(control), 1 << place, "{}", control.id());
    }
}

#[test]
fn gives_back_what_was_pushed() {
    let refused = Finding::refuse(Control::Possession, "no", "sign again");
    let noted = Finding::note(Control::Quirk, "odd", "nothing");
    let both = Finding::note(Control::Possession, "also", "nothing");
    let whole = Judgement {
        sha256: Some(Digest::of(b"a request")),
        key: Some(KeyAlgorithm::Rsa { bits: 3072 }),
        ..judgement("a.csr#2", Some("CN=a"), Verdict::Refused, vec![refused, noted, both])
    };
    let empty = judgement("b.csr", Some(""), Verdict::Accepted, Vec::new());
    let skipped = judgement(
        "c.txt",
        None,
        Verdict::Skipped,
        vec![Finding::refuse(Control::CsrForm, "no request", "leave it out")],
    );
    let triage = table(&[whole, empty, skipped]);

    let row = triage.row(0).expect("a row");
    assert_eq!((row.source, row.subject), ("a.csr#2", Some("CN=a")));
    assert_eq!((row.key, row.verdict), (Some(KeyAlgorithm::Rsa { bits: 3072 }), Verdict::Refused));
    assert_eq!(row.sha256, Some(Digest::of(b"a request")));
    let findings: Vec<_> = row.findings().collect();
    let expected = [
        (Control::Possession, Severity::Refuse),
        (Control::Possession, Severity::Note),
        (Control::Quirk, Severity::Note),
    ];
    assert_eq!(findings, expected);
    assert_eq!(triage.row(1).map(|row| row.subject), Some(Some("")));
    assert_eq!(triage.row(2).map(|row| (row.subject, row.sha256)), Some((None, None)));
    assert_eq!(triage.row(3), None);

    assert_eq!(triage.len(), 3);
    assert_eq!(triage.counts(), Counts { accepted: 1, refused: 1, skipped: 1 });
    // A file that is no request is skipped, and counts as nothing that was refused.
    let csr_form = Occurrences { control: Control::CsrForm, refused: 0, skipped: 1, noted: 0 };
    let possession = Occurrences { control: Control::Possession, refused: 1, skipped: 0, noted: 1 };
    let quirk = Occurrences { control: Control::Quirk, refused: 0, skipped: 0, noted: 1 };
    assert_eq!(triage.controls(), [csr_form, possession, quirk]);
}

#[test]
fn an_empty_table_is_empty_in_every_order() {
    let triage = Triage::new();
    assert!(triage.is_empty() && triage.row(0).is_none() && triage.controls().is_empty());
    for order in [Order::Medium, Order::Source, Order::Subject, Order::Key, Order::Verdict] {
        assert!(triage.select(&Filter::default(), order, Direction::Descending).is_empty());
    }
}

#[test]
fn a_match_stands_in_one_field_of_one_row() {
    let accepted = |source, subject| judgement(source, subject, Verdict::Accepted, Vec::new());
    let triage = table(&[
        accepted("ab", Some("cd")),
        accepted("ef", None),
        accepted("Ä/STRASSE", Some("CN=\u{212a}elvin,O=ΣΑΣ")),
        accepted("ab", Some("\u{1b}[2J")),
    ]);
    assert_eq!(search(&triage, "b"), [0, 3]);
    assert_eq!(search(&triage, "bc"), [0; 0]);
    assert_eq!(search(&triage, "b\nc"), [0; 0]);
    assert_eq!(search(&triage, "\n"), [0; 0]);
    assert_eq!(search(&triage, "de"), [0; 0]);
    assert_eq!(search(&triage, "EF"), [1]);
    assert_eq!(search(&triage, "ä/strasse"), [2]);
    assert_eq!(search(&triage, "kelvin"), [2]);
    assert_eq!(search(&triage, "σας"), [0; 0]);
    assert_eq!(search(&triage, "σασ"), [2]);
    assert_eq!(search(&triage, "\u{1b}"), [0; 0]);
    assert_eq!(search(&triage, "\\u{1B}[2j"), [3]);
}

#[test]
fn a_row_that_comes_later_stands_in_every_order() {
    let accepted = |source| judgement(source, None, Verdict::Accepted, Vec::new());
    let mut triage = table(&[accepted("b")]);
    let by_source = |triage: &Triage| shown(triage, &Filter::default(), Order::Source, Direction::Ascending);
    assert_eq!(by_source(&triage), [0]);
    triage.push(&accepted("a")).expect("room");
    assert_eq!(by_source(&triage), [1, 0]);
}

#[test]
fn says_when_it_is_full() {
    let mut triage = Triage::new();
    triage.text_octets = TEXT_OCTETS_MAX - 3;
    let error = triage.push(&judgement("ab", None, Verdict::Accepted, Vec::new())).expect_err("full");
    assert!(matches!(error, Error::TooManyRequests { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the medium holds more than 4000000 requests, or 1073 MB of names and subjects"
    );
    assert!(error.hint().contains("split"));
    assert!(triage.is_empty());
    triage.push(&judgement("a", None, Verdict::Accepted, Vec::new())).expect("room for one octet");
}

const VERDICTS: [Verdict; 3] = [Verdict::Accepted, Verdict::Refused, Verdict::Skipped];
const KEYS: [Option<KeyAlgorithm>; 5] = [
    None,
    Some(KeyAlgorithm::Ec(Curve::P256)),
    Some(KeyAlgorithm::Ed25519),
    Some(KeyAlgorithm::Rsa { bits: 2048 }),
    Some(KeyAlgorithm::Rsa { bits: 1024 }),
];

/// Few letters, so that searches hit: cases, letters whose case has another length, hostile ones.
fn text() -> impl Strategy<Value = String> {
    const LETTERS: &[&str] =
        &["a", "A", "b", "B", "/", "é", "É", "İ", "\u{212a}", "k", "ς", "Σ", "ẞ", "\u{1b}", "\u{202e}", "\n"];
    proptest::collection::vec(proptest::sample::select(LETTERS), 0..6).prop_map(|letters| letters.concat())
}

fn rows() -> impl Strategy<Value = Vec<Judgement>> {
    let findings = proptest::collection::vec((0..Control::ALL.len(), any::<bool>()), 0..3);
    let row = (text(), proptest::option::of(text()), 0..3_usize, 0..KEYS.len(), findings);
    let row = row.prop_map(|(source, subject, verdict, key, findings)| {
        let findings = findings.into_iter().map(|(control, refuses)| {
            let control = Control::ALL[control];
            if refuses { Finding::refuse(control, "m", "h") } else { Finding::note(control, "m", "h") }
        });
        let findings = findings.collect();
        Judgement { key: KEYS[key], ..judgement(&source, subject.as_deref(), VERDICTS[verdict], findings) }
    });
    proptest::collection::vec(row, 0..40)
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// What a selection is, said plainly.
fn naive(rows: &[Judgement], filter: &Filter, order: Order, direction: Direction) -> Vec<usize> {
    let holds = |text: &str| lower(text).contains(&lower(&filter.search));
    let subject = |row: &Judgement| row.subject.as_ref().map_or("", |subject| subject.as_str()).to_owned();
    let mut found: Vec<usize> = (0..rows.len())
        .filter(|&at| {
            let row = &rows[at];
            let control = |control| row.findings.iter().any(|finding| finding.control == control);
            filter.verdict.is_none_or(|verdict| verdict == row.verdict)
                && filter.control.is_none_or(control)
                && (holds(row.source.as_str()) || holds(&subject(row)))
        })
        .collect();
    match order {
        Order::Medium => {}
        Order::Source => found.sort_by_key(|&at| rows[at].source.as_str().to_owned()),
        Order::Subject => found.sort_by_key(|&at| subject(&rows[at])),
        Order::Key => found.sort_by_key(|&at| rows[at].key),
        Order::Verdict => {
            found.sort_by_key(|&at| VERDICTS.iter().position(|verdict| *verdict == rows[at].verdict));
        }
    }
    if direction == Direction::Descending {
        found.reverse();
    }
    found
}

proptest! {
    #[test]
    fn selects_what_a_naive_filter_would(
        rows in rows(),
        verdict in proptest::option::of(0..3_usize),
        control in proptest::option::of(0..Control::ALL.len()),
        search in text(),
        order in proptest::sample::select(vec![
            Order::Medium, Order::Source, Order::Subject, Order::Key, Order::Verdict,
        ]),
        direction in proptest::sample::select(vec![Direction::Ascending, Direction::Descending]),
    ) {
        let triage = table(&rows);
        for (at, judgement) in rows.iter().enumerate() {
            let row = triage.row(at).expect("a row");
            prop_assert_eq!(row.source, judgement.source.as_str());
            prop_assert_eq!(row.subject, judgement.subject.as_ref().map(Printable::as_str));
        }
        let filter = Filter {
            verdict: verdict.map(|verdict| VERDICTS[verdict]),
            control: control.map(|control| Control::ALL[control]),
            search,
        };
        prop_assert_eq!(
            shown(&triage, &filter, order, direction),
            naive(&rows, &filter, order, direction)
        );
    }
}

#[test]
fn selects_the_same_across_blocks() {
    let rows: Vec<Judgement> = (0..3 * BLOCK_ROWS + 5)
        .map(|number| {
            let letter = if number % 7 == 0 { "Ü" } else { "u" };
            let subject = format!("CN=dev-{:05},O={letter}", (number * 7919) % 20_000);
            let verdict = VERDICTS[number % 3];
            judgement(&format!("/stick/{number}.csr"), Some(&subject), verdict, Vec::new())
        })
        .collect();
    let triage = table(&rows);
    assert_eq!(triage.len(), rows.len());
    for search in ["", "dev-1", "O=ü", "o=U", "99", "/stick/", "nowhere"] {
        for verdict in [None, Some(Verdict::Refused)] {
            for order in [Order::Medium, Order::Source, Order::Subject, Order::Key, Order::Verdict] {
                let filter = Filter { verdict, control: None, search: search.to_owned() };
                let selection = triage.select(&filter, order, Direction::Ascending);
                let found: Vec<usize> = (0..selection.len()).filter_map(|at| selection.at(at)).collect();
                assert_eq!(found, naive(&rows, &filter, order, Direction::Ascending), "{filter:?} {order:?}");
            }
        }
    }
}
