from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import get_type_hints

import pytest

from pyexp.errors import SettingsError
from pyexp.executors.base import Executor
from pyexp.runner.settings import Settings, check_declared, resolve
from pyexp.runner.signatures import DeclaredSettings, StartSettings

NAMES = {"Executor": Executor, "os": os, "Mapping": Mapping}


def test_a_call_takes_exactly_the_settings_with_their_types():
    assert get_type_hints(StartSettings, localns=NAMES) == get_type_hints(Settings, localns=NAMES)
    assert StartSettings.__required_keys__ == frozenset()


def test_a_decorator_takes_exactly_those_that_it_accepts():
    accepted = {field.name for field in fields(Settings) if is_accepted(field.name)}
    assert set(DeclaredSettings.__annotations__) == accepted
    assert DeclaredSettings.__annotations__.items() <= StartSettings.__annotations__.items()


def is_accepted(key: str) -> bool:
    try:
        check_declared({key: getattr(resolve(), key)})
    except SettingsError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("name", ["experiment", "ExperimentRunner", "chkpt", "Tensor"])
def test_no_program_imports_them(name: str):
    program = f"import sys, pyexp; pyexp.{name}; print('pyexp.runner.signatures' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
