//! What a table takes and what it refuses, with the line where.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Table, TableError> {
    Table::parse(text.as_bytes().to_vec(), "id", Join::File)
}

fn check(octets: &[u8], expected: &str) {
    let error = Table::parse(octets.to_vec(), "id", Join::File).expect_err(expected);
    assert_eq!(error.to_string(), expected);
    assert!(!error.hint().is_empty());
}

/// The value that a row has in the column `v`.
fn value(text: &str, key: &str) -> Option<String> {
    Some(read(text).expect(text).find(key)?.value("v").expect("a column").to_owned())
}

#[test]
fn finds_the_row_of_a_key_and_its_fields_by_column() {
    let text = "id,v,w\r\ndev-1,a,b\r\ndev-2,\"c, \"\"d\"\"\",\r\n";
    assert_eq!(value(text, "dev-1").as_deref(), Some("a"));
    assert_eq!(value(text, "dev-2").as_deref(), Some("c, \"d\""));
    assert_eq!(value(text, "DEV-1"), None);
    assert_eq!(value(text, ""), None);
    let row = read(text).expect(text).find("dev-2").expect("a row");
    assert_eq!((row.value("w"), row.value("id"), row.value("x")), (Some(""), Some("dev-2"), None));
    // The key may stand in any column; a last line may have no end; LF is as good as CR LF.
    assert_eq!(value("v,id\nx,1", "1").as_deref(), Some("x"));
    assert_eq!(value("\"v\",\"id\"\n\"x\",\"1\"", "1").as_deref(), Some("x"));
    assert_eq!(value("id,v\n1,ü漢\n", "1").as_deref(), Some("ü漢"));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_column() {
    let table = read("\u{feff}id,v\n1,x\n").expect("a table");
    assert_eq!(table.byte_order_mark(), ByteOrderMark::Present);
    assert_eq!(table.find("1").expect("a row").value("id"), Some("1"));
    assert_eq!(read("id\n").expect("a table").byte_order_mark(), ByteOrderMark::Absent);
    // Anywhere else it is a character that cannot be seen.
    check("id,v\n\u{feff}1,x\n".as_bytes(), HIDDEN);
}

const HIDDEN: &str = "line 2 carries a control character, or one that hides or reorders text";

#[test]
fn a_formula_is_text_and_stays_as_it_is() {
    for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "=HYPERLINK(1)"] {
        assert_eq!(value(&format!("id,v\n1,{formula}\n"), "1").as_deref(), Some(formula));
    }
}

#[test]
fn refuses_what_rfc_4180_does_not_write() {
    check(b"id,v\n1,a\"b\n", "line 2 has a quote within a field that does not begin with one");
    check(b"id,v\n1,\"a\"b\n", "line 2 has text behind a closed quote");
    check(b"id,v\n1,\"a\n", "line 2 has a quote that is not closed");
    check(b"id,v\n1, \"a\"\n", "line 2 has a quote within a field that does not begin with one");
    check(b"id,v\n\n1,a\n", "line 2 is blank");
    check(b"id,v\n1,a\n\r\n", "line 3 is blank");
    check(b"id,v\n1,a\rb\n", HIDDEN);
    // A line break within quotes, which RFC 4180 allows, has no place in a name.
    check(b"id,v\n1,\"a\nb\"\n", "line 2 has a quote that is not closed");
    check(b"id,v\n1,\"a\r\nb\"\n", "line 2 has a quote that is not closed");
    check(b"id,v\n1\n", "line 2: there are 1 fields, and 2 columns");
    check(b"id,v\n1,2,3\n", "line 2: there are 3 fields, and 2 columns");
    check(b"id,v\n1;2\n", "line 2: there are 1 fields, and 2 columns");
}

#[test]
fn refuses_octets_that_are_no_harmless_text() {
    check(b"id,v\n1,a\0b\n", HIDDEN);
    check(b"id,v\n1,\x1b[2J\n", HIDDEN);
    check(b"id,v\n1,a\tb\n", HIDDEN);
    check("id,v\n1,a\u{202e}b\n".as_bytes(), HIDDEN);
    check("id,v\n1,a\u{9b}b\n".as_bytes(), HIDDEN);
    check(b"id,v\n1,\xfc\n", "line 2 is not UTF-8");
    check(b"\xff\xfei\0d\0\n", "line 1 is not UTF-8");
}

