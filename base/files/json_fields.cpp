#include "base/files/json_fields.h"

#include <array>

#include "base/error.h"
#include "base/files/read_file.h"

namespace dplaunch {
namespace {

/// Where the value stands; nullptr without one.
const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// The bytes of the string that the text begins with, quotes included.
std::size_t string_bytes(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// Looks at brackets and colons alone: whether it is JSON, the parser finds out.
bool is_within_bounds(std::string_view text) {
  std::array<std::size_t, kMaxJsonDepth> members{};  // of each object that is open
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i += string_bytes(text.substr(i)) - 1;
    } else if (c == '{' || c == '[') {
      if (depth == kMaxJsonDepth) return false;
      members[depth++] = 0;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    } else if (c == ':' && depth > 0) {
      if (++members[depth - 1] > kMaxJsonMembers) return false;
    }
  }
  return true;
}

}  // namespace

Json parse_json(std::string_view text) {
  if (!is_within_bounds(text)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::optional<Json> read_json_object(const std::filesystem::path& path) {
  const std::optional<std::string> text = read_file(path, kMaxRecordBytes);
  if (!text) return {};
  // Half a file (a full disk, an editor) gives the error below rather than the parser's exception.
  Json object = parse_json(*text);
  if (object.is_object()) return object;
  throw Error(ExitCode::kStorage, path.string() + ": is not a JSON object",
              "was it edited? dplaunch writes it anew at the next --resume");
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

std::string string_in(const Json& object, const char* key, const std::string& otherwise) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : otherwise;
}

std::int64_t integer_in(const Json& object, const char* key, std::int64_t otherwise) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : otherwise;
}

double number_in(const Json& object, const char* key, double otherwise) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_number() ? value->get<double>() : otherwise;
}

const Json& member_in(const Json& object, const char* key) {
  static const Json none;  // there must be something to refer to
  const Json* value = find(object, key);
  return value == nullptr ? none : *value;
}

}  // namespace dplaunch
