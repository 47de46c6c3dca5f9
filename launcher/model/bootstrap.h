#pragma once

#include <functional>
#include <vector>

#include "launcher/model/predict_steps.h"
#include "launcher/model/profile.h"

namespace dplaunch {

/// How far values of a profile move when its measurements are drawn anew, with replacement: the
/// repeated step times of each number of processes, and the steps of rank_work_s, those of all
/// ranks together. For each value the middle `confidence` of 200 draws with a fixed seed. Empty
/// where nothing was measured more than once.
std::vector<SecondsInterval> bootstrap(
    const Profile& profile, double confidence,
    const std::function<std::vector<double>(const Profile&)>& values);

}  // namespace dplaunch
