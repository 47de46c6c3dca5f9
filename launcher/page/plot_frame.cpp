#include "launcher/page/plot_frame.h"

#include <fmt/core.h>

#include <algorithm>

#include "launcher/page/page_text.h"

namespace dplaunch {

double text_width(std::string_view text) {
  constexpr double kCharacter = 6.9;  // of 12 units high system fonts, the wide ones
  return kCharacter * static_cast<double>(text.size());
}

std::string svg_text(double x, double y, std::string_view kind, std::string_view content) {
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", kind, coordinate(x),
                     coordinate(y), content);
}

PlotArea lay_out(AxisMap& y, int label_lines) {
  PlotArea area;
  area.bottom -= kLineHeight * (label_lines - 1);
  double widest = 0;
  for (const double tick : y.ticks()) widest = std::max(widest, text_width(y.tick_label(tick)));
  area.left = widest + 12;
  y.set_pixels(area.bottom, area.top);
  return area;
}

std::string draw_y_axis(const AxisMap& y, const PlotArea& area, std::string_view title) {
  std::string svg = svg_text(2, 13, "title", page_text(title));
  std::string lines;
  for (const double tick : y.ticks()) {
    const double at = y.pixel(tick);
    lines +=
        fmt::format("M{} {}H{}", coordinate(area.left), coordinate(at), coordinate(area.right));
    svg += svg_text(area.left - 6, at + 4, "y", y.tick_label(tick));
  }
  return fmt::format("<path class=\"grid\" d=\"{}\"/>", lines) + svg;
}

std::string draw_x_title(const PlotArea& area, std::string_view title) {
  return svg_text((area.left + area.right) / 2, kChartHeight - 6, "x title", page_text(title));
}

std::string draw_x_axis(const AxisMap& x, const PlotArea& area, std::string_view title) {
  std::string labels;
  std::string lines = fmt::format("M{} {}H{}", coordinate(area.left), coordinate(area.bottom),
                                  coordinate(area.right));
  double taken_to = 0;
  for (const double tick : x.ticks()) {
    const double at = x.pixel(tick);
    lines += fmt::format("M{} {}v4", coordinate(at), coordinate(area.bottom));
    const std::string label = x.tick_label(tick);
    const double half = text_width(label) / 2;
    if (at - half < taken_to || at + half > kChartWidth) continue;
    labels += svg_text(at, area.bottom + 17, "x", label);
    taken_to = at + half + 4;
  }
  return fmt::format("<path class=\"axis\" d=\"{}\"/>", lines) + labels + draw_x_title(area, title);
}

std::string svg_picture(const std::string& id, const std::string& title,
                        const std::string& description, const std::string& content) {
  return fmt::format(
      "<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-t {}-d\">"
      "<title id=\"{}-t\">{}</title><desc id=\"{}-d\">{}</desc>{}</svg>",
      kChartWidth, kChartHeight, id, id, id, title, id, description, content);
}

}  // namespace dplaunch
