"""One question, one answer: does this password belong to this Argon2 hash. Pure; every doubt is an error, never a yes.

A check takes the memory and passes that the stored hash names (RFC 9106 section 3.1), so a hash that names absurd ones is refused:
at most 64 MiB, 10 passes and 8 lanes. With m=19456,t=2,p=1 a check takes 19 MiB.
"""

from typing import Any

import msgspec
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

LINE = 8192  # bytes of a question
PASSWORD = 2048  # bytes: 1,024 characters of ISO 8859-1 become two each
MEMORY, PASSES, LANES = 65_536, 10, 8  # KiB, count, count

HASHER = PasswordHasher()


class Question(msgspec.Struct, forbid_unknown_fields=True):
    hash: str
    password: str


class Refused(Exception):
    """The question cannot be answered."""


def parse(line: bytes) -> Question:
    """A line of JSON as a question. Refused when it is none, too long, or names a hash that we do not check."""
    try:
        question = msgspec.json.decode(line, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("no question") from error
    if len(question.password.encode()) > PASSWORD:
        raise Refused("password too long")
    _check_cost(question.hash)
    return question


def right(question: Question) -> bool:
    """Whether the password is the hash's. Takes its memory and some 20 ms; frees the interpreter meanwhile."""
    try:
        return HASHER.verify(question.hash, question.password)
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError) as error:
        raise Refused("no such hash") from error


def answer(line: bytes) -> bytes:
    """The whole of it: a line of JSON in, one out: {"ok": true|false} or {"ok": false, "error": words}."""
    try:
        return reply(right(parse(line)))
    except Refused as refused:
        return reply(False, str(refused))


def reply(ok: bool, error: str = "") -> bytes:
    fields: dict[str, Any] = {"ok": ok} | ({"error": error} if error else {})
    return msgspec.json.encode(fields) + b"\n"


def _check_cost(text: str) -> None:
    try:
        cost = extract_parameters(text)
    except InvalidHashError as error:
        raise Refused("no Argon2 hash") from error
    if cost.type is not Type.ID or cost.memory_cost > MEMORY or cost.time_cost > PASSES or cost.parallelism > LANES:
        raise Refused("hash of another kind, or too dear")
