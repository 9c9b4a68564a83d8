// SPDX-License-Identifier: Apache-2.0
// The style sheet of the HTML report. Colours have a contrast of at least 4.5 to 1 on their ground, in the light and in the dark.
#include "report/html.hpp"
#include "report/html_parts.hpp"

namespace tlswhy::report {

std::string_view html_style() {
  return R"css(
:root{color-scheme:light dark;--ground:#fbfaf7;--card:#fff;--ink:#1d2126;--soft:#565d66;--line:#d9d6cd;--accent:#0b5cad;--bad:#a4161a;--bad-ground:#fdeeee;
--good:#1b6b37;--good-ground:#ebf6ee;--open:#7a5200;--open-ground:#fff6e0;--log:#f3efe4;--up:#0b5cad;--down:#7b3fa0;--mono:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--card:#1c2026;--ink:#e8e6e1;--soft:#a9b0b9;--line:#363c45;--accent:#7db8f5;--bad:#ff9d98;--bad-ground:#38191b;
--good:#83d79c;--good-ground:#16301f;--open:#f0c063;--open-ground:#332710;--log:#262a2f;--up:#7db8f5;--down:#cfa3ee}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,"DejaVu Sans",sans-serif;background:var(--ground);color:var(--ink);overflow-wrap:anywhere}
body{max-width:56rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}
a{color:var(--accent);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
h1{font-size:1.75rem;line-height:1.25;margin:.2rem 0 .6rem;text-wrap:balance}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.4rem 0}
code,pre,.mono{font-family:var(--mono);font-size:.875em}
code{white-space:pre-wrap}
.verdict{padding:1.25rem 1.4rem;border:1px solid var(--line);border-left:.5rem solid var(--open);border-radius:.5rem;background:var(--open-ground)}
.verdict.failed{border-left-color:var(--bad);background:var(--bad-ground)}
.verdict.ok{border-left-color:var(--good);background:var(--good-ground)}
.kicker{font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);margin:0}
.seen{color:var(--soft);font-size:.9rem}
ul.marks{list-style:none;margin:.4rem 0;padding:0}
ul.marks li{position:relative;padding:.3rem 0 .3rem 1.9rem}
.mark{position:absolute;left:0;top:.42rem;width:1.3rem;height:1.3rem;line-height:1.25rem;text-align:center;border:1px solid currentColor;border-radius:50%;font:700 .8rem/1.2rem var(--mono)}
.for .mark{color:var(--good)}.against .mark,.out .mark{color:var(--bad)}.maybe .mark,.next .mark{color:var(--accent)}
.place{white-space:nowrap;font-size:.875em;color:var(--soft)}
ol{margin:.4rem 0;padding-left:1.6rem}li{margin:.25rem 0}
.platforms{color:var(--soft);font-size:.9em}
.warning{color:var(--bad);font-weight:600}
.note{color:var(--soft);font-size:.9rem}
figure{margin:.8rem 0}figcaption{color:var(--soft);font-size:.9rem;margin-top:.3rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem;background:var(--card)}
svg{display:block;width:100%;min-width:40rem;height:auto;font:12.5px system-ui,"DejaVu Sans",sans-serif}
svg text{fill:var(--ink)}svg .dim{fill:var(--soft)}svg .mono{font:11.5px var(--mono)}svg .strong{font-weight:700}
svg .life{stroke:var(--line);stroke-width:2}svg .up{stroke:var(--up);fill:var(--up)}svg .down{stroke:var(--down);fill:var(--down)}
svg .arrow{stroke-width:2}svg .bad{stroke:var(--bad)}svg polygon.bad,svg text.bad{fill:var(--bad);stroke:none}svg polygon{stroke:none}
svg .band{fill:var(--log)}svg .pause{stroke:var(--soft);stroke-dasharray:3 4}svg .curve{fill:none;stroke:var(--accent);stroke-width:2}svg .dot{fill:var(--accent)}
svg .bar{fill:var(--good)}svg .bar.bad{fill:var(--bad);stroke:none}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft)}td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.who,th{white-space:nowrap}
tr.bad td{background:var(--bad-ground)}tr:target td,li:target{background:var(--open-ground);box-shadow:inset .25rem 0 var(--accent)}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--accent);padding:.2rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.4rem 0}dt{color:var(--soft)}dd{margin:0}
footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media (max-width:34rem){body{padding:.8rem .7rem 2rem}h1{font-size:1.4rem}.verdict{padding:1rem}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}th,td{padding:.3rem .35rem}}
@media print{:root{--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#003e7e;--bad:#8a0f12;--bad-ground:#fff;--good:#145229;--good-ground:#fff;--open:#5c3e00;
--open-ground:#fff;--log:#f2f2f2;--up:#003e7e;--down:#55207a;color-scheme:light}html{font-size:10.5pt}body{max-width:none;padding:0}.skip{display:none}
details>*{display:block}section,figure,tr,li{break-inside:avoid}h2,h3{break-after:avoid}svg{min-width:0}a{color:inherit;text-decoration:none}}
)css";
}

std::string_view diagnosis_style() { return html_style(); }

}  // namespace tlswhy::report
