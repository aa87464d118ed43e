#include "cloudquery/server/send_buffers.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace cloudquery {
namespace {

int Option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// An accepted socket has the listener's address. One that connected itself has none.
bool IsAcceptedUnixStream(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof(address);
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         address.sun_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path) &&
         Option(fd, SO_TYPE) == SOCK_STREAM && Option(fd, SO_ACCEPTCONN) == 0;
}

}  // namespace

int WidenSendBuffers() {
  int widened = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", failed)) {
    const std::string name = entry.path().filename().string();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (!IsAcceptedUnixStream(fd) || Option(fd, SO_SNDBUF) >= kSendBufferBytes) continue;
    widened +=
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof(kSendBufferBytes)) == 0;
  }
  return widened;
}

}  // namespace cloudquery
