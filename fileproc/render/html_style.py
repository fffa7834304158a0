"""The look of the HTML page: light, dark and paper, from a phone to a wide screen, without anything from elsewhere."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f6f7f9; --ink: #1a1f27; --soft: #59636f; --edge: #d5dae1; --track: #e4e8ed;
  --fail: #b42318; --warn: #8a5a00; --pass: #17703a; --error: #86198f; --skipped: #1d4f91; --info: #1d4f91;
  --bad: #fde5e2; --link: #1d4f91;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --card: #1b212a; --ink: #e7ebf0; --soft: #9faab8; --edge: #343d4a; --track: #2b333f;
    --fail: #ff8a7d; --warn: #f0b94a; --pass: #62cf8a; --error: #e79bf0; --skipped: #8db8f5; --info: #8db8f5;
    --bad: #4a2320; --link: #8db8f5;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
a { color: var(--link); }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; margin: 0; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.25rem; }
h3 { font-size: 1.05rem; }
p { margin: .4rem 0; overflow-wrap: anywhere; }
code, .cells td, .cells th { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-size: .9em; }
.soft { color: var(--soft); }
.word { font-weight: 700; white-space: nowrap; }
.fail { color: var(--fail); } .warn { color: var(--warn); } .pass { color: var(--pass); }
.error { color: var(--error); } .skipped { color: var(--skipped); } .info { color: var(--info); }
.tally { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; margin: .6rem 0 0; list-style: none; }
section.file { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 2px solid var(--edge); }
.summary { font-size: 1.1rem; }
dl { margin: .6rem 0; display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
article {
  margin: 1rem 0; padding: .9rem 1.1rem 1rem; background: var(--card); border: 1px solid var(--edge);
  border-left: .3rem solid currentColor; border-radius: .4rem;
}
article.cause > * { color: var(--ink); }
article h3 { display: flex; flex-wrap: wrap; gap: .1rem .8rem; justify-content: space-between; }
article h3 .count { font-weight: 400; color: var(--soft); white-space: nowrap; }
article.cause > .strip.fail { color: var(--fail); } article.cause > .strip.warn { color: var(--warn); }
article.cause > .strip.info { color: var(--info); }
.strip { margin: .7rem 0 .5rem; }
.strip svg { display: block; width: 100%; height: 1.5rem; border-radius: .2rem; }
.strip .ends { display: flex; justify-content: space-between; font-size: .8rem; color: var(--soft); }
.track { fill: var(--track); } .band { fill: currentColor; opacity: .22; } .tick { fill: currentColor; }
.mend { font-weight: 600; }
.scroll { overflow-x: auto; margin: .7rem 0 .2rem; border: 1px solid var(--edge); border-radius: .3rem; }
table { border-collapse: collapse; width: 100%; background: var(--paper); }
caption { text-align: left; padding: .3rem .6rem; color: var(--soft); font-size: .85rem; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-top: 1px solid var(--edge); }
thead th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.cells td, .cells th { font-size: .85rem; white-space: pre; max-width: 22rem; }
.cells td, .cells th { overflow: hidden; text-overflow: ellipsis; }
.cells td.bad { background: var(--bad); font-weight: 700; white-space: pre-wrap; overflow-wrap: anywhere; }
.cells .place { width: 1%; color: var(--soft); text-align: right; font-weight: 400; }
.none { color: var(--soft); font-style: italic; font-weight: 400; }
.blank { outline: 1px dashed currentColor; outline-offset: -1px; }
details { margin: .5rem 0 0; }
summary { cursor: pointer; color: var(--link); }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 36rem) {
  body { padding: 1rem .8rem 3rem; }
  h1 { font-size: 1.35rem; }
  dl { gap: .15rem .6rem; }
  article { padding: .7rem .8rem; }
  table.stacked thead { position: absolute; clip-path: inset(50%); }
  table.stacked tr { display: block; padding: .35rem 0; border-top: 1px solid var(--edge); }
  table.stacked td { display: block; border: 0; padding: .05rem .6rem; overflow-wrap: anywhere; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --edge: #bbb; --track: #e4e4e4; --bad: #f3dddb;
    --fail: #9b1c12; --warn: #6b4600; --pass: #11592d; --error: #6d1474; --skipped: #173f75; --info: #173f75;
  }
  * { print-color-adjust: exact; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  article, tr, .strip { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  .cells td, .cells th { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8pt; padding: .15rem .3rem; }
  details:not([open]) { display: none; }
}
"""
