"""Every route that answers with data: parameters in, one call into a room that reads files, the answer out.

Owns the paths and their parameters; refuses to compute anything itself.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from pyexp.viewer.catalog.rows import read_status
from pyexp.viewer.data import objects, scalars
from pyexp.viewer.data.configs import compare_configs, load_facts, to_plain
from pyexp.viewer.data.group_members import GroupKeys
from pyexp.viewer.data.group_statistics import Shape, envelope_frame, groups_frame
from pyexp.viewer.data.run_output import PIECE_LIMIT, read_piece, read_tail
from pyexp.viewer.data.statistics import BANDS, CENTRES
from pyexp.viewer.data.tags import list_tags
from pyexp.viewer.http.query import RUN_LIMIT, Query
from pyexp.viewer.http.responses import json_response, json_text, refusal
from pyexp.viewer.protocol.encoding import to_json
from pyexp.viewer.protocol.errors import AnswerError
from pyexp.viewer.protocol.kinds import OBJECT_KINDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pyexp.viewer.data.library import Library

    Reply = Awaitable[web.StreamResponse]

_STATS_TAGS: Final = 20
_POINTS: Final = (4, 4_000)
_POINTS_IN_ALL: Final = 1_000_000


async def get_catalog(_query: Query, library: Library) -> web.StreamResponse:
    """Answer with all batches and runs."""
    return json_text(await library.read(lambda: to_json(library.catalog.to_json())))


async def get_run(query: Query, library: Library) -> web.StreamResponse:
    """Answer with one run: its config, its whole error and its checkpoints."""
    run = query.run()

    def read() -> dict[str, Any]:
        status = read_status(run.path)
        facts = {name: getattr(status, name, None) for name in ("host", "pid", "exit", "signal")}
        return {
            **run.to_json(),
            **facts,
            "config": to_plain(load_facts(library, run)),
            "full_error": status.error if status else None,
            "log": library.log_facts([run.id]),
            "checkpoints": objects.list_checkpoints(library.log(run)) if run.events else [],
        }

    return json_response(await library.read(read))


async def get_tags(query: Query, library: Library) -> web.StreamResponse:
    """Answer with the runs' tags that match a pattern."""
    return json_response(await library.read(list_tags, library, query.all_runs(), query.optional_text("match")))


async def get_series(query: Query, library: Library) -> web.StreamResponse:
    """Answer with down-sampled curves."""
    read = partial(
        scalars.series_frame,
        library,
        query.id("tag"),
        query.runs(),
        axis=query.word("axis", scalars.AXES, "step"),
        x_range=query.x_range(),
        points=_points(query),
        most=query.integer("most", RUN_LIMIT, 1, RUN_LIMIT),
    )
    return _binary(await library.read(read))


async def get_smoothed(query: Query, library: Library) -> web.StreamResponse:
    """Answer with smoothed curves of a whole chart."""
    read = partial(
        scalars.smoothed_frame,
        library,
        query.id("tag"),
        query.runs(),
        weight=query.fraction("weight"),
        axis=query.word("axis", scalars.AXES, "step"),
        x_range=query.x_range(),
        points=_points(query),
    )
    return _binary(await library.read(read))


async def get_groups(query: Query, library: Library) -> web.StreamResponse:
    """Answer with statistics over the runs that share config values."""
    by = GroupKeys(keys=query.texts("keys"), is_but=query.flag("but"))
    shape = _shape(query, query.word("centre", CENTRES, "mean"), query.word("band", BANDS, "deviation"))
    return _binary(await library.read(groups_frame, library, query.id("tag"), query.all_runs(), by, shape))


async def get_envelope(query: Query, library: Library) -> web.StreamResponse:
    """Answer with median and quantiles over all the runs."""
    return _binary(await library.read(envelope_frame, library, query.id("tag"), query.all_runs(), _shape(query)))


async def get_texts(query: Query, library: Library) -> web.StreamResponse:
    """Answer with the newest texts of a tag."""
    read = partial(
        objects.list_texts,
        library,
        query.id("tag"),
        query.runs(),
        limit=query.integer("limit", 20, 1, 200),
        before=query.optional_integer("before"),
        step=query.optional_integer("step"),
    )
    return json_response(await library.read(read))


async def get_text(query: Query, library: Library) -> web.StreamResponse:
    """Answer with one whole text."""
    data = await library.read(objects.read_text, *_place(query, library))
    return web.Response(body=data, content_type="text/plain", charset="utf-8")


async def get_entries(query: Query, library: Library) -> web.StreamResponse:
    """Answer with the entries of a tag (figures, images, texts, …), without their contents."""
    kind = query.word("kind", tuple(OBJECT_KINDS))
    return json_response(await library.read(objects.list_entries, library, kind, query.id("tag"), query.runs()))


async def get_picture(query: Query, library: Library) -> web.StreamResponse:
    """Answer with a figure's preview, or an image."""
    kind = query.word("kind", ("figures", "images"))
    log, tag, index = _place(query, library)
    data, media_type = await library.read(objects.read_picture, log, kind, tag, index)
    return web.Response(body=data, content_type=media_type)


async def get_plotly(query: Query, library: Library) -> web.StreamResponse:
    """Answer with a plotly figure's JSON as it was logged."""
    data = await library.read(objects.read_plotly, *_place(query, library))
    return web.Response(body=data, content_type="application/json")


