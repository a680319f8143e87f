"""The style of the report, on screens and on paper."""

CSS = """
:root { color-scheme: light dark; --ink: #1f2428; --soft: #5c6268; --line: #dddddb; --accent: #2c5f7c; --card: #f5f5f4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e6; --soft: #a9aeb3; --line: #383c40; --accent: #5b9bbf; --card: #222528 }
  body { background: #16181a }
}
* { box-sizing: border-box }
body { margin: 0; color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-bottom: .3rem; border-bottom: 2px solid var(--accent) }
h3 { font-size: 1.02rem; margin: 1.5rem 0 .4rem }
h1, h2, h3, p, td, th, figcaption { overflow-wrap: anywhere; unicode-bidi: plaintext }
p { margin: .3rem 0 }
.kind { color: var(--accent); font-weight: 600 }
.about, .how, small, .missing { color: var(--soft) }
.how { font-size: .85rem }
.said { font-size: 1.02rem; font-weight: 600; white-space: pre-line }
small { display: block; font-size: .8rem; font-weight: 400 }
.summary { background: var(--card); border-radius: 8px; padding: .2rem 1.2rem 1rem; margin-top: 1.5rem }
.summary h2 { border: 0; margin: .8rem 0 .2rem }
ul { margin: 0; padding-left: 1.2rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding-bottom: .2rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 500 }
.number { text-align: right; font-variant-numeric: tabular-nums }
.facts th { width: 62% }
.rows thead th { color: var(--soft); font-size: .85rem }
.share { position: relative; width: 11rem }
.share span:last-child { position: relative; padding-left: .35rem; font-variant-numeric: tabular-nums }
.bar { position: absolute; left: 0; top: .25rem; bottom: .25rem; background: var(--accent); opacity: .28 }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; margin: .6rem 0 }
figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
figure img, .nothing { display: block; width: 100%; height: 10rem; object-fit: contain; background: var(--card) }
.nothing { color: var(--soft); text-align: center; line-height: 10rem }
figcaption { padding: .6rem .8rem }
figcaption span { display: block; white-space: pre-line }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem }
@page { size: A4; margin: 18mm 16mm }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --accent: #2c5f7c; --card: #f3f3f2 }
  body { background: none; font-size: 10pt }
  main { max-width: none; padding: 0 }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact }
  h2, h3, caption { break-after: avoid }
  tr, figure, .summary, .how { break-inside: avoid }
  thead { display: table-header-group }
  .examples { grid-template-columns: repeat(3, 1fr) }
  figure img, .nothing { height: 3.6cm }
}
"""
