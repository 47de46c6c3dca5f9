#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text/words.h"
#include "launcher/page/chart_drawing.h"
#include "launcher/page/figure.h"
#include "launcher/page/page_text.h"
#include "launcher/page/plot_frame.h"

namespace dplaunch {
namespace {

// Of more points in a series, marks would run into each other: some tell it from the others.
constexpr std::size_t kMaxMarks = 24;
constexpr std::size_t kMarksOfMany = 8;

struct Extent {
  double low = 0;
  double high = 0;
  bool is_empty = true;

  void include(double value) {
    low = is_empty ? value : std::min(low, value);
    high = is_empty ? value : std::max(high, value);
    is_empty = false;
  }
};

bool has_place(const ChartPoint& point, const LineChart& chart) {
  return is_drawable(point.x, chart.x.scale) && is_drawable(point.y, chart.y.scale);
}

/// An interval of which an end has no place, "at least 3" perhaps, is not drawn.
bool has_whisker(const ChartPoint& point, const LineChart& chart) {
  return point.has_interval && is_drawable(point.low, chart.y.scale) &&
         is_drawable(point.high, chart.y.scale);
}

/// The axes of a chart whose points are known.
class Plot {
 public:
  Plot(const LineChart& chart, const Extent& x, const Extent& y)
      : chart_(chart),
        x_(chart.x, x.low, x.high, false, 6),
        y_(chart.y, y.low, y.high, true, 5),
        area_(lay_out(y_)) {
    constexpr double kMargin = 8;  // a mark at the edge is whole
    x_.set_pixels(area_.left + kMargin, area_.right - kMargin);
  }

  std::string axes() const {
    return draw_y_axis(y_, area_, chart_.y.title) + draw_x_axis(x_, area_, chart_.x.title);
  }

  std::string series(const ChartSeries& series, const std::string& look, bool has_titles) const {
    std::string svg = fmt::format("<g class=\"series {}\">", look);
    if (series.style != SeriesStyle::kPoints) svg += line(series);
    svg += whiskers(series);
    if (series.style != SeriesStyle::kReference) svg += marks(series, look, has_titles);
    return svg + "</g>";
  }

 private:
  std::string x_of(const ChartPoint& point) const { return coordinate(x_.pixel(point.x)); }
  std::string y_of(double value) const { return coordinate(y_.pixel(value)); }

  std::string line(const ChartSeries& series) const {
    std::string path;
    bool is_open = false;
    for (const ChartPoint& point : series.points) {
      const bool is_drawn = has_place(point, chart_);
      if (is_drawn) {
        path += fmt::format("{}{} {}", is_open ? "L" : "M", x_of(point), y_of(point.y));
      }
      is_open = is_drawn;
    }
    return path.empty() ? "" : fmt::format("<path class=\"line\" d=\"{}\"/>", path);
  }

  std::string whiskers(const ChartSeries& series) const {
    std::string path;
    for (const ChartPoint& point : series.points) {
      if (!has_place(point, chart_) || !has_whisker(point, chart_)) continue;
      const double x = x_.pixel(point.x);
      const std::string left = coordinate(x - 4);
      path += fmt::format("M{} {}V{}M{} {}h8M{} {}h8", coordinate(x), y_of(point.low),
                          y_of(point.high), left, y_of(point.low), left, y_of(point.high));
    }
    return path.empty() ? "" : fmt::format("<path class=\"whisker\" d=\"{}\"/>", path);
  }

  std::string marks(const ChartSeries& series, const std::string& look, bool has_titles) const {
    std::string svg;
    const bool are_many = series.points.size() > kMaxMarks;
    const std::size_t stride = are_many ? series.points.size() / kMarksOfMany : 1;
    for (std::size_t i = 0; i < series.points.size(); i += stride) {
      const ChartPoint& point = series.points[i];
      if (!has_place(point, chart_)) continue;
      svg += fmt::format("<use href=\"#m{}\" x=\"{}\" y=\"{}\"", look.substr(1), x_of(point),
                         y_of(point.y));
      svg += has_titles && !are_many ? "><title>" + words(series, point) + "</title></use>" : "/>";
    }
    return svg;
  }

  std::string words(const ChartSeries& series, const ChartPoint& point) const {
    std::string text =
        fmt::format("{}, {} {}: {}", page_text(series.name, 60), page_text(chart_.x.title, 40),
                    value_text(point.x), value_text(point.y));
    if (point.has_interval) {
      text += fmt::format(" ({} to {})", value_text(point.low), value_text(point.high));
    }
    return text;
  }

