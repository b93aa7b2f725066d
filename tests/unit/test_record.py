"""Records are what `dataclasses` would make of them, for whoever asks."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pyexp import Config, Task
from pyexp._record import Record, names_of, replace


class Point(Record):
    """A point."""

    x: int
    y: int = 0
    labels: Mapping[str, str] = {}


class Named(Point):
    y: int
    name: str = "p"

    @property
    def title(self) -> str:
        return f"{self.name}:{self.x}"


class Positive(Record):
    x: int

    def __post_init__(self) -> None:
        if self.x <= 0:
            raise ValueError(f"x={self.x}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A point."""

    x: int
    y: int = 0
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)


def test_it_behaves_as_the_dataclass_of_the_same_fields():
    ours, theirs = Point(x=1, labels={"a": "b"}), Twin(x=1, labels={"a": "b"})

    assert repr(ours) == repr(theirs).replace("Twin", "Point")
    assert ours == Point(x=1, labels={"a": "b"}) != Point(x=2)
    assert ours != theirs
    assert not hasattr(ours, "__dict__")
    assert [field.name for field in dataclasses.fields(ours)] == [field.name for field in dataclasses.fields(theirs)]
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert inspect.signature(Point) == inspect.signature(Twin)
    assert dataclasses.is_dataclass(Point)
    assert pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours) == copy.copy(ours) == ours
    assert hash(Positive(x=3)) == hash(Positive(x=3))


def test_a_pickle_of_the_dataclass_that_it_was_is_read():
    point = Point.__new__(Point)
    point.__setstate__(Twin(x=1, y=2).__getstate__())  # type: ignore[attr-defined]

    assert point == Point(x=1, y=2)


@pytest.mark.parametrize("change", [replace, dataclasses.replace])
def test_a_changed_one_is_another(change):
    point = Named(x=1, y=2)

    assert change(point, x=5) == Named(x=5, y=2)
    assert point.x == 1
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        change(point, z=1)


def test_a_default_dict_is_nobody_elses():
    assert Point(x=1).labels is not Point(x=1).labels


def test_a_field_declared_again_keeps_its_place_and_is_required():
    assert names_of(Named) == ("x", "y", "labels", "name")
    assert Named(x=1, y=2).title == "p:1"
    with pytest.raises(TypeError, match="misses the keyword argument 'y'"):
        Named(x=1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "act", [lambda p: setattr(p, "x", 2), lambda p: setattr(p, "new", 2), lambda p: delattr(p, "x")]
)
def test_it_is_frozen(act):
    point = Point(x=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        act(point)
    assert point.x == 1


def test_what_follows_the_making_is_called():
    with pytest.raises(ValueError, match="x=-1"):
        Positive(x=-1)


def test_dataclasses_takes_the_public_ones_for_its_own():
    task = Task(name="a", config=Config(), out=Path("out"), body=print)  # type: ignore[arg-type]

    assert dataclasses.replace(task, attempt=2).attempt == 2
    assert task.environment == {}


def test_making_one_needs_no_dataclasses():
    code = """
    import sys
    from pyexp.task import Passed, replace
    replace(Passed(pid=1), digest="a")
    print([name for name in ("dataclasses", "inspect") if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", inspect.cleandoc(code)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
