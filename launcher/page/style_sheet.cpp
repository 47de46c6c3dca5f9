#include "launcher/page/style_sheet.h"

namespace dplaunch {
namespace {

// No ">" and "&", so that the page is XML too.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--paper:#fff;--back:#f4f5f7;--ink:#1b1f24;--soft:#555d68;--rule:#d5d9df;--grid:#e4e7eb;
--c0:#0b62b0;--c1:#b84a00;--c2:#007a55;--c3:#8e3a86;--c4:#7a5c00;--c5:#00707e;--c6:#b3123f;--c7:#565c70;
--good:#00663f;--warning:#8a5200;--problem:#b0122f}
@media (prefers-color-scheme:dark){:root{--paper:#171a1f;--back:#0f1114;--ink:#e8eaed;--soft:#a9b1bc;--rule:#3a414b;--grid:#2b3038;
--c0:#6cb2ff;--c1:#ff9e5e;--c2:#4fd1a1;--c3:#e59ad6;--c4:#e3c24d;--c5:#5fd3e6;--c6:#ff8fa8;--c7:#b6bdd0;
--good:#5fd6a4;--warning:#f0b355;--problem:#ff8b98}}
@media print{:root{color-scheme:light;--paper:#fff;--back:#fff;--ink:#000;--soft:#444;--rule:#bbb;--grid:#ddd;
--c0:#0b62b0;--c1:#b84a00;--c2:#007a55;--c3:#8e3a86;--c4:#7a5c00;--c5:#00707e;--c6:#b3123f;--c7:#565c70;
--good:#00663f;--warning:#8a5200;--problem:#b0122f}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:1240px;margin:0 auto;padding:24px 16px 40px}
header p{margin:4px 0 0;color:var(--soft)}
h1{margin:0;font-size:1.75rem;line-height:1.2}
h2{margin:40px 0 12px;font-size:1.25rem;line-height:1.3}
h3{margin:0;font-size:1rem;line-height:1.35}
p{margin:8px 0;max-width:80ch}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0 0}
.tiles div{background:var(--paper);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
dl,dt,dd{margin:0}
.tiles dt,.tiles .note{color:var(--soft);font-size:.8125rem}
.tiles dd{font-size:1.5rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles dd.note{font-weight:400;line-height:1.4}
.notice{border-left:5px solid var(--tone);background:var(--paper);padding:8px 14px;margin:10px 0;border-radius:0 8px 8px 0;max-width:none}
.notice b{color:var(--tone);margin-right:.4em}
.good{--tone:var(--good)}.note{--tone:var(--soft)}.warning{--tone:var(--warning)}.problem{--tone:var(--problem)}
pre{background:var(--paper);border:1px solid var(--rule);border-radius:8px;padding:10px 12px;font-size:.8125rem;white-space:pre-wrap;margin:8px 0}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,370px),1fr));gap:16px;align-items:start}
figure{margin:0;background:var(--paper);border:1px solid var(--rule);border-radius:10px;padding:14px;min-width:0}
figcaption p,.empty,.more{color:var(--soft);font-size:.875rem;margin:4px 0 0}
svg.plot{display:block;width:100%;height:auto;margin-top:8px;max-height:380px}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink);font-variant-numeric:tabular-nums}
svg text.y{text-anchor:end}svg text.x{text-anchor:middle}svg text.title{fill:var(--soft)}
.grid{stroke:var(--grid);fill:none}.axis{stroke:var(--soft);fill:none}
.s0{--c:var(--c0)}.s1{--c:var(--c1);--d:8 3}.s2{--c:var(--c2);--d:3 3}.s3{--c:var(--c3);--d:9 3 2 3}
.s4{--c:var(--c4);--d:14 3}.s5{--c:var(--c5);--d:5 2}.s6{--c:var(--c6);--d:9 3 2 3 2 3}.s7{--c:var(--c7);--d:2 2}
.r0,.r1,.r2,.r3{--c:var(--soft);--d:6 4}.r1{--d:1 4}.r2{--d:12 4 2 4}.r3{--d:3 2}
.line{stroke:var(--c);stroke-width:2;fill:none;stroke-dasharray:var(--d,none);stroke-linejoin:round}
.r0 .line,.r1 .line,.r2 .line,.r3 .line{stroke-width:1.5}
.whisker{stroke:var(--c);stroke-width:1.5;fill:none}
use{fill:var(--c);stroke:var(--paper);stroke-width:.8}
pattern rect{fill:var(--c)}pattern path{stroke:var(--paper);stroke-width:1.2;fill:none}
.part rect,rect.part{stroke:var(--paper);stroke-width:.6}
.s0.part rect,.s0 rect.part{fill:url(#p0)}.s1.part rect,.s1 rect.part{fill:url(#p1)}.s2.part rect,.s2 rect.part{fill:url(#p2)}.s3.part rect,.s3 rect.part{fill:url(#p3)}
.s4.part rect,.s4 rect.part{fill:url(#p4)}.s5.part rect,.s5 rect.part{fill:url(#p5)}.s6.part rect,.s6 rect.part{fill:url(#p6)}.s7.part rect,.s7 rect.part{fill:url(#p7)}
.symbols{position:absolute}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 0;padding:0;font-size:.875rem}
.legend li{display:flex;align-items:center;gap:6px;min-width:0}.legend svg{flex:none}
details{margin-top:8px;font-size:.875rem}summary{cursor:pointer;color:var(--soft)}
.wide{overflow-x:auto;max-width:100%;margin:8px 0}.caption+.wide{margin-top:4px}
table{border-collapse:collapse;font-size:.875rem;line-height:1.4;overflow-wrap:normal;background:var(--paper)}
.caption{color:var(--soft);font-size:.875rem;margin:16px 0 0}
th,td{padding:5px 12px;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;max-width:34rem;overflow-wrap:break-word}
td:last-child:not(.n){min-width:13rem}
thead th{color:var(--soft);font-weight:600;border-bottom-color:var(--soft)}tbody th{font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
footer{margin-top:40px;color:var(--soft);font-size:.8125rem;border-top:1px solid var(--rule);padding-top:10px}
@media print{body{font-size:11pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}main{max-width:none;padding:0 1px}
figure,.tiles div,.notice,tr{break-inside:avoid}h2{break-after:avoid}.charts{grid-template-columns:1fr 1fr}.wide{overflow:visible}details:not([open]){display:none}}
)";

}  // namespace

std::string_view style_sheet() {
  return kStyle;
}

}  // namespace dplaunch