#[test]
fn refuses_a_header_that_cannot_be_read_in_one_way() {
    let no_name = "has no name of 1 to 64 characters without braces and blanks around it";
    check(b"", "there is no header");
    check(b"\xef\xbb\xbf", "there is no header");
    check(b"id,v,v\n", "line 1: the column `v` stands there twice");
    check(b"ID,v\n", "line 1: there is no column `id`");
    check(b"id,,v\n", &format!("line 1: column 2 {no_name}"));
    check(b"id, v\n", &format!("line 1: column 2 {no_name}"));
    check(b"id,{v}\n", &format!("line 1: column 2 {no_name}"));
    let long = format!("id,{}\n", "v".repeat(65));
    check(long.as_bytes(), &format!("line 1: column 2 {no_name}"));
    let many: Vec<String> = (0..65).map(|number| format!("c{number}")).collect();
    check(many.join(",").as_bytes(), "line 1: there are more than 64 fields");
}

#[test]
fn refuses_keys_that_find_no_one_request() {
    check(b"id,v\n,x\n", "line 2: the key column holds nothing that a request can be found by");
    check(b"id,v\n1,x\n2,y\n1,z\n", "lines 2 and 4 have the same key");
    let key = |text: &str| Table::parse(text.as_bytes().to_vec(), "id", Join::Key);
    let digits = "0123456789abcdef".repeat(4);
    let upper = digits.to_ascii_uppercase();
    let table = key(&format!("id\n{upper}\n")).expect("a table");
    assert!(table.find(&digits).is_some() && table.find(&upper).is_some());
    let twice = key(&format!("id\n{upper}\n{digits}\n")).expect_err("the same key");
    assert_eq!(twice, TableError::KeyDuplicate { first: 2, second: 3 });
    assert_eq!(key("id\nabc\n").expect_err("short"), TableError::Key { line: 2 });
}

#[test]
fn refuses_what_is_beyond_its_limits() {
    let fits = format!("id,v\n1,{}\n", "x".repeat(FIELD_OCTETS_MAX));
    assert_eq!(value(&fits, "1").map(|value| value.len()), Some(FIELD_OCTETS_MAX));
    let long = format!("id,v\n1,{}\n", "x".repeat(FIELD_OCTETS_MAX + 1));
    check(long.as_bytes(), "line 2: a field has more than 4096 octets");
    let huge = format!("id,v\n1,{}\n", "x".repeat(1 << 20));
    check(huge.as_bytes(), "line 2: a field has more than 4096 octets");
}

#[test]
fn tells_rows_apart_and_in_the_order_of_the_file() {
    let table = read("id,v\nb,1\na,2\nc,3\n").expect("a table");
    let places: Vec<_> = table.in_order().into_iter().filter_map(|row| table.place(row)).collect();
    assert_eq!(places, [(2, "b".to_owned()), (3, "a".to_owned()), (4, "c".to_owned())]);
    let row = table.find("a").expect("a row");
    assert_eq!(table.place(row.number), Some((3, "a".to_owned())));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_octets_are_a_table_or_an_error(octets: Vec<u8>) {
        if let Ok(table) = Table::parse(octets, "id", Join::File) {
            prop_assert_eq!(table.in_order().len(), table.len());
        }
    }

    #[test]
    fn any_text_of_a_table_is_one_or_an_error(rest in "[a-c\",\r\n =\u{feff}]{0,60}") {
        if let Ok(table) = read(&format!("id,v\n{rest}")) {
            for row in table.in_order() {
                let (_, key) = table.place(row).expect("a place");
                prop_assert_eq!(table.find(&key).expect("a row").number, row);
            }
        }
    }

    #[test]
    fn what_a_writer_of_csv_wrote_is_read_back(
        rows in proptest::collection::btree_map("[a-z0-9\", =ü-]{1,12}", "[A-Za-z0-9\",; =漢-]{0,20}", 0..20),
    ) {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(["v", "id"]).expect("written");
        for (key, value) in &rows {
            writer.write_record([value, key]).expect("written");
        }
        let octets = writer.into_inner().expect("written");
        let table = Table::parse(octets, "id", Join::File).expect("a table");
        prop_assert_eq!(table.len(), rows.len());
        for (key, value) in &rows {
            let row = table.find(key).expect("a row");
            prop_assert_eq!(row.value("v"), Some(value.as_str()));
        }
    }
}
