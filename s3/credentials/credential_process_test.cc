#include "s3/credentials/credential_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "base/testing.h"
#include "s3/testing/clean_environment.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr char kPrint[] =
    R"(echo '{"Version": 1, "AccessKeyId": "PROCESSKEY", "SecretAccessKey": "process-secret",
              "SessionToken": "process-token", "Expiration": "1970-01-01T00:00:07+00:00"}')";
const Credentials kOfProcess = {"PROCESSKEY", "process-secret", "process-token",
                                Timestamp(std::chrono::seconds(7))};

class CredentialProcessTest : public CleanEnvironment {
 protected:
  std::string Content(const std::string& name) const {
    std::ifstream file(home() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// A command that writes the process id of its own child to "pid" and goes on for ever.
  std::string Endless() const {
    return "sleep 600 & echo $! > " + (home() / "pid").string() + "; wait";
  }

  void AwaitPid() const {
    while (!Content("pid").ends_with('\n')) std::this_thread::sleep_for(milliseconds(1));
  }

  /// It may take the kernel a moment to end a killed process, and who collects it is not us.
  bool IsGone() const {
    const std::string stat = "/proc/" + std::to_string(std::stoi(Content("pid"))) + "/stat";
    for (;;) {
      std::ifstream file(stat);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.empty() || text.find(") Z ") != std::string::npos) return true;
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
};

TEST_F(CredentialProcessTest, CredentialsAreWhatTheProgramPrints) {
  EXPECT_EQ(FromProcess(kPrint, {}).ValueOr({}), kOfProcess);
}

TEST_F(CredentialProcessTest, TheCommandIsOneForAShell) {
  Write("folder with blanks/keys", R"({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"})");
  EXPECT_EQ(FromProcess("cat \"$HOME/folder with blanks/keys\"", {}).ValueOr({}).access_key, "A");
}

TEST_F(CredentialProcessTest, ItInheritsNoOpenFileAndHasNothingToRead) {
  const int open_file = open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  const std::string command =
      "ls /proc/self/fd > $HOME/files; cat; echo oops >&2; " + std::string(kPrint);
  EXPECT_EQ(FromProcess(command, {}).ValueOr({}), kOfProcess);
  close(open_file);
  // The fourth is the folder that ls reads.
  EXPECT_EQ(Content("files"), "0\n1\n2\n3\n");
}

TEST_F(CredentialProcessTest, ItMayBeEndedBySignalsThatThisThreadBlocks) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto keys = FromProcess("kill -TERM $$; " + std::string(kPrint), {});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
}

TEST_F(CredentialProcessTest, WhatItPrintsIsInNoError) {
  for (const std::string command : {"echo hidden; exit 1", "echo hidden >&2; exit 1", "echo hidden",
                                    "exit 0", R"(echo '{"Version": 2, "AccessKeyId": "hidden"}')",
                                    R"(echo '{"Version": 1, "AccessKeyId": "hidden"}')",
                                    R"(echo '["hidden"]')", "/no/such/hidden"}) {
    const auto keys = FromProcess(command, {});
    EXPECT_THAT(keys, IsError(ErrorKind::kAccess)) << command;
    EXPECT_EQ(base::InfoOf(keys.status()).code, "NoCredentials");
    EXPECT_THAT(base::MessageOf(keys.status()), Not(HasSubstr("hidden")));
  }
}

TEST_F(CredentialProcessTest, AFailureCountsWhateverWasPrinted) {
  EXPECT_THAT(FromProcess(std::string(kPrint) + "; exit 3", {}), IsError(ErrorKind::kAccess));
}

TEST_F(CredentialProcessTest, ItIsWaitedForAfterItHasClosedItsOutput) {
  const std::string command = std::string(kPrint) + "; exec >&-; sleep 0.2; touch $HOME/done";
  EXPECT_EQ(FromProcess(command, {}).ValueOr({}), kOfProcess);
  EXPECT_TRUE(std::filesystem::exists(home() / "done"));
}

TEST_F(CredentialProcessTest, TooMuchOutputIsAnError) {
  const auto keys = FromProcess("yes", {}, {.output_bytes = 1000});
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()), HasSubstr("too much"));
}

TEST_F(CredentialProcessTest, OneThatTakesTooLongIsKilledWithItsChildren) {
  // On a busy machine the child may need more time to begin.
  for (auto time = milliseconds(50); Content("pid").empty(); time *= 2) {
    const auto keys = FromProcess(Endless(), {}, {.time = time});
    EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
    EXPECT_THAT(base::MessageOf(keys.status()), HasSubstr("too long"));
  }
  EXPECT_TRUE(IsGone());
}

TEST_F(CredentialProcessTest, AStopKillsItWithItsChildren) {
  std::stop_source stop;
  std::jthread stopping([&] {
    AwaitPid();
    stop.request_stop();
  });
  EXPECT_THAT(FromProcess(Endless(), stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_TRUE(IsGone());
}

}  // namespace
}  // namespace s3
