#include "common/safetensors_header.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

using HeaderJson = nlohmann::json;
using Entry = SafetensorsHeader::Entry;

constexpr char kMetadataKey[] = "__metadata__";

/// Throws errors of one file.
class Complaint {
 public:
  explicit Complaint(std::string file_name) : file_name_(std::move(file_name)) {}

  [[noreturn]] void header(const std::string& what) const {
    throw Error(ExitCode::kStorage, fmt::format("{}: damaged header: {}", file_name_, what));
  }
  [[noreturn]] void tensor(const std::string& name, const std::string& what) const {
    throw Error(ExitCode::kStorage, fmt::format("{}: tensor \"{}\": {}", file_name_, name, what));
  }

 private:
  std::string file_name_;
};

/// Refuses what the JSON library lets pass: a name given twice (it keeps the last one), nesting
/// deeper than the format has, and so many tensors that it would not come to an end: after each it
/// looks through all before.
class StrictParser {
 public:
  explicit StrictParser(const Complaint& complaint) : complaint_(complaint) {}

  HeaderJson parse(std::string_view text) {
    try {
      return HeaderJson::parse(
          text, [this](int depth, HeaderJson::parse_event_t event, HeaderJson& value) {
            check(depth, event, value);
            return true;
          });
    } catch (const HeaderJson::exception& error) {
      complaint_.header(error.what());
    }
  }

 private:
  static constexpr int kMaxDepth = 3;
  static constexpr std::size_t kMaxNames = 10'000;  // of one object

  void check(int depth, HeaderJson::parse_event_t event, const HeaderJson& value) {
    using Event = HeaderJson::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kMaxDepth) complaint_.header("nested too deeply");
      if (event == Event::object_start) names_.emplace_back();
    } else if (event == Event::object_end) {
      names_.pop_back();
    } else if (event == Event::key) {
      const auto& name = value.get_ref<const std::string&>();
      if (!names_.back().insert(name).second)
        complaint_.header(fmt::format("\"{}\" appears twice", name));
      if (names_.back().size() > kMaxNames) {
        complaint_.header(fmt::format("more than {} names in one object", kMaxNames));
      }
    }
  }

  const Complaint& complaint_;
  std::vector<std::set<std::string>> names_;  ///< of each object that is open
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> extents;
  for (const std::int64_t extent : shape) extents.push_back(std::to_string(extent));
  return fmt::format("[{}]", joined(extents));
}

void check_size(const Entry& entry, const Complaint& complaint) {
  std::size_t expected = safetensors_element_bytes(entry.dtype);
  if (expected == 0) complaint.tensor(entry.name, fmt::format("unknown type \"{}\"", entry.dtype));
  for (const std::int64_t extent : entry.shape) {
    if (extent < 0 ||
        __builtin_mul_overflow(expected, static_cast<std::size_t>(extent), &expected)) {
      complaint.tensor(entry.name, "impossible shape " + shape_text(entry.shape));
    }
  }
  if (entry.end - entry.begin == expected) return;
  complaint.tensor(entry.name, fmt::format("shape {} of {} needs {} bytes, but it has {}",
                                           shape_text(entry.shape), entry.dtype, expected,
                                           entry.end - entry.begin));
}

std::string range_text(const Entry& entry) {
  return fmt::format("bytes {}..{}", entry.begin, entry.end);
}

void check_range(const Entry& entry, std::size_t data_bytes, const Complaint& complaint) {
  if (entry.begin > entry.end) complaint.tensor(entry.name, range_text(entry) + " are reversed");
  if (entry.end <= data_bytes) return;
  complaint.tensor(entry.name, fmt::format("{} reach beyond the {} bytes of data in the file",
                                           range_text(entry), data_bytes));
}

/// `entries` are sorted by their offsets.
void check_cover(const std::vector<Entry>& entries, std::size_t data_bytes,
                 const Complaint& complaint) {
  std::size_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) {
      complaint.tensor(
          entry.name,
          fmt::format("{} {} the tensor before, which ends at {}", range_text(entry),
                      entry.begin < covered ? "overlap" : "leave a hole after", covered));
    }
    covered = entry.end;
  }
  if (covered == data_bytes) return;
  complaint.header(
      fmt::format("the tensors end at byte {} of {} bytes of data", covered, data_bytes));
}

