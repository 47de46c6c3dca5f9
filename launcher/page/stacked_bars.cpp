#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/text/words.h"
#include "launcher/page/chart_drawing.h"
#include "launcher/page/figure.h"
#include "launcher/page/page_text.h"
#include "launcher/page/plot_frame.h"

namespace dplaunch {
namespace {

/// 0 for what cannot be drawn, which is null in the data.
double height_of(const BarPart& part, std::size_t bar) {
  const double value = bar < part.values.size() ? part.values[bar] : 0;
  return is_drawable(value, AxisScale::kLinear) ? value : 0;
}

/// Every n-th bar, so that there are at most `max_bars`.
StackedBars thinned_bars(StackedBars chart, std::size_t max_bars) {
  const std::size_t count = chart.labels.size();
  if (count <= max_bars) return chart;
  const std::size_t stride = (count + max_bars - 1) / max_bars;
  StackedBars kept = chart;
  kept.labels.clear();
  for (BarPart& part : kept.parts) part.values.clear();
  for (std::size_t bar = 0; bar < count; bar += stride) {
    kept.labels.push_back(chart.labels[bar]);
    for (std::size_t i = 0; i < chart.parts.size(); ++i) {
      const auto& values = chart.parts[i].values;
      kept.parts[i].values.push_back(bar < values.size() ? values[bar] : std::nan(""));
    }
  }
  if (!kept.text.empty()) kept.text += " ";
  kept.text += fmt::format("One bar of {} is drawn.", stride);
  return kept;
}

Json data_of_bars(const StackedBars& chart) {
  Json data = {{"id", chart.id},           {"kind", "bars"},           {"title", chart.title},
               {"x_title", chart.x_title}, {"y_title", chart.y.title}, {"labels", chart.labels},
               {"parts", Json::array()}};
  for (const BarPart& part : chart.parts) {
    Json values = Json::array();
    for (const double value : part.values) {
      values.push_back(std::isfinite(value) ? Json(value) : Json());
    }
    data["parts"].push_back({{"name", part.name}, {"values", std::move(values)}});
  }
  return data;
}

std::vector<std::vector<std::string>> table_of_bars(const StackedBars& chart) {
  std::vector<std::vector<std::string>> table = {{chart.x_title}};
  for (const BarPart& part : chart.parts) table.front().push_back(part.name);
  for (std::size_t bar = 0; bar < chart.labels.size(); ++bar) {
    table.push_back({chart.labels[bar]});
    for (const BarPart& part : chart.parts) {
      table.back().push_back(bar < part.values.size() ? value_text(part.values[bar]) : "");
    }
  }
  return table;
}

AxisMap y_axis_of(const StackedBars& chart) {
  double low = 0;
  double high = 0;
  for (std::size_t bar = 0; bar < chart.labels.size(); ++bar) {
    double above = 0;
    double below = 0;
    for (const BarPart& part : chart.parts) {
      const double height = height_of(part, bar);
      (height < 0 ? below : above) += height;
    }
    low = std::min(low, below);
    high = std::max(high, above);
  }
  ChartAxis axis = chart.y;
  axis.scale = AxisScale::kLinear;
  axis.has_zero = true;
  return {axis, low, high, true, 5};
}

/// Where the bars stand.
struct BarPlaces {
  double left = 0;
  double slot = 0;  ///< from bar to bar

