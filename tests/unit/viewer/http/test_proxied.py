"""S1, S2, S4 and S10 where a proxy, another name or a frame is allowed: exactly that, and nothing near it."""

from __future__ import annotations

import pytest

from browser.serving import free_port
from pyexp.errors import SettingsError
from pyexp.viewer.allowed import Allowed
from pyexp.viewer.http.security import CONTENT_POLICY, Guard
from unit.viewer.http.test_security import REFUSED_HOSTS, raw
from viewer_server import served

pytestmark = pytest.mark.anyio

BASE = Allowed(base_url="https://hub.example/user/me/proxy/8765/")


async def status_of(client, host: str, origin: str | None = None, path: str = "/api/hello") -> int:
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.token}\r\n"
    return (await raw(client.port, head + (f"Origin: {origin}\r\n" if origin else "")))[0]


@pytest.mark.parametrize("allowed", [BASE, Allowed(hosts=("box",)), Allowed(frames=("https://hub.example",))])
async def test_s1_what_is_not_named_stays_refused(tmp_path, allowed) -> None:
    async with served(tmp_path, allowed=allowed, port=free_port()) as client:
        for spelling in REFUSED_HOSTS:
            assert await status_of(client, spelling.format(port=client.port)) in (400, 403), spelling
        for host in (
            "hub.example.evil",
            "evil.hub.example",
            "hub.example:444",
            "box.evil",
            "boxx",
            "https://hub.example",
        ):
            assert await status_of(client, host) == 403, host


async def test_s1_s2_a_base_url_adds_its_scheme_and_host(tmp_path) -> None:
    async with served(tmp_path, allowed=BASE, port=free_port()) as client:
        for host in ("hub.example", "hub.example:443", f"127.0.0.1:{client.port}", "localhost"):
            assert await status_of(client, host) == 200, host
            assert await status_of(client, host, "https://hub.example") == 200, host
            for origin in ("http://hub.example", "https://evil.example", "https://hub.example:444", "null"):
                assert await status_of(client, host, origin) == 403, (host, origin)
        assert await status_of(client, "localhost", "http://localhost") == 200


async def test_s1_s2_an_allowed_host_adds_its_name(tmp_path) -> None:
    async with served(tmp_path, allowed=Allowed(hosts=("box", "box.lab"))) as client:
        for host in ("box", "box:99", "box.lab", "BOX"):
            assert await status_of(client, host, f"http://{host}") == 200, host
            assert await status_of(client, host, f"https://{host}") == 403, host
            assert await status_of(client, host, "http://other") == 403, host


async def test_s10_frame_ancestors_names_the_allowed_origins_alone(tmp_path) -> None:
    frames = ("https://hub.example", "http://localhost:8888")
    async with served(tmp_path, allowed=Allowed(frames=frames)) as client:
        for path in ("/", "/static/index.html", "/api/hello", "/nowhere"):
            policy = (await client.session.get(client.base + path)).headers["Content-Security-Policy"]
            assert policy == CONTENT_POLICY.replace("ancestors 'none'", f"ancestors {' '.join(frames)}")
        assert await status_of(client, "localhost", "https://hub.example") == 403
        assert await status_of(client, "hub.example") == 403


@pytest.mark.parametrize("allowed", [BASE, Allowed(hosts=("box",)), Allowed(frames=("https://hub.example",))])
async def test_s4_the_token_is_obligatory(tmp_path, allowed) -> None:
    with pytest.raises(SettingsError, match="leave --no-token out"):
        Guard(token=None, allowed=allowed)
    async with served(tmp_path, allowed=allowed, port=free_port()) as client:
        head = "GET /api/hello HTTP/1.1\r\nHost: localhost\r\n"
        assert (await raw(client.port, head))[0] == 401


async def test_the_printed_address_is_the_proxy_s(tmp_path) -> None:
    from pyexp.viewer.settings import ViewerSettings

    settings = ViewerSettings(root=tmp_path, token="t", allowed=BASE)
    assert settings.url(5) == "https://hub.example/user/me/proxy/8765/#token=t"
