#include "launcher/commands/job/meeting_place.h"

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"
#include "base/text/words.h"
#include "common/torchrun_values.h"
#include "launcher/command_line/option_values.h"
#include "launcher/commands/job/host_options.h"

namespace dplaunch {
namespace {

constexpr char kMasterAddr[] = "--master-addr";
constexpr char kMasterPort[] = "--master-port";
constexpr char kTimeout[] = "--rdzv-timeout";
constexpr char kBackend[] = "--rdzv-backend";
constexpr char kEndpoint[] = "--rdzv-endpoint";
constexpr char kId[] = "--rdzv-id";
constexpr char kConf[] = "--rdzv-conf";

Error refused_value(const char* option, const std::string& value, const std::string& problem,
                    const std::string& hint) {
  return Error(ExitCode::kUsage, fmt::format("{} \"{}\": {}", option, printable(value), problem),
               hint);
}

/// Two options may say the same.
template <typename Value>
void put(Told<Value> value, std::optional<Told<Value>>& place) {
  if (place && place->value != value.value) {
    throw Error(
        ExitCode::kUsage,
        fmt::format("{} says {}, and {} says {}", place->by, place->value, value.by, value.value),
        "both are for where the hosts meet: leave one of them out");
  }
  if (!place) place = std::move(value);
}

void take_own_options(const RawMeetingPlace& raw, const CLI::App& app, MeetingPlace& place) {
  // 0: any free one.
  if (raw.master_port != 0) put(Told<int>{raw.master_port, kMasterPort}, place.port);
  if (app.count(kMasterAddr) > 0) {
    // What is no host with a port is refused by check_master_addr(), which has better words.
    const HostEndpoint endpoint =
        parse_endpoint(raw.master_addr).value_or(HostEndpoint{raw.master_addr, {}});
    place.address = Told<std::string>{endpoint.host, kMasterAddr};
    if (endpoint.port) put(Told<int>{*endpoint.port, kMasterAddr}, place.port);
  }
  place.is_store_port = place.port.has_value();
}

void check_backend(const std::string& backend) {
  if (backend.empty() || meets_at_host_0(backend)) return;
  throw refused_value(
      kBackend, backend, "the hosts' launchers meet at host 0, and nowhere else",
      fmt::format("in its place, the same on every host: {} {} {} HOST0:PORT, or {} "
                  "HOST0",
                  kBackend, kC10d, kEndpoint, kMasterAddr));
}

void take_endpoint(const RawMeetingPlace& raw, MeetingPlace& place) {
  if (raw.rdzv_endpoint.empty()) return;
  const auto endpoint = parse_endpoint(raw.rdzv_endpoint);
  if (!endpoint) {
    throw refused_value(kEndpoint, raw.rdzv_endpoint, "not HOST or HOST:PORT",
                        "host 0, by the name or the address by which all of them reach it");
  }
  put(Told<std::string>{endpoint->host, kEndpoint}, place.address);
  if (endpoint->port && *endpoint->port != 0) {
    put(Told<int>{*endpoint->port, kEndpoint}, place.port);
  } else if (!place.port && raw.rdzv_backend == kC10d) {
    place.port = Told<int>{kUsualC10dPort, fmt::format("the usual one of {} {}", kBackend, kC10d)};
  }
}

/// static and c10d have a name each for how long hosts wait for each other.
bool is_timeout(const std::string& key) {
  return key == "timeout" || key == "join_timeout";
}

void take_conf(const std::string& conf, std::optional<Told<double>>& timeout_s,
               std::optional<Told<double>>& last_call_s, MeetingPlace& place) {
  if (conf.empty()) return;
  std::vector<std::string> passed_over;
  for (const std::string& pair : split(conf, ',')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
      throw refused_value(kConf, conf, "not KEY=VALUE,KEY=VALUE,...",
                          "for example join_timeout=600");
    }
    const std::string key = pair.substr(0, equals);
    const bool is_last_call = key == "last_call_timeout";
    if (!is_timeout(key) && !is_last_call) {
      passed_over.push_back(pair);
      continue;
    }
    const auto seconds = parse_number<int>(pair.substr(equals + 1));
    if (!seconds || *seconds < 0) {
      throw refused_value(kConf, conf, "a time that is no whole number of seconds",
                          "for example join_timeout=600");
    }
    put(Told<double>{static_cast<double>(*seconds), kConf}, is_last_call ? last_call_s : timeout_s);
  }
  if (passed_over.empty()) return;
  place.notes.push_back(
      fmt::format("{}: {} means nothing here", kConf, printable(joined(passed_over))));
}

}  // namespace

void add_meeting_options(CLI::App& app, RawMeetingPlace& raw) {
  takes(
      app.add_option(kMasterAddr, raw.master_addr, "host 0, as all of them reach it; or HOST:PORT"),
      "ADDR", offer::kHosts)
      ->group(kHostGroup);
  takes(app.add_option(kMasterPort, raw.master_port, "port there (one host: any free one)"), "PORT")
      ->check(number_range(0, 65535))
      ->group(kHostGroup);
  takes(app.add_option(kTimeout, raw.timeout_s, "for hosts that are not there yet (600)"),
        "SECONDS")
      ->check(seconds_range())
      ->group(kHostGroup);
  for (const auto& [name, value] :
       {std::pair{kBackend, &raw.rdzv_backend}, std::pair{kEndpoint, &raw.rdzv_endpoint},
        std::pair{kId, &raw.rdzv_id}, std::pair{kConf, &raw.rdzv_conf}}) {
    app.add_option(name, *value)->group(kHidden);
  }
}

MeetingPlace settle_meeting_place(const RawMeetingPlace& raw, bool is_alone, const CLI::App& app) {
  MeetingPlace place;
  take_own_options(raw, app, place);
  std::optional<Told<double>> timeout_s;
  std::optional<Told<double>> last_call_s;
  if (app.count(kTimeout) > 0) timeout_s = Told<double>{raw.timeout_s, kTimeout};
  if (!is_alone) {
    check_backend(raw.rdzv_backend);
    take_endpoint(raw, place);
    take_conf(raw.rdzv_conf, timeout_s, last_call_s, place);
    if (!raw.rdzv_id.empty() && raw.rdzv_id != kNoJobId) {
      place.job_id = Told<std::string>{printable(raw.rdzv_id), kId};
    }
  }
  place.timeout = from_seconds(timeout_s ? timeout_s->value : raw.timeout_s);
  place.last_call = last_call_s ? from_seconds(last_call_s->value) : place.timeout;
  return place;
}

}  // namespace dplaunch
