"""Work that dies before each of its statements in turn, and is begun anew."""

from collections.abc import Callable

from django.db import connection, transaction


def each_statement(work: Callable[[], object]) -> int:
    """Dies before the n-th statement, for each n, and goes on: how often."""

    class Killed(BaseException):
        pass

    at = 0
    while True:
        count = 0

        def count_down(execute: Callable[..., object], *arguments: object, at: int = at) -> object:
            nonlocal count
            if count == at:
                raise Killed
            count += 1
            return execute(*arguments)

        try:
            with transaction.atomic(), connection.execute_wrapper(count_down):
                work()
        except Killed:
            at += 1
        else:
            return at
