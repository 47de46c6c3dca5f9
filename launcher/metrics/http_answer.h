#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace dplaunch {

/// The answer to an HTTP request for metrics, whole, after which the connection is to be closed.
/// `head`: the request up to the empty line, of anybody. "GET /metrics" gets `text(false)`, "GET
/// /metrics/all" `text(true)`; all else a status that says what is wrong.
std::string http_answer(std::string_view head, const std::function<std::string(bool)>& text);

}  // namespace dplaunch
