"""Configs: what a run is told. Owns mappings, sweeps, shapes and identity; knows no asyncio and no file but YAML.

This file imports nothing: a worker process needs `pyexp.config.config` alone, and pays for nothing else.
"""
