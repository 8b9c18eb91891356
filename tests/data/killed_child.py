"""A preparation in a process of its own, for the tests that kill it: `CORPUS STORE WORKERS`."""

import sys

from emolib.data.corpora import open_corpus
from emolib.data.prepare import prepare

if __name__ == "__main__":
    report = prepare(open_corpus(sys.argv[1]), sys.argv[2], workers=int(sys.argv[3]))
    print(report.n_clips, report.n_new, flush=True)
