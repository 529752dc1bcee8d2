"""A stand-in for a compiled library: the plain NumPy reference beside the cases, one row at a time."""

import contextlib
import copy
import sys

import numpy as np

from xfc import oracle


class ReferenceLibrary:
    """run, logits and states of xfc.Model, computed by ref_numpy."""

    def __init__(self, reference, call, weights):
        self.ref, self.call, self.weights = reference, reference.decode(call), weights

    def run(self, entry, rows, **feeds):
        count = len(rows) if rows is not None else len(next(iter(feeds.values())))
        ids = [None] * count if rows is None else [np.asarray(row)[None] for row in rows]
        return [self._one(entry, ids[row], {name: np.asarray(feed[row]) for name, feed in feeds.items()}) for row in range(count)]

    entries = ()

    def logits(self, rows, **feeds):
        return self.run("logits", rows, **feeds)

    def states(self, rows, **feeds):
        return self.run("states", rows, **feeds)

    def close(self):
        pass

    def _one(self, entry, ids, feeds):
        cls, kwargs, ref = self.call["$class"], self.call["kwargs"], self.ref
        feeds = {name: value.astype(np.float64) if value.dtype == np.float32 else value for name, value in feeds.items()}
        name = "embeddings" if entry == "states" else entry
        if cls == "XTransformer":
            encoder, decoder = ref.two_towers(kwargs)
            if entry == "encodings":
                return ref.Wrapper(self.weights.at("encoder"), encoder)(ids, mask=feeds["mask"][None])["embeddings"][0]
            given = {name: value[None] for name, value in feeds.items()}
            return ref.Wrapper(self.weights.at("decoder.net"), decoder)(ids, **given)["logits"][0]
        if cls == "ViTransformerWrapper":
            return ref.vision(self.weights, kwargs, feeds["images"][None])[name][0]
        if cls == "ContinuousTransformerWrapper":
            out = ref.continuous(self.weights, kwargs, feeds["x"][None], feeds["mask"][None] if "mask" in feeds else None)
            return np.concatenate(list(out[:, 0]), -1) if kwargs.get("probabilistic") else out[0]
        if cls == "MultiInputTransformerWrapper":
            return ref.several_streams(self.weights, kwargs, {name[2:]: value[None] for name, value in feeds.items()})[entry.replace("_", ".", 1)][0]
        arguments, decoded = self._arguments(feeds)
        if cls in ("Encoder", "Decoder", "PrefixDecoder", "CrossAttender"):
            return ref.run_stack(self.weights, self.call, arguments.pop("x"), **arguments)[0][0]
        extra = {"recycle_steps": kwargs["recycle_steps"]} if "recycle_steps" in kwargs else {}
        if entry in ("next_embed", "init_embed"):
            extra["return_next_embed_pred"] = True
        with self._decoded_shifts(decoded):
            return ref.Wrapper(self.weights, self.call)(ids, **arguments, **extra)[name][0]

    @staticmethod
    def _arguments(feeds):
        """Feeds of one row as forward's arguments, and the feed `decoded`, which forward does not know."""
        arguments = {}
        for name, value in feeds.items():
            if name in ("pos", "context_pos"):
                arguments[name] = value
            elif name.startswith("embed_ids."):
                arguments.setdefault("embed_ids", {})[name.partition(".")[2]] = value[None]
            elif name != "decoded":
                arguments[name] = value[None]
        return arguments, feeds.get("decoded")

    @contextlib.contextmanager
    def _decoded_shifts(self, decoded):
        """Tokens that were decoded with a cache take nothing from their neighbours."""
        real = self.ref.shift_features

        def shift_features(x, amount, causal, mask):
            out, parts = real(x, amount, causal, mask), range(0 if causal else -amount, amount + 1)
            width = x.shape[-1] // len(parts)
            for part, by in enumerate(parts):
                if by and decoded is not None:
                    out[0, decoded > 0, part * width : (part + 1) * width] = 0
            return out

        self.ref.shift_features = shift_features
        try:
            yield
        finally:
            self.ref.shift_features = real


class ReferenceLibraries(oracle.Libraries):
    """What a case's calls need, made of the reference instead of compiled."""

    reference = None

    def _compiled(self, need):
        call = copy.deepcopy(self.case.data["model"])
        net = call["kwargs"]["token_critic"] if need.part == "critic" else call["kwargs"].get("net", call)
        for path, value in {**need.edits, **self.options.get("edits", {})}.items():
            oracle.edit(net, path, value)
        assert self.spec(need).startswith("model case_model = ")
        prefix = "token_critic." if need.part == "critic" else "net." if "net" in call["kwargs"] else ""
        weights = {name[len(prefix) :]: value for name, value in self.case.weights.items() if name.startswith(prefix)}
        change = self.options.get("weights_edit")
        return ReferenceLibrary(self.reference, net, self.reference.W(change(weights) if change else weights))


def load_reference(shared):
    """The module ref_numpy beside the cases."""
    sys.path.insert(0, str(shared / "oracle"))
    try:
        import ref_numpy

        return ref_numpy
    finally:
        sys.path.pop(0)
