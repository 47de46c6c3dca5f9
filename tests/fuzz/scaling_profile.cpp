// A scaling profile, as `simulate --profile` reads it: what is taken predicts numbers.

#include <array>
#include <cmath>

#include "launcher/model/predict_steps.h"
#include "launcher/model/profile_file.h"
#include "launcher/model/score.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;

void predict(const Profile& profile) {
  constexpr std::array kSizes = {1, 2, 16};
  for (const StepPrediction& each : predict_steps(profile, AllReduceAlgorithm::kAuto, kSizes)) {
    fuzz::expect(std::isfinite(each.step_s) && each.step_s > 0, "a step takes time");
    fuzz::expect(!each.interval || each.interval->low_s <= each.step_s,
                 "the interval begins below");
    fuzz::expect(!each.interval || each.interval->high_s >= each.step_s, "the interval ends above");
  }
  score_held_out(profile, AllReduceAlgorithm::kRing);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostBytes = 20000;  // a bootstrap of more takes too long to try many
  if (size > kMostBytes) return 0;
  const std::string text = fuzz::text_of(data, size);
  Profile profile;
  try {
    profile = parse_profile(text, "profile.json");
  } catch (const Error& error) {
    const bool is_ours = error.code() == ExitCode::kUsage || error.code() == ExitCode::kStorage;
    fuzz::expect(is_ours, "a profile is refused as one that is wrong, or newer");
    return 0;
  }
  const std::string written = to_json_text(profile);
  fuzz::expect(to_json_text(parse_profile(written, "again")) == written, "what is written is read");
  fuzz::accepts(ExitCode::kUsage, [&] { predict(profile); });
  return 0;
}
