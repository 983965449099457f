//! Object identifiers as DER content octets.
