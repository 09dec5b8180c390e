"""`@requirements`: the requirements of a class and its bases, without changing one another."""

from __future__ import annotations

from distilabel.utils.requirements import requirements
from rooms import Fn


@requirements(["one>=1"])
class One(Fn):
    pass


@requirements(["two", "one>=1"])
class Two(One):
    pass


class Plain(One):
    pass


def test_a_subclass_needs_what_its_base_needs() -> None:
    assert One().requirements == ["one>=1"]
    assert Plain().requirements == ["one>=1"]
    assert Two().requirements == ["one>=1", "two"]
    assert Fn().requirements == []


def test_those_of_an_instance_are_added() -> None:
    step = Two()
    step.requirements = ["three"]
    assert step.requirements == ["one>=1", "three", "two"]
    assert Two().requirements == ["one>=1", "two"]


def test_the_class_stays_the_same_class() -> None:
    assert One.__name__ == "One"
    assert requirements(["x"])(Plain) is Plain
