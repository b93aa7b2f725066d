"""The examples of the documentation, as they are written there."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from pyexp import Logger, LogReader


@pytest.mark.parametrize("use_protobuf", [True, False], ids=["protobuf", "jsonl"])
@pytest.mark.slow
def test_standalone_logger_and_reader(tmp_path, monkeypatch, use_protobuf):
    monkeypatch.chdir(tmp_path)
    X, Y = np.meshgrid(np.linspace(0, 1, 4), np.linspace(0, 1, 4))
    Z = X * Y
    history = [1, 2, 3]
    logger = Logger("out/my_experiment/run1", use_protobuf=use_protobuf)
    for epoch in range(100):
        logger.set_global_it(epoch)
        logger.add_scalar("loss", 1 / (epoch + 1))
        logger.add_scalar("accuracy", epoch / 100)
        logger.add_text("sample_output", f"Hello {epoch}")
        if epoch % 25 == 0:
            fig, ax = plt.subplots()
            ax.plot(history)
            logger.add_figure("training_curve", fig, interactive=False)
            fig_3d = plt.figure()
            ax = fig_3d.add_subplot(111, projection="3d")
            ax.plot_surface(X, Y, Z)
            logger.add_figure("loss_landscape", fig_3d, interactive=True)
            plt.close("all")
        if epoch % 50 == 0:
            logger.add_checkpoint("model", {"epoch": epoch})
            logger.add_checkpoint("optimizer", [epoch])
    logger.flush()

    reader = LogReader("out/my_experiment")
    assert reader.runs == ["run1"]
    assert reader.is_run is False
    run = reader.get_run("run1")
    assert run.is_run is True
    assert run.iterations == list(range(100))
    assert run.scalar_tags == {"loss", "accuracy"}
    assert run.text_tags == {"sample_output"}
    assert run.figure_tags == {"training_curve", "loss_landscape"}
    assert run.checkpoint_tags == {"model", "optimizer"}
    it, loss = run["loss"]
    assert (it, loss) == (99, 0.01)
    it, fig = run["loss_landscape"]
    assert it == 75
    assert fig.axes[0].name == "3d"
    it, state = run["model"]
    assert (it, state) == (50, {"epoch": 50})
    assert run.load_scalars("loss")[:2] == [(0, 1.0), (1, 0.5)]
    assert run.load_text("sample_output")[0] == (0, "Hello 0")
    assert run.load_figure("loss_landscape", iteration=50).axes[0].name == "3d"
    assert run.load_checkpoint("model", iteration=50) == {"epoch": 50}
    assert run.figure_iterations("loss_landscape") == [0, 25, 50, 75]
    assert run.checkpoint_iterations("model") == [0, 50]
    assert run.load_checkpoints("optimizer") == [(0, [0]), (50, [50])]
    logger.close()
