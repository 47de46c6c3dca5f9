#pragma once

#include <string>
#include <vector>

#include "launcher/scale/scale_text.h"

namespace dplaunch {

/// A table of the report, for a terminal and for a page.
struct ReportTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows = {};
  std::vector<bool> is_right = {};  ///< columns that stand at the right
};

/// A row for each point: times, then ratios; an interval stands in brackets.
ReportTable times_table(const ScaleReport& report);
/// What the efficiency of each of the trainer's points is the product of; no rows for a command.
ReportTable factors_table(const ScaleReport& report);

/// How long trainings took to the accuracy of --until-accuracy; no rows without it.
ReportTable accuracy_table(const ScaleReport& report);

/// For a terminal, with a line end behind each row.
std::string text_of(const ReportTable& table);

}  // namespace dplaunch
