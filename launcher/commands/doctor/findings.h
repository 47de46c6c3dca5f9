#pragma once

#include <initializer_list>
#include <iosfwd>
#include <string>
#include <vector>

namespace dplaunch::doctor {

/// From the best to the worst.
enum class Severity {
  kOk,
  kNote,  ///< nothing is wrong, but it explains what may surprise
  kWarn,  ///< works, but slower, or not in every case
  kFail,  ///< jobs, or what was asked about, cannot work
};

/// What one check found. Whatever is worse than kOk has a remedy.
struct Finding {
  Severity severity = Severity::kOk;
  std::string what;     ///< what was looked at, in a word or two: "driver", "/dev/shm"
  std::string finding;  ///< with the figures, in a line or two
  std::string remedy{};
};

using Findings = std::vector<Finding>;

/// The worst of them; kOk without any.
Severity worst(const Findings& findings);

/// One after the other.
Findings together(std::initializer_list<Findings> lists);

/// "warn  what: finding" and below it the remedy, in at most 80 columns; a line of counts last.
void print_lines(std::ostream& out, const Findings& findings);

/// The same as one JSON object.
void print_json(std::ostream& out, const Findings& findings);

}  // namespace dplaunch::doctor
