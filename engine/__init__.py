"""A declarative conformance engine for the web servers and frameworks of Python."""

version = "0.1.0"
