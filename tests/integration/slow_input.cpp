// Preloaded into the ranks (LD_PRELOAD): each thread of the loader takes longer by a while for
// every batch, and nothing else does.
#include <dlfcn.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <thread>
#include <typeinfo>
#include <utility>

namespace {

constexpr std::chrono::milliseconds kDelay{150};

thread_local bool is_of_loader = false;

/// What a thread runs, in a thread that knows whose it is.
struct LoaderState : std::thread::_State {
  explicit LoaderState(std::thread::_State_ptr run) : inner(std::move(run)) {}
  void _M_run() override {
    is_of_loader = true;
    inner->_M_run();
  }
  std::thread::_State_ptr inner;
};

}  // namespace

// libstdc++'s own, in whose place these are found first.

void std::thread::_M_start_thread(_State_ptr state, void (*depend)()) {
  using Start = void (std::thread::*)(_State_ptr, void (*)());
  void* const found = ::dlsym(
      RTLD_NEXT,
      "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE");
  // As the ABI has a pointer to a member function: the address, and what to add to `this`.
  struct {
    void* function;
    std::ptrdiff_t offset;
  } const parts{found, 0};
  Start start{};
  std::memcpy(&start, &parts, sizeof start);
  const std::thread::_State& what = *state;
  if (std::strstr(typeid(what).name(), "BatchLoader") != nullptr) {
    state = std::make_unique<LoaderState>(std::move(state));
  }
  (this->*start)(std::move(state), depend);
}

/// A batch is ready.
void std::condition_variable::notify_one() noexcept {
  if (is_of_loader) std::this_thread::sleep_for(kDelay);
  _M_cond.notify_one();
}
