#include "common/rank_environment.h"

#include <fmt/core.h>

#include <cstdlib>

#include "base/error.h"
#include "base/text/parse_number.h"
#include "common/engine_rank.h"

namespace dplaunch {
namespace {

int read_number(const VariableLookup& lookup, const std::string& name, int fallback) {
  const std::optional<std::string> text = lookup(name);
  if (!text) return fallback;
  if (const auto number = parse_number<int>(*text)) return *number;
  throw Error(ExitCode::kUsage, fmt::format("environment: {}=\"{}\" is not a number", name, *text),
              "start the worker through dplaunch, which sets it");
}

void check(const RankEnvironment& environment) {
  if (environment.world_size < 1 || environment.rank < 0 ||
      environment.rank >= environment.world_size) {
    throw Error(ExitCode::kUsage,
                fmt::format("environment: RANK={} does not fit WORLD_SIZE={}", environment.rank,
                            environment.world_size),
                "RANK counts from 0 to WORLD_SIZE-1");
  }
  if (environment.local_rank < 0 || environment.local_rank >= environment.local_world_size) {
    throw Error(ExitCode::kUsage,
                fmt::format("environment: LOCAL_RANK={} does not fit LOCAL_WORLD_SIZE={}",
                            environment.local_rank, environment.local_world_size),
                "LOCAL_RANK counts from 0 to LOCAL_WORLD_SIZE-1");
  }
  if (environment.master_port < 0 || environment.master_port > 65535) {
    throw Error(ExitCode::kUsage,
                fmt::format("environment: MASTER_PORT={} is no port", environment.master_port));
  }
  if (environment.world_size > 1 && environment.master_port == 0) {
    throw Error(ExitCode::kUsage,
                fmt::format("environment: MASTER_PORT is not set, but WORLD_SIZE is {}",
                            environment.world_size));
  }
}

}  // namespace

EnvironmentVariables to_variables(const RankEnvironment& e) {
  EnvironmentVariables variables = {
      {"RANK", std::to_string(e.rank)},
      {"LOCAL_RANK", std::to_string(e.local_rank)},
      {"WORLD_SIZE", std::to_string(e.world_size)},
      {"LOCAL_WORLD_SIZE", std::to_string(e.local_world_size)},
      {"GROUP_RANK", std::to_string(e.group_rank)},
      {"GROUP_WORLD_SIZE", std::to_string(e.group_world_size)},
      {"ROLE_RANK", std::to_string(e.rank)},
      {"ROLE_WORLD_SIZE", std::to_string(e.world_size)},
      {"ROLE_NAME", e.role},
      {"MASTER_ADDR", e.master_addr},
      {"MASTER_PORT", std::to_string(e.master_port)},
      {"TORCHELASTIC_RUN_ID", e.run_id},
      {"TORCHELASTIC_RESTART_COUNT", std::to_string(e.restart_count)},
      {"TORCHELASTIC_MAX_RESTARTS", std::to_string(e.max_restarts)},
  };
  // One that is set but empty would look like a value to a program that asks whether it is set.
  const auto add_text = [&](const char* name, const std::string& value) {
    if (!value.empty()) variables.emplace_back(name, value);
  };
  const auto add_number = [&](const char* name, int value, int unset) {
    if (value != unset) variables.emplace_back(name, std::to_string(value));
  };
  add_text("TORCHELASTIC_ERROR_FILE", e.error_file);
  if (e.has_agent_store) variables.emplace_back("TORCHELASTIC_USE_AGENT_STORE", "True");
  add_text("DPLAUNCH_RUN_DIR", e.run_dir);
  add_text("DPLAUNCH_STATUS_BOARD", e.status_board);
  add_text("DPLAUNCH_START_ID", e.start_id);
  add_text("DPLAUNCH_RUN_FOLDER_ID", e.run_folder_id);
  add_number("DPLAUNCH_PREEMPT_SIGNAL", e.preempt_signal, 0);
  add_number("DPLAUNCH_STORE_FD", e.store_fd, -1);
  add_number("DPLAUNCH_LIFELINE_FD", e.lifeline_fd, -1);
  add_number("DPLAUNCH_WORKERS", e.workers, 0);
  add_number("DPLAUNCH_FULL_WORLD_SIZE", e.full_world_size, 0);
  return variables;
}

RankEnvironment read_rank_environment(const VariableLookup& lookup) {
  RankEnvironment e;
  if (!lookup("RANK")) {
    if (const auto started_by_engine = engine_rank(lookup)) {
      check(*started_by_engine);
      return *started_by_engine;
    }
  }
  e.rank = read_number(lookup, "RANK", 0);
  e.world_size = read_number(lookup, "WORLD_SIZE", 1);
  e.local_rank = read_number(lookup, "LOCAL_RANK", e.rank);
  e.local_world_size = read_number(lookup, "LOCAL_WORLD_SIZE", e.world_size);
  e.group_rank = read_number(lookup, "GROUP_RANK", 0);
  e.group_world_size = read_number(lookup, "GROUP_WORLD_SIZE", 1);
  e.role = lookup("ROLE_NAME").value_or(e.role);
  e.master_addr = lookup("MASTER_ADDR").value_or(e.master_addr);
  e.master_port = read_number(lookup, "MASTER_PORT", 0);
  e.run_id = lookup("TORCHELASTIC_RUN_ID").value_or(e.run_id);
  e.restart_count = read_number(lookup, "TORCHELASTIC_RESTART_COUNT", 0);
  e.max_restarts = read_number(lookup, "TORCHELASTIC_MAX_RESTARTS", 0);
  e.error_file = lookup("TORCHELASTIC_ERROR_FILE").value_or("");
  e.has_agent_store = lookup("TORCHELASTIC_USE_AGENT_STORE") == "True";
  e.run_dir = lookup("DPLAUNCH_RUN_DIR").value_or("");
  e.status_board = lookup("DPLAUNCH_STATUS_BOARD").value_or("");
  e.start_id = lookup("DPLAUNCH_START_ID").value_or("");
  e.run_folder_id = lookup("DPLAUNCH_RUN_FOLDER_ID").value_or("");
  e.preempt_signal = read_number(lookup, "DPLAUNCH_PREEMPT_SIGNAL", 0);
  e.store_fd = read_number(lookup, "DPLAUNCH_STORE_FD", -1);
  e.lifeline_fd = read_number(lookup, "DPLAUNCH_LIFELINE_FD", -1);
  e.workers = read_number(lookup, "DPLAUNCH_WORKERS", 0);
  e.full_world_size = read_number(lookup, "DPLAUNCH_FULL_WORLD_SIZE", 0);
  check(e);
  return e;
}

RunFolder run_folder_of(const RankEnvironment& environment) {
  return RunFolder(environment.run_dir, FolderIdentity::parse(environment.run_folder_id));
}

std::optional<std::string> process_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace dplaunch
