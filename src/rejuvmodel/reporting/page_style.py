"""The style sheet of a report: light and dark, on screens of any width and on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --soft: #55606c; --paper: #ffffff; --card: #f4f6f8; --line: #d5dbe1; --mark: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ec; --soft: #a9b3bd; --paper: #14181c; --card: #1f252b; --line: #3a444e; --mark: #7cb8f5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
header, main, footer { max-width: 56rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1.6rem 0 0.3rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid var(--line); }
a { color: var(--mark); }
.about { color: var(--soft); margin: 0 0 1.2rem; }
.decision {
  font-size: 1.15rem; margin: 0 0 1rem; padding: 0.8rem 1rem;
  background: var(--card); border-left: 0.35rem solid var(--mark);
}
dl.figures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0.7rem; margin: 1rem 0;
}
dl.figures div { background: var(--card); padding: 0.6rem 0.8rem; }
dl.figures dt { color: var(--soft); font-size: 0.9rem; }
dl.figures dd { margin: 0; font-size: 1.2rem; font-weight: 600; }
dl.figures dd.note { font-size: 0.85rem; font-weight: 400; color: var(--soft); }
nav ul { columns: 16rem; margin: 0.3rem 0 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; margin: 0.8rem 0 1.2rem; }
.wide:focus-visible { outline: 2px solid var(--mark); }
table {
  min-width: min(100%, 26rem); border-collapse: collapse; overflow-wrap: normal;
  font-variant-numeric: tabular-nums;
}
caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; }
th, td { padding: 0.25rem 0.8rem 0.25rem 0; text-align: left; vertical-align: top; }
thead > tr > * { border-bottom: 2px solid var(--line); vertical-align: bottom; }
sub { line-height: 0; }
tbody th { font-weight: 400; min-width: 9rem; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.number { text-align: right; }
td.number { white-space: nowrap; }
figure { margin: 0.8rem 0 1.4rem; }
figure .wide { margin: 0; background: #ffffff; border: 1px solid var(--line); }
figure img { display: block; width: 100%; max-width: 47rem; min-width: 30rem; height: auto; margin: 0 auto; }
figcaption { color: var(--soft); font-size: 0.95rem; margin-top: 0.4rem; }
footer { color: var(--soft); font-size: 0.9rem; margin-top: 2rem; padding-bottom: 2rem; }
@media print {
  @page { margin: 16mm; }
  :root {
    color-scheme: light;
    --ink: #000000; --soft: #444444; --paper: #ffffff; --card: #f4f6f8; --line: #bbbbbb; --mark: #0b5cad;
  }
  body { font-size: 10pt; }
  header, main, footer { max-width: none; padding: 0 1px; }
  nav { display: none; }
  h1, h2, h2 + p, caption, thead, tbody tr:nth-child(-n+2) { break-after: avoid; }
  tbody tr:nth-last-child(-n+2) { break-before: avoid; }
  p, li, figure, tr, .decision, dl.figures div { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  figure img { min-width: 0; max-width: 150mm; }
  .decision, dl.figures div { border: 1px solid var(--line); }
}
""".strip()
