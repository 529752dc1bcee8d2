"""Helpers of all readers: kinds of modules, numbers in their shortest spelling, values that are not defaults."""

import inspect
import math


class Unrecoverable(ValueError):
    """A module with parts that no constructor argument of x-transformers' makes."""


def kind_of(module):
    return type(module).__name__


def short(value, fits):
    """The number with the fewest digits that `fits`, near `value`; an int where one does."""
    for digits in range(1, 18):
        for candidate in {float(f"{value:.{digits}g}"), _up(value, digits)}:
            if fits(candidate):
                return int(candidate) if candidate == int(candidate) else candidate
    return value


def _up(value, digits):
    """`value` rounded up after so many decimals."""
    scale = 10 ** (digits - 1)
    return math.ceil(value * scale - 1e-9) / scale


def changed(module_class, values):
    """Those values that are not the constructor's defaults."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(module_class.__init__).parameters.items()}
    return {name: value for name, value in values.items() if name not in defaults or not same(value, defaults[name])}


def same(value, default):
    return value == default and isinstance(value, bool) == isinstance(default, bool)
