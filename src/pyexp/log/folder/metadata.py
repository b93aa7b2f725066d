"""Whose a file is and who may use it, for one that takes the place of another. Owns what of that is carried over."""

from __future__ import annotations

import os
import stat
import sys


def carry_over(old: int, new: int) -> None:
    """Copy owner, permissions and extended attributes of the open file *old* to the open file *new*.

    Raises:
        OSError: This process may not do that.
    """
    if sys.platform == "win32":
        return
    was, now = os.fstat(old), os.fstat(new)
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        os.fchown(new, was.st_uid, was.st_gid)
    os.fchmod(new, stat.S_IMODE(was.st_mode))
    _carry_attributes_over(old, new)


if sys.platform == "linux":

    def _carry_attributes_over(old: int, new: int) -> None:
        there = {name: os.getxattr(new, name) for name in os.listxattr(new)}
        for name in os.listxattr(old):
            value = os.getxattr(old, name)
            if there.get(name) != value:  # some may not be set even to what they are
                os.setxattr(new, name, value)

else:

    def _carry_attributes_over(old: int, new: int) -> None:
        """Python knows no extended attributes here."""
