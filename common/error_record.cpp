#include "common/error_record.h"

#include <ctime>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/files/read_file.h"

namespace dplaunch {
namespace {

/// 1 where there is none that a failing process can have had.
int exit_code_in(const Json& body) {
  const Json code = body.value("errorCode", Json(1));
  if (!code.is_number()) throw Json::type_error::create(302, "errorCode is no number", &code);
  // 0 would make a success of a failure, and a process ends with one byte.
  const bool is_possible = code.is_number_integer() && code >= 1 && code <= 255;
  return is_possible ? code.get<int>() : 1;
}

/// 0 where it is no whole number of 64 bits; to convert such a number would be undefined behaviour.
std::int64_t monotonic_ns_in(const Json& body) {
  const Json ns = body.value("monotonicNs", Json(0));
  if (!ns.is_number()) throw Json::type_error::create(302, "monotonicNs is no number", &ns);
  return ns.is_number_integer() ? ns.get<std::int64_t>() : 0;
}

/// Any program may have put anything there; empty for what is no record.
std::string text_of(const std::filesystem::path& path) {
  constexpr std::size_t kMaxBytes = 16 << 20;  // with the traceback of a deep recursion
  try {
    return read_file(path, kMaxBytes).value_or("");
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

void write_error_record(const std::filesystem::path& path, const ErrorRecord& record) {
  // torchrun reads no record without the timestamp, and shows the message only if there is no
  // traceback.
  Json extra = {{"hint", record.hint}, {"timestamp", std::to_string(std::time(nullptr))}};
  if (!record.traceback.empty()) extra["py_callstack"] = record.traceback;
  const Json document = {{"message",
                          {{"message", record.message},
                           {"extraInfo", extra},
                           {"errorCode", record.exit_code},
                           {"monotonicNs", record.monotonic_ns},
                           {"isConsequence", record.is_consequence}}}};
  write_file_atomically(path, document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<ErrorRecord> read_error_record(const std::filesystem::path& path) {
  const Json document = parse_json(text_of(path));
  // torchrun reads either form too: an object, or the message alone.
  const Json& body = member_in(document, "message");
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
    const Json extra = body.value("extraInfo", Json::object());
    record.traceback = extra.value("py_callstack", "");
    record.hint = extra.value("hint", "");
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return record;
}

}  // namespace dplaunch
