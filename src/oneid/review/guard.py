"""Who may use the page: the browser that was given the link, and nothing that another page makes it send.

Everything is refused but what this page itself sends:

- ``Host`` must be our own address, so that no name of another's leads here (DNS rebinding).
- The link's token is spent at its first use, and becomes a cookie that no other site's request carries and no script
  reads. Whoever has no cookie sees nothing.
- What changes something is a POST of a small form from our own origin with the session's own word in it.
- The page loads nothing from elsewhere, runs no script but ours, stands in no frame and stays in no cache.

What is logged is the kind of an error and the place in the code: no address, no form, no value.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import traceback
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEADERS", "Guard"]

MOST_BYTES = 64 * 1024
"""The largest form."""
_FORM = "application/x-www-form-urlencoded"
_OPEN = "/static/"
"""What holds nothing of anybody: style and script."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer."""

Refusal = Callable[[int, str], Response]
"""Makes the page that says why something is refused: the status, and the key of the words."""


class Guard:
    """In front of the page. ``port``: where it listens; ``people``: how many links there are; ``refusal`` makes the
    page of a refusal; ``tell`` is told of errors.
    """

    def __init__(
        self, app: ASGIApp, port: int, people: int, refusal: Refusal, tell: Callable[[str], None] = lambda _text: None
    ) -> None:
        self._app, self._refusal, self._tell = app, refusal, tell
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"oneid_review_{port}"
        self._secret = secrets.token_bytes(32)
        tokens = [secrets.token_urlsafe(24) for _ in range(people)]
        self._unspent = {_digest(token) for token in tokens}
        self._sessions = set[bytes]()
        self.links = [f"http://127.0.0.1:{port}/?token={token}" for token in tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return

        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            refused = await self._admit(scope, receive)
            await (self._app if refused is None else refused)(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - whatever it is, it holds values that nobody may read
            self._tell(f"error: {type(error).__name__} at {_place(error)}")
            if not begun:
                await self._refusal(500, "broken")(scope, receive, guarded)

    async def _admit(self, scope: Scope, receive: Receive) -> Response | None:
        """None where the request may go on, with its session and its form in the scope; else the answer."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return self._refusal(421, "forbidden")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return self._refusal(405, "forbidden")
        if scope["path"].startswith(_OPEN) and scope["method"] != "POST":
            return None
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if token and scope["path"] == "/" and scope["method"] == "GET":
            return self._enter(token[0])
        session = self._session(headers)
        if session is None:
            return self._refusal(403, "no_entry")
        scope["csrf"] = self._word(session)
        scope["form"] = {}
        return await self._form(scope, receive, headers, hosts[0]) if scope["method"] == "POST" else None

    def _enter(self, token: str) -> Response:
        """Spends a token."""
        digest = _digest(token)
        if digest not in self._unspent:
            return self._refusal(403, "used")
        self._unspent.remove(digest)
        session = secrets.token_urlsafe(32)
        self._sessions.add(_digest(session))
        # a page and no redirect: a link that was followed from another site would not carry the cookie along
        answer = self._refusal(200, "enter")
        answer.set_cookie(self._cookie, session, path="/", httponly=True, samesite="strict")
        return answer

    def _session(self, headers: Headers) -> str | None:
        given = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        return given if _digest(given) in self._sessions else None

    def _word(self, session: str) -> str:
        """What a form of the session must say."""
        return hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()

    async def _form(self, scope: Scope, receive: Receive, headers: Headers, host: str) -> Response | None:
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return self._refusal(403, "forbidden")
        if origin is None and headers.get("sec-fetch-site") != "same-origin":
            return self._refusal(403, "forbidden")
        if headers.get("content-type", "").partition(";")[0].strip() != _FORM:
            return self._refusal(415, "forbidden")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self._refusal(413, "too_large")
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or len(body) > MOST_BYTES:
                return self._refusal(413, "too_large")
            if not message.get("more_body"):
                break
        try:
            form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20))
        except ValueError:  # no form, or no text
            return self._refusal(400, "forbidden")
        if not hmac.compare_digest(form.pop("csrf", "").encode(), scope["csrf"].encode()):
            return self._refusal(403, "forbidden")
        scope["form"] = form
        return None


def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode("utf-8", "replace")).digest()


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno}"
