"""xf.h in ctypes: each struct and each call once, in the header's order. The only file that knows the layout."""

import ctypes
import enum
import operator
import os
import re
from ctypes import POINTER, c_char_p, c_float, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

VERSION = (1 << 16) | 2  # XF_ABI_VERSION of the header that this file mirrors

# Libraries of this version on serve: what was added later is there if `struct_size` of their table says so.
_OLDEST = 1 << 16


class Status(enum.IntEnum):
    """xf_status; a code that is newer than this file stays a plain int."""

    OK = 0
    INVALID_ARGUMENT = 1
    INVALID_OFFSETS = 2
    INVALID_ID = 3
    TOO_LONG = 4
    BUFFER_TOO_SMALL = 5
    OUT_OF_MEMORY = 6
    UNSUPPORTED_CPU = 7
    WEIGHTS_NOT_FOUND = 8
    WEIGHTS_INVALID = 9
    NOT_SUPPORTED = 10
    BUSY = 11
    CANCELLED = 12
    INTERNAL = 13
    INVALID_FEED = 14


class Error(RuntimeError):
    """A call of the library that failed. `status`: its Status; `message`: what was wrong and what would be right."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = Status(status) if status in Status._value2member_map_ else status
        self.message = message

    def moved(self, base):
        """The same error for a caller whose row `base` was row 0 of the batch: the library's messages start with the row."""
        text = re.sub(r"^row (\d+)", lambda row: f"row {base + int(row[1])}", self.message)
        return type(self)(self.status, text)

    def __reduce__(self):  # so that it comes back from another process
        return type(self), (int(self.status), self.message)


class _Sized(ctypes.Structure):
    """A struct whose first field is its size, as the `*_init` functions of the header set it."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class ModelOptions(_Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("weights", c_char_p),
        ("target", c_char_p),
        ("threads", c_uint32),
        ("verify_weights", c_uint32),
    ]


class SessionOptions(_Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("threads", c_uint32),
        ("max_tokens", c_uint32),
        ("profile", c_uint32),
        ("reserved", c_uint32),
    ]


class OpProfile(ctypes.Structure):
    _fields_ = [("name", c_char_p)] + [(name, c_uint64) for name in ("launches", "tasks", "wall_ns", "busy_ns", "rows", "pairs")]


class ModelInfo(_Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("target", c_char_p),
        ("encode_width", c_size_t),
        ("states_width", c_size_t),
        ("num_tokens", c_uint32),
        ("num_token_types", c_uint32),
        ("max_seq_len", c_uint32),
        ("threads", c_uint32),
        ("num_entries", c_uint32),
        ("reserved", c_uint32),
    ]


class EntryInfo(_Sized):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("width", c_size_t)] + [
        (name, c_uint32) for name in ("per_sequence", "extra_rows", "takes_ids", "num_tokens", "max_seq_len", "num_inputs")
    ]


class Feed(_Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("data", c_void_p),
        ("type", c_uint32),
        ("reserved", c_uint32),
        ("offsets", c_void_p),
        ("count", c_size_t),
    ]


class Batch(_Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("ids", c_void_p),
        ("token_types", c_void_p),
        ("offsets", c_void_p),
        ("num_ids", c_size_t),
        ("num_rows", c_size_t),
    ]


_BATCH_SIZE = ctypes.sizeof(Batch)


def batch(ids, offsets, types=None):
    """A Batch of contiguous arrays, which must outlive it: int32 ids (None: the entry takes none) and types (or None), int64 offsets."""
    made = Batch.__new__(Batch)  # fields one by one take a third of the time of keywords, which small calls would notice
    made.struct_size, made.num_rows, made.offsets = _BATCH_SIZE, len(offsets) - 1, offsets.ctypes.data
    if ids is None:
        made.num_ids = int(offsets[-1])
    else:
        made.num_ids, made.ids = len(ids), ids.ctypes.data
    if types is not None:
        made.token_types = types.ctypes.data
    return made


_TYPES = {"float32": 0, "int32": 1, "uint8": 2, "int64": 3}


def feed(name, values, offsets=None):
    """A Feed of a contiguous array of one of _TYPES, and of int64 offsets or None; both must outlive it."""
    made = Feed(name=name.encode(), data=values.ctypes.data, type=_TYPES[values.dtype.name], count=values.size)
    if offsets is not None:
        made.offsets = offsets.ctypes.data
    return made


def _call(*arguments, result=c_int32):
    return ctypes.CFUNCTYPE(result, *arguments)  # releases the GIL while it runs


class Api(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("abi_version", c_uint32),
        ("reserved", c_uint32),
        ("last_error", _call(result=c_char_p)),
        ("status_name", _call(c_int32, result=c_char_p)),
        ("model_open", _call(POINTER(ModelOptions), POINTER(c_void_p))),
        ("model_close", _call(c_void_p)),
        ("model_describe", _call(c_void_p, POINTER(c_char_p))),
        ("model_info", _call(c_void_p, POINTER(ModelInfo))),
        ("workspace_size", _call(c_void_p, POINTER(SessionOptions), POINTER(c_size_t))),
        ("session_create", _call(c_void_p, POINTER(SessionOptions), POINTER(c_void_p))),
        ("session_destroy", _call(c_void_p)),
        ("set_threads", _call(c_void_p, c_uint32)),
        ("encode", _call(c_void_p, POINTER(Batch), c_void_p, c_size_t)),
        ("states", _call(c_void_p, POINTER(Batch), c_void_p, c_size_t)),
        ("check", _call(c_void_p, POINTER(Batch))),
        ("cancel", _call(c_void_p)),
        ("profile_read", _call(c_void_p, POINTER(OpProfile), c_size_t, c_size_t, POINTER(c_size_t))),
        ("profile_reset", _call(c_void_p)),
        ("run", _call(c_void_p, c_char_p, POINTER(Batch), POINTER(Feed), c_size_t, c_void_p, c_size_t)),
        ("entry_info", _call(c_void_p, c_uint32, POINTER(EntryInfo))),
    ]


def count(name, value):
    """An option that is a number, as the C ABI takes it: None is 0, and what no uint32 holds is an error of Python's."""
    number = 0 if value is None else operator.index(value)
    if not 0 <= number < 1 << 32:
        raise ValueError(f"`{name}` is {number}, it is 0 .. {(1 << 32) - 1}")
    return number


