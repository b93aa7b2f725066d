"""Tickets are good once, and for a minute."""

from __future__ import annotations

import pytest

from pyexp.viewer.http import tickets
from pyexp.viewer.http.tickets import Tickets
from unit.viewer.http.test_security import raw
from viewer_server import served


def test_a_ticket_is_good_once() -> None:
    box = Tickets()
    ticket = box.issue()
    assert box.redeem(ticket)
    assert not box.redeem(ticket)
    for other in ("", "x", ticket + "x", "\udcff"):
        assert not box.redeem(other)


def test_a_ticket_is_good_for_a_minute(monkeypatch) -> None:
    now = 1000.0
    monkeypatch.setattr(tickets.time, "monotonic", lambda: now)
    box = Tickets()
    first, second = box.issue(), box.issue()
    now += 59.9
    assert box.redeem(first)
    now += 0.2
    assert not box.redeem(second)


def test_only_the_newest_are_kept() -> None:
    box = Tickets()
    first, *_, last = [box.issue() for _ in range(200)]
    assert not box.redeem(first)
    assert box.redeem(last)


@pytest.mark.anyio
async def test_s4_a_ticket_is_given_for_the_token_and_the_token_for_a_ticket_alone(tmp_path) -> None:
    async with served(tmp_path) as client:
        ticket = (await client.json("/api/ticket"))["ticket"]
        assert (await raw(client.port, "GET /api/ticket HTTP/1.1\r\nHost: localhost\r\n"))[0] == 401
        for header in (
            "",
            "Authorization: Ticket \r\n",
            "Authorization: Ticket x\r\n",
            f"Authorization: Bearer {ticket}\r\n",
        ):
            status, answer = await raw(client.port, f"GET /ticket HTTP/1.1\r\nHost: localhost\r\n{header}")
            assert status == 401
            assert client.token not in answer
        head = f"GET /ticket HTTP/1.1\r\nHost: localhost\r\nAuthorization: Ticket {ticket}\r\n"
        status, answer = await raw(client.port, head)
        assert (status, client.token in answer, "no-store" in answer) == (200, True, True)
        assert (await raw(client.port, head))[0] == 401
        head = "GET /ticket HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nAuthorization: Ticket x\r\n"
        assert (await raw(client.port, head))[0] == 403