const HeaderJson& member(const HeaderJson& object, const char* key, const std::string& name,
                         const Complaint& complaint) {
  const auto found = object.find(key);
  if (found == object.end()) complaint.tensor(name, fmt::format("has no {}", key));
  return *found;
}

std::uint64_t whole_number(const HeaderJson& value, const char* key, const std::string& name,
                           const Complaint& complaint) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= kMax) {
    return value.get<std::uint64_t>();
  }
  complaint.tensor(name, fmt::format("{} holds {}, which is no size", key, value.dump()));
}

Entry parse_entry(const std::string& name, const HeaderJson& object, const Complaint& complaint) {
  if (!object.is_object()) complaint.tensor(name, "is not described by an object");
  Entry entry;
  entry.name = name;
  const HeaderJson& dtype = member(object, "dtype", name, complaint);
  const HeaderJson& shape = member(object, "shape", name, complaint);
  const HeaderJson& offsets = member(object, "data_offsets", name, complaint);
  if (!dtype.is_string()) complaint.tensor(name, "dtype is no text");
  if (!shape.is_array()) complaint.tensor(name, "shape is no list");
  if (!offsets.is_array() || offsets.size() != 2) {
    complaint.tensor(name, "data_offsets are not two numbers");
  }
  entry.dtype = dtype.get<std::string>();
  for (const HeaderJson& extent : shape) {
    entry.shape.push_back(
        static_cast<std::int64_t>(whole_number(extent, "shape", name, complaint)));
  }
  entry.begin = whole_number(offsets[0], "data_offsets", name, complaint);
  entry.end = whole_number(offsets[1], "data_offsets", name, complaint);
  return entry;
}

SafetensorsMetadata parse_metadata(const HeaderJson& object, const Complaint& complaint) {
  if (!object.is_object()) complaint.header("__metadata__ is no object");
  SafetensorsMetadata metadata;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) complaint.header(fmt::format("__metadata__: \"{}\" is no text", key));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

}  // namespace

std::size_t safetensors_element_bytes(std::string_view dtype) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 16> kTypes = {{
      {"BOOL", 1},
      {"U8", 1},
      {"I8", 1},
      {"F8_E5M2", 1},
      {"F8_E4M3", 1},
      {"I16", 2},
      {"U16", 2},
      {"F16", 2},
      {"BF16", 2},
      {"I32", 4},
      {"U32", 4},
      {"F32", 4},
      {"I64", 8},
      {"U64", 8},
      {"F64", 8},
      {"C64", 8},
  }};
  const auto* const found =
      std::ranges::find(kTypes, dtype, &std::pair<std::string_view, std::size_t>::first);
  return found == kTypes.end() ? 0 : found->second;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, std::size_t data_bytes,
                                           const std::string& file_name) {
  const Complaint complaint(file_name);
  if (json.empty() || json.front() != '{') complaint.header("it does not begin with {");
  const HeaderJson root = StrictParser(complaint).parse(json);
  SafetensorsHeader header;
  for (const auto& [name, value] : root.items()) {
    if (name == kMetadataKey) {
      header.metadata = parse_metadata(value, complaint);
      continue;
    }
    header.entries.push_back(parse_entry(name, value, complaint));
    check_range(header.entries.back(), data_bytes, complaint);
    check_size(header.entries.back(), complaint);
  }
  std::ranges::sort(header.entries, {},
                    [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  check_cover(header.entries, data_bytes, complaint);
  return header;
}

std::string format_safetensors_header(const SafetensorsHeader& header,
                                      const std::string& file_name) {
  const Complaint complaint(file_name);
  // Ordered: the tensors stand in the order of the data, as the reference writes them.
  nlohmann::ordered_json root = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) root[kMetadataKey] = header.metadata;
  std::set<std::string_view> names = {kMetadataKey};
  for (const Entry& entry : header.entries) {
    if (!names.insert(entry.name).second) {
      complaint.tensor(entry.name, "the name is taken already");
    }
    check_size(entry, complaint);
    root[entry.name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text;
  try {
    text = root.dump();
  } catch (const HeaderJson::exception& error) {
    throw Error(ExitCode::kStorage,
                fmt::format("{}: the header cannot be written: {}", file_name, error.what()));
  }
  // The data behind it begins at a multiple of 8 bytes, so that it can be mapped as it is.
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace dplaunch
