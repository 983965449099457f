//! Removable media: names and octets in, new folders out. Knows nothing of what the octets mean.
