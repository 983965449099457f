//! Tests that change the process they run in: each runs in a process of its own, this very program asked for one test alone.

use std::{
    env,
    process::{Command, Output},
};

/// Set in the process that runs the one test.
const CHILD: &str = "COLDSIGN_TEST_IN_ITS_OWN_PROCESS";

/// Runs the body in a process of its own and gives what that wrote to its standard error; in that process, `None`.
/// `module` is the caller's `module_path!()`, `test` the test's name in it.
pub(super) fn in_own_process(module: &str, test: &str, body: impl FnOnce()) -> Option<String> {
    if env::var_os(CHILD).is_some() {
        body();
        return None;
    }
    let (_, module) = module.split_once("::").unwrap();
    let Output { status, stdout, stderr } = Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{test}"), "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr).into_owned());
    assert!(status.success() && said.contains("1 passed"), "{said}{errors}");
    Some(errors)
}
