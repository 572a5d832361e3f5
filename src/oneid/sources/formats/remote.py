"""Files that are elsewhere (``s3://``, ``gs://``, ``https://``), by fsspec where it is installed: copied piece by piece
into a folder of ours, read, and gone.
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from oneid.outputs.elsewhere.addresses import shown
from oneid.sources.formats.table import Request, Table
from oneid.vocabulary.errors import InputError, OneIDError, Place, raise_all
from oneid.vocabulary.language import said

__all__ = ["read_remote"]


def read_remote(address: str, request: Request, read: Callable[[Path, Request], Table]) -> Table:
    """The wanted columns of the file, folder or pattern at an address. ``read`` reads the copy. E202, E211."""
    place = Place(shown(address))
    try:
        fsspec = importlib.import_module("fsspec")
        files, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        scheme = address.partition("://")[0]
        more = {
            "s3": "fsspec s3fs",
            "gs": "fsspec gcsfs",
            "gcs": "fsspec gcsfs",
            "https": "fsspec aiohttp",
            "http": "fsspec aiohttp",
        }
        told = said("files at {scheme}:// need a library that is not installed", scheme=scheme)
        hint = said("pip install {names}; or copy the file to this machine", names=more.get(scheme, "fsspec"))
        raise InputError("E211", told, place=place, hint=hint) from error
    with tempfile.TemporaryDirectory(prefix="oneid-") as folder:
        try:
            copied = _copied(files, path, Path(folder))
        except Exception as error:  # noqa: BLE001 - whatever a driver raises
            told = said("cannot be opened: {reason}", reason=type(error).__name__)
            raise InputError("E202", told, place=place, hint="do address, name and rights hold?") from None
        try:
            return read(copied, request)
        except OneIDError as error:
            raise_all(_elsewhere(one, Path(folder), place) for one in error.problems)
            raise


def _copied(files: object, path: str, folder: Path) -> Path:
    """The copy of a file, or of the files of a folder or pattern in the same folders."""
    fs: object = files
    if any(sign in path for sign in "*?["):
        root, names = path[: min(path.find(sign) for sign in "*?[" if sign in path)].rpartition("/")[0], fs.glob(path)  # type: ignore[attr-defined]
    elif fs.isdir(path):  # type: ignore[attr-defined]
        root, names = path.rstrip("/"), fs.find(path)  # type: ignore[attr-defined]
    else:
        root, names = path.rpartition("/")[0], [path]
    if not names:
        raise FileNotFoundError
    for name in names:
        inside = PurePosixPath(name.removeprefix(root).lstrip("/"))
        target = folder / inside
        if ".." in inside.parts:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with fs.open(name, "rb") as source, target.open("wb") as copy:  # type: ignore[attr-defined]
            shutil.copyfileobj(source, copy, 1 << 22)
    return folder / PurePosixPath(path).name if names == [path] else folder


def _elsewhere(error: OneIDError, folder: Path, place: Place) -> OneIDError:
    """An error about a copy as one about what was copied."""
    if error.place is not None and error.place.file and error.place.file.startswith(str(folder)):
        error.place = replace(error.place, file=place.file)
    return error
