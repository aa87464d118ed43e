#include "cloudquery/server/send_buffers.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

namespace cloudquery {
namespace {

int SendBuffer(int fd) {
  int bytes = 0;
  socklen_t size = sizeof(bytes);
  EXPECT_EQ(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size), 0);
  return bytes;
}

// A listener on a path of its own, and both ends of a connection to it.
class SendBuffersTest : public testing::Test {
 protected:
  void SetUp() override {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    ASSERT_EQ(bind(listener_, name, sizeof(address)), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
    ASSERT_EQ(connect(client_, name, sizeof(address)), 0);
    accepted_ = accept(listener_, nullptr, nullptr);
    ASSERT_GE(accepted_, 0);
  }
  void TearDown() override {
    for (const int fd : {accepted_, client_, listener_}) close(fd);
    std::filesystem::remove(path_);
  }

  const std::string path_ = testing::TempDir() + "send_buffers_" + std::to_string(getpid());
  const int listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
  const int client_ = socket(AF_UNIX, SOCK_STREAM, 0);
  int accepted_ = -1;
};

TEST_F(SendBuffersTest, AcceptedConnectionsGetLargerOnes) {
  const int before = SendBuffer(accepted_);
  EXPECT_EQ(WidenSendBuffers(), 1);
  EXPECT_GT(SendBuffer(accepted_), before);
}

TEST_F(SendBuffersTest, OtherSocketsKeepTheirs) {
  const int client = SendBuffer(client_), listener = SendBuffer(listener_);
  WidenSendBuffers();
  EXPECT_EQ(SendBuffer(client_), client);
  EXPECT_EQ(SendBuffer(listener_), listener);
}

}  // namespace
}  // namespace cloudquery