  const LineChart& chart_;
  AxisMap x_;
  AxisMap y_;
  PlotArea area_;
};

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json data_of(const LineChart& chart) {
  Json data = {{"id", chart.id},           {"kind", "lines"},          {"title", chart.title},
               {"x_title", chart.x.title}, {"y_title", chart.y.title}, {"series", Json::array()}};
  for (const ChartSeries& series : chart.series) {
    const char* style = series.style == SeriesStyle::kLine     ? "line"
                        : series.style == SeriesStyle::kPoints ? "points"
                                                               : "reference";
    Json json = {{"name", series.name}, {"style", style}};
    const bool has_intervals = std::any_of(series.points.begin(), series.points.end(),
                                           [](const auto& point) { return point.has_interval; });
    json["x"] = json["y"] = Json::array();
    if (has_intervals) json["low"] = json["high"] = Json::array();
    for (const ChartPoint& point : series.points) {
      json["x"].push_back(number(point.x));
      json["y"].push_back(number(point.y));
      if (!has_intervals) continue;
      json["low"].push_back(point.has_interval ? number(point.low) : Json());
      json["high"].push_back(point.has_interval ? number(point.high) : Json());
    }
    data["series"].push_back(std::move(json));
  }
  return data;
}

std::vector<std::vector<std::string>> table_of(const LineChart& chart) {
  std::vector<std::vector<std::string>> table = {{chart.x.title}};
  std::map<double, std::vector<std::string>> rows;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    table.front().push_back(chart.series[i].name);
    for (const ChartPoint& point : chart.series[i].points) {
      if (!has_place(point, chart)) continue;
      auto& row = rows[point.x];
      row.resize(chart.series.size());
      row[i] = value_text(point.y);
      if (point.has_interval) {
        row[i] += fmt::format(" ({} to {})", value_text(point.low), value_text(point.high));
      }
    }
  }
  if (chart.series.size() == 1) table.front()[1] = chart.y.title;
  for (auto& [x, row] : rows) {
    row.insert(row.begin(), value_text(x));
    table.push_back(row);
  }
  return table;
}

/// Extremes of all that is drawn, marks and intervals.
std::pair<Extent, Extent> extent_of(const LineChart& chart) {
  Extent x;
  Extent y;
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (!has_place(point, chart)) continue;
      x.include(point.x);
      y.include(point.y);
      if (!has_whisker(point, chart)) continue;
      y.include(point.low);
      y.include(point.high);
    }
  }
  return {x, y};
}

/// Says what was left out.
LineChart thinned(LineChart chart, std::size_t max_points) {
  std::size_t of = 0;
  std::size_t drawn = 0;
  for (ChartSeries& series : chart.series) {
    std::vector<ChartPoint> points = thinned_out(series.points, max_points);
    if (points.size() < series.points.size() && series.points.size() > of) {
      of = series.points.size();
      drawn = points.size();
    }
    series.points = std::move(points);
  }
  if (of == 0) return chart;
  if (!chart.text.empty()) chart.text += " ";
  chart.text += fmt::format(
      "Of {} points of a line {} are drawn: the least and the greatest of each stretch.", of,
      drawn);
  return chart;
}

}  // namespace

DrawnChart draw(const LineChart& whole, const ChartDetail& detail) {
  const LineChart chart = thinned(whole, detail.max_points);
  const auto [x, y] = extent_of(chart);
  FigureText text{chart.title, chart.text, {}, {}};
  Json data = data_of(chart);
  if (x.is_empty) return {figure(text, "<p class=\"empty\">no values</p>"), std::move(data)};
  const Plot plot(chart, x, y);
  std::string content = plot.axes();
  std::vector<std::string> names;
  std::size_t references = 0;
  std::size_t others = 0;
  for (const ChartSeries& series : chart.series) {
    const bool is_reference = series.style == SeriesStyle::kReference;
    const std::string look = is_reference ? fmt::format("r{}", references++ % 4)
                                          : look_of(series.look.value_or(others++));
    content += plot.series(series, look, detail.has_titles);
    text.legend.push_back({look, series.name,
                           series.style == SeriesStyle::kPoints ? LegendEntry::Sign::kMark
                                                                : LegendEntry::Sign::kLine});
    names.push_back(page_text(series.name, 40));
  }
  if (detail.has_table) text.table = table_of(chart);
  const std::string description = fmt::format("{} over {}: {}", page_text(chart.y.title),
                                              page_text(chart.x.title), joined(names));
  return {figure(text, svg_picture(chart.id, page_text(chart.title), description, content)),
          std::move(data)};
}

}  // namespace dplaunch
