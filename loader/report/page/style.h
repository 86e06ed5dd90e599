// The page's style sheet: light and dark as the reader's system says, one column on a phone. The colours of
// the parts are Okabe and Ito's, which people who do not tell red from green tell apart.
#pragma once

namespace dw::load {

inline constexpr const char* kPageStyle = R"CSS(
:root { color-scheme: light dark;
  --ground: #fff; --panel: #f4f5f7; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --accent: #0059b3;
  --good: #116329; --bad: #b42318; --s0: #0072b2; --s1: #009e73; --s2: #e69f00; --s3: #cc79a7; --s4: #56b4e9;
  --s5: #a0a6ad; --s6: #d55e00; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0f1419; --panel: #1a2027; --ink: #e6edf3; --soft: #a3adb8; --line: #36404a; --accent: #7ab8ff;
  --good: #56d364; --bad: #ff8b81; --s0: #2f86c9; --s1: #2bc79a; --s4: #9fdcff; --s5: #6e7681; --s6: #f0763a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p, ul, dl { margin: .5rem 0; }
p time { white-space: nowrap; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .25rem .5rem; }
.verdict { display: inline-block; font-weight: 700; font-size: 1.15rem; padding: .25rem .75rem;
  border: 2px solid currentColor; border-radius: .5rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .75rem; }
.tiles > div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.tiles dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
figure { margin: .5rem 0; }
.chart { display: block; width: 100%; height: 9rem; background: var(--panel); border-bottom: 2px solid var(--soft); }
.scale { display: flex; justify-content: space-between; color: var(--soft); font-size: .85rem; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
.s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; font-size: .9rem; }
.legend svg { width: .8rem; height: .8rem; margin-right: .35rem; }
.spark { width: 6rem; height: 1.25rem; display: block; }
.spark path { fill: none; stroke: var(--s0); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.bar { display: block; height: .5rem; min-width: 2px; background: var(--s1); border-radius: 2px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
.tall { max-height: 24rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .4rem .6rem; color: var(--soft); max-width: calc(100vw - 2.5rem); }
th, td { padding: .3rem .5rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--panel); vertical-align: bottom; }
tbody th { font-weight: 600; background: var(--ground); position: sticky; left: 0; }
thead th:first-child { left: 0; z-index: 1; }
th:first-child, td.word { text-align: left; }
@media (max-width: 40rem) { .tiles dd { font-size: 1.05rem; } tbody th:first-child { min-width: 9rem; overflow-wrap: anywhere; white-space: normal; } }
summary { cursor: pointer; padding: .35rem 0; color: var(--accent); }
footer { margin-top: 2rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; }
@media print { .skip, summary { display: none; } }
)CSS";

}  // namespace dw::load
