# Ordinary definitions of a script without a guard, which go by value; as in state.py.
from __future__ import annotations
import collections, contextvars, enum, functools, os, pickle, re, sys, threading, types
import pyexp
import numpy as np

class Model:
    def __init__(self): self.w = [0.0]; self.lr = 1
class Opt:
    def __init__(self, m): self.params = m.w
MODEL = Model(); OPT = Opt(MODEL)
MODEL2 = Model(); OPT2 = types.SimpleNamespace(params=MODEL2.w)
_MISSING = object()
DEFAULTS = {"a": _MISSING}
def with_default(x=_MISSING): return x is _MISSING
ARR = np.zeros(3); STATE = {"arr": ARR}
A = B = []
ARGS = {}
def maker():
    d = ARGS
    return lambda: d
CLOSED = maker()
DQ = collections.deque([1]); DD = collections.defaultdict(list); CN = collections.Counter("ab"); OD = collections.OrderedDict(a=1)
def defaults(dq=DQ, dd=DD, cn=CN, od=OD): return dq is DQ and dd is DD and cn is CN and od is OD and (list(dq), dict(dd), dict(cn), dict(od))
def train(x=1): return x
NAMES = {"a", "b"}
def names(n=NAMES): return sorted(n), n is NAMES
class Net:
    tags = A
    def f(self): return "slow"
    @staticmethod
    def s(): return "slow"
    @property
    def p(self): return "slow"
    @classmethod
    def c(cls): return "slow"
def fast(self): return "fast"
ca = types.SimpleNamespace(v=1); cb = types.SimpleNamespace(a=ca); ca.b = cb
class Slots:
    __slots__ = ("v",)
    def __init__(self): self.v = 1
SL = Slots()
class D(dict): ...
DS = D(a=1)
@functools.cache
def load(n): return n
def load2(n): return n * 100
class Redefined: v = "top"
class RedefinedToo: ...
def redefined(): return "top"
def redefined2(): return "top"
VAR = contextvars.ContextVar("v", default=1)
EVENT = threading.Event(); COND = threading.Condition(); SEM = threading.Semaphore(3); 
class Key:
    def __init__(self, k): self.k = k
    def __hash__(self): return hash(self.k)
    def __eq__(self, o): return self.k == o.k
KEY = Key(1); BYKEY = {KEY: 1}
RNG = np.random.default_rng(0)
W = {}
class Meta(type): ...
class WithMeta(metaclass=Meta): limit = 1
lam = lambda: "top"
backend = collections
TUP = (A, MODEL)
class Color(enum.Enum):
    RED = 1
    def hex(self): return PALETTE[self]
PALETTE = {Color.RED: "f00"}
STACK = [MODEL]
SELF = {}; SELF["me"] = SELF
class Reg:
    items = {}
    def __init_subclass__(cls, **kw): Reg.items[cls.__name__] = cls
class R1(Reg): ...
GEN = None
part = functools.partial(train, 5)

import typing, abc, dataclasses
P = typing.ParamSpec("P"); Ts = typing.TypeVarTuple("Ts"); T = typing.TypeVar("T", bound=int)
Vec = list[float]; Opts = typing.Optional[int]; Cb = typing.Callable[P, int]
UserId = typing.NewType("UserId", int)
class Perm(enum.Flag):
    R = 4; W = 2; X = 1; RW = 6
class IP(enum.IntFlag, boundary=enum.KEEP):
    A = 1; B = 2
class Str(str, enum.Enum):
    A = "a"; ALIAS = "a"
    @classmethod
    def _missing_(cls, v): return cls.A
class SE(enum.StrEnum):
    AB = enum.auto()
class Coord(bytes, enum.Enum):
    def __new__(cls, value, label):
        obj = bytes.__new__(cls, [value]); obj._value_ = value; obj.label = label
        return obj
    PX = (0, "x"); PY = (1, "y")
