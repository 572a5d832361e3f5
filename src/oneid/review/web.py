"""The page: its addresses, and the server that it runs in, which listens on this machine alone.

====  ===========================================================================
E428  the port is taken, or may not be listened on
E429  the extra ``review`` is not installed
====  ===========================================================================
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from importlib import resources
from threading import Thread
from typing import Any

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from oneid.review.desk import VERDICTS, Contradicts, Desk, Meanwhile, Seat
from oneid.review.guard import Guard
from oneid.review.screens import Screens
from oneid.review.words import Words
from oneid.vocabulary.errors import OneIDError, UsageError
from oneid.vocabulary.language import said
from oneid.vocabulary.terminaltext import in_line, is_text

__all__ = ["Page", "listen", "serve"]

_STATIC = {"review.css": "text/css; charset=utf-8", "review.js": "text/javascript; charset=utf-8",
           "icon.svg": "image/svg+xml"}  # fmt: skip


class Page:
    """The page of a desk. ``app`` is the whole of it as ASGI, guarded; ``links`` are the addresses to open, each once.

    ``tell`` is told of errors, without anything of anybody.
    """

    def __init__(
        self, desk: Desk, say: Words, port: int, *, show_pii: bool = False, people: int = 1,
        tell: Callable[[str], None] = lambda _text: None,
    ) -> None:  # fmt: skip
        self.desk, self._say, self._tell = desk, say, tell
        self._screens = Screens(desk, say, show_pii=show_pii)
        loader = PackageLoader("oneid.review", "pages")
        self._pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._pages.globals.update(say=say, lang=say.language, label=desk.label, show_pii=show_pii)
        files = resources.files("oneid.review.static")
        self._static = {name: files.joinpath(name).read_bytes() for name in _STATIC}
        self._told: dict[str, tuple[str, str]] = {}
        routes = [
            Route("/", self._first),
            Route("/who", self._doing(self._sit), methods=["POST"]),
            Route("/s/{seat}/", self._doing(self._next)),
            Route("/s/{seat}/pair/{number:int}", self._doing(self._pair)),
            Route("/s/{seat}/queue", self._doing(self._queue)),
            Route("/s/{seat}/verdict", self._doing(self._decide), methods=["POST"]),
            Route("/s/{seat}/undo", self._doing(self._undo), methods=["POST"]),
            Route("/static/{name}", self._file),
        ]
        missing = {404: self._missing, 405: self._missing}
        guard = Guard(Starlette(routes=routes, exception_handlers=missing), port, people, self._refusal, tell)
        self.app, self.links = guard, guard.links

    # --- requests ----------------------------------------------------------------------------------------------------

    def _doing(self, act: Callable[[Request], Response]) -> Callable[[Request], Any]:
        """An endpoint: one request at a time does something at the desk."""

        def locked(request: Request) -> Response:
            with self.desk.lock:
                return act(request)

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(locked, request)

        return endpoint

    async def _first(self, request: Request) -> Response:
        """The first screen, which waits for nobody."""
        return self._who(request)

    def warm(self) -> None:
        """Makes ready what the first pair needs; nothing that goes wrong there is worse than a later request."""
        try:
            self.desk.warm()
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hold values
            self._tell(f"error: {type(error).__name__} before the first pair")

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._static:
            return self._refusal(404, "missing")
        return Response(self._static[name], headers={"Content-Type": _STATIC[name]})

    async def _missing(self, _request: Request, _error: Exception) -> Response:
        return self._refusal(404, "missing")

    def _refusal(self, status: int, words: str) -> Response:
        page = self._pages.get_template("enter.html" if words == "enter" else "refused.html")
        return HTMLResponse(page.render(words=words, status=status), status_code=status)

    def _render(
        self, name: str, request: Request, seat: str | None = None, status: int = 200, **filled: object
    ) -> Response:
        who = None if seat is None else self.desk.seat(seat)
        kind, told = self._told.pop(seat or "", ("", ""))
        counts = {"waiting": self.desk.queue.waiting, "done": self.desk.queue.decided}
        about: Mapping[str, Any] = {
            "csrf": request.scope["csrf"], "base": f"/s/{seat}", "who": "" if who is None else in_line(who.name),
            "mine": 0 if who is None else len(who.said), "told": told, "told_kind": kind, **counts,
        }  # fmt: skip
        return HTMLResponse(self._pages.get_template(name).render(**about, **filled), status_code=status)

    def _seat(self, request: Request) -> tuple[str, Seat] | None:
        """The seat of a request; None for one that there is not (any more)."""
        name = request.path_params["seat"]
        found = self.desk.seat(name)
        return None if found is None else (name, found)

    # --- screens -----------------------------------------------------------------------------------------------------

    def _who(self, request: Request, wrong: str = "") -> Response:
        words = "about_label" if self.desk.label else "about"
        about = self._say(words, waiting=self.desk.queue.waiting, place=in_line(self.desk.book.place))
        notes = [self._say("note_values")] if self.desk.pairs.told_by_outputs else []
        return self._render("who.html", request, about=about, wrong=wrong, notes=notes, status=422 if wrong else 200)

    def _sit(self, request: Request) -> Response:
        name = request.scope["form"].get("name", "").strip()
        if not name or not is_text(name):
            return self._who(request, self._say("who_missing"))
        return _to(f"/s/{self.desk.sit(in_line(name))}/")

    def _next(self, request: Request) -> Response:
        found = self._seat(request)
        if found is None:
            return _to("/")
        number = self.desk.queue.next(found[0])
        if number is None:
            place = in_line(self.desk.book.place)
            then = self._say("done_label", place=place) if self.desk.label else self._say("done_next")
            return self._render("done.html", request, found[0], then=then)
        return self._render("pair.html", request, found[0], **self._screens.pair(number))

    def _pair(self, request: Request) -> Response:
        found, number = self._seat(request), request.path_params["number"]
        if found is None:
            return _to("/")
        if number >= self.desk.pairs.waiting.height:
            return self._refusal(404, "missing")
        if not self.desk.queue.take(number, found[0]) and self.desk.given(number) is None:
            holder = self.desk.seat(self.desk.holder(number) or "")
            self._told[found[0]] = "wrong", self._say("held", name="" if holder is None else in_line(holder.name))
            return _to(f"/s/{found[0]}/queue")
        return self._render("pair.html", request, found[0], **self._screens.pair(number))

    def _queue(self, request: Request) -> Response:
        found = self._seat(request)
        if found is None:
            return _to("/")
        return self._render("queue.html", request, found[0], cases=self._screens.queue(found[0]))

    # --- verdicts ----------------------------------------------------------------------------------------------------

    def _decide(self, request: Request) -> Response:
        found, form = self._seat(request), request.scope["form"]
        if found is None:
            return _to("/")
        pair, version, verdict = form.get("pair", ""), form.get("version", ""), form.get("decision", "")
        known = all(text.isascii() and text.isdigit() and len(text) < 10 for text in (pair, version))
        texts = form.get("reason", ""), form.get("ticket", "")
        wrong = not known or verdict not in VERDICTS or not all(map(is_text, texts))
        if wrong or int(pair) >= self.desk.pairs.waiting.height:
            return self._refusal(400, "forbidden")
        number = int(pair)
        seat, own = found[0], self._screens.verdict(verdict)
        back = f"/s/{seat}/pair/{number}"
        try:
            said = self.desk.decide(seat, number, verdict, int(version), *map(in_line, texts))
        except Meanwhile as other:
            told = self._screens.verdict(other.said.decision)
            self._told[seat] = "wrong", self._say("meanwhile", by=in_line(other.said.by), verdict=told, own=own)
            return _to(back)
        except Contradicts as error:
            self._told[seat] = "wrong", self._say("contradicts", own=own, chain=self._screens.chain(error))
            return _to(back)
        except OneIDError as error:
            return self._lost(seat, error, back)
        words = {"left": in_line(str(said.left)), "right": in_line(str(said.right))}
        self._told[seat] = "fine", self._say("written", verdict=own, **words)
        return _to(f"/s/{seat}/")

    def _undo(self, request: Request) -> Response:
        found = self._seat(request)
        if found is None:
            return _to("/")
        seat = found[0]
        try:
            number = self.desk.undo(seat)
        except Meanwhile as other:
            verdict = self._screens.verdict(other.said.decision)
            self._told[seat] = "wrong", self._say("earlier", verdict=verdict, by=in_line(other.said.by))
            return _to(f"/s/{seat}/")
        except OneIDError as error:
            return self._lost(seat, error, f"/s/{seat}/")
        if number is None:
            self._told[seat] = "wrong", self._say("nothing_to_undo")
            return _to(f"/s/{seat}/")
        self._told[seat] = "fine", self._say("undone")
        return _to(f"/s/{seat}/pair/{number}")

    def _lost(self, seat: str, error: OneIDError, back: str) -> Response:
        """What could not be written is said to whoever decided, and at the terminal."""
        self._tell(f"error: {error.code} {error.message}")
        words = self._say("moved_on") if error.code == "E608" else self._say("cannot_write", code=error.code)
        self._told[seat] = "wrong", words
        return _to(back)


def _to(place: str) -> Response:
    return RedirectResponse(place, status_code=303)


def listen(port: int = 0) -> socket.socket:
    """A socket on this machine's own address; 0: any free port. E428 where that port cannot be had."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen(128)  # whoever is quicker than the server waits
    except (OSError, OverflowError) as error:
        made.close()
        reason = getattr(error, "strerror", None) or said("there is no such port")
        message = said("port {port} cannot be used: {reason}", port=port, reason=reason)
        raise UsageError("E428", message, hint="leave --port out for any free one") from None
    return made


def serve(page: Page, at: socket.socket) -> None:
    """Serves the page until the process is stopped (Ctrl-C). No request is logged."""
    config = uvicorn.Config(
        page.app, log_config=None, log_level="critical", access_log=False, server_header=False, lifespan="off",
        proxy_headers=False, timeout_graceful_shutdown=5, ws="none", h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    server = uvicorn.Server(config)
    Thread(target=page.warm, daemon=True).start()
    server.run(sockets=[at])
