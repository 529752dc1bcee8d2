"""The ctypes mirror says the same as xf.h: names and order of every struct, call and status, and the version."""

import ctypes
import re

import pytest
from conftest import ROOT

from xfc import _abi

HEADER = re.sub(r"/\*.*?\*/", "", (ROOT / "runtime/include/xf/xf.h").read_text(), flags=re.S)


def members(struct):
    body = re.search(rf"typedef struct {struct} \{{(.*?)\n\}} {struct};", HEADER, re.S)[1]
    return re.findall(r"\(\*(\w+)\)\([^;]*;|(\w+);", body)


@pytest.mark.parametrize(
    "mirror, struct",
    [
        (_abi.ModelOptions, "xf_model_options"),
        (_abi.SessionOptions, "xf_session_options"),
        (_abi.ModelInfo, "xf_model_info"),
        (_abi.Batch, "xf_batch"),
        (_abi.OpProfile, "xf_op_profile"),
        (_abi.EntryInfo, "xf_entry_info"),
        (_abi.Feed, "xf_feed"),
        (_abi.Api, "xf_api"),
    ],
)
def test_members_are_the_headers(mirror, struct):
    assert [name for name, *_ in mirror._fields_] == [call or field for call, field in members(struct)]


def test_statuses_are_the_headers():
    enums = re.findall(r"enum \{(.*?)\}", HEADER, re.S)
    statuses, types = ({name: int(value) for name, value in re.findall(r"XF_(\w+)\s*=\s*(\d+)", body)} for body in enums)
    assert statuses == {status.name: status.value for status in _abi.Status}
    assert list(types.items()) == [({"float": "F", "int": "I", "uint": "U"}[name.rstrip("0123456789")] + name.lstrip("floatuin"), value)
                                   for name, value in _abi._TYPES.items()]


def test_version_is_the_headers():
    major, minor = re.search(r"ABI_MAJOR (\d+)u", HEADER)[1], re.search(r"ABI_MINOR (\d+)u", HEADER)[1]
    assert _abi.VERSION == int(major) << 16 | int(minor)


def test_table_is_as_long_as_the_librarys(fake_library):
    assert _abi.Library(fake_library).api.struct_size == ctypes.sizeof(_abi.Api)
