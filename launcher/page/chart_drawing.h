#pragma once

#include <string>

#include "base/files/json_fields.h"
#include "launcher/page/chart.h"
#include "launcher/page/page_text.h"

namespace dplaunch {

/// How much of a chart is drawn, from a page's room.
struct ChartDetail {
  std::size_t max_points = 0;  ///< of a series; bars of a chart
  bool has_titles = false;     ///< each mark says its value where the mouse rests
  bool has_table = false;      ///< the values stand below, folded
};

/// A chart as a `<figure>`, and the same for programs: {"id", "kind": "lines", "title", "x_title",
/// "y_title", "series": [{"name", "style", "x": [], "y": [], "low": [], "high": []}]} or {"kind":
/// "bars", ..., "labels": [], "parts": [{"name", "values": []}]}. What is drawn, in full precision;
/// what is no number, which is not drawn, is null.
struct DrawnChart {
  std::string figure;
  Json data;

  std::size_t bytes() const { return figure.size() + script_json(data).size(); }
};

DrawnChart draw(const LineChart& chart, const ChartDetail& detail);
DrawnChart draw(const StackedBars& chart, const ChartDetail& detail);

/// At most `max_points` of them (4 at least): the least and the greatest of each stretch, the first
/// and the last, in their order.
std::vector<ChartPoint> thinned_out(const std::vector<ChartPoint>& points, std::size_t max_points);

}  // namespace dplaunch
