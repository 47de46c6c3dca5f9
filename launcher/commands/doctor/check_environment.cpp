#include "launcher/commands/doctor/check_environment.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "base/text/printable.h"
#include "base/text/terminal_text.h"
#include "base/text/words.h"
#include "common/engine_task.h"

namespace dplaunch::doctor {

// --- the probe -----------------------------------------------------------------------------------

EnvironmentFacts probe_environment() {
  EnvironmentFacts facts;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    facts.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return facts;
}

// --- the judgement -------------------------------------------------------------------------------

namespace {

constexpr char kWhat[] = "environment";

const std::string* find(const EnvironmentFacts& facts, const std::string& name) {
  const auto entry = facts.variables.find(name);
  return entry == facts.variables.end() ? nullptr : &entry->second;
}

std::string shown(const std::string& name, const std::string& value) {
  return fmt::format("{}={}", name, shortened(printable(value), 60));
}

std::string unset(const std::string& name) {
  return fmt::format("unset {}, unless you need it", name);
}

Findings check_mask(const EnvironmentFacts& facts) {
  const std::string& name = facts.mask_variable;
  const std::string* mask = find(facts, name);
  if (mask == nullptr) return {};
  if (mask->empty()) {
    return {
        {Severity::kWarn, kWhat, name + " is set, but empty: it hides every GPU", "unset " + name}};
  }
  if (facts.mask_note.empty()) return {};
  return {
      {facts.is_mask_wrong ? Severity::kWarn : Severity::kNote, kWhat, printable(facts.mask_note),
       "unset " + name + ", unless a batch system gave you these; --device counts in its list"}};
}

Findings check_threads(const EnvironmentFacts& facts) {
  const std::string name = "OMP_NUM_THREADS";
  const std::string* value = find(facts, name);
  if (value == nullptr) return {};
  const std::string text = shown(name, *value) + " replaces the fair share of the cores";
  // A list ("4,2") has the number of the outermost level first.
  const std::string outermost = value->substr(0, value->find_first_not_of("0123456789"));
  const std::int64_t threads = parse_number<std::int64_t>(outermost).value_or(0);
  if (threads > facts.usable_cores / std::max(1, facts.processes)) {
    return {{Severity::kWarn, kWhat,
             fmt::format("{}: {} x {} threads compete for {} cores", text, facts.processes,
                         printable(*value), facts.usable_cores),
             unset(name)}};
  }
  return {{Severity::kNote, kWhat, text, unset(name)}};
}

/// What makes every collective slow while it is set; "" means any value but 0.
Findings check_slow_settings(const EnvironmentFacts& facts) {
  struct Slow {
    const char* name;
    const char* value;
    const char* effect;
  };
  constexpr std::array kSlow = {
      Slow{"NCCL_P2P_DISABLE", "", "GPUs do not reach each other directly"},
      Slow{"NCCL_SHM_DISABLE", "", "processes of a host exchange data over the network"},
      Slow{"NCCL_IB_DISABLE", "", "InfiniBand is not used"},
      Slow{"CUDA_LAUNCH_BLOCKING", "", "every kernel is waited for"},
      Slow{"TORCH_DISTRIBUTED_DEBUG", "DETAIL", "every collective is checked on all ranks"},
  };
  Findings findings;
  for (const Slow& slow : kSlow) {
    const std::string* value = find(facts, slow.name);
    if (value == nullptr || *value == "0") continue;
    if (*slow.value != '\0' && *value != slow.value) continue;
    findings.push_back({Severity::kWarn, kWhat,
                        fmt::format("{}: {}, which is slow", shown(slow.name, *value), slow.effect),
                        unset(slow.name)});
  }
  return findings;
}

/// NCCL takes a list of beginnings of names; ^ excludes, = wants whole names. Gloo takes whole
/// ones.
bool fits_an_interface(const std::string& variable, const std::string& value,
                       const std::vector<std::string>& interfaces) {
  if (value.empty() || value.front() == '^') return true;
  const bool has_mark = value.front() == '=';
  const bool is_exact = has_mark || variable.starts_with("GLOO_");
  std::istringstream names(has_mark ? value.substr(1) : value);
  for (std::string name; std::getline(names, name, ',');) {
    for (const std::string& interface : interfaces) {
      if (is_exact ? interface == name : interface.starts_with(name)) return true;
    }
  }
  return false;
}

Findings check_interfaces(const EnvironmentFacts& facts) {
  Findings findings;
  for (const char* name : {"NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"}) {
    const std::string* value = find(facts, name);
    if (value == nullptr || fits_an_interface(name, *value, facts.interfaces)) continue;
    findings.push_back({Severity::kFail, kWhat,
                        fmt::format("{} fits no network interface; there are: {}",
                                    shown(name, *value), printable(joined(facts.interfaces, " "))),
                        fmt::format("unset {}, or name one of these", name)});
  }
  return findings;
}

bool is_judged_elsewhere(const std::string& name) {
  constexpr std::array kNames = {"NCCL_P2P_DISABLE", "NCCL_SHM_DISABLE", "NCCL_IB_DISABLE",
                                 "NCCL_SOCKET_IFNAME"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

Findings note_on(const std::vector<std::string>& settings, const std::string& text,
                 const std::string& remedy) {
  if (settings.empty()) return {};
  return {{Severity::kNote, kWhat, joined(settings, " ") + text, remedy}};
}

Findings check_other_nccl(const EnvironmentFacts& facts) {
  std::vector<std::string> list;
  for (const auto& [name, value] : facts.variables) {
    if (!name.starts_with("NCCL_") || is_judged_elsewhere(name)) continue;
    list.push_back(shown(printable(name), value));
  }
  return note_on(list, ": every job inherits this", "unset what you do not mean");
}

/// What a job started here would take the engine's word for.
Findings check_engine(const EnvironmentFacts& facts) {
  const VariableLookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    const std::string* value = find(facts, name);
    return value == nullptr ? std::nullopt : std::optional(*value);
  };
  try {
    const auto task = engine_task(lookup);
    if (!task) return {};
    return {{Severity::kNote, kWhat, printable(describe(*task)) + ": a job here is one host of it",
             "--standalone makes it a job of its own"}};
  } catch (const Error& error) {
    return {{Severity::kFail, kWhat, printable(error.what()), error.hint()}};
  }
}

/// Left over from another launcher, or from a shell in one of its jobs.
Findings check_rank_variables(const EnvironmentFacts& facts) {
  std::vector<std::string> list;
  for (const char* name : {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) {
    if (const std::string* value = find(facts, name)) list.push_back(shown(name, *value));
  }
  return note_on(list, ": of another launcher? dplaunch gives its processes their own",
                 "over several hosts say it with --nnodes, --node-rank, --master-addr");
}

}  // namespace

Findings check_environment(const EnvironmentFacts& facts) {
  Findings all = together({check_mask(facts), check_threads(facts), check_slow_settings(facts),
                           check_interfaces(facts), check_other_nccl(facts), check_engine(facts),
                           check_rank_variables(facts)});
  if (all.empty()) all.push_back({Severity::kOk, kWhat, "nothing inherited surprises"});
  return all;
}

}  // namespace dplaunch::doctor
