#include "base/files/json_fields.h"

#include <cerrno>
#include <fstream>

#include "base/error.h"

namespace dplaunch {
namespace {

/// Where the value stands; nullptr without one.
const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Json> read_json_object(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw system_error(ExitCode::kStorage, path.string() + ": cannot read", errno);
  }
  // Half a file (a full disk, an editor) gives the error below rather than the parser's exception.
  Json object = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (object.is_object()) return object;
  throw Error(ExitCode::kStorage, path.string() + ": is not a JSON object",
              "was it edited? dplaunch writes it anew at the next --resume");
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
