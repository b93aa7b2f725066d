import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pyexp.config.config import Config
from pyexp.config.loader import MAX_BYTES, load_config
from pyexp.errors import ConfigError, ConfigFileError


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_seed_example(write):
    write("base.yaml", "model:\n  hidden_size: 256\n  num_layers: 4\nlearning_rate: 0.001\n")
    path = write("experiment.yaml", "imports:\n  - base.yaml\n\nmodel.hidden_size: 512\nbatch_size: 32\n")

    config = load_config(str(path))

    assert config == {"model": {"hidden_size": 512, "num_layers": 4}, "learning_rate": 0.001, "batch_size": 32}
    assert type(config) is type(config.model) is Config


def test_later_files_are_laid_over_earlier_ones(write):
    first = write("a.yaml", "m: {w: 1, d: 2}\nx: 1")
    second = write("b.yaml", "m.w: 3\n'**n': {k: 1}")
    third = write("c.yaml", "x: {y: 2}\n'**n': {l.z: 2}")

    assert load_config([first, str(second), third]) == {
        "m": {"w": 3, "d": 2},
        "x": {"y": 2},
        "n": {"k": 1, "l": {"z": 2}},
    }
    assert load_config(path for path in (first, second)).m == {"w": 3, "d": 2}


def test_imports_are_relative_to_their_file_and_keep_their_order(write):
    write("parts/model.yaml", "imports: ../common/base.yaml\nm.w: 2")
    write("parts/data.yaml", "m.d: 3\nw: data")
    write("common/base.yaml", "m: {w: 1, d: 1, k: 1}\nw: base")
    path = write("main.yaml", "imports: [parts/model.yaml, parts/data.yaml]\nm.k: 9")

    assert load_config(path) == {"m": {"w": 2, "d": 3, "k": 9}, "w": "data"}


def test_dotted_keys_open_up_in_a_single_file_too(write):
    assert load_config(write("a.yaml", "m.w: 1\nm.d: 2\n'**o': {p: 1}")) == {"m": {"w": 1, "d": 2}, "o": {"p": 1}}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "imports:\n", "\ufeff", "imports: []"])
def test_an_empty_file_is_an_empty_config(write, text):
    assert load_config(write("a.yaml", text)) == {}


def test_a_file_imported_twice_is_no_circle(write):
    write("base.yaml", "x: 1")
    write("a.yaml", "imports: base.yaml\na: 1")
    write("b.yaml", "imports: base.yaml\nb: 1")

    assert load_config(write("main.yaml", "imports: [a.yaml, b.yaml]")) == {"x": 1, "a": 1, "b": 1}


