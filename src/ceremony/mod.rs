//! The ceremony: the order of events, the clock, and the record of what happened.
