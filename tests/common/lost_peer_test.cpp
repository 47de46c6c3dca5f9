#include "common/lost_peer.h"

#include <gtest/gtest.h>

namespace dplaunch {
namespace {

// The phrases are those in the binaries of LibTorch 2.11 and its NCCL, and those of strerror.
TEST(LostPeer, IsSaidByEachLibrary) {
  for (const char* message :
       {"[gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:40211",
        "[gloo/transport/tcp/pair.cc:515] Read error [10.0.0.2]:9: Connection reset by peer",
        "[gloo/transport/tcp/pair.cc:331] writev [127.0.0.1]:9: Broken pipe",
        "connect [127.0.0.1]:29500: Connection refused",
        "Last error:\nsocketProgress: Connection closed by remote peer gpu-7<40211>",
        "NCCL error: remote process exited or there was a network error",
        "ncclRemoteError: A call failed possibly due to a network error",
        ("recvValueWithTimeout failed. Failed to recv, got 0 bytes. Connection was likely closed. "
         "Did the remote server shutdown or crash?"),
        "[gloo/transport/tcp/unbound_buffer.cc:78] Timed out waiting 20000ms for recv operation",
        ("[Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=7, "
         "OpType=ALLREDUCE)"),
        "lost the connection to another rank: NCCL reports that the connection failed"}) {
    EXPECT_TRUE(says_peer_is_lost(message)) << message;
  }
}

TEST(LostPeer, IsNotSaidByAFailureOfOnesOwn) {
  for (const char* message :
       {"", "CUDA out of memory. Tried to allocate 2.00 GiB", "the loss is not a finite number",
        "timed out waiting", "No space left on device"}) {
    EXPECT_FALSE(says_peer_is_lost(message)) << message;
  }
}

}  // namespace
}  // namespace dplaunch