def test_two_loads_share_nothing(write):
    path = write("a.yaml", "m: &m {w: [1]}\nn: *m")
    config = load_config(path)
    config.m.w.append(2)

    assert config.n.w == [1]
    assert load_config(path).m.w == [1]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": "imports: b"}, r"'.*b' \(imported by '.*a'\) cannot be read: No such file"),
        ({"a": "imports: b", "b": "imports: c", "c": "x: ["}, r"'.*c' \(imported by '.*a' -> '.*b'\), line \d, column \d+: while parsing a flow node"),
        ({"a": "imports: b", "b": "imports: a"}, r"circle: .*a -> .*b -> .*a"),
        ({"a": "imports: ./a"}, "circle"),
        ({"a": "imports: b", "b": "[1]"}, r"b' \(imported by '.*a'\) holds \[1\] \(list\), not a mapping"),
        ({"a": "just text"}, "holds 'just text' \\(str\\), not a mapping"),
        ({"a": "imports: {x: 1}"}, "key 'imports' holds"),
        ({"a": "imports: [1]"}, "key 'imports' holds"),
        ({"a": "x: 1\ny: \xff".encode("latin-1")}, "line 2: byte 8 is not valid UTF-8"),
        ({"a": "x: 1\x00"}, "not valid YAML|control characters|not allowed"),
        ({"a": b"x" * (MAX_BYTES + 1)}, "larger than"),
        ({"a": "x: 1\ny: *b"}, "line 2, column 4: alias 'b' has no anchor"),
        ({"a": "x: &b [*b]"}, "line 1, column 8: alias 'b' is inside"),
        ({"a": "x: 1\nx: 2"}, "line 2, column 1: key 'x' occurs twice"),
        ({"a": "x: {1: 2}"}, "line 1, column 5: key 1 is a int"),
        ({"a": "? [1]\n: 2"}, "key \\[1\\] is a list"),
        ({"a": "x: 1\n---\ny: 2"}, "line 2, column 1: a second document"),
        ({"a": "x: !!python/object/apply:os.system ['true']"}, "line 1, column 4: tag '.*python/.*' is refused"),
        ({"a": "x: !!python/name:os.system"}, "tag '.*' is refused"),
        ({"a": "x: !mine 3"}, "tag '!mine' is refused"),
        ({"a": "x: !!timestamp 2020-01-01"}, "refused"),
        ({"a": "x: !!int abc"}, "'abc' is not of the type int"),
        ({"a": "x: " + "9" * 5000}, "5000 digits is too long"),
        ({"a": "<<: 3"}, "'<<' needs a mapping"),
    ],
)  # fmt: skip
def test_bad_files_are_named_with_their_chain(write, files, message):
    for name, text in files.items():
        write(name, text)

    with pytest.raises(ConfigFileError, match=message):
        load_config(write("a", files["a"]))


def test_a_dotted_key_that_leads_nowhere_names_the_file(write):
    write("base.yaml", "m: 3")

    with pytest.raises(ConfigError, match=r"a\.yaml': .*'m\.w' runs through 'm'"):
        load_config(write("a.yaml", "imports: base.yaml\nm.w: 1"))


def test_no_files_or_a_folder(tmp_path):
    with pytest.raises(ConfigError, match="no file is given"):
        load_config([])
    with pytest.raises(ConfigFileError, match="is a folder: configs are read from regular files only"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), ("-.5", -0.5), ("1.", 1.0), ("+1.5e+3", 1500.0), (".inf", float("inf")),
        ("-.INF", float("-inf")), ("12", 12), ("-0", 0), ("0o17", 15), ("0x1F", 31), ("017", 17), ("1_000", "1_000"),
        ("true", True), ("False", False), ("yes", "yes"), ("on", "on"), ("OFF", "OFF"), ("n", "n"), ("~", None),
        ("null", None), ("", None), ("2024-01-02", "2024-01-02"), ("12:30:45", "12:30:45"), ("'1'", "1"), ('"true"', "true"),
        ("!!str 1", "1"), ("!!float 1", 1.0), ("!!int 0x10", 16), ("!!null ''", None), ("! 1", "1"), ("!!bool true", True),
        ("[1, {a: 2}]", [1, {"a": 2}]), ("!!seq [1]", [1]), ("|\n  a\n  b\n", "a\nb\n"), ("1e", "1e"), (".", "."), ("=", "="),
        ("😀", "😀"),
    ],
)  # fmt: skip
def test_scalars_of_yaml_1_2(write, text, value):
    loaded = load_config(write("a.yaml", f"x: {text}")).x

    assert loaded == value
    assert type(loaded) is type(value)


def test_nan_and_keys_that_are_words(write):
    config = load_config(write("a.yaml", "x: .nan\non: 1\ny: 2"))

    assert config.x != config.x
    assert list(config) == ["x", "on", "y"]


def test_merge_keys(write):
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: {<<: *b}\ne: {'<<': 1}"

    config = load_config(write("a.yaml", text))

    assert config.c == {"x": 3, "y": 1, "z": 2}
    assert config.d == {"y": 2, "z": 2}
    assert config.e == {"<<": 1}


