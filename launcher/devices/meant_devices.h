#pragma once

#include <string>

namespace dplaunch {

/// How --device would write what other programs and slips of the hand write otherwise: "cuda:0,1",
/// "cpu2", "ALL", "[0, 1]", "0;1". What comes out need not be a device string.
std::string meant_devices(const std::string& text);

}  // namespace dplaunch
