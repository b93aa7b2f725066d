"""Where results go: the default beside the script, the three ways to choose, and names that are no folder names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.support_project import Project, run_folder

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL = """
import pyexp

{decorator}
def my_experiment(config): {body}

@my_experiment.configs
def configs():
    return [{{"name": "a", "x": 1}}]

if __name__ == "__main__":
    my_experiment.run({arguments})
"""


def minimal(decorator: str = "@pyexp.experiment", arguments: str = "", body: str = "...") -> str:
    return MINIMAL.format(decorator=decorator, arguments=arguments, body=body)


def test_the_default_is_beside_the_script_wherever_it_is_started(project: Project):
    project.write("experiments/my_experiment.py", minimal())
    project.python("experiments/my_experiment.py")
    batch = project.batch("my_experiment", "experiments/out")
    assert (run_folder(batch, "a") / "result.pkl").is_file()


def test_the_decorator_gives_way_to_the_call_and_the_call_to_the_command_line(project: Project, tmp_path: Path):
    decorator = '@pyexp.experiment(output_dir="/data/results")'.replace("/data", str(tmp_path / "data"))
    project.write("decorated.py", minimal(decorator))
    project.write("called.py", minimal(decorator, 'output_dir="results/"'))
    project.python("decorated.py")
    project.python("called.py")
    project.python("called.py", "--output-dir", str(tmp_path / "test"))
    for folder in (tmp_path / "data" / "results", project.root / "results", tmp_path / "test"):
        assert [path.name for path in folder.iterdir()] == ["my_experiment"]
    assert not (project.root / "out").exists()


def test_the_name_follows_the_same_order(project: Project):
    decorator = '@pyexp.experiment(name="mnist")'
    project.write("decorated.py", minimal(decorator))
    project.write("called.py", minimal(decorator, 'name="experiment_v2"'))
    project.python("decorated.py")
    project.python("called.py")
    project.python("called.py", "--name", "experiment_v3")
    assert project.experiments() == ["experiment_v2", "experiment_v3", "mnist"]


def test_artifacts_go_into_the_folder_of_the_run(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pickle
        from types import SimpleNamespace
        import pyexp
        from pyexp import Config

        torch = SimpleNamespace(
            save=lambda model, path: path.write_bytes(pickle.dumps(model)), load=lambda path: pickle.loads(path.read_bytes())
        )

        def train(config):
            return {"weights": [config.x]}

        @pyexp.experiment
        def experiment(config: Config):
            model = train(config)
            torch.save(model, config.out / "model.pt")
            return {"accuracy": 0.95}

        @experiment.report
        def report(results, report_dir):
            for r in results:
                # Access output directory via result.out or result.config.out
                model = torch.load(r.out / "model.pt")
                print(f"{r.name}: saved at {r.out}")
                print(model, r.out == r.config.out, report_dir.is_dir())

        experiment.run(configs=lambda: [{"name": "a", "x": 1}])
        """,
    )
    done = project.python("main.py", "--executor", executor)
    run = run_folder(project.batch("experiment"), "a")
    assert done.stdout == f"a: saved at {run}\n{{'weights': [1]}} True True\n"
    assert (run / "model.pt").is_file()


def test_names_become_safe_folder_names(project: Project):
    text = minimal(body="return config.name").replace('"name": "a"', """"name": 'a/b\\\\c:d*e?f"g<h>i|j\'""")
    project.write("main.py", text)
    done = project.python("main.py")
    folder = run_folder(project.batch("my_experiment"), "a_b_c_d_e_f_g_h_i_j")
    assert (folder / "result.pkl").is_file()
    assert """a/b\\c:d*e?f"g<h>i|j""" in done.stdout
