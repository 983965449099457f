//! The real program on a terminal of its own, driven by keys as an officer drives it, on `SoftHSM`.

#[path = "interface/crl_forms.rs"]
mod crl_forms;
#[path = "interface/leaving.rs"]
mod leaving;
#[path = "interface/main_job.rs"]
mod main_job;
#[path = "interface/moving_in.rs"]
mod moving_in;
#[path = "interface/older.rs"]
mod older;
#[path = "interface/proving.rs"]
mod proving;
#[path = "interface/pulled.rs"]
mod pulled;
mod support;
#[path = "interface/terminal.rs"]
mod terminal;
