// Preloaded into a rank (LD_PRELOAD): its backward takes longer by a while in every step, and
// nothing else does.
#include <ATen/record_function.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

namespace {

constexpr std::chrono::milliseconds kDelay{60};

/// The last layer's, which is the first of a backward and comes once in it.
std::unique_ptr<at::ObserverContext> delay(const at::RecordFunction& function) {
  if (std::strstr(function.name(), "Addmm") != nullptr) std::this_thread::sleep_for(kDelay);
  return nullptr;
}

const at::CallbackHandle kHandle = at::addGlobalCallback(
    at::RecordFunctionCallback(delay).scopes({at::RecordScope::BACKWARD_FUNCTION}));

}  // namespace
