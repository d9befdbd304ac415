"""What a mailbox' filters may do: the Sieve extensions that Dovecot is told, and that are told to programs. Pure."""

# Left out: reject and enotify, which write to whom a stranger names; vacation-seconds, which does so again and again; regex, whose matching nobody can break off; editheader,
# with which a filter could make a mail say what nobody wrote; everything that starts programs (vnd.dovecot.pipe, execute, filter).
EXTENSIONS = (
    "fileinto", "envelope", "encoded-character", "comparator-i;ascii-numeric", "subaddress", "relational", "imap4flags", "copy", "include", "body",
    "variables", "vacation", "environment", "mailbox", "date", "index", "ihave", "duplicate", "mime", "foreverypart", "extracttext",
)  # fmt: skip
