"""Every error that pyexp raises on purpose.

::

    PyexpError
    ├── ConfigError (ValueError)            a config, or a list of them, cannot be used
    │   ├── ConfigValueTypeError (TypeError)  a value or key of a type that configs cannot hold
    │   ├── DuplicateConfigError            two equal configs in one sweep
    │   ├── NoConfigsError                  nothing to run
    │   └── ConfigFileError                 YAML: missing, malformed, circular, too large
    ├── RegistryError (ValueError)          a class registered twice under one name
    │   ├── UnknownTypeError (KeyError)     `build` of a name that is not registered
    │   └── WrongTypeError (TypeError)      `build` found another class than was asked for, or wrong arguments
    ├── SelectionError (KeyError)           a name or query key that no item has
    ├── SettingsError (ValueError)          an unknown setting, or a value that it cannot take
    │   ├── UnknownExecutorError            no executor of that name
    │   └── NothingMatchesError             the filter leaves nothing to run
    │       └── UnknownKeyError (SelectionError)  no config has a key of ``where``
    ├── MissingExtraError (ImportError)     an extra is not installed
    ├── BatchNotFoundError (LookupError)    no batch, or none of that timestamp
    ├── BatchOwnedError (RuntimeError)      another live process works on the batch
    ├── DamagedFileError (ValueError)       a file of a batch does not hold what it must
    ├── OutputError (OSError)               the output folder cannot be written
    ├── UnpicklableError (TypeError)        a function or result that cannot be sent between processes
    ├── ExecutorError (RuntimeError)        an executor cannot work here
    ├── ViewerError (OSError)               the viewer cannot be started: its port is taken, its address is not local
    ├── ExperimentsFailedError (RuntimeError)  raised by ``strict`` after the report
    └── LogError (RuntimeError)             the event log could not be written or read
        └── LogWriteError (OSError)         the writer failed: disk full, folder gone
"""

from __future__ import annotations


class PyexpError(Exception):
    """The base of all errors below; each is also the built-in error that fits it."""


class ConfigError(PyexpError, ValueError):
    """A config, or a list of configs, cannot be used."""


class ConfigValueTypeError(ConfigError, TypeError):
    """A config holds a value, or a key, of a type that configs cannot hold."""


class DuplicateConfigError(ConfigError):
    """Two configs have the same name and the same values."""


class NoConfigsError(ConfigError):
    """There is nothing to run."""


class ConfigFileError(ConfigError):
    """A config file is missing, malformed, circular or too large."""


class RegistryError(PyexpError, ValueError):
    """A different class is already registered under this name."""


class _PlainMessage:
    """`KeyError` shows the `repr` of its message; these errors show the message."""

    def __str__(self) -> str:
        return str(self.args[0]) if len(self.args) == 1 else str(self.args)  # type: ignore[attr-defined]


class UnknownTypeError(_PlainMessage, RegistryError, KeyError):
    """`build` was asked for a name that is not registered."""


class WrongTypeError(RegistryError, TypeError):
    """`build` found another class than was asked for, or was given wrong arguments."""


class SelectionError(_PlainMessage, PyexpError, KeyError):
    """A name or a query key that no item has, or a name that several items have."""


class SettingsError(PyexpError, ValueError):
    """A setting that does not exist, or a value that it cannot take."""


class UnknownExecutorError(SettingsError):
    """No executor has this name."""


class NothingMatchesError(SettingsError):
    """The filter matches no config of the batch."""


class UnknownKeyError(NothingMatchesError, SelectionError):
    """No config of the batch has a key that runs are chosen by."""


class MissingExtraError(PyexpError, ImportError):
    """A package of an extra is not installed."""


class BatchNotFoundError(PyexpError, LookupError):
    """There is no earlier batch, or none with this timestamp."""


class BatchOwnedError(PyexpError, RuntimeError):
    """Another live process works on this batch."""


class DamagedFileError(PyexpError, ValueError):
    """A file of a batch does not hold what it must; the message names the file."""


class OutputError(PyexpError, OSError):
    """The output folder cannot be written."""


class UnpicklableError(PyexpError, TypeError):
    """A function or a result cannot be sent between processes; the message names the culprit."""


class ExecutorError(PyexpError, RuntimeError):
    """An executor cannot work here: its platform or its service is missing."""


class ViewerError(PyexpError, OSError):
    """The viewer cannot be started: its port is taken, or its address is not this machine's."""


class ExperimentsFailedError(PyexpError, RuntimeError):
    """Raised after the report when ``strict`` is set and some run did not pass."""


class LogError(PyexpError, RuntimeError):
    """The event log could not be written or read."""


class LogWriteError(LogError, OSError):
    """The writer of an event log failed; the cause is chained."""
