"""Event files made by hand, message by message, with the protobuf classes of tensorboardX."""

from __future__ import annotations

import struct

from tensorboardX.proto import types_pb2 as types
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

from pyexp.tensorboard.reading.checksum import masked_crc32c


def framed(data):
    header = struct.pack("<Q", len(data))
    return header + struct.pack("<I", masked_crc32c(header)) + data + struct.pack("<I", masked_crc32c(data))


def write(path, events):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(framed(event.SerializeToString()) for event in events))
    return path


def value(tag, tensor=None, plugin="", content=b"", **fields):
    data = SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    made = Summary.Value(tag=tag, **fields)
    if plugin:
        made.metadata.CopyFrom(SummaryMetadata(plugin_data=data))
    if tensor is not None:
        made.tensor.CopyFrom(tensor)
    return made


def event(*values, step=1, **fields):
    return Event(wall_time=1e9 + step, step=step, summary=Summary(value=values) if values else None, **fields)


def start(step):
    return event(step=step, session_log=SessionLog(status=SessionLog.START))


def tensor(dtype, *shape, **fields):
    dims = [TensorShapeProto.Dim(size=size) for size in shape]
    return TensorProto(dtype=getattr(types, f"DT_{dtype}"), tensor_shape=TensorShapeProto(dim=dims), **fields)


def strings(*contents):
    return tensor("STRING", len(contents), string_val=contents)
