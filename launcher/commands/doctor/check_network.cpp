#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text/printable.h"
#include "launcher/commands/doctor/checks.h"

namespace dplaunch::doctor {
namespace {

constexpr std::int64_t kSlowMs = 1000;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + printable(word);
  return text;
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

std::vector<std::string> foreign_addresses(const NetworkFacts& facts) {
  std::vector<std::string> foreign;
  for (const std::string& address : facts.addresses) {
    const auto& own = facts.own_addresses;
    const bool is_own =
        is_loopback(address) || std::find(own.begin(), own.end(), address) != own.end();
    if (!is_own) foreign.push_back(address);
  }
  return foreign;
}

Findings judge_addresses(const NetworkFacts& facts, const std::string& name) {
  const std::string what = "host name";
  if (const auto foreign = foreign_addresses(facts); !foreign.empty()) {
    return {{Severity::kWarn, what,
             name + " resolves to " + joined(foreign) +
                 ", which is no address of this machine: jobs over several hosts fail",
             "correct the name in /etc/hosts or DNS; or give --master-addr an address out of " +
                 joined(facts.own_addresses)}};
  }
  if (std::all_of(facts.addresses.begin(), facts.addresses.end(), is_loopback)) {
    return {{Severity::kOk, what,
             name + " resolves to " + joined(facts.addresses) +
                 ", which only this machine reaches: for several hosts give --master-addr an "
                 "address"}};
  }
  return {{Severity::kOk, what, name + " resolves to " + joined(facts.addresses)}};
}

}  // namespace

Findings check_host_name(const NetworkFacts& facts) {
  const std::string what = "host name";
  const std::string name = printable(facts.host_name);
  Findings findings;
  if (!facts.resolve_problem.empty()) {
    findings.push_back({Severity::kWarn, what,
                        name + " does not resolve: " + printable(facts.resolve_problem) +
                            "; scripts over Gloo, and jobs over several hosts, need it",
                        "add a line to /etc/hosts: 127.0.1.1 " + name +
                            " (its real address for jobs over several hosts)"});
  } else {
    findings = judge_addresses(facts, name);
  }
  if (facts.resolve_ms > kSlowMs) {
    findings.push_back({Severity::kWarn, what,
                        "looking " + name + " up took " + std::to_string(facts.resolve_ms) +
                            " ms: every process that asks waits as long",
                        "write the name into /etc/hosts, and look at the servers in "
                        "/etc/resolv.conf"});
  }
  return findings;
}

Findings check_ports(const NetworkFacts& facts) {
  const std::string what = "loopback";
  if (!facts.loopback_problem.empty()) {
    return {{Severity::kFail, what,
             "no TCP connection over 127.0.0.1: " + printable(facts.loopback_problem),
             "as root: ip link set lo up; and let a firewall or sandbox allow 127.0.0.1"}};
  }
  Findings findings{{Severity::kOk, what, "TCP over 127.0.0.1 works"}};
  if (!facts.is_usual_port_free) {
    findings.push_back({Severity::kNote, "port 29500",
                        "in use; one host needs no fixed port, but for --nnodes it is the default",
                        "over several hosts give another: --master-port PORT"});
  }
  return findings;
}

}  // namespace dplaunch::doctor
