#include "launcher/hosts/host_message.h"

#include <fmt/core.h>

#include "base/text/printable.h"

namespace dplaunch {

Json refused_message(const Error& error) {
  return {{"type", say::kRefused},
          {"code", to_int(error.code())},
          {"message", error.what()},
          {"hint", error.hint()}};
}

Error refusal_in(const Json& message, const std::string& who) {
  const auto code = integer_in(message, "code", to_int(ExitCode::kFailure));
  const bool is_code = code > 0 && code < 256;
  const std::string words = printable(string_in(message, "message", "no reason"));
  return Error(is_code ? static_cast<ExitCode>(code) : ExitCode::kFailure,
               who.empty() ? words : fmt::format("{}: {}", who, words),
               printable(string_in(message, "hint")));
}

std::string words_to_prove(Side side, const std::string& challenge, const std::string& nonce) {
  return fmt::format("dplaunch {} {} {}", side == Side::kHub ? "hub" : "member", challenge, nonce);
}

std::string host_words(int index, const std::string& name, const std::string& address) {
  return fmt::format("host {} ({}, {})", index, printable(name), address);
}

}  // namespace dplaunch
