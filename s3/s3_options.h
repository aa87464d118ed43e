// Settings of an S3Store. The store reads no environment variables; s3/environment.h fills in what
// they say.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "s3/credentials/credentials.h"
#include "s3/endpoint/partitions.h"
#include "s3/http/proxy.h"
#include "s3/http/retry.h"

namespace s3 {

struct S3Options {
  std::string bucket;
  /// Region of the bucket. May be empty if `endpoint` is set; requests are then signed for
  /// "us-east-1".
  std::string region;
  /// See BucketLocation. Empty: AWS.
  std::string endpoint;
  bool path_style = false;
  /// Which of AWS's hosts to use. Has no effect if there is an endpoint.
  HostVariant hosts = {};
  /// Called before every request that needs credentials it does not have yet, see CredentialSource.
  /// Not set: requests are not signed, as public buckets accept them.
  CredentialSource::Fetch credentials = {};
  /// Agrees to pay for requests and transfer, as "requester pays" buckets require it.
  bool requester_pays = false;
  std::string user_agent = "cq-source-s3";
  /// Number of threads expected to read at once. This many connections are kept open.
  int max_connections = 64;
  Proxies proxies = {};
  /// PEM file with certificate authorities. If set, only these are trusted; empty: the system's.
  std::string tls_ca_file;
  /// Accepts any certificate. Only for tests against self-signed servers.
  bool tls_insecure_skip_verify = false;
  RetryPolicy retry = {};
  /// Receives what the user should know although the store works, each warning once. Called from
  /// any thread, one call at a time.
  std::function<void(const std::string& warning)> warn = [](const std::string&) {};
  /// Replaced by tests, which do not want to wait.
  Sleep sleep = InterruptibleSleep;
  MonotonicClock now = std::chrono::steady_clock::now;
};

}  // namespace s3
