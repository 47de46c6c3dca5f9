#pragma once

namespace dplaunch {

/// From now on stack_signal() makes this process print the stack of its main thread to standard
/// error, and go on: the launcher asks for it when the process hangs. Call it on the main
/// thread.
void print_stack_on_request();

}  // namespace dplaunch
