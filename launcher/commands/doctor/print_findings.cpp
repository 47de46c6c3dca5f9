#include "launcher/commands/doctor/print_findings.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/text/wrap_text.h"

namespace dplaunch::doctor {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kColumns = 80;
constexpr std::size_t kLabelColumns = 6;

std::string label(Severity severity) {
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
  return "FAIL";
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::size_t count(const Findings& findings, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.severity == severity; }));
}

void print_line(std::ostream& out, const Finding& finding) {
  std::string text =
      wrapped(std::string(kLabelColumns, ' ') + finding.what + ": " + finding.finding, kColumns, 0);
  const std::string name = label(finding.severity);
  text.replace(0, name.size(), name);
  out << text;
  if (finding.remedy.empty()) return;
  out << wrapped(std::string(kLabelColumns, ' ') + "-> " + finding.remedy, kColumns, 3);
}

}  // namespace

void print_lines(std::ostream& out, const Findings& findings) {
  for (const Finding& finding : findings) print_line(out, finding);
  out << "\n"
      << count(findings, Severity::kFail) << " FAIL, " << count(findings, Severity::kWarn)
      << " warn, " << count(findings, Severity::kNote) << " note, "
      << count(findings, Severity::kOk) << " ok\n";
}

void print_json(std::ostream& out, const Findings& findings) {
  Json json = {{"worst", lower(label(worst(findings)))}, {"findings", Json::array()}};
  for (const Finding& finding : findings) {
    json["findings"].push_back(
        {{"severity", lower(label(finding.severity))},
         {"what", finding.what},
         {"finding", finding.finding},
         {"remedy", finding.remedy.empty() ? Json() : Json(finding.remedy)}});
  }
  // A path that is no UTF-8 must not keep the rest from being shown.
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace dplaunch::doctor
