//! Configuration: text in, trusted values out.
