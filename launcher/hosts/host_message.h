#pragma once

#include <string>

#include "base/error.h"
#include "base/files/json_fields.h"

namespace dplaunch {

// What launchers of one job say to one another. A message is an object whose "type" is one of
// these.

namespace say {
// A newcomer and the hub, in this order; the hub may say kRefused in place of the last.
inline constexpr char kHi[] = "hi";                // protocol, version
inline constexpr char kChallenge[] = "challenge";  // protocol, version, challenge, at_ns
inline constexpr char kHello[] = "hello";          // job, count, least, index, name, nonce,
                                                   // proof
inline constexpr char kWelcome[] = "welcome";      // index, proof
// A member to the hub.
inline constexpr char kArrive[] = "arrive";  // stage, data, tolerates_loss
inline constexpr char kBye[] = "bye";
// A member to the hub, and the hub to all others.
inline constexpr char kTell[] = "tell";        // data; host
inline constexpr char kRefused[] = "refused";  // code, message, hint; host
// A member to the hub, and the hub to all members.
inline constexpr char kReport[] = "report";  // data; data: an array by host
// The hub to all members.
inline constexpr char kGo[] = "go";            // stage, data: an array by host
inline constexpr char kLost[] = "lost";        // host, text, reason; has_left
inline constexpr char kWaiting[] = "waiting";  // text
inline constexpr char kPlace[] = "place";      // index, count: in a job that begins without some
}  // namespace say

/// Launchers that speak another one do not work together.
inline constexpr int kHostProtocol = 3;

Json refused_message(const Error& error);
/// The error that it carries, with `who` before its words.
Error refusal_in(const Json& message, const std::string& who = {});

/// Which of a handshake's two sides proves itself.
enum class Side { kMember, kHub };
std::string words_to_prove(Side side, const std::string& challenge, const std::string& nonce);

/// "host 1 (dpl-h1, 10.77.0.11)".
std::string host_words(int index, const std::string& name, const std::string& address);

}  // namespace dplaunch
