"""Pure decisions about zones: names, contents of records, what may stand beside what."""
