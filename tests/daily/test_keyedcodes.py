"""Codes under a secret: a one-to-one map that the secret alone leads back from."""

from __future__ import annotations

import numpy as np

from oneid.daily.keyedcodes import keyed, new_secret, unkeyed

CODES = np.arange(100_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def test_there_and_back() -> None:
    secret = new_secret()
    made = keyed(CODES, secret)
    assert (unkeyed(made, secret) == CODES).all()
    assert np.unique(made).size == CODES.size
    assert keyed(CODES[:0], secret).size == 0


def test_another_secret_gives_others() -> None:
    first, second = (keyed(CODES, new_secret()) for _ in range(2))
    assert not np.isin(first, second).any()
    assert not np.isin(first, CODES).any()
