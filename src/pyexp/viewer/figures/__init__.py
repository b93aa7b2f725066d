"""Logged matplotlib figures made interactive, each in a process of its own."""
