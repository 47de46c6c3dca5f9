#pragma once

#include <ATen/record_function.h>

namespace dplaunch {

/// A named range of the trace, from here to the end of the scope; nanoseconds when nothing is being
/// recorded. It ends on any thread, but ranges that begin on one thread must nest, or be
/// kOverlapping.
class TraceRange {
 public:
  enum class Kind { kNested, kOverlapping };

  explicit TraceRange(const char* name, Kind kind = Kind::kNested)
      : record_(at::RecordScope::USER_SCOPE) {
    if (!record_.isActive()) return;
    record_.before(name);
    if (kind == Kind::kOverlapping) record_._setAsync();
  }
  TraceRange(const TraceRange&) = delete;
  TraceRange& operator=(const TraceRange&) = delete;
  ~TraceRange() = default;

 private:
  at::RecordFunction record_;
};

}  // namespace dplaunch
