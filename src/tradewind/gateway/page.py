"""The plain page: the status as HTML, written here, refreshed by a few lines of script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from tradewind.runtime.read_models import COLUMNS, Status, shown_tables

NANOSECONDS = 1_000_000_000
NUMBER_STARTS = frozenset("0123456789+-.")

STYLE = """
:root { color-scheme: light dark; --text: #1b2430; --quiet: #66717f; --line: #e3e7ec;
  --back: #f6f7f9; --card: #fff; --good: #11734b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaf0; --quiet: #8f9baa; --line: #2b3440;
  --back: #12171d; --card: #1a212a; --good: #4cc38a; --bad: #ff6b60; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; }
h1 { font-size: 1.35rem; margin: 0; }
h2 { font-size: .8rem; margin: 0 0 .5rem; text-transform: uppercase; letter-spacing: .06em;
  color: var(--quiet); }
header span, footer { color: var(--quiet); }
.state { margin: 1rem 0; padding: .6rem .9rem; border-left: 4px solid var(--good);
  background: var(--card); border-radius: 4px; }
.state.bad { border-color: var(--bad); color: var(--bad); font-weight: 600; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .9rem 1rem; margin: 0 0 1rem; overflow-x: auto; }
.accounts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr));
  gap: .5rem 1rem; margin: 0; }
dt { color: var(--quiet); font-size: .8rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; font-size: 1.05rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--quiet); }
th, td { padding: .3rem .9rem .3rem 0; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; }
.none { color: var(--quiet); }
body.lost main { opacity: .4; }
"""

SCRIPT = """
const main = document.querySelector("main");
let shown = "";
async function refresh() {
  try {
    const answer = await fetch("/page/status", {cache: "no-store"});
    const text = await answer.text();
    if (text !== shown) { main.innerHTML = shown = text; }
    document.body.classList.remove("lost");
  } catch (error) {
    document.body.classList.add("lost");
  }
  setTimeout(refresh, 1000);
}
setTimeout(refresh, 1000);
"""


def _source_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src {_source_hash(STYLE)}; script-src {_source_hash(SCRIPT)}; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page's own style and script by their hashes, and nothing else."""


def page(main: str) -> str:
    """Return the whole page around what `fragment` or `sentence` gave."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tradewind</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head>'
        f"<body><main>{main}</main><script>{SCRIPT}</script></body></html>"
    )


def fragment(status: Status) -> str:
    """Return the status as the inside of the page."""
    tables: Mapping[str, Any] = status
    parts = [_header(status), *_states(status), _accounts(tables["accounts"])]
    titles = (title for title in shown_tables(status) if title != "accounts")
    parts += [_table(title, tables[title]) for title in titles]
    counts = " · ".join(f"{count} {name}" for name, count in status["counts"].items())
    return "".join([*parts, f"<footer>{escape(counts)}</footer>"])


def sentence(text: str) -> str:
    """Return one sentence as the inside of the page, where there is no status.

    >>> sentence("no engine runs")
    '<h1>Tradewind</h1><p class="state bad">no engine runs</p>'
    """
    return f'<h1>Tradewind</h1><p class="state bad">{escape(text)}</p>'


def _header(status: Status) -> str:
    moment = datetime.fromtimestamp(status["time_ns"] // NANOSECONDS, UTC)
    facts = [
        f"{status['version']} · {status['mode']}",
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        f"up {timedelta(seconds=status['uptime_s'])}",
        f"sequence {status['sequence']}",
    ]
    spans = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    return f"<header><h1>Tradewind</h1>{spans}</header>"


def _states(status: Status) -> Iterator[str]:
    wrong = [
        f"Halted: {halt['scope']}, by {halt['by']}: {halt['reason']}" for halt in status["halts"]
    ]
    wrong += [*status["health"]["reasons"], *status["health"]["degraded"]]
    for text in wrong:
        yield f'<p class="state bad">{escape(text)}</p>'
    if not wrong:
        yield '<p class="state">All is well.</p>'


def _accounts(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(map(_account, rows))


def _account(row: Mapping[str, Any]) -> str:
    values = {key: value for key, value in row.items() if key not in ("account", "currency")}
    cells = "".join(
        f"<div><dt>{escape(key)}</dt><dd>{escape(str(value))}</dd></div>"
        for key, value in values.items()
    )
    title = escape(f"{row['account']} · {row['currency']}")
    return f'<section><h2>{title}</h2><dl class="accounts">{cells}</dl></section>'


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return f'<section><h2>{title}</h2><div class="none">none</div></section>'
    columns = COLUMNS[title]
    kinds = {key: _kind([str(row[key]) for row in rows]) for key in columns}
    heads = "".join(f"<th{kinds[key]}>{escape(name)}</th>" for key, name in columns.items())
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>" for row in rows)
    return (
        f"<section><h2>{title}</h2><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></section>"
    )


def _cells(row: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    return "".join(f"<td{kind}>{escape(str(row[key]))}</td>" for key, kind in kinds.items())


def _kind(cells: Sequence[str]) -> str:
    """Return the class of a column: numbers stand to the right."""
    numeric = any(cells) and all(not cell or cell[0] in NUMBER_STARTS for cell in cells)
    return ' class="number"' if numeric else ""
