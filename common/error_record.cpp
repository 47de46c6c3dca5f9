#include "common/error_record.h"

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"

namespace dplaunch {

using nlohmann::json;
namespace {

/// 1 where there is none that a failing process can have had.
int exit_code_in(const json& body) {
  const json code = body.value("errorCode", json(1));
  if (!code.is_number()) throw json::type_error::create(302, "errorCode is no number", &code);
  // 0 would make a success of a failure, and a process ends with one byte.
  const bool is_possible = code.is_number_integer() && code >= 1 && code <= 255;
  return is_possible ? code.get<int>() : 1;
}

/// 0 where it is no whole number of 64 bits; to convert such a number would be undefined behaviour.
std::int64_t monotonic_ns_in(const json& body) {
  const json ns = body.value("monotonicNs", json(0));
  if (!ns.is_number()) throw json::type_error::create(302, "monotonicNs is no number", &ns);
  return ns.is_number_integer() ? ns.get<std::int64_t>() : 0;
}

}  // namespace

void write_error_record(const std::filesystem::path& path, const ErrorRecord& record) {
  // torchrun reads no record without the timestamp, and shows the message only if there is no
  // traceback.
  json extra = {{"hint", record.hint}, {"timestamp", std::to_string(std::time(nullptr))}};
  if (!record.traceback.empty()) extra["py_callstack"] = record.traceback;
  const json document = {{"message",
                          {{"message", record.message},
                           {"extraInfo", extra},
                           {"errorCode", record.exit_code},
                           {"monotonicNs", record.monotonic_ns},
                           {"isConsequence", record.is_consequence}}}};
  write_file_atomically(path, document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

std::optional<ErrorRecord> read_error_record(const std::filesystem::path& path) {
  // The path is the worker's environment's, so that a user's program can put anything there: a FIFO
  // would make the launcher hang.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  std::ifstream stream(path);
  if (!stream) return std::nullopt;
  const json document = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("message")) return std::nullopt;
  // torchrun reads either form too: an object, or the message alone.
  const json& body = document["message"];
  ErrorRecord record;
  if (body.is_string()) {
    record.message = body.get<std::string>();
    return record;
  }
  if (!body.is_object()) return std::nullopt;
  // value() throws for a member of another type: such a record is damaged as a whole, unlike a file
  // that lacks members, which is an older writer's.
  try {
    record.message = body.value("message", "");
    record.exit_code = exit_code_in(body);
    record.monotonic_ns = monotonic_ns_in(body);
    record.is_consequence = body.value("isConsequence", false);
    const json extra = body.value("extraInfo", json::object());
    record.traceback = extra.value("py_callstack", "");
    record.hint = extra.value("hint", "");
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return record;
}

}  // namespace dplaunch
