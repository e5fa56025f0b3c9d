"""HTTP/2 as a client speaks it, without I/O: frames, field sections, the state of a connection (RFC 9113, 7541)."""
