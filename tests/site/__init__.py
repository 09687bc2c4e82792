"""A press-release site on loopback whose every edit is known, and a judge of who tracks it.

How to read it, in this order:

1. `world.py`: which releases there are and what happens to them at which step: a pure model, the
   same for the same `Size` and seed. `script.py` writes the events, `dress.py` is typography that
   is no edit, `faults.py` plans which answer is spoilt how.
2. `markup.py` (two designs of a page), `lists.py` (listings, feed, sitemaps), `site.py` (path and
   headers to an answer, with honest and lying validators): the world as a publisher serves it.
3. `wire.py` puts an answer on a socket, whole or spoilt; `server.py` listens and keeps a log of
   every request. `clock.py`: one clock for server and tracker, whose waiting takes no time.
4. `truth.py`: what a right tracker knows after the passes it made. A look that was spoilt *may*
   have been useless, so the truth is a set of allowed answers, as narrow as the contract makes it.
5. `judge.py` (the warehouse: `rows.py`, SQL over the contract's views only) and `judge_log.py` (the
   server's log) return findings, each a sentence. No finding: the tracker was right.
6. `source.py` writes the configuration, `drive.py` runs `pressdiff` pass by pass, `kill.py` kills
   it on the way.

Everything is written from the published contract, not from the tracker's code.

`careful.py` is a tracker of this one site that makes no mistake, or one of its own choice: so the
judge asks for nothing that cannot be had.

Tests: `test_world.py` and `test_faults.py` try the site with a plain client, `test_truth.py` the
truth; `test_judge.py` feeds the judge mistakes it must name, `test_careful.py` drives the careful
tracker. `drive_tracker.py` is the proof of the real one; see there how it is run and when its name
may become `test_tracker.py`.
"""
