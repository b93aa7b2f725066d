"""YAML 1.2 text to plain values. Owns the core schema and the limits; knows no files, imports or configs.

The tree is built here from the parser's events, without recursion: so depth and size (aliases expanded) are known
before anything grows, and no constructor exists that a tag could call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from pyexp.config.config import MAX_DEPTH
from pyexp.config.json_escapes import Joined, join_pairs
from pyexp.config.yaml_scalars import parse_scalar

MAX_REPEATED = 100_000
"""How many values the aliases of one file may repeat; its size limits those that are written out."""

_UNSET: Final = object()
_MERGE: Final = object()
_CONTAINER_TAGS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


class YamlProblem(Exception):
    """What is wrong with the text, and where; phrased as the end of a sentence about the file."""

    def __init__(self, problem: str, mark: Any, column: int | None = None) -> None:
        column = mark.column if column is None and mark is not None else column
        where = f", line {mark.line + 1}, column {column + 1}" if column is not None else ""
        super().__init__(f"{where}: {problem}")
        self.problem = problem
        self.mark = mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The content of a text.

    Attributes:
        value: The plain value.
        nodes: How many values are in it, aliases expanded.
        key_marks: Where each key of the outermost mapping is; those that ``<<`` merges in are left out.
    """

    value: Any
    nodes: int
    key_marks: dict[str, Any]


@dataclass(slots=True)
class _Node:
    """A value on its way into its parent; a container until its end event."""

    value: Any
    mark: Any
    anchor: str | None
    size: int = 1
    height: int = 0
    key: Any = _UNSET
    merged: list[dict[str, Any]] = field(default_factory=list)


def read_yaml(text: str) -> Document:
    """Read the one document in *text*.

    Example:
        >>> read_yaml("{lr: 1e-3, on: yes}").value
        {'lr': 0.001, 'on': 'yes'}

    Raises:
        YamlProblem: The text is not YAML, is not plain data, or is beyond the limits.
    """
    joined = join_pairs(text)
    tree = _read(joined)
    if tree.literal:
        tree = _read(join_pairs(text, tree.literal))
    return Document(value=tree.root, nodes=tree.nodes, key_marks=tree.key_marks)


def _read(joined: Joined) -> _Tree:
    try:
        return _parse(joined)
    except YamlProblem as problem:
        if not joined.places or problem.mark is None:
            raise
        raise YamlProblem(problem.problem, problem.mark, joined.column(problem.mark)) from problem


def _parse(joined: Joined) -> _Tree:
    tree = _Tree(joined)
    try:
        for event in yaml.parse(joined.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise YamlProblem(problem, error.problem_mark or error.context_mark) from error
    except yaml.YAMLError as error:
        raise YamlProblem(f"not valid YAML: {error}", None) from error
    return tree


class _Tree:
    """The document as far as its events have come."""

    def __init__(self, joined: Joined) -> None:
        self.root: Any = None
        self.nodes = 0
        self.key_marks: dict[str, Any] = {}
        self.literal: set[int] = set()  # pairs of surrogates that are not escapes where they are
        self._joined = joined
        self._repeated = 0
        self._documents = 0
        self._open: list[_Node] = []
        self._anchored: dict[str, _Node] = {}

    def take(self, event: Any) -> None:
        """Add one event of the parser."""
        mark = event.start_mark
        if isinstance(event, yaml.ScalarEvent):
            self.nodes += 1
            self._place(_Node(self._scalar(event), mark, event.anchor))
        elif isinstance(event, yaml.AliasEvent):
            self._place(self._aliased(event.anchor, mark))
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event, mark)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise YamlProblem("a second document begins: a config file holds one", mark)

    def _scalar(self, event: Any) -> Any:
        self._check_letters(event)
        is_key = bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is _UNSET
        if is_key and event.value == "<<" and event.implicit[0]:
            return _MERGE
        try:
            return parse_scalar(event.value, event.tag, is_plain=event.implicit[0])
        except ValueError as error:
            raise YamlProblem(str(error), event.start_mark) from error

    def _check_letters(self, event: Any) -> None:
        if event.style != '"':
            if self._joined.places and "\\U" in event.value:
                self.literal |= self._joined.within(event.start_mark.index, event.end_mark.index)
        elif not event.value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in event.value):
            # The parser's part in C refuses them itself, the one in Python does not.
            raise YamlProblem("half a surrogate pair is not a character", event.start_mark)

    def _begin(self, event: Any, mark: Any) -> None:
        self.nodes += 1
        if event.tag not in _CONTAINER_TAGS:
            raise YamlProblem(f"tag {event.tag!r} is refused: config files hold plain data", mark)
        self._check_depth(1, mark)
        node = _Node({} if isinstance(event, yaml.MappingStartEvent) else [], mark, event.anchor, height=1)
        if event.anchor:
            self._anchored[event.anchor] = node
        self._open.append(node)

    def _end(self) -> None:
        node = self._open.pop()
        if node.merged:
            explicit = node.value
            node.value = {}
            for source in reversed(node.merged):
                node.value |= source
            node.value |= explicit
        self._place(node)

    def _aliased(self, anchor: str | None, mark: Any) -> _Node:
        node = self._anchored.get(anchor or "")
        if node is None:
            raise YamlProblem(f"alias {anchor!r} has no anchor before it", mark)
        if any(node is holder for holder in self._open):
            raise YamlProblem(f"alias {anchor!r} is inside its own anchor", mark)
        self._repeat(node.size, mark)
        self._check_depth(node.height, mark)
        return _Node(node.value, mark, None, node.size, node.height)

    def _check_depth(self, height: int, mark: Any) -> None:
        if len(self._open) + height > MAX_DEPTH:
            raise YamlProblem(f"values nest deeper than {MAX_DEPTH} levels", mark)

    def _repeat(self, nodes: int, mark: Any) -> None:
        self.nodes += nodes
        self._repeated += nodes
        if self._repeated > MAX_REPEATED:
            raise YamlProblem(f"aliases repeat more than {MAX_REPEATED} values: keep data out of configs", mark)

    def _place(self, node: _Node) -> None:
        """Put a finished node into its parent."""
        if node.anchor:
            self._anchored[node.anchor] = node
        if not self._open:
            self.root = node.value
            return
        parent = self._open[-1]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent.value, list):
            parent.value.append(node.value)
        elif parent.key is _UNSET:
            parent.key = _key(node, parent.value)
            if len(self._open) == 1 and parent.key is not _MERGE:
                self.key_marks[parent.key] = node.mark
        elif parent.key is _MERGE:
            parent.merged += _merge_sources(node)
            parent.key = _UNSET
        else:
            parent.value[parent.key] = node.value
            parent.key = _UNSET


def _key(node: _Node, known: dict[str, Any]) -> Any:
    key = node.value
    if key is _MERGE:
        return key
    if not isinstance(key, str):
        raise YamlProblem(f"key {key!r:.80} is a {type(key).__name__}: keys are strings, quote it", node.mark)
    if key in known:
        raise YamlProblem(f"key {key!r} occurs twice in one mapping: drop one", node.mark)
    return key


def _merge_sources(node: _Node) -> list[dict[str, Any]]:
    sources = node.value if isinstance(node.value, list) else [node.value]
    if not all(isinstance(source, dict) for source in sources):
        raise YamlProblem("key '<<' needs a mapping, or a list of mappings", node.mark)
    return sources