BOMB = "x0: &x0 [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGE_BOMB = "x0: &x0 {a: 1}\n" + "".join(
    f"x{n}: &x{n} {{p: *x{n - 1}, q: *x{n - 1}, <<: *x{n - 1}}}\n" for n in range(1, 40)
)
ATTACKS = {
    "aliases": (BOMB, "repeat more than 100000 values"),
    "merge keys": (MERGE_BOMB, "repeat more than 100000 values|nest deeper"),
    # Newer versions of libyaml, which looks ahead, refuse by themselves.
    "depth": ("x: " + "[" * 3_000 + "]" * 3_000, "deeper than 100 levels|exceeded maximum nesting depth"),
    "block depth": ("".join(f"{' ' * n}a:\n" for n in range(3_000)), "deeper than 100 levels"),
    "depth by aliases": (
        "x0: &x0 [1]\n" + "".join(f"x{n}: &x{n} [*x{n - 1}]\n" for n in range(1, 300)),
        "line 100, column .*deeper than 100 levels",
    ),
    "merges": ("x: &x [" + "1," * 60_000 + "]\ny: [*x, *x]", "line 2, column 9: aliases repeat more than 100000 values"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
@pytest.mark.parametrize("attack", ATTACKS)
def test_bombs_are_refused_in_little_memory(write, attack):
    text, message = ATTACKS[attack]
    path = write("bomb.yaml", text)
    code = (
        "import re, resource, sys\n"
        "from pyexp.config.loader import load_config\n"
        "from pyexp.errors import ConfigError\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (10, 10))\n"
        "try:\n    load_config(sys.argv[1])\n"
        "except ConfigError as error:\n    print(error)\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n"
    )

    shown = subprocess.run(
        [sys.executable, "-c", code, path],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ).stdout.splitlines()

    assert re.search(message, shown[0])
    assert int(shown[1]) < 100_000


@pytest.mark.slow
def test_imports_that_double_are_refused(write):
    write("0.yaml", "x: 1")
    for n in range(1, 40):
        write(f"{n}.yaml", f"imports: [{n - 1}.yaml, {n - 1}.yaml]")

    with pytest.raises(ConfigFileError, match="the imports add up to 1001 files"):
        load_config(write("main.yaml", "imports: 39.yaml"))


@pytest.mark.slow
def test_a_long_chain_of_imports_is_refused_not_a_recursion_error(write):
    for n in range(60):
        write(f"{n}.yaml", f"imports: {n + 1}.yaml")

    with pytest.raises(ConfigFileError, match="more than 50 files import one another in a row"):
        load_config(write("main.yaml", "imports: 0.yaml"))


@pytest.mark.slow
def test_the_parser_without_its_c_part_reads_the_same(write, monkeypatch):
    import yaml

    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)

    assert load_config(write("a.yaml", "a: {b: [1e-3, on]}")) == {"a": {"b": [0.001, "on"]}}
    with pytest.raises(ConfigFileError, match="line 1, column"):
        load_config(write("b.yaml", "a: ["))
    with pytest.raises(ConfigFileError, match="not valid YAML"):
        load_config(write("c.yaml", "a: \x00"))
    with pytest.raises(ConfigFileError, match="deeper than 100"):
        load_config(write("d.yaml", "[" * 3_000))


def test_yaml_is_imported_only_to_load():
    code = "import sys, pyexp.config.loader; print('yaml' in sys.modules)"

    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )

    assert shown.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model.width: 3\nmodel: {depth: 2}", "line 2, column 1: keys 'model' and 'model.width' both set 'model'"),
        ("model: {depth: 2}\nmodel.width: 3", "line 2, column 1: keys 'model' and 'model.width' both set 'model'"),
        ("a: 1\n'**m': {w: 1}\nm.w: 2", "line 3, column 1: keys .* both set 'm.w'"),
        ("m: 1\n'**m': {w: 1}", "line 2, column 1: keys 'm' and .* both set 'm'"),
        ("m.a: {b: 1}\nm.a.b: 2", "both set 'm.a'"),
        ("'**m': {a: {b: 1}}\nm.a.b: 2", "both set 'm.a'"),
        ("'**m': {a.b: 1, a: {c: 2}}", "key '[*][*]m' sets 'm.a' twice"),
        ("'**m': {'**a': {b: 1}}\n'**m.a': {b: 2}", "both set 'm.a.b'"),
        ("m: ~\nm.w: 1", "both set 'm'"),
        ("imports: []\nimports.x: 1", "both set 'imports'"),
    ],
)
def test_keys_of_one_file_that_set_the_same_are_refused(write, text, message):
    with pytest.raises(ConfigFileError, match=message):
        load_config(write("a.yaml", text))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("'**m': {w: 1}\nm.d: 2", {"m": {"w": 1, "d": 2}}),
        ("m.w: 1\nmw: 2\nm.wide: 3", {"m": {"w": 1, "wide": 3}, "mw": 2}),
        ("m: {a.b: 1, a: {b: 2}}", {"m": {"a.b": 1, "a": {"b": 2}}}),
        ("d: &d {m: {w: 1}}\n<<: *d\nm.w: 2", {"d": {"m": {"w": 1}}, "m": {"w": 2}}),
        ("'**m': {}\nm.w: 2", {"m": {"w": 2}}),
    ],
)
def test_keys_that_set_different_values_do_not_clash(write, text, values):
    assert load_config(write("a.yaml", text)) == values


