"""Fixtures for tests beside their slices and in tests/ alike."""

pytest_plugins = ["tests.application", "tests.platform"]
