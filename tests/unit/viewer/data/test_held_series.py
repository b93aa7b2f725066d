"""What is kept of series: nothing that is out of date, and never too much."""

from __future__ import annotations

from array import array

from pyexp.log import Logger
from pyexp.log.values.series import Series
from pyexp.viewer.data.event_logs import RunLog
from pyexp.viewer.data.held_series import HeldSeries


def series(count: int) -> Series:
    return Series(
        tag="t",
        start=0,
        iterations=array("q", range(count)),
        values=array("d", range(count)),
        times=array("d", range(count)),
    )


def test_those_used_least_recently_make_room() -> None:
    held = HeldSeries(limit=24 * 10)
    held.put("a", 1, series(4))
    held.put("b", 1, series(4))
    assert held.get("a") is not None
    held.put("c", 1, series(4))
    assert held.get("b") is None
    assert held.get("a") is not None
    held.put("d", 1, series(100))
    assert [held.get(key) for key in "abcd"] == [None] * 4
    held.put("a", 2, series(10))
    assert held.get("a")[0] == 2


def test_a_series_that_grows_is_the_series_of_the_file(tmp_path) -> None:
    log = RunLog(tmp_path / "run")
    with Logger(tmp_path / "run") as logger:
        for begin in (0, 7, 500):
            for step in range(begin, begin + 7):
                logger.set_global_it(step)
                logger.add_scalar("loss", step / 3)
            logger.flush()
            log.mark_stale()
            assert log.whole_series("loss") == log.series("loss")
    with Logger(tmp_path / "run") as again:  # an attempt that begins anew hides the later points
        again.set_global_it(3)
        again.add_scalar("loss", -1.0)
    log.mark_stale()
    assert log.whole_series("loss") == log.series("loss")
    log.close()
    assert log.whole_series("loss") == log.series("loss")
