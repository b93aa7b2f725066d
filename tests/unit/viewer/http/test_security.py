"""S1 to S5 and S10: who is answered, and what the answer allows."""

from __future__ import annotations

import anyio
import pytest
from aiohttp import web

from pyexp.errors import SettingsError
from pyexp.viewer.data.library import Library
from pyexp.viewer.http.app import build_app
from pyexp.viewer.http.security import CONTENT_POLICY, Guard, is_loopback, own_names
from pyexp.viewer.live.hub import Hub
from viewer_server import served

pytestmark = pytest.mark.anyio

REFUSED_HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "127.0.0.1.nip.io:{port}",
    "localhost.:{port}",
    "127.1:{port}",
    "0.0.0.0:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "0177.0.0.1:{port}",
    "127.0.0.2:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "::1",
    "[::1",
    "user@localhost:{port}",
    "localhost:{port}@evil.example",
    "localhost/evil.example",
    "localhost\\evil.example",
    "localhost evil.example",
    "localhost:{port}:80",
    "localhost:port",
    "localhost:",
    "localhost,evil.example",
    "",
    "LOCALHOST.EVIL",
    "lоcalhost",  # noqa: RUF001 — a Cyrillic o, on purpose
]
LOCAL = ["localhost", "127.0.0.1", "[::1]"]


async def raw(port: int, head: str) -> tuple[int, str]:
    """Send bytes as they are, since clients correct what is wrong."""
    stream = await anyio.connect_tcp("127.0.0.1", port)
    async with stream:
        await stream.send((head + "Connection: close\r\n\r\n").encode())
        data = b""
        with anyio.fail_after(10):
            try:
                while True:
                    data += await stream.receive()
            except anyio.EndOfStream:
                pass
    text = data.decode("latin-1")
    return int(text.split(" ", 2)[1]), text


@pytest.mark.slow
async def test_s1_other_host_names_are_refused(tmp_path):
    async with served(tmp_path) as client:
        for spelling in REFUSED_HOSTS:
            host = spelling.format(port=client.port)
            for path in ("/", "/api/catalog", "/static/index.html"):
                head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.token}\r\n"
                status, _ = await raw(client.port, head)
                assert status in (403, 400), (host, path)
                assert status == 403 or not host.isascii() or not host.strip(), host


async def test_s1_own_host_names_pass(tmp_path):
    async with served(tmp_path) as client:
        for name in LOCAL:
            for host in (name, f"{name}:{client.port}", f"{name}:9"):
                head = f"GET /api/hello HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.token}\r\n"
                assert (await raw(client.port, head))[0] == 200, host


@pytest.mark.slow
async def test_s1_two_hosts_or_none_are_a_bad_request(tmp_path):
    async with served(tmp_path) as client:
        head = f"GET / HTTP/1.1\r\nHost: localhost:{client.port}\r\nHost: evil.example\r\n"
        assert (await raw(client.port, head))[0] == 400
        assert (await raw(client.port, "GET / HTTP/1.1\r\n"))[0] == 400


async def test_s2_other_sites_get_nothing(tmp_path):
    async with served(tmp_path) as client:
        origins = [
            "http://evil.example",
            "null",
            f"http://localhost:{client.port + 1}",
            "http://127.0.0.1",
            f"https://127.0.0.1:{client.port}",
            f"http://127.0.0.1:{client.port}.evil.example",
            "",
        ]
        for origin in origins:
            for path in ("/api/live", "/api/figure?run=1&tag=1&index=0", "/api/catalog"):
                head = (
                    f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nOrigin: {origin}\r\n"
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    f"Sec-WebSocket-Protocol: pyexp.v1, token.{client.token}\r\n"
                )
                status, answer = await raw(client.port, head)
                assert status == 403, (origin, path)
                assert "epoch" not in answer
        head = (
            f"GET /api/catalog HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n"
            f"Authorization: Bearer {client.token}\r\n"
        )
        assert (await raw(client.port, head))[0] == 403


async def test_s2_the_own_page_gets_its_socket(tmp_path):
    async with (
        served(tmp_path) as client,
        client.session.ws_connect(client.base + "/api/live", protocols=client.protocols, origin=client.base) as socket,
    ):
        assert socket.protocol == "pyexp.v1"
        assert (await socket.receive_json())["type"] == "hello"


async def test_s3_only_get_and_head(tmp_path):
    async with served(tmp_path) as client:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"):
            for path in ("/", "/api/catalog", "/api/live", "/nowhere"):
                head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {client.token}\r\n"
                status, _ = await raw(client.port, head)
                assert status == 405 or (method == "get" and status == 400), (method, path, status)
        head = f"HEAD /api/catalog HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {client.token}\r\n"
        assert (await raw(client.port, head))[0] == 200


def known_routes(tmp_path) -> list[str]:
    app = build_app(Library(tmp_path), Hub(), Guard(token="secret"))
    return sorted({resource.canonical for resource in app.router.resources()})


