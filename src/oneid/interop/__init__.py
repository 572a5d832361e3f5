"""Bridges to other libraries, each of which is an extra: :mod:`oneid.interop.recordlinkage`."""

__all__: list[str] = []
