#include "launcher/commands/doctor/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>

#include "base/files/json_fields.h"
#include "base/text/wrap_text.h"

namespace dplaunch::doctor {
namespace {

constexpr int kColumns = 80;
constexpr std::size_t kLabelColumns = 6;

/// In JSON.
std::string severity_name(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return "ok";
    case Severity::kNote:
      return "note";
    case Severity::kWarn:
      return "warn";
    case Severity::kFail:
      break;
  }
  return "fail";
}

/// In front of a line, where a failure must catch the eye.
std::string label_of(Severity severity) {
  return severity == Severity::kFail ? "FAIL" : severity_name(severity);
}

/// "2 warn"
std::string count_text(const Findings& findings, Severity severity) {
  const auto count = std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.severity == severity;
  });
  return fmt::format("{} {}", count, label_of(severity));
}

/// Lines that leave room for the labels, the first with its label.
std::string wrapped_behind(const std::string& label, const std::string& text, std::size_t indent) {
  std::string lines = wrapped(std::string(kLabelColumns, ' ') + text, kColumns, indent);
  return lines.replace(0, label.size(), label);
}

void print_line(std::ostream& out, const Finding& finding) {
  out << wrapped_behind(label_of(finding.severity),
                        fmt::format("{}: {}", finding.what, finding.finding), 0);
  if (!finding.remedy.empty()) out << wrapped_behind("", "-> " + finding.remedy, 3);
}

}  // namespace

Severity worst(const Findings& findings) {
  Severity severity = Severity::kOk;
  for (const Finding& finding : findings) severity = std::max(severity, finding.severity);
  return severity;
}

Findings together(std::initializer_list<Findings> lists) {
  Findings all;
  for (const Findings& findings : lists) all.insert(all.end(), findings.begin(), findings.end());
  return all;
}

void print_lines(std::ostream& out, const Findings& findings) {
  for (const Finding& finding : findings) print_line(out, finding);
  const auto count = [&](Severity severity) { return count_text(findings, severity); };
  out << fmt::format("\n{}, {}, {}, {}\n", count(Severity::kFail), count(Severity::kWarn),
                     count(Severity::kNote), count(Severity::kOk));
}

void print_json(std::ostream& out, const Findings& findings) {
  Json json = {{"worst", severity_name(worst(findings))}, {"findings", Json::array()}};
  for (const Finding& finding : findings) {
    json["findings"].push_back(
        {{"severity", severity_name(finding.severity)},
         {"what", finding.what},
         {"finding", finding.finding},
         {"remedy", finding.remedy.empty() ? Json() : Json(finding.remedy)}});
  }
  // A path that is no UTF-8 must not keep the rest from being shown.
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace dplaunch::doctor
