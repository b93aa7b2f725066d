"""The exchange hands on in order, holds a bounded amount, and lets everybody wait."""

from __future__ import annotations

import anyio
import pytest

from pyexp.executors.remote.exchange import Exchange
from pyexp.executors.remote.messages import Piece

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def piece(number: int, size: int = 0) -> Piece:
    return Piece(path=str(number), offset=0, data=b"x" * size)


async def test_messages_come_out_in_order_and_once():
    exchange = Exchange()
    await exchange.put("a", [piece(1), piece(2)])
    await exchange.put("b", [piece(3)])

    assert await exchange.take() == [("a", piece(1)), ("a", piece(2)), ("b", piece(3))]
    with anyio.move_on_after(0.01) as scope:
        await exchange.take()
    assert scope.cancelled_caught


async def test_sender_waits_while_the_box_is_full():
    exchange = Exchange(limit_bytes=1000)
    await exchange.put("a", [piece(1, 1000)])
    sent = []

    async def send() -> None:
        await exchange.put("a", [piece(2)])
        sent.append(2)

    async with anyio.create_task_group() as group:
        group.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        assert sent == []
        assert await exchange.take() == [("a", piece(1, 1000))]
        assert await exchange.take() == [("a", piece(2))]
    assert sent == [2]


async def test_each_wish_to_stop_is_heard_once_whoever_comes_first():
    exchange = Exchange()
    heard = []

    async def wait() -> None:
        heard.append(await exchange.wait_for_stop("a"))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await exchange.stop("a", 3.0)
        await exchange.stop("a", 0.0)
    await wait()
    assert heard == [3.0, 0.0]


async def test_forgetting_an_attempt_releases_who_waits():
    exchange = Exchange()
    heard = []

    async def wait() -> None:
        heard.append(await exchange.wait_for_stop("a"))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await exchange.forget("a")
    assert heard == [None]


async def test_files_for_one_attempt_are_not_given_to_another():
    exchange = Exchange()
    await exchange.give("a", [piece(1)])
    await exchange.give("b", [piece(2)])

    assert await exchange.fetch("b") == [("b", piece(2))]
    assert await exchange.fetch("a") == [("a", piece(1))]
