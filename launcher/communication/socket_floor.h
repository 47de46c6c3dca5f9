#pragma once

#include "launcher/communication/link_expectation.h"

namespace dplaunch {

/// What it costs so many ranks on the CPU of this host to move their data at all: the rate at which
/// two threads here exchange some through a pair of Unix sockets, both ways at once, shared out
/// where there are more ranks than cores. No network interface is involved, so that it does not
/// become slow with one. Takes some 50 ms. Unknown where the kernel makes no such sockets.
LinkExpectation socket_floor(int ranks, int usable_cores);

}  // namespace dplaunch
