"""Sweeps: how names and shapes grow, and how results are found again by name, value and position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.support_project import statuses

if TYPE_CHECKING:
    from e2e.support_project import Project


def test_sweeps_multiply_names_and_shape(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pyexp

        @pyexp.experiment
        def experiment(config):
            return config.base_lr + config.learning_rate * config.epochs

        from pyexp import sweep

        @experiment.configs
        def configs():
            cfgs = [{"name": "exp", "base_lr": 0.01}]

            # Sweep over learning rates
            cfgs = sweep(cfgs, [
                {"name": "lr0.1", "learning_rate": 0.1},
                {"name": "lr0.01", "learning_rate": 0.01},
            ])

            # Sweep over epochs (creates 2x2 = 4 configs)
            cfgs = sweep(cfgs, [
                {"name": "e10", "epochs": 10},
                {"name": "e100", "epochs": 100},
            ])

            return cfgs  # Shape: (1, 2, 2), names: exp_lr0.1_e10, exp_lr0.1_e100, ...

        @experiment.report
        def report(results, report_dir):
            # Shape is (1, 2, 2) from sweeps
            print(results.shape)

            # Index by position
            first_lr = results[:, 0, :]  # All configs with first lr value
            print([r.name for r in first_lr])

            # Access individual result
            r = results[0, 1, 0]
            print(r.name, round(r.result, 3))

        if __name__ == "__main__":
            experiment.run()
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout.splitlines() == [
        "(1, 2, 2)",
        "['exp_lr0.1_e10', 'exp_lr0.1_e100']",
        "exp_lr0.01_e10 0.11",
    ]
    batch = project.batch("experiment")
    names = ["exp_lr0.1_e10", "exp_lr0.1_e100", "exp_lr0.01_e10", "exp_lr0.01_e100"]
    assert list(statuses(batch)) == names


def test_dotted_keys_and_deep_merges(project: Project):
    project.write(
        "main.py",
        """
        from pyexp import merge, sweep

        cfgs = [{"name": "exp", "mlp": {"width": 32, "depth": 2}}]
        cfgs = sweep(cfgs, [
            {"name": "w64", "mlp.width": 64},   # Only updates width, keeps depth
            {"name": "w128", "mlp.width": 128},
        ])
        print([c.to_dict() for c in cfgs])

        base = {"bsdf": {"type": "Diffuse", "color": 5, "roughness": 0.1}}

        # Without **: replaces the entire dict (roughness is lost)
        print(merge(base, {"bsdf": {"type": "Test", "color": 10}}) == {"bsdf": {"type": "Test", "color": 10}})

        # With **: merges into existing dict (roughness is preserved)
        print(
            merge(base, {"**bsdf": {"type": "Test", "color": 10}})
            == {"bsdf": {"type": "Test", "color": 10, "roughness": 0.1}}
        )

        cfgs = [{"name": "exp", "model": {"encoder": {"type": "MLP", "width": 8}}}]
        cfgs = sweep(cfgs, [
            {"name": "test", "**model.encoder": {"type": "ResNet", "pretrained": True}},
        ])
        print(cfgs[0].to_dict())
        """,
    )
    assert project.python("main.py").stdout.splitlines() == [
        "[{'name': 'exp_w64', 'mlp': {'width': 64, 'depth': 2}}, {'name': 'exp_w128', 'mlp': {'width': 128, 'depth': 2}}]",
        "True",
        "True",
        "{'name': 'exp_test', 'model': {'encoder': {'type': 'ResNet', 'width': 8, 'pretrained': True}}}",
    ]


def test_results_are_filtered_by_name_and_by_value(project: Project, executor: str):
    project.write(
        "main.py",
        """
        import pyexp
        from pyexp import sweep

        @pyexp.experiment
        def experiment(config):
            return config.epochs

        @experiment.configs
        def configs():
            cfgs = sweep([{"name": "exp", "mlp": {"width": 128}}], [
                {"name": "lr0.1", "learning_rate": 0.1},
                {"name": "lr0.01", "learning_rate": 0.01},
            ])
            return sweep(cfgs, [{"name": "e10", "epochs": 10}, {"name": "e100", "epochs": 100, "mlp.width": 64}])

        @experiment.report
        def report(results, report_dir):
            # Pattern matching on name (glob-style)
            lr01_results = results["exp_lr0.1_*"]  # All with lr0.1
            epoch10_results = results["*_e10"]      # All with e10
            print(lr01_results.shape, epoch10_results.shape)

            # Dict matching on config values
            lr01_results = results[{"config.learning_rate": 0.1}]
            print([r.name for r in lr01_results])

            # Multiple constraints
            specific = results[{"config.learning_rate": 0.1, "config.epochs": 10}]
            print([r.name for r in specific])

            # Nested config access
            wide_results = results[{"config.mlp.width": 128}]
            print([r.result for r in wide_results])

        experiment.run()
        """,
    )
    assert project.python("main.py", "--executor", executor).stdout.splitlines() == [
        "(1, 1, 2) (1, 2, 1)",
        "['exp_lr0.1_e10', 'exp_lr0.1_e100']",
        "['exp_lr0.1_e10']",
        "[10, 10]",
    ]
