from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_UNSPECIFIED: _ClassVar[Kind]
    KIND_TEXT: _ClassVar[Kind]
    KIND_FIGURE: _ClassVar[Kind]
    KIND_CHECKPOINT: _ClassVar[Kind]
    KIND_IMAGE: _ClassVar[Kind]
    KIND_HISTOGRAM: _ClassVar[Kind]
    KIND_TABLE: _ClassVar[Kind]
    KIND_HPARAMS: _ClassVar[Kind]
KIND_UNSPECIFIED: Kind
KIND_TEXT: Kind
KIND_FIGURE: Kind
KIND_CHECKPOINT: Kind
KIND_IMAGE: Kind
KIND_HISTOGRAM: Kind
KIND_TABLE: Kind
KIND_HPARAMS: Kind

class EventFile(_message.Message):
    __slots__ = ("record",)
    RECORD_FIELD_NUMBER: _ClassVar[int]
    record: _containers.RepeatedCompositeFieldContainer[Record]
    def __init__(self, record: _Optional[_Iterable[_Union[Record, _Mapping]]] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("check", "magic", "head_size", "attempt", "scalars", "object", "index", "end", "merged", "end_check", "value", "time", "iteration", "part", "stamp", "merged_value", "merged_time", "merged_iteration")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    MAGIC_FIELD_NUMBER: _ClassVar[int]
    HEAD_SIZE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SCALARS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    END_CHECK_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    STAMP_FIELD_NUMBER: _ClassVar[int]
    MERGED_VALUE_FIELD_NUMBER: _ClassVar[int]
    MERGED_TIME_FIELD_NUMBER: _ClassVar[int]
    MERGED_ITERATION_FIELD_NUMBER: _ClassVar[int]
    check: int
    magic: int
    head_size: int
    attempt: Attempt
    scalars: Scalars
    object: Object
    index: Index
    end: End
    merged: Merged
    end_check: int
    value: _containers.RepeatedScalarFieldContainer[float]
    time: _containers.RepeatedScalarFieldContainer[float]
    iteration: _containers.RepeatedScalarFieldContainer[int]
    part: _containers.RepeatedScalarFieldContainer[bytes]
    stamp: Stamp
    merged_value: _containers.RepeatedScalarFieldContainer[float]
    merged_time: _containers.RepeatedScalarFieldContainer[float]
    merged_iteration: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, check: _Optional[int] = ..., magic: _Optional[int] = ..., head_size: _Optional[int] = ..., attempt: _Optional[_Union[Attempt, _Mapping]] = ..., scalars: _Optional[_Union[Scalars, _Mapping]] = ..., object: _Optional[_Union[Object, _Mapping]] = ..., index: _Optional[_Union[Index, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ..., merged: _Optional[_Union[Merged, _Mapping]] = ..., end_check: _Optional[int] = ..., value: _Optional[_Iterable[float]] = ..., time: _Optional[_Iterable[float]] = ..., iteration: _Optional[_Iterable[int]] = ..., part: _Optional[_Iterable[bytes]] = ..., stamp: _Optional[_Union[Stamp, _Mapping]] = ..., merged_value: _Optional[_Iterable[float]] = ..., merged_time: _Optional[_Iterable[float]] = ..., merged_iteration: _Optional[_Iterable[int]] = ...) -> None: ...

class Stamp(_message.Message):
    __slots__ = ("number", "log", "seal")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEAL_FIELD_NUMBER: _ClassVar[int]
    number: int
    log: int
    seal: int
    def __init__(self, number: _Optional[int] = ..., log: _Optional[int] = ..., seal: _Optional[int] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("format", "time", "writer", "joins")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    WRITER_FIELD_NUMBER: _ClassVar[int]
    JOINS_FIELD_NUMBER: _ClassVar[int]
    format: int
    time: float
    writer: str
    joins: bool
    def __init__(self, format: _Optional[int] = ..., time: _Optional[float] = ..., writer: _Optional[str] = ..., joins: bool = ...) -> None: ...

class TagSet(_message.Message):
    __slots__ = ("tag",)
    TAG_FIELD_NUMBER: _ClassVar[int]
    tag: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, tag: _Optional[_Iterable[str]] = ...) -> None: ...

class Scalars(_message.Message):
    __slots__ = ("tags", "count", "crc", "first", "stride", "last_value", "last_iteration", "data_crc")
    TAGS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    CRC_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    LAST_VALUE_FIELD_NUMBER: _ClassVar[int]
    LAST_ITERATION_FIELD_NUMBER: _ClassVar[int]
    DATA_CRC_FIELD_NUMBER: _ClassVar[int]
    tags: TagSet
    count: _containers.RepeatedScalarFieldContainer[int]
    crc: _containers.RepeatedScalarFieldContainer[int]
    first: _containers.RepeatedScalarFieldContainer[int]
    stride: _containers.RepeatedScalarFieldContainer[int]
    last_value: _containers.RepeatedScalarFieldContainer[float]
    last_iteration: _containers.RepeatedScalarFieldContainer[int]
    data_crc: int
    def __init__(self, tags: _Optional[_Union[TagSet, _Mapping]] = ..., count: _Optional[_Iterable[int]] = ..., crc: _Optional[_Iterable[int]] = ..., first: _Optional[_Iterable[int]] = ..., stride: _Optional[_Iterable[int]] = ..., last_value: _Optional[_Iterable[float]] = ..., last_iteration: _Optional[_Iterable[int]] = ..., data_crc: _Optional[int] = ...) -> None: ...

class Merged(_message.Message):
    __slots__ = ("scalars", "begin", "end", "first", "last", "part", "parts")
    SCALARS_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    scalars: Scalars
    begin: int
    end: int
    first: int
    last: int
    part: int
    parts: int
    def __init__(self, scalars: _Optional[_Union[Scalars, _Mapping]] = ..., begin: _Optional[int] = ..., end: _Optional[int] = ..., first: _Optional[int] = ..., last: _Optional[int] = ..., part: _Optional[int] = ..., parts: _Optional[int] = ...) -> None: ...

class Object(_message.Message):
    __slots__ = ("kind", "tag", "iteration", "time", "interactive", "part")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    INTERACTIVE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    kind: Kind
    tag: str
    iteration: int
    time: float
    interactive: bool
    part: _containers.RepeatedCompositeFieldContainer[Part]
    def __init__(self, kind: _Optional[_Union[Kind, str]] = ..., tag: _Optional[str] = ..., iteration: _Optional[int] = ..., time: _Optional[float] = ..., interactive: bool = ..., part: _Optional[_Iterable[_Union[Part, _Mapping]]] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("media_type", "size", "crc")
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CRC_FIELD_NUMBER: _ClassVar[int]
    media_type: str
    size: int
    crc: int
    def __init__(self, media_type: _Optional[str] = ..., size: _Optional[int] = ..., crc: _Optional[int] = ...) -> None: ...

class Index(_message.Message):
    __slots__ = ("tag_set", "offset", "entry", "begin", "previous")
    TAG_SET_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    tag_set: _containers.RepeatedCompositeFieldContainer[TagSet]
    offset: _containers.RepeatedScalarFieldContainer[int]
    entry: _containers.RepeatedScalarFieldContainer[int]
    begin: int
    previous: int
    def __init__(self, tag_set: _Optional[_Iterable[_Union[TagSet, _Mapping]]] = ..., offset: _Optional[_Iterable[int]] = ..., entry: _Optional[_Iterable[int]] = ..., begin: _Optional[int] = ..., previous: _Optional[int] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ("index",)
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: int
    def __init__(self, index: _Optional[int] = ...) -> None: ...
