"""What may be allowed beyond the viewer's own address: exact names and origins, never patterns."""

from __future__ import annotations

import pytest

from pyexp.errors import SettingsError
from pyexp.viewer.allowed import Allowed

URLS = [
    ("https://hub.example/user/me/proxy/8765/", "https://hub.example"),
    ("https://hub.example/", "https://hub.example"),
    ("https://hub.example:443/", "https://hub.example"),
    ("http://hub.example:8000/a/", "http://hub.example:8000"),
    ("https://[::1]:8443/", "https://[::1]:8443"),
]


@pytest.mark.parametrize(("url", "origin"), URLS)
def test_a_base_url_has_one_origin(url: str, origin: str) -> None:
    assert Allowed(base_url=url).base_origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "hub.example",
        "https://hub.example",
        "https://hub.example/a",
        "ftp://hub.example/",
        "https://*.example/",
        "https://hub.example/?a",
        "https://hub.example/#a",
        "https://me:secret@hub.example/",
        "https://hub.example:x/",
        "https://hub.example:0/",
        "https:///a/",
        "https://hub.example/a/../b;c/",
        "https://hub example/",
        "https://HUB.example/ ",
        "javascript:alert(1)//",
        "",
    ],
)
def test_a_base_url_is_exact(url: str) -> None:
    with pytest.raises(SettingsError, match="expected an exact address"):
        Allowed(base_url=url)


@pytest.mark.parametrize(
    "name", ["*", "*.example", "hub.example:80", "http://hub", "", "a b", "hub..example", "-a", "a;b"]
)
def test_a_host_is_one_exact_name(name: str) -> None:
    with pytest.raises(SettingsError, match="expected one exact name"):
        Allowed(hosts=(name,))


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://*",
        "'self'",
        "null",
        "https://hub.example/",
        "https://hub.example; script-src *",
        "hub",
        "https:",
        "data:",
    ],
)
def test_a_frame_is_one_exact_origin(origin: str) -> None:
    with pytest.raises(SettingsError, match="expected an exact address"):
        Allowed(frames=(origin,))


@pytest.mark.parametrize(
    ("header", "is_base"),
    [
        ("hub.example", True),
        ("HUB.example", True),
        ("hub.example:443", True),
        ("hub.example:80", False),
        ("hub.example.evil", False),
        ("evil-hub.example", False),
        ("hub.example:443:1", False),
        ("", False),
    ],
)
def test_the_host_of_a_base_url(header: str, is_base: bool) -> None:
    assert Allowed(base_url="https://hub.example/a/").is_base(header) is is_base
    assert Allowed().is_base(header) is False
