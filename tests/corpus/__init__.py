"""Invented captures with known truth: releases, dumps, pages, edits and hostile bytes.

Written from the rulings and the sample dumps alone, without a look at the reader, so that it does
not share the reader's errors. Same seed, same bytes, on every machine.

    truth.py         what must be read            judge.py       a reading against it, by field
    texts.py         a release as it was meant    openings.py    how it tells its day and place
    vocabulary.py    its words                    grammar.py     sentences made of them
    dumps.py         the release in a text dump   surroundings.py  ticker and sign-off
    pages.py         the release in a page        markup.py      its markup there
    furniture.py     what stands around it        edits.py       planted edits, re-posts
    hostile.py       bytes nobody meant           dice.py        all randomness
"""
