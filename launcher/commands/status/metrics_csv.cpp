#include "launcher/commands/status/metrics_csv.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/error.h"

namespace dplaunch {
namespace {

using OrderedJson = nlohmann::ordered_json;  // figures keep the file's order

/// A last line that is being written does not parse, and is left out.
std::vector<OrderedJson> read_epochs(const std::filesystem::path& metrics) {
  std::ifstream file(metrics);
  std::vector<OrderedJson> epochs;
  for (std::string line; std::getline(file, line);) {
    OrderedJson epoch = OrderedJson::parse(line, nullptr, /*allow_exceptions=*/false);
    if (epoch.is_object()) epochs.push_back(std::move(epoch));
  }
  return epochs;
}

std::vector<std::string> all_figures(const std::vector<OrderedJson>& epochs) {
  std::vector<std::string> names;
  for (const OrderedJson& epoch : epochs) {
    for (const auto& [name, value] : epoch.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string field(const OrderedJson& value) {
  if (value.is_null()) return {};
  return field(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

std::string metrics_csv(const std::filesystem::path& metrics) {
  const std::vector<OrderedJson> epochs = read_epochs(metrics);
  if (epochs.empty()) {
    throw Error(ExitCode::kFailure, metrics.string() + ": holds no epoch's figures",
                "it gets a line at the end of each epoch");
  }
  const std::vector<std::string> names = all_figures(epochs);
  std::string csv;
  for (std::size_t i = 0; i < names.size(); ++i) csv += (i == 0 ? "" : ",") + field(names[i]);
  csv += '\n';
  for (const OrderedJson& epoch : epochs) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) csv += ',';
      if (epoch.contains(names[i])) csv += field(epoch[names[i]]);
    }
    csv += '\n';
  }
  return csv;
}

}  // namespace dplaunch
