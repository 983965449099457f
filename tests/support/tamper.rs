//! Changes a register's file behind its back.

use std::path::Path;

use rusqlite::Connection;

/// The triggers are dropped and put back around the change.
pub fn tamper(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    let mut triggers: Vec<(String, String)> = Vec::new();
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        triggers.push((row.get(0).unwrap(), row.get(1).unwrap()));
    }
    drop(rows);
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    for (_, trigger) in &triggers {
        connection.execute_batch(trigger).unwrap();
    }
}
