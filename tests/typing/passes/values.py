"""Configs, sweeps and tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import assert_type

from pyexp import Config, Tensor, build, load_config, merge, register, sweep


class Model(ABC):
    @abstractmethod
    def size(self) -> int: ...


@register
class Small(Model):
    def __init__(self, width: int = 8) -> None:
        self.width = width

    def size(self) -> int:
        return self.width


@register("large")
class Large(Small):
    pass


def configs() -> None:
    config = Config({"model": {"width": 32}}, name="a")
    print(config.model.width, config["name"], config | {"x": 1})
    assert_type(merge(config, {"model.width": 64}), Config)
    assert_type(load_config(["a.yaml", "b.yaml"]), Config)
    assert_type(build(Model, config.model), Model)
    assert_type(build(Small, {"type": "large"}, width=3).width, int)


def tensors() -> None:
    t = sweep([{"name": "a"}], {"lr": [0.1, 0.01]}, axis="lr")
    t = sweep(t, [{"name": "small", "model.width": 8}, {"name": "large", "model.width": 512}], axis="size")
    assert_type(sweep({"name": "a"}, {"x": range(3)}), Tensor[Config])
    assert_type(t[0], Config)
    assert_type(t[1:], Tensor[Config])
    assert_type(t[{"lr": 0.1}], Tensor[Config])
    assert_type(t.map(len), Tensor[int])
    assert_type(t.shape, tuple[int, ...])
    print(t[0, :, ...].shape, t[...].axes, t["a*"].shape, t["a"].lr, t.sel(lr=0.1, size=["small"]).shape)
    for config in t:
        assert_type(config, Config)
    print(t.to_dataframe(), t.to_xarray("lr"), t.to_xarray(lambda config: config.lr))
