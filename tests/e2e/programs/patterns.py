# Patterns of larger scripts: registries, descriptors, closures that share a cell, weak references; as in state.py.
import copy, dataclasses, functools, itertools, logging, re, threading, weakref
import pyexp
import numpy as np
try:
    import pandas as pd
except ImportError:
    pd = None

class Registry(dict):
    def register(self, f): self[f.__name__] = f; return f
OPS = Registry()
@OPS.register
def add(a, b): return a + b + BIAS
BIAS = 0
class Base:
    registry = {}
    def __init_subclass__(cls, key=None, **kw):
        super().__init_subclass__(**kw); Base.registry[key] = cls
class A(Base, key="a"): pass
class Desc:
    def __set_name__(self, o, n): self.n = n
    def __get__(self, i, o): return (self.n, SCALE)
class WithDesc: d = Desc()
SCALE = 1
class Singleton:
    _inst = None
    def __new__(cls):
        if cls._inst is None: cls._inst = super().__new__(cls); cls._inst.v = 0
        return cls._inst
S = Singleton()
HOOKS = []
def hook(x): return x + len(HOOKS)
weak = weakref.WeakValueDictionary()
class Node:
    __slots__ = ("v", "kids", "__weakref__")
    def __init__(self, v): self.v = v; self.kids = []
ROOT = Node(1); CHILD = Node(2); ROOT.kids.append(CHILD)
PATTERN = re.compile("a+")
FR = frozenset({"x", "y"})
counter = itertools.count()
class Cfg:
    lr = 0.1
    class Opt: name = "sgd"; betas = [0.9]
cfg = Cfg()
def gen_cfg(c=Cfg.Opt): return c.name, c.betas
@dataclasses.dataclass(frozen=True)
class Frozen: xs: list = dataclasses.field(default_factory=list)
FZ = Frozen()
def uses_fz(f=FZ): return f is FZ, f.xs
LOG = logging.getLogger("x")
MATRIX = np.eye(2)
VIEW = MATRIX[0]
DF = pd.DataFrame({"a": [1]}) if pd else None
def outer():
    count = 0
    def inc():
        nonlocal count; count += 1; return count
    def get(): return count
    return inc, get
inc, get = outer()
class Timer:
    def __enter__(self): return self
    def __exit__(self, *a): return False
    def __call__(self, f):
        @functools.wraps(f)
        def g(*a): return ("timed", f(*a))
        return g
@Timer()
def timed(x): return x + BIAS
class Meta(type):
    def __call__(cls, *a, **k): o = super().__call__(*a, **k); o.made = True; return o
class Made(metaclass=Meta): pass
MADE = Made()
async def coro(): return BIAS
CASES = {
 "registry subclass": lambda: (OPS["add"] is add, add(1, 1), sorted(OPS)),
 "init_subclass": lambda: (Base.registry["a"] is A, sorted(Base.registry)),
 "descriptor": lambda: WithDesc().d,
 "singleton": lambda: (Singleton() is S, S.v),
 "hooks": lambda: (hook(1), [h(1) for h in HOOKS]),
 "slots tree": lambda: (ROOT.kids[0] is CHILD, CHILD.v, ROOT.v),
 "pattern": lambda: PATTERN.match("aa").group(),
 "count": lambda: next(counter),
 "nested class cfg": lambda: (gen_cfg(), Cfg.Opt.betas, cfg.lr),
 "frozen": lambda: uses_fz(),
 "view": lambda: (VIEW.tolist(), MATRIX.tolist()),
 "df": lambda: None if DF is None else DF["a"].tolist(),
 "nonlocal": lambda: (inc(), get()),
 "timed": lambda: timed(1),
 "meta": lambda: (MADE.made, MADE.extra),
 "coro": lambda: __import__("asyncio").run(coro()),
 "wvd": lambda: list(weak),
 "deep copy": lambda: type(copy.deepcopy(MADE)) is Made,
 "thread": lambda: [t.join() or True for t in [threading.Thread(target=hook, args=(1,))] if t.start() is None],
}
def evaluate(c):
    try: return c()
    except Exception as e: return f"{type(e).__name__}: {e}"
@pyexp.experiment(stash=False)
def exp(config): return {n: evaluate(c) for n, c in CASES.items()}
def report(results):
    (run,) = results
    print("error:", run.error)
    for item in (run.result or {}).items():
        print(*item)
    print(*["-"] * 15, sep="\n")

exp.report(report)

def main():
    global BIAS, SCALE, cfg
    BIAS = 5; SCALE = 3; S.v = 4
    @OPS.register
    def mul(a, b): return a * b
    class B(Base, key="b"): pass
    HOOKS.append(lambda x: x * SCALE)
    CHILD.v = 9; Cfg.Opt.betas.append(1); Cfg.Opt.name = "adam"; cfg = Cfg(); cfg.lr = 7
    FZ.xs.append(1); MATRIX[0, 0] = 8; MADE.extra = 1
    if DF is not None: DF.loc[0, "a"] = 2
    inc(); next(counter)
    weak["a"] = ROOT
    exp.run(configs=[{"name": "a"}])
if __name__ == "__main__":
    main()
