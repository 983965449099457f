//! A delivery that software by others is tried with: devices and a server below an issuing CA.

use std::{fs, path::PathBuf};

use super::{
    Delivery, Sandbox,
    request::{self, Algorithm, Request},
};

/// A bundle of devices and one of a server for `localhost`, below the sandbox's CA `issuing`.
pub struct Lab {
    pub sandbox: Sandbox,
    pub devices: Delivery,
    pub server: Delivery,
}

impl Lab {
    /// Issues to devices of these names and keys, delivered in these forms, and to the server.
    pub fn new(sandbox: Sandbox, devices: &[(&str, Algorithm)], formats: &[&str]) -> Self {
        let (stick, servers, out) =
            (sandbox.folder("stick"), sandbox.folder("servers"), sandbox.folder("out"));
        for (name, algorithm) in devices {
            sandbox.request(&stick, name, *algorithm, &Request::named(name));
        }
        let server = Request::named("localhost").with(request::alternative_names(&["localhost"]));
        sandbox.request(&servers, "server", Algorithm::P256, &server);
        let issued = sandbox.issue("issuing", "device", &[&stick], &out, formats);
        assert_eq!((issued.planned.accepted, issued.planned.refused), (devices.len() as u64, 0));
        let server = sandbox.issue("issuing", "server", &[&servers], &out, &[]);
        Self { sandbox, devices: issued, server }
    }

    /// A file of the devices' bundle.
    pub fn file(&self, path: &str) -> PathBuf {
        self.devices.folder.join(path)
    }

    /// What is in it.
    pub fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn root(&self) -> PathBuf {
        self.file("root.pem")
    }

    /// A device's certificate and those behind it.
    pub fn chain(&self, name: &str) -> PathBuf {
        self.devices.file("chains", &format!("{name}.pem"))
    }

    /// A device's certificate alone.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.devices.file("certs", &format!("{name}.pem"))
    }

    /// The key of a device, or of the server.
    pub fn key(&self, name: &str) -> PathBuf {
        self.sandbox.path(&format!("{name}.key"))
    }
}
