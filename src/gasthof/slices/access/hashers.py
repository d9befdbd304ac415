"""How the passwords of people are kept: by the same measure as everybody's (kernel.passwords)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """argon2id with 19 MiB: Django's 100 MiB would let a few sign-ins at once fill the memory."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
