"""Configs as a user writes them: dot access, YAML files, the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from e2e.support_project import Project

BASE_YAML = """
# base.yaml
model:
  hidden_size: 256
  num_layers: 4
learning_rate: 0.001
"""

EXPERIMENT_YAML = """
# experiment.yaml
imports:
  - base.yaml

# Override specific values (dot notation supported)
model.hidden_size: 512
batch_size: 32
"""

MODEL_YAML = """
# config.yaml
model:
  type: MLP
  hidden_size: 512
  num_layers: 4
"""

REGISTRY = """
from pyexp import load_config
from pyexp import register, build

@register
class MLP:
    def __init__(self, hidden_size: int = 256, num_layers: int = 2):
        self.hidden_size = hidden_size
        self.num_layers = num_layers

@register
class Transformer:
    def __init__(self, d_model: int = 512, num_heads: int = 8):
        self.d_model = d_model
        self.num_heads = num_heads

config = load_config("config.yaml")
model = build(MLP, config["model"])  # Creates MLP(hidden_size=512, num_layers=4)
print(model.hidden_size, model.num_layers)

cfg = config.model
print(build(MLP, cfg, hidden_size=1024).hidden_size, build(MLP, model) is model)
"""

POLYMORPHISM = """
from pyexp import load_config
from pyexp import register, build

config = load_config("config.yaml")

# Or use base class for polymorphism
from abc import ABC
class Model(ABC): pass

@register
class MLP(Model):
    def __init__(self, hidden_size, num_layers): ...

model = build(Model, config["model"])  # Type-checked against Model
print(type(model).__name__)
"""


def test_config_access(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pyexp

        @pyexp.experiment
        def experiment(config):
            return [
                config["learning_rate"],  # dict-style
                config.learning_rate,     # dot notation
                config.optimizer.lr,      # nested access
                config.layers[1].width,
            ]

        results = experiment.run(
            configs=lambda: [{"learning_rate": 0.1, "optimizer": {"lr": 0.2}, "layers": [{}, {"width": 3}]}], report=lambda r: r
        )
        print(results[0].result)
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout == "[0.1, 0.1, 0.2, 3]\n"


def test_yaml_files_compose(project: Project):
    project.write("base.yaml", BASE_YAML)
    project.write("experiment.yaml", EXPERIMENT_YAML)
    project.write("overrides.yaml", "batch_size: 1e2")
    project.write("config.yaml", BASE_YAML)
    project.write(
        "main.py",
        """
        from pyexp import load_config

        # Load a single config file
        config = load_config("config.yaml")
        print(config.to_dict())

        # Load and merge multiple files (later files override earlier ones)
        config = load_config(["base.yaml", "experiment.yaml", "overrides.yaml"])
        print(config.to_dict())

        # Loading experiment.yaml automatically resolves imports
        config = load_config("experiment.yaml")
        print(config.to_dict() == {"model": {"hidden_size": 512, "num_layers": 4}, "learning_rate": 0.001, "batch_size": 32})
        """,
    )
    assert project.python("main.py").stdout.splitlines() == [
        "{'model': {'hidden_size': 256, 'num_layers': 4}, 'learning_rate': 0.001}",
        "{'model': {'hidden_size': 512, 'num_layers': 4}, 'learning_rate': 0.001, 'batch_size': 100.0}",
        "True",
    ]


def test_yaml_with_an_experiment(project: Project, executor: str):
    project.write("configs/base.yaml", BASE_YAML)
    project.write(
        "main.py",
        """
        import pyexp

        @pyexp.experiment
        def experiment(config):
            return (config.model.hidden_size, config.model.num_layers)

        from pyexp import load_config, sweep

        @experiment.configs
        def configs():
            base = load_config("configs/base.yaml")
            return sweep([base], [
                {"name": "small", "model.hidden_size": 128},
                {"name": "large", "model.hidden_size": 1024},
            ])

        results = experiment.run(report=lambda results: results)
        print(results.shape, results.axes, {r.name: r.result for r in results})
        """,
    )
    done = project.python("main.py", "--executor", executor)
    assert done.stdout.startswith("(1, 2) {")
    assert done.stdout.endswith("{'small': (128, 4), 'large': (1024, 4)}\n")


def test_registry_and_build(project: Project):
    project.write("config.yaml", MODEL_YAML)
    project.write("main.py", REGISTRY)
    assert project.python("main.py").stdout == "512 4\n1024 True\n"
    project.write("polymorphism.py", POLYMORPHISM)
    assert project.python("polymorphism.py").stdout == "MLP\n"


def test_build_inside_a_run(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pyexp
        from pyexp import build, register

        @register
        class MLP:
            def __init__(self, hidden_size):
                self.hidden_size = hidden_size

        @pyexp.experiment
        def experiment(config):
            return build(object, config.model).hidden_size

        print(experiment.run(configs=lambda: [{"model": {"type": "MLP", "hidden_size": 5}}], report=lambda r: r[0].result))
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout == "5\n"
