#include "launcher/process/restart_budget.h"

#include <algorithm>
#include <filesystem>

#include "base/exit_code.h"

namespace dplaunch {
namespace {

bool is_hopeless(int exit_code) {
  return exit_code == to_int(ExitCode::kUsage) || exit_code == to_int(ExitCode::kDevice) ||
         exit_code == to_int(ExitCode::kData);
}

}  // namespace

RestartBudget::RestartBudget(const LaunchPlan& plan)
    : options_(plan.supervision),
      folder_(plan.run_folder),
      is_own_worker_(plan.is_own_worker),
      checkpoint_(newest_checkpoint()) {}

std::optional<std::chrono::milliseconds> RestartBudget::take(int exit_code) {
  if (is_own_worker_ && is_hopeless(exit_code)) return std::nullopt;
  const std::string newest = newest_checkpoint();
  if (newest != checkpoint_) used_ = 0;
  checkpoint_ = newest;
  if (used_ >= options_.max_restarts) return std::nullopt;
  constexpr int kMostDoublings = 10;
  const auto pause = options_.back_off * (1 << std::min(used_, kMostDoublings));
  ++used_;
  return std::min<std::chrono::milliseconds>(pause, SupervisionOptions::kLongestBackOff);
}

std::string RestartBudget::newest_checkpoint() const {
  if (!folder_) return {};
  std::error_code error;
  return std::filesystem::read_symlink(folder_->latest_checkpoint(), error).string();
}

}  // namespace dplaunch
