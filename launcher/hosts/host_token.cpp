#include "launcher/hosts/host_token.h"

#include <fmt/core.h>
#include <sodium.h>
#include <sys/stat.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/files/read_file.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMostTokenBytes = 4096;

std::string hex_of(const unsigned char* bytes, std::size_t count) {
  std::vector<char> digits(2 * count + 1);
  return sodium_bin2hex(digits.data(), digits.size(), bytes, count);
}

Error unusable(const std::filesystem::path& file, const std::string& problem,
               const std::string& hint) {
  return Error(ExitCode::kUsage, fmt::format("--token-file {}: {}", file.string(), problem), hint);
}

}  // namespace

std::string read_token(const std::filesystem::path& file) {
  const std::string how = "for example: (umask 077; openssl rand -hex 32 > FILE), then copy it";
  const std::optional<std::string> text = read_file(file, kMostTokenBytes);
  if (!text) throw unusable(file, "there is no such file", how);
  struct stat facts {};
  if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw unusable(file, "others may read it",
                   fmt::format("make it yours alone: chmod 600 {}", file.string()));
  }
  const std::string token = text->substr(0, text->find_first_of("\r\n"));
  if (token.empty()) throw unusable(file, "its first line is empty", how);
  return token;
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  randombytes_buf(random.data(), random.size());
  return hex_of(random.data(), random.size());
}

std::string proof(const std::string& token, const std::string& words) {
  unsigned char code[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_state state;
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  crypto_auth_hmacsha256_init(&state, bytes(token), token.size());
  crypto_auth_hmacsha256_update(&state, bytes(words), words.size());
  crypto_auth_hmacsha256_final(&state, code);
  return hex_of(code, sizeof code);
}

bool is_same_proof(const std::string& one, const std::string& other) {
  return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace dplaunch
