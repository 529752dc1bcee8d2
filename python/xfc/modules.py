"""Live x-transformers modules to specs and back. Needs the packages torch and x-transformers, which are imported when first used."""

import contextlib
import functools
import inspect
import os
import pathlib
import tempfile
from typing import NamedTuple

from xfc.recover import Unrecoverable, call_of
from xfc.spec import decoded, kwargs_from_spec, spec_from_kwargs

# What a spec may say that no x-transformers module computes; other words of xfc's own leave the module as it is.
_OTHER_NUMBERS = {"norm_eps": 1e-5, "norm_bias": False, "attn_bias": False, "token_types": 0, "rotary_half_split": False}
_CLASSES = (
    "Encoder Decoder PrefixDecoder CrossAttender TransformerWrapper ViTransformerWrapper XTransformer ContinuousTransformerWrapper "
    "MultiInputTransformerWrapper AutoregressiveWrapper NonAutoregressiveWrapper"
).split()


class Written(NamedTuple):
    """What from_module wrote, and the constructor call that it is."""

    spec: pathlib.Path
    weights: pathlib.Path
    cls: str
    kwargs: dict


def from_module(module, path, name=None, inputs=(), *, verify=True, **own):
    """Writes the spec and the weights of a live x-transformers module: `path` (model.xf) and, beside it, a .safetensors of the same stem.

    The constructor's arguments are those recorded when the module was built inside `record_kwargs()` or by `to_module`; for any other module they are
    read off its structure. `name`, `inputs` and `own` are spec_from_kwargs'; the name is the file's by default.

    verify  rebuild the module from the arguments and compare names and shapes of its tensors, and a forward pass with the same weights

    Raises ValueError for a module that no spec can say, or whose arguments do not rebuild it. Files are written whole or not at all.
    """
    from safetensors.torch import save_file

    path = pathlib.Path(path)
    name = name or path.stem.replace("-", "_")
    call = getattr(module, "_xfc_call", None)
    call = call() if call else call_of(module)
    if verify:
        check_rebuilds(module, call)
    weights = path.with_suffix(".safetensors")
    text = spec_from_kwargs(call["$class"], call["kwargs"], name, inputs, **own)
    names = [line.split()[1] for line in text.splitlines() if line.startswith("model ")]
    text += "".join(f'weights {each} = x_transformers("{weights.name}")\n' for each in names)
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in module.state_dict().items()}
    _write(weights, lambda place: save_file(tensors, place))
    _write(path, lambda place: pathlib.Path(place).write_text(text))
    return Written(path, weights, call["$class"], call["kwargs"])


def to_module(path, model=None, *, weights=None, load=True, compiler=None):
    """The x-transformers module, in eval mode, that the spec `path` declares, with its weights.

    model    which one, if the spec declares several
    weights  checkpoint in x-transformers' names, instead of the spec's own
    load     False: weights stay as they were initialised

    Raises ValueError for what the spec says beyond x-transformers' words, ImportError where that package is not installed.
    """
    spec = kwargs_from_spec(path, model, compiler=compiler)
    _require_plain(spec)
    with record_kwargs():
        module = build({"$class": spec.cls, "kwargs": spec.kwargs}).eval()
    if load:
        file = weights or _own_weights(path, spec)
        if file is not None:
            from safetensors.torch import load_file

            module.load_state_dict(load_file(file))
    return module


def build(value):
    """A value of the JSON form with each constructor call made."""
    if isinstance(value, dict) and "$class" in value:
        return _class(value["$class"])(**{key: build(item) for key, item in _constructor(value).items()})
    if isinstance(value, dict) and "$module" in value:
        from torch import nn

        package, _, kind = value["$module"].rpartition(".")
        if package != "torch.nn":
            raise ValueError(f"`{value['$module']}` is no module of torch.nn")
        return getattr(nn, kind)(**value.get("kwargs", {}))
    value = decoded(value)
    if isinstance(value, dict):
        return {key: build(item) for key, item in value.items()}
    return type(value)(build(item) for item in value) if isinstance(value, (tuple, list)) else value


def _constructor(call):
    """The arguments that the constructor takes; words of a policy that belong to its `generate` are the caller's."""
    if call["$class"] not in ("AutoregressiveWrapper", "NonAutoregressiveWrapper"):
        return call["kwargs"]
    known = inspect.signature(_class(call["$class"]).__init__).parameters
    return {key: value for key, value in call["kwargs"].items() if key in known}


def _class(name):
    import x_transformers

    if name not in _CLASSES + ["AttentionLayers"]:
        raise ValueError(f"x-transformers has no `{name}` that a spec can say")
    return getattr(x_transformers, name, None) or getattr(x_transformers.x_transformers, name)


def _require_plain(spec):
    for key, plain in _OTHER_NUMBERS.items():
        if spec.own.get(key, plain) != plain:
            raise ValueError(f"`{key}` = {spec.own[key]} is xfc's own: no x-transformers module computes it")
    if spec.functions:
        raise ValueError(f"`{spec.functions[0]}` is xfc's own: no x-transformers module computes it")


def _own_weights(path, spec):
    if spec.weights is None:
        return None
    layout, file = spec.weights
    if layout != "x_transformers":
        raise ValueError(f"the weights are in the layout `{layout}`: give `weights=` in x_transformers', or `load=False`")
    return pathlib.Path(path).parent / file


# --- recording


@contextlib.contextmanager
def record_kwargs():
    """Modules of x-transformers that are built inside remember their constructor's arguments, for from_module to write just so."""
    originals = {}
    for name in _CLASSES + ["AttentionLayers"]:
        cls = _class(name)
        if "__init__" in vars(cls):
            originals[cls] = cls.__init__
    for cls, init in originals.items():
        cls.__init__ = _recording(init)
    try:
        yield
    finally:
        for cls, init in originals.items():
            cls.__init__ = init


