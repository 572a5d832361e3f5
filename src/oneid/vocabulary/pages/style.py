"""Colours and letters of pages, pictures and notebooks. A picture names its colours by class, so that the same picture
is right in light, in dark and on paper.
"""

from __future__ import annotations

__all__ = ["NOTEBOOK", "PAGE", "PICTURE"]

_LIGHT = (
    "--ink: #1d2230; --pale: #5b6374; --line: #d6dae2; --paper: #fff; --soft: #f4f6fa; "
    "--one: #0b6fb8; --two: #7b8797; --bad: #b34700; --wait: #a87400; --never: #8b2f6b;"
)
_DARK = (
    "--ink: #e8ebf2; --pale: #a9b1c1; --line: #3a4252; --paper: #14181f; --soft: #1d232d; "
    "--one: #5aaeea; --two: #8d99ab; --bad: #f08a4b; --wait: #d9a93a; --never: #d987bb;"
)
_BOTH = (
    "--ink: currentColor; --pale: currentColor; --line: rgba(128, 128, 128, .35); --paper: transparent; "
    "--soft: rgba(128, 128, 128, .1); --one: #2a85c8; --two: #8290a3; --bad: #d4611f; --wait: #b5851a; "
    "--never: #b0568f;"
)
"""Colours that can be seen on white and on black: nobody knows what a notebook looks like."""

_FILLS = " ".join(
    f".picture .{name} {{ fill: var(--{colour}); }}"
    for name, colour in {
        **{name: name for name in ("one", "two", "bad", "wait", "never", "line")},
        "dot": "ink",
        "track": "soft",
        "label": "pale",
    }.items()
)

PICTURE = f"""
.picture {{ display: block; width: 100%; max-width: 44rem; margin: .8rem 0; font: .875rem/1 system-ui, sans-serif;
overflow: hidden; }} .picture text {{ fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width:
.2em; stroke-linejoin: round; }} .picture line {{ stroke: var(--line); }} .picture line.mark {{ stroke: var(--ink);
stroke-dasharray: 4 3; }} .picture line.joint {{ stroke: var(--ink); stroke-width: 2; }} .picture .ribbon {{
fill-opacity: .3; }} .picture .band {{ fill: var(--wait); fill-opacity: .14; }} .picture svg {{ overflow: visible;
}} .picture.spark {{ width: 7em; margin: .45em 0 0; }}
{_FILLS}
.picture line.edge {{ stroke: var(--pale); stroke-width: 1.6; }} .picture line.alone {{ stroke-width: 3.6; }}
.picture line.weakest {{ stroke: var(--wait); }} .picture line.refused {{ stroke: var(--bad); stroke-dasharray: 7 4; }}
.picture line.review {{ stroke: var(--wait); stroke-dasharray: 3 3; }} .picture line.never {{ stroke: var(--never);
stroke-dasharray: 1 4; stroke-width: 2.4; stroke-linecap: round; }} .picture .node {{ stroke: var(--paper);
stroke-width: 1.5; }} .picture .ring {{ fill: none; stroke: var(--ink); stroke-width: 1.6; }}
"""
"""What pictures need."""

_TABLE = """
table { border-collapse: collapse; margin: .6rem 0; font-size: .925rem; } th, td { text-align: left; vertical-align:
top; padding: .25rem 1.1rem .25rem 0; border-bottom: 1px solid var(--line); } th { color: var(--pale); font-weight:
600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.n, th[scope="col"] { white-space:
nowrap; } th[scope="row"] { color: inherit; min-width: 7em; } .wide { overflow-x: auto; } .pale, dt { color:
var(--pale); } code { font-size: .875em; overflow-wrap: anywhere; }
"""

PAGE = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }} * {{ box-sizing: border-box; }} html {{
-webkit-text-size-adjust: 100%; text-size-adjust: 100%; }} body {{ margin: 0; background: var(--paper); color:
var(--ink); font: 1rem/1.6 system-ui, sans-serif; }} main {{ max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem
4rem; }} h1 {{ font-size: 1.4rem; line-height: 1.35; margin: 0;
overflow-wrap: anywhere; }} h2 {{ font-size: 1.15rem; margin: 2.6rem 0 .6rem; padding-top:
.6rem; border-top: 1px solid var(--line); }} h3 {{ font-size: 1rem; margin: 1.4rem 0 .4rem; }} h4 {{ font-size:
.925rem; margin: .9rem 0 .2rem; }} p {{ margin: .4rem 0; overflow-wrap: anywhere; }} .lead {{ font-size: 1.15rem; }}
.good {{ color: var(--one); }} .ill {{ color: var(--bad); font-weight: 600; }} {_TABLE} dl {{ font-size: .875rem;
margin: .8rem 0 0; }} dl > div {{ display: flex; flex-wrap: wrap; gap: 0 1rem; margin: .15rem 0; }} dt {{ min-width:
9em; }} dd {{ margin: 0; flex: 1 1 12em; overflow-wrap: anywhere; }} .row {{ display: flex; flex-wrap: wrap; gap: 0
3rem; }} .row > * {{ min-width: 0; }} details {{ background: var(--soft); border-radius: .4rem; padding: .2rem
.7rem; }} details + details {{ margin-top: .3rem; }} summary {{ cursor: pointer; }} .pair th {{ white-space: normal;
overflow-wrap: anywhere; }} .wide:focus-visible, summary:focus-visible {{ outline: 2px solid
var(--one); }} {PICTURE}
@media (max-width: 34em) {{ .pair tr {{ display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) 3.8em;
border-bottom: 1px solid var(--line); padding: .25rem 0; }} .pair table {{ width: 100%; }} .pair th, .pair td {{
border: 0; padding: .05rem .4rem .05rem 0; min-width: 0; overflow-wrap: anywhere; }} .pair tr > :nth-child(2) {{
grid-area: 2 / 1; }} .pair tr > :nth-child(3) {{ grid-area: 2 / 2 / auto / span 2; }} .pair tr > :nth-child(4) {{
grid-area: 1 / 2; }} }}
@media print {{ :root {{ color-scheme: light; {_LIGHT} --ink: #000; --soft: #eee; }} main {{ max-width: none;
padding: 0; }} h2, h3 {{ break-after: avoid; }} .picture, tr, details {{ break-inside: avoid; }} .wide {{ overflow:
visible; }} * {{ print-color-adjust: exact; }} @page {{ size: A4; margin: 15mm; }} }}
"""
"""A whole page: also on paper and on a telephone."""

NOTEBOOK = (
    f".oneid {{ {_BOTH} }} .oneid table {{ font-size: .925em; }} {PICTURE.replace('.picture', '.oneid .picture')}"
)
"""What is shown among other things: it touches nothing but its own."""