async def get_histograms(query: Query, library: Library) -> web.StreamResponse:
    """Answer with histograms of one run."""
    run, limit = query.run(), query.integer("limit", 50, 1, 500)
    read = partial(objects.list_histograms, library.log(run), run.id, query.id("tag"), limit)
    return json_response(await library.read(read))


async def get_table(query: Query, library: Library) -> web.StreamResponse:
    """Answer with one table of one run."""
    run = query.run()
    read = partial(objects.read_table, library.log(run), run.id, query.id("tag"), query.optional_integer("index"))
    return json_response(await library.read(read))


async def get_configs(query: Query, library: Library) -> web.StreamResponse:
    """Answer with the runs' configs side by side."""
    return json_response(await library.read(compare_configs, library, library.catalog.runs(query.all_runs())))


async def get_stats(query: Query, library: Library) -> web.StreamResponse:
    """Answer with last value and extremes of scalars."""
    tags = query.ids("tags", _STATS_TAGS)
    return json_response(await library.read(scalars.statistics, library, tags, query.runs()))


async def get_output(query: Query, library: Library) -> web.StreamResponse:
    """Answer with a piece of a run's output."""
    run = query.run()
    limit = query.integer("limit", 65_536, 1, PIECE_LIMIT)
    start = query.optional_integer("from")
    if start is None:
        piece = await library.read(read_tail, run.path, query.integer("tail", limit, 1, PIECE_LIMIT))
    else:
        piece = await library.read(read_piece, run.path, max(0, start), limit)
    return json_response({"run": run.id, **asdict(piece)})


_CURVES: Final = frozenset({"tag", "runs", "from", "to", "points", "weight"})
ROUTES: Final[dict[str, tuple[Callable[[Query, Library], Reply], frozenset[str]]]] = {
    "/api/catalog": (get_catalog, frozenset()),
    "/api/run": (get_run, frozenset({"run"})),
    "/api/tags": (get_tags, frozenset({"runs", "match"})),
    "/api/series": (get_series, frozenset({"tag", "runs", "axis", "from", "to", "points", "most"})),
    "/api/smoothed": (get_smoothed, frozenset({"tag", "runs", "axis", "from", "to", "points", "weight"})),
    "/api/groups": (get_groups, _CURVES | {"keys", "but", "centre", "band"}),
    "/api/envelope": (get_envelope, _CURVES),
    "/api/texts": (get_texts, frozenset({"tag", "runs", "limit", "before", "step"})),
    "/api/text": (get_text, frozenset({"run", "tag", "index"})),
    "/api/entries": (get_entries, frozenset({"kind", "tag", "runs"})),
    "/api/picture": (get_picture, frozenset({"kind", "run", "tag", "index"})),
    "/api/plotly": (get_plotly, frozenset({"run", "tag", "index"})),
    "/api/histograms": (get_histograms, frozenset({"tag", "run", "limit"})),
    "/api/table": (get_table, frozenset({"tag", "run", "index"})),
    "/api/configs": (get_configs, frozenset({"runs"})),
    "/api/stats": (get_stats, frozenset({"tags", "runs"})),
    "/api/log": (get_output, frozenset({"run", "tail", "from", "limit"})),
}


def add_routes(app: web.Application, library: Library) -> None:
    """Add every route that answers with data."""

    def bind(handler: Callable[[Query, Library], Reply], known: frozenset[str]) -> Callable[[web.Request], Reply]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(Query(request, library, known), library)
            except AnswerError as error:
                return refusal(error.status, error.reason)

        return answer

    for path, (handler, known) in ROUTES.items():
        app.router.add_get(path, bind(handler, known))

    async def get_csv(request: web.Request) -> web.StreamResponse:
        try:
            query = Query(request, library, frozenset({"tag", "runs"}))
            pieces = scalars.csv_pieces(library, query.id("tag"), query.runs())
        except AnswerError as error:
            return refusal(error.status, error.reason)
        response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="scalars.csv"'})
        response.content_type, response.charset = "text/csv", "utf-8"
        await response.prepare(request)
        while (piece := await library.read(next, pieces, None)) is not None:
            await response.write(piece.encode("utf-8", "replace"))
        await response.write_eof()
        return response

    app.router.add_get("/api/csv", get_csv)


def _shape(query: Query, centre: str = CENTRES[0], *bands: str) -> Shape:
    points = query.integer("points", scalars.POINTS, *_POINTS)
    weight = query.fraction("weight")
    return Shape(centre=centre, bands=bands, weight=weight, x_range=query.x_range(), points=points)


def _points(query: Query) -> int:
    """Return the points for each run: as many as asked for, within a limit for all runs together."""
    asked = query.integer("points", scalars.POINTS, *_POINTS)
    return max(_POINTS[0], min(asked, _POINTS_IN_ALL // max(1, len(query.runs()))))


def _place(query: Query, library: Library) -> tuple[Any, int, int]:
    index = query.optional_integer("index")
    return library.log(query.run()), query.id("tag"), -1 if index is None else index


def _binary(data: bytes) -> web.Response:
    return web.Response(body=data, content_type="application/octet-stream")
