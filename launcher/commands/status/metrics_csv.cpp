#include "launcher/commands/status/metrics_csv.h"

#include <set>
#include <vector>

#include "base/error.h"
#include "base/files/json_fields.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "launcher/runs/metrics_file.h"

namespace dplaunch {
namespace {

/// Epochs differ: not each one is evaluated, and a resumed run may be another version's.
std::vector<std::string> all_figures(const std::vector<Json>& epochs,
                                     const std::filesystem::path& metrics) {
  constexpr std::size_t kMaxFigures = 1000;  // each of them is a field of each line
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Json& epoch : epochs) {
    for (const auto& [name, value] : epoch.items()) {
      if (seen.insert(name).second) names.push_back(name);
    }
    if (names.size() > kMaxFigures) {
      throw Error(ExitCode::kFailure, metrics.string() + ": holds figures of more than " +
                                          std::to_string(kMaxFigures) + " names");
    }
  }
  return names;
}

/// Quoted where RFC 4180 wants it, a quote doubled; also fit for a terminal, where it may end.
std::string field(const std::string& raw) {
  const std::string text = printable(raw);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string field(const Json& value) {
  if (value.is_null()) return {};
  return field(value.is_string() ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string metrics_csv(const std::filesystem::path& metrics) {
  const std::vector<Json> epochs = read_epochs(metrics).epochs;
  if (epochs.empty()) {
    throw Error(ExitCode::kFailure, metrics.string() + ": holds no epoch's figures",
                "it gets a line at the end of each epoch");
  }
  const std::vector<std::string> names = all_figures(epochs, metrics);
  std::vector<std::string> fields;
  for (const std::string& name : names) fields.push_back(field(name));
  std::string csv = joined(fields, ",") + "\n";
  for (const Json& epoch : epochs) {
    fields.clear();
    for (const std::string& name : names) fields.push_back(field(member_in(epoch, name.c_str())));
    csv += joined(fields, ",") + "\n";
  }
  return csv;
}

}  // namespace dplaunch
