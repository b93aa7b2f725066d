"""Every call of theirs can be made to ours, argument by argument."""

import inspect

import pytest
import tensorboardX

from pyexp.tensorboard import SummaryWriter
from pyexp.tensorboard.writing.file_writer import FileWriter

PYTORCH = {  # torch.utils.tensorboard.SummaryWriter of PyTorch 2.13
    "__init__": "log_dir comment purge_step max_queue flush_secs filename_suffix",
    "get_logdir": "",
    "add_hparams": "hparam_dict metric_dict hparam_domain_discrete run_name global_step",
    "add_scalar": "tag scalar_value global_step walltime new_style double_precision",
    "add_scalars": "main_tag tag_scalar_dict global_step walltime",
    "add_tensor": "tag tensor global_step walltime",
    "add_histogram": "tag values global_step bins walltime max_bins",
    "add_histogram_raw": "tag min max num sum sum_squares bucket_limits bucket_counts global_step walltime",
    "add_image": "tag img_tensor global_step walltime dataformats",
    "add_images": "tag img_tensor global_step walltime dataformats",
    "add_image_with_boxes": "tag img_tensor box_tensor global_step walltime rescale dataformats labels",
    "add_figure": "tag figure global_step close walltime",
    "add_video": "tag vid_tensor global_step fps walltime",
    "add_audio": "tag snd_tensor global_step sample_rate walltime",
    "add_text": "tag text_string global_step walltime",
    "add_onnx_graph": "prototxt",
    "add_graph": "model input_to_model verbose use_strict_trace",
    "add_embedding": "mat metadata label_img global_step tag metadata_header",
    "add_pr_curve": "tag labels predictions global_step num_thresholds weights walltime",
    "add_pr_curve_raw": "tag true_positive_counts false_positive_counts true_negative_counts false_negative_counts"
    " precision recall global_step num_thresholds weights walltime",
    "add_custom_scalars_multilinechart": "tags category title",
    "add_custom_scalars_marginchart": "tags category title",
    "add_custom_scalars": "layout",
    "add_mesh": "tag vertices colors faces config_dict global_step walltime",
    "flush": "",
    "close": "",
    "__enter__": "",
    "__exit__": "exc_type exc_val exc_tb",
}
# Told apart by their types, or of no effect here.
ELSEWHERE = {"add_hparams", "add_scalar", "add_image_with_boxes", "__init__", "__exit__"}


def of_tensorboardx(kind):
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: [parameter for parameter in inspect.signature(method).parameters.values() if parameter.name != "self"]
        for name, method in methods
        if not name.startswith("_") or name in PYTORCH
    }


def of_pytorch():
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return {name: [inspect.Parameter(one, positional) for one in text.split()] for name, text in PYTORCH.items()}


CALLS = [
    pytest.param(kind, name, parameters, id=f"{source}.{name}")
    for source, kind, methods in (
        ("tensorboardX", SummaryWriter, of_tensorboardx(tensorboardX.SummaryWriter)),
        ("tensorboardX.FileWriter", FileWriter, of_tensorboardx(tensorboardX.FileWriter)),
        ("torch", SummaryWriter, of_pytorch()),
    )
    for name, parameters in methods.items()
    if (source, name) != ("tensorboardX.FileWriter", "__init__")
]


@pytest.mark.parametrize(("kind", "name", "theirs"), CALLS)
def test_the_same_calls(kind, name, theirs):
    ours = inspect.signature(getattr(kind, name))
    by_position = [one.name for one in theirs if one.kind is one.POSITIONAL_OR_KEYWORD]
    by_name = [one.name for one in theirs if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    for count in range(sum(one.default is one.empty for one in theirs), len(by_position) + 1):
        ours.bind("self", *by_position[:count])
    bound = ours.bind("self", *by_position)
    if name not in ELSEWHERE and "_" not in bound.arguments:
        assert [bound.arguments[one] for one in by_position] == by_position
    if name != "__exit__":  # called by `with`
        ours.bind("self", **{one: one for one in by_name})
