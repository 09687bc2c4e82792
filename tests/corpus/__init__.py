"""Invented captures with known truth: releases, dumps, pages, edits and hostile bytes.

Written from the rulings and the sample dumps alone, without a look at the reader, so that it
can be wrong about nothing the reader is wrong about. Same seed, same bytes, on every machine.

    texts.py      one release as the publisher meant it     vocabulary.py  its words
    openings.py   how a release states its day and place     dice.py        all randomness
    dumps.py      the release in a text dump                 pages.py       ... and in HTML
    furniture.py  what stands around it in HTML              edits.py       planted edits
    hostile.py    bytes nobody meant                         truth.py       what must be read
"""
