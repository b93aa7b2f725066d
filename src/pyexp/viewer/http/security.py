"""Who may ask the viewer, and what its answers allow a browser to do.

Owns the allow-lists of hosts, origins and methods, the token and the headers; does not know what is asked for.
Everything is an allow-list: what is not named here is refused.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiohttp import web

from pyexp.errors import SettingsError
from pyexp.viewer.allowed import Allowed
from pyexp.viewer.http.responses import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.typedefs import Handler, Middleware

_TOKEN_PREFIX: Final = "token."  # noqa: S105 — what stands before the token
_METHODS: Final = frozenset({"GET", "HEAD"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# The hash is of nothing: plotly inserts an empty <style>. Style attributes are allowed nowhere.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
)
CONTENT_POLICY: Final = _POLICY + "'none'"
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "pyexp",
}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")


def is_loopback(host: str) -> bool:
    """Return whether *host* is an address that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def own_names() -> frozenset[str]:
    """Return the names of this machine, full and short; may block on a name server."""
    return frozenset(name.lower() for name in (socket.gethostname(), socket.getfqdn()) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Decides about each request before any handler sees it.

    Attributes:
        host: The address that the server listens on.
        names: The names of this machine, by which others reach an address that is not a loopback one.
        token: The secret that all data needs; None serves everybody who can reach a loopback address.
        allowed: What is let in beyond that.
    """

    host: str = "127.0.0.1"
    names: frozenset[str] = frozenset()
    token: str | None = field(repr=False)
    allowed: Allowed = field(default_factory=Allowed)

    def __post_init__(self) -> None:
        if self.token is None and self.allowed.is_any:
            raise SettingsError(
                "the viewer would be reached through another host or from inside another page without a token: "
                "leave --no-token out, or leave out --base-url, --allow-host and --allow-frame"
            )
        if self.token is None and not is_loopback(self.host):
            raise SettingsError(
                f"the viewer would listen on {self.host!r}, where other machines reach it, without a token: "
                "leave --no-token out, or listen on 127.0.0.1"
            )

    def refuse(self, request: web.Request) -> web.Response | None:
        """Return the answer to a request that must not be served; None for one that may."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1:
            return refusal(400, f"The request has {len(hosts)} Host headers, expected one.")
        if not self._is_known_host(hosts[0]):
            return refusal(403, f"This server does not go by that name: open it as {self._known_names()}.")
        if request.method not in _METHODS:
            return refusal(405, "The viewer only looks: GET and HEAD are all it takes.", {"Allow": "GET, HEAD"})
        if not self._is_own_page(request, hosts[0]):
            return refusal(403, "Another site's page asked; only the viewer's own pages are answered.")
        if request.path.startswith("/api/") and not self.has_token(request):
            return refusal(401, "The token is missing or wrong: open the address that the viewer printed.")
        return None

    @property
    def content_policy(self) -> str:
        """What a browser may do with the answers; who may frame them stands at its end."""
        return _POLICY + (" ".join(self.allowed.frames) or "'none'")

    def has_token(self, request: web.Request) -> bool:
        """Return whether the request carries the token, as a Bearer header or as a websocket subprotocol."""
        if self.token is None:
            return True
        expected = self.token.encode()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.encode("utf-8", "replace"), expected):
            return True
        offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", [])).split(",")
        return any(
            hmac.compare_digest(name.strip()[len(_TOKEN_PREFIX) :].encode("utf-8", "replace"), expected)
            for name in offered
            if name.strip().startswith(_TOKEN_PREFIX)
        )

    def _is_known_host(self, header: str) -> bool:
        match = _HOST.fullmatch(header)
        if match is None:
            return False
        name = match[1].lower()
        if name in _LOOPBACK or name in self.allowed.hosts or self.allowed.is_base(header):
            return True
        if is_loopback(self.host):
            return name.strip("[]") == self.host
        # A numeric address cannot be rebound to another machine; of names only our own are known.
        return name in {self.host.lower(), *self.names} or _is_address(name)

    def _known_names(self) -> str:
        names = ["http://127.0.0.1", "http://localhost", *(f"http://{name}" for name in self.allowed.hosts)]
        names += [self.allowed.base_url] if self.allowed.base_url else []
        if not is_loopback(self.host):
            names += [f"http://{name}" for name in sorted(self.names)] + ["this machine's numeric address"]
        return f"{', '.join(names[:-1])} or {names[-1]}"

    def _own_origins(self, host: str) -> list[list[str]]:
        """Return the allowed values of ``Origin``: the address in ``Host``, and the proxy's own."""
        base = [[self.allowed.base_origin]] if self.allowed.base_origin else []
        return base if self.allowed.is_base(host) else [[f"http://{host}"], *base]

    def _is_own_page(self, request: web.Request, host: str) -> bool:
        origins = request.headers.getall("Origin", [])
        if origins and origins not in self._own_origins(host):
            return False
        site = request.headers.get("Sec-Fetch-Site", "none")
        # A link from elsewhere may open the empty shell; data only goes to the shell itself.
        return site in {"same-origin", "none"} or request.path == "/"


def guard_middleware(guard: Guard) -> Middleware:
    """Put *guard* before all handlers, and turn their errors into the one error shape."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = guard.refuse(request)
        if refused is not None:
            return refused
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return refusal(404)
        except web.HTTPException as error:
            return refusal(error.status, error.reason)

    return check


def add_headers(guard: Guard) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Set the headers of every answer."""

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = guard.content_policy
        for name, value in _HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")

    return add


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
