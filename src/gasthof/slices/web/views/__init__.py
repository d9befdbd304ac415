"""Pages of websites and protected directories."""
