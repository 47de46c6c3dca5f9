#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace dplaunch {

using Json = nlohmann::ordered_json;

/// The object in a file; nullopt if there is no such file. Throws Error(kStorage) for a file that
/// cannot be read or holds something else.
std::optional<Json> read_json_object(const std::filesystem::path& path);

/// A member of an object, or the other value where it is absent or of another type.
std::string string_in(const Json& object, const char* key, const std::string& otherwise = "");
std::int64_t integer_in(const Json& object, const char* key, std::int64_t otherwise = 0);
double number_in(const Json& object, const char* key, double otherwise = 0);
/// An object or array; null where it is absent.
const Json& member_in(const Json& object, const char* key);

}  // namespace dplaunch
