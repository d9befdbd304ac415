"""The release that this tree is."""

VERSION = "0.1.0"  # as in pyproject.toml
