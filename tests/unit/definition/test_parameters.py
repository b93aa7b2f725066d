"""What is told of plain functions is what `inspect` tells of them."""

from __future__ import annotations

import functools
import inspect

import pytest

from pyexp.definition.parameters import is_async, parameters_of


def plain(a, b: int, /, c: str = "", *rest, d, e: float = 1.0, **more): ...
def none(): ...
async def waits(config, *, out=None): ...
async def gives(config):
    yield config


@functools.wraps(plain)
def wrapping(*args, **kwargs): ...
@functools.wraps(plain)
async def wrapping_async(*args, **kwargs): ...


class Callable:
    def __call__(self, config, logger=None): ...

    def method(self, config): ...


FUNCTIONS = [
    plain,
    none,
    waits,
    gives,
    wrapping,
    wrapping_async,
    functools.partial(plain, 1, d=2),
    functools.partial(waits),
    Callable(),
    Callable().method,
    lambda config, *, out: None,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_is_what_inspect_tells(function):
    expected = [
        (p.name, None if p.annotation is p.empty else p.annotation, p.default is not p.empty, p.kind is p.KEYWORD_ONLY)
        for p in inspect.signature(function).parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]

    told = [(p.name, p.annotation, p.has_default, p.is_keyword) for p in parameters_of(function)]

    assert told == expected
    assert is_async(function) == inspect.iscoroutinefunction(function)
