"""Strings to token ids, through the optional package `tokenizers` of Hugging Face."""

import os


def prepared(tokenizer, max_seq_len):
    """A tokenizer of our own from a path or a tokenizers.Tokenizer: no padding, and cut where the model ends."""
    try:
        import tokenizers
    except ImportError:
        raise ImportError("`tokenizer=` needs the package `tokenizers`: install it, or give token ids as rows") from None
    if isinstance(tokenizer, (str, os.PathLike)):
        path = os.fspath(tokenizer)
        if not os.path.exists(path):
            raise FileNotFoundError(f"no tokenizer at `{path}`")
        try:
            tokenizer = tokenizers.Tokenizer.from_file(path)
        except Exception as error:  # the package raises no narrower one
            raise ValueError(f"`{path}` is no tokenizer.json: {error}") from None
    elif isinstance(tokenizer, tokenizers.Tokenizer):
        tokenizer = tokenizers.Tokenizer.from_str(tokenizer.to_str())
    else:
        raise TypeError(f"`tokenizer` is a {type(tokenizer).__name__}, it is the path of a tokenizer.json or a tokenizers.Tokenizer")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_seq_len:
        tokenizer.enable_truncation(max_seq_len)
    return tokenizer


def token_ids(tokenizer, texts):
    """Token ids of a list of strings: a list of lists. The package works on all cores and frees the GIL meanwhile."""
    # The fast form skips the places of tokens in the text; versions before 0.20 lack it.
    encode = getattr(tokenizer, "encode_batch_fast", None) or tokenizer.encode_batch
    return [encoding.ids for encoding in encode(texts)]
