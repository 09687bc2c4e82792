"""Near-duplicates against three other engines, on one corpus in one run.

    python -m benchmarks.neighbours [--documents 20000] [--rounds 3] [--peers FOLDER] [--no-peers]
                                    [--against datasketch rensa gaoya]

The peers go into a virtual environment of their own in FOLDER (made once, kept). Figures are CPU
time per document, net of start-up, the least of some rounds that alternate between engines, since
a busy machine slows every engine; trust the ratios. Peers give candidates from their own bands;
ours includes Parquet, ids, the exact check, kinds and the written pairs. Recall is against the
exact Jaccard of all planted pairs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.neighbours.corpus import Corpus, make_corpus
from warehouse.dedup import DedupSettings, dedup
from warehouse.history.shingles import shingles_of, words_of

PEERS = ("datasketch", "rensa", "gaoya")

PEER_CODE = """
import json, sys, time
import pyarrow.parquet as pq
peer, source = sys.argv[1:]
if peer == "datasketch":
    from datasketch import MinHash, MinHashLSH
elif peer == "rensa":
    import rensa
else:
    from gaoya.minhash import MinHashStringIndex
start = time.process_time()
texts = pq.read_table(source).column("text").to_pylist()
pairs = []
def shingles(text):
    w = text.lower().split()
    return {" ".join(w[i:i + 3]) for i in range(max(1, len(w) - 2))} if w else set()
if peer == "gaoya":
    index = MinHashStringIndex(hash_size=32, jaccard_threshold=0.5, num_bands=32, band_size=4,
        num_hashes=128, analyzer="word", lowercase=True, ngram_range=(3, 3))
    for i, text in enumerate(texts):
        index.insert_document(i, text)
    for i, text in enumerate(texts):
        pairs += [(j, i) for j in index.query(text) if j < i]
else:
    lsh = (MinHashLSH(num_perm=128, params=(32, 4)) if peer == "datasketch"
        else rensa.RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32))
    for i, text in enumerate(texts):
        found = shingles(text)
        if not found:
            continue
        if peer == "datasketch":
            m = MinHash(num_perm=128)
            m.update_batch([s.encode() for s in found])
        else:
            m = rensa.RMinHash(num_perm=128, seed=1)
            m.update(list(found))
        pairs += [(j, i) for j in lsh.query(m)]
        lsh.insert(i, m)
print(json.dumps({"cpu_s": time.process_time() - start, "pairs": pairs}))
"""


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peers", type=Path, default=Path(tempfile.gettempdir()) / "pressdiff-peers"
    )
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--against", nargs="+", choices=PEERS, default=PEERS)
    options = parser.parse_args()
    corpus = make_corpus(options.documents, seed=3)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "corpus.parquet"
        ids = pa.array(range(len(corpus.texts)))
        pq.write_table(pa.table({"id": ids, "text": corpus.texts}), source, compression="zstd")
        compare(corpus, source, options)


def compare(corpus: Corpus, source: Path, options: argparse.Namespace) -> None:
    """Time every engine in turn and set them side by side."""
    python = None if options.no_peers else make_environment(options.peers)
    cpu_s: dict[str, float] = {}
    found: dict[str, set[tuple[int, int]]] = {}
    ours(source, source.with_name("warm"))
    for _ in range(options.rounds):
        for engine in ("pressdiff", *(options.against if python else ())):
            if engine == "pressdiff":
                spent, pairs = ours(source, source.with_name("pairs"))
            else:
                spent, pairs = peer(python or "", engine, source)
            cpu_s[engine] = min(spent, cpu_s.get(engine, spent))
            found[engine] = pairs
    truth = true_jaccard(corpus)
    print(f"{len(corpus.texts)} documents, {len(truth)} planted pairs, least of {options.rounds}")
    print("| engine | us/document | ratio | recall J >= .5 | recall J >= .6 | teasers |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    teasers = {(min(a, b), max(a, b)) for a, b, kind in corpus.planted if kind == "teaser"}
    for engine, spent in cpu_s.items():
        pairs = found[engine]
        recalls = [
            recall(pairs, {p for p, j in truth.items() if j >= least}) for least in (0.5, 0.6)
        ]
        print(
            f"| {engine} | {spent / len(corpus.texts) * 1e6:.0f} | {spent / cpu_s['pressdiff']:.1f}"
            f" | {recalls[0]:.4f} | {recalls[1]:.4f} | {recall(pairs, teasers):.3f} |"
        )
    kinds(corpus, source.with_name("pairs"))


def kinds(corpus: Corpus, output: Path) -> None:
    """Print what each planted change was found to be."""
    rows = pq.read_table(output).to_pylist()
    kind = {(row["id"], row["other_id"]): row["kind"] for row in rows}
    print("\n| planted | found as |\n| --- | --- |")
    for planted in sorted({k for _, _, k in corpus.planted}):
        counts = Counter(
            kind.get((min(a, b), max(a, b)), "nothing")
            for a, b, k in corpus.planted
            if k == planted
        )
        print(f"| {planted} | {', '.join(f'{k} {n}' for k, n in counts.most_common())} |")


def ours(source: Path, output: Path) -> tuple[float, set[tuple[int, int]]]:
    """CPU seconds of a whole run but the imports and compiling, and the pairs."""
    start = time.process_time()
    dedup(DedupSettings(), source, "id", "text", output)
    spent = time.process_time() - start
    table = pq.read_table(output)
    return spent, set(zip(table["id"].to_pylist(), table["other_id"].to_pylist(), strict=True))


def peer(python: str, engine: str, source: Path) -> tuple[float, set[tuple[int, int]]]:
    """The same of another engine, in a process of its own."""
    run = subprocess.run(
        [python, "-c", PEER_CODE, engine, str(source)], capture_output=True, text=True, check=True
    )
    stated = json.loads(run.stdout)
    return stated["cpu_s"], {(min(a, b), max(a, b)) for a, b in stated["pairs"]}


def make_environment(folder: Path) -> str:
    """The Python of the peers' environment, made when it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        packages = [*PEERS, "pyarrow"]
        subprocess.run(
            [python, "-m", "pip", "install", "-q", *packages], check=True, stdout=sys.stderr
        )
    return str(python)


def true_jaccard(corpus: Corpus) -> dict[tuple[int, int], float]:
    """The exact Jaccard of every planted pair."""
    found = {}
    for a, b, _ in corpus.planted:
        one, other = (shingles_of(words_of(corpus.texts[row])) for row in (a, b))
        union = len(one | other)
        found[min(a, b), max(a, b)] = len(one & other) / union if union else 0.0
    return found


def recall(found: set[tuple[int, int]], wanted: set[tuple[int, int]]) -> float:
    """The share of the wanted pairs that were found; 1 when none were wanted."""
    return len(found & wanted) / len(wanted) if wanted else 1.0


if __name__ == "__main__":
    main()
