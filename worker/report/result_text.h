#pragma once

#include <string>

namespace dplaunch {

// How figures are shown to people, in the log and in the table of results.

/// A number with so many decimals.
std::string fixed(double value, int decimals);

/// 0.256 -> "26%".
std::string percent_text(double share);

/// "8312 images/s"; of a slow model a decimal more: "31.4 images/s".
std::string speed_text(double images_per_second);

/// A line of the table of results, with its end.
std::string result_row(const std::string& name, const std::string& value);

}  // namespace dplaunch
