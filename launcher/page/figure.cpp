#include "launcher/page/figure.h"

#include <fmt/core.h>

#include "launcher/page/chart.h"
#include "launcher/page/html_table.h"
#include "launcher/page/page_text.h"

namespace dplaunch {
namespace {

constexpr std::string_view kSymbols =
    R"(<svg class="symbols" aria-hidden="true" width="0" height="0"><defs>
<circle id="m0" r="3.4"/><rect id="m1" x="-3" y="-3" width="6" height="6"/>
<path id="m2" d="M0-4.2L4 3H-4Z"/><path id="m3" d="M0-4.4L4.4 0L0 4.4L-4.4 0Z"/>
<path id="m4" d="M0 4.2L4-3H-4Z"/><path id="m5" d="M-1.3-4h2.6v2.7h2.7v2.6H1.3v2.7h-2.6V1.3h-2.7v-2.6h2.7Z"/>
<path id="m6" d="M-4-2.2L-2.2-4L0-1.8L2.2-4L4-2.2L1.8 0L4 2.2L2.2 4L0 1.8L-2.2 4L-4 2.2L-1.8 0Z"/>
<path id="m7" d="M-4 0L-2-3.5H2L4 0L2 3.5H-2Z"/>
<pattern id="p0" class="s0" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8"/></pattern>
<pattern id="p1" class="s1" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6"/><path d="M-1 1L1-1M-1 7L7-1M5 7L7 5"/></pattern>
<pattern id="p2" class="s2" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5"/><path d="M0 2.5H5"/></pattern>
<pattern id="p3" class="s3" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6"/><path d="M-1 5L1 7M-1-1L7 7M5-1L7 1"/></pattern>
<pattern id="p4" class="s4" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5"/><path d="M2.5 0V5"/></pattern>
<pattern id="p5" class="s5" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6"/><path d="M0 3H6M3 0V6"/></pattern>
<pattern id="p6" class="s6" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6"/><path d="M0 0L6 6M6 0L0 6"/></pattern>
<pattern id="p7" class="s7" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5"/><path d="M1.5 2.5h2"/></pattern>
</defs></svg>
)";

std::string swatch(const LegendEntry& entry) {
  std::string content;
  if (entry.sign == LegendEntry::Sign::kArea) {
    content = "<rect class=\"part\" x=\"4\" y=\"1\" width=\"20\" height=\"12\"/>";
  } else {
    if (entry.sign == LegendEntry::Sign::kLine) content = "<path class=\"line\" d=\"M0 7H28\"/>";
    if (entry.look.starts_with('s')) {
      content += fmt::format("<use href=\"#m{}\" x=\"14\" y=\"7\"/>", entry.look.substr(1));
    }
  }
  return fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 28 14\" width=\"28\" height=\"14\" "
      "aria-hidden=\"true\">{}</svg>",
      entry.look, content);
}

std::string legend_html(const std::vector<LegendEntry>& legend) {
  if (legend.size() < 2) return {};
  std::string html = "<ul class=\"legend\">";
  for (const LegendEntry& entry : legend) {
    html += "<li>" + swatch(entry) + "<span>" + page_text(entry.name) + "</span></li>";
  }
  return html + "</ul>";
}

}  // namespace

std::string look_of(std::size_t place) {
  return fmt::format("s{}", place % kMaxSeries);
}

std::string figure(const FigureText& text, const std::string& picture) {
  std::string html = "<figure><figcaption><h3>" + page_text(text.title) + "</h3>";
  if (!text.text.empty()) html += "<p>" + page_text(text.text) + "</p>";
  html += "</figcaption>" + picture + legend_html(text.legend);
  if (text.table.size() > 1) {
    html += "<details><summary>Values</summary>" +
            html_table(text.table.front(), {text.table.begin() + 1, text.table.end()},
                       std::vector<bool>(text.table.front().size(), true)) +
            "</details>";
  }
  return html + "</figure>\n";
}

std::string_view chart_symbols() {
  return kSymbols;
}

}  // namespace dplaunch
