#pragma once

#include <string>
#include <string_view>

#include "launcher/page/axis_map.h"

namespace dplaunch {

/// Where values are drawn, in user units of the SVG, whose text is 12 units high.
struct PlotArea {
  double left = 0;
  double top = 28;
  double right = 388;
  double bottom = 204;
};

inline constexpr int kChartWidth = 400;
inline constexpr int kChartHeight = 246;

/// From one line of a label to the next.
inline constexpr double kLineHeight = 13;

/// Room at the left for the labels of that axis, whose pixels are set, and below for those of x.
PlotArea lay_out(AxisMap& y, int label_lines = 1);

/// The horizontal lines at an axis's ticks, their labels, and its title above them.
std::string draw_y_axis(const AxisMap& y, const PlotArea& area, std::string_view title);
/// Ticks below the area, with labels where there is room for them.
std::string draw_x_axis(const AxisMap& x, const PlotArea& area, std::string_view title);
std::string draw_x_title(const PlotArea& area, std::string_view title);

/// A text as an element of SVG: centred at x, or as `kind` says ("y": ends at x). `content` is
/// escaped.
std::string svg_text(double x, double y, std::string_view kind, std::string_view content);

/// About how wide that many characters are.
double text_width(std::string_view text);

/// The whole picture. `title` and `description` are for those who do not see it; both are escaped.
std::string svg_picture(const std::string& id, const std::string& title,
                        const std::string& description, const std::string& content);

}  // namespace dplaunch
