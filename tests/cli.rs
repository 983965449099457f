//! The command line against its contract: exit codes, the pair of every failure, JSON Lines, prompts, and what stays
//! on the medium and in the register when something goes wrong. All of it drives the program itself on `SoftHSM`.

#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/bundle.rs"]
mod bundle;
#[path = "cli/ca.rs"]
mod ca;
#[path = "cli/events.rs"]
mod events;
#[path = "cli/failures.rs"]
mod failures;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/json.rs"]
mod json;
#[path = "cli/platforms.rs"]
mod platforms;
#[path = "cli/prompt.rs"]
mod prompt;
#[path = "cli/prove.rs"]
mod prove;
#[path = "cli/queue.rs"]
mod queue;
#[path = "cli/stopping.rs"]
mod stopping;
mod support;