class Tup(tuple, enum.Enum):
    A = (1, 2)
class Order(enum.Enum):
    def _generate_next_value_(name, start, count, last): return name.lower()
    ONE = enum.auto(); TWO = enum.auto()
    def __init__(self, v): self.extra = v * 2
@dataclasses.dataclass
class Data: x: int; y: int = 2
class DE(Data, enum.Enum):
    A = 1, 2
class CP:
    @functools.cached_property
    def v(self): return 7
class NTu(typing.NamedTuple):
    a: int; b: str = "x"
class TD(typing.TypedDict):
    a: int
class Proto(typing.Protocol):
    def m(self) -> int: ...
class Gen_(typing.Generic[T]):
    def __init__(self, v: T): self.v = v
class Abs(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
class Con(Abs):
    def f(self): return super().__class__.__name__
@dataclasses.dataclass(slots=True, frozen=True)
class DS_: x: int = 3
class SD:
    @functools.singledispatchmethod
    def f(self, x): return "o"
    @f.register
    def _(self, x: int): return "i"
@functools.singledispatch
def sd(x): return "obj"
@sd.register
def _(x: int): return "int"
@sd.register(list)
def _(x): return "list"
@functools.lru_cache(maxsize=3, typed=True)
def lru(x): return x
class Outer:
    class Inner:
        class Deep: ...
    class E(enum.Enum): A = 1
CASES = {
 "perm": lambda: (Perm.R | Perm.X, Perm.RW, Perm(6), list(Perm), pickle.loads(pickle.dumps(Perm.R | Perm.X)) == Perm.R | Perm.X),
 "intflag": lambda: (IP(5), IP.A | 8),
 "strenum": lambda: (Str.ALIAS is Str.A, Str("zz"), Str.A == "a", SE.AB, Str.A.upper()),
 "coord": lambda: (Coord.PY.label, bytes(Coord.PY), Coord(1) is Coord.PY, Coord.PY[0]),
 "tuple enum": lambda: (Tup.A[1], Tup((1, 2)) is Tup.A),
 "generated": lambda: (Order.ONE.value, Order.TWO.extra, Order("two") is Order.TWO),
 "data enum": lambda: (DE.A.x, DE.A.y, DE.A.value),
 "cached_property": lambda: CP().v,
 "namedtuple": lambda: (NTu(1), NTu(1)._asdict(), pickle.loads(pickle.dumps(NTu(2)))),
 "typeddict": lambda: TD(a=1),
 "protocol": lambda: Proto.__name__,
 "generic": lambda: Gen_[int](3).v,
 "abc": lambda: Con().f(),
 "slots dc": lambda: (DS_(), pickle.loads(pickle.dumps(DS_(4)))),
 "sdm": lambda: (SD().f(1), SD().f("")),
 "sd": lambda: (sd(1), sd([]), sd("")),
 "lru": lambda: (lru(2), lru.cache_parameters()),
 "typing": lambda: (str(Vec), str(Opts), UserId(3), UserId.__name__, T.__bound__, str(Cb), Ts.__name__),
 "nested": lambda: [type(pickle.loads(pickle.dumps(o))).__qualname__ for o in (Outer.Inner(), Outer.Inner.Deep(), Outer.E.A)],
 "pickle again": lambda: [pickle.loads(pickle.dumps(o)) is o for o in (Perm.R, Model, fast, Outer.Inner.Deep, UserId, T)],
 "in main": lambda: all(getattr(sys.modules["__main__"], n) is globals()[n] for n in ("Model", "fast", "Perm", "UserId")),

 "opt follows model": lambda: (OPT.params is MODEL.w, MODEL.lr),
 "third-party opt": lambda: (OPT2.params is MODEL2.w, MODEL2.w),
 "sentinel in dict": lambda: (DEFAULTS["a"] is _MISSING, with_default(), DEFAULTS["b"]),
 "array in dict": lambda: (STATE["arr"] is ARR, ARR.tolist()),
 "alias": lambda: (A is B, Net.tags is A, A),
 "closure": lambda: (CLOSED() is ARGS, ARGS),
 "stdlib containers": lambda: defaults(),
 "function attr": lambda: (train.calls, train(), train.__kwdefaults__),
 "set": lambda: names(),
 "methods": lambda: (Net().f(), Net.s(), Net().p, Net.c()),
 "cycle": lambda: (ca.b is cb, cb.a is ca, ca.v),
 "slots": lambda: SL.v,
 "dict subclass": lambda: (dict(DS), type(DS) is D),
 "cache rebound": lambda: load(2),
 "redefined class": lambda: (Redefined.v, type(pickle.loads(pickle.dumps(Redefined()))) is Redefined),
 "redefined class 2": lambda: RedefinedToo.v,
 "redefined f": lambda: redefined(),
 "redefined f2": lambda: redefined2(),
 "contextvar": lambda: VAR.get(),
 "sync": lambda: (EVENT.is_set(), COND.acquire(False), SEM.acquire(False)),
 "by key": lambda: (BYKEY[KEY], KEY.k),
 "rng": lambda: float(RNG.random()),
 "metaclass attr": lambda: WithMeta.limit,
 "lambda": lambda: lam(),
 "module rebound": lambda: backend.__name__,
 "tuple": lambda: (TUP[0] is A, TUP[1] is MODEL),
 "enum global": lambda: Color.RED.hex(),
 "list of model": lambda: STACK[0] is MODEL,
 "self": lambda: (SELF["me"] is SELF, SELF.get("x")),
 "registry": lambda: (Reg.items["R1"] is R1, sorted(Reg.items)),
 "globals()": lambda: globals()["W"]["k"],
 "gen": lambda: list(GEN),
 "partial": lambda: (part(), part.func is train),
 "exec'd": lambda: made_by_exec(),
 "sub in guard": lambda: Reg.items["R2"]().hi(),
}
@pyexp.experiment(stash=False)
def exp(config):
    return {name: evaluate(case) for name, case in CASES.items()}


def evaluate(case):
    try:
        return case()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def report(results):
    (run,) = results
    print("error:", run.error)
    for name, value in (run.result or {}).items():
        if isinstance(value, bytes):
            value = ("reads in the report", type(pickle.loads(value)) is Net)
        shown = re.sub(r" at 0x[0-9a-f]+", "", repr(value))
        print(f"{name}: {shown} {type(value).__module__}")

exp.report(report)

def main():
    global load, RedefinedToo, redefined2, lam, backend, TUP, GEN
    MODEL.lr = 5; MODEL2.w[0] = 9; DEFAULTS["b"] = 2; ARR[1] = 4; A.append(1); ARGS["x"] = 1
    DQ.append(2); DD["k"].append(1); CN["a"] += 1; OD["b"] = 2
    train.calls = 5; train.__defaults__ = (7,); NAMES.add("c")
    Net.f = fast; Net.s = staticmethod(lambda: "fast"); Net.p = property(lambda self: "fast"); Net.c = classmethod(lambda cls: "fast")
    ca.v = 2; SL.v = 2; DS["b"] = 2; load = functools.cache(load2)
    class RedefinedToo: v = "main"
    def redefined2(): return "main"
    VAR.set(3); EVENT.set(); KEY.k = 2; BYKEY.clear(); BYKEY[KEY] = 7; WithMeta.limit = 2; lam = lambda: "main"; backend = functools
    PALETTE[Color.RED] = "e00"; W["k"] = 1; SELF["x"] = 1; GEN = range(3)
    import socket
    exec("def made_by_exec(): return 'exec'", globals())
    exp.run(configs=[{"name": "all"}])
if "the top goes on":
    class Redefined: v = "guard"
    def redefined(): return "guard"
    class R2(Reg):
        def hi(self): return ARGS["x"]
    main()
