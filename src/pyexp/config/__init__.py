"""Configs: what a run is given. Owns the mapping, its encoding and identity; knows no asyncio and no file but YAML.

This file imports nothing: a worker process needs `pyexp.config.config` alone, and pays for nothing else.
"""
