# What a script sets, defines and changes; each case must give in a process of its own what it gives here.
from __future__ import annotations
import sys, os, re, functools, pickle, enum, random, threading, typing, inspect, traceback, logging, collections
from dataclasses import dataclass, field
import numpy as np
import pyexp
random.seed(0); np.random.seed(0)
ARGS = {}
LIMIT = 1
_MISSING = object()
LOCK = threading.Lock()
CONN = open(os.devnull)
BIG = np.zeros(1000)
MUT = np.zeros(3)
REG = {}
LATER: dict
loss_fn = None
def register(f): REG[f.__name__] = f; return f
@register
def mse(x): return x * x
@register
def l1(x): return abs(x)
def get(x=_MISSING): return x is _MISSING
def default_args(a=ARGS): return a
class Base: ...
class Net(Base):
    width = 1
    tags = []
    def __init__(self, w=3): self.w = w
    def forward(self): return LIMIT + self.w
    @property
    def p(self): return PROP
    class Inner: ...
@dataclass
class Cfg:
    a: int = 1
    inner: Net = field(default_factory=Net)
@dataclass(frozen=True)
class FCfg:
    lr: float = 0.1
class Opt(enum.Enum):
    SGD = ("sgd", .1)
    def __init__(self, k, lr): self.k, self.lr = k, lr
NT = collections.namedtuple("NT", "a b")
UserId = typing.NewType("UserId", int)
T = typing.TypeVar("T")
@functools.cache
def load(n): return n * LIMIT
@functools.singledispatch
def sd(x): return "obj"
@sd.register
def _(x: int): return "int"
def timed(f):
    @functools.wraps(f)
    def inner(*a): return ("timed", f(*a), LIMIT)
    return inner
@timed
def deco(x): return x + LIMIT
part = functools.partial(mse, 3)
lam = lambda: LIMIT
class Node:
    def __init__(self): self.next = self; self.lim = None
NODE = Node()
cfg = None
obj = None
counter = 0
def bump():
    global counter; counter += 1; return counter
def calls_lambda(f): return f()
def worker(n): return Net(n)
def fails(): raise ValueError("boom")
CASES = {
 "args": lambda: ARGS.get("epochs"),
 "args alias in default": lambda: default_args() is ARGS,
 "global rebinding": lambda: LIMIT,
 "in helper": lambda: Net(1).forward(),
 "property": lambda: Net().p,
 "sentinel": lambda: get(),
 "lock": lambda: LOCK.acquire(False),
 "unpicklable": lambda: CONN2.read(),
 "own unpicklable": lambda: CONN.read(),
 "registry": lambda: REG["mse"] is mse and sorted(REG),
 "mutated array": lambda: MUT.tolist(),
 "big": lambda: BIG.sum(),
 "loss_fn": lambda: loss_fn is l1 and loss_fn(-2),
 "class attr": lambda: Net.width,
 "class attr mutated": lambda: Net.tags,
 "enum": lambda: Opt.SGD.lr,
 "newtype": lambda: UserId(3),
 "cache": lambda: (load(2), load is globals()["load"]),
 "singledispatch": lambda: sd(3),
 "wraps": lambda: deco(1),
 "partial": lambda: part(),
 "lambda": lambda: lam(),
 "circular": lambda: NODE.next is NODE and NODE.lim,
 "cfg": lambda: cfg,
 "cfg class": lambda: type(cfg) is Cfg and type(cfg.inner) is Net,
 "obj": lambda: obj.forward(),
 "counter": lambda: (bump(), bump(), counter),
 "defined in guard": lambda: in_guard(),
 "class in guard": lambda: type(GuardClass()).__name__,
 "closure made in main": lambda: made_in_main(),
 "LATER": lambda: LATER,
 "seed": lambda: (random.random(), float(np.random.rand())),
 "result instance": lambda: Net(7),
 "result dataclass": lambda: Cfg(5),
 "result nt": lambda: NT(1, 2),
 "result nested cls": lambda: Net.Inner(),
 "result enum": lambda: Opt.SGD,
 "result fn": lambda: mse,
 "module name": lambda: (Net.__module__, __name__, mse.__module__, repr(Net)),
 "pickle in run": lambda: pickle.dumps(Net(4)),
 "hints": lambda: str(typing.get_type_hints(Cfg)),
 "source": lambda: inspect.getsource(mse).strip()[-20:] + "|" + inspect.getsource(Net)[:9],
 "source of exp": lambda: inspect.getsource(exp.__wrapped__)[:20],
 "file": lambda: os.path.basename(__file__),
 "exp by name": lambda: type(exp).__name__,
}
def spawn_pool():
    import multiprocessing as mp
    with mp.get_context("spawn").Pool(1) as p: return p.map(worker, [1, 2])
def fork_pool():
    import multiprocessing as mp
    with mp.get_context("fork").Pool(1) as p: return p.map(worker, [1, 2])
def fs_pool():
    import multiprocessing as mp
    with mp.get_context("forkserver").Pool(1) as p: return p.map(worker, [1, 2])
def executor():
    from concurrent.futures import ProcessPoolExecutor
    import multiprocessing as mp
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as p: return type(p.submit(worker, 3).result()) is Net
CASES["spawn pool"] = lambda: [type(x) is Net for x in spawn_pool()]
CASES["fork pool"] = lambda: [type(x) is Net for x in fork_pool()]
CASES["forkserver pool"] = lambda: [type(x) is Net for x in fs_pool()]
CASES["executor spawn"] = executor
def tb():
    try: fails()
    except ValueError: return traceback.format_exc().splitlines()[-2].strip()
CASES["traceback"] = tb
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
    global LIMIT, cfg, obj, loss_fn, LATER, PROP, CONN2
    ARGS["epochs"] = 7; LIMIT = 10; cfg = Cfg(9); obj = Net(2); loss_fn = l1; LATER = {"k": 1}; PROP = 5; CONN2 = open(__file__)
    MUT[1] = 4; Net.width = 50; Net.tags.append("x"); NODE.lim = 3
    globals()["made_in_main"] = make()
    exp.run(configs=[{"name": "all"}])

def make():
    n = 6
    def made_in_main(): return n + LIMIT
    return made_in_main

if __name__ == "__main__":
    class GuardClass: ...
    def in_guard(): return "g"
    main()
