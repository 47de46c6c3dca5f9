#include "launcher/devices/device_string.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/shell_word.h"
#include "launcher/devices/meant_devices.h"

namespace dplaunch {
namespace {

constexpr int kMaxGpuIndex = 1023;
constexpr int kMaxProcesses = 1024;
constexpr char kAllowed[] =
    "allowed are auto, auto:2, all, 'all,!1', 0, 0,1, 0-3, GPU-<uuid>, MIG-<uuid>, cpu, cpu:4";

[[noreturn]] void fail(const std::string& text, const std::string& problem) {
  throw Error(ExitCode::kDevice, fmt::format("--device \"{}\": {}", text, problem), kAllowed);
}

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    parts.push_back(trimmed(text.substr(start, comma - start)));
    start = comma + 1;
  }
  return parts;
}

/// The value of a text of digits only; the largest int if it is larger.
std::optional<int> to_number(std::string_view digits) {
  const bool is_number = !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  if (!is_number) return std::nullopt;
  return parse_number<int>(digits).value_or(std::numeric_limits<int>::max());
}

bool is_uuid(std::string_view text) {
  if (!text.starts_with("GPU-") && !text.starts_with("MIG-")) return false;
  return text.size() > 4 && std::all_of(text.begin() + 4, text.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '/';  // "/" in the MIG names of older drivers
         });
}

std::string to_string(const DeviceName& name) {
  return name.uuid.empty() ? std::to_string(name.index) : name.uuid;
}

/// Reads the parts of one string into its request.
class Parser {
 public:
  explicit Parser(const std::string& text) { request_.text = text; }

  DeviceRequest parse() {
    const std::string_view whole = trimmed(request_.text);
    if (whole.empty()) fail(request_.text, "is empty");
    if (whole == "auto" || whole.starts_with("auto:")) return counted(DeviceForm::kAuto, whole);
    if (whole == "cpu" || whole.starts_with("cpu:")) return counted(DeviceForm::kCpu, whole);
    request_.form = DeviceForm::kList;
    for (const std::string_view part : split(whole)) read_part(part);
    if (request_.form == DeviceForm::kAll && !request_.included.empty()) {
      fail(request_.text, to_string(request_.included.front()) + " is in \"all\" already");
    }
    if (request_.form == DeviceForm::kList) take_away_numbers();
    return std::move(request_);
  }

 private:
  DeviceRequest counted(DeviceForm form, std::string_view whole) {
    request_.form = form;
    const std::size_t colon = whole.find(':');
    if (whole.find(',') != std::string_view::npos) {
      fail(request_.text, quoted(whole.substr(0, std::min(colon, whole.find(',')))) +
                              " cannot be combined with other devices");
    }
    if (colon == std::string_view::npos) return std::move(request_);
    const std::string_view digits = whole.substr(colon + 1);
    const auto count = to_number(digits);
    if (!count) fail(request_.text, quoted(digits) + " is not a number of processes");
    if (*count < 1 || *count > kMaxProcesses) {
      fail(request_.text, fmt::format("the number of processes must be from 1 to {}, not {}",
                                      kMaxProcesses, digits));
    }
    request_.count = *count;
    return std::move(request_);
  }

  void read_part(std::string_view part) {
    const bool is_exclusion = part.starts_with('!');
    const std::string_view body = is_exclusion ? trimmed(part.substr(1)) : part;
    if (body.empty()) fail(request_.text, "has an empty part");
    if (body == "all" && !is_exclusion) {
      if (request_.form == DeviceForm::kAll) fail(request_.text, "\"all\" is given twice");
      request_.form = DeviceForm::kAll;
      return;
    }
    for (const DeviceName& name : names(body)) {
      auto& list = is_exclusion ? request_.excluded : request_.included;
      if (std::find(list.begin(), list.end(), name) != list.end()) {
        fail(request_.text, to_string(name) + " is given twice");
      }
      list.push_back(name);
    }
  }

  std::vector<DeviceName> names(std::string_view body) const {
    if (is_uuid(body)) return {{-1, std::string(body)}};
    if (const auto single = to_number(body)) return {{checked(*single), {}}};
    if (body.starts_with('-') && to_number(body.substr(1))) {
      fail(request_.text, quoted(body) + " is negative; GPUs are counted from 0");
    }
    const std::size_t dash = body.find('-');
    if (dash != std::string_view::npos) {
      const auto first = to_number(body.substr(0, dash));
      const auto last = to_number(body.substr(dash + 1));
      if (first && last) return range(checked(*first), checked(*last), body);
    }
    if (body.starts_with("cuda") || body.starts_with("gpu")) {
      fail(request_.text, quoted(body) + " is not a device; a GPU is named by its number alone");
    }
    if (body.starts_with("cpu") || body.starts_with("auto")) {
      fail(request_.text, quoted(body) + " cannot be combined with other devices");
    }
    fail(request_.text, quoted(body) + " is not a device");
  }

  std::vector<DeviceName> range(int first, int last, std::string_view body) const {
    if (first > last) fail(request_.text, "the range " + quoted(body) + " runs backwards");
    std::vector<DeviceName> names;
    for (int index = first; index <= last; ++index) names.push_back({index, {}});
    return names;
  }

  int checked(int index) const {
    if (index > kMaxGpuIndex) {
      fail(request_.text, fmt::format("the number of a GPU is at most {}", kMaxGpuIndex));
    }
    return index;
  }

  /// Numbers can be taken away from numbers here; a UUID must wait for the machine.
  void take_away_numbers() {
    if (request_.included.empty())
      fail(request_.text, "says only what to leave out; from \"all\"?");
    auto& included = request_.included;
    const bool has_uuid = std::any_of(included.begin(), included.end(),
                                      [](const DeviceName& name) { return name.index < 0; });
    for (auto name = request_.excluded.begin(); name != request_.excluded.end();) {
      const auto found = std::find(included.begin(), included.end(), *name);
      if (found != included.end()) {
        included.erase(found);
        name = request_.excluded.erase(name);
      } else if (name->index >= 0 && !has_uuid) {
        fail(request_.text, "leaves out " + to_string(*name) + ", which it does not name");
      } else {
        ++name;
      }
    }
    if (included.empty()) fail(request_.text, "leaves nothing over");
  }

  DeviceRequest request_;
};

bool is_device_string(const std::string& text) {
  try {
    Parser(text).parse();
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace

DeviceRequest parse_device_string(const std::string& text) {
  try {
    return Parser(text).parse();
  } catch (const Error& error) {
    const std::string meant = meant_devices(text);
    if (meant == text || !is_device_string(meant)) throw;
    throw Error(error.code(), error.what(),
                fmt::format("did you mean --device {}? {}", shell_word(meant), kAllowed));
  }
}

}  // namespace dplaunch
