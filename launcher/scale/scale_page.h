#pragma once

#include "launcher/page/page.h"
#include "launcher/scale/scale_text.h"

namespace dplaunch {

/// The experiment as a page: the answer in words, times and speed-ups with their intervals beside
/// the ideal and the bounds that were measured, where the time of a step goes, every run by block
/// (in which a drift shows), and scale.json in the page's data under "scale".
Page scale_page(const ScaleReport& report, const std::string& made_by);

}  // namespace dplaunch
