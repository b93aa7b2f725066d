"""What `linecache` says a source file holds, whatever it holds by now: for tracebacks, `inspect` and their like."""

from __future__ import annotations


def show_source(file: str, source: bytes) -> list[str]:
    """Have `linecache` give the lines of *source* for *file* from now on, and return them.

    Raises:
        SyntaxError, UnicodeDecodeError: It is not source text.
    """
    import linecache
    from importlib.util import decode_source

    text = decode_source(source)
    # As it splits files itself: `str.splitlines` splits at form feeds, too. Each line ends with a newline.
    lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []
    # Without a modification time it is never looked for in the file again.
    linecache.cache[file] = (len(text), None, lines, file)
    return lines
