# What holds what: identities, aliases and rebound definitions; as in state.py.
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
CONN = open(os.devnull); CFG = {"conn": CONN, "x": 1}
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
EVENT = threading.Event(); COND = threading.Condition(); SEM = threading.Semaphore(3); LOC = threading.local()
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
CASES = {
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
 "unpicklable in dict": lambda: (CFG["conn"] is CONN, CFG["x"]),
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
    ca.v = 2; CFG["x"] = 2; SL.v = 2; DS["b"] = 2; load = functools.cache(load2)
    class RedefinedToo: v = "main"
    def redefined2(): return "main"
    VAR.set(3); EVENT.set(); KEY.k = 2; BYKEY.clear(); BYKEY[KEY] = 7; WithMeta.limit = 2; lam = lambda: "main"; backend = functools
    PALETTE[Color.RED] = "e00"; W["k"] = 1; SELF["x"] = 1; GEN = range(3)
    import socket
    globals()["SOCK"] = socket.socket()
    exec("def made_by_exec(): return 'exec'", globals())
    exp.run(configs=[{"name": "all"}])
if __name__ == "__main__":
    class Redefined: v = "guard"
    def redefined(): return "guard"
    class R2(Reg):
        def hi(self): return ARGS["x"]
    main()
