#include "launcher/model/bootstrap.h"

#include <algorithm>
#include <cstddef>
#include <random>

namespace dplaunch {
namespace {

constexpr std::size_t kRounds = 200;
constexpr unsigned kSeed = 1;

void draw(std::vector<double>& values, std::mt19937& random) {
  const std::vector<double> all = values;
  for (double& value : values) value = all[random() % all.size()];
}

void draw_steps(std::vector<std::vector<double>>& ranks, std::mt19937& random) {
  if (ranks.empty()) return;
  const std::vector<std::vector<double>> all = ranks;
  const std::size_t steps =
      std::ranges::min(all, {}, [](const auto& rank) { return rank.size(); }).size();
  for (auto& rank : ranks) rank.resize(steps);
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t drawn = random() % steps;
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) ranks[rank][step] = all[rank][drawn];
  }
}

bool has_repeats(const Profile& profile) {
  return !profile.rank_work_s.empty() ||
         std::ranges::any_of(profile.measured,
                             [](const MeasuredSteps& steps) { return steps.step_s.size() > 1; });
}

}  // namespace

std::vector<SecondsInterval> bootstrap(
    const Profile& profile, double confidence,
    const std::function<std::vector<double>(const Profile&)>& values) {
  if (!has_repeats(profile)) return {};
  std::mt19937 random(kSeed);
  std::vector<std::vector<double>> draws_of;  // each value's
  for (std::size_t round = 0; round < kRounds; ++round) {
    Profile drawn = profile;
    for (MeasuredSteps& measured : drawn.measured) draw(measured.step_s, random);
    draw_steps(drawn.rank_work_s, random);
    const std::vector<double> now = values(drawn);
    draws_of.resize(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) draws_of[i].push_back(now[i]);
  }
  const auto outside = static_cast<std::size_t>(kRounds * (1 - confidence) / 2);
  std::vector<SecondsInterval> intervals;
  for (std::vector<double>& draws : draws_of) {
    std::sort(draws.begin(), draws.end());
    intervals.push_back({draws[outside], draws[draws.size() - 1 - outside]});
  }
  return intervals;
}

}  // namespace dplaunch
