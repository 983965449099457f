//! What AWS IoT Core takes.

pub(super) mod register;
