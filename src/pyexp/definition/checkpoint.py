"""`@chkpt`: steps of a run whose outcome is saved, so that a later attempt does not repeat them."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pyexp.definition.base import Experiment, attributes_of, restore_attributes
from pyexp.definition.parameters import is_async
from pyexp.errors import DamagedFileError
from pyexp.executors.invoke import current_run
from pyexp.store.checkpoints import load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pyexp.definition.mutations import Observed

F = TypeVar("F", bound="Callable[..., Any]")

_current_step: ContextVar[_Step] = ContextVar("pyexp_current_step")


@overload
def chkpt(function: F) -> F: ...
@overload
def chkpt(*, retry: int = 1, mutates: bool = False) -> Callable[[F], F]: ...
def chkpt(function: Any = None, *, retry: int = 1, mutates: bool = False) -> Any:
    """Keep the outcome of a method of an `Experiment`, or of a helper function of an experiment function.

    The first call in a run saves what it returns (and, for a method, the instance's attributes) in the run's
    ``.checkpoints`` folder as ``<name>.pkl``, the k-th as ``<name>.<k>.pkl``. When the run is continued or retried, the
    call is skipped: the attributes come back and the saved value is returned. Outside of a run, and in a thread that
    the run has started, it is a plain call.

    A function that changes its arguments or global variables in place, and does not return them, would leave the change
    out when it is skipped: such a call is not kept, and a warning says so.

    Args:
        function: The method or function, sync or async.
        retry: Attempts at most, when the function raises an `Exception`.
        mutates: Keep the positional arguments of a function too, and change them in place when the call is skipped:
            dicts, lists, NumPy arrays and objects with attributes.

    Raises:
        ValueError: *retry* is not a positive integer.
        TypeError: When called with *mutates*: an argument cannot be changed in place from outside.
    """
    if not isinstance(retry, int) or isinstance(retry, bool) or retry < 1:
        raise ValueError(f"chkpt(retry={retry!r}): expected the number of attempts, 1 or more")
    if function is None:
        return functools.partial(_checkpointed, retry=retry, mutates=mutates)
    return _checkpointed(function, retry=retry, mutates=mutates)


def _checkpointed(function: Callable[..., Any], *, retry: int, mutates: bool) -> Callable[..., Any]:
    name = getattr(function, "__name__", "step")
    if not name.isidentifier():
        import re

        name = re.sub(r"\W", "_", name)
    wrap = _wrap_async if is_async(function) else _wrap
    return wrap(function, name, retry, mutates=mutates)


def _wrap(function: Callable[..., Any], name: str, retry: int, *, mutates: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        step = _Step(name, args, mutates=mutates)
        if step.is_done():
            return step.returned
        step.observe(function, args, kwargs)
        for number in range(1, retry + 1):
            with step.attempt(number, retry):
                step.returned = function(*args, **kwargs)
                break
        return step.save()

    return wrapper


def _wrap_async(function: Callable[..., Any], name: str, retry: int, *, mutates: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        step = _Step(name, args, mutates=mutates)
        if step.is_done():
            return step.returned
        step.observe(function, args, kwargs)
        for number in range(1, retry + 1):
            with step.attempt(number, retry):
                step.returned = await function(*args, **kwargs)
                break
        return step.save()

    return wrapper


class _Step:
    """One call of a checkpointed function in a run, or outside of any.

    The calls within it are counted and kept with it: a step that is skipped, or tried again, leaves the count of the
    run's calls where it would have left it otherwise, so that the k-th call is the same one in each attempt.
    """

    def __init__(self, name: str, args: tuple[Any, ...], *, mutates: bool) -> None:
        self.run = current_run.get(None)
        self._name = name
        self._instance = args[0] if args and isinstance(args[0], Experiment) else None
        self._args = args if mutates and self._instance is None else ()
        self._observed: Observed | None = None
        self.inner: Counter[str] = Counter()
        outer = _current_step.get(None)
        self.outer = outer if outer is not None and outer.run is self.run else None
        self.returned: Any = None
        self._path: Path | None = None
        if self.run is not None:
            self._count({name: 1})
            self._path = self.run.paths.checkpoint(name, self.run.calls[name])

    def is_done(self) -> bool:
        """Return whether an earlier attempt saved this call; its value is then in `returned`, the attributes set."""
        if self._path is None:
            return False
        try:
            saved = load_checkpoint(self._path)
            inner, self.returned = dict(saved["calls"]), saved["returned"]
            if self._instance is not None:
                restore_attributes(self._instance, saved["attributes"])
            if self._args:
                from pyexp.definition.mutations import put_back

                put_back(self._args, saved["arguments"])
        except FileNotFoundError:
            return False
        except (DamagedFileError, KeyError, TypeError, ValueError) as error:
            print(f"chkpt {self._name}: {error}; the step runs again", file=sys.stderr)  # noqa: T201 — the run's log
            return False
        self._count(inner)
        return True

    def observe(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Note the arguments of the call before it may change them."""
        if self._path is None or self._instance is not None:
            return
        # Imported where there is a run to keep steps of: the process of most runs has none.
        from pyexp.definition.mutations import Observed, contents_of

        contents_of(self._args)  # refused now, and not when the work is done
        if not self._args:
            self._observed = Observed(function, args, kwargs)

    @contextmanager
    def attempt(self, number: int, retry: int) -> Iterator[None]:
        """Call the function in the block; what it raises is kept back unless the attempt *number* was the last."""
        token = _current_step.set(self)
        try:
            yield
        except Exception as error:
            if number == retry:
                raise
            self._note_failure(error, number, retry)
            self._count({name: -calls for name, calls in self.inner.items()})
            self.inner.clear()
        finally:
            _current_step.reset(token)

    def save(self) -> Any:
        """Save the returned value and the instance's attributes, and return the value."""
        changed = [] if self._observed is None else self._observed.changed(self.returned)
        if changed:
            print(  # noqa: T201 — the run's log
                f"warning: chkpt {self._name}: the call changed {', '.join(changed)} and did not return it, so that "
                f"skipping it would lose the change; it is not kept, and is repeated when the run is continued: return "
                f"what is changed, or use chkpt(mutates=True)",
                file=sys.stderr,
            )
            return self.returned
        if self._path is not None:
            saved: dict[str, Any] = {"returned": self.returned, "calls": dict(self.inner)}
            if self._instance is not None:
                saved["attributes"] = attributes_of(self._instance)
            if self._args:
                from pyexp.definition.mutations import contents_of

                saved["arguments"] = contents_of(self._args)
            save_checkpoint(self._path, saved)
        return self.returned

    def _count(self, calls: Mapping[str, int]) -> None:
        """Count *calls* for the run, and for the steps around this one."""
        if self.run is not None:
            self.run.calls.update(calls)
        outer = self.outer
        while outer is not None:
            outer.inner.update(calls)
            outer = outer.outer

    def _note_failure(self, error: Exception, attempt: int, retry: int) -> None:
        """Print that an attempt failed and another follows."""
        print(  # noqa: T201 — the run's log
            f"chkpt {self._name}: attempt {attempt} of {retry} failed ({type(error).__name__}: {error}); trying again",
            file=sys.stderr,
        )