_files = {}  # path -> (device, inode) of each file that was loaded from there


def _fresh_name(path):
    """A name of `path` that was not loaded for an older file: dlopen would give that one again, as it compares names first."""
    info = os.stat(path)
    seen, file = _files.setdefault(path, []), (info.st_dev, info.st_ino)
    if file not in seen:
        seen.append(file)
    folder, name = os.path.split(path)
    return os.path.join(folder, *["."] * seen.index(file), name)


class Library:
    """A loaded library and its table of calls. Libraries stay loaded until the process ends."""

    def __init__(self, path):
        path = os.path.abspath(os.fspath(path))
        if not os.path.exists(path):
            raise FileNotFoundError(f"no library at `{path}`")
        try:
            self._handle = ctypes.CDLL(_fresh_name(path))
        except OSError as error:
            raise Error(Status.INVALID_ARGUMENT, f"`{path}` cannot be loaded: {error}") from None
        try:
            get_api = self._handle.xf_get_api
        except AttributeError:
            raise Error(Status.NOT_SUPPORTED, f"`{path}` is no library of xfc: it exports no `xf_get_api`") from None
        get_api.restype, get_api.argtypes = POINTER(Api), [c_uint32]
        table = get_api(_OLDEST)
        if not table:
            raise Error(Status.NOT_SUPPORTED, f"`{path}` speaks another version of xf.h than {VERSION >> 16}.{VERSION & 0xFFFF}")
        self.path, self.api = path, table.contents

    def check(self, status):
        """Raises Error for the calling thread's last failure, unless `status` is 0."""
        if status != Status.OK:
            raise Error(status, self.api.last_error().decode(errors="replace"))