def _recording(init):
    @functools.wraps(init)
    def wrapper(self, *args, **kwargs):
        if not hasattr(self, "_xfc_call"):  # the outermost constructor of a class's chain
            names = list(inspect.signature(init).parameters)[1:]
            arguments = {**dict(zip(names, args)), **kwargs}  # in the order of the call
            object.__setattr__(self, "_xfc_call", _Recorded(type(self).__name__, arguments))
        init(self, *args, **kwargs)

    return wrapper


class _Recorded:
    """A constructor call; as data when called."""

    def __init__(self, cls, arguments):
        self.cls, self.arguments = cls, arguments

    def __call__(self):
        return {"$class": self.cls, "kwargs": {key: _as_data(value) for key, value in self.arguments.items() if value is not None}}


def _as_data(value):
    if hasattr(value, "_xfc_call"):
        return value._xfc_call()
    if type(value).__module__.startswith("x_transformers"):
        return call_of(value)
    if isinstance(value, dict):
        return {key: _as_data(item) for key, item in value.items()}
    return type(value)(_as_data(item) for item in value) if isinstance(value, (tuple, list)) else value


# --- checking


def check_rebuilds(module, call):
    """Raises ValueError unless the constructor call gives a module with the same tensors that computes the same."""
    import torch

    with torch.random.fork_rng(devices=[]):
        twin = build(call).eval()
    want, got = module.state_dict(), twin.state_dict()
    for name in want.keys() | got.keys():
        if name not in got or name not in want:
            raise Unrecoverable(f"the module rebuilt from its arguments {'lacks' if name in want else 'also has'} the tensor `{name}`")
        if want[name].shape != got[name].shape:
            raise Unrecoverable(f"`{name}` is {tuple(want[name].shape)}, of the module rebuilt from its arguments {tuple(got[name].shape)}")
    twin.load_state_dict({name: value.detach().cpu() for name, value in want.items()})
    training = module.training
    for name, value in twin.state_dict().items():
        if not torch.equal(value, want[name].cpu()):
            raise Unrecoverable(f"`{name}` cannot be loaded into the module rebuilt from its arguments")
    try:
        first, second = (_outputs(each.eval(), call["$class"]) for each in (module, twin))
    finally:
        module.train(training)
    for one, other in zip(first, second):
        if not torch.equal(one.cpu(), other):
            raise Unrecoverable("the module rebuilt from its arguments computes something else: build it inside xfc.record_kwargs()")


def _outputs(module, cls):
    """Tensors of a forward pass with small inputs made up for the module."""
    import torch

    device = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
    random = torch.Generator().manual_seed(7)

    def ids(count, length):
        return torch.randint(0, count, (2, length), generator=random).to(device)

    def floats(*shape):
        return torch.randn(*shape, generator=random).to(device)

    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        if cls in ("AutoregressiveWrapper", "NonAutoregressiveWrapper"):
            return _outputs(module.net, type(module.net).__name__)
        if cls == "XTransformer":
            codes = module.encoder(ids(module.encoder.num_tokens, _length(module.encoder)), return_embeddings=True)
            return [codes, module.decoder.net(ids(module.decoder.net.num_tokens, _length(module.decoder.net)), context=codes)]
        if cls == "ViTransformerWrapper":
            size = int(module.pos_embedding.shape[1] ** 0.5) * module.patch_size
            channels = module.patch_to_embedding[0].gamma.shape[0] // module.patch_size**2
            return list(module(floats(2, channels, size, size), return_logits_and_embeddings=True))
        stack = getattr(module, "attn_layers", module)
        kwargs = _stack_arguments(stack, floats)
        length = _length(module)
        if cls == "TransformerWrapper":
            if module.embeds is not None:
                kwargs["embed_ids"] = {name.removesuffix("_embed"): ids(table.num_embeddings, length) for name, table in module.embeds.items()}
            if module.recycling:
                kwargs["recycle_steps"] = 2
            out = module(ids(module.num_tokens, length), **kwargs)
        elif cls == "MultiInputTransformerWrapper":
            out = module({name.removesuffix("_embed"): ids(table.num_embeddings, length) for name, table in module.embeds.items()}, **kwargs)
        elif cls == "ContinuousTransformerWrapper":
            width = module.project_in.weight.shape[1] if hasattr(module.project_in, "weight") else stack.dim
            out = module(floats(2, length, width), **kwargs)
        else:
            out = module(floats(2, length, stack.dim), **kwargs)
    return [tensor for tensor in _flattened(out) if torch.is_tensor(tensor)]


def _length(module):
    return min(getattr(module, "max_seq_len", None) or 17, 17)


def _stack_arguments(stack, floats):
    kwargs = {}
    if stack.cross_attend:
        attn = next(part for part in stack.modules() if type(part).__name__ == "Attention" and not part.causal and part.to_k is not None)
        for layer, kind in zip(stack.layers, stack.layer_types):
            if kind == "c":
                attn = next(part for part in layer[1].modules() if type(part).__name__ == "Attention")
        source = attn.to_latent_kv if attn.to_latent_kv is not None else attn.to_k
        kwargs["context"] = floats(2, 5, source.weight.shape[1])
    if stack.need_condition:
        kwargs["condition"] = floats(2, stack.dim_condition)
    return kwargs


def _flattened(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [item for part in value for item in _flattened(part)] if isinstance(value, (tuple, list)) else [value]


def _write(path, write):
    """Through a file beside it, so that nothing is half written."""
    handle, place = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        write(place)
        os.chmod(place, 0o644)
        os.replace(place, path)
    except BaseException:
        os.unlink(place)
        raise