  double begin(std::size_t bar) const { return left + (static_cast<double>(bar) + 0.12) * slot; }
  double width() const { return 0.76 * slot; }
  double middle(std::size_t bar) const { return left + (static_cast<double>(bar) + 0.5) * slot; }
};

std::string bars_of(const StackedBars& chart, const AxisMap& y, const BarPlaces& places,
                    bool has_titles) {
  std::vector<double> above(chart.labels.size());
  std::vector<double> below(chart.labels.size());
  std::string svg;
  for (std::size_t i = 0; i < chart.parts.size(); ++i) {
    svg += fmt::format("<g class=\"part {}\">", look_of(i));
    for (std::size_t bar = 0; bar < chart.labels.size(); ++bar) {
      const double height = height_of(chart.parts[i], bar);
      if (height == 0) continue;
      double& base = height < 0 ? below[bar] : above[bar];
      const double from = y.pixel(base);
      base += height;
      const double to = y.pixel(base);
      svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                         coordinate(places.begin(bar)), coordinate(std::min(from, to)),
                         coordinate(places.width()), coordinate(std::abs(to - from)));
      svg += has_titles ? fmt::format("><title>{}, {}: {}</title></rect>",
                                      page_text(chart.labels[bar], 60),
                                      page_text(chart.parts[i].name, 60), value_text(height))
                        : "/>";
    }
    svg += "</g>";
  }
  return svg;
}

/// How wide that many bars may be at most.
double slot_of(AxisMap& y, std::size_t bars) {
  const PlotArea area = lay_out(y);
  return (area.right - area.left) / static_cast<double>(bars);
}

constexpr std::size_t kLabelLines = 2;

/// In lines of that many characters, broken at spaces; what is longer is cut.
std::vector<std::string> lines_of(const std::string& label, std::size_t fitting) {
  std::vector<std::string> lines;
  for (const std::string& word : split(label, ' ')) {
    const bool fits = !lines.empty() && lines.back().size() + 1 + word.size() <= fitting;
    if (fits || lines.size() == kLabelLines) {
      lines.back() += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  for (std::string& line : lines) line = shortened_to_bytes(line, fitting);
  return lines;
}

using BarLabels = std::vector<std::vector<std::string>>;

int most_lines(const BarLabels& labels) {
  std::size_t most = 1;
  for (const auto& lines : labels) most = std::max(most, lines.size());
  return static_cast<int>(most);
}

/// Where there is room.
std::string draw_labels(const BarLabels& labels, const PlotArea& area, const BarPlaces& places) {
  std::string svg;
  double taken_to = 0;
  for (std::size_t bar = 0; bar < labels.size(); ++bar) {
    double half = 0;
    for (const std::string& line : labels[bar]) half = std::max(half, text_width(line) / 2);
    if (places.middle(bar) - half < taken_to) continue;
    double y = area.bottom + 17;
    for (const std::string& line : labels[bar]) {
      svg += svg_text(places.middle(bar), y, "x", page_text(line));
      y += kLineHeight;
    }
    taken_to = places.middle(bar) + half + 3;
  }
  return svg;
}

}  // namespace

DrawnChart draw(const StackedBars& whole, const ChartDetail& detail) {
  const StackedBars chart = thinned_bars(whole, std::min<std::size_t>(detail.max_points, 60));
  FigureText text{chart.title, chart.text, {}, {}};
  Json data = data_of_bars(chart);
  if (chart.labels.empty()) {
    return {figure(text, "<p class=\"empty\">no values</p>"), std::move(data)};
  }
  AxisMap y = y_axis_of(chart);
  constexpr double kWidestSlot = 90;
  const double slot = std::min(slot_of(y, chart.labels.size()), kWidestSlot);
  const auto fitting = static_cast<std::size_t>(std::max(4.0, slot / text_width("x")));
  BarLabels labels;
  for (const std::string& label : chart.labels) labels.push_back(lines_of(label, fitting));
  const PlotArea area = lay_out(y, most_lines(labels));
  const double bars_width = slot * static_cast<double>(chart.labels.size());
  const BarPlaces places{area.left + (area.right - area.left - bars_width) / 2, slot};
  const std::string base =
      fmt::format("<path class=\"axis\" d=\"M{} {}H{}\"/>", coordinate(area.left),
                  coordinate(y.pixel(0)), coordinate(area.right));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < chart.parts.size(); ++i) {
    text.legend.push_back({look_of(i), chart.parts[i].name, LegendEntry::Sign::kArea});
    names.push_back(page_text(chart.parts[i].name, 40));
  }
  if (detail.has_table) text.table = table_of_bars(chart);
  const std::string content = draw_y_axis(y, area, chart.y.title) +
                              bars_of(chart, y, places, detail.has_titles) + base +
                              draw_labels(labels, area, places) + draw_x_title(area, chart.x_title);
  const std::string description = fmt::format("{} for each {}: {}", page_text(chart.y.title),
                                              page_text(chart.x_title), joined(names));
  return {figure(text, svg_picture(chart.id, page_text(chart.title), description, content)),
          std::move(data)};
}

}  // namespace dplaunch
