#include "launcher/hosts/host_facts.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "base/error.h"
#include "base/files/unique_fd.h"
#include "base/text/printable.h"
#include "launcher/hosts/host_message.h"

namespace dplaunch {
namespace {

constexpr std::size_t kDigestBytes = 16;

std::string words_of(const std::vector<HostFacts>& hosts, std::size_t index) {
  return host_words(static_cast<int>(index), hosts[index].name, hosts[index].own_address);
}

/// "(not there)": an older dplaunch may have another set of keys.
std::string value_of(const HostFacts& facts, const std::string& key) {
  const auto found = std::find_if(facts.agreed.begin(), facts.agreed.end(),
                                  [&](const auto& pair) { return pair.first == key; });
  return found != facts.agreed.end() ? found->second : "(not there)";
}

std::string finished(crypto_generichash_state& state) {
  unsigned char digest[kDigestBytes];
  crypto_generichash_final(&state, digest, sizeof digest);
  char digits[2 * sizeof digest + 1];
  return sodium_bin2hex(digits, sizeof digits, digest, sizeof digest);
}

std::string digest_of_text(const std::string& text) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, kDigestBytes);
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                            text.size());
  return finished(state);
}

std::string shown(const std::string& value) {
  return value.empty() ? "\"\"" : value;
}

}  // namespace

Json agreed_json(const Agreed& agreed) {
  Json json = Json::object();
  for (const auto& [key, value] : agreed) json[key] = value;
  return json;
}

Agreed agreed_from(const Json& json) {
  Agreed agreed;
  for (const auto& [key, value] : json.items()) {
    if (value.is_string()) agreed.emplace_back(printable(key), printable(value.get<std::string>()));
  }
  return agreed;
}

bool have_agreed(const std::vector<HostFacts>& hosts) {
  return std::all_of(hosts.begin(), hosts.end(), [&](const HostFacts& host) {
    return host.agreed_digest == hosts.front().agreed_digest;
  });
}

Json to_json(const HostFacts& facts) {
  return {{"name", facts.name},
          {"own_address", facts.own_address},
          {"hub_address", facts.hub_address},
          {"processes", facts.processes},
          {"agreed",
           digest_of_text(
               agreed_json(facts.agreed).dump(-1, ' ', false, Json::error_handler_t::replace))},
          {"data_digest", facts.data_digest},
          {"run_id", facts.run_id}};
}

HostFacts host_facts_from(const Json& json) {
  HostFacts facts;
  facts.name = printable(string_in(json, "name"));
  facts.own_address = printable(string_in(json, "own_address"));
  facts.hub_address = printable(string_in(json, "hub_address"));
  facts.processes =
      static_cast<int>(std::clamp<std::int64_t>(integer_in(json, "processes", 1), 1, 4096));
  facts.agreed_digest = printable(string_in(json, "agreed"));
  facts.data_digest = printable(string_in(json, "data_digest"));
  facts.run_id = printable(string_in(json, "run_id"));
  return facts;
}

void check_agreement(const std::vector<HostFacts>& hosts) {
  for (std::size_t i = 1; i < hosts.size(); ++i) {
    for (const auto& [key, expected] : hosts.front().agreed) {
      const std::string value = value_of(hosts[i], key);
      if (value == expected) continue;
      throw Error(ExitCode::kUsage,
                  fmt::format("the hosts differ in {}: {} on {}, {} on {}", key, shown(expected),
                              words_of(hosts, 0), shown(value), words_of(hosts, i)),
                  "give all hosts the same configuration, options and dplaunch");
    }
  }
  for (std::size_t i = 1; i < hosts.size(); ++i) {
    if (hosts[i].data_digest == hosts.front().data_digest) continue;
    throw Error(ExitCode::kData,
                fmt::format("the hosts have different training data: digest {} on {}, {} on {}",
                            shown(hosts.front().data_digest), words_of(hosts, 0),
                            shown(hosts[i].data_digest), words_of(hosts, i)),
                "copy the data set of one host to the others");
  }
}

std::string digest_of_files(const std::vector<std::string>& files) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, kDigestBytes);
  std::vector<unsigned char> buffer(1 << 20);
  for (const std::string& file : files) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw system_error(ExitCode::kData, file + ": cannot read the data set", errno);
    for (ssize_t bytes; (bytes = ::read(fd.get(), buffer.data(), buffer.size())) != 0;) {
      if (bytes < 0 && errno == EINTR) continue;
      if (bytes < 0)
        throw system_error(ExitCode::kData, file + ": cannot read the data set", errno);
      crypto_generichash_update(&state, buffer.data(), static_cast<unsigned long long>(bytes));
    }
  }
  return finished(state);
}

}  // namespace dplaunch
