"""Points on two spirals."""

import numpy as np


def make_spirals(points: int, turns: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points (points, 2) and the spiral of each (points,), 0 or 1."""
    random = np.random.default_rng(seed)
    spiral = np.arange(points) % 2
    radius = random.uniform(0.1, 1.0, points)
    angle = radius * turns * 2 * np.pi + spiral * np.pi
    place = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return place + random.normal(scale=0.03, size=place.shape), spiral
