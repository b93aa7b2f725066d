from __future__ import annotations

import pytest

from pyexp.errors import SettingsError
from pyexp.runner.settings import Settings, check_declared, resolve


def test_later_layers_win_and_silent_ones_do_not():
    settings = resolve({"jobs": 1, "name": "declared"}, {"jobs": 2}, {"executor": "fork"})

    assert (settings.jobs, settings.name, settings.executor, settings.retries) == (2, "declared", "fork", 0)


@pytest.mark.parametrize("given", [{"report_run": "2024"}, {"report_run": "2024", "continue_run": None}])
def test_continue_and_report_take_each_others_place(given):
    settings = resolve({}, {"continue_run": True}, given)
    assert (settings.continue_run, settings.report_run) == (None, "2024")

    settings = resolve({}, {"report_run": True}, {"continue_run": "latest"})
    assert (settings.continue_run, settings.report_run) == ("latest", None)


def test_continue_and_report_of_one_layer_exclude_each_other():
    with pytest.raises(SettingsError, match="exclude each other"):
        resolve({}, {"continue_run": True, "report_run": True}, {"jobs": 1})


def test_unknown_setting_names_the_nearest():
    with pytest.raises(SettingsError, match=r"no setting 'job': did you mean 'jobs'\?"):
        resolve({"job": 2})


@pytest.mark.parametrize("key", ["filter", "dry_run", "continue_run", "report_run"])
def test_decorator_takes_only_what_describes_the_experiment(key):
    with pytest.raises(SettingsError, match=f"no setting '{key}'"):
        check_declared({key: True})


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"jobs": 0}, "jobs=0: expected a whole number, 1 or more"),
        ({"jobs": True}, "jobs=True"),
        ({"gpus": -1}, "gpus=-1: expected a whole number, 0 or more"),
        ({"retries": 1.5}, "retries=1.5"),
        ({"timeout": 0}, "timeout=0: expected seconds, more than 0"),
        ({"timeout": "5"}, "timeout='5'"),
        ({"capture": "maybe"}, "capture='maybe': expected True, False or 'no'"),
        ({"filter": "("}, r"filter='\(' is not a regular expression"),
        ({"continue_run": True, "report_run": True}, "exclude each other"),
    ],
)
def test_value_that_cannot_be_taken_is_told(setting, words):
    with pytest.raises(SettingsError, match=words):
        Settings(**setting)


def test_none_for_jobs_leaves_the_choice_to_the_executor():
    assert Settings(jobs=None).jobs is None


@pytest.mark.parametrize(("capture", "expected"), [(True, True), (False, False), ("no", False)])
def test_capture(capture, expected):
    assert Settings(capture=capture).is_captured is expected


@pytest.mark.parametrize(("given", "expected"), [(True, None), ("latest", "latest"), ("2024", "2024")])
def test_timestamp(given, expected):
    assert Settings(continue_run=given).timestamp("continue_run") == expected
