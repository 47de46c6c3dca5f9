#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dplaunch {

/// One line of a chart's legend.
struct LegendEntry {
  std::string look;  ///< the classes that the chart draws it with: "s0"
  std::string name;
  enum class Sign { kLine, kMark, kArea } sign = Sign::kLine;
};

/// What stands around a chart's picture.
struct FigureText {
  std::string title;
  std::string text;
  std::vector<LegendEntry> legend;
  std::vector<std::vector<std::string>> table;  ///< with its head; empty for none
};

/// Title, picture, legend, and the values as a table that opens with a click.
std::string figure(const FigureText& text, const std::string& picture);

/// The look of the series or part at that place.
std::string look_of(std::size_t place);

/// The marks and patterns that all pictures of a page use: once, at its beginning.
std::string_view chart_symbols();

}  // namespace dplaunch
