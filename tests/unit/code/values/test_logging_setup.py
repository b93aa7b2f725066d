from __future__ import annotations

import logging
import pickle
import sys

from pyexp.code.values.logging_setup import apply_logging, describe_logging


def test_levels_and_stream_formats_are_set_up_again():
    logger = logging.getLogger("pyexp.test_logging_setup")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("{message}!", style="{"))
    logger.setLevel(7)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        setup = pickle.loads(pickle.dumps(describe_logging()))
    finally:
        logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True

    apply_logging(setup)
    (made,) = logger.handlers
    record = logging.makeLogRecord({"msg": "told"})
    try:
        assert (logger.level, logger.propagate, made.stream, made.format(record)) == (7, False, sys.stderr, "told!")
    finally:
        logger.removeHandler(made)
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
