"""What pages and notebooks are made of: HTML and SVG as text, with all text of others escaped.

In: words and numbers. Out: text that needs no script, no network and no font of its own, right in light and dark.

``style`` colours and letters; ``markup`` tables, sections, whole pages and what a notebook shows; ``svg`` a picture and
its parts; ``pictures`` bars, flows, overlaps and histograms; ``lines`` line charts as files;
``words`` words of a page in its language, ``evidencewords`` what fields and levels are called in it.
"""
