"""Forms of signing in."""

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """With an address in any spelling."""
