//! A process of its own for tests that drive the ceremony without the program: `SoftHSM` reads its configuration from
//! the environment when it is loaded, so the test makes the home with the program, then starts its binary again for
//! itself alone.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufWriter, Write as _},
    path::Path,
    process::Command,
};

use coldsign::{
    ceremony::{
        Activation, Appliance, Error, Home, Issued, Pin, Progress, Reins, Session, StoredPlan, Watch,
    },
    pki::fingerprint::hex,
};
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::{
    PIN, Planned, Sandbox,
    request::{self, Algorithm, Key, Request},
    said,
};

const CASE: &str = "COLDSIGN_TEST_CASE";
const PLAN: &str = "COLDSIGN_TEST_PLAN";

/// Runs a case, named as its test, on a plan of so many requests, in a process that knows the sandbox' token.
pub fn on_plan(case: &str, key: &str, requests: usize, body: impl FnOnce(&Desk)) {
    if std::env::var(CASE).as_deref() == Ok(case) {
        let home = Home::new(std::env::var_os("COLDSIGN_HOME").unwrap().into());
        body(&Desk { home, plan: std::env::var(PLAN).unwrap(), requests: requests as u64 });
        return;
    }
    let sandbox = Sandbox::with_root(case, key);
    let stick = sandbox.folder("stick");
    write_requests(&Path::new(&stick).join("requests.pem"), requests);
    let planned: Planned = sandbox.approved("root", "device", &[&stick]);
    assert_eq!(planned.accepted, requests as u64);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", case, "--nocapture", "--test-threads=1"]).env(CASE, case).env(PLAN, &planned.id);
    sandbox.prepare(&mut child);
    let output = child.output().unwrap();
    // A name that matches no test would pass without a word.
    let ran = output.status.success() && said(&output).contains("1 passed");
    assert!(ran, "{}", said(&output));
    print!("{}", String::from_utf8_lossy(&output.stdout));
    let issued = sandbox.json(["register", "list", "--plan", &planned.id]);
    assert_eq!(issued.len(), requests);
    sandbox.exits(0, ["register", "audit"]);
}

/// Fresh requests in one file, made on all cores.
pub fn write_requests(path: &Path, count: usize) {
    let requests: Vec<String> = (0..count)
        .into_par_iter()
        .map(|index| {
            let der = Request::named(&format!("device-{index:06}")).der(&Key::generate(Algorithm::P256));
            request::pem("CERTIFICATE REQUEST", &der)
        })
        .collect();
    let mut file = BufWriter::new(fs::File::create_new(path).unwrap());
    for request in requests {
        file.write_all(request.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}

/// A home with an approved plan, and the token it needs.
pub struct Desk {
    pub home: Home,
    pub plan: String,
    pub requests: u64,
}

impl Desk {
    pub fn sign(&self, reins: &Reins, listener: &mut dyn FnMut(Progress)) -> Result<Issued, Error> {
        let (mut appliance, plan, session) = self.open();
        appliance.sign(&plan, &session, &mut Watch::new(listener, reins))
    }

    /// The appliance, the plan and the token, logged in.
    pub fn open(&self) -> (Appliance, StoredPlan, Session) {
        let appliance = Appliance::open(self.home.clone()).unwrap();
        let plan = appliance.stored_plan(&self.plan).unwrap();
        let pin = || Pin::new(Zeroizing::new(PIN.as_bytes().to_vec())).unwrap();
        let session = appliance.login(&mut |_| Ok(Activation::Pin(pin()))).unwrap();
        (appliance, plan, session)
    }

    /// What another process finds in the register at this moment.
    pub fn recorded(&self) -> BTreeSet<String> {
        let appliance = Appliance::open_to_read(self.home.clone()).unwrap();
        let plan: StoredPlan = appliance.stored_plan(&self.plan).unwrap();
        let (mut serials, mut after) = (BTreeSet::new(), None);
        loop {
            let page = appliance.issued(&plan, after, 1_000).unwrap();
            let Some(last) = page.last() else { return serials };
            after = Some(last.index());
            for certificate in &page {
                assert!(serials.insert(hex(certificate.serial())), "a serial number twice");
            }
        }
    }
}