@pytest.mark.slow
async def test_s4_every_route_with_data_needs_the_token(tmp_path):
    routes = known_routes(tmp_path)
    assert len(routes) > 20
    open_routes = {"/", "/favicon.ico", "/static/{path}"}
    assert open_routes < set(routes)
    async with served(tmp_path) as client:
        wrong = [
            "",
            "Authorization: Bearer \r\n",
            "Authorization: Bearer secret2\r\n",
            "Authorization: Basic secret\r\n",
        ]
        wrong += ["Authorization: secret\r\n", "Cookie: token=secret\r\n", "Sec-WebSocket-Protocol: token.wrong\r\n"]
        wrong += ["Sec-WebSocket-Protocol: secret\r\n", "Authorization: Bearer \xe9\r\n"]
        for path in [*sorted(set(routes) - open_routes), "/api/", "/api/nowhere", "/api/catalog?token=secret"]:
            for header in wrong:
                status, answer = await raw(client.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}")
                assert status == 401, (path, header)
                assert "secret" not in answer
        assert (await raw(client.port, "GET /static/nothing.js HTTP/1.1\r\nHost: localhost\r\n"))[0] == 404


async def test_without_a_token_loopback_is_served_and_nothing_else(tmp_path):
    async with served(tmp_path, token=None) as client:
        assert (await client.json("/api/hello"))["token"] is False
        assert "#" not in client.base
    with pytest.raises(SettingsError, match="listen on 127"):
        Guard(host="0.0.0.0", token=None)


TRAVERSALS = [
    "..",
    "../..",
    "../app.py",
    "%2e%2e/app.py",
    "..%2fapp.py",
    "%252e%252e%252fapp.py",
    "..\\app.py",
    "..%5capp.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "C:%5cWindows%5cwin.ini",
    "....//app.py",
    "index.html/..",
    "./index.html",
    "index.html%00.js",
    "%00",
    "link.js",
    "-1",
    "1e3",
    "0x10",
    "٣",
    "99999999999999999999",
    "%ff",
]


@pytest.mark.slow
async def test_s5_no_parameter_is_a_path(tmp_path, monkeypatch):
    (tmp_path / "link.js").symlink_to("/etc/passwd")
    async with served(tmp_path) as client:
        expected = (await client.json("/api/run", run=1, status=404))["error"]
        for attack in TRAVERSALS:
            paths = [f"/static/{attack}", f"/api/run?run={attack}", f"/api/log?run={attack}"]
            paths += [f"/api/picture?kind=figures&run={attack}&tag=1&index=0"]
            paths += [f"/api/series?tag={attack}&runs=1", f"/api/series?tag=1&runs={attack}"]
            paths += [f"/api/text?run=1&tag={attack}&index=0", f"/api/figure?run={attack}&tag=1&index=0"]
            for path in paths:
                head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {client.token}\r\n"
                if not path.isascii():
                    continue
                status, answer = await raw(client.port, head)
                assert "root:" not in answer
                assert "import" not in answer
                assert status == 404 or (status == 400 and "%ff" in path), (path, status)
                if status == 404:
                    assert expected in answer, path


async def test_s10_headers_on_every_route(tmp_path):
    expected = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert expected == CONTENT_POLICY
    async with served(tmp_path) as client:
        for route in [*known_routes(tmp_path), "/nowhere", "/api/nowhere"]:
            path = route.replace("{path}", "index.html")
            for headers in ({}, client.headers, {"Host": "evil.example"}, {"Origin": "http://evil.example"}):
                async with client.session.get(client.base + path, headers=headers) as answer:
                    assert answer.headers["Content-Security-Policy"] == expected
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
                    assert answer.headers["Referrer-Policy"] == "no-referrer"
                    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
                    assert "aiohttp" not in answer.headers["Server"]
        async with client.session.post(client.base) as answer:
            assert answer.headers["Content-Security-Policy"] == expected
        async with client.session.ws_connect(client.base + "/api/live", protocols=client.protocols) as socket:
            assert socket._response.headers["Content-Security-Policy"] == expected


async def test_a_failing_handler_gives_the_error_shape(tmp_path):
    @web.middleware
    async def fail(request, handler):
        raise web.HTTPServiceUnavailable(reason="Not now.")

    from pyexp.viewer.http.security import guard_middleware

    request = make_request()
    answer = await guard_middleware(Guard(token=None))(request, lambda r: fail(r, None))
    assert (answer.status, answer.text) == (503, '{"error":"Not now.","status":503}')


def make_request(host="localhost"):
    from aiohttp.test_utils import make_mocked_request

    return make_mocked_request("GET", "/", headers={"Host": host})


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.0.0.9", True), ("0.0.0.0", False), ("box", False)],
)
def test_is_loopback(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("header", "is_served"),
    [
        ("192.168.1.5:8765", True),
        ("box:8765", True),
        ("Desk.Lab.example:8765", True),
        ("localhost", True),
        ("evil.example", False),
        ("[fe80::1]", True),
    ],
)
def test_on_an_open_address_names_are_still_listed(header, is_served):
    request = make_request(header)
    names = frozenset({"desk", "desk.lab.example"})
    refused = Guard(host="box", names=names, token="secret").refuse(request)
    assert (refused is None) is is_served
    if refused is not None:
        expected = "http://127.0.0.1, http://localhost, http://desk, http://desk.lab.example or this machine's numeric"
        assert expected in refused.text
    refused = Guard(names=names, token="secret").refuse(make_request("desk"))
    assert "http://127.0.0.1 or http://localhost." in refused.text


async def test_a_viewer_for_other_machines_goes_by_its_own_names(tmp_path):
    async with served(tmp_path, host="0.0.0.0") as client:
        for name in own_names():
            head = f"GET / HTTP/1.1\r\nHost: {name}:{client.port}\r\n"
            assert (await raw(client.port, head))[0] == 200, name
