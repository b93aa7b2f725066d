"""YAML 1.2 text to plain values. Owns the core schema and the limits; knows no files, imports or configs.

The tree is built here from the parser's events, without recursion: so depth and size (aliases expanded) are known
before anything grows, and no constructor exists that a tag could call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from pyexp.config.config import MAX_DEPTH
from pyexp.config.yaml_scalars import parse_scalar

MAX_NODES = 100_000
"""How many values one file may hold, counted after every alias is expanded."""

_UNSET: Final = object()
_MERGE: Final = object()
_CONTAINER_TAGS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


class YamlProblem(Exception):
    """What is wrong with the text, and where; reads as the end of a sentence about the file."""

    def __init__(self, problem: str, mark: Any) -> None:
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        super().__init__(f"{where}: {problem}")


@dataclass(slots=True)
class _Node:
    """A value on its way into its parent; a container until its end is seen."""

    value: Any
    mark: Any
    anchor: str | None
    size: int = 1
    height: int = 0
    key: Any = _UNSET
    merged: list[dict[str, Any]] = field(default_factory=list)


def read_yaml(text: str) -> tuple[Any, int]:
    """Return the one document in *text*, and how many values it holds.

    Example:
        >>> read_yaml("{lr: 1e-3, on: yes}")
        ({'lr': 0.001, 'on': 'yes'}, 5)

    Raises:
        YamlProblem: The text is no YAML, is no plain data, or is beyond the limits.
    """
    tree = _Tree()
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise YamlProblem(problem, error.problem_mark or error.context_mark) from error
    except yaml.YAMLError as error:
        raise YamlProblem(f"no YAML: {error}", None) from error
    return tree.root, tree.nodes


class _Tree:
    """The document as far as its events have come."""

    def __init__(self) -> None:
        self.root: Any = None
        self.nodes = 0
        self._documents = 0
        self._open: list[_Node] = []
        self._anchored: dict[str, _Node] = {}

    def take(self, event: Any) -> None:
        """Grow by one event of the parser."""
        mark = event.start_mark
        if isinstance(event, yaml.ScalarEvent):
            self._count(1, mark)
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
        is_key = bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is _UNSET
        if is_key and event.value == "<<" and event.implicit[0]:
            return _MERGE
        try:
            return parse_scalar(event.value, event.tag, is_plain=event.implicit[0])
        except ValueError as error:
            raise YamlProblem(str(error), event.start_mark) from error

    def _begin(self, event: Any, mark: Any) -> None:
        self._count(1, mark)
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
            raise YamlProblem(f"alias {anchor!r} stands inside its own anchor", mark)
        self._count(node.size, mark)
        self._check_depth(node.height, mark)
        return _Node(node.value, mark, None, node.size, node.height)

    def _check_depth(self, height: int, mark: Any) -> None:
        if len(self._open) + height > MAX_DEPTH:
            raise YamlProblem(f"values nest deeper than {MAX_DEPTH} levels", mark)

    def _count(self, nodes: int, mark: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise YamlProblem(f"more than {MAX_NODES} values, aliases expanded: keep data out of configs", mark)

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
        raise YamlProblem(f"key {key!r} stands twice in one mapping: drop one", node.mark)
    return key


def _merge_sources(node: _Node) -> list[dict[str, Any]]:
    sources = node.value if isinstance(node.value, list) else [node.value]
    if not all(isinstance(source, dict) for source in sources):
        raise YamlProblem("key '<<' needs a mapping, or a list of mappings", node.mark)
    return sources
