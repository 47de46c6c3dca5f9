#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace dplaunch {

using Json = nlohmann::ordered_json;

/// The value that a text is: what every reader of JSON of others calls. Discarded (is_discarded(),
/// and none of any type) for a text that is no JSON, or that is none of ours: nested deeper than
/// kMaxJsonDepth, which would end the program where a value is copied or shown, or an object with
/// more than kMaxJsonMembers, which would take time without end.
Json parse_json(std::string_view text);
inline constexpr std::size_t kMaxJsonDepth = 64;
inline constexpr std::size_t kMaxJsonMembers = 1000;

/// Of a record that dplaunch wrote: far more than any has.
inline constexpr std::size_t kMaxRecordBytes = 64 << 20;

/// The object in a file; nullopt if there is no such file. Throws Error(kStorage) for a file that
/// cannot be read or holds something else.
std::optional<Json> read_json_object(const std::filesystem::path& path);

/// null for a text that says nothing.
Json text_or_null(const std::string& text);

/// A member of an object, or the other value where it is absent or of another type.
std::string string_in(const Json& object, const char* key, const std::string& otherwise = "");
std::int64_t integer_in(const Json& object, const char* key, std::int64_t otherwise = 0);
double number_in(const Json& object, const char* key, double otherwise = 0);
/// An object or array; null where it is absent.
const Json& member_in(const Json& object, const char* key);

}  // namespace dplaunch
