// For tests: an HTTP server that misbehaves as told.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace s3 {

/// What the server does with one request.
struct Reply {
  enum class Then { kKeepOpen, kClose, kReset, kStall };
  /// Sent as it stands, status line and all.
  std::string bytes;
  Then then = Then::kKeepOpen;
};

/// A reply with a correct Content-Length.
inline Reply Respond(std::string_view status, std::string_view body, std::string_view fields = "") {
  return {"HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n" + std::string(fields) + "\r\n" + std::string(body)};
}

/// Listens on loopback and serves every connection in a thread of its own. The first request gets
/// the first reply and so on; the last reply repeats. Thread-safe.
class FaultyServer {
 public:
  explicit FaultyServer(std::vector<Reply> replies) : replies_(std::move(replies)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 16);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    endpoint_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  }

  ~FaultyServer() {
    thread_.request_stop();
    shutdown(listener_, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      for (const int connection : open_) shutdown(connection, SHUT_RDWR);
    }
    thread_.join();
    serving_.clear();
    close(listener_);
  }

  /// How many were opened so far.
  int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

  /// From now on each reply is what `answer` gives.
  void AnswerWith(std::function<Reply()> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }

  const std::string& endpoint() const { return endpoint_; }

  /// The requests so far: head, and body if there was one.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void Serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      const std::lock_guard lock(mutex_);
      if (stop.stop_requested()) {
        close(connection);
        return;
      }
      ++connections_;
      open_.insert(connection);
      serving_.emplace_back([this, connection, stop] {
        while (!stop.stop_requested() && ServeOne(connection)) {
        }
        const std::lock_guard done(mutex_);
        open_.erase(connection);
        close(connection);
      });
    }
  }

  static int64_t BodyBytes(const std::string& head) {
    constexpr std::string_view kField = "\r\nContent-Length: ";
    const auto at = head.find(kField);
    return at == std::string::npos ? 0 : std::atoll(head.c_str() + at + kField.size());
  }

  /// False when the connection is over.
  bool ServeOne(int connection) {
    std::string request;
    char c = 0;
    // A TLS handshake begins with byte 22 and has no blank line.
    while (!request.ends_with("\r\n\r\n") && !request.starts_with('\x16')) {
      if (recv(connection, &c, 1, 0) <= 0) return false;
      request += c;
    }
    for (int64_t left = BodyBytes(request); left > 0; --left) {
      if (recv(connection, &c, 1, 0) <= 0) return false;
      request += c;
    }
    Reply reply;
    {
      const std::lock_guard lock(mutex_);
      reply = answer_ ? answer_() : replies_[std::min(requests_.size(), replies_.size() - 1)];
      requests_.push_back(request);
    }
    send(connection, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
    switch (reply.then) {
      case Reply::Then::kKeepOpen:
        return true;
      case Reply::Then::kClose:
        return false;
      case Reply::Then::kReset: {
        // Closing with a linger time of zero sends RST.
        const linger reset{.l_onoff = 1, .l_linger = 0};
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        return false;
      }
      case Reply::Then::kStall:
        // Until the client, or the end of this server, closes the connection.
        recv(connection, &c, 1, 0);
        return false;
    }
    return false;
  }

  const std::vector<Reply> replies_;
  std::string endpoint_;
  int listener_ = -1;
  mutable std::mutex mutex_;
  std::set<int> open_;
  int connections_ = 0;
  std::vector<std::string> requests_;
  std::function<Reply()> answer_;
  std::vector<std::jthread> serving_;  // only thread_ adds to it
  std::jthread thread_;
};

}  // namespace s3
