"""Every write of the mail slice; importing it registers the verbs."""

from gasthof.slices.mail.actions import addresses, domains, hooks, mailboxes, moving, vacation

__all__ = ["addresses", "domains", "hooks", "mailboxes", "moving", "vacation"]
