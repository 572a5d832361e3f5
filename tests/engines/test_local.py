"""The engine of this process: shares in order, few at a time, and no thread where there is nothing to share."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from oneid.engines.local import LocalEngine


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_in_order(threads: int, count: int) -> None:
    assert list(LocalEngine(threads).map(lambda share: share * share, range(count))) == [n * n for n in range(count)]


def test_threads_only_where_there_is_something_to_share() -> None:
    """One share is done where it is asked for; several are done elsewhere."""
    here = threading.get_ident()
    assert list(LocalEngine(2).map(lambda _: threading.get_ident(), "a")) == [here]
    assert list(LocalEngine(1).map(lambda _: threading.get_ident(), "abc")) == [here] * 3
    assert here not in list(LocalEngine(2).map(lambda _: threading.get_ident(), "abc"))


def test_shares_are_taken_only_as_threads_become_free() -> None:
    """Never more than the threads and one that waits are ahead of what was asked for."""
    taken = 0

    def shares() -> Iterator[int]:
        nonlocal taken
        for number in range(20):
            taken += 1
            yield number

    for number in LocalEngine(2).map(abs, shares()):
        assert taken <= number + 4


def test_what_goes_wrong_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(LocalEngine(2).map(lambda share: 1 // share, (1, 0, 2)))
