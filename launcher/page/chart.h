#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dplaunch {

// What a chart shows. Texts may hold anything: the page cuts and escapes them. Units stand in the
// axes' titles.

/// How far apart values are drawn.
enum class AxisScale {
  kLinear,
  kLog2,   ///< ticks at powers of two: numbers of processes
  kLog10,  ///< ticks at 1, 2, 5 of each power of ten
};

struct ChartAxis {
  std::string title;  ///< with its unit: "time of a step (ms)"
  AxisScale scale = AxisScale::kLinear;
  bool has_zero = false;        ///< linear: zero is in view whatever the values are
  bool is_whole = false;        ///< linear: ticks at whole numbers alone, as of epochs
  std::vector<double> ticks{};  ///< where they stand; empty: chosen
};

/// A value and, if it is known, the interval that holds it. What is no number, or not above 0 on a
/// logarithmic axis, is no mark and interrupts its line.
struct ChartPoint {
  double x = 0;
  double y = 0;
  double low = 0;
  double high = 0;
  bool has_interval = false;
};

enum class SeriesStyle {
  kLine,       ///< marks that a line joins: what lies between may be read off
  kPoints,     ///< marks alone
  kReference,  ///< a line without marks, grey: an ideal, a bound
};

struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;
  SeriesStyle style = SeriesStyle::kLine;
  /// Of kMaxSeries: for what has to look the same in several charts. nullopt: the one of its place.
  std::optional<std::size_t> look = {};
};

/// Points and lines over a common x. More than kMaxSeries that are not references cannot be told
/// apart.
struct LineChart {
  std::string id;  ///< letters, digits and dashes; one chart's alone
  std::string title;
  std::string text{};  ///< a sentence below the title; may be empty
  ChartAxis x;
  ChartAxis y;
  std::vector<ChartSeries> series{};
};

/// Makes the y axis logarithmic where the greatest value is more than 5 times the middle one: on a
/// linear axis a first loss of 200, or a first step of a second, presses all others flat. Not where
/// a value is 0 or less.
void choose_scale(LineChart& chart);

/// One layer of every bar.
struct BarPart {
  std::string name;
  std::vector<double> values;  ///< one for each bar; those below 0 hang below the axis
};

/// A bar for each label, the parts on top of each other from the first one up.
struct StackedBars {
  std::string id;
  std::string title;
  std::string text{};
  std::string x_title;
  ChartAxis y;  ///< linear, and zero is always in view
  std::vector<std::string> labels{};
  std::vector<BarPart> parts;
};

/// How many series, or parts, have a look of their own: colour and mark, colour and pattern.
inline constexpr std::size_t kMaxSeries = 8;

}  // namespace dplaunch