def test_an_importing_file_may_set_what_it_imports_in_another_way(write):
    write("base.yaml", "m.w: 3\nm.d: 2")

    assert load_config(write("a.yaml", "imports: base.yaml\nm: {w: 1}")) == {"m": {"w": 1}}
    assert load_config([write("b.yaml", "m: {w: 1}"), write("c.yaml", "m.w: 2")]) == {"m": {"w": 2}}


@pytest.mark.parametrize(
    "number", ["1e400", "12e4567", "-1e999", "1.5E+309", "1e-400", "." + "0" * 400 + "1", "!!float " + "9" * 400, "9" * 400 + "."]
)  # fmt: skip
def test_numbers_that_a_float_cannot_hold_are_refused(write, number):
    with pytest.raises(ConfigFileError, match=r"line 1, column 4: number .* is beyond what a float can hold: quote it"):
        load_config(write("a.yaml", f"x: {number}"))
    quoted = number.removeprefix("!!float ")
    assert load_config(write("a.yaml", f"x: '{quoted}'")).x == quoted


@pytest.mark.parametrize(
    ("number", "value"),
    [("1e308", 1e308), ("5e-324", 5e-324), ("0e999", 0.0), ("-0.000", 0.0), ("!!float 0x10", 16.0), ("9" * 400, int("9" * 400))],
)  # fmt: skip
def test_numbers_at_the_edges_are_taken(write, number, value):
    assert load_config(write("a.yaml", f"x: {number}")).x == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (r'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        (r'{"\uD83D\uDE00\ud83d\ude01": "x\ud83d\ude00y"}', {"😀😁": "x😀y"}),
        (r'a: "\\ud83d\\ude00"', {"a": r"\ud83d\ude00"}),
        (r'a: "\\\ud83d\ude00"', {"a": "\\😀"}),
        (r"""{"a": "\ud83d\ude00", b: '\ud83d\ude00', c: \ud83d\ude00}""", {"a": "😀", "b": r"\ud83d\ude00", "c": r"\ud83d\ude00"}),
        ('a: |\n  \\ud83d\\ude00\nb: "\\ud83d\\ude00"  # \\ud83d\\ude00\n', {"a": "\\ud83d\\ude00\n", "b": "😀"}),
        (r'a: &x "\ud83c\udd30"' + "\n" + "b: *x", {"a": "🄰", "b": "🄰"}),
        (r"a: \U0001f600", {"a": r"\U0001f600"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("has_c_part", [True, False])
def test_json_surrogate_pairs_are_characters(write, monkeypatch, text, values, has_c_part):
    import yaml

    if not has_c_part:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert load_config(write("a.yaml", text)) == values


@pytest.mark.parametrize("text", [r'"\ud83d"', r'"\ude00\ud83d"', r'"\ud83d \ude00"'])
@pytest.mark.parametrize("has_c_part", [True, False])
def test_half_a_surrogate_pair_is_refused(write, monkeypatch, text, has_c_part):
    import yaml

    if not has_c_part:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    with pytest.raises(ConfigFileError, match="line 1, column"):
        load_config(write("a.yaml", f"a: {text}"))


def test_a_mistake_behind_joined_escapes_is_found_at_its_column(write):
    with pytest.raises(ConfigFileError, match="line 2, column 34: key 'a' occurs twice"):
        load_config(write("a.json", '{"x": "\\ud83d\\ude00",\n"a": "\\ud83d\\ude00\\ud83d\\ude00", "a": 1}'))


@pytest.mark.parametrize("count", [110_000, 300_000])
@pytest.mark.slow
def test_size_alone_is_no_reason_to_refuse(write, count):
    assert len(load_config(write("a.json", "{x: [" + "1," * count + "]}")).x) == count


@pytest.mark.slow
def test_a_large_file_may_be_imported_twice(write):
    write("large.yaml", "x: [" + "1," * 110_000 + "]")
    write("a.yaml", "imports: large.yaml")
    write("b.yaml", "imports: large.yaml")

    assert len(load_config(write("main.yaml", "imports: [a.yaml, b.yaml]")).x) == 110_000


@pytest.mark.slow
def test_large_files_imported_again_and_again_are_refused(write):
    write("large.yaml", "x: [" + "1," * 110_000 + "]")

    with pytest.raises(ConfigFileError, match="1100030 values of them read again: at most 1000 files are read"):
        load_config(write("main.yaml", f"imports: [{', '.join(['large.yaml'] * 20)}]"))


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices of POSIX")
def test_what_is_no_regular_file_is_refused_and_named(write, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(tmp_path / "socket"))
    listener.close()
    kinds = {"fifo": "a FIFO", "link": "a FIFO", "/dev/zero": "a device", "/dev/null": "a device", ".": "a folder", "socket": "a socket"}  # fmt: skip

    for imported, kind in kinds.items():
        with pytest.raises(
            ConfigFileError, match=rf"{imported}' \(imported by .*a.yaml'\) is {kind}: configs are read"
        ):
            load_config(write("a.yaml", f"imports: {imported}"))
    with pytest.raises(ConfigFileError, match="fifo' is a FIFO"):
        load_config(tmp_path / "fifo")
    with pytest.raises(ConfigFileError, match="null"):
        load_config("a\0b")


def test_links_to_regular_files_are_followed(write, tmp_path):
    (tmp_path / "link.yaml").symlink_to(write("a.yaml", "x: 1"))

    assert load_config(tmp_path / "link.yaml") == {"x": 1}


@pytest.mark.slow
def test_the_home_folder_may_be_written_as_a_tilde(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write("configs/base.yaml", "x: 1")
    main = write("sub/main.yaml", "imports: ~/configs/base.yaml")
    write("sub/~odd.yaml", "y: 1")

    assert load_config("~/configs/base.yaml") == {"x": 1}
    assert load_config([Path("~/configs/base.yaml"), "~/sub/main.yaml"]) == {"x": 1}
    assert load_config(main) == {"x": 1}
    assert load_config(write("sub/b.yaml", "imports: ~odd.yaml")) == {"y": 1}
    with pytest.raises(ConfigFileError, match=re.escape(str(tmp_path))):
        load_config("~/missing.yaml")
