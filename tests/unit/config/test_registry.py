from abc import ABC, abstractmethod
from fractions import Fraction

import pytest

from pyexp.config import registry
from pyexp.config.config import Config
from pyexp.config.registry import adopt, build, register, registered
from pyexp.errors import RegistryError, UnknownTypeError, WrongTypeError


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_types", {})


class Model(ABC):
    @abstractmethod
    def depth(self): ...


class MLP(Model):
    def __init__(self, width=64, *, layers=()):
        self.width, self.layers = width, layers

    def depth(self):
        return len(self.layers)


def test_names_of_registered_classes():
    assert register(MLP) is MLP
    assert register("a")(MLP) is MLP
    assert register(name="b")(MLP) is MLP
    assert register()(MLP) is MLP
    assert registered() == {"MLP": MLP, "a": MLP, "b": MLP}


def test_build_checks_against_the_base_and_keeps_the_config():
    register(MLP)
    config = Config(type="MLP", width=128, layers=[{"size": 3}])

    model = build(Model, config, width=256)

    assert (type(model), model.width) == (MLP, 256)
    assert model.layers[0] is config.layers[0]
    assert config == {"type": "MLP", "width": 128, "layers": [{"size": 3}]}


def test_without_a_type_the_base_is_built():
    assert build(MLP, {"width": 3}).width == 3


def test_the_type_may_be_overridden_or_be_a_class():
    register("wide")(MLP)

    assert type(build(Model, {"type": "x"}, type="wide")) is MLP
    assert type(build(Model, {"type": MLP})) is MLP


def test_an_instance_is_returned_as_it_is():
    model = MLP()

    assert build(Model, model) is model
    with pytest.raises(WrongTypeError, match="neither a mapping nor an instance of Model"):
        build(Model, 3)
    with pytest.raises(WrongTypeError, match=r"'width'.*cannot override an instance"):
        build(Model, model, width=3)


def test_a_class_defined_again_replaces_the_former():
    def cell(version):
        @register
        class Net:
            number = version

        return Net

    cell(1)
    cell(2)

    assert build(object, {"type": "Net"}).number == 2


def test_a_different_class_of_the_same_name_is_refused():
    register("x")(MLP)

    with pytest.raises(RegistryError, match=r"'x' is registered as .*:MLP already, so .*:Model cannot"):
        register("x")(Model)


def test_positional_arguments_are_passed_on():
    class Optimizer:
        def __init__(self, parameters, lr, *more, beta=0.9):
            self.given = (parameters, lr, more, beta)

    assert build(Optimizer, {"lr": 0.1}, [1]).given == ([1], 0.1, (), 0.9)
    assert build(Optimizer, {"beta": 0}, [1], 2, 3, 4).given == ([1], 2, (3, 4), 0)
    assert build(Optimizer, {"type": Optimizer}, [1], lr=3).given == ([1], 3, (), 0.9)
    assert build(int, {}, "12") == 12


def test_positional_arguments_that_do_not_fit_are_wrong():
    register(MLP)
    with pytest.raises(WrongTypeError, match="multiple values for argument 'width'"):
        build(MLP, {"type": "MLP", "width": 3}, 4)
    with pytest.raises(WrongTypeError, match="too many positional arguments; given are"):
        build(MLP, {"type": "MLP"}, *range(9))
    with pytest.raises(WrongTypeError, match=r"5 cannot override an instance"):
        build(MLP, MLP(), 5)


@pytest.mark.parametrize("wanted", [["A"], {"a": 1}, {1}, ("MLP",), None, 3, 1.5, True, b"MLP"])
def test_a_type_that_is_no_name_is_a_type_error(wanted):
    with pytest.raises(WrongTypeError, match=r"build: 'type' holds .*, not a name"):
        build(Model, {"type": wanted})


def test_unknown_type_is_a_key_error_with_the_nearest_name():
    register(MLP)

    with pytest.raises(UnknownTypeError, match="no type 'MLPP' is registered: did you mean 'MLP'") as caught:
        build(Model, {"type": "MLPP"})
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize(
    ("base", "config", "message"),
    [
        (int, {"type": "MLP"}, "'MLP' is .*:MLP, which is not a subclass of builtins:int"),
        (Model, {"type": "MLP", "widht": 3}, ":MLP takes no argument 'widht': did you mean 'width'"),
        (Model, {}, r"Model is abstract \(depth\)"),
        (Model, {"type": "Strict"}, "Strict cannot be made: missing a required argument: 'size'"),
        (Model, {"type": "MLP", 3: 4}, "takes no argument 3"),
    ],
)
def test_wrong_types_and_arguments_are_type_errors(base, config, message):
    register(MLP)

    @register
    class Strict(MLP):
        def __init__(self, size):
            super().__init__(size)

    with pytest.raises(WrongTypeError, match=message) as caught:
        build(base, config)
    assert isinstance(caught.value, TypeError)


def test_errors_of_the_constructor_stay_its_own():
    @register
    class Broken:
        def __init__(self, **kwargs):
            raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$") as caught:
        build(object, {"type": "Broken", "anything": 1})
    assert type(caught.value) is TypeError


def test_a_class_that_tells_no_signature_is_called():
    assert build(dict, {"type": dict, "a": 1}) == {"a": 1}


def test_only_classes_are_registered():
    with pytest.raises(WrongTypeError, match="is not a class"):
        register(len)


def test_adopted_references_are_imported_when_asked_for():
    adopt("F", "fractions:Fraction")
    adopt("F", "fractions:Fraction")

    assert registered() == {"F": "fractions:Fraction"}
    assert build(Fraction, {"type": "F", "numerator": 2}) == 2
    assert registered() == {"F": Fraction}
    adopt("F", "fractions:Fraction")
    assert registered() == {"F": Fraction}


@pytest.mark.parametrize("reference", ["no_such_module:X", "fractions:NoSuch"])
def test_an_adopted_reference_that_is_gone(reference):
    adopt("x", reference)

    with pytest.raises(UnknownTypeError, match="cannot be imported here"):
        build(object, {"type": "x"})


def test_an_adopted_reference_to_no_class():
    adopt("x", "math:pi")

    with pytest.raises(WrongTypeError, match=r"not a class but 3\.14"):
        build(object, {"type": "x"})
