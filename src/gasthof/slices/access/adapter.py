"""Where allauth asks us."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class Accounts(DefaultAccountAdapter):
    """Of the account itself."""


class SecondFactors(DefaultMFAAdapter):
    """Of second factors."""
