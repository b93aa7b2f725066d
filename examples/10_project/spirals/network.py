"""A network with one hidden layer, and its gradients."""

import numpy as np


class Network:
    """Two inputs, a layer of *width* units, one logit."""

    def __init__(self, width: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.weights = [random.normal(scale=6, size=(2, width)), random.normal(size=width), random.normal(size=width)]
        self.moving = [np.zeros_like(weight) for weight in self.weights]

    def logits(self, points: np.ndarray) -> np.ndarray:
        """Return the logit of spiral 1 for each point (points,)."""
        return self._hidden(points) @ self.weights[2]

    def accuracy(self, points: np.ndarray, spiral: np.ndarray) -> float:
        """Return the share of the points whose spiral is told right."""
        return float(np.mean((self.logits(points) > 0) == spiral))

    def train_step(self, points: np.ndarray, spiral: np.ndarray, lr: float, momentum: float) -> float:
        """Descend one step and return the cross-entropy before it."""
        hidden, logits = self._hidden(points), self.logits(points)
        wrong = (1 / (1 + np.exp(-logits)) - spiral) / len(points)
        inner = np.outer(wrong, self.weights[2]) * (1 - hidden**2)
        gradients = [points.T @ inner, inner.sum(0), wrong @ hidden]
        self.moving = [momentum * old - lr * slope for old, slope in zip(self.moving, gradients, strict=True)]
        self.weights = [weight + step for weight, step in zip(self.weights, self.moving, strict=True)]
        return float(np.mean(np.logaddexp(0, logits) - spiral * logits))

    def _hidden(self, points: np.ndarray) -> np.ndarray:
        return np.tanh(points @ self.weights[0] + self.weights[1])
