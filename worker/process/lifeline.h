#pragma once

namespace dplaunch {

/// Ends this process as soon as the other end of the pipe is closed, which happens when the
/// launcher dies, however it dies. Does nothing for -1. The descriptor is kept for good.
void follow_lifeline(int fd);

}  // namespace dplaunch
